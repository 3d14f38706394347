package conn

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Sizes of a connection's reader and writer. With net/http's own, 4096 bytes each, a quiet connection costs 8 KB more.
const (
	// readerSize has room for a frame's header, of 14 bytes at most; what is longer than the buffer goes past it, from TLS's.
	readerSize = 64
	// writerSize has room for the longest control frame of a server's (RFC 6455, section 5.5), which is all that the library
	// writes: so each is one write.
	writerSize = 2 + 125
)

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
	h.socket = &socket{Conn: raw, raw: descriptor(raw), times: h.times, early: slices.Clone(read)}
	h.socket.awaited.L = &h.socket.mu
	h.socket.reader = bufio.NewReaderSize(h.socket, readerSize)
	return h.socket, bufio.NewReadWriter(h.socket.reader, bufio.NewWriterSize(h.socket, writerSize)), nil
}

// socket is a hijacked connection that keeps its own deadlines.
type socket struct {
	net.Conn
	times *Times
	early []byte          // read by net/http, not yet by us; the reader's
	raw   syscall.RawConn // below TLS; nil where the connection cannot park
	// reader is the library's. It is touched in await alone, before linger lets the library read by itself.
	reader *bufio.Reader

	writeBy   atomic.Int64 // deadline in force, Unix nanoseconds
	inMessage atomic.Bool  // a message's first byte has been read, its last has not

	mu       sync.Mutex
	readBy   time.Time // deadline in force
	lingerBy time.Time // no read deadline is later, once set
	awaiting bool      // in await
	roused   bool      // await is to return without a byte
	awaited  sync.Cond // on mu: await has returned
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

// await waits for the first byte of the next message. It reports whether rouse has ended the wait, and then there is none:
// what TLS holds is less than a record, so whoever waits for the socket misses nothing.
func (s *socket) await() (roused bool) {
	s.mu.Lock()
	if !s.lingerBy.IsZero() {
		s.mu.Unlock()
		return false // the library reads, to the end
	}
	s.awaiting = true
	s.mu.Unlock()
	_, err := s.reader.Peek(1) // another error comes again with the next read
	s.mu.Lock()
	defer s.mu.Unlock()
	s.awaiting = false
	if !s.roused {
		return false
	}
	s.roused = false
	s.setRead(time.Time{})
	s.awaited.Broadcast()
	return errors.Is(err, os.ErrDeadlineExceeded) && s.lingerBy.IsZero()
}

// rouse ends a wait for the next message, if there is one.
func (s *socket) rouse() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.raw != nil {
		s.rouseLocked()
	}
}

func (s *socket) rouseLocked() {
	if s.awaiting && !s.roused {
		s.roused = true
		_ = s.SetReadDeadline(longAgo) // an error means that the socket is closed, which ends the wait too
	}
}

var longAgo = time.Unix(1, 0)

// linger bounds all reading for good: the connection is closed, and waits for its peer to say the same. From here on the
// library reads, on whatever goroutine, so nobody may be in await any more.
func (s *socket) linger() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lingerBy = time.Now().Add(s.times.Linger)
	for s.awaiting {
		s.rouseLocked()
		s.awaited.Wait()
	}
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
