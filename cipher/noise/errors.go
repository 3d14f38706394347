package noise

import "errors"

var (
	// ErrConfig is a Config that cannot run its pattern: a missing key, or a key that is not X25519.
	ErrConfig = errors.New("noise: unusable configuration")
	// ErrMalformed is a handshake message of an impossible length, or a public key that does not decode.
	ErrMalformed = errors.New("noise: malformed handshake message")
	// ErrLowOrder is an X25519 exchange whose result is zero: the peer's point has a low order, and the "secret"
	// would be known to everybody (RFC 7748, section 6.1).
	ErrLowOrder = errors.New("noise: low-order public key")
	// ErrAuthentication is a ciphertext that this key, counter and associated data did not make.
	ErrAuthentication = errors.New("noise: message authentication failed")
	// ErrExhausted is a cipher state with no counter left: 2^64-1 is reserved for Rekey.
	ErrExhausted = errors.New("noise: counter used up")
	// ErrState is a call out of turn: a handshake that is dead after an error, finished, or not yet finished.
	ErrState = errors.New("noise: handshake is dead or it is not this side's turn")
)
