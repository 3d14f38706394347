package caudal

import (
	"encoding/hex"
	"fmt"

	"caudal/models/clabe"
	"caudal/protocol"
)

// Head is an account's chain head after some leg: it stands for the whole history up to there. Whoever kept one can tell
// whether anything before it was rewritten since.
type Head [32]byte

// String is hexadecimal.
func (h Head) String() string { return hex.EncodeToString(h[:]) }

// MarshalText is String.
func (h Head) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads 64 hexadecimal digits.
func (h *Head) UnmarshalText(text []byte) error {
	raw, err := hex.DecodeString(string(text))
	if err != nil || len(raw) != len(h) {
		return fmt.Errorf("a chain head has %d hexadecimal digits", 2*len(h))
	}
	copy(h[:], raw)
	return nil
}

func headOf(raw []byte) (Head, error) {
	if len(raw) != len(Head{}) {
		return Head{}, violation("a chain head has %d bytes", len(raw))
	}
	return Head(raw), nil
}

// readLeg takes a leg over from the wire. Only its form is checked; see Leg.follows.
func readLeg(l *protocol.Leg, account, currency string) (Leg, error) {
	head, err := headOf(l.GetHead())
	if err != nil {
		return Leg{}, err
	}
	if _, err := clabe.Parse(l.GetCounterparty()); err != nil {
		return Leg{}, violation("a leg's counterparty is malformed")
	}
	if l.GetSeq() == 0 {
		return Leg{}, violation("a leg has no number")
	}
	leg := Leg{
		TransferID: l.GetTransferId(), Account: account, Currency: currency, Seq: l.GetSeq(),
		AmountMinor: l.GetAmountMinor(), BalanceMinor: l.GetBalanceMinor(),
		Counterparty: l.GetCounterparty(), CounterpartyName: l.GetCounterpartyName(),
		Memo: l.GetMemo(), At: micros(l.GetAtUs()), Kind: kindOf(l.GetKind()), Head: head,
	}
	leg.chained.kind, leg.chained.atUs = l.GetKind(), l.GetAtUs()
	if leg.chained.memo, err = memoHash(l); err != nil {
		return Leg{}, err
	}
	leg.MemoErased = leg.Memo == "" && leg.chained.memo != [32]byte{}
	switch len(l.GetIdempotencyKey()) {
	case 0:
	case len(Key{}):
		leg.Key = Key(l.GetIdempotencyKey())
	default:
		return Leg{}, violation("a leg's key has %d bytes", len(l.GetIdempotencyKey()))
	}
	return leg, nil
}

// chained is what the chain binds and people have no use for.
type chained struct {
	kind protocol.TransferKind
	atUs int64
	memo [32]byte // zero without a memo
}

// memoHash returns what the chain binds of the memo. A memo that is shown must be the one that was hashed.
func memoHash(l *protocol.Leg) (hash [32]byte, err error) {
	switch len(l.GetMemoHash()) {
	case 0:
	case len(hash):
		hash = [32]byte(l.GetMemoHash())
	default:
		return hash, violation("a memo's hash has %d bytes", len(l.GetMemoHash()))
	}
	if l.GetMemo() == "" {
		return hash, nil
	}
	if len(l.GetMemoSalt()) != 16 {
		return hash, violation("a memo's salt has %d bytes", len(l.GetMemoSalt()))
	}
	// Where the bank says a hash as well, and it is another, the chain cannot hold with this one.
	return protocol.MemoHash([16]byte(l.GetMemoSalt()), l.GetMemo()), nil
}

// follows checks that the leg is the next one after (seq, head, balance): its number, its sum and its hash.
func (l *Leg) follows(seq uint64, head Head, balanceMinor int64) error {
	if l.Seq != seq+1 {
		return l.diverged(seq, fmt.Sprintf("leg %d is there instead of leg %d", l.Seq, seq+1))
	}
	if sum, ok := add(balanceMinor, l.AmountMinor); !ok || sum != l.BalanceMinor {
		return l.diverged(seq, "the next balance is not the sum of the last and what was moved")
	}
	if l.next(head) != l.Head {
		return l.diverged(seq, "the hash chain does not continue")
	}
	return nil
}

// next is the head that the leg makes of the one before it.
func (l *Leg) next(head Head) Head {
	// Both parsed already, wherever they came from: the account from an Account, the counterparty in readLeg.
	account, _ := clabe.Parse(l.Account)
	counterparty, _ := clabe.Parse(l.Counterparty)
	return protocol.NextHead(head, &protocol.ChainLeg{
		Kind: l.chained.kind, Account: uint64(account), Counterparty: uint64(counterparty), Seq: l.Seq,
		AmountMinor: l.AmountMinor, BalanceMinor: l.BalanceMinor, AtUs: l.chained.atUs, Currency: l.Currency, MemoHash: l.chained.memo,
	})
}

func (l *Leg) diverged(seq uint64, why string) error {
	return &DivergedError{Account: l.Account, Seq: seq, Why: why}
}

// checkPage checks legs that are newest first: each is what the next older one leads to.
func checkPage(legs []Leg) error {
	for i := 0; i+1 < len(legs); i++ {
		older := &legs[i+1]
		if err := legs[i].follows(older.Seq, older.Head, older.BalanceMinor); err != nil {
			return err
		}
	}
	return nil
}

func add(a, b int64) (int64, bool) {
	sum := a + b
	return sum, (sum > a) == (b > 0)
}

func kindOf(k protocol.TransferKind) Kind {
	switch k {
	case protocol.TransferKind_TRANSFER_KIND_TRANSFER:
		return KindTransfer
	case protocol.TransferKind_TRANSFER_KIND_DEPOSIT:
		return KindDeposit
	case protocol.TransferKind_TRANSFER_KIND_WITHDRAWAL:
		return KindWithdrawal
	case protocol.TransferKind_TRANSFER_KIND_GIFT:
		return KindGift
	}
	return KindUnknown
}
