package ledger

import (
	"fmt"
	"time"
)

// Key is an idempotency key: a UUIDv7 (RFC 9562, section 5.7), chosen by whoever gives the order, in the name of its actor.
type Key [16]byte

// valid tells whether the key has a UUIDv7's version and variant bits.
func (k Key) valid() bool { return k[6]>>4 == 7 && k[8]>>6 == 2 }

// timeUs returns when the key says that it was made: a UUIDv7 leads with milliseconds since the Unix epoch, 48 bits.
func (k Key) timeUs() int64 {
	ms := int64(k[0])<<40 | int64(k[1])<<32 | int64(k[2])<<24 | int64(k[3])<<16 | int64(k[4])<<8 | int64(k[5])
	return ms * 1000
}

// firstKeyAt returns what no key of that time, or of a later one, sorts before.
func firstKeyAt(us int64) (k Key) {
	ms := us / 1000
	for i := range 6 {
		k[i] = byte(ms >> (40 - 8*i))
	}
	return k
}

// String returns the key as a UUID is written.
func (k Key) String() string {
	return fmt.Sprintf("%x-%x-%x-%x-%x", k[0:4], k[4:6], k[6:8], k[8:10], k[10:16])
}

// How far a key that was never seen may be from the bank's clock. Past it the order is certainly not carried out, so
// that refusals need not be kept for ever: they are swept when they and their keys are twice as old.
const (
	keyAgeMax     = 24 * time.Hour
	keyAheadMax   = 10 * time.Minute
	refusalsStand = 48 * time.Hour
)

// ahead tells whether the key is from the future. It is the one stale key that the clock would make fresh, so the answer
// to it is bound like a refusal: who was told no may have paid with another key by then.
func (k Key) ahead(nowUs int64) bool { return k.timeUs() > nowUs+keyAheadMax.Microseconds() }

// fresh tells whether a key that was never seen may be decided at nowUs.
func (k Key) fresh(nowUs int64) bool {
	return k.timeUs() >= nowUs-keyAgeMax.Microseconds() && !k.ahead(nowUs)
}
