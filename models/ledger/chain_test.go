package ledger

import (
	"math/rand/v2"
	"testing"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
	"caudal/protocol"
)

// The chain is published: a client computes it by protocol's functions, the bank by its own.
func TestTheChainIsTheOneThatClientsCompute(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	bytes32 := func() (b [32]byte) {
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	for range 1000 {
		identity, memoHash := bytes32(), bytes32()
		account, counterparty := clabe.Number(random.Int64N(1e18)), clabe.Number(random.Int64N(1e18))
		currency := money.Currencies()[random.IntN(2)]
		head := models.FirstHead(identity, account, currency)
		if want := protocol.FirstHead(identity, uint64(account), string(currency)); head != want {
			t.Fatalf("first head %x, want %x", head, want)
		}
		kind := Kind(1 + random.IntN(4))
		seq, amount, balance, at := random.Uint64(), int64(random.Uint64()), int64(random.Uint64()), random.Int64()
		leg := chainLeg{
			kind: kind, account: account, counterparty: counterparty, seq: seq, amountMinor: amount, balanceMinor: balance,
			at: at, currency: currency, memoHash: &memoHash,
		}
		want := protocol.NextHead(head, &protocol.ChainLeg{
			Kind: protocol.TransferKind(kind), Account: uint64(account), Counterparty: uint64(counterparty), Seq: seq,
			AmountMinor: amount, BalanceMinor: balance, AtUs: at, Currency: string(currency), MemoHash: memoHash,
		})
		if got := leg.next(&head); got != want {
			t.Fatalf("next head %x, want %x", got, want)
		}
		salt := [16]byte(memoHash[:16])
		memo := []string{"", "renta", "ñandú 🐦"}[random.IntN(3)]
		if got, want := hashMemo(&salt, memo), protocol.MemoHash(salt, memo); got != want {
			t.Fatalf("memo hash %x, want %x", got, want)
		}
	}
}

func TestKindsAreTheProtocols(t *testing.T) {
	for kind, want := range map[Kind]protocol.TransferKind{
		KindTransfer: protocol.TransferKind_TRANSFER_KIND_TRANSFER, KindDeposit: protocol.TransferKind_TRANSFER_KIND_DEPOSIT,
		KindWithdrawal: protocol.TransferKind_TRANSFER_KIND_WITHDRAWAL, KindGift: protocol.TransferKind_TRANSFER_KIND_GIFT,
	} {
		if int32(kind) != int32(want) {
			t.Errorf("kind %d is %v", kind, want)
		}
	}
}
