package conn

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/proto"

	"caudal/cipher"
	"caudal/protocol"
)

// balance is a balance event of an account, droppable.
func balance(account int64, version uint64) Event {
	return Event{Account: account, Version: version, Encoded: must(Encode(&protocol.Event{Kind: &protocol.Event_Balance{
		Balance: &protocol.BalanceEvent{Account: fmt.Sprintf("%018d", account), Version: version},
	}}))}
}

// long is an event of so many bytes and a little that nothing supersedes.
func long(bytes int) Event {
	return Event{Encoded: must(Encode(&protocol.Event{Kind: &protocol.Event_DeviceAdded{
		DeviceAdded: &protocol.DeviceAddedEvent{Device: &protocol.Device{Id: make([]byte, bytes)}},
	}}))}
}

// upTo gives the ids from first to last.
func upTo(first, last uint64) []uint64 {
	var ids []uint64
	for id := first; id <= last; id++ {
		ids = append(ids, id)
	}
	return ids
}

func TestCommandsInFlightAreBounded(t *testing.T) {
	h := new(handler)
	inBubble(t, h, func(c *Config) { c.Limits.InFlight = 5 }, func(t *testing.T, b *pipeBank) {
		var began []uint64 // of the read goroutine; looked at when all stands still
		conns, _ := h.follow()
		h.command = func(_ *Conn, command *protocol.Command) { began = append(began, command.GetId()) }
		client := b.dial(t)
		c := <-conns
		heard := client.keepReading()
		go func() {
			client.ping(upTo(1, 200)...)
			client.ping(upTo(201, 400)...)
		}()
		for answered := uint64(0); answered < 400; answered++ {
			synctest.Wait()
			if n := uint64(len(began)); n != min(answered+5, 400) {
				t.Fatalf("%d had begun when %d were answered", n, answered)
			}
			c.Reply(pong(answered + 1))
		}
		for i, id := range began {
			if id != uint64(i+1) {
				t.Fatalf("the %dth was %d", i+1, id)
			}
		}
		synctest.Wait()
		_ = client.ws.CloseNow()
		if n := len((<-heard).messages); n != 400 {
			t.Errorf("%d answers", n)
		}
	})
}

// The publisher gives a transfer's reply, then its event: that is how a client must see them, whatever else goes on.
func TestRepliesAndEventsKeepTheirOrder(t *testing.T) {
	const rounds = 2000
	b := newBank(t, &handler{
		command: func(c *Conn, command *protocol.Command) {
			if command.GetId() != 1 {
				c.Reply(pong(command.GetId()))
				return
			}
			go func() { // the publisher
				for v := uint64(1); v <= rounds; v++ {
					c.Event(balance(7, v))
				}
				c.Reply(pong(1))
				c.Event(balance(8, 1))
			}()
		},
	}, func(c *Config) { c.Limits.QueueBytes = 1 << 20 })
	client := b.dial(t)
	client.ping(1)
	client.ping(upTo(2, 60)...)
	version, others, after := uint64(0), uint64(1), false
	for !after || others < 60 {
		m, err := client.next()
		if err != nil {
			t.Fatal(err)
		}
		switch e := m.GetEvent().GetBalance(); {
		case strings.HasSuffix(e.GetAccount(), "8"):
			if after = true; version != rounds+1 {
				t.Fatalf("the event that follows the reply came at %d", version)
			}
		case e != nil:
			if e.GetVersion() != version+1 {
				t.Fatalf("version %d after %d", e.GetVersion(), version)
			}
			version++
		case m.GetReply().GetId() == 1:
			if version != rounds {
				t.Fatalf("the reply came after version %d", version)
			}
			version++
		default:
			if others++; m.GetReply().GetId() != others {
				t.Fatalf("reply %d, want %d", m.GetReply().GetId(), others)
			}
		}
	}
}

func TestASlowReaderGetsTheNewestOfEachAccountAndEveryReply(t *testing.T) {
	h := new(handler)
	inBubble(t, h, nil, func(t *testing.T, b *pipeBank) {
		conns, _ := h.follow()
		var ids []uint64
		h.command = func(c *Conn, command *protocol.Command) { ids = append(ids, command.GetId()) }
		client := b.dial(t)
		c := <-conns
		client.ping(upTo(1, 40)...)
		synctest.Wait()
		c.Event(balance(1, 1)) // on its way: nothing gets it back
		synctest.Wait()
		const newest = 2000
		for v := uint64(2); v <= newest; v++ {
			c.Event(balance(1, v))
			c.Event(balance(2, v))
			if v%50 == 0 {
				c.Reply(pong(v / 50))
			}
		}
		c.Event(long(10)) // never left out
		heard := client.keepReading()
		synctest.Wait()
		_ = client.ws.CloseNow()
		last, replies, others := map[string]uint64{}, uint64(0), 0
		messages := (<-heard).messages
		for _, m := range messages {
			e := m.GetEvent().GetBalance()
			switch {
			case e != nil:
				if e.GetVersion() <= last[e.GetAccount()] {
					t.Fatalf("version %d of %s after %d", e.GetVersion(), e.GetAccount(), last[e.GetAccount()])
				}
				last[e.GetAccount()] = e.GetVersion()
			case m.GetReply() != nil:
				if replies++; m.GetReply().GetId() != replies {
					t.Fatalf("reply %d, want %d", m.GetReply().GetId(), replies)
				}
			default:
				others++
			}
		}
		if len(last) != 2 || last[fmt.Sprintf("%018d", 1)] != newest || last[fmt.Sprintf("%018d", 2)] != newest {
			t.Errorf("the newest that came: %v", last)
		}
		if replies != 40 || others != 1 {
			t.Errorf("%d replies, %d other events", replies, others)
		}
		if left := b.Stats().Coalesced; left == 0 || int(left)+len(messages) != 2*newest-1+40+1 {
			t.Errorf("%d were left out and %d came", left, len(messages))
		}
	})
}

func TestAReaderTooSlowForWhatCannotBeLeftOutIsClosed(t *testing.T) {
	h := new(handler)
	inBubble(t, h, nil, func(t *testing.T, b *pipeBank) {
		conns, _ := h.follow()
		client := b.dial(t)
		c := <-conns
		c.Event(long(10))
		synctest.Wait()
		for range 70 {
			c.Event(long(1000))
		}
		c.mu.Lock()
		if bytes := len(c.queue.wire); bytes > 66<<10 {
			t.Errorf("%d bytes wait", bytes)
		}
		c.mu.Unlock()
		(<-client.keepReading()).wantCode(t, protocol.CloseSlowReader)
	})
}

// Long answers are no reason to call a reader slow: they are bounded apart, and first by reading no more commands.
func TestLongAnswersDoNotMakeAReaderSlow(t *testing.T) {
	h := new(handler)
	inBubble(t, h, nil, func(t *testing.T, b *pipeBank) {
		conns, _ := h.follow()
		began := 0
		h.command = func(c *Conn, command *protocol.Command) {
			began++
			c.Reply(&protocol.Reply{Id: command.GetId(), Result: &protocol.Reply_Error{Error: &protocol.Error{Message: strings.Repeat("x", 40_000)}}})
		}
		client := b.dial(t)
		c := <-conns
		go client.ping(upTo(1, 50)...)
		synctest.Wait()
		c.Event(balance(1, 1))
		if began < 2 || began > 4 {
			t.Errorf("%d answers of 40 KB were made for a reader that reads nothing", began)
		}
		heard := client.keepReading()
		synctest.Wait()
		_ = client.ws.CloseNow()
		if n := len((<-heard).messages); n != 51 {
			t.Errorf("%d messages came, want 51", n)
		}
	})
}

func TestAClientThatHoldsTooManyAnswersIsClosed(t *testing.T) {
	h := new(handler)
	inBubble(t, h, nil, func(t *testing.T, b *pipeBank) {
		conns, _ := h.follow()
		h.command = func(*Conn, *protocol.Command) {}
		client := b.dial(t)
		c := <-conns
		client.ping(upTo(1, 60)...)
		synctest.Wait()
		for id := range uint64(60) {
			c.Reply(&protocol.Reply{Id: id + 1, Result: &protocol.Reply_Error{Error: &protocol.Error{Message: strings.Repeat("x", 60_000)}}})
		}
		c.mu.Lock()
		if bytes := len(c.queue.wire); bytes > replyBytesMax+cipher.MaxBody {
			t.Errorf("%d bytes wait", bytes)
		}
		c.mu.Unlock()
		(<-client.keepReading()).wantCode(t, protocol.CloseSlowReader)
	})
}

func TestMessagesThatWaitTogetherShareARecord(t *testing.T) {
	h := new(handler)
	inBubble(t, h, nil, func(t *testing.T, b *pipeBank) {
		conns, _ := h.follow()
		client := b.dial(t)
		c := <-conns
		c.Event(long(1)) // the flush waits for the reader with it
		synctest.Wait()
		for v := range uint64(200) {
			c.Event(balance(1, v+1))
		}
		heard := client.keepReading()
		synctest.Wait()
		if records := b.Stats().RecordsOut; records != 2 {
			t.Errorf("201 messages went out in %d records", records)
		}
		_ = client.ws.CloseNow()
		if n := len((<-heard).messages); n != 201 {
			t.Errorf("%d messages came", n)
		}
	})
}

// encoded is a reply as the ledger's publisher gives it.
func encoded(reply *protocol.Reply) []byte {
	wire, m := BeginReply(nil)
	return m.End(must(proto.MarshalOptions{}.MarshalAppend(wire, reply)))
}

// What one commit tells a connection: nothing goes before the flush, then all of it in one record and in its order.
func TestABurstGoesOutInOneRecordWhenItIsFlushed(t *testing.T) {
	h := new(handler)
	inBubble(t, h, nil, func(t *testing.T, b *pipeBank) {
		h.command = func(*Conn, *protocol.Command) {} // answered below
		conns, _ := h.follow()
		client := b.dial(t)
		c := <-conns
		heard := client.keepReading()
		client.ping(1, 2)
		synctest.Wait()
		owed := []bool{
			c.GatherReply(encoded(pong(1))), c.GatherEvent(balance(7, 1)), c.GatherReply(encoded(pong(2))), c.GatherEvent(balance(7, 2)),
		}
		if !slices.Equal(owed, []bool{true, false, false, false}) {
			t.Errorf("a flush is owed: %v", owed)
		}
		synctest.Wait()
		if records := b.Stats().RecordsOut; records != 0 {
			t.Errorf("%d records before the flush", records)
		}
		c.Flush()
		synctest.Wait()
		if records := b.Stats().RecordsOut; records != 1 {
			t.Errorf("%d records after the flush", records)
		}
		if !c.GatherEvent(balance(7, 3)) {
			t.Error("the next burst owes nothing")
		}
		c.Event(balance(8, 1)) // no part of it, and waits for nobody
		synctest.Wait()
		if records := b.Stats().RecordsOut; records != 2 {
			t.Errorf("%d records after an event of its own", records)
		}
		c.Flush()
		_ = client.ws.CloseNow()
		var order []string
		for _, m := range (<-heard).messages {
			order = append(order, fmt.Sprint(m.GetReply().GetId(), m.GetEvent().GetBalance().GetVersion()))
		}
		if want := []string{"1 0", "0 1", "2 0", "0 2", "0 3", "0 1"}; !slices.Equal(order, want) {
			t.Errorf("heard %v, want %v", order, want)
		}
	})
}

func TestALongBurstWaitsForNoFlush(t *testing.T) {
	h := new(handler)
	inBubble(t, h, nil, func(t *testing.T, b *pipeBank) {
		conns, _ := h.follow()
		client := b.dial(t)
		c := <-conns
		heard := client.keepReading()
		for range gatheredBytesMax/1000 + 1 {
			c.GatherEvent(long(1000))
		}
		synctest.Wait()
		if b.Stats().RecordsOut == 0 {
			t.Error("nothing goes before the flush")
		}
		c.Flush()
		synctest.Wait()
		_ = client.ws.CloseNow()
		if n := len((<-heard).messages); n != gatheredBytesMax/1000+1 {
			t.Errorf("%d messages came", n)
		}
	})
}

// wire is an event whose encoding has exactly so many bytes.
func wire(bytes int) Event {
	event := long(bytes)
	for n := bytes; len(event.Encoded) > bytes; n-- {
		event = long(n - 1)
	}
	if len(event.Encoded) != bytes {
		panic(fmt.Sprintf("no event has %d bytes", bytes))
	}
	return event
}

func TestWhatDoesNotFitOneRecordGoesOutInMore(t *testing.T) {
	for name, c := range map[string]struct {
		bytes   []int
		records uint64
	}{
		"one that just fits":         {[]int{cipher.MaxBody}, 1},
		"two that just fit":          {[]int{30_000, cipher.MaxBody - 30_000}, 1},
		"a byte too much":            {[]int{30_000, cipher.MaxBody - 29_999}, 2},
		"a little after the fullest": {[]int{cipher.MaxBody, 300}, 2},
		"many":                       {[]int{30_000, 30_000, 30_000, 1000, cipher.MaxBody - 20, 60_000, 300, 40_000}, 5},
	} {
		t.Run(name, func(t *testing.T) {
			h := new(handler)
			inBubble(t, h, func(c *Config) { c.Limits.QueueBytes = 1 << 20 }, func(t *testing.T, b *pipeBank) {
				conns, _ := h.follow()
				client := b.dial(t)
				connection := <-conns
				connection.Event(long(1)) // the flush waits for the reader with it
				synctest.Wait()
				for _, bytes := range c.bytes {
					connection.Event(wire(bytes))
				}
				heard := client.keepReading()
				synctest.Wait()
				if records := b.Stats().RecordsOut; records != 1+c.records {
					t.Errorf("went out in %d records, want %d", records-1, c.records)
				}
				_ = client.ws.CloseNow()
				e := <-heard
				if len(e.messages) != 1+len(c.bytes) {
					t.Fatalf("%d messages of %d came: %v", len(e.messages)-1, len(c.bytes), e.err)
				}
			})
		})
	}
}

func TestWhatWasQueuedBeforeTheCloseIsSentAndNothingAfterIt(t *testing.T) {
	h := new(handler)
	inBubble(t, h, nil, func(t *testing.T, b *pipeBank) {
		conns, _ := h.follow()
		h.command = func(c *Conn, command *protocol.Command) {
			c.Reply(pong(command.GetId()))
			c.Close(protocol.CloseLoggedOut)
			c.Close(protocol.CloseInternal)
			c.Event(balance(1, 1))
		}
		client := b.dial(t)
		c := <-conns
		heard := client.keepReading()
		client.ping(1, 2, 3)
		e := <-heard
		e.wantCode(t, protocol.CloseLoggedOut)
		if len(e.messages) != 1 || e.messages[0].GetReply().GetId() != 1 {
			t.Errorf("heard %v", e.messages)
		}
		c.Event(balance(1, 2)) // long gone, and harmless
		c.Close(protocol.CloseInternal)
	})
}

func TestAPanicEndsItsOwnConnectionAlone(t *testing.T) {
	for name, where := range map[string]func(*handler){
		"command": func(h *handler) { h.command = func(*Conn, *protocol.Command) { panic("a fault") } },
		"opened":  func(h *handler) { h.opened = func(*Conn) { panic("a fault") } },
		"closed":  func(h *handler) { h.closed = func(*Conn) { panic("a fault") } },
	} {
		t.Run(name, func(t *testing.T) {
			var faulty atomic.Pointer[handler]
			h, bad := new(handler), new(handler)
			where(bad)
			faulty.Store(h)
			b := newBank(t, &switching{&faulty}, nil)
			good := b.dial(t)
			good.ping(1)
			good.reply()
			faulty.Store(bad)
			c := b.dial(t)
			if name == "closed" {
				_ = c.ws.CloseNow()
				eventually(t, "it is noticed", func() bool { return b.Stats().Panics == 1 })
			} else {
				if name == "command" {
					c.ping(1)
				}
				c.wantClose(protocol.CloseInternal)
			}
			faulty.Store(h)
			good.ping(2)
			good.reply()
			eventually(t, "the place is given back", func() bool { return b.Stats().Open == 1 })
			log := b.log.String()
			if !strings.Contains(log, "kind=string") || !strings.Contains(log, "conn=") || !strings.Contains(log, "flow_test.go") {
				t.Errorf("the log does not tell what happened, and where: %s", log)
			}
			if strings.Contains(log, "a fault") { // it could be a client's words
				t.Errorf("the log repeats the panic: %s", log)
			}
		})
	}
}

// switching hands on to whatever handler there is now.
type switching struct{ now *atomic.Pointer[handler] }

func (s *switching) Opened(c *Conn)                             { s.now.Load().Opened(c) }
func (s *switching) Command(c *Conn, command *protocol.Command) { s.now.Load().Command(c, command) }
func (s *switching) Closed(c *Conn)                             { s.now.Load().Closed(c) }

func TestACommandAnsweredTwiceIsAFaultThatShows(t *testing.T) {
	b := newBank(t, &handler{command: func(c *Conn, command *protocol.Command) {
		c.Reply(pong(command.GetId()))
		c.Reply(pong(command.GetId()))
	}}, nil)
	c := b.dial(t)
	c.ping(1)
	c.wantClose(protocol.CloseInternal)
	if !strings.Contains(b.log.String(), "answered twice") {
		t.Error("the log does not tell")
	}
}

func TestAnAnswerTooLongForARecordEndsTheConnection(t *testing.T) {
	b := newBank(t, &handler{command: func(c *Conn, command *protocol.Command) {
		c.Reply(&protocol.Reply{Id: 1, Result: &protocol.Reply_Error{Error: &protocol.Error{Message: strings.Repeat("x", cipher.MaxBody)}}})
	}}, nil)
	c := b.dial(t)
	c.ping(1)
	c.wantClose(protocol.CloseInternal)
}

func TestOpenedComesFirstAndClosedOnceAndLast(t *testing.T) {
	var mu sync.Mutex
	calls := map[*Conn][]string{}
	note := func(c *Conn, what string) {
		mu.Lock()
		defer mu.Unlock()
		calls[c] = append(calls[c], what)
	}
	b := newBank(t, &handler{
		opened:  func(c *Conn) { c.SignedIn(); note(c, "opened"); c.Attach(c.ID()) },
		command: func(c *Conn, command *protocol.Command) { note(c, "command"); c.Reply(pong(command.GetId())) },
		closed:  func(c *Conn) { note(c, "closed") },
	}, nil)
	var wait sync.WaitGroup
	for i := range 40 {
		wait.Go(func() {
			c, err := b.tryDial(t, dialling{})
			if err != nil {
				t.Error(err)
				return
			}
			c.ping(1)
			if i%2 == 0 {
				c.reply()
			}
			if i%3 == 0 {
				record := must(c.channel.SealClose(nil, uint16(protocol.CloseBye)))
				_ = c.raw(websocket.MessageBinary, record)
			}
			_ = c.ws.CloseNow()
		})
	}
	wait.Wait()
	eventually(t, "everybody has left", func() bool { return b.Stats().Open == 0 })
	mu.Lock()
	defer mu.Unlock()
	if len(calls) != 40 {
		t.Errorf("%d connections", len(calls))
	}
	for c, did := range calls {
		if got := strings.Join(did, " "); got != "opened command closed" && got != "opened closed" {
			t.Errorf("%s", got)
		}
		if c.Attached() != c.ID() || c.Hash() == [32]byte{} || c.Client().String() != "127.0.0.1" {
			t.Errorf("a connection lost what it knew: %v, %v", c.Attached(), c.Client())
		}
	}
}

// Everything at once, from many goroutines: the race detector looks on.
func TestAllMethodsAtOnce(t *testing.T) {
	var live sync.Map
	b := newBank(t, &handler{
		opened: func(c *Conn) { c.SignedIn(); live.Store(c, true) },
		closed: func(c *Conn) { live.Delete(c) },
		command: func(c *Conn, command *protocol.Command) {
			go c.Reply(pong(command.GetId()))
		},
	}, func(c *Config) {
		c.Times.Heartbeat, c.Limits.QueueBytes = 20*time.Millisecond, 1000
	})
	stop := make(chan struct{})
	var others, clients sync.WaitGroup
	others.Go(func() {
		for v := uint64(1); ; v++ {
			select {
			case <-stop:
				return
			default:
			}
			live.Range(func(key, _ any) bool {
				c := key.(*Conn)
				if c.Event(balance(int64(v%3), v)); c.GatherEvent(balance(4, v)) {
					c.Flush()
				}
				_, _ = c.Attached(), b.Stats()
				if v%100 == 0 {
					c.Close(protocol.CloseAge)
				}
				return true
			})
		}
	})
	for range 8 {
		clients.Go(func() {
			for range 5 {
				c, err := b.tryDial(t, dialling{})
				if err != nil {
					t.Error(err)
					return
				}
				for id := uint64(1); id < 200; id++ {
					message, err := c.channel.Seal(nil, pingFrame(id))
					if err != nil || c.raw(websocket.MessageBinary, message) != nil {
						break
					}
					if _, err := c.next(); err != nil {
						var closed *cipher.CloseError
						if errors.As(err, &closed) && protocol.CloseCode(closed.Code) != protocol.CloseAge && protocol.CloseCode(closed.Code) != protocol.CloseSlowReader {
							t.Error(err)
						}
						break
					}
				}
				_ = c.ws.CloseNow()
			}
		})
	}
	clients.Wait()
	close(stop)
	others.Wait()
	eventually(t, "everybody has left", func() bool { return b.Stats().Open == 0 })
}
