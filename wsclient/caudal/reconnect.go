package caudal

import (
	"errors"
	"time"

	"caudal/certs"
	"caudal/protocol"
)

// supervise lives as long as the Conn does: it waits for the link's end and makes the next one.
func (c *Conn) supervise(l *link) {
	defer close(c.ended)
	attempt := 0
	for {
		select {
		case <-l.dead:
		case <-c.life.Done():
			c.finish(ErrClosed)
			l.hangUp(protocol.CloseBye, ErrClosed)
			<-l.reading
			return
		}
		cause := l.cause()
		if c.config.Once || forGood(cause) {
			c.finish(cause)
			<-l.reading
			return
		}
		if time.Since(l.born) >= stableAfter {
			attempt = 0
		}
		c.log.Info("connection lost", "cause", cause)
		next, err := c.again(cause, &attempt)
		if err != nil {
			c.finish(err)
			return
		}
		l = next
		c.log.Info("connected again", "bank", l.bank.Server)
	}
}

// again connects until it succeeds, with full jitter between attempts; the error is the Conn's end.
func (c *Conn) again(cause error, attempt *int) (*link, error) {
	c.mu.Lock()
	wait := jitter(reconnectBase, reconnectMax, *attempt)
	if c.comeBack > 0 { // as the drain notice said
		wait = jitter(c.comeBack, c.comeBack, 0)
	}
	c.mu.Unlock()
	for {
		*attempt++
		c.down(cause, wait)
		if pause(c.life, wait) != nil {
			return nil, ErrClosed
		}
		l, err := c.connect(c.life)
		switch {
		case err == nil && c.publish(l):
			return l, nil
		case err == nil:
			err = errMissed
			l.hangUp(protocol.CloseBye, err)
		case c.life.Err() != nil:
			return nil, ErrClosed
		case forGood(err):
			return nil, err
		}
		c.log.Info("no connection", "cause", err, "attempt", *attempt)
		cause = err
		wait = jitter(reconnectBase, reconnectMax, *attempt)
		if refused, ok := errors.AsType[*RefusedError](err); ok {
			wait += min(refused.After, comeBackMax)
		}
		if refused, ok := errors.AsType[*Error](err); ok {
			wait += min(refused.After, comeBackMax)
		}
	}
}

// forGood reports an end after which connecting again would not help, or would not be right. What can be said by
// somebody on the way, such as a WebSocket close code, never is one.
func forGood(err error) bool {
	if closed, ok := errors.AsType[*ClosedError](err); ok {
		return !closed.Code.Reconnect()
	}
	if refused, ok := errors.AsType[*Error](err); ok { // of the sign-in
		switch refused.Code {
		case protocol.Code_CODE_INTERNAL:
			return false
		case protocol.Code_CODE_TOO_MANY: // of this user's connections: those that were lost count until the bank notices
			return false
		}
		return !refused.Retryable
	}
	return errors.Is(err, ErrProtocol) || errors.Is(err, ErrDevice) || errors.Is(err, certs.ErrIdentityChanged) ||
		errors.Is(err, certs.ErrUnknownIdentity) || errors.Is(err, certs.ErrMalformedPin)
}

// drain takes the bank's notice: the link ends what is in flight, new calls wait for the next one.
func (c *Conn) drain(l *link, within time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current != l || c.config.Once {
		return
	}
	drained := &ClosedError{Code: protocol.CloseDraining}
	c.comeBack = min(max(within, reconnectBase), comeBackMax)
	c.link, c.outage = nil, drained
	c.notify()
	leave := func() { go l.hangUp(protocol.CloseBye, drained) }
	time.AfterFunc(drainPatience, leave)
	go l.whenIdle(leave)
}
