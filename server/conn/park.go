package conn

import "time"

// parkAfter is how long a connection must have been silent before its goroutine ends, until there is something to read again.
// Going and coming are some system calls and a stack that grows anew, which a client that is talking should not cost each time.
const parkAfter = time.Second

// lotOf is the server's lot, opened for the first connection that parks; nil where there is none.
func (s *Server) lotOf() *lot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.lotOpened {
		s.lotOpened = true
		var err error
		if s.lot, err = openLot(); err != nil {
			s.config.Log.Warn("quiet connections keep their goroutines", "error", err)
		}
	}
	return s.lot
}

// closeLot is called when the last connection has left.
func (s *Server) closeLot() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lotOpened = true; s.lot != nil {
		s.lot.close()
	}
}

// park has the connection wait without a goroutine, and reports whether it does: then the caller, which is the read
// goroutine, is to end without touching it any more.
func (c *Conn) park() bool {
	lot := c.server.lotOf()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != stateOpen || lot == nil || !lot.park(c, c.socket.raw) {
		return false
	}
	c.parked = true
	return true
}

// wake gives a parked connection a goroutine again: there is something to read.
func (c *Conn) wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unpark()
}

// unpark is called with mu held, also where the connection ends: what has to be done then is the goroutine's.
func (c *Conn) unpark() {
	if !c.parked {
		return
	}
	c.parked = false
	c.server.lot.leave(c)
	go c.read(false)
}
