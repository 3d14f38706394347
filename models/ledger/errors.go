package ledger

import (
	"errors"
	"fmt"
)

// Refusals that bind the key: the same order gets the same answer later, whatever has changed meanwhile.
var (
	ErrInvalidAmount     = errors.New("ledger: the amount must be positive and within the bank's bound")
	ErrMemo              = errors.New("ledger: the memo is too long, or has characters that do not belong in a memo")
	ErrCurrencyMismatch  = errors.New("ledger: the accounts and the amount must have one currency")
	ErrSameAccount       = errors.New("ledger: payer and payee are the same account")
	ErrNotFound          = errors.New("ledger: no such account")
	ErrPayeeNotFound     = errors.New("ledger: no such payee")
	ErrAccountFrozen     = errors.New("ledger: the account is frozen")
	ErrInsufficientFunds = errors.New("ledger: the available balance is too small")
	ErrBalanceOverflow   = errors.New("ledger: the balance would exceed what an account can hold")
	ErrLimitExceeded     = errors.New("ledger: over the limit for an operation or a day")
	ErrNotPermitted      = errors.New("ledger: not allowed")
	ErrTooManyAccounts   = errors.New("ledger: the holder has as many accounts as allowed")
	ErrAccountName       = errors.New("ledger: not an acceptable account name")
	ErrCurrency          = errors.New("ledger: the bank has no such currency")
	// ErrKeyStale: the key was never seen, and is too old, or ahead of the clock. Nothing was, or will be, done with it: one
	// that is too old stays so, and one from the future is bound.
	ErrKeyStale = errors.New("ledger: the key is too old, or from the future")
)

// Answers that leave the key as it was.
var (
	// ErrBusy: the queue is full, or the database was locked by someone else. Nothing was decided: same key, again.
	ErrBusy = errors.New("ledger: busy")
	// ErrOutcomeUnknown: whether this was done is not known. The same order with the same key settles it.
	ErrOutcomeUnknown = errors.New("ledger: the outcome is unknown")
	// ErrInternal: this order alone could not be written. Nothing changed.
	ErrInternal = errors.New("ledger: internal error")
	// ErrClosed: the ledger takes no more orders.
	ErrClosed = errors.New("ledger: closed")
	// ErrKeyReused: the actor's key already stands for something else.
	ErrKeyReused = errors.New("ledger: the key stands for another order")
	// ErrKeyMalformed: the key is not a UUIDv7.
	ErrKeyMalformed = errors.New("ledger: the key is not a UUIDv7")
	// ErrUserClosed and ErrDeviceRevoked: whoever gives the order is not signed in any more.
	ErrUserClosed    = errors.New("ledger: the user is closed")
	ErrDeviceRevoked = errors.New("ledger: the device is revoked")
)

// refusals numbers what outcomes keep, and names it for the audit log. A number never changes its meaning.
var refusals = [...]struct {
	err  error
	name string
}{
	1:  {ErrInvalidAmount, "invalid_amount"},
	2:  {ErrMemo, "memo"},
	3:  {ErrCurrencyMismatch, "currency_mismatch"},
	4:  {ErrSameAccount, "same_account"},
	5:  {ErrNotFound, "not_found"},
	6:  {ErrPayeeNotFound, "payee_not_found"},
	7:  {ErrAccountFrozen, "account_frozen"},
	8:  {ErrInsufficientFunds, "insufficient_funds"},
	9:  {ErrBalanceOverflow, "balance_overflow"},
	10: {ErrLimitExceeded, "limit_exceeded"},
	11: {ErrNotPermitted, "not_permitted"},
	12: {ErrTooManyAccounts, "too_many_accounts"},
	13: {ErrAccountName, "account_name"},
	14: {ErrCurrency, "currency"},
	15: {ErrKeyStale, "key_stale"},
}

// refusalNumber returns the number under which outcomes keep a refusal, and 0 for what binds no key.
func refusalNumber(err error) int {
	if err == nil {
		return 0
	}
	for number := range refusals {
		if errors.Is(err, refusals[number].err) {
			return number
		}
	}
	return 0
}

// refusalByNumber is refusalNumber's inverse. A number that this program does not know is no reason to decide again.
func refusalByNumber(number int64) error {
	if number > 0 && number < int64(len(refusals)) {
		return refusals[number].err
	}
	return fmt.Errorf("%w: refusal number %d is unknown", ErrInternal, number)
}

// RefusalNamed returns the refusal that the audit log has by this name, and ErrInternal for a name that this program does
// not know.
func RefusalNamed(name string) error {
	for _, refusal := range refusals {
		if refusal.name == name && name != "" {
			return refusal.err
		}
	}
	return fmt.Errorf("%w: no refusal has that name", ErrInternal)
}
