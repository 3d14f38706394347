package conn

import (
	"context"
	"time"
)

// pongInterval is how often a WebSocket ping is answered. Nobody who speaks Caudal needs one, since heartbeats are inside
// the channel; a flood of them shall not make the server write.
const pongInterval = time.Second

// pings answers a connection's WebSocket pings. It belongs to the read goroutine.
type pings struct{ last time.Time }

func newPings() *pings { return new(pings) }

func (p *pings) answer(context.Context, []byte) bool {
	now := time.Now()
	if now.Sub(p.last) < pongInterval {
		return false
	}
	p.last = now
	return true
}
