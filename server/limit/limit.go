// Package limit counts attempts in bounded memory: so many at once, then one in a while, for each key.
package limit

import (
	"container/list"
	"sync"
	"time"
)

// Rate is how much is allowed: Burst at once, and one more in each Every after that.
type Rate struct {
	Burst int
	Every time.Duration
}

// Limiter counts attempts by key with the generic cell rate algorithm: a key needs one instant, the moment at which all
// that it spent is earned back. Its methods may be called from any goroutine.
//
// It remembers at most as many keys as it was made for. Beyond that the key that was touched longest ago is forgotten, so
// whoever has very many keys (addresses) is bounded by a limiter over something that they have fewer of.
type Limiter[K comparable] struct {
	rate Rate
	most int
	now  func() time.Time

	mu    sync.Mutex
	spent map[K]*list.Element // of debt[K]
	order *list.List          // most recently touched first
}

type debt[K comparable] struct {
	key  K
	free time.Time // when all is earned back
}

// New returns a limiter that remembers at most most keys. now is the clock.
func New[K comparable](rate Rate, most int, now func() time.Time) *Limiter[K] {
	if rate.Burst < 1 || rate.Every <= 0 || most < 1 {
		panic("limit: nothing would be allowed")
	}
	return &Limiter[K]{rate: rate, most: most, now: now, spent: make(map[K]*list.Element), order: list.New()}
}

// Take spends one of key's attempts, if there is one left. If not, wait says when there will be.
func (l *Limiter[K]) Take(key K) (wait time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	d := l.touch(key, now)
	if wait := l.wait(d.free, now); wait > 0 {
		return wait, false
	}
	d.free = d.free.Add(l.rate.Every)
	return 0, true
}

// Charge spends one of key's attempts whether it has one left or not: for what is only known afterwards. All is owed: were it
// bounded, many at once would be a way around the rate. So the caller bounds how many are under way.
func (l *Limiter[K]) Charge(key K) {
	l.mu.Lock()
	defer l.mu.Unlock()
	d := l.touch(key, l.now())
	d.free = d.free.Add(l.rate.Every)
}

// Wait returns how long key has nothing left; 0 where it has something. It spends nothing.
func (l *Limiter[K]) Wait(key K) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	element, ok := l.spent[key]
	if !ok {
		return 0
	}
	return max(0, l.wait(element.Value.(*debt[K]).free, l.now()))
}

// Refund gives back an attempt that Take spent.
func (l *Limiter[K]) Refund(key K) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if element, ok := l.spent[key]; ok {
		d := element.Value.(*debt[K])
		d.free = d.free.Add(-l.rate.Every)
	}
}

// burst is the time in which a whole burst is earned.
func (l *Limiter[K]) burst() time.Duration { return time.Duration(l.rate.Burst) * l.rate.Every }

// wait returns how long it takes until one attempt is earned; not positive where there is one.
func (l *Limiter[K]) wait(free, now time.Time) time.Duration {
	return free.Sub(now) - l.burst() + l.rate.Every
}

// touch returns key's debt, brought up to now, and makes room for it.
func (l *Limiter[K]) touch(key K, now time.Time) *debt[K] {
	if element, ok := l.spent[key]; ok {
		l.order.MoveToFront(element)
		d := element.Value.(*debt[K])
		if d.free.Before(now) {
			d.free = now
		}
		return d
	}
	if len(l.spent) >= l.most {
		oldest := l.order.Back()
		delete(l.spent, oldest.Value.(*debt[K]).key)
		l.order.Remove(oldest)
	}
	d := &debt[K]{key: key, free: now}
	l.spent[key] = l.order.PushFront(d)
	return d
}
