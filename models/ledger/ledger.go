package ledger

import (
	"log/slog"
	"time"

	"caudal/models"
)

// Config says how a ledger works. The zero value is a bank that nobody listens to.
type Config struct {
	// Queue bounds the orders that wait; a full queue is ErrBusy. Default 16384: a fifth of a second at full speed.
	Queue int
	// BatchMax bounds the orders that share one commit. Default 1024: more gains little, and the first waits for the last.
	BatchMax int
	// CachedAccounts bounds the accounts kept in memory, about 250 bytes each. Default 262144.
	CachedAccounts int
	// AccountsMax is how many accounts a holder may open. Default 10.
	AccountsMax int
	// Limits of staff, for each currency in its minor units.
	Limits Limits
	// Now is the clock; default time.Now.
	Now func() time.Time
	// Sink hears of changes; default: nobody.
	Sink Sink
	// Log hears of failures, never of names or memos; default: nobody.
	Log *slog.Logger
}

// Limits bound what a member of staff moves; 0 means the default.
type Limits struct {
	OperationMinor int64 // in one deposit or withdrawal; default 50,000.00
	DayMinor       int64 // of deposits, and as much of withdrawals, in a day (UTC); default 500,000.00
}

// NewAccount asks to open an account for its actor. The key is decided like an order's.
type NewAccount struct {
	Key      Key
	Actor    int64
	Device   int64
	Name     string
	Currency string
}

var _ = models.AccountActive
