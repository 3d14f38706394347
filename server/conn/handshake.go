package conn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"time"

	"github.com/coder/websocket"

	"caudal/cipher"
	"caudal/protocol"
)

// errOverloaded: no processor came free for a handshake in its time.
var errOverloaded = errors.New("conn: handshakes wait too long")

// handshake makes the channel, on a goroutine of its own: the stack that ML-KEM needs goes with it, and the connection's
// begins afresh.
func (s *Server) handshake(a admission, ws *websocket.Conn, sock *socket) {
	defer func() {
		if r := recover(); r != nil {
			s.counts.panics.Add(1)
			s.logger(a.id).Error("panic in a handshake", "kind", fmt.Sprintf("%T", r), "stack", string(debug.Stack()))
			sock.cut()
			s.gate.leave(a.place)
		}
	}()
	by := time.Now().Add(s.config.Times.Handshake)
	sock.readWithin(s.config.Times.Handshake)
	channel, err := s.negotiate(&a, ws, sock, by)
	if err != nil {
		s.fail(&a, ws, sock, err)
		return
	}
	sock.readWithin(0)
	s.gate.shaken(a.place)
	c := newConn(s, &a, ws, sock, channel)
	if !s.register(c) {
		// The server began to drain meanwhile: the client is told in the proper way, and the handler never hears of it.
		c.Close(protocol.CloseDraining)
		c.endUnopened()
		return
	}
	s.counts.opened.Add(1)
	c.Log().Debug("connection opened", "client", c.client, "suite", a.suite.Subprotocol())
	go c.read(true)
}

// negotiate takes message 1 and answers with message 2.
func (s *Server) negotiate(a *admission, ws *websocket.Conn, sock *socket, by time.Time) (*cipher.Channel, error) {
	ws.SetReadLimit(cipher.MaxMessage + 1) // readMessage notices first, and says so in our own words
	message1, err := readMessage1(ws, a.suite)
	if err != nil {
		return nil, err
	}
	channel, message2, err := s.accept(a, message1, by)
	if err != nil {
		return nil, err
	}
	if _, err := sock.Write(append(appendFrameHeader(nil, len(message2)), message2...)); err != nil {
		return nil, err
	}
	return channel, nil
}

// readMessage1 reads one byte more than message 1 has, at most: strangers get no larger buffer.
func readMessage1(ws *websocket.Conn, suite cipher.Suite) ([]byte, error) {
	kind, reader, err := ws.Reader(context.Background())
	if err != nil {
		return nil, err
	}
	if kind != websocket.MessageBinary {
		return nil, fmt.Errorf("%w: %w", cipher.ErrMalformedHandshake, errNotBinary)
	}
	return io.ReadAll(io.LimitReader(reader, int64(suite.Message1Len())+1))
}

// accept computes the handshake when a processor is free for it.
func (s *Server) accept(a *admission, message1 []byte, by time.Time) (*cipher.Channel, []byte, error) {
	if len(message1) != a.suite.Message1Len() {
		return nil, nil, cipher.ErrMalformedHandshake
	}
	wait := time.NewTimer(time.Until(by))
	defer wait.Stop()
	select {
	case s.workers <- struct{}{}:
		defer func() { <-s.workers }()
	case <-wait.C:
		return nil, nil, errOverloaded
	}
	return cipher.Accept(cipher.ServerConfig{
		Suite: a.suite, Offered: a.offered, Static: a.static, Certificate: a.cert,
	}, message1)
}

// fail ends a connection whose channel never stood. There is no close record then, only the WebSocket's close frame.
func (s *Server) fail(a *admission, ws *websocket.Conn, sock *socket, err error) {
	defer s.gate.leave(a.place)
	s.gate.shaken(a.place)
	var timeout interface{ Timeout() bool }
	code := protocol.CloseCode(0)
	switch {
	case errors.Is(err, cipher.ErrConfig):
		s.logger(a.id).Error("the channel's handshake cannot be offered", "error", err)
		code = protocol.CloseInternal
	case errors.Is(err, cipher.ErrMalformedHandshake), errors.Is(err, cipher.ErrLowOrder):
		code = protocol.CloseHandshakeFailed
	case errors.Is(err, errOverloaded):
		code = protocol.CloseOverloaded
	case errors.As(err, &timeout) && timeout.Timeout():
		code = protocol.CloseHandshakeTimeout
	}
	s.logger(a.id).Debug("handshake failed", "client", a.client, "code", code, "error", err)
	s.counts.handshakesFailed.Add(1)
	s.counts.closed(code)
	if code != 0 {
		closeSocket(ws, sock, code)
	}
	sock.cut()
	_ = ws.CloseNow()
}

// endUnopened ends a connection that the handler was never told of.
func (c *Conn) endUnopened() {
	c.mu.Lock()
	for c.state != stateClosed || c.flushing {
		c.room.Wait()
	}
	c.mu.Unlock()
	_ = c.ws.CloseNow()
	c.server.counts.closed(protocol.CloseDraining)
	c.server.gate.leave(c.place)
}
