package certs

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrMalformedFingerprint is a fingerprint that was mistyped, cut or is no usable key. It never means that the bank
	// has changed: see [ErrIdentityChanged].
	ErrMalformedFingerprint = errors.New("malformed identity fingerprint")
	// ErrIdentityChanged is an identity that is not the pinned one; the error is an [*IdentityChangedError].
	ErrIdentityChanged = errors.New("the bank's identity has changed")
)

// Identity is the bank's long-term Ed25519 public key (RFC 8032), the one thing that clients pin.
//
// Its text form is the fingerprint: base32 (RFC 4648, no padding) of key (32) || the first 2 bytes of
// SHA-256("caudal identity fingerprint v1\0" || key), 55 characters in 11 groups of 5 joined by '-'. It holds the whole
// key, so that comparing fingerprints is comparing keys, and the checksum tells a slip of the hand from another bank.
type Identity [ed25519.PublicKeySize]byte

const (
	fingerprintLabel    = "caudal identity fingerprint v1\x00"
	fingerprintChecksum = 2 // bytes; a random slip passes once in 65,536
	fingerprintChars    = 55
	fingerprintGroup    = 5

	// maxFingerprintText bounds what is looked at: the characters, and a generous number of separators around them.
	maxFingerprintText = 256
)

var fingerprintEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// String returns the fingerprint.
func (id Identity) String() string {
	check := fingerprintSum(id)
	return grouped(fingerprintEncoding.EncodeToString(append(id[:], check[:]...)), fingerprintGroup)
}

// ParseIdentity reads a fingerprint, whatever its case, spaces and dashes. Every error is [ErrMalformedFingerprint].
func ParseIdentity(fingerprint string) (Identity, error) {
	var id Identity
	if len(fingerprint) > maxFingerprintText {
		return id, fmt.Errorf("%w: it is longer than %d characters", ErrMalformedFingerprint, maxFingerprintText)
	}
	compact := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '\t', '\r', '\n':
			return -1
		}
		if 'a' <= r && r <= 'z' {
			return r - 'a' + 'A'
		}
		return r
	}, fingerprint)
	if len(compact) != fingerprintChars {
		return id, fmt.Errorf("%w: it has %d letters and digits instead of %d", ErrMalformedFingerprint, len(compact), fingerprintChars)
	}
	raw, err := fingerprintEncoding.DecodeString(compact)
	if err != nil {
		return id, fmt.Errorf("%w: only the letters A-Z and the digits 2-7 occur in one", ErrMalformedFingerprint)
	}
	if fingerprintEncoding.EncodeToString(raw) != compact { // the last character has three bits to spare
		return id, fmt.Errorf("%w: its last character is wrong", ErrMalformedFingerprint)
	}
	copy(id[:], raw)
	if check := fingerprintSum(id); !bytes.Equal(check[:], raw[len(id):]) {
		return Identity{}, fmt.Errorf("%w: its checksum is wrong, compare it character by character", ErrMalformedFingerprint)
	}
	if !id.usable() {
		return Identity{}, fmt.Errorf("%w: it is no usable Ed25519 key", ErrMalformedFingerprint)
	}
	return id, nil
}

// MarshalText returns the fingerprint, for configuration and JSON.
func (id Identity) MarshalText() ([]byte, error) { return []byte(id.String()), nil }

// UnmarshalText is [ParseIdentity].
func (id *Identity) UnmarshalText(text []byte) error {
	parsed, err := ParseIdentity(string(text))
	if err == nil {
		*id = parsed
	}
	return err
}

// Verify reports whether signature is this identity's over label || message. Labels end in their only zero byte, and each
// names one purpose, so that no signature serves two.
func (id Identity) Verify(label string, message, signature []byte) bool {
	return len(signature) == ed25519.SignatureSize && id.usable() &&
		ed25519.Verify(id[:], append([]byte(label), message...), signature)
}

func (id Identity) equal(other Identity) bool {
	return subtle.ConstantTimeCompare(id[:], other[:]) == 1
}

func fingerprintSum(id Identity) (sum [fingerprintChecksum]byte) {
	full := sha256.Sum256(append([]byte(fingerprintLabel), id[:]...))
	copy(sum[:], full[:])
	return sum
}

// grouped joins groups of n characters by dashes, so that an eye can keep its place.
func grouped(s string, n int) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && i%n == 0 {
			b.WriteByte('-')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// usable refuses the keys that no honest signer has: points of small order, under which anybody can make signatures, and
// coordinates that are not reduced, which would give one key two fingerprints.
func (id Identity) usable() bool {
	y := id
	y[31] &= 0x7f // the sign of x
	for _, small := range smallOrder {
		if y == small {
			return false
		}
	}
	return !unreduced(y)
}

// unreduced reports y >= p = 2^255 - 19, little endian.
func unreduced(y [32]byte) bool {
	if y[31] != 0x7f || y[0] < 0xed {
		return false
	}
	for _, b := range y[1:31] {
		if b != 0xff {
			return false
		}
	}
	return true
}

// smallOrder has the y coordinates of the eight points whose order divides 8 (order 4; 1; 8; 8; 2). The unreduced
// spellings of the same points are refused by [unreduced].
var smallOrder = [...][32]byte{
	{},
	{0x01},
	{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
		0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
	{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
		0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
	{0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
}

// IdentityChangedError is the pinned identity and the one that was proven instead. Never move on without the user: it
// is either a bank that changed its identity without saying so, or somebody in the middle.
type IdentityChangedError struct {
	Pinned, Presented Identity
}

func (e *IdentityChangedError) Error() string {
	return fmt.Sprintf("%v: pinned %v, presented %v", ErrIdentityChanged, e.Pinned, e.Presented)
}

// Is makes the error match [ErrIdentityChanged].
func (e *IdentityChangedError) Is(target error) bool { return target == ErrIdentityChanged }
