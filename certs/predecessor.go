package certs

import (
	"errors"
	"fmt"
)

// ErrMalformedPredecessor is a predecessor file that holds something else.
var ErrMalformedPredecessor = errors.New("malformed predecessor statement")

const (
	successorLabel  = "caudal identity successor v1\x00"
	predecessorPEM  = "CAUDAL IDENTITY PREDECESSOR"
	predecessorSize = len(Identity{}) + signatureSize
)

// Predecessor is the statement of an old identity that a new one takes its place: the old identity, and its Ed25519
// signature over "caudal identity successor v1\0" || old || new. In a channel certificate it lets clients that pinned
// the old identity move on. Identity and signature, 96 bytes, are its binary form; the text form is PEM.
//
// It has no end: whoever stole the old key can make one too, for an identity of theirs. It is for a planned change, not
// for a theft.
type Predecessor struct {
	Old       Identity
	Signature [signatureSize]byte
}

// Succeed makes the statement that successor takes this identity's place.
func (k *IdentityKey) Succeed(successor Identity) Predecessor {
	p := Predecessor{Old: k.Public()}
	copy(p.Signature[:], k.Sign(successorLabel, successorMessage(p.Old, successor)))
	return p
}

// Vouches reports whether the old identity signed that successor, another one, takes its place.
func (p *Predecessor) Vouches(successor Identity) bool {
	return !p.Old.equal(successor) && p.Old.Verify(successorLabel, successorMessage(p.Old, successor), p.Signature[:])
}

// MarshalText returns PEM, for a file.
func (p Predecessor) MarshalText() ([]byte, error) { return encodePEM(predecessorPEM, p.bytes()), nil }

// UnmarshalText reads PEM. Every error is [ErrMalformedPredecessor].
func (p *Predecessor) UnmarshalText(text []byte) error {
	raw, err := decodePEM(text, predecessorPEM)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformedPredecessor, err)
	}
	if len(raw) != predecessorSize {
		return fmt.Errorf("%w: %d bytes instead of %d", ErrMalformedPredecessor, len(raw), predecessorSize)
	}
	*p = *predecessorFrom(raw)
	return nil
}

func (p *Predecessor) bytes() []byte { return append(p.Old[:len(p.Old):len(p.Old)], p.Signature[:]...) }

// predecessorFrom reads predecessorSize bytes.
func predecessorFrom(raw []byte) *Predecessor {
	var p Predecessor
	copy(p.Signature[:], raw[copy(p.Old[:], raw):])
	return &p
}

func successorMessage(old, successor Identity) []byte {
	return append(old[:len(old):len(old)], successor[:]...)
}
