package conn

import (
	"bufio"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// bufferSize of a connection's reader and writer. The common command fits; longer messages go past the buffers. With
// net/http's own, 4096 bytes each, a quiet connection costs 8 KB more.
const bufferSize = 512

// hijacker gives the WebSocket library a socket of ours with small buffers, in place of net/http's.
type hijacker struct {
	http.ResponseWriter
	times  *Times
	socket *socket // after Hijack
}

// Hijack is http.Hijacker's. What net/http has read already, beyond the request, belongs to the WebSocket: a client may
// send its first message without waiting for the answer.
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	raw, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	read, err := buffered.Reader.Peek(buffered.Reader.Buffered())
	if err != nil {
		_ = raw.Close()
		return nil, nil, err
	}
	h.socket = &socket{Conn: raw, times: h.times, early: slices.Clone(read)}
	return h.socket, bufio.NewReadWriter(
		bufio.NewReaderSize(h.socket, bufferSize),
		bufio.NewWriterSize(h.socket, bufferSize),
	), nil
}

// socket is a hijacked connection that keeps its own deadlines.
type socket struct {
	net.Conn
	times *Times
	early []byte // read by net/http, not yet by us; the reader's

	writeBy   atomic.Int64 // deadline in force, Unix nanoseconds
	inMessage atomic.Bool  // a message's first byte has been read, its last has not

	mu       sync.Mutex
	readBy   time.Time // deadline in force
	lingerBy time.Time // no read deadline is later, once set
}

// Read gives what came early first.
func (s *socket) Read(p []byte) (int, error) {
	if len(s.early) > 0 {
		n := copy(p, s.early)
		if s.early = s.early[n:]; len(s.early) == 0 {
			s.early = nil
		}
		return n, nil
	}
	if s.inMessage.Load() {
		s.messageDeadline()
	}
	return s.Conn.Read(p)
}

// Write has its deadline. Setting one costs as much as a seal, so it is moved only when half of it is used up: a write
// has between half of Times.Write and all of it.
func (s *socket) Write(p []byte) (int, error) {
	now := time.Now()
	if time.Duration(s.writeBy.Load()-now.UnixNano()) < s.times.Write/2 {
		by := now.Add(s.times.Write)
		if err := s.SetWriteDeadline(by); err != nil {
			return 0, err
		}
		s.writeBy.Store(by.UnixNano())
	}
	return s.Conn.Write(p)
}

// messageDeadline starts the clock of a message that did not come in one piece.
func (s *socket) messageDeadline() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.readBy.IsZero() {
		s.setRead(time.Now().Add(s.times.Message))
	}
}

// messageBegins and messageEnds go around the reading of one message.
func (s *socket) messageBegins() { s.inMessage.Store(true) }

func (s *socket) messageEnds() {
	s.inMessage.Store(false)
	s.readWithin(0)
}

// readWithin bounds what is read from now on; 0 is no bound.
func (s *socket) readWithin(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case d > 0:
		s.setRead(time.Now().Add(d))
	case !s.readBy.IsZero():
		s.setRead(time.Time{})
	}
}

// linger bounds all reading for good: the connection is closed, and waits for its peer to say the same.
func (s *socket) linger() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lingerBy = time.Now().Add(s.times.Linger)
	s.setRead(s.lingerBy)
}

// setRead is called with mu held. An error means that the socket is closed, as reading will tell.
func (s *socket) setRead(by time.Time) {
	if !s.lingerBy.IsZero() && (by.IsZero() || by.After(s.lingerBy)) {
		by = s.lingerBy
	}
	s.readBy = by
	_ = s.SetReadDeadline(by)
}

// cut closes the socket below TLS, without a word to the peer and without waiting for anything.
func (s *socket) cut() {
	if layered, ok := s.Conn.(interface{ NetConn() net.Conn }); ok {
		_ = layered.NetConn().Close()
		return
	}
	_ = s.Conn.Close()
}
