package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds of a password in characters, after normalisation to Unicode's form C.
const (
	MinRunes = 12
	MaxRunes = 256
)

// maxBytes bounds what is looked at before normalisation: 256 characters of four bytes, each decomposed into four.
const maxBytes = MaxRunes * utf8.UTFMax * 4

// queuePerCore is how many wait for a core by default: at 20 ms each, more would wait longer than a person does.
const queuePerCore = 50

var (
	// ErrRules means that a new password is too short, too long, or not valid UTF-8.
	ErrRules = fmt.Errorf("password: it has %d to %d characters", MinRunes, MaxRunes)
	// ErrMismatch means that the password is wrong, or that there is no such user.
	ErrMismatch = errors.New("password: it is wrong")
	// ErrBusy means that as many wait as may wait; nothing was computed.
	ErrBusy = errors.New("password: too many are being checked")
)

// Config bounds the work. The zero value is good.
type Config struct {
	Params     Params    // of new hashes; default DefaultParams
	Concurrent int       // at a time, each with Params.MemoryKiB; default one a core
	Queue      int       // waiting, beyond which ErrBusy; default 50 a core
	Rand       io.Reader // salts; default crypto/rand. Must be safe for concurrent use.
}

// Hasher hashes and checks. It is safe for concurrent use.
type Hasher struct {
	params  Params
	random  io.Reader
	nobody  hashed // stands for the hash of a user who does not exist
	slots   chan struct{}
	present atomic.Int64 // running and waiting
	bound   int64
}

// New makes a Hasher. Parameters out of bounds are an error.
func New(cfg Config) (*Hasher, error) {
	if cfg.Params == (Params{}) {
		cfg.Params = DefaultParams
	}
	if !cfg.Params.valid() {
		return nil, errors.New("password: parameters out of bounds")
	}
	if cfg.Concurrent <= 0 {
		cfg.Concurrent = runtime.GOMAXPROCS(0)
	}
	if cfg.Queue <= 0 {
		cfg.Queue = queuePerCore * runtime.GOMAXPROCS(0)
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	h := &Hasher{
		params: cfg.Params,
		random: cfg.Rand,
		nobody: hashed{params: cfg.Params, salt: make([]byte, saltSize), tag: make([]byte, tagSize)},
		slots:  make(chan struct{}, cfg.Concurrent),
		bound:  int64(cfg.Concurrent + cfg.Queue),
	}
	if _, err := io.ReadFull(h.random, h.nobody.salt); err != nil {
		return nil, fmt.Errorf("password: random bytes: %w", err)
	}
	return h, nil
}

// Hash returns the PHC string of a new password. Errors: ErrRules, ErrBusy, or ctx's.
func (h *Hasher) Hash(ctx context.Context, password string) (phc string, err error) {
	normal, ok := normalize(password)
	if n := utf8.RuneCountInString(normal); !ok || n < MinRunes || n > MaxRunes {
		return "", ErrRules
	}
	made := hashed{params: h.params, salt: make([]byte, saltSize)}
	if _, err := io.ReadFull(h.random, made.salt); err != nil {
		return "", fmt.Errorf("password: random bytes: %w", err)
	}
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	made.tag = made.params.tag(normal, made.salt, tagSize)
	return made.String(), nil
}

// Verify returns nil if password is the one that phc was made of. For a user who does not exist, give it an empty phc: the
// cost is the same, and the answer ErrMismatch. Errors: ErrMismatch, ErrMalformed, ErrBusy, or ctx's.
func (h *Hasher) Verify(ctx context.Context, phc, password string) error {
	stored, exists := h.nobody, phc != ""
	if exists {
		var err error
		if stored, err = parse(phc); err != nil {
			return err
		}
	}
	normal, ok := normalize(password)
	if !ok { // no user has such a password, so that the short way tells nothing
		return ErrMismatch
	}
	leave, err := h.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	tag := stored.params.tag(normal, stored.salt, len(stored.tag))
	if subtle.ConstantTimeCompare(tag, stored.tag) != 1 || !exists {
		return ErrMismatch
	}
	return nil
}

// Outdated tells whether a stored hash was made with other parameters than new ones are, and should be made again the
// next time that the password is at hand.
func (h *Hasher) Outdated(phc string) bool {
	stored, err := parse(phc)
	return err != nil || stored.params != h.params || len(stored.tag) != tagSize || len(stored.salt) != saltSize
}

// enter waits for a core, in order of arrival, if there is room to wait.
func (h *Hasher) enter(ctx context.Context) (leave func(), err error) {
	if h.present.Add(1) > h.bound {
		h.present.Add(-1)
		return nil, ErrBusy
	}
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots; h.present.Add(-1) }, nil
	case <-ctx.Done():
		h.present.Add(-1)
		return nil, ctx.Err()
	}
}

// normalize returns the form C of a password, by which the same characters typed on different keyboards are the same
// password. It is not ok where no password can be that long, or where it is not UTF-8.
func normalize(password string) (normal string, ok bool) {
	if len(password) > maxBytes || !utf8.ValidString(password) {
		return "", false
	}
	return norm.NFC.String(password), true
}
