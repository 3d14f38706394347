package route

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	"caudal/models/clabe"
	"caudal/models/ledger"
	"caudal/models/money"
	"caudal/protocol"
)

// What is made by hand is byte for byte what the schema makes of the same receipt.
func FuzzAReceiptIsTheSchemas(f *testing.F) {
	f.Add(uint64(1), int64(32180000118359719), int64(2010077777777771), int64(100_00), int64(5), int64(1767225600000000), uint64(9),
		"tacos", "name", []byte("key and head"), false)
	f.Add(uint64(0), int64(0), int64(-1), int64(-1), int64(0), int64(0), uint64(0), "", "", []byte(nil), true)
	f.Add(uint64(1<<63), int64(1e18), int64(1), int64(1<<62), int64(1<<40), int64(127), uint64(128),
		string(bytes.Repeat([]byte("☕"), 140)), "n", []byte{1}, true)
	f.Fuzz(func(t *testing.T, id uint64, debit, credit, amount, balance, at int64, seq uint64, memo, name string, raw []byte, replay bool) {
		if !utf8.ValidString(memo) || !utf8.ValidString(name) {
			return // is refused at the edge
		}
		r := &ledger.Receipt{
			Kind: ledger.KindTransfer, Debit: clabe.Number(debit), Credit: clabe.Number(credit), AmountMinor: amount, Currency: money.MXN,
			Memo: memo, At: at, Seq: seq, BalanceMinor: balance, Replay: replay,
		}
		copy(r.Key[:], raw)
		copy(r.Head[:], raw)
		reply := &protocol.Reply{Id: id, Result: &protocol.Reply_Receipt{Receipt: &protocol.Receipt{
			TransferId: name, IdempotencyKey: r.Key[:], From: r.Debit.String(), To: r.Credit.String(), AmountMinor: amount,
			Currency: "MXN", Memo: memo, AtUs: at, BalanceMinor: balance, Seq: seq, Head: r.Head[:], Replay: replay,
		}}}
		want, err := proto.Marshal(&protocol.ServerFrame{Messages: []*protocol.ServerMessage{{Kind: &protocol.ServerMessage_Reply{Reply: reply}}}})
		if err != nil {
			t.Fatal(err)
		}
		if got := appendReceipt(nil, id, r, []byte(name)); !bytes.Equal(got, want) {
			t.Fatalf("%+v:\n got %x\nwant %x", r, got, want)
		}
	})
}

func TestNoFieldOfAReceiptIsForgotten(t *testing.T) {
	const byHand = 12
	if d := new(protocol.Receipt).ProtoReflect().Descriptor(); d.Fields().Len() != byHand {
		t.Errorf("%s has %d fields, and %d are made by hand", d.FullName(), d.Fields().Len(), byHand)
	}
}
