package caudal

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"caudal/protocol"
)

// Key is an idempotency key: a UUIDv7 (RFC 9562, section 5.7) that stands for one thing that a person means to do. The
// same order with the same key is carried out once, however often it is sent.
type Key [protocol.IdempotencyKeyBytes]byte

// ParseKey reads a UUID of version 7. Every error is [ErrKey].
func ParseKey(text string) (Key, error) {
	id, err := uuid.Parse(text)
	if err != nil || len(text) != 36 || id.Version() != 7 || id.Variant() != uuid.RFC4122 {
		return Key{}, ErrKey
	}
	return Key(id), nil
}

// String is the usual 36 characters.
func (k Key) String() string { return uuid.UUID(k).String() }

// Time is when the key was made, by the bank's clock, to the millisecond.
func (k Key) Time() time.Time {
	var ms [8]byte
	copy(ms[2:], k[:6])
	return time.UnixMilli(int64(binary.BigEndian.Uint64(ms[:]))).UTC()
}

// IsZero reports no key: the SDK makes one then.
func (k Key) IsZero() bool { return k == Key{} }

// MarshalText is String, for JSON.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText is [ParseKey].
func (k *Key) UnmarshalText(text []byte) error {
	parsed, err := ParseKey(string(text))
	if err == nil {
		*k = parsed
	}
	return err
}

var _ fmt.Stringer = Key{}

// mint makes keys that grow: a millisecond of the bank's clock, a counter of 12 bits that starts anywhere below half in
// each new millisecond (RFC 9562, section 6.2, method 1), and 62 random bits.
type mint struct {
	mu      sync.Mutex
	last    int64 // ms
	counter uint16
}

const (
	counterMax = 1<<12 - 1
	// mintAheadMax is how far keys may run ahead of the clock to keep growing: far below the ten minutes that a bank
	// tolerates, so that a clock that is set back costs the order of a few keys, never a refusal.
	mintAheadMax = int64(time.Minute / time.Millisecond)
)

func (m *mint) key(now time.Time) Key {
	var random [10]byte
	rand.Read(random[:]) // never fails
	ms, counter := m.tick(now.UnixMilli(), binary.BigEndian.Uint16(random[8:])&(counterMax>>1))

	var k Key
	var stamp [8]byte
	binary.BigEndian.PutUint64(stamp[:], uint64(ms))
	copy(k[:6], stamp[2:])
	binary.BigEndian.PutUint16(k[6:], 7<<12|counter)
	copy(k[8:], random[:8])
	k[8] = k[8]&0x3f | 0x80
	return k
}

// tick returns the millisecond and counter of the next key, both together greater than any before.
func (m *mint) tick(ms int64, start uint16) (int64, uint16) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case ms > m.last || m.last-ms > mintAheadMax:
		m.last, m.counter = ms, start
	case m.counter == counterMax:
		m.last, m.counter = m.last+1, start
	default:
		m.counter++
	}
	return m.last, m.counter
}
