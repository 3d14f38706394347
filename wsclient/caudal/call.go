package caudal

import (
	"context"
	"errors"
	"fmt"

	"caudal/protocol"
)

// repetition says whether a command may be sent again when its answer was cut off.
type repetition bool

const (
	repeatable repetition = true  // it changes nothing, or the same way each time
	single     repetition = false // once is all
)

// answer is a reply that is a result, and the key of the order that it answers.
type answer struct {
	*protocol.Reply
	key Key
}

// ask sends a command that may be repeated, over as many connections as it takes until ctx ends.
func (c *Conn) ask(ctx context.Context, command *protocol.Command) (*protocol.Reply, error) {
	return c.invoke(ctx, repeatable, func(*link) (*protocol.Command, error) { return again(command), nil })
}

// askOnce sends a command at most once.
func (c *Conn) askOnce(ctx context.Context, command *protocol.Command) (*protocol.Reply, error) {
	return c.invoke(ctx, single, func(*link) (*protocol.Command, error) { return again(command), nil })
}

// again copies the command for one more attempt: each has an id of its own, and the one before may still be written.
func again(command *protocol.Command) *protocol.Command {
	return &protocol.Command{IdempotencyKey: command.IdempotencyKey, Request: command.Request}
}

// invoke waits for a link, sends what build makes for it, and waits for the result.
func (c *Conn) invoke(ctx context.Context, repeat repetition, build func(*link) (*protocol.Command, error)) (*protocol.Reply, error) {
	for attempt := 0; ; attempt++ {
		l, err := c.ready(ctx)
		if err != nil {
			return nil, err
		}
		command, err := build(l)
		if err != nil {
			return nil, err
		}
		reply, sent, err := l.roundTrip(ctx, command)
		switch {
		case err == nil && reply.GetError() == nil:
			return reply, nil
		case err == nil:
			refused := refusal(reply.GetError())
			if refused.Code != protocol.Code_CODE_DRAINING { // which says that it was not looked at
				return nil, refused
			}
			if err := pause(ctx, repeatDelay(attempt, refused.After)); err != nil {
				return nil, fmt.Errorf("%w: %w", err, refused)
			}
		case !linkEnded(l) || forGood(err):
			return nil, err
		case sent && repeat == single:
			return nil, disconnected(err)
		}
	}
}

// order sends a command that an idempotency key makes safe to repeat, until the bank has decided.
func (c *Conn) order(ctx context.Context, key Key, command *protocol.Command) (*answer, error) {
	open := !key.IsZero() // it may have been carried out: always, where the key has been used before
	if key.IsZero() {
		key = c.NewKey()
	}
	command.IdempotencyKey = key[:]
	unknown := func(cause error) error {
		if open {
			return &OutcomeUnknownError{Key: key, Cause: cause}
		}
		return cause
	}
	for attempt := 0; ; attempt++ {
		l, err := c.ready(ctx)
		if err != nil {
			return nil, unknown(err)
		}
		reply, sent, err := l.roundTrip(ctx, again(command))
		if err != nil {
			open = open || sent
			if !linkEnded(l) || forGood(err) {
				return nil, unknown(err)
			}
			continue
		}
		if reply.GetError() == nil {
			return &answer{Reply: reply, key: key}, nil
		}
		refused := refusal(reply.GetError())
		switch {
		case decides(refused.Code) && !(open && refused.Code == protocol.Code_CODE_PERMISSION_DENIED):
			return nil, refused // but a role may have been taken away since an attempt that was carried out
		case refused.Code == protocol.Code_CODE_OUTCOME_UNKNOWN:
			open = true
		case refused.Code == protocol.Code_CODE_BUSY, refused.Code == protocol.Code_CODE_DRAINING:
		case !open || !refused.Retryable:
			return nil, unknown(refused)
		}
		if err := pause(ctx, repeatDelay(attempt, refused.After)); err != nil {
			return nil, unknown(fmt.Errorf("%w: %w", err, refused))
		}
	}
}

// decides reports a refusal that settles the order: it is bound to the key, or would be the same for ever. Every other
// says nothing about an attempt before it, not even that it failed.
func decides(code protocol.Code) bool {
	switch code {
	case protocol.Code_CODE_INVALID_ARGUMENT, protocol.Code_CODE_PERMISSION_DENIED, protocol.Code_CODE_NOT_FOUND,
		protocol.Code_CODE_INSUFFICIENT_FUNDS, protocol.Code_CODE_ACCOUNT_FROZEN, protocol.Code_CODE_CURRENCY_MISMATCH,
		protocol.Code_CODE_SAME_ACCOUNT, protocol.Code_CODE_INVALID_AMOUNT, protocol.Code_CODE_BALANCE_OVERFLOW,
		protocol.Code_CODE_LIMIT_EXCEEDED, protocol.Code_CODE_KEY_REUSED, protocol.Code_CODE_KEY_STALE, protocol.Code_CODE_TOO_MANY:
		return true
	}
	return false
}

// linkEnded tells the end of the link from the end of the caller's context.
func linkEnded(l *link) bool {
	select {
	case <-l.dead:
		return true
	default:
		return false
	}
}

func disconnected(err error) error {
	if errors.Is(err, ErrDisconnected) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrDisconnected, err)
}

// signIn sends what build makes and, where it is answered, remembers the device for the connections to come.
func (c *Conn) signIn(ctx context.Context, device *Device, repeat repetition, build func(*link) (*protocol.Command, error)) (*User, error) {
	var last *link
	reply, err := c.invoke(ctx, repeat, func(l *link) (*protocol.Command, error) {
		last = l
		return build(l)
	})
	if err != nil {
		return nil, err
	}
	user, err := signedIn(reply)
	if err != nil {
		return nil, c.broken(err)
	}
	device.ID = user.Device.ID
	c.mu.Lock()
	defer c.mu.Unlock()
	c.device, c.user, last.device = device, user, device
	if c.current != last && c.current != nil {
		// The link that has signed in is gone, and the next one does not know: the one after it will.
		go c.current.hangUp(protocol.CloseBye, errMissed)
	}
	signed := *user
	return &signed, nil
}

// errMissed ends a link that was made while a sign-in was answered on the one before.
var errMissed = fmt.Errorf("%w: it was not signed in", ErrDisconnected)

// signedIn reads the answer to a sign-in.
func signedIn(reply *protocol.Reply) (*User, error) {
	if e := reply.GetError(); e != nil {
		return nil, refusal(e)
	}
	result, ok := reply.GetResult().(*protocol.Reply_SignedIn)
	if !ok {
		return nil, violation("a sign-in is answered by something else")
	}
	return userOf(result.SignedIn)
}
