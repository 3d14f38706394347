package protocol

import "strings"

// codeInfo says of each error code whether the same command may succeed later, and what a person is told where nothing
// more exact is known.
var codeInfo = map[Code]struct {
	retryable bool
	message   string
}{
	Code_CODE_INTERNAL:              {false, "something went wrong inside the bank; nothing changed"},
	Code_CODE_UNIMPLEMENTED:         {false, "this server does not know that command"},
	Code_CODE_INVALID_ARGUMENT:      {false, "the command is malformed"},
	Code_CODE_HELLO_REQUIRED:        {false, "the first command must be hello"},
	Code_CODE_UNAUTHENTICATED:       {false, "sign in first"},
	Code_CODE_ALREADY_AUTHENTICATED: {false, "this connection is signed in already"},
	Code_CODE_BAD_CREDENTIALS:       {false, "the username or the password is wrong"},
	Code_CODE_BAD_SIGNATURE:         {false, "the device's signature does not verify"},
	Code_CODE_KEY_REFUSED:           {false, "this device key cannot be enrolled"},
	Code_CODE_DEVICE_REVOKED:        {false, "this device was revoked; sign in with the password"},
	Code_CODE_PERMISSION_DENIED:     {false, "not allowed"},
	Code_CODE_NOT_FOUND:             {false, "no such account, payee, device or transfer"},
	Code_CODE_USERNAME_TAKEN:        {false, "this username is taken"},
	Code_CODE_INVALID_PASSWORD:      {false, "a password has 12 to 256 characters"},
	Code_CODE_INSUFFICIENT_FUNDS:    {false, "the available balance is too small"},
	Code_CODE_ACCOUNT_FROZEN:        {false, "the account is frozen"},
	Code_CODE_CURRENCY_MISMATCH:     {false, "the accounts and the amount must have one currency"},
	Code_CODE_SAME_ACCOUNT:          {false, "payer and payee are the same account"},
	Code_CODE_INVALID_AMOUNT:        {false, "the amount must be positive and within the bank's limit"},
	Code_CODE_BALANCE_OVERFLOW:      {false, "the payee's balance would exceed what an account can hold"},
	Code_CODE_LIMIT_EXCEEDED:        {false, "this exceeds the limit for an operation or a day"},
	Code_CODE_KEY_REUSED:            {false, "this idempotency key already stands for something else"},
	Code_CODE_KEY_STALE:             {false, "this idempotency key is too old or from the future; nothing was paid with it"},
	Code_CODE_BUSY:                  {true, "the bank is busy; try again with the same key"},
	Code_CODE_OUTCOME_UNKNOWN:       {true, "whether this was done is not known yet; ask again with the same key"},
	Code_CODE_RATE_LIMITED:          {true, "too many attempts; wait a little"},
	Code_CODE_DRAINING:              {true, "the server is stopping; connect again"},
	Code_CODE_TOO_MANY:              {false, "there are too many of these already"},
	Code_CODE_USER_CLOSED:           {false, "this user is closed"},
	Code_CODE_HISTORY_DIVERGED:      {false, "the bank does not have the history that this client has seen"},
}

// Name returns the code as text for programs and logs, such as insufficient_funds.
func (c Code) Name() string { return strings.ToLower(strings.TrimPrefix(c.String(), "CODE_")) }

// Retryable reports whether the same command, with the same idempotency key, may succeed later.
func (c Code) Retryable() bool { return codeInfo[c].retryable }

// NewError returns a refusal with the code's own message.
func NewError(c Code) *Error { return ErrorWith(c, codeInfo[c].message) }

// ErrorWith returns a refusal whose message says more than the code's own. The message must hold nothing secret.
func ErrorWith(c Code, message string) *Error {
	return &Error{Code: c, Message: message, Retryable: c.Retryable()}
}

// CloseCode says why a connection ends. It travels in a close record of the channel; the WebSocket close frame that
// follows repeats it as a hint only, since a proxy can forge that one. RFC 6455, section 7.4.2 leaves 4000-4999 to
// applications: here, 4000-4499 mean connect again (with full jitter), 4500-4999 do not.
type CloseCode uint16

// The close codes.
const (
	// CloseBye: the client is done.
	CloseBye CloseCode = 1000

	CloseDraining         CloseCode = 4000 // the server stops; come back elsewhere or later
	CloseSlowReader       CloseCode = 4001 // the client reads slower than its events come
	CloseIdle             CloseCode = 4002 // nothing came from the client for the idle timeout
	CloseAge              CloseCode = 4003 // a connection lives 24 hours, so that its keys do
	CloseOverloaded       CloseCode = 4004 // a cap on connections was reached
	CloseInternal         CloseCode = 4005 // a fault of the server
	CloseHandshakeTimeout CloseCode = 4006 // the handshake or the sign-in took too long
	CloseBadRecord        CloseCode = 4007 // a record does not open: it was altered on the way, or is malformed inside
	CloseTooLarge         CloseCode = 4008 // a message exceeds the channel's bound: the same

	CloseHandshakeFailed CloseCode = 4500 // the channel's handshake is malformed
	CloseBadFrame        CloseCode = 4501 // a frame is not what PROTOCOL.md says
	CloseVersion         CloseCode = 4502 // the client's version of the vocabulary is not spoken here
	CloseLoggedOut       CloseCode = 4503 // as the client asked
	CloseDeviceRevoked   CloseCode = 4504 // the device that signed in was revoked
	CloseUserClosed      CloseCode = 4505 // the user was closed
)

var closeNames = map[CloseCode]string{
	CloseBye: "bye", CloseDraining: "draining", CloseSlowReader: "slow_reader", CloseIdle: "idle", CloseAge: "age",
	CloseOverloaded: "overloaded", CloseInternal: "internal", CloseHandshakeTimeout: "handshake_timeout",
	CloseHandshakeFailed: "handshake_failed", CloseBadRecord: "bad_record", CloseBadFrame: "bad_frame",
	CloseTooLarge: "too_large", CloseVersion: "version", CloseLoggedOut: "logged_out",
	CloseDeviceRevoked: "device_revoked", CloseUserClosed: "user_closed",
}

// String returns the code as text for programs and logs, such as slow_reader.
func (c CloseCode) String() string {
	if name, ok := closeNames[c]; ok {
		return name
	}
	return "unknown"
}

// Reconnect reports whether a client should connect again by itself. Codes that it does not know follow their range.
func (c CloseCode) Reconnect() bool { return c < 4500 && c != CloseBye }
