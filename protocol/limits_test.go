package protocol

import (
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"caudal/cipher"
)

func TestTheLongestPageOfHistoryFitsOneRecord(t *testing.T) {
	widest := func(runes int) string { return strings.Repeat("𐀀", runes) } // four bytes each
	page := &HistoryResult{Next: strings.Repeat("x", 64)}
	for range HistoryLegs {
		page.Legs = append(page.Legs, &Leg{
			TransferId: strings.Repeat("x", 64), Seq: math.MaxUint64, AmountMinor: math.MinInt64, BalanceMinor: math.MinInt64,
			Counterparty: "032180000118359719", CounterpartyName: widest(OwnerRunes), Memo: widest(MemoRunes), AtUs: math.MaxInt64,
			Kind: TransferKind_TRANSFER_KIND_GIFT, IdempotencyKey: make([]byte, IdempotencyKeyBytes),
			Head: make([]byte, 32), MemoSalt: make([]byte, 16), MemoHash: make([]byte, 32),
		})
	}
	frame := &ServerFrame{Messages: []*ServerMessage{{Kind: &ServerMessage_Reply{
		Reply: &Reply{Id: math.MaxUint64, Result: &Reply_History{History: page}},
	}}}}
	if size := proto.Size(frame); size > cipher.MaxBody {
		t.Fatalf("%d bytes, and a record holds %d", size, cipher.MaxBody)
	}
}
