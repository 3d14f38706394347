package live

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"google.golang.org/protobuf/proto"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/ledger"
	"caudal/models/money"
	"caudal/protocol"
	"caudal/server/conn"
)

// What is made by hand is byte for byte what the schema makes of the same change.
func FuzzABalanceEventIsTheSchemas(f *testing.F) {
	f.Add(int64(32180000118359719), int64(2010077777777771), uint64(7), uint64(7), int64(100_00), int64(-5), int64(1767225600000000),
		byte(1), "Ana María", "tacos", []byte("key and head and salt"), byte(0xff))
	f.Add(int64(0), int64(-1), uint64(0), uint64(0), int64(-1), int64(0), int64(0), byte(0), "", "", []byte(nil), byte(0))
	f.Add(int64(999999999999999999), int64(1e18), uint64(1<<63), uint64(127), int64(128), int64(1<<62), int64(-1), byte(4),
		string(bytes.Repeat([]byte("ñ"), 80)), string(bytes.Repeat([]byte("☕"), 140)), []byte{1}, byte(0x55))
	f.Fuzz(func(t *testing.T, account, counterparty int64, version, seq uint64, balance, amount, at int64, kind byte,
		name, memo string, raw []byte, has byte) {
		if !utf8.ValidString(name) || !utf8.ValidString(memo) {
			return // is refused at the edge
		}
		change := &ledger.Change{
			Account: clabe.Number(account), Owner: 5, Currency: money.MXN, Version: version, Seq: seq, BalanceMinor: balance,
			AvailableMinor: balance + amount,
		}
		if has&1 != 0 {
			change.Status = models.AccountActive
		}
		if has&2 != 0 {
			leg := &ledger.Leg{
				Transfer: amount, Account: change.Account, Seq: seq, AmountMinor: amount, BalanceMinor: balance,
				Counterparty: clabe.Number(counterparty), CounterpartyName: name, Memo: memo, At: at, Kind: ledger.Kind(kind),
			}
			copy(leg.Key[:], raw)
			copy(leg.Head[:], raw)
			copy(leg.MemoSalt[:], raw)
			if has&4 != 0 {
				copy(leg.MemoHash[:], raw)
			}
			if has&8 != 0 {
				leg.Actor = change.Owner
			}
			change.Leg = leg
		}
		h := newHub()
		want, err := conn.Encode(balanceOf(h, change))
		if err != nil {
			t.Fatal(err)
		}
		before := []byte("what was there")
		got := h.appendBalance(bytes.Clone(before), change)
		if !bytes.Equal(got, append(before, want...)) {
			t.Fatalf("%+v:\n got %x\nwant %x", change, got[len(before):], want)
		}
	})
}

// balanceOf is the event as a message.
func balanceOf(h *Hub, change *ledger.Change) *protocol.Event {
	event := &protocol.BalanceEvent{
		Account:        change.Account.String(),
		Version:        change.Version,
		Seq:            change.Seq,
		BalanceMinor:   change.BalanceMinor,
		AvailableMinor: change.AvailableMinor,
		Currency:       string(change.Currency),
		Status:         Status(change.Status),
	}
	if change.Leg != nil {
		event.Leg = Leg(change.Leg, change.Owner, string(h.config.TransferID(nil, change.Leg.Transfer)))
	}
	return &protocol.Event{Kind: &protocol.Event_Balance{Balance: event}}
}

// Every field of the messages is in the fuzz test above: one that is added to the schema must be added to what is made by hand.
func TestNoFieldOfABalanceEventIsForgotten(t *testing.T) {
	for _, message := range []struct {
		of     proto.Message
		fields int
	}{{new(protocol.BalanceEvent), 8}, {new(protocol.Leg), 13}} {
		if d := message.of.ProtoReflect().Descriptor(); d.Fields().Len() != message.fields {
			t.Errorf("%s has %d fields, and %d are made by hand", d.FullName(), d.Fields().Len(), message.fields)
		}
	}
}

func TestABurstFlushesEachConnectionOnce(t *testing.T) {
	h := newHub()
	one, other := new(counted), new(counted)
	for _, c := range []*counted{one, other} {
		if err := h.SignIn(c, ana, phone); err != nil {
			t.Fatal(err)
		}
		h.Subscribe(c).Release(nil)
	}
	for version := range uint64(5) {
		h.Changed(change(ana, 1, 1+version))
	}
	if one.flushes != 0 || one.gathered != 5 || other.gathered != 5 {
		t.Fatalf("before the end: %+v, %+v", *one, *other)
	}
	h.Told()
	h.Told()
	if one.flushes != 1 || other.flushes != 1 || len(h.burst) != 0 {
		t.Errorf("after the end: %+v, %+v, %d are owed", *one, *other, len(h.burst))
	}
}

// counted is a connection that counts.
type counted struct{ gathered, flushes int }

func (*counted) Event(conn.Event)         {}
func (*counted) Close(protocol.CloseCode) {}
func (c *counted) GatherEvent(conn.Event) (owed bool) {
	c.gathered++
	return c.gathered == 1
}
func (c *counted) Flush() { c.flushes++ }
