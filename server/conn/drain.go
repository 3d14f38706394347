package conn

import (
	"context"
	"errors"
	"fmt"
	"time"

	"caudal/protocol"
)

// Drain ends the server. No request is let in any more; every client is told to come back, gets its commands in flight
// answered and new ones refused with CODE_DRAINING, and then a close record. Drain returns when the last connection has
// left and its Closed has returned; when ctx ends first, what is left is cut, and the error is ctx's. It is called once.
func (s *Server) Drain(ctx context.Context) error {
	empty := s.gate.drain()
	notice, err := Encode(&protocol.Event{Kind: &protocol.Event_Draining{
		Draining: &protocol.DrainingEvent{ComeBackWithinMs: uint32(s.config.Times.ComeBack.Milliseconds())},
	}})
	if err != nil {
		return err
	}
	for _, c := range s.endRegister() {
		c.drain(Event{Encoded: notice})
	}
	select {
	case <-empty:
	case <-ctx.Done():
		err = fmt.Errorf("conn: %d connections were cut: %w", s.cutAll(), ctx.Err())
		select {
		case <-empty:
		case <-time.After(cutGrace):
		}
	}
	close(s.stop)
	<-s.swept
	s.closeLot()
	return err
}

// cutGrace is how long Drain waits for the goroutines of connections that were cut: they have nothing to wait for, unless
// the handler blocks.
const cutGrace = 5 * time.Second

// errDrainEnded: the connection had not ended when the drain's time had.
var errDrainEnded = errors.New("conn: cut at the end of the drain")

// cutAll ends every connection at once, whatever it is doing.
func (s *Server) cutAll() int {
	for _, c := range s.all(nil) {
		c.abort(errDrainEnded)
	}
	return s.gate.cutAll()
}

// endRegister takes no connection any more, and gives those that there are.
func (s *Server) endRegister() []*Conn {
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
	return s.all(nil)
}

// drain tells the client, and closes the connection when nothing is in flight.
func (c *Conn) drain(notice Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.event(notice)
	c.draining = true
	c.drained()
	c.room.Broadcast()
}

// drained closes a connection that drains, once all that was read of it is answered or refused; called with mu held.
func (c *Conn) drained() {
	if c.draining && c.ahead == 0 && c.inFlight == 0 {
		c.beginClose(protocol.CloseDraining)
	}
}
