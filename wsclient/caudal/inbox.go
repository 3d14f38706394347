package caudal

import (
	"context"
	"sync"
	"time"

	"caudal/protocol"
)

// inboxMax bounds the events that wait for the loop which follows them: what a busy account gets in a few seconds. They
// take about a megabyte from an honest bank, and 60 from one that makes each as long as a record. Beyond it all are
// dropped, and the loop asks for what it misses when it is due.
const inboxMax = 1024

// leaving is how long an unsubscribe may take that nobody waits for.
const leaving = 5 * time.Second

// inbox holds events between the goroutine that reads the socket, which never waits, and the loop that follows them.
type inbox struct {
	wake chan struct{} // there may be something new

	mu    sync.Mutex
	items []item
	lost  bool // more came than there is room for; what came is void
}

type item struct {
	link  *link
	event *protocol.Event
}

func newInbox() *inbox { return &inbox{wake: make(chan struct{}, 1)} }

func (b *inbox) signal() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func (b *inbox) push(l *link, e *protocol.Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.lost:
		return
	case len(b.items) == inboxMax:
		b.items, b.lost = nil, true
	default:
		b.items = append(b.items, item{link: l, event: e})
	}
	b.signal()
}

// take empties the inbox.
func (b *inbox) take() (items []item, lost bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	items, b.items = b.items, nil
	return items, b.lost
}

// reset forgets what came so far: what is asked for next will say it better.
func (b *inbox) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.items, b.lost = nil, false
}

// event takes what the bank says without being asked. It runs on the reading goroutine of the link.
func (c *Conn) event(l *link, e *protocol.Event) error {
	switch kind := e.GetKind().(type) {
	case *protocol.Event_Heartbeat:
		return c.clock.heard(kind.Heartbeat.GetTimeUs(), time.Now())
	case *protocol.Event_Draining:
		c.drain(l, millis(kind.Draining.GetComeBackWithinMs()))
	}
	c.mu.Lock()
	box := c.inbox
	c.mu.Unlock()
	if box != nil {
		box.push(l, e)
	}
	return nil
}

// attach makes room for the events of one loop.
func (c *Conn) attach(ctx context.Context) (*inbox, error) {
	c.mu.Lock()
	if c.inbox != nil {
		c.mu.Unlock()
		return nil, ErrFollowed
	}
	box := newInbox()
	c.inbox = box
	unsubscribed := c.unsubscribed
	c.mu.Unlock()
	if unsubscribed == nil {
		return box, nil
	}
	select { // or it would end the new subscription
	case <-unsubscribed:
		return box, nil
	case <-ctx.Done():
		c.detach(nil)
		return nil, context.Cause(ctx)
	}
}

// detach ends the subscription, without waiting for it.
func (c *Conn) detach(l *link) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inbox = nil
	if l == nil || l != c.current {
		return
	}
	done := make(chan struct{})
	c.unsubscribed = done
	go func() {
		defer close(done)
		ctx, cancel := context.WithTimeout(context.Background(), leaving)
		defer cancel()
		_, _, _ = l.roundTrip(ctx, &protocol.Command{Request: &protocol.Command_Unsubscribe{Unsubscribe: &protocol.UnsubscribeRequest{}}})
	}()
}
