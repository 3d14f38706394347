package ledger

import (
	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
)

// Sink hears every change of an account after its commit: on the publisher goroutine, right after Decided of the order
// that caused it, and so in the order of versions. It must not block, and what it is given is its own until it returns.
type Sink interface {
	Changed(*Change)
	// Told says that all of one commit has been told, decisions too: what a listener gathered can go out together.
	Told()
}

// Change says where an account stands after a change of it.
type Change struct {
	Account        clabe.Number
	Owner          int64 // user; 0 for a system account
	Name           string
	Currency       money.Currency
	Status         models.AccountStatus
	Version        uint64 // raised by every change; the newest wins
	Seq            uint64 // of the newest leg; 0 before the first
	Head           [32]byte
	BalanceMinor   int64
	AvailableMinor int64 // balance minus holds plus overdraft
	OpenedAt       int64
	Leg            *Leg // nil where no money moved
	Opened         bool // the account is new
	Renamed        bool // it has another name since
}

// Leg is one account's half of a transfer.
type Leg struct {
	Transfer     int64 // row id
	Account      clabe.Number
	Seq          uint64 // 1, 2, 3 ... in its account
	AmountMinor  int64  // signed: negative where money left
	BalanceMinor int64  // after
	Counterparty clabe.Number
	// CounterpartyName: whoever pays is named to whoever is paid; whoever is paid stays masked to the payer. Of a system
	// account it is the account's name.
	CounterpartyName string
	Memo             string // empty where there was none, and where it was erased
	MemoSalt         [16]byte
	MemoHash         [32]byte // zero without a memo
	At               int64
	Kind             Kind
	Actor            int64
	Key              Key // the actor's: nobody else is shown it
	Head             [32]byte
}
