package caudal

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// pipeListener is a network in memory.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	// wrap, where set, stands between client and server.
	wrap func(net.Conn) net.Conn
	// refuse, where set, is the network's answer to a dial.
	refuse func() error
}

func newPipeListener() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) dial(ctx context.Context) (net.Conn, error) {
	if l.refuse != nil {
		if err := l.refuse(); err != nil {
			return nil, err
		}
	}
	client, server := memoryPipe()
	if l.wrap != nil {
		client = l.wrap(client)
	}
	select {
	case l.conns <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8443} }

// socketBuffer is what a real socket takes before a write waits.
const socketBuffer = 256 << 10

// memoryPipe is a connection with buffers, as sockets have them and net.Pipe has not.
func memoryPipe() (here, there net.Conn) {
	a, b := newStream(), newStream()
	return &memoryConn{in: a, out: b}, &memoryConn{in: b, out: a}
}

type memoryConn struct{ in, out *stream }

func (c *memoryConn) Read(p []byte) (int, error)  { return c.in.read(p) }
func (c *memoryConn) Write(p []byte) (int, error) { return c.out.write(p) }
func (c *memoryConn) LocalAddr() net.Addr {
	return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 8443}
}
func (c *memoryConn) RemoteAddr() net.Addr              { return c.LocalAddr() }
func (c *memoryConn) SetReadDeadline(t time.Time) error { c.in.deadline(t); return nil }
func (c *memoryConn) SetWriteDeadline(time.Time) error  { return nil }
func (c *memoryConn) SetDeadline(t time.Time) error     { return c.SetReadDeadline(t) }

// Close lets the other side read what was written.
func (c *memoryConn) Close() error {
	c.out.close(false)
	c.in.close(true)
	return nil
}

// stream is one direction.
type stream struct {
	mu            sync.Mutex
	change        *sync.Cond
	queue         []byte
	closed, ended bool
	late          time.Time
	timer         *time.Timer
}

func newStream() *stream {
	s := &stream{}
	s.change = sync.NewCond(&s.mu)
	return s
}

func (s *stream) write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.queue) > socketBuffer && !s.closed {
		s.change.Wait()
	}
	if s.closed {
		return 0, net.ErrClosed
	}
	s.queue = append(s.queue, p...)
	s.change.Broadcast()
	return len(p), nil
}

func (s *stream) read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.ended:
			return 0, net.ErrClosed
		case !s.late.IsZero() && !time.Now().Before(s.late):
			return 0, os.ErrDeadlineExceeded
		case len(s.queue) > 0:
			n := copy(p, s.queue)
			s.queue = s.queue[n:]
			s.change.Broadcast()
			return n, nil
		case s.closed:
			return 0, io.EOF
		}
		s.change.Wait()
	}
}

func (s *stream) deadline(t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = t
	if s.timer != nil {
		s.timer.Stop()
	}
	if !t.IsZero() {
		s.timer = time.AfterFunc(time.Until(t), s.change.Broadcast)
	}
	s.change.Broadcast()
}

func (s *stream) close(discard bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if discard {
		s.ended, s.queue = true, nil
	}
	s.change.Broadcast()
}
