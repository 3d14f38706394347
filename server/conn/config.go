package conn

import (
	"crypto/ecdh"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"time"

	"caudal/protocol"
)

// Config says who may connect, how many, and how long things may take. Hosts and Keys are required; every number and
// duration that is zero gets its default.
type Config struct {
	// Hosts are the names by which clients may address the server.
	Hosts Hosts
	// Origins are the web origins whose pages may connect. A request without an Origin is not a browser's, and allowed.
	Origins Origins
	// TrustedProxies are networks whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// RefuseClassic refuses clients that offer the classic suite alone.
	RefuseClassic bool
	// Keys are the channel's static key and certificate.
	Keys Keys

	Limits Limits
	Times  Times

	// Now is the wall clock that heartbeats tell. Default time.Now.
	Now func() time.Time
	// Log gets one line for what an operator should know, with the connection's id on it, never what was said. Default:
	// nothing is logged.
	Log *slog.Logger
}

// Keys gives the key and certificate that the channel's handshake uses now; *certs.ChannelKeys is one. An error means that
// no channel can be offered, and requests are refused.
type Keys interface {
	Current() (static *ecdh.PrivateKey, certificate []byte, err error)
}

// Limits bound what clients can make the server hold and do.
type Limits struct {
	// Connections bounds all of them; default 20000, at some 20 KB each.
	Connections int
	// PerAddress bounds those of one client address (IPv6: one /64); default 256, an office behind one address.
	PerAddress int
	// Handshakes bounds the connections whose channel does not stand yet; default 1024. Where all are taken, the oldest
	// that has had its chance goes, so that sockets which say nothing do not keep others out.
	Handshakes int
	// PerSecond and Burst bound how fast one address may connect; default 20 and 200.
	PerSecond, Burst int
	// InFlight bounds the unanswered commands of a connection: past it the server stops reading. Default 64.
	InFlight int
	// QueueBytes bounds the events that wait for one connection. Past it superseded ones are left out, and then the
	// connection is closed. Default 64 KiB.
	QueueBytes int
}

// Times bound how long a client may keep the server waiting.
type Times struct {
	// Handshake: from the upgrade to a standing channel. Default 10 s.
	Handshake time.Duration
	// SignIn: from there to the call of SignedIn. Default 30 s.
	SignIn time.Duration
	// Idle closes a connection from which no command came; default 90 s.
	Idle time.Duration
	// Heartbeat: a connection hears from the server at least this often. Default 30 s, below the 60 s after which
	// middleboxes forget a socket.
	Heartbeat time.Duration
	// Message: from a message's first byte to its last. Default 20 s, a full record at 3 KB/s.
	Message time.Duration
	// Write bounds one write: a reader that takes nothing for this long is gone. Default 10 s.
	Write time.Duration
	// Linger is how long a closed connection waits for its peer's close, so that what was sent last is not lost to a TCP
	// reset. Default 2 s.
	Linger time.Duration
	// Age ends a connection, so that its keys live no longer: a rekey adds no fresh Diffie-Hellman. Default 24 h.
	Age time.Duration
	// ComeBack is the time over which clients spread when the server drains. Default 5 s.
	ComeBack time.Duration
}

// Handler gets what clients say. A panic in it ends the connection that it was called for, and no other.
type Handler interface {
	// Opened: the channel stands. Called on the connection's read goroutine, before any command.
	Opened(*Conn)
	// Command is called on the read goroutine, in order of arrival, and must not block. Each command is answered by
	// exactly one c.Reply, at once or later, from any goroutine.
	Command(*Conn, *protocol.Command)
	// Closed is called exactly once after Opened. Nothing can be sent any more.
	Closed(*Conn)
}

// withDefaults fills in what is zero and refuses what cannot work.
func (c Config) withDefaults() (Config, error) {
	if len(c.Hosts) == 0 {
		return c, errors.New("conn: no host names to be addressed by")
	}
	if c.Keys == nil {
		return c, errors.New("conn: no channel keys")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	l, t := &c.Limits, &c.Times
	for _, f := range []struct {
		value *int
		other int
		name  string
	}{
		{&l.Connections, 20000, "Connections"}, {&l.PerAddress, 256, "PerAddress"}, {&l.Handshakes, 1024, "Handshakes"},
		{&l.PerSecond, 20, "PerSecond"}, {&l.Burst, 200, "Burst"}, {&l.InFlight, 64, "InFlight"},
		{&l.QueueBytes, 64 << 10, "QueueBytes"},
	} {
		if *f.value < 0 {
			return c, fmt.Errorf("conn: limit %s is negative", f.name)
		}
		if *f.value == 0 {
			*f.value = f.other
		}
	}
	for _, f := range []struct {
		value *time.Duration
		other time.Duration
		name  string
	}{
		{&t.Handshake, 10 * time.Second, "Handshake"}, {&t.SignIn, 30 * time.Second, "SignIn"},
		{&t.Idle, 90 * time.Second, "Idle"}, {&t.Heartbeat, 30 * time.Second, "Heartbeat"},
		{&t.Message, 20 * time.Second, "Message"}, {&t.Write, 10 * time.Second, "Write"},
		{&t.Linger, 2 * time.Second, "Linger"}, {&t.Age, 24 * time.Hour, "Age"}, {&t.ComeBack, 5 * time.Second, "ComeBack"},
	} {
		if *f.value < 0 {
			return c, fmt.Errorf("conn: time %s is negative", f.name)
		}
		if *f.value == 0 {
			*f.value = f.other
		}
	}
	return c, nil
}

// handshakeWorkers is how many handshakes compute at once: more would only take turns.
func handshakeWorkers() int { return runtime.GOMAXPROCS(0) }
