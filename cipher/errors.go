package cipher

import (
	"errors"
	"fmt"

	"caudal/cipher/noise"
)

var (
	// ErrConfig is a configuration that no handshake can run with: no suite, no static key, a suite that was not
	// offered, an offer or a certificate beyond the bounds.
	ErrConfig = errors.New("cipher: unusable configuration")
	// ErrMalformedHandshake is a handshake message of an impossible length, or a public key that does not decode.
	ErrMalformedHandshake = noise.ErrMalformed
	// ErrLowOrder is a peer's X25519 key of low order, whose "shared secret" everybody knows.
	ErrLowOrder = noise.ErrLowOrder
	// ErrAuthentication is a message that was not made by the peer, or not for this place: altered, replayed, out of
	// order, reflected, or made with another view of the prologue.
	ErrAuthentication = noise.ErrAuthentication
	// ErrHandshakeDone is a second Finish: a handshake runs once, whether it succeeds or fails.
	ErrHandshakeDone = errors.New("cipher: the handshake has been used")
	// ErrCertificateRefused wraps what ClientConfig.Verify returned.
	ErrCertificateRefused = errors.New("cipher: the server's certificate is refused")

	// ErrTooLarge is a body above MaxBody. Nothing was sealed, and the channel goes on.
	ErrTooLarge = fmt.Errorf("cipher: body longer than %d bytes", MaxBody)
	// ErrMalformedRecord is a record of a length that no record has, or an authentic one whose inside is wrong: an
	// unknown type, a length that does not fit its padding, padding that is not zero.
	ErrMalformedRecord = errors.New("cipher: malformed record")
	// ErrExhausted is a direction that has used its 2^64-1 counters.
	ErrExhausted = noise.ErrExhausted
	// ErrClosed is a Seal after SealClose, or an Open after the peer's close record: nothing follows one.
	ErrClosed = errors.New("cipher: nothing follows a close record")
	// ErrDead is an Open after an Open that failed: the receiving half does not come back.
	ErrDead = errors.New("cipher: the receiving half is dead after an earlier error")
	// ErrCut is what Channel.End says of a connection that ended without a close record: what was in flight, either
	// way, is unknown.
	ErrCut = errors.New("cipher: the connection was cut: it ended without a close record")
)

// CloseError is the clean end: the peer's close record, which is authentic and was its last.
type CloseError struct {
	Code uint16
}

func (e *CloseError) Error() string {
	return fmt.Sprintf("cipher: closed by the peer with code %d", e.Code)
}
