package conn

import (
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"caudal/cipher"
	"caudal/protocol"
)

// ending is all that a client heard.
type ending struct {
	messages []stamped
	err      error
	at       time.Time
}

type stamped struct {
	*protocol.ServerMessage
	at time.Time
}

func (e ending) wantCode(t *testing.T, want protocol.CloseCode) {
	t.Helper()
	var closed *cipher.CloseError
	if !errors.As(e.err, &closed) || protocol.CloseCode(closed.Code) != want {
		t.Errorf("ended with %v, want %v (%d)", e.err, want, want)
	}
}

func within(t *testing.T, what string, got, least, most time.Duration) {
	t.Helper()
	if got < least || got > most {
		t.Errorf("%s after %v, want %v to %v", what, got, least, most)
	}
}

// pass lets the bubble's time pass.
func pass(d time.Duration) { <-time.After(d) }

func TestASilentConnectionHearsAHeartbeatInEachInterval(t *testing.T) {
	inBubble(t, new(handler), func(c *Config) { c.Times.Idle = 10 * time.Minute }, func(t *testing.T, b *pipeBank) {
		c := b.dial(t)
		start, last := time.Now(), time.Now()
		heard := c.keepReading()
		pass(5 * time.Minute)
		_ = c.ws.CloseNow()
		messages := (<-heard).messages
		if n := len(messages); n < 10 || n > 15 {
			t.Errorf("%d heartbeats in five minutes", n)
		}
		for _, m := range messages {
			within(t, "heartbeat", m.at.Sub(last), 20*time.Second, 30*time.Second)
			last = m.at
			if us := m.GetEvent().GetHeartbeat().GetTimeUs(); us < start.UnixMicro() || us > m.at.UnixMicro() {
				t.Errorf("a heartbeat says %v at %v", time.UnixMicro(us), m.at)
			}
		}
	})
}

func TestAConnectionWithOtherTrafficNeedsNoHeartbeat(t *testing.T) {
	inBubble(t, new(handler), nil, func(t *testing.T, b *pipeBank) {
		c := b.dial(t)
		heard := c.keepReading()
		for id := uint64(1); id <= 30; id++ {
			c.ping(id)
			pass(15 * time.Second)
		}
		_ = c.ws.CloseNow()
		for _, m := range (<-heard).messages {
			if m.GetReply() == nil {
				t.Errorf("heard %v", m)
			}
		}
	})
}

func TestAConnectionFromWhichNothingComesIsClosed(t *testing.T) {
	inBubble(t, new(handler), nil, func(t *testing.T, b *pipeBank) {
		c := b.dial(t)
		start, heard := time.Now(), c.keepReading()
		pass(60 * time.Second)
		c.ping(1)
		e := <-heard
		e.wantCode(t, protocol.CloseIdle)
		within(t, "closed", e.at.Sub(start), 150*time.Second, 152*time.Second)
	})
}

// Empty frames, and the WebSocket's own pings, are not worth staying for.
func TestNoiseDoesNotKeepAConnectionOpen(t *testing.T) {
	inBubble(t, new(handler), nil, func(t *testing.T, b *pipeBank) {
		c := b.dial(t)
		start, heard := time.Now(), c.keepReading()
		for range 8 {
			pass(10 * time.Second)
			c.body(nil)
			if err := c.ws.Ping(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		e := <-heard
		e.wantCode(t, protocol.CloseIdle)
		within(t, "closed", e.at.Sub(start), 90*time.Second, 92*time.Second)
	})
}

func TestWhoWaitsForAnAnswerIsNotIdle(t *testing.T) {
	h := new(handler)
	inBubble(t, h, nil, func(t *testing.T, b *pipeBank) {
		waiting := make(chan func(), 1)
		h.command = func(c *Conn, command *protocol.Command) {
			waiting <- func() { c.Reply(pong(command.GetId())) }
		}
		c := b.dial(t)
		heard := c.keepReading()
		c.ping(1)
		pass(10 * time.Minute)
		(<-waiting)()
		e := <-heard // idle, now that nothing is in flight
		e.wantCode(t, protocol.CloseIdle)
		answered := 0
		for _, m := range e.messages {
			if m.GetReply() != nil {
				answered++
			}
		}
		if answered != 1 {
			t.Errorf("answered %d times", answered)
		}
	})
}

func TestWhoDoesNotSignInIsClosed(t *testing.T) {
	h := &handler{opened: func(*Conn) {}}
	inBubble(t, h, nil, func(t *testing.T, b *pipeBank) {
		c := b.dial(t)
		start, heard := time.Now(), c.keepReading()
		for id := uint64(1); id <= 5; id++ {
			pass(5 * time.Second)
			c.ping(id) // keeps it from being idle, not from having to sign in
		}
		e := <-heard
		e.wantCode(t, protocol.CloseHandshakeTimeout)
		within(t, "closed", e.at.Sub(start), 30*time.Second, 32*time.Second)
	})
}

func TestAConnectionLivesADayAtMost(t *testing.T) {
	inBubble(t, new(handler), nil, func(t *testing.T, b *pipeBank) {
		c := b.dial(t)
		start, heard := time.Now(), c.keepReading()
		for id := uint64(1); len(heard) == 0; id++ {
			pass(time.Minute)
			if c.raw(websocket.MessageBinary, must(c.channel.Seal(nil, pingFrame(id)))) != nil {
				break
			}
		}
		e := <-heard
		e.wantCode(t, protocol.CloseAge)
		within(t, "closed", e.at.Sub(start), 21*time.Hour, 24*time.Hour)
	})
}

func TestAHandshakeThatDoesNotComeIsClosed(t *testing.T) {
	inBubble(t, new(handler), nil, func(t *testing.T, b *pipeBank) {
		ws, start := b.open(t), time.Now()
		_, _, err := ws.Read(t.Context())
		if code := protocol.CloseCode(websocket.CloseStatus(err)); code != protocol.CloseHandshakeTimeout {
			t.Errorf("closed with %v", err)
		}
		within(t, "closed", time.Since(start), 10*time.Second, 11*time.Second)
		_ = ws.CloseNow()
		synctest.Wait()
		if stats := b.Stats(); stats.Open != 0 || stats.Handshaking != 0 || stats.HandshakesFailed != 1 {
			t.Errorf("left behind: %+v", stats)
		}
	})
}

// A message's clock starts with its first byte, and no byte that follows sets it back.
func TestAMessageThatDribblesInIsCut(t *testing.T) {
	inBubble(t, new(handler), nil, func(t *testing.T, b *pipeBank) {
		c := b.dial(t)
		start, heard, socket := time.Now(), c.keepReading(), b.listener.last
		_, err := socket.Write([]byte{0x02, 0x80 | 1, 0, 0, 0, 0, 0}) // the first of many fragments of one byte
		for err == nil {
			pass(time.Second)
			_, err = socket.Write([]byte{0x00, 0x80 | 1, 0, 0, 0, 0, 0})
		}
		<-heard
		within(t, "cut", time.Since(start), 20*time.Second, 25*time.Second)
		synctest.Wait()
		if open := b.Stats().Open; open != 0 {
			t.Errorf("%d places are taken", open)
		}
	})
}

func TestAReaderThatNeverReadsIsCut(t *testing.T) {
	h := new(handler)
	inBubble(t, h, nil, func(t *testing.T, b *pipeBank) {
		conns, closed := h.follow()
		b.dial(t)
		start, c := time.Now(), <-conns
		c.Event(Event{Encoded: must(Encode(&protocol.Event{}))})
		within(t, "cut", (<-closed).Sub(start), 5*time.Second, 10*time.Second)
		if got := b.Stats().Closed[0]; got != 1 {
			t.Errorf("%d were cut", got)
		}
	})
}

func TestAPeerThatIgnoresTheCloseIsNotWaitedForLong(t *testing.T) {
	for name, first := range map[string][]byte{
		"silent":              nil,
		"inside of a message": masked(0x82, make([]byte, 80))[:40],
	} {
		t.Run(name, func(t *testing.T) {
			h := new(handler)
			inBubble(t, h, nil, func(t *testing.T, b *pipeBank) {
				conns, closed := h.follow()
				b.dial(t)
				socket := b.listener.last
				go func() { _, _ = io.Copy(io.Discard, socket) }() // reads all, and answers nothing
				if _, err := socket.Write(first); err != nil {
					t.Fatal(err)
				}
				start, c := time.Now(), <-conns
				c.Close(protocol.CloseLoggedOut)
				within(t, "closed", (<-closed).Sub(start), 2*time.Second, 2*time.Second)
			})
		})
	}
}

// A peer that stops reading cannot make the close wait for longer than a write may take.
func TestAPeerThatDoesNotReadTheCloseIsCut(t *testing.T) {
	h := new(handler)
	inBubble(t, h, nil, func(t *testing.T, b *pipeBank) {
		conns, closed := h.follow()
		b.dial(t)
		start, c := time.Now(), <-conns
		c.Close(protocol.CloseLoggedOut)
		within(t, "closed", (<-closed).Sub(start), 5*time.Second, 10*time.Second)
	})
}

// follow makes the handler sign everybody in, and gives the connections as they open and the times at which they close. The
// channels belong to the bubble that it is called in.
func (h *handler) follow() (<-chan *Conn, <-chan time.Time) {
	conns, closed := make(chan *Conn, 100), make(chan time.Time, 100)
	h.opened = func(c *Conn) { c.SignedIn(); conns <- c }
	h.closed = func(*Conn) { closed <- time.Now() }
	return conns, closed
}
