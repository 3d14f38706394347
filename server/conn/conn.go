package conn

import (
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"caudal/cipher"
	"caudal/protocol"
)

// Conn is one client's connection, with a standing channel. Its methods may be called from any goroutine, and none of them
// waits for the client.
type Conn struct {
	server  *Server
	id      string
	client  netip.Addr
	place   *place
	ws      *websocket.Conn
	socket  *socket
	channel *cipher.Channel
	opened  int64 // on the server's clock, as the two below

	heard    atomic.Int64 // when the last command came
	sent     atomic.Int64 // when the last record went
	signedIn atomic.Bool
	attached atomic.Pointer[any]

	mu       sync.Mutex
	room     sync.Cond // on mu: a command was answered, bytes were written, or the state changed
	state    state
	code     protocol.CloseCode // why it closes; 0 where nobody said
	why      error              // what failed, if something did
	draining bool               // no new commands
	ahead    int                // commands of the frame that was read last, neither begun nor refused yet
	inFlight int                // commands begun and not yet answered
	queue    *batch             // messages that wait; nil when there are none
	writing  int                // bytes that the flush has taken and not yet written
	flushing bool               // there is a flush goroutine
	handling bool               // the read goroutine is among the commands of a frame, and flushes what they leave
	parked   bool               // there is no read goroutine
	parkedAt int32              // the lot's name for it
	gathered bool               // a Flush is to come
}

// state of a connection; it only grows.
type state uint8

const (
	stateOpen    state = iota
	stateClosing       // nothing more is queued; what is queued is written, then the close record
	stateClosed        // nothing is written any more
)

func newConn(s *Server, a *admission, ws *websocket.Conn, sock *socket, channel *cipher.Channel) *Conn {
	c := &Conn{
		server: s, id: a.id, client: a.client, place: a.place, ws: ws, socket: sock, channel: channel, opened: s.now(),
	}
	c.room.L = &c.mu
	c.heard.Store(c.opened)
	c.sent.Store(c.opened)
	return c
}

// ID names the connection in logs. It says nothing about the client, and is not secret.
func (c *Conn) ID() string { return c.id }

// Hash is the channel's name, to which device signatures are bound.
func (c *Conn) Hash() [32]byte { return c.channel.Hash() }

// Client is the address that the client connected from, as far as trusted proxies tell it.
func (c *Conn) Client() netip.Addr { return c.client }

// Log writes the connection's id on every line.
func (c *Conn) Log() *slog.Logger { return c.server.logger(c.id) }

// SignedIn says that the client has proven who it is: it may stay now.
func (c *Conn) SignedIn() { c.signedIn.Store(true) }

// Attach keeps a value with the connection; Attached returns it, nil before.
func (c *Conn) Attach(value any) { c.attached.Store(&value) }

// Attached returns what Attach was given.
func (c *Conn) Attached() any {
	if value := c.attached.Load(); value != nil {
		return *value
	}
	return nil
}

// Reply answers a command and gives its place among those in flight back. It is sent, unless the connection ends first.
func (c *Conn) Reply(reply *protocol.Reply) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answered() {
		c.reply(reply)
		c.drained()
	}
}

// GatherReply is Reply for one that is encoded, as BeginReply makes it, and part of a burst: it waits for the Flush, so that
// what is said at once goes out in one record. It reports whether the caller now owes a Flush, which it owes once a burst.
func (c *Conn) GatherReply(encoded []byte) (owed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.answered() {
		return false
	}
	owed = c.queueReply(encoded) && c.gather()
	c.drained()
	return owed
}

// answered takes a command from those in flight; called with mu held.
func (c *Conn) answered() bool {
	if c.inFlight == 0 {
		c.Log().Error("a command was answered twice")
		c.beginClose(protocol.CloseInternal)
		return false
	}
	c.inFlight--
	c.room.Broadcast()
	return true
}

// Event sends an event. Where events wait for a slow reader beyond the bound, those that a newer one of the same account
// supersedes are left out; if that is not enough, the connection is closed with CloseSlowReader.
func (c *Conn) Event(event Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.event(event)
}

// GatherEvent is Event for a part of a burst; see GatherReply.
func (c *Conn) GatherEvent(event Event) (owed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queueEvent(event) && c.gather()
}

// Flush sends what was gathered.
func (c *Conn) Flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gathered = false
	if c.state == stateOpen && c.queue != nil {
		c.wakeFlush()
	}
}

// Close ends the connection: what is queued is sent, then the close record, then the WebSocket's close frame with the same
// code, then the socket is closed. The first code given counts.
func (c *Conn) Close(code protocol.CloseCode) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.beginClose(code)
}

// beginClose is called with mu held.
func (c *Conn) beginClose(code protocol.CloseCode) {
	if c.state != stateOpen {
		return
	}
	c.state, c.code = stateClosing, code
	c.unpark()
	c.wakeFlush()
	c.room.Broadcast()
}

// age is how long the channel has stood.
func (c *Conn) age() time.Duration { return time.Duration(c.server.now() - c.opened) }
