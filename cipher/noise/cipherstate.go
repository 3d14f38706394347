package noise

import (
	"crypto/cipher"
	"math"
)

// rekeyCounter is the nonce that only Rekey uses (Noise, section 4.2); no message ever has it.
const rekeyCounter = math.MaxUint64

// CipherState encrypts or decrypts one direction: a key and a counter that is the nonce (Noise, section 5.1). The zero
// value has no key. It does not keep the key's bytes, only the cipher made of them. One goroutine at a time.
type CipherState struct {
	aead    cipher.AEAD
	kind    *AEAD
	counter uint64
	nonce   [nonceSize]byte // here, not on the stack: through the AEAD interface it would escape, once a message
}

// newCipherState takes key over and wipes it.
func newCipherState(kind *AEAD, key *[KeySize]byte) CipherState {
	state := CipherState{aead: kind.New(key), kind: kind}
	clear(key[:])
	return state
}

// HasKey is false for the zero value.
func (c *CipherState) HasKey() bool { return c.aead != nil }

// Counter is the counter of the next message.
func (c *CipherState) Counter() uint64 { return c.counter }

// Seal appends the ciphertext to dst: len(plaintext) + TagSize bytes. It allocates nothing where dst has room;
// plaintext may lie exactly where the ciphertext will. ErrExhausted, and nothing changed, when no counter is left.
func (c *CipherState) Seal(dst, ad, plaintext []byte) ([]byte, error) {
	if c.counter == rekeyCounter {
		return nil, ErrExhausted
	}
	c.setNonce(c.counter)
	out := c.aead.Seal(dst, c.nonce[:], plaintext, ad)
	c.counter++
	return out, nil
}

// Open appends the plaintext to dst: len(ciphertext) - TagSize bytes. It allocates nothing where dst has room; dst may
// be ciphertext[:0]. ErrAuthentication and ErrExhausted leave the counter as it was and no plaintext in dst.
func (c *CipherState) Open(dst, ad, ciphertext []byte) ([]byte, error) {
	if c.counter == rekeyCounter {
		return nil, ErrExhausted
	}
	c.setNonce(c.counter)
	out, err := c.aead.Open(dst, c.nonce[:], ciphertext, ad)
	if err != nil {
		return nil, ErrAuthentication
	}
	c.counter++
	return out, nil
}

// Rekey replaces the key by a one-way function of itself (REKEY, Noise, sections 4.2 and 11.3): whoever learns the new
// one cannot read what went before. The counter goes on.
func (c *CipherState) Rekey() {
	var zeros [KeySize]byte
	c.setNonce(rekeyCounter)
	sealed := c.aead.Seal(nil, c.nonce[:], zeros[:], nil)
	key := [KeySize]byte(sealed)
	clear(sealed)
	c.aead = c.kind.New(&key)
	clear(key[:])
}

func (c *CipherState) setNonce(counter uint64) {
	c.kind.PutCounter(c.nonce[nonceSize-8:], counter)
}
