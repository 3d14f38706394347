package caudal

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"caudal/protocol"
)

var (
	// ErrURL is a bank's address that is not wss://HOST[:PORT]/PATH. There is no way to connect without TLS.
	ErrURL = errors.New("the bank's address must be wss://HOST[:PORT]/PATH")
	// ErrUntrustedTLS is a TLS certificate that neither the system nor the given roots know, from a bank whose identity
	// is not pinned: nothing proves who it is. It comes with certs.ErrUnknownIdentity.
	ErrUntrustedTLS = errors.New("the TLS certificate is not trusted, and no identity is pinned")
	// ErrSubprotocol is a server that speaks none of what was offered, or says something else than what it was asked.
	// This client never falls back to another channel by itself.
	ErrSubprotocol = errors.New("the server does not speak the channel that was offered")
	// ErrRedirect is a server that sends the client elsewhere, which is never followed.
	ErrRedirect = errors.New("the server redirects, which is never followed")
	// ErrProtocol is a message that the protocol does not have, in a channel that is intact: the server is not what it
	// should be. The connection is closed and does not come back.
	ErrProtocol = errors.New("the bank broke the protocol")
	// ErrTampered is a connection on which something arrived that the bank did not send: damaged or altered on the way,
	// or never the bank's. It is closed, and a new one is made.
	ErrTampered = errors.New("the connection was damaged or tampered with")
	// ErrTooFarBehind is a gap of more legs than are fetched one page after the other: three million. Follow the account
	// anew, from where it stands.
	ErrTooFarBehind = errors.New("the history since the last position is too long")
	// ErrDisconnected is a connection that ended, or could not be made, before a command was answered. Commands that can
	// be repeated safely are repeated, and never return it unless reconnection is off.
	ErrDisconnected = errors.New("no connection to the bank")
	// ErrClosed is a call on a Conn that its user has closed or logged out.
	ErrClosed = errors.New("the connection is closed")
	// ErrOutcomeUnknown is money of which nobody can say yet whether it has moved. The error is an
	// [*OutcomeUnknownError], whose key settles it: the same order with that key never pays twice.
	ErrOutcomeUnknown = errors.New("the outcome is not known yet")
	// ErrDiverged is a history that does not continue what this client has seen, or does not add up. The error is a
	// [*DivergedError]. Never show it as anything less than an alarm.
	ErrDiverged = errors.New("the account's history has diverged")
	// ErrFollowed is a second call of [Conn.Events] while the first goes on.
	ErrFollowed = errors.New("the events of this connection are followed already")
	// ErrTooManyCalls is a Conn with more calls waiting than one can have.
	ErrTooManyCalls = errors.New("too many calls wait on this connection")
	// ErrDevice is a device key that cannot be used, or one that the bank has not enrolled yet.
	ErrDevice = errors.New("unusable device key")
	// ErrKey is text that is not an idempotency key.
	ErrKey = errors.New("an idempotency key is a UUID of version 7")
)

// Error is a refusal by the bank: it answered, and nothing has changed (but see [ErrOutcomeUnknown]).
type Error struct {
	Code      protocol.Code
	Message   string        // for people, from the bank; may change at any time; free of control characters
	Retryable bool          // the same command with the same key may succeed later
	After     time.Duration // not before; 0 where not known
}

func (e *Error) Error() string {
	if e.Message == "" {
		return e.Code.Name()
	}
	return e.Message
}

// Is makes errors.Is(err, &Error{Code: ...}) compare codes.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

// CodeOf returns the bank's code in err, or CODE_UNSPECIFIED where the bank has refused nothing.
func CodeOf(err error) protocol.Code {
	if refusal, ok := errors.AsType[*Error](err); ok {
		return refusal.Code
	}
	return protocol.Code_CODE_UNSPECIFIED
}

// OutcomeUnknownError is an order that may or may not have been carried out. Ask again with the same order and Key, or
// look for it in the history.
type OutcomeUnknownError struct {
	Key   Key
	Cause error // why asking ended: the context's end, or what the bank said last
}

func (e *OutcomeUnknownError) Error() string {
	return fmt.Sprintf("%v (%v); ask again with the key %v", ErrOutcomeUnknown, e.Cause, e.Key)
}

// Is makes the error match [ErrOutcomeUnknown].
func (e *OutcomeUnknownError) Is(target error) bool { return target == ErrOutcomeUnknown }

func (e *OutcomeUnknownError) Unwrap() error { return e.Cause }

// DivergedError is where and how a history stopped making sense.
type DivergedError struct {
	Account string // CLABE
	Seq     uint64 // of the last leg that was right, as far as this client has seen
	Why     string
}

func (e *DivergedError) Error() string {
	return fmt.Sprintf("%v: account %s after leg %d: %s", ErrDiverged, e.Account, e.Seq, e.Why)
}

// Is makes the error match [ErrDiverged].
func (e *DivergedError) Is(target error) bool { return target == ErrDiverged }

// ClosedError is the bank's close record: authentic, and for good unless its code says reconnect.
type ClosedError struct {
	Code protocol.CloseCode
}

func (e *ClosedError) Error() string {
	return fmt.Sprintf("the bank closed the connection: %v", e.Code)
}

// Is makes the error match [ErrDisconnected]: what was in flight was not answered.
func (e *ClosedError) Is(target error) bool { return target == ErrDisconnected }

// RefusedError is an HTTP answer that is no WebSocket. It comes before any encryption inside TLS, so anyone on the way
// may have said it.
type RefusedError struct {
	Status int
	After  time.Duration // from Retry-After; 0 where not said
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("the server answered with HTTP status %d", e.Status)
}

// messageRunes bounds a refusal's text: a few lines.
const messageRunes = 500

// refusal takes the bank's words for a person, without what a terminal would obey.
func refusal(e *protocol.Error) *Error {
	return &Error{
		Code:      e.GetCode(),
		Message:   plain(e.GetMessage()),
		Retryable: e.GetRetryable(),
		After:     time.Duration(e.GetRetryAfterMs()) * time.Millisecond,
	}
}

func plain(text string) string {
	n := 0
	return strings.Map(func(r rune) rune {
		if n++; n > messageRunes || r == utf8.RuneError || !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
}

func violation(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrProtocol, fmt.Sprintf(format, args...))
}
