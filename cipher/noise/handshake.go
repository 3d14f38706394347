package noise

import (
	"crypto/ecdh"
	"crypto/mlkem"
	"errors"
	"fmt"
)

const (
	// PublicKeySize is the length of an X25519 public key, in bytes.
	PublicKeySize = 32
	// MaxMessage bounds a handshake message, in bytes (Noise, section 3).
	MaxMessage = 65535
)

// Config is what one side knows before the handshake.
type Config struct {
	Pattern   *Pattern
	AEAD      *AEAD
	Initiator bool
	// Prologue is data that both sides must hold equal; it is authenticated, not sent.
	Prologue []byte
	// Static is this side's X25519 key; nil where the pattern has none.
	Static *ecdh.PrivateKey
	// RemoteStatic is the responder's, where the initiator knows it beforehand; else nil.
	RemoteStatic *ecdh.PublicKey
	// Source is nil but in tests: then the operating system's randomness is used.
	Source Source
}

// Handshake runs one pattern once, in one role: WriteMessage and ReadMessage in turns until Done, then Split. Any error
// kills it: the secrets are dropped and every later call is ErrState. One goroutine at a time.
type Handshake struct {
	symmetric
	pattern   *Pattern
	initiator bool
	source    Source
	next      int // index of the next message
	dead      bool

	static          *ecdh.PrivateKey
	ephemeral       *ecdh.PrivateKey
	kem             *mlkem.DecapsulationKey768
	remoteStatic    *ecdh.PublicKey
	remoteEphemeral *ecdh.PublicKey
	remoteKEM       *mlkem.EncapsulationKey768
}

// NewHandshake is ErrConfig where the pattern needs a key that config lacks, or a key is not X25519.
func NewHandshake(config Config) (*Handshake, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	source := config.Source
	if source == nil {
		source = systemSource{}
	}
	h := &Handshake{
		symmetric:    newSymmetric(config.Pattern.ProtocolName(config.AEAD), config.AEAD),
		pattern:      config.Pattern,
		initiator:    config.Initiator,
		source:       source,
		static:       config.Static,
		remoteStatic: config.RemoteStatic,
	}
	h.mixHash(config.Prologue)
	if config.Pattern.responderKnown {
		if config.Initiator {
			h.mixHash(config.RemoteStatic.Bytes())
		} else {
			h.mixHash(config.Static.PublicKey().Bytes())
		}
	}
	return h, nil
}

func (c *Config) check() error {
	switch {
	case c.Pattern == nil || c.AEAD == nil:
		return fmt.Errorf("%w: no pattern or no AEAD", ErrConfig)
	case c.Static == nil && c.Pattern.needsStatic(c.Initiator):
		return fmt.Errorf("%w: the pattern needs a static key", ErrConfig)
	case c.Static != nil && c.Static.Curve() != ecdh.X25519():
		return fmt.Errorf("%w: the static key is not X25519", ErrConfig)
	case c.Initiator && c.Pattern.responderKnown && c.RemoteStatic == nil:
		return fmt.Errorf("%w: the pattern needs the responder's static key", ErrConfig)
	case c.RemoteStatic != nil && c.RemoteStatic.Curve() != ecdh.X25519():
		return fmt.Errorf("%w: the responder's static key is not X25519", ErrConfig)
	}
	return nil
}

// Done says that all messages have passed.
func (h *Handshake) Done() bool { return !h.dead && h.next == len(h.pattern.messages) }

// Hash is the handshake hash; once Done it names this very handshake (Noise, section 11.2). It is no secret.
func (h *Handshake) Hash() [HashSize]byte { return h.hash }

// RemoteStatic is the peer's static X25519 key, nil as long as it is not known. It is proven once Done.
func (h *Handshake) RemoteStatic() *ecdh.PublicKey { return h.remoteStatic }

// Split gives the transport keys once Done, and ends the handshake.
func (h *Handshake) Split() (send, receive CipherState, err error) {
	if !h.Done() {
		return CipherState{}, CipherState{}, ErrState
	}
	send, receive = h.split()
	if !h.initiator {
		send, receive = receive, send
	}
	h.Wipe()
	return send, receive, nil
}

// WriteMessage appends this side's next message, with payload, to dst.
func (h *Handshake) WriteMessage(dst, payload []byte) ([]byte, error) {
	if !h.mayRun(true) {
		return nil, ErrState
	}
	start := len(dst)
	dst, err := h.write(dst, payload)
	if err == nil && len(dst)-start > MaxMessage {
		err = fmt.Errorf("%w: longer than %d bytes", ErrMalformed, MaxMessage)
	}
	if err != nil {
		h.Wipe()
		return nil, err
	}
	h.next++
	return dst, nil
}

// ReadMessage takes the peer's next message and gives its payload, in a slice of its own.
func (h *Handshake) ReadMessage(message []byte) (payload []byte, err error) {
	if !h.mayRun(false) {
		return nil, ErrState
	}
	if len(message) > MaxMessage {
		h.Wipe()
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrMalformed, MaxMessage)
	}
	payload, err = h.read(message)
	if err != nil {
		h.Wipe()
		return nil, err
	}
	h.next++
	return payload, nil
}

func (h *Handshake) mayRun(write bool) bool {
	initiatorsTurn := h.next%2 == 0
	return !h.dead && h.next < len(h.pattern.messages) && (initiatorsTurn == h.initiator) == write
}

// Wipe ends the handshake and its secrets, finished or not; errors and Split do it by themselves. The chaining key is
// overwritten. The standard library's key types cannot be: dropping them is all that Go allows.
func (h *Handshake) Wipe() {
	h.dead = true
	h.wipe()
	h.static, h.ephemeral, h.kem = nil, nil, nil
}

func (h *Handshake) write(dst, payload []byte) ([]byte, error) {
	var err error
	for _, t := range h.pattern.messages[h.next] {
		switch t {
		case tokenE:
			if h.ephemeral, err = h.source.X25519(); err != nil {
				return nil, fmt.Errorf("noise: making an ephemeral key: %w", err)
			}
			public := h.ephemeral.PublicKey().Bytes()
			dst = append(dst, public...)
			h.mixHash(public)
		case tokenE1:
			if h.kem, err = h.source.MLKEM768(); err != nil {
				return nil, fmt.Errorf("noise: making an ML-KEM key: %w", err)
			}
			if dst, err = h.encryptAndHash(dst, h.kem.EncapsulationKey().Bytes()); err != nil {
				return nil, err
			}
		case tokenEKEM1:
			// The ciphertext is encrypted under the keys so far; its own secret counts from the next token on.
			shared, ciphertext := h.source.Encapsulate(h.remoteKEM)
			if dst, err = h.encryptAndHash(dst, ciphertext); err != nil {
				return nil, err
			}
			h.mixKey(shared)
		case tokenS:
			if dst, err = h.encryptAndHash(dst, h.static.PublicKey().Bytes()); err != nil {
				return nil, err
			}
		default:
			if err = h.mixDH(t); err != nil {
				return nil, err
			}
		}
	}
	return h.encryptAndHash(dst, payload)
}

func (h *Handshake) read(message []byte) ([]byte, error) {
	for _, t := range h.pattern.messages[h.next] {
		var field []byte
		var err error
		switch t {
		case tokenE:
			if field, message, err = cut(message, PublicKeySize); err != nil {
				return nil, err
			}
			if h.remoteEphemeral, err = publicKey(field); err != nil {
				return nil, err
			}
			h.mixHash(field)
		case tokenE1:
			if field, message, err = h.open(message, mlkem.EncapsulationKeySize768); err != nil {
				return nil, err
			}
			if h.remoteKEM, err = mlkem.NewEncapsulationKey768(field); err != nil {
				return nil, fmt.Errorf("%w: not an ML-KEM-768 encapsulation key", ErrMalformed)
			}
		case tokenEKEM1:
			if field, message, err = h.open(message, mlkem.CiphertextSize768); err != nil {
				return nil, err
			}
			// A ciphertext made for another key gives a random secret, not an error (FIPS 203, section 6.3): the
			// next authenticated field then fails.
			shared, err := h.kem.Decapsulate(field)
			if err != nil {
				return nil, fmt.Errorf("%w: not an ML-KEM-768 ciphertext", ErrMalformed)
			}
			h.mixKey(shared)
		case tokenS:
			if field, message, err = h.open(message, PublicKeySize); err != nil {
				return nil, err
			}
			if h.remoteStatic, err = publicKey(field); err != nil {
				return nil, err
			}
		default:
			if err = h.mixDH(t); err != nil {
				return nil, err
			}
		}
	}
	if len(message) < h.sealedLen(0) {
		return nil, errShort
	}
	return h.decryptAndHash(message)
}

var errShort = fmt.Errorf("%w: too short", ErrMalformed)

func cut(message []byte, n int) (field, rest []byte, err error) {
	if len(message) < n {
		return nil, nil, errShort
	}
	return message[:n], message[n:], nil
}

// open cuts and decrypts a field of n plaintext bytes.
func (h *Handshake) open(message []byte, n int) (field, rest []byte, err error) {
	sealed, rest, err := cut(message, h.sealedLen(n))
	if err != nil {
		return nil, nil, err
	}
	field, err = h.decryptAndHash(sealed)
	return field, rest, err
}

func publicKey(raw []byte) (*ecdh.PublicKey, error) {
	key, err := ecdh.X25519().NewPublicKey(raw)
	if err != nil {
		return nil, fmt.Errorf("%w: not an X25519 key", ErrMalformed)
	}
	return key, nil
}

func (h *Handshake) mixDH(t token) error {
	own, remote := h.ephemeral, h.remoteEphemeral
	switch {
	case t == tokenES && h.initiator, t == tokenSE && !h.initiator:
		remote = h.remoteStatic
	case t == tokenES, t == tokenSE:
		own = h.static
	}
	if own == nil || remote == nil {
		return errors.New("noise: pattern uses a key before it is known")
	}
	secret, err := own.ECDH(remote)
	if err != nil {
		return ErrLowOrder // for two X25519 keys the all-zero result is the only error
	}
	h.mixKey(secret)
	return nil
}
