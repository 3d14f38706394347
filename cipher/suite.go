package cipher

import (
	"crypto/mlkem"
	"fmt"

	"caudal/cipher/noise"
)

// Suite is one of the two channels that Caudal speaks. The zero value is none.
type Suite uint8

const (
	// Hybrid is X25519 and ML-KEM-768 together: a recording stays closed as long as one of the two holds.
	Hybrid Suite = iota + 1
	// Classic is X25519 alone, for clients on an off-the-shelf Noise library.
	Classic
)

const (
	subprotocolHybrid  = "caudal.v1"
	subprotocolClassic = "caudal.v1.classic"
)

// MaxCertificate bounds the certificate in message 2, in bytes: a certificate is about 200 bytes, with a post-quantum key
// and signature among its extensions it would be some 6,000, and what a stranger can make a client hold before it is
// verified should be little.
const MaxCertificate = 16384

// SuiteBySubprotocol finds the suite of a WebSocket subprotocol name, matched byte for byte: HTTP libraries may ignore
// case, and would then echo a name that is not in the prologue.
func SuiteBySubprotocol(name string) (Suite, bool) {
	switch name {
	case subprotocolHybrid:
		return Hybrid, true
	case subprotocolClassic:
		return Classic, true
	}
	return 0, false
}

// Subprotocol is the WebSocket subprotocol name, empty for no suite.
func (s Suite) Subprotocol() string {
	switch s {
	case Hybrid:
		return subprotocolHybrid
	case Classic:
		return subprotocolClassic
	}
	return ""
}

// String is the Noise protocol name.
func (s Suite) String() string {
	if pattern := s.pattern(); pattern != nil {
		return pattern.ProtocolName(noise.AESGCM)
	}
	return fmt.Sprintf("Suite(%d)", uint8(s))
}

func (s Suite) pattern() *noise.Pattern {
	switch s {
	case Hybrid:
		return noise.NXhfs
	case Classic:
		return noise.NX
	}
	return nil
}

// Message1Len is the exact length of message 1, in bytes: 1,216 or 32.
func (s Suite) Message1Len() int {
	if s == Hybrid {
		return noise.PublicKeySize + mlkem.EncapsulationKeySize768
	}
	return noise.PublicKeySize
}

// Message2Len is the length of message 2 with a certificate of so many bytes: 1,200 or 96 more.
func (s Suite) Message2Len(certificateLen int) int {
	n := noise.PublicKeySize + noise.PublicKeySize + noise.TagSize + certificateLen + noise.TagSize
	if s == Hybrid {
		n += mlkem.CiphertextSize768 + noise.TagSize
	}
	return n
}
