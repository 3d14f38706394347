package bench

import (
	"context"
	"time"
)

// reopenWaitMax bounds the time between two attempts to open a connection that was cut.
const reopenWaitMax = time.Second

// reopen opens a connection again that was cut, as an app does, and sends again what had no answer, with the same keys: the bank
// answers what it has decided, and nothing is paid twice. False where the run ends first.
func (c *client) reopen() bool {
	r := c.run
	for attempt := 0; ; attempt++ {
		wait(r.alive, min(retryWait<<min(attempt, 8), reopenWaitMax))
		if r.alive.Err() != nil {
			return false
		}
		r.reopening <- struct{}{}
		fresh, err := r.openClient(r.alive, c.index, c.listens)
		<-r.reopening
		if err == nil {
			return c.resume(fresh)
		}
	}
}

// resume takes over the socket of a fresh client, and goes on.
func (c *client) resume(fresh *client) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left {
		fresh.leave()
		return false
	}
	c.socket, c.gone, c.sentAt = fresh.socket, false, fresh.sentAt
	c.life++
	c.events += fresh.events
	c.resumeTracks(fresh.tracks)
	if c.watches() {
		c.run.fan.found()
	}
	c.frame = c.frame[:0]
	for i := range c.slots {
		if s := &c.slots[i]; s.busy {
			s.waits = false
			c.frame = s.append(c.frame, uint64(i)+1)
		}
	}
	c.flush()
	c.fill()
	return true
}

// openClient opens a connection, subscribed where it listens, and counts it. Nobody reads from it yet.
func (r *run) openClient(ctx context.Context, i int, listens bool) (*client, error) {
	c := &client{run: r, user: r.user(i), index: i, shard: r.shard(i), listens: listens}
	c.tracker.faults = &r.faults
	took, err := c.open(ctx)
	if err == nil && listens {
		if err = c.subscribe(); err != nil {
			c.socket.cut()
		}
	}
	c.shard.mu.Lock()
	c.count(took, err)
	c.shard.mu.Unlock()
	if err != nil {
		r.refusals.add(err)
		return nil, err
	}
	r.ever.Add(1)
	r.opened.Add(1)
	_ = c.socket.conn.SetDeadline(time.Time{}) // an error shows when it is used
	if !r.money {
		c.tracks = nil
	}
	c.socket.rest()
	return c, nil
}
