package ledger

import (
	"caudal/models/clabe"
	"caudal/models/money"
)

// Kind says why money moves. The chain and the rows hold the number.
type Kind uint8

// The kinds.
const (
	KindTransfer   Kind = 1 // a holder pays
	KindDeposit    Kind = 2 // staff takes in cash
	KindWithdrawal Kind = 3 // staff pays out cash
	KindGift       Kind = 4 // the bank itself gives
)

// Order asks to move money.
type Order struct {
	Key Key
	// Actor is the user who gives the order; 0 is the bank itself, which may deposit, withdraw and give, without limits.
	Actor int64
	// Device is the row id of the device by which the actor signed in; 0 for the bank.
	Device int64
	Kind   Kind
	// Debit pays and Credit is paid. The bank's side of a deposit (Debit), a gift (Debit) and a withdrawal (Credit) is 0:
	// the ledger chooses which of its accounts.
	Debit, Credit clabe.Number
	AmountMinor   int64
	Currency      money.Currency
	// Memo is as models.CleanMemo returns it; anything else is ErrMemo.
	Memo string
}

// subject is the account of which the order speaks: the holder's, where the other side is the bank's.
func (o *Order) subject() clabe.Number {
	if o.Kind == KindDeposit || o.Kind == KindGift {
		return o.Credit
	}
	return o.Debit
}

// Receipt is the answer to an order that was carried out.
type Receipt struct {
	Transfer      int64 // row id
	Key           Key
	Kind          Kind
	Debit, Credit clabe.Number
	AmountMinor   int64
	Currency      money.Currency
	Memo          string // empty too where it was erased
	At            int64
	// Account is the one of which the order spoke: the payer's for a transfer, the holder's where the other side is the
	// bank's. Seq, BalanceMinor and Head are its own, just after.
	Account      clabe.Number
	Seq          uint64
	BalanceMinor int64
	Head         [32]byte
	// Replay: the key was decided before, and this is that decision.
	Replay bool
}

// Decided hears what became of an order: a receipt, or an error of this package. It is called exactly once for each order
// that Submit took, on the ledger's publisher goroutine, in commit order, and must not block. When it returns the receipt is
// the ledger's again.
type Decided interface {
	Decided(order *Order, receipt *Receipt, err error)
}
