package route

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/ledger"
	"caudal/models/money"
	"caudal/models/password"
	"caudal/protocol"
	"caudal/server/live"
	"caudal/server/opaque"
)

// codes is the one table from the bank's errors to the protocol's codes; the first row that matches counts. A test holds it
// against every error that the packages below export, so that none reaches a client by accident or as a surprise. The words
// stand where one code means several things; empty is the code's own message.
//
// What only a start or an operator can meet is internal here: if it ever comes up in a command, something is wrong.
var codes = []struct {
	err  error
	code protocol.Code
	say  string
}{
	// Never a yes or a no, whatever else was wrong.
	{models.ErrCommitUnknown, protocol.Code_CODE_OUTCOME_UNKNOWN, ""},
	{ledger.ErrOutcomeUnknown, protocol.Code_CODE_OUTCOME_UNKNOWN, ""},

	{models.ErrLocked, protocol.Code_CODE_INTERNAL, ""},
	{models.ErrOtherBank, protocol.Code_CODE_INTERNAL, ""},
	{models.ErrDemoDatabase, protocol.Code_CODE_INTERNAL, ""},
	{models.ErrNotDemoDatabase, protocol.Code_CODE_INTERNAL, ""},
	{models.ErrNewerDatabase, protocol.Code_CODE_INTERNAL, ""},
	{models.ErrBackupExists, protocol.Code_CODE_INTERNAL, ""},
	{models.ErrNotStaff, protocol.Code_CODE_PERMISSION_DENIED, ""},
	{models.ErrRole, protocol.Code_CODE_INTERNAL, ""},
	{models.ErrClosed, protocol.Code_CODE_DRAINING, ""},
	{models.ErrFailed, protocol.Code_CODE_BUSY, ""},
	{models.ErrBusy, protocol.Code_CODE_BUSY, ""},
	{models.ErrUsernameTaken, protocol.Code_CODE_USERNAME_TAKEN, ""},
	{models.ErrDeviceKeyTaken, protocol.Code_CODE_KEY_REFUSED, "this device key is enrolled already; make a new one"},
	{models.ErrTooManyDevices, protocol.Code_CODE_TOO_MANY, "there are too many devices already; revoke one first"},
	{models.ErrUserNotFound, protocol.Code_CODE_NOT_FOUND, ""},
	{models.ErrCredentialsChanged, protocol.Code_CODE_BAD_CREDENTIALS, ""},
	{models.ErrAccountNotFound, protocol.Code_CODE_NOT_FOUND, "no such account"},
	{models.ErrUserClosed, protocol.Code_CODE_USER_CLOSED, ""},
	{models.ErrDeviceNotFound, protocol.Code_CODE_NOT_FOUND, "no such device"},
	{models.ErrDeviceRevoked, protocol.Code_CODE_DEVICE_REVOKED, ""},
	{models.ErrDeviceKey, protocol.Code_CODE_KEY_REFUSED, ""},
	{models.ErrSignature, protocol.Code_CODE_BAD_SIGNATURE, ""},
	{models.ErrPayeeNotFound, protocol.Code_CODE_NOT_FOUND, "no such payee"},
	{models.ErrCurrency, protocol.Code_CODE_INVALID_ARGUMENT, "the bank has no such currency"},
	{models.ErrText, protocol.Code_CODE_INVALID_ARGUMENT, ""},

	{ledger.ErrInvalidAmount, protocol.Code_CODE_INVALID_AMOUNT, ""},
	{ledger.ErrMemo, protocol.Code_CODE_INVALID_ARGUMENT, "the memo is too long, or has characters that do not belong in a memo"},
	{ledger.ErrCurrencyMismatch, protocol.Code_CODE_CURRENCY_MISMATCH, ""},
	{ledger.ErrSameAccount, protocol.Code_CODE_SAME_ACCOUNT, ""},
	{ledger.ErrNotFound, protocol.Code_CODE_NOT_FOUND, "no such account"},
	{ledger.ErrPayeeNotFound, protocol.Code_CODE_NOT_FOUND, "no such payee"},
	{ledger.ErrAccountFrozen, protocol.Code_CODE_ACCOUNT_FROZEN, ""},
	{ledger.ErrInsufficientFunds, protocol.Code_CODE_INSUFFICIENT_FUNDS, ""},
	{ledger.ErrBalanceOverflow, protocol.Code_CODE_BALANCE_OVERFLOW, ""},
	{ledger.ErrLimitExceeded, protocol.Code_CODE_LIMIT_EXCEEDED, ""},
	{ledger.ErrNotPermitted, protocol.Code_CODE_PERMISSION_DENIED, ""},
	{ledger.ErrTooManyAccounts, protocol.Code_CODE_TOO_MANY, "there are too many accounts already"},
	{ledger.ErrAccountName, protocol.Code_CODE_INVALID_ARGUMENT, "the account's name is empty, too long, or has characters that do not belong in a name"},
	{ledger.ErrCurrency, protocol.Code_CODE_INVALID_ARGUMENT, "the bank has no such currency"},
	{ledger.ErrBusy, protocol.Code_CODE_BUSY, ""},
	{ledger.ErrInternal, protocol.Code_CODE_INTERNAL, ""},
	{ledger.ErrClosed, protocol.Code_CODE_DRAINING, ""},
	{ledger.ErrKeyReused, protocol.Code_CODE_KEY_REUSED, ""},
	{ledger.ErrKeyStale, protocol.Code_CODE_KEY_STALE, ""},
	{ledger.ErrKeyMalformed, protocol.Code_CODE_INVALID_ARGUMENT, "the idempotency key is not a UUIDv7 of 16 bytes"},
	{ledger.ErrUserClosed, protocol.Code_CODE_USER_CLOSED, ""},
	{ledger.ErrDeviceRevoked, protocol.Code_CODE_DEVICE_REVOKED, ""},

	{password.ErrRules, protocol.Code_CODE_INVALID_PASSWORD, ""},
	{password.ErrMismatch, protocol.Code_CODE_BAD_CREDENTIALS, ""},
	{password.ErrBusy, protocol.Code_CODE_BUSY, ""},
	{password.ErrMalformed, protocol.Code_CODE_INTERNAL, ""},

	{clabe.ErrMalformed, protocol.Code_CODE_INVALID_ARGUMENT, "not an account number: it has 18 digits, the last of which checks the others"},
	{money.ErrAmount, protocol.Code_CODE_INVALID_AMOUNT, ""},
	{money.ErrCurrency, protocol.Code_CODE_INVALID_ARGUMENT, ""},
	{live.ErrTooManyConnections, protocol.Code_CODE_TOO_MANY, "this user has too many connections already"},
	{opaque.ErrName, protocol.Code_CODE_NOT_FOUND, "no such page"},

	// A worker's time was over before it was the command's turn; nothing that changes anything is cut off like this.
	{context.DeadlineExceeded, protocol.Code_CODE_BUSY, ""},
	{context.Canceled, protocol.Code_CODE_DRAINING, ""},
}

// misses are the errors by which somebody could find out what there is in the bank; each spends from the user's budget.
var misses = []error{
	ledger.ErrNotFound, ledger.ErrPayeeNotFound, models.ErrPayeeNotFound, models.ErrAccountNotFound, models.ErrDeviceNotFound,
	opaque.ErrName,
}

// isMiss reports whether err says that something named by a user is not there, or not theirs.
func isMiss(err error) bool {
	for _, miss := range misses {
		if errors.Is(err, miss) {
			return true
		}
	}
	return false
}

// invalid is a malformed argument; its words are for people and repeat nothing of what came.
type invalid string

func (i invalid) Error() string { return string(i) }

// refused is one of the protocol's codes, decided in this package.
type refused struct {
	code protocol.Code
	say  string        // empty: the code's own message
	wait time.Duration // where retryable and known
}

func (r refused) Error() string { return r.code.Name() }

// fault returns what a client is told of err. An error that the table does not have, or has as internal, is logged under an
// id, and the client gets the id alone.
func fault(log func() *slog.Logger, err error) *protocol.Error {
	if own, ok := errors.AsType[refused](err); ok {
		answer := protocol.NewError(own.code)
		if own.say != "" {
			answer.Message = own.say
		}
		answer.RetryAfterMs = uint32(min(own.wait.Milliseconds(), math.MaxUint32))
		return answer
	}
	if text, ok := errors.AsType[invalid](err); ok {
		return protocol.ErrorWith(protocol.Code_CODE_INVALID_ARGUMENT, string(text))
	}
	if text, ok := errors.AsType[*models.TextError](err); ok {
		return protocol.ErrorWith(protocol.Code_CODE_INVALID_ARGUMENT, fmt.Sprintf("the %s cannot be used: %s", text.Field, text.Why))
	}
	for _, known := range codes {
		if !errors.Is(err, known.err) {
			continue
		}
		if known.code == protocol.Code_CODE_INTERNAL {
			break
		}
		answer := protocol.NewError(known.code)
		if known.say != "" {
			answer.Message = known.say
		}
		if known.code == protocol.Code_CODE_BUSY {
			answer.RetryAfterMs = busyRetryMs
		}
		return answer
	}
	return internal(log, err)
}

// busyRetryMs is when a client that was told busy may ask again: a queue that is full now is empty within that time.
const busyRetryMs = 100

// internal logs err and returns what the client may know of it.
func internal(log func() *slog.Logger, err error) *protocol.Error {
	var raw [5]byte
	rand.Read(raw[:])
	id := hex.EncodeToString(raw[:])
	log().Error("internal error", "error_id", id, "error", err)
	return protocol.ErrorWith(protocol.Code_CODE_INTERNAL, "something went wrong inside the bank (error "+id+"); nothing changed")
}
