package conn

import (
	"context"
	"errors"
	"io"

	"github.com/coder/websocket"

	"caudal/cipher"
	"caudal/protocol"
)

// errTooLarge: a message longer than the channel's longest.
var errTooLarge = errors.New("conn: message too large")

// errNotBinary: a text message.
var errNotBinary = errors.New("conn: not a binary message")

// read is the connection's goroutine, from the standing channel until the connection parks or ends; and again, with nothing
// to tell the handler, from when a parked one wakes. It stays shallow: where nobody can park, the stack that it needs once is
// the one that every quiet connection keeps.
func (c *Conn) read(opened bool) {
	parked := false
	defer func() {
		if parked {
			return // what is left of the connection is another goroutine's by now
		}
		if r := recover(); r != nil {
			c.panicked("read", r)
			c.Close(protocol.CloseInternal)
		}
		c.end()
	}()
	if opened {
		c.server.handler.Opened(c)
	}
	for {
		if parked = c.socket.await() && c.park(); parked || !c.next() {
			return
		}
	}
}

// next handles one message. It returns false when there will be no other.
func (c *Conn) next() bool {
	commands, code, err := c.receive()
	if err != nil {
		c.ended(code, err)
		return false
	}
	return c.dispatch(commands)
}

// ended ends the connection after an error of the reading: with a close record where there is a code for it, at once where
// the socket has ended. A closing that is under way meets the same end by itself.
func (c *Conn) ended(code protocol.CloseCode, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case code != 0:
		c.beginClose(code)
	case c.state == stateOpen:
		c.lose(err)
	}
}

// receive reads one message and gives its commands. With an error comes the code to close with, or 0 where the socket has
// ended.
func (c *Conn) receive() ([]*protocol.Command, protocol.CloseCode, error) {
	message, n, err := c.readMessage()
	if message != nil {
		defer message.free()
	}
	switch {
	case errors.Is(err, errTooLarge):
		return nil, protocol.CloseTooLarge, err
	case errors.Is(err, errNotBinary):
		return nil, protocol.CloseBadRecord, err
	case err != nil:
		return nil, 0, err
	}
	record, err := c.channel.Open(message.bytes[:0], message.bytes[:n])
	if err != nil {
		return nil, protocol.CloseBadRecord, err
	}
	if record.Type == cipher.RecordClose {
		return nil, protocol.CloseBye, c.channel.End()
	}
	commands, err := decodeFrame(record.Body)
	if err != nil {
		return nil, protocol.CloseBadFrame, err
	}
	return commands, 0, nil
}

// readMessage reads one message. The buffer, if there is one, is the caller's to free.
func (c *Conn) readMessage() (*buffer, int, error) {
	kind, reader, err := c.ws.Reader(context.Background()) // the socket has deadlines of its own
	if err != nil {
		return nil, 0, err
	}
	if kind != websocket.MessageBinary {
		return nil, 0, errNotBinary
	}
	c.socket.messageBegins()
	defer c.socket.messageEnds()
	message, n, err := readAll(reader)
	if err == nil {
		c.server.counts.messagesIn.Add(1)
		c.server.counts.bytesIn.Add(uint64(n))
	}
	return message, n, err
}

// readAll reads to the end of a message, in buffers that grow as it comes. A message that was cut short may look
// complete to the library; the record's tag tells.
func readAll(reader io.Reader) (*buffer, int, error) {
	message, n := bufferOf(0), 0
	for {
		if n == len(message.bytes) {
			var ok bool
			if message, ok = message.grown(); !ok {
				return message, n, errTooLarge
			}
		}
		m, err := reader.Read(message.bytes[n:])
		n += m
		switch {
		case n > cipher.MaxMessage:
			return message, n, errTooLarge
		case errors.Is(err, io.EOF):
			return message, n, nil
		case err != nil:
			return message, n, err
		}
	}
}

// dispatch hands the commands of one frame to the handler, each when there is room for it.
func (c *Conn) dispatch(commands []*protocol.Command) bool {
	if len(commands) == 0 {
		return true
	}
	c.heard.Store(c.server.now())
	c.handle(len(commands))
	defer c.handled()
	for _, command := range commands {
		switch c.begin(command.GetId()) {
		case beginEnded:
			return false
		case beginAdmitted:
			c.server.counts.commands.Add(1)
			c.server.handler.Command(c, command)
		}
	}
	return true
}

type beginning uint8

const (
	beginAdmitted beginning = iota
	beginRefused            // and answered
	beginEnded
)

// begin waits until a command may begin: not too many are in flight, and the client has read enough of what was said to
// it. That stops the reading, and TCP tells the client.
func (c *Conn) begin(id uint64) beginning {
	c.mu.Lock()
	defer c.mu.Unlock()
	limits := &c.server.config.Limits
	for c.state == stateOpen && (!c.draining && c.inFlight >= limits.InFlight || c.waiting() > limits.QueueBytes) {
		if c.handling = false; c.queue != nil {
			c.wakeFlush() // room comes of what the client reads
		}
		c.room.Wait()
	}
	c.ahead--
	c.handling = true
	switch {
	case c.state != stateOpen:
		return beginEnded
	case c.draining:
		defer c.drained()
		c.reply(&protocol.Reply{Id: id, Result: &protocol.Reply_Error{Error: protocol.NewError(protocol.Code_CODE_DRAINING)}})
		return beginRefused
	}
	c.inFlight++
	return beginAdmitted
}

// end is the last of the connection's goroutine: it waits until nothing is written any more, tells the handler and gives
// the connection's place back.
func (c *Conn) end() {
	defer c.server.gate.leave(c.place)
	c.mu.Lock()
	for c.state != stateClosed {
		c.room.Wait()
	}
	code, why := c.code, c.why
	c.mu.Unlock()
	c.socket.cut()
	_ = c.ws.CloseNow() // the socket is closed; this lets go of the library's state
	c.mu.Lock()
	for c.flushing {
		c.room.Wait()
	}
	c.mu.Unlock()
	c.server.unregister(c)
	c.server.counts.closed(code)
	c.Log().Debug("connection closed", "code", code, "after", c.age(), "error", why)
	defer func() {
		if r := recover(); r != nil {
			c.panicked("closed", r)
		}
	}()
	c.server.handler.Closed(c)
}
