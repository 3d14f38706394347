package noise

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
)

const (
	// KeySize is the length of every symmetric key, in bytes.
	KeySize = 32
	// TagSize is what a ciphertext is longer than its plaintext, in bytes.
	TagSize = 16

	nonceSize = 12
)

// AEAD is a cipher as Noise, section 12, describes one: 32-byte key, 12-byte nonce, 16-byte tag.
type AEAD struct {
	// Name as it stands in the protocol name.
	Name string
	// New makes the cipher; it does not keep key.
	New func(key *[KeySize]byte) cipher.AEAD
	// PutCounter writes a counter into the last 8 bytes of a nonce; the first 4 are zero.
	PutCounter func(nonce []byte, counter uint64)
}

// AESGCM is AES-256-GCM with big-endian counters (Noise, section 12.4).
var AESGCM = &AEAD{Name: "AESGCM", New: newAESGCM, PutCounter: binary.BigEndian.PutUint64}

// newAESGCM panics only where it cannot come: aes refuses a key of another length, and cipher refuses GCM in
// FIPS-only mode, where X25519 has refused before it.
func newAESGCM(key *[KeySize]byte) cipher.AEAD {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}
