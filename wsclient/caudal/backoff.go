package caudal

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	// After a connection is lost, the next attempt comes after a random time below min(reconnectMax, reconnectBase *
	// 2^attempt): full jitter, so that all the clients of a bank that restarts do not come at once.
	reconnectBase = 500 * time.Millisecond
	reconnectMax  = 20 * time.Second
	// stableAfter is how long a connection must have lasted for the next loss to count as the first: a server that
	// accepts and then fails is not hammered.
	stableAfter = 10 * time.Second
	// drainPatience is how long a draining server may take to answer what is in flight: twice what the bank's own server
	// gives itself. New calls wait meanwhile.
	drainPatience = 30 * time.Second
	// comeBackMax bounds how long a server can send a client away for.
	comeBackMax = 5 * time.Minute

	// An order that the bank could not decide is repeated on the same connection likewise.
	repeatBase = 50 * time.Millisecond
	repeatMax  = 5 * time.Second
	// repeatAfterMax bounds what the bank can ask to wait before a repetition.
	repeatAfterMax = time.Minute
)

// jitter is a random time below min(most, base * 2^attempt).
func jitter(base, most time.Duration, attempt int) time.Duration {
	window := most
	if attempt < 16 { // 2^16 bases are beyond every maximum here
		window = min(most, base<<attempt)
	}
	return rand.N(window)
}

// repeatDelay is how long to wait before an order is sent again, at least as long as the bank asked for.
func repeatDelay(attempt int, after time.Duration) time.Duration {
	return min(after, repeatAfterMax) + jitter(repeatBase, repeatMax, attempt)
}

// pause waits; the error is the context's.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func millis(ms uint32) time.Duration { return time.Duration(ms) * time.Millisecond }
