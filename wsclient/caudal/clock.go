package caudal

import (
	"sync"
	"time"
)

// clock is the bank's clock as seen from here: idempotency keys are dated by it, so that a machine whose own clock is
// wrong can pay. It runs on the monotonic clock between what the bank says.
type clock struct {
	mu   sync.Mutex
	at   time.Time // here, when
	bank time.Time // the bank's clock showed this
}

const (
	// What the bank may say: RFC 9562's 48 bits of milliseconds reach further, but no bank is there.
	clockMin = 631152000_000000    // the year 1990, microseconds
	clockMax = 253402300799_000000 // the end of the year 9999, microseconds
	// heartbeatDrift is how far a heartbeat, whose way here takes an unknown time, must be off to be believed more than
	// the middle of a round trip.
	heartbeatDrift = 2 * time.Second
)

// now is the bank's time; this machine's where the bank has not said it.
func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.bank.IsZero() {
		return time.Now()
	}
	return c.bank.Add(time.Since(c.at))
}

// roundTrip takes what the bank said between two moments here.
func (c *clock) roundTrip(bankUs int64, asked, answered time.Time) error {
	if bankUs < clockMin || bankUs > clockMax {
		return violation("its clock shows %d", bankUs)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.bank = asked.Add(answered.Sub(asked)/2), time.UnixMicro(bankUs)
	return nil
}

// heard takes what the bank said some time before now.
func (c *clock) heard(bankUs int64, now time.Time) error {
	if bankUs < clockMin || bankUs > clockMax {
		return violation("its clock shows %d", bankUs)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	said := time.UnixMicro(bankUs)
	if off := said.Sub(c.bank.Add(now.Sub(c.at))); off > heartbeatDrift || off < -heartbeatDrift {
		c.at, c.bank = now, said
	}
	return nil
}
