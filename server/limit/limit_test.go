package limit

import (
	"testing"
	"time"
)

// clock is a clock that stands still until it is moved.
type clock struct{ t time.Time }

func (c *clock) now() time.Time          { return c.t }
func (c *clock) advance(d time.Duration) { c.t = c.t.Add(d) }

func newClock() *clock { return &clock{time.Unix(1_800_000_000, 0)} }

func TestABurstIsAllowedAndThenOneInAWhile(t *testing.T) {
	c := newClock()
	l := New[string](Rate{Burst: 3, Every: 10 * time.Second}, 10, c.now)
	for i := range 3 {
		if wait, ok := l.Take("ana"); !ok || wait != 0 {
			t.Fatalf("attempt %d: refused for %s", i+1, wait)
		}
	}
	if wait, ok := l.Take("ana"); ok || wait != 10*time.Second {
		t.Fatalf("the fourth: %v, wait %s", ok, wait)
	}
	c.advance(10*time.Second - 1)
	if _, ok := l.Take("ana"); ok {
		t.Fatal("allowed too early")
	}
	c.advance(1)
	if _, ok := l.Take("ana"); !ok {
		t.Fatal("refused after the wait that was announced")
	}
	if _, ok := l.Take("luis"); !ok {
		t.Fatal("another key pays for the first")
	}
	c.advance(time.Hour)
	for i := range 3 {
		if _, ok := l.Take("ana"); !ok {
			t.Fatalf("attempt %d after an hour: refused", i+1)
		}
	}
	if _, ok := l.Take("ana"); ok {
		t.Fatal("an hour earned more than the burst")
	}
}

func TestARefundGivesTheAttemptBack(t *testing.T) {
	l := New[int](Rate{Burst: 1, Every: time.Minute}, 10, newClock().now)
	for range 100 {
		if _, ok := l.Take(1); !ok {
			t.Fatal("refused although every attempt was given back")
		}
		l.Refund(1)
	}
	l.Refund(2) // of nothing: is no credit
	l.Refund(1)
	if _, ok := l.Take(1); !ok {
		t.Fatal("refused")
	}
}

func TestAChargeIsOwedEvenWithNothingLeft(t *testing.T) {
	c := newClock()
	l := New[int](Rate{Burst: 2, Every: time.Second}, 10, c.now)
	if l.Wait(1) != 0 {
		t.Fatal("an unknown key must wait")
	}
	for range 3 {
		l.Charge(1)
	}
	if got := l.Wait(1); got != 2*time.Second {
		t.Fatalf("after three of two: wait %s", got)
	}
	for range 1000 { // many at once are no way around the rate
		l.Charge(1)
	}
	if got := l.Wait(1); got != 1002*time.Second {
		t.Fatalf("after 1003 of two: wait %s", got)
	}
	c.advance(1002 * time.Second)
	if l.Wait(1) != 0 {
		t.Fatal("never free again")
	}
}

func TestMemoryIsBoundedAndTheOldestIsForgotten(t *testing.T) {
	l := New[int](Rate{Burst: 1, Every: time.Hour}, 100, newClock().now)
	for key := range 10_000 {
		l.Take(key)
		if _, ok := l.Take(0); key > 0 && ok {
			t.Fatal("a key that keeps trying was forgotten")
		}
	}
	if len(l.spent) != 100 || l.order.Len() != 100 {
		t.Fatalf("remembers %d keys", len(l.spent))
	}
}
