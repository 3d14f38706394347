package caudal

import (
	"errors"
	"fmt"
	"time"

	"caudal/protocol"
)

// Bounds of what hello may say about the life of a connection.
const (
	heartbeatDefault = 30 * time.Second
	heartbeatMin     = 10 * time.Millisecond
	idleDefault      = 90 * time.Second
	idleMin          = 25 * time.Millisecond
	lifeMax          = time.Hour
	// inFlightMax bounds what a server can make a client keep; no server that is worth it has more.
	inFlightMax = 1 << 14
)

// errSilent is a connection on which the bank's heartbeat has stopped.
var errSilent = errors.New("nothing came from the bank for too long")

func lifetime(ms uint32, otherwise, least time.Duration) time.Duration {
	if ms == 0 {
		return otherwise
	}
	return min(max(time.Duration(ms)*time.Millisecond, least), lifeMax)
}

// silence is how long the bank may say nothing: two and a half heartbeats.
func (l *link) silence() time.Duration { return l.heartbeat*2 + l.heartbeat/2 }

// quiet is after how long without a command a ping is sent: twice before the bank would hang up.
func (l *link) quiet() time.Duration { return l.idle * 2 / 5 }

// live starts the pulse: pings where there is nothing to say, and the end where nothing is heard.
func (l *link) live(hello *protocol.HelloResult) {
	l.heartbeat = lifetime(hello.GetHeartbeatMs(), heartbeatDefault, heartbeatMin)
	l.idle = lifetime(hello.GetIdleTimeoutMs(), idleDefault, idleMin)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inFlight = int(min(max(hello.GetCommandsInFlightMax(), 1), inFlightMax))
	if l.err == nil {
		l.pulse = time.AfterFunc(min(l.silence(), l.quiet()), l.beat)
	}
}

// beat runs whenever one of the two bounds may have been reached.
func (l *link) beat() {
	now := time.Since(l.born)
	silent := now - time.Duration(l.heardAt.Load())
	quiet := now - time.Duration(l.sentAt.Load())
	if silent >= l.silence() {
		l.lost(fmt.Errorf("%w: %v", errSilent, silent.Round(time.Millisecond)))
		return
	}
	next := l.silence() - silent
	if quiet >= l.quiet() {
		ping := &call{
			command: &protocol.Command{Request: &protocol.Command_Ping{Ping: &protocol.PingRequest{}}},
			done:    make(chan result, 1),
		}
		if err := l.enqueue(ping); err != nil && !errors.Is(err, ErrTooManyCalls) {
			return // it has ended
		}
		quiet = 0
	}
	next = min(next, l.quiet()-quiet)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.pulse.Reset(next)
	}
}
