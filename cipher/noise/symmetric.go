package noise

import (
	"crypto/hkdf"
	"crypto/sha256"
)

// HashSize is the length of the handshake hash and of the chaining key, in bytes.
const HashSize = sha256.Size

// symmetric is Noise's SymmetricState (section 5.2).
type symmetric struct {
	kind        *AEAD
	cipher      CipherState
	chainingKey [HashSize]byte
	hash        [HashSize]byte
}

func newSymmetric(protocolName string, kind *AEAD) symmetric {
	s := symmetric{kind: kind}
	if len(protocolName) <= HashSize {
		copy(s.hash[:], protocolName)
	} else {
		s.hash = sha256.Sum256([]byte(protocolName))
	}
	s.chainingKey = s.hash
	return s
}

func (s *symmetric) mixHash(data []byte) {
	h := sha256.New()
	h.Write(s.hash[:])
	h.Write(data)
	h.Sum(s.hash[:0])
}

// mixKey takes secret over and wipes it.
func (s *symmetric) mixKey(secret []byte) {
	next, key := s.derive(secret)
	clear(secret)
	s.chainingKey = next
	s.cipher = newCipherState(s.kind, &key)
}

// derive is Noise's HKDF with two outputs, which is RFC 5869's with the chaining key as salt and an empty info.
func (s *symmetric) derive(secret []byte) (first, second [KeySize]byte) {
	output, err := hkdf.Key(sha256.New, secret, s.chainingKey[:], "", 2*KeySize)
	if err != nil {
		panic(err) // only for an output above 255 hashes, or a salt too short for FIPS-only mode
	}
	copy(first[:], output)
	copy(second[:], output[KeySize:])
	clear(output)
	return first, second
}

// encryptAndHash appends plaintext to dst, encrypted once there is a key.
func (s *symmetric) encryptAndHash(dst, plaintext []byte) ([]byte, error) {
	start := len(dst)
	if s.cipher.HasKey() {
		var err error
		if dst, err = s.cipher.Seal(dst, s.hash[:], plaintext); err != nil {
			return nil, err
		}
	} else {
		dst = append(dst, plaintext...)
	}
	s.mixHash(dst[start:])
	return dst, nil
}

// decryptAndHash gives a slice of its own, never one of data.
func (s *symmetric) decryptAndHash(data []byte) ([]byte, error) {
	plaintext := make([]byte, 0, len(data))
	if s.cipher.HasKey() {
		var err error
		if plaintext, err = s.cipher.Open(plaintext, s.hash[:], data); err != nil {
			return nil, err
		}
	} else {
		plaintext = append(plaintext, data...)
	}
	s.mixHash(data)
	return plaintext, nil
}

// sealedLen is the length of n plaintext bytes in a message at this point.
func (s *symmetric) sealedLen(n int) int {
	if s.cipher.HasKey() {
		return n + TagSize
	}
	return n
}

// split ends the handshake: one cipher state a direction, initiator to responder first. It wipes the chaining key.
func (s *symmetric) split() (toResponder, toInitiator CipherState) {
	first, second := s.derive(nil)
	toResponder = newCipherState(s.kind, &first)
	toInitiator = newCipherState(s.kind, &second)
	s.wipe()
	return toResponder, toInitiator
}

// wipe forgets the secrets and keeps the hash, which is public.
func (s *symmetric) wipe() {
	clear(s.chainingKey[:])
	s.cipher = CipherState{}
}
