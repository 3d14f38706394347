package bench

import (
	"context"
	"sync/atomic"
)

// fan counts deliveries where one holder watches on many connections. In the closed model the next payment waits until the
// ones before have been heard everywhere: a flood would only measure queues.
type fan struct {
	watchers  atomic.Uint64
	paid      atomic.Uint64 // payments sent
	delivered atomic.Uint64 // legs heard, over all connections
	wake      chan struct{} // everybody may have heard
}

func (f *fan) init() {
	f.wake = make(chan struct{}, 1)
}

// heard counts what one connection has heard.
func (f *fan) heard(legs uint64) {
	if n := f.delivered.Add(legs); n%max(f.watchers.Load(), 1) >= legs {
		return
	}
	f.signal()
}

func (f *fan) signal() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// lost begins the count anew without a watcher that is gone, found with one that is back.
func (f *fan) lost()  { f.anew(^uint64(0)) }
func (f *fan) found() { f.anew(1) }

func (f *fan) anew(more uint64) {
	f.watchers.Add(more)
	f.paid.Store(0)
	f.delivered.Store(0)
	f.signal()
}

// behind is how many payments somebody has not heard of.
func (f *fan) behind() uint64 {
	return f.paid.Load() - min(f.delivered.Load()/max(f.watchers.Load(), 1), f.paid.Load())
}

// drive has whoever pays send more whenever everybody has heard.
func (f *fan) drive(ctx context.Context, clients []*client) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-f.wake:
		}
		for _, c := range clients {
			if len(c.slots) > 0 {
				c.mu.Lock()
				c.fill()
				c.mu.Unlock()
			}
		}
	}
}

// watched has one holder pay the one who watches.
func (r *run) watched(c *client, s *slot) bool {
	if !r.open && r.fan.behind() >= uint64(r.config.InFlight) {
		return false
	}
	r.fan.paid.Add(1)
	c.pay(s, c.from[0], r.payees.accounts[0], 1) // one payer has to last
	return true
}

// Of ten connections in mix, mixSenders send; of their commands one in mixHistory asks for a page of history, as a dashboard
// does when somebody looks, and the others pay.
const (
	mixConns   = 10
	mixSenders = 4
	mixHistory = 4
)

func sends(c *client) bool { return c.index%mixConns < mixSenders }

// mixed has a client do what people do who do not only watch.
func mixed(c *client, s *slot) bool {
	if c.random.IntN(mixHistory) > 0 {
		return transfer(c, s)
	}
	s.op = opHistory
	s.order.from = c.from[0].clabe
	return true
}
