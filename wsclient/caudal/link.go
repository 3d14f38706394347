package caudal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/proto"

	"caudal/certs"
	"caudal/cipher"
	"caudal/protocol"
)

const (
	// callsMax bounds the calls that wait on one connection, those in flight included.
	callsMax = 1 << 16
	// farewell is how long the close record and the socket's end may take.
	farewell = 2 * time.Second
)

// link is one socket with its channel, from the handshake to the end. It carries commands and their replies; what becomes
// of calls whose link ends is for Conn to decide.
type link struct {
	ws          *websocket.Conn
	channel     *cipher.Channel
	identity    certs.Identity
	predecessor *certs.Identity // that the bank's certificate names
	bank        Bank
	device      *Device                            // that has signed in; by Conn.mu once the link is published
	events      func(*link, *protocol.Event) error // called on the reading goroutine; must not block
	clock       *clock

	heartbeat, idle time.Duration // from hello; set before the pulse starts
	pulse           *time.Timer
	born            time.Time
	sentAt, heardAt atomic.Int64 // nanoseconds since born

	writing sync.Mutex // held over Seal and Write: wire order is the channel's order

	wake    chan struct{} // there may be something to send
	dead    chan struct{} // closed when err is set
	reading chan struct{} // closed when the reading goroutine has ended

	mu       sync.Mutex
	queue    []*call
	pending  map[uint64]*call
	inFlight int // bound, from hello
	nextID   uint64
	drained  func() // called once nothing is pending, where set
	err      error
}

// call is one command on its way.
type call struct {
	command *protocol.Command
	size    int // bytes in a frame
	asked   time.Time
	done    chan result // takes one
	sent    bool        // by link.mu: it has been, or is being, written
	gone    bool        // by link.mu: nobody waits for the reply
}

type result struct {
	reply *protocol.Reply
	err   error
}

func newLink(ws *websocket.Conn, channel *cipher.Channel) *link {
	return &link{
		ws: ws, channel: channel, born: time.Now(),
		wake: make(chan struct{}, 1), dead: make(chan struct{}), reading: make(chan struct{}),
		pending: map[uint64]*call{}, inFlight: 1, // until hello says more
	}
}

func (l *link) start() {
	go l.read()
	go l.write()
}

// roundTrip sends a command and waits for its reply. sent says whether the bank may have seen it, whatever the error:
// that of the link's end, or the context's.
func (l *link) roundTrip(ctx context.Context, command *protocol.Command) (reply *protocol.Reply, sent bool, err error) {
	c := &call{command: command, done: make(chan result, 1)}
	if err := l.enqueue(c); err != nil {
		return nil, false, err
	}
	select {
	case r := <-c.done:
		return r.reply, c.sent, r.err
	case <-ctx.Done():
		l.mu.Lock()
		defer l.mu.Unlock()
		c.gone = true
		return nil, c.sent, context.Cause(ctx)
	}
}

func (l *link) enqueue(c *call) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return l.err
	}
	if len(l.queue)+len(l.pending) >= callsMax {
		return ErrTooManyCalls
	}
	l.nextID++
	c.command.Id = l.nextID
	const frameField = 4 // tag and length of a command in its frame
	c.size = proto.Size(c.command) + frameField
	if c.size > cipher.MaxBody {
		return refusal(protocol.ErrorWith(protocol.Code_CODE_INVALID_ARGUMENT, "the command is too long"))
	}
	l.queue = append(l.queue, c)
	l.signal()
	return nil
}

func (l *link) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// write sends what is queued, as much in one frame as there is: one seal, one message of the socket, one system call.
func (l *link) write() {
	var frame protocol.ClientFrame
	var plain, sealed []byte
	for {
		select {
		case <-l.wake:
		case <-l.dead:
			return
		}
		for {
			// Whoever else is about to call does so first: of 256 callers some 30 share a frame then, instead of two
			// (BenchmarkRoundTrips), and a lone one waits for nobody.
			runtime.Gosched()
			if !l.take(&frame) {
				break
			}
			var err error
			if plain, err = (proto.MarshalOptions{}).MarshalAppend(plain[:0], &frame); err == nil {
				sealed, err = l.send(sealed[:0], plain)
			}
			if err != nil {
				l.lost(err)
				return
			}
		}
	}
}

// take moves commands from the queue to the frame, within the bounds of a frame and of what may be in flight.
func (l *link) take(frame *protocol.ClientFrame) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(frame.Commands)
	frame.Commands = frame.Commands[:0]
	if l.err != nil {
		return false
	}
	size, taken := 0, 0
	for _, c := range l.queue {
		if c.gone {
			taken++
			continue
		}
		if len(frame.Commands) == protocol.CommandsPerFrame || len(l.pending) >= l.inFlight || size+c.size > cipher.MaxBody {
			break
		}
		taken++
		size += c.size
		c.sent, c.asked = true, time.Now()
		l.pending[c.command.GetId()] = c
		frame.Commands = append(frame.Commands, c.command)
	}
	rest := copy(l.queue, l.queue[taken:])
	clear(l.queue[rest:])
	l.queue = l.queue[:rest]
	return len(frame.Commands) > 0
}

func (l *link) send(buffer, body []byte) ([]byte, error) {
	l.writing.Lock()
	defer l.writing.Unlock()
	sealed, err := l.channel.Seal(buffer, body)
	if err != nil {
		return sealed, err
	}
	l.sentAt.Store(int64(time.Since(l.born)))
	return sealed, l.ws.Write(context.Background(), websocket.MessageBinary, sealed)
}

// read takes what arrives until the link ends.
func (l *link) read() {
	defer close(l.reading)
	reader := messageReader{ws: l.ws}
	for {
		message, err := reader.next(context.Background())
		if err != nil {
			l.lost(err)
			return
		}
		record, err := l.channel.Open(message[:0], message)
		if err != nil {
			l.hangUp(protocol.CloseBadRecord, fmt.Errorf("%w: %w", ErrTampered, err))
			return
		}
		l.heardAt.Store(int64(time.Since(l.born)))
		if record.Type == cipher.RecordClose {
			code := protocol.CloseCode(record.Code)
			l.hangUp(protocol.CloseBye, &ClosedError{Code: code})
			return
		}
		if err := l.frame(record.Body); err != nil {
			l.hangUp(protocol.CloseBadFrame, err)
			return
		}
	}
}

// frame handles replies and events in their order.
func (l *link) frame(body []byte) error {
	var frame protocol.ServerFrame
	if err := proto.Unmarshal(body, &frame); err != nil {
		return violation("a frame is malformed")
	}
	for _, message := range frame.GetMessages() {
		var err error
		switch m := message.GetKind().(type) {
		case *protocol.ServerMessage_Reply:
			err = l.reply(m.Reply)
		case *protocol.ServerMessage_Event:
			err = l.events(l, m.Event)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *link) reply(reply *protocol.Reply) error {
	l.mu.Lock()
	c := l.pending[reply.GetId()]
	delete(l.pending, reply.GetId())
	if len(l.queue) > 0 {
		l.signal()
	}
	var drained func()
	if len(l.pending)+len(l.queue) == 0 {
		drained = l.drained
	}
	l.mu.Unlock()
	if drained != nil {
		defer drained()
	}
	if c == nil {
		return violation("a reply answers command %d, which is not in flight", reply.GetId())
	}
	if ping, ok := reply.GetResult().(*protocol.Reply_Ping); ok {
		if err := l.clock.roundTrip(ping.Ping.GetTimeUs(), c.asked, time.Now()); err != nil {
			return err
		}
	}
	c.done <- result{reply: reply}
	return nil
}

// lost ends the link because its socket has ended.
func (l *link) lost(err error) {
	if l.fail(fmt.Errorf("%w: %w", ErrDisconnected, err)) {
		_ = l.ws.CloseNow()
	}
}

// hangUp ends the link for a reason of this side's, and tells the other one. It takes up to farewell.
func (l *link) hangUp(code protocol.CloseCode, reason error) {
	if !l.fail(reason) {
		return
	}
	timer := time.AfterFunc(farewell, func() { _ = l.ws.CloseNow() })
	defer timer.Stop()
	l.writing.Lock()
	if record, err := l.channel.SealClose(nil, uint16(code)); err == nil {
		_ = l.ws.Write(context.Background(), websocket.MessageBinary, record) // who does not hear it sees a cut
	}
	l.writing.Unlock()
	_ = l.ws.Close(websocket.StatusCode(code), "")
}

// fail marks the link as ended, and ends its calls; false where it had ended before.
func (l *link) fail(err error) bool {
	l.mu.Lock()
	if l.err != nil {
		l.mu.Unlock()
		return false
	}
	l.err = err
	calls := l.queue
	for _, c := range l.pending {
		calls = append(calls, c)
	}
	l.queue, l.pending = nil, nil
	if l.pulse != nil {
		l.pulse.Stop()
	}
	close(l.dead)
	l.mu.Unlock()
	for _, c := range calls {
		c.done <- result{err: err}
	}
	return true
}

// cause is why the link has ended; for after dead is closed.
func (l *link) cause() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// whenIdle calls f once nothing is in flight, perhaps now.
func (l *link) whenIdle(f func()) {
	l.mu.Lock()
	l.drained = f
	idle := len(l.pending)+len(l.queue) == 0
	l.mu.Unlock()
	if idle {
		f()
	}
}

// messageReader reads whole messages of the socket into one buffer, which grows to what arrives.
type messageReader struct {
	ws     *websocket.Conn
	buffer []byte
}

// readBuffer is where the buffer starts: it holds most frames.
const readBuffer = 4096

// next returns a message that is good until the next one. Longer ones than the channel has are ErrTampered.
func (r *messageReader) next(ctx context.Context) ([]byte, error) {
	kind, body, err := r.ws.Reader(ctx)
	if err != nil {
		return nil, err
	}
	if kind != websocket.MessageBinary {
		return nil, fmt.Errorf("%w: a message is text", ErrTampered)
	}
	if r.buffer == nil {
		r.buffer = make([]byte, readBuffer)
	}
	n := 0
	for {
		if n == len(r.buffer) {
			if n > cipher.MaxMessage {
				return nil, fmt.Errorf("%w: a message is longer than %d bytes", ErrTampered, cipher.MaxMessage)
			}
			grown := make([]byte, min(2*n, cipher.MaxMessage+1))
			copy(grown, r.buffer)
			r.buffer = grown
		}
		read, err := body.Read(r.buffer[n:])
		n += read
		if errors.Is(err, io.EOF) {
			return r.buffer[:n], nil
		}
		if err != nil {
			return nil, err
		}
	}
}
