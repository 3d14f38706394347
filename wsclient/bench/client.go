package bench

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	"caudal/protocol"
)

// client is one connection of a run: a socket, what is in flight on it, and what it has heard of the money.
//
// Its goroutine reads, takes all that has come, and answers with the next commands in one record. Whoever else sends
// holds mu.
type client struct {
	run   *run
	user  *User
	index int
	shard *shard

	mu      sync.Mutex
	socket  *socket
	slots   []slot
	free    []uint16 // slots without a command
	due     []int64  // open model: when commands were due that wait for a slot, from dueHead on
	dueHead int
	frame   []byte    // being written
	sentAt  int64     // the last frame
	gone    bool      // there is no socket now
	left    bool      // and there will be none
	life    uint32    // how often the socket was opened again
	asked   time.Time // hello
	listens bool      // is subscribed
	keys    keyMint
	random  *rand.Rand
	from    []payer // accounts to pay from
	tracker
	acknowledged uint64 // transfers

	settled chan struct{} // closed when everything has been heard, once settling
}

// slot is a command in flight; its id is the slot's place and one.
type slot struct {
	op     operation
	busy   bool
	waits  bool  // to be sent again, since the bank had no room
	sentAt int64 // run's nanoseconds: first written
	dueAt  int64 // open model
	order  order
}

type operation uint8

const (
	opNone operation = iota
	opPingBank
	opTransfer
	opHistory
)

// Ids of commands without a slot, beyond all slots.
const (
	helloID uint64 = 1<<20 + iota
	resumeID
	subscribeID
	standingID
	keepAliveID
)

const (
	// bankInFlight is how many commands a frame may have, and so what is useful in flight at once.
	bankInFlight = protocol.CommandsPerFrame
	// busyWait is how long a command waits that the bank had no room for, where the bank does not say.
	busyWait = 100 * time.Millisecond
)

// signIn greets and signs in on a fresh socket, in one frame.
func (c *client) signIn() error {
	message := protocol.ResumeMessage(c.run.config.Identity, c.socket.channel.Hash(), c.user.DeviceID)
	c.asked = time.Now()
	err := c.say(&protocol.Command{Id: helloID, Request: &protocol.Command_Hello{
		Hello: &protocol.HelloRequest{Client: program, Version: protocol.Version},
	}}, &protocol.Command{Id: resumeID, Request: &protocol.Command_Resume{
		Resume: &protocol.ResumeRequest{DeviceId: c.user.DeviceID, Signature: ed25519.Sign(c.user.Key, message)},
	}})
	if err != nil {
		return &openError{"sign_in", err}
	}
	return c.await(resumeID)
}

// subscribe makes the connection live, and begins to follow the user's accounts.
func (c *client) subscribe() error {
	if err := c.say(&protocol.Command{Id: subscribeID, Request: &protocol.Command_Subscribe{Subscribe: &protocol.SubscribeRequest{}}}); err != nil {
		return &openError{"subscribe", err}
	}
	return c.await(subscribeID)
}

// say sends commands that are not worth writing by hand.
func (c *client) say(commands ...*protocol.Command) error {
	body, err := proto.Marshal(&protocol.ClientFrame{Commands: commands})
	if err != nil {
		return err
	}
	c.sentAt = c.run.now()
	return c.socket.send(body)
}

// await reads until the reply to id, before the client's goroutine does. The rest of its frame is taken as always.
func (c *client) await(id uint64) error {
	for {
		body, err := c.socket.receive()
		if err != nil {
			return &openError{ending(err), err}
		}
		c.shard.mu.Lock()
		answer, err := c.take(body, c.run.now(), id)
		c.shard.mu.Unlock()
		if err != nil {
			return &openError{ending(err), err}
		}
		if answer != nil {
			if why := answer.GetError(); why != nil {
				return &openError{why.GetCode().Name(), refusal{why.GetCode().Name(), why.GetMessage()}}
			}
			return nil
		}
	}
}

// take takes a frame of the bank's. It returns the reply to id, where it is among them.
func (c *client) take(body []byte, now int64, id uint64) (answer *protocol.Reply, err error) {
	var outer, inner field
	for len(body) > 0 {
		if body, err = outer.next(body); err != nil {
			return nil, err
		}
		if outer.number != messagesField {
			continue
		}
		for message := outer.bytes; len(message) > 0; {
			if message, err = inner.next(message); err != nil {
				return nil, err
			}
			switch inner.number {
			case messageReply:
				var r reply
				if err := r.read(inner.bytes); err != nil {
					return nil, err
				}
				if r.id <= uint64(len(c.slots)) && r.id > 0 {
					c.answered(&r, now)
					continue
				}
				full := new(protocol.Reply)
				if err := proto.Unmarshal(r.raw, full); err != nil {
					return nil, err
				}
				if err := c.told(full); err != nil {
					return nil, err
				}
				if r.id == id {
					answer = full
				}
			case messageEvent:
				if err := c.event(inner.bytes, now); err != nil {
					return nil, err
				}
			}
		}
	}
	return answer, nil
}

// told takes a reply to a command without a slot.
func (c *client) told(full *protocol.Reply) error {
	switch full.GetId() {
	case helloID: // a refusal is seen in the sign-in's
		if hello := full.GetHello(); hello != nil {
			c.run.greeted(hello, c.asked, time.Now())
		}
	case subscribeID:
		if result := full.GetSubscribe(); result != nil {
			return c.begin(result)
		}
	case keepAliveID:
		if c.run.config.Scenario == Idle {
			c.shard.time(kindService, time.Duration(c.run.now()-c.sentAt))
		}
	case standingID:
		for _, account := range full.GetListAccounts().GetAccounts() {
			c.aim(account)
		}
		if refusal := full.GetError(); refusal != nil {
			c.faults.add("the bank does not say where accounts stand: %s", refusal.GetMessage())
		}
		c.checkSettled()
	}
	return nil
}

// event takes an event. Only balances are of interest.
func (c *client) event(raw []byte, now int64) error {
	var f field
	var err error
	for len(raw) > 0 {
		if raw, err = f.next(raw); err != nil {
			return err
		}
		switch f.number {
		case eventBalance:
			var m movement
			if err := m.read(f.bytes); err != nil {
				return err
			}
			if c.tracks == nil {
				continue // this connection is only held
			}
			gap := c.superseded
			c.saw(&m)
			if m.leg && m.amountMinor > 0 {
				c.run.heard(c, &m, now, 1+c.superseded-gap)
			}
			if c.settled != nil {
				c.checkSettled()
			}
		case eventDraining:
			c.shard.fail("draining")
		}
	}
	return nil
}

// answered takes the reply to a slot's command; shard is held.
func (c *client) answered(r *reply, now int64) {
	s := &c.slots[r.id-1]
	if !s.busy || s.waits {
		c.faults.add("a command was answered that was not in flight")
		return
	}
	switch r.code {
	case protocol.Code_CODE_UNSPECIFIED:
		if c.run.config.Scenario != Watch { // which counts events
			c.shard.operations++
		}
		c.shard.time(kindService, time.Duration(now-s.sentAt))
		if s.dueAt != 0 {
			c.shard.time(kindResponse, time.Duration(now-s.dueAt))
		}
		if s.op == opTransfer {
			c.acknowledged++
			c.run.payees.settled(&s.order)
			if account, err := accountNumber(s.order.from); err == nil {
				c.paid(account, &r.receipt, s.order.amountMinor)
			}
		}
	case protocol.Code_CODE_BUSY, protocol.Code_CODE_OUTCOME_UNKNOWN:
		c.shard.fail(r.code.Name())
		wait := busyWait
		if r.retryAfter > 0 {
			wait = time.Duration(min(r.retryAfter, uint32(time.Minute/time.Millisecond))) * time.Millisecond
		}
		s.waits = true
		id, life := r.id, c.life
		time.AfterFunc(wait, func() { c.again(id, life) })
		return
	default:
		c.shard.fail(r.code.Name())
	}
	s.busy = false
	c.free = append(c.free, uint16(r.id-1))
}

// again sends a slot's command once more, as it was: with its key, so that nothing is paid twice.
func (c *client) again(id uint64, life uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone || c.life != life {
		return
	}
	c.slots[id-1].waits = false
	c.frame = c.slots[id-1].append(c.frame[:0], id)
	c.flush()
}

// append writes the command into a frame.
func (s *slot) append(frame []byte, id uint64) []byte {
	switch s.op {
	case opTransfer:
		return s.order.appendTransfer(frame, id)
	case opHistory:
		return appendHistory(frame, id, s.order.from, historyLegs)
	default:
		return appendPing(frame, id)
	}
}

// fill puts commands into free slots and sends them in one record: as many as there are slots in the closed model, those
// that are due in the open one. mu is held.
func (c *client) fill() {
	if len(c.free) == 0 || c.gone || !c.run.issuing.Load() {
		return
	}
	c.frame = c.frame[:0]
	now := c.run.now()
	open := c.run.open
	for len(c.free) > 0 {
		if open && c.dueHead == len(c.due) {
			c.due, c.dueHead = c.due[:0], 0
			break
		}
		place := c.free[len(c.free)-1]
		s := &c.slots[place]
		s.dueAt = 0
		if !c.run.compose(c, s) {
			break
		}
		if open {
			s.dueAt = c.due[c.dueHead]
			c.dueHead++
		}
		c.free = c.free[:len(c.free)-1]
		s.busy, s.sentAt = true, now
		c.frame = s.append(c.frame, uint64(place)+1)
	}
	c.flush()
}

// flush sends the frame. mu is held. What goes wrong shows where the client reads.
func (c *client) flush() {
	if len(c.frame) == 0 {
		return
	}
	c.sentAt = c.run.now()
	if err := c.socket.send(c.frame); err != nil {
		c.socket.cut()
	}
}

// serve reads, and opens the connection again where it is cut, until this tester ends it.
func (c *client) serve() {
	for c.end(c.listen()) && c.reopen() {
	}
}

// listen reads until the connection ends.
func (c *client) listen() error {
	for {
		message, err := c.socket.message()
		if err == nil {
			err = c.chunk(message)
		}
		if err != nil {
			return err
		}
	}
}

// chunk takes a message and all that came with it, then sends what is next.
func (c *client) chunk(message []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.takeAll(message, c.run.now()); err != nil {
		return err
	}
	c.fill()
	return nil
}

func (c *client) takeAll(message []byte, now int64) error {
	c.shard.mu.Lock()
	defer c.shard.mu.Unlock()
	for message != nil {
		body, err := c.socket.open(message)
		if err != nil {
			return err
		}
		if _, err := c.take(body, now, 0); err != nil {
			return err
		}
		if message, err = c.socket.buffered(); err != nil {
			return err
		}
	}
	return nil
}

// end counts the end of a connection; false where this tester ended it.
func (c *client) end(err error) bool {
	c.socket.cut()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left {
		return false
	}
	c.gone = true
	if c.settled != nil {
		c.checkSettled()
	}
	c.shard.mu.Lock()
	defer c.shard.mu.Unlock()
	c.shard.fail(ending(err))
	if c.watches() {
		c.run.fan.lost()
	}
	c.run.lost.Add(1)
	c.run.opened.Add(-1)
	return true
}

// watches reports that the client is one of those on which a payment is heard that somebody else makes.
func (c *client) watches() bool {
	return c.run.config.Scenario == Watch && c.index < c.run.config.Conns
}

// ending is by what name the end of a connection is counted.
func ending(err error) string {
	var closed *closedError
	switch {
	case errors.As(err, &closed):
		return fmt.Sprintf("closed_%d", closed.code)
	case errors.Is(err, errWire), errors.Is(err, errFrame), errors.Is(err, errFragmented):
		return "malformed"
	case errors.Is(err, io.EOF):
		return "cut"
	case errors.Is(err, context.DeadlineExceeded):
		return "timeout"
	}
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		return "timeout"
	}
	return "cut"
}

// settle asks where the accounts stand, and closes settled once everything up to there has been heard.
func (c *client) settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settled = make(chan struct{})
	if c.gone || len(c.tracks) == 0 {
		close(c.settled)
		return
	}
	for i := range c.tracks {
		c.tracks[i].target = ^uint64(0) // until the bank says
	}
	if err := c.say(&protocol.Command{Id: standingID, Request: &protocol.Command_ListAccounts{ListAccounts: &protocol.ListAccountsRequest{}}}); err != nil {
		c.socket.cut()
	}
}

// checkSettled is called with mu held.
func (c *client) checkSettled() {
	if !c.gone && c.missing() > 0 {
		return
	}
	select {
	case <-c.settled:
	default:
		close(c.settled)
	}
}

// leave ends the connection by this side.
func (c *client) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left = true
	if c.gone {
		return
	}
	c.gone = true
	c.run.opened.Add(-1)
	c.socket.bye()
}

// keepAlive pings where nothing was sent for so long: a bank ends quiet connections.
func (c *client) keepAlive(quiet time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone || time.Duration(c.run.now()-c.sentAt) < quiet {
		return
	}
	c.frame = appendPing(c.frame[:0], keepAliveID)
	c.flush()
	if len(c.slots) == 0 { // nothing else will be sent for a while
		c.frame, c.socket.out = nil, nil
	}
}

// pending reports that commands wait for an answer, or that the connection is being opened again.
func (c *client) pending() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gone && !c.left || len(c.slots) > len(c.free)
}
