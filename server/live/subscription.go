package live

import (
	"bytes"

	"caudal/protocol"
	"caudal/server/conn"
)

// heldBytesMax bounds what is held back for one connection while its subscribe reply is made: some thousand events. Beyond
// it superseded ones are left out, as for a slow reader.
const heldBytesMax = 256 << 10

// notice is an event on its way. Version 0 is never a double.
type notice struct {
	event   conn.Event
	account int64
	version uint64
}

// Subscription is a connection's wish for events. It begins by holding them back, so that the state of the accounts can be
// read and sent first: subscribe first, read after, drop what is doubled.
type Subscription struct {
	hub       *Hub
	session   *session // nil once another has taken its place, or nobody wants events any more
	held      []notice
	heldBytes int
	live      bool
	// floor has the versions that the subscribe reply told. An entry goes when a newer event passes: from then on the
	// ledger's order keeps older ones away.
	floor map[int64]uint64
}

// Subscribe begins to collect the events for a connection, in place of an earlier subscription of it. They are held back
// until Release. It returns nil for a connection that is not signed in, or has gone.
func (h *Hub) Subscribe(c Connection) *Subscription {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.sessions[c]
	if s == nil {
		return nil
	}
	h.unsubscribe(s)
	s.subscription = &Subscription{hub: h, session: s}
	h.users[s.user].subscribed++
	return s.subscription
}

// Unsubscribe ends a connection's subscription; there need not be one.
func (h *Hub) Unsubscribe(c Connection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.sessions[c]; s != nil {
		h.unsubscribe(s)
	}
}

// unsubscribe is called with mu held.
func (h *Hub) unsubscribe(s *session) {
	if s.subscription != nil {
		s.subscription.session = nil
		s.subscription.held = nil
		s.subscription = nil
		h.users[s.user].subscribed--
	}
}

// Release lets events through, those that were held back first. versions are what the subscribe reply, which must be queued
// already, told of each account: events up to them are doubles. A subscription that has ended is not released, and a second
// Release does nothing.
func (s *Subscription) Release(versions map[int64]uint64) {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if s.session == nil || s.live {
		return
	}
	s.live, s.floor = true, versions
	held := s.held
	s.held, s.heldBytes = nil, 0
	for _, n := range held {
		s.session.deliver(n)
	}
}

// deliver sends a notice; called with the hub's mu held.
func (s *session) deliver(n notice) {
	if s.passes(n) {
		s.connection.Event(n.event)
	}
}

// gather is deliver as part of a burst; called on the publisher's goroutine with the hub's mu held.
func (h *Hub) gather(s *session, n notice) {
	if s.passes(n) && s.connection.GatherEvent(n.event) {
		h.burst = append(h.burst, s.connection)
	}
}

// passes tells whether a notice is to be sent now.
func (s *session) passes(n notice) bool {
	sub := s.subscription
	switch {
	case sub == nil:
		return false
	case !sub.live:
		sub.hold(n)
		return false
	}
	return !sub.doubled(n)
}

func (s *Subscription) doubled(n notice) bool {
	if n.version == 0 || len(s.floor) == 0 {
		return false
	}
	floor, ok := s.floor[n.account]
	if ok && n.version > floor {
		delete(s.floor, n.account)
	}
	return ok && n.version <= floor
}

func (s *Subscription) hold(n notice) {
	n.event.Encoded = bytes.Clone(n.event.Encoded) // the hub encodes the next one there
	s.held = append(s.held, n)
	if s.heldBytes += len(n.event.Encoded); s.heldBytes <= heldBytesMax {
		return
	}
	if s.coalesce(); s.heldBytes > heldBytesMax {
		s.session.connection.Close(protocol.CloseSlowReader)
		s.hub.unsubscribe(s.session)
	}
}

// coalesce leaves out the events that a newer one of the same account supersedes.
func (s *Subscription) coalesce() {
	newest := map[int64]uint64{}
	for _, n := range s.held {
		newest[n.event.Account] = max(newest[n.event.Account], n.event.Version)
	}
	kept := s.held[:0]
	s.heldBytes = 0
	for _, n := range s.held {
		if n.event.Account == 0 || n.event.Version == newest[n.event.Account] {
			kept = append(kept, n)
			s.heldBytes += len(n.event.Encoded)
		}
	}
	clear(s.held[len(kept):])
	s.held = kept
}
