package conn

import (
	"hash/maphash"
	"time"

	"caudal/protocol"
)

// Heartbeats and ends by age are spread, so that connections which began together, after a restart, do not all wake at
// once: a heartbeat comes between 70 % and 90 % of its interval, an end by age between 90 % and 100 %.
const (
	heartbeatEarly, heartbeatSpread = 0.70, 0.20
	ageEarly, ageSpread             = 0.90, 0.10
)

// sweepsPerHeartbeat: how exactly all times are kept, as a part of the heartbeat's interval. With the spread, the latest
// heartbeat still comes within its interval.
const sweepsPerHeartbeat = 20

// sweepsPerForget: the gate's memory of addresses is bounded anyway, and looking through all of it holds up who comes in.
const sweepsPerForget = 16

// sweepInterval is at most a second, so that the shorter timeouts are kept too.
func (s *Server) sweepInterval() time.Duration {
	t := s.config.Times
	return max(min(t.Heartbeat/sweepsPerHeartbeat, t.SignIn/4, t.Idle/4, time.Second), time.Millisecond)
}

// sweep is the one timer for all connections.
func (s *Server) sweep() {
	defer close(s.swept)
	ticker := time.NewTicker(s.sweepInterval())
	defer ticker.Stop()
	var conns []*Conn
	for round := 0; ; round++ {
		select {
		case <-s.stop:
			return
		case <-ticker.C:
		}
		heartbeat, err := s.heartbeat()
		if err != nil {
			s.config.Log.Error("no heartbeat can be made", "error", err)
			continue
		}
		conns = s.all(conns[:0])
		now := s.now()
		for _, c := range conns {
			c.sweep(now, heartbeat)
		}
		clear(conns) // a connection that has ended is not to be kept
		if round%sweepsPerForget == 0 {
			s.gate.forget(time.Now())
		}
	}
}

// heartbeat is the event of this moment, for every connection that needs one.
func (s *Server) heartbeat() (Event, error) {
	encoded, err := Encode(&protocol.Event{Kind: &protocol.Event_Heartbeat{
		Heartbeat: &protocol.HeartbeatEvent{TimeUs: s.config.Now().UnixMicro()},
	}})
	return Event{Encoded: encoded}, err
}

// sweep looks at one connection's times. A connection with commands in flight is not idle, however long they take.
func (c *Conn) sweep(now int64, heartbeat Event) {
	times := &c.server.config.Times
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state != stateOpen {
		return
	}
	age, silence, quiet := now-c.opened, now-c.heard.Load(), now-c.sent.Load()
	switch spread := c.spread(); {
	case age > part(times.Age, ageEarly+ageSpread*spread):
		c.beginClose(protocol.CloseAge)
	case age > int64(times.SignIn) && !c.signedIn.Load():
		c.beginClose(protocol.CloseHandshakeTimeout)
	case silence > int64(times.Idle) && c.inFlight == 0:
		c.beginClose(protocol.CloseIdle)
	case quiet > part(times.Heartbeat, heartbeatEarly+heartbeatSpread*spread) && !c.flushing:
		c.event(heartbeat)
	}
	if silence > int64(parkAfter) && !c.parked {
		c.socket.rouse()
	}
}

func part(d time.Duration, f float64) int64 { return int64(float64(d) * f) }

// spread is this connection's number between 0 and 1.
func (c *Conn) spread() float64 {
	return float64(maphash.String(spreadSeed, c.id)>>11) / (1 << 53)
}

var spreadSeed = maphash.MakeSeed()
