package conn

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/coder/websocket"

	"caudal/cipher"
	"caudal/protocol"
)

// wakeFlush has a goroutine flush the queue, if none does or will; called with mu held. There is at most one, so sealing and
// writing happen in one order.
func (c *Conn) wakeFlush() {
	if c.flushing || c.handling {
		return
	}
	c.flushing = true
	select {
	case c.server.flushes <- c:
	default:
		go c.server.flusher(c)
	}
}

// handle begins the commands of a frame, and handled ends them: what they were answered at once goes out in one record, from
// the read goroutine itself. To wake another for it costs more than all else that a short command does. A client that takes
// nothing holds its own reading up then, as long as a write may last.
func (c *Conn) handle(commands int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead, c.handling = commands, true
}

func (c *Conn) handled() {
	c.mu.Lock()
	c.handling = false
	mine := !c.flushing && (c.queue != nil || c.state == stateClosing)
	c.flushing = c.flushing || mine
	c.mu.Unlock()
	if mine {
		c.flush()
	}
}

// flushersKept is how many goroutines without anything to flush are kept for the next connection that has: their stacks have
// grown to what TLS needs, and growing one anew is a tenth of the work of a short record.
func flushersKept() int32 { return 2 * int32(runtime.GOMAXPROCS(0)) }

// flusher flushes one connection after another.
func (s *Server) flusher(c *Conn) {
	for {
		c.flush()
		if s.idle.Add(1) > flushersKept() {
			s.idle.Add(-1)
			return
		}
		select {
		case c = <-s.flushes:
			s.idle.Add(-1)
		case <-s.stop:
			return
		}
	}
}

// flush writes what waits until nothing does; and the close record, if the connection closes.
func (c *Conn) flush() {
	defer c.flushFailed()
	for {
		b, more := c.take()
		if !more {
			return
		}
		if b == nil {
			c.abort(c.finish())
			continue
		}
		if err := c.write(b); err != nil {
			c.abort(err)
		}
		b.free()
	}
}

// take gives the next batch; none and true when the close record is next; none and false when there is nothing to do. In
// the last case nobody flushes any more, for whoever looks under the lock: the next message has it done again.
func (c *Conn) take() (*batch, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writing = 0
	c.room.Broadcast()
	switch {
	case c.state != stateClosed && c.queue != nil:
		b := c.queue
		c.queue, c.writing = nil, len(b.wire)
		return b, true
	case c.state == stateClosing:
		return nil, true
	}
	c.flushing = false
	return nil, false
}

// flushFailed contains a panic of the flush.
func (c *Conn) flushFailed() {
	if r := recover(); r != nil {
		c.panicked("flush", r)
		c.abort(nil)
		c.take()
	}
}

// write sends a batch in as few records as it fits. A record's body is the messages' own bytes: that is what a repeated
// field is.
func (c *Conn) write(b *batch) error {
	begin, end := 0, 0
	for _, i := range b.items {
		if i.end-begin > cipher.MaxBody {
			if err := c.writeRecord(b.wire[begin:end]); err != nil {
				return err
			}
			begin = end
		}
		end = i.end
	}
	return c.writeRecord(b.wire[begin:end])
}

func (c *Conn) writeRecord(body []byte) error {
	buf := bufferFor(frameHeaderMax + cipher.SealedLen(len(body)))
	defer buf.free()
	message, err := c.channel.Seal(appendFrameHeader(buf.bytes[:0], cipher.SealedLen(len(body))), body)
	if err != nil {
		return err
	}
	return c.send(message)
}

// send writes one WebSocket frame in one call, so that it is one TLS record and one system call wherever it can be: the
// library would flush its small buffer first and write the rest behind it. Frames of the library's own, pongs and the
// closing, are single writes too, so none gets into another.
func (c *Conn) send(frame []byte) error {
	if _, err := c.socket.Write(frame); err != nil {
		return err
	}
	c.sent.Store(c.server.now())
	c.server.counts.recordsOut.Add(1)
	c.server.counts.bytesOut.Add(uint64(len(frame)))
	return nil
}

// appendFrameHeader appends the header of a binary message in one frame, not masked (RFC 6455, section 5.2).
func appendFrameHeader(dst []byte, payload int) []byte {
	const finalBinary = 0x82
	switch {
	case payload < 126:
		return append(dst, finalBinary, byte(payload))
	case payload < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, finalBinary, 126), uint16(payload))
	default:
		return binary.BigEndian.AppendUint64(append(dst, finalBinary, 127), uint64(payload))
	}
}

// finish sends the close record and the close frame, waits a little for the peer's, and closes the socket. Both waits are
// bounded by the socket's deadlines.
func (c *Conn) finish() error {
	c.mu.Lock()
	code := c.code
	c.mu.Unlock()
	buf := bufferFor(frameHeaderMax + cipher.SealedLen(closeBodyLen))
	defer buf.free()
	record, err := c.channel.SealClose(appendFrameHeader(buf.bytes[:0], cipher.SealedLen(closeBodyLen)), uint16(code))
	if err != nil {
		return err
	}
	if err := c.send(record); err != nil {
		return err
	}
	closeSocket(c.ws, c.socket, code)
	return nil
}

// closeBodyLen is the length of a close record's body.
const closeBodyLen = 2

// closeSocket sends a close frame, waits for the peer's no longer than Times.Linger, and closes the socket.
func closeSocket(ws *websocket.Conn, sock *socket, code protocol.CloseCode) {
	sock.linger()
	// A peer that does not answer, or is gone, is closed all the same.
	_ = ws.Close(websocket.StatusCode(code), code.String())
}

// abort ends the connection at once; what is queued is lost. why is for the log. Calling it again does nothing.
func (c *Conn) abort(why error) {
	c.mu.Lock()
	c.lose(why)
	c.mu.Unlock()
	c.socket.cut()
}

// lose is called with mu held.
func (c *Conn) lose(why error) {
	if c.state != stateClosed {
		c.state, c.queue, c.why = stateClosed, nil, why
		c.unpark()
		c.room.Broadcast()
	}
}

// panicked logs a panic that is contained to the connection: its type and its place. Its words may repeat what a client said.
func (c *Conn) panicked(where string, reason any) {
	c.server.counts.panics.Add(1)
	c.Log().Error("panic in a connection", "where", where, "kind", fmt.Sprintf("%T", reason), "stack", string(debug.Stack()))
}
