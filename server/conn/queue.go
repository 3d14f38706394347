package conn

import (
	"sync"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"caudal/cipher"
	"caudal/protocol"
)

// replyBytesMax bounds the replies that wait for one connection. Its commands in flight bound their number; this bounds
// what a client holds by asking for sixteen of the largest answers at once and reading none.
const replyBytesMax = 16 * cipher.MaxBody

// Fields of ServerFrame and ServerMessage, of which frames are made by hand: a frame is the messages' bytes put together.
const (
	frameMessages protowire.Number = 1
	messageReply  protowire.Number = 1
	messageEvent  protowire.Number = 2
)

// Event is an event as it goes to many connections: encoded once.
type Event struct {
	// Encoded is one element of ServerFrame.messages, tag and length included, as Encode or BeginEvent makes it. A connection
	// copies it.
	Encoded []byte
	// Account and Version: an event is superseded by one of the same account with a higher version. Account 0: never.
	Account int64
	Version uint64
}

// Encode encodes an event for Event.Encoded.
func Encode(event *protocol.Event) ([]byte, error) {
	return appendMessage(nil, messageEvent, event)
}

// Mark is where a reply or an event begins that is made field by field; see protocol.Begin.
type Mark struct{ element, message int }

// BeginReply appends the beginning of one element of ServerFrame.messages; the fields of a Reply follow, then Mark.End.
func BeginReply(dst []byte) ([]byte, Mark) { return begin(dst, messageReply) }

// BeginEvent is BeginReply for an Event.
func BeginEvent(dst []byte) ([]byte, Mark) { return begin(dst, messageEvent) }

func begin(dst []byte, kind protowire.Number) ([]byte, Mark) {
	var m Mark
	dst, m.element = protocol.Begin(dst, frameMessages)
	dst, m.message = protocol.Begin(dst, kind)
	return dst, m
}

// End ends what began at the mark.
func (m Mark) End(dst []byte) []byte { return protocol.End(protocol.End(dst, m.message), m.element) }

// appendMessage appends one element of ServerFrame.messages that has the reply or event.
func appendMessage(dst []byte, kind protowire.Number, message proto.Message) ([]byte, error) {
	dst, m := begin(dst, kind)
	dst, err := proto.MarshalOptions{}.MarshalAppend(dst, message)
	return m.End(dst), err
}

// batch is messages that go out together: their bytes one behind the other, and where each ends.
type batch struct {
	wire  []byte
	items []item
	// eventBytes and replyBytes are bounded apart: a client that asks for long answers is no slow reader.
	eventBytes, replyBytes int
}

type item struct {
	end     int
	account int64
	version uint64
	reply   bool
}

// Batches are reused while they are small: a slow reader's should not stay in memory.
const (
	batchBytesKept = 2 * gatheredBytesMax
	batchItemsKept = 256
)

var batches = sync.Pool{New: func() any { return new(batch) }}

func (b *batch) free() {
	if cap(b.wire) > batchBytesKept || cap(b.items) > batchItemsKept {
		return
	}
	b.reset()
	batches.Put(b)
}

func (b *batch) reset() {
	b.wire, b.items, b.eventBytes, b.replyBytes = b.wire[:0], b.items[:0], 0, 0
}

// end notes that a message has been appended to wire.
func (b *batch) end(i item) {
	i.end = len(b.wire)
	size := i.end
	if n := len(b.items); n > 0 {
		size -= b.items[n-1].end
	}
	if i.reply {
		b.replyBytes += size
	} else {
		b.eventBytes += size
	}
	b.items = append(b.items, i)
}

// coalesce leaves out the events that a newer one of the same account supersedes, and gives how many. The order of the
// rest stays.
func (b *batch) coalesce() int {
	newest := map[int64]uint64{}
	for _, i := range b.items {
		if i.account != 0 {
			newest[i.account] = max(newest[i.account], i.version)
		}
	}
	items, wire := b.items, b.wire
	b.items, b.wire, b.eventBytes, b.replyBytes = items[:0], wire[:0], 0, 0
	begin, left := 0, 0
	for _, i := range items {
		message := wire[begin:i.end]
		begin = i.end
		if i.account != 0 && i.version < newest[i.account] {
			left++
			continue
		}
		b.wire = append(b.wire, message...)
		b.end(i)
	}
	return left
}

// reply queues a reply; called with mu held.
func (c *Conn) reply(reply *protocol.Reply) {
	if c.state != stateOpen {
		return
	}
	b := c.pending()
	begin := len(b.wire)
	wire, err := appendMessage(b.wire, messageReply, reply)
	if err != nil || len(wire)-begin > cipher.MaxBody {
		// The command may have been carried out, so any other answer would be a lie. A cut connection means: ask again.
		c.Log().Error("a reply cannot be sent", "id", reply.GetId(), "bytes", len(wire)-begin, "error", err)
		c.beginClose(protocol.CloseInternal)
		return
	}
	b.wire = wire
	if c.replied(b) {
		c.wakeFlush()
	}
}

// queueReply queues a reply of a few hundred bytes, and reports whether it is to be flushed; called with mu held.
func (c *Conn) queueReply(encoded []byte) bool {
	if c.state != stateOpen {
		return false
	}
	b := c.pending()
	b.wire = append(b.wire, encoded...)
	return c.replied(b)
}

// replied bounds the replies after another one; called with mu held.
func (c *Conn) replied(b *batch) bool {
	b.end(item{reply: true})
	if b.replyBytes > replyBytesMax {
		c.beginClose(protocol.CloseSlowReader)
		return false
	}
	return true
}

// event queues an event; called with mu held.
func (c *Conn) event(event Event) {
	if c.queueEvent(event) {
		c.wakeFlush()
	}
}

// queueEvent queues an event, and reports whether it is to be flushed; called with mu held.
func (c *Conn) queueEvent(event Event) bool {
	if c.state != stateOpen {
		return false
	}
	if len(event.Encoded) > cipher.MaxBody {
		c.Log().Error("an event is too long to be sent", "bytes", len(event.Encoded))
		c.beginClose(protocol.CloseInternal)
		return false
	}
	b := c.pending()
	b.wire = append(b.wire, event.Encoded...)
	b.end(item{account: event.Account, version: event.Version})
	if b.eventBytes > c.server.config.Limits.QueueBytes {
		c.server.counts.coalesced.Add(uint64(b.coalesce()))
		if b.eventBytes > c.server.config.Limits.QueueBytes {
			c.beginClose(protocol.CloseSlowReader)
			return false
		}
	}
	return true
}

// gatheredBytesMax is how much is gathered for one connection before it is flushed all the same: a full TLS record. More would
// save nothing, and would be taken for a slow reader's queue.
const gatheredBytesMax = 16 << 10

// gather leaves what was queued to a Flush to come, and reports whether there is none to come yet; called with mu held.
func (c *Conn) gather() bool {
	switch {
	case len(c.queue.wire) >= gatheredBytesMax:
		c.wakeFlush()
		return false
	case c.flushing, c.gathered: // goes with the rest
		return false
	}
	c.gathered = true
	return true
}

// pending is the batch that waits; called with mu held.
func (c *Conn) pending() *batch {
	if c.queue == nil {
		c.queue = batches.Get().(*batch)
	}
	return c.queue
}

// waiting is how many bytes the client has not taken yet; called with mu held.
func (c *Conn) waiting() int {
	if c.queue == nil {
		return c.writing
	}
	return c.writing + len(c.queue.wire)
}
