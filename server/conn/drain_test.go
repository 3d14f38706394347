package conn

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"caudal/cipher"
	"caudal/protocol"
)

// Each client has more commands under way than may be in flight when the drain comes, and none is answered until all have
// heard of it.
func TestDrainAnswersWhatIsInFlightRefusesTheRestAndClosesEverybody(t *testing.T) {
	const clients, sent, inFlight = 8, 100, 64
	var closed atomic.Int64
	var told sync.WaitGroup
	told.Add(clients)
	answers := make(chan func(), clients*sent)
	b := newBank(t, &handler{
		closed: func(*Conn) { closed.Add(1) },
		command: func(c *Conn, command *protocol.Command) {
			answers <- func() { c.Reply(pong(command.GetId())) }
		},
	}, func(c *Config) { c.Times.Linger = patience })
	var running sync.WaitGroup
	for range clients {
		c := b.dial(t)
		c.ping(upTo(1, sent)...)
		running.Go(func() {
			notices, answered, refused := 0, 0, 0
			for {
				m, err := c.next()
				if err != nil {
					var end *cipher.CloseError
					if !errors.As(err, &end) || protocol.CloseCode(end.Code) != protocol.CloseDraining {
						t.Errorf("ended with %v", err)
					}
					break
				}
				switch {
				case m.GetEvent().GetDraining().GetComeBackWithinMs() == 5000:
					notices++
					told.Done()
				case m.GetReply().GetError().GetCode() == protocol.Code_CODE_DRAINING:
					refused++
				case m.GetReply().GetPing() != nil:
					answered++
				default:
					t.Errorf("heard %v", m)
				}
			}
			if notices != 1 || answered != inFlight || refused != sent-inFlight {
				t.Errorf("told %d times, %d answered, %d refused", notices, answered, refused)
			}
		})
	}
	eventually(t, "all is in flight that may be", func() bool { return len(answers) == clients*inFlight })
	go func() { // the ledger, somewhere behind
		told.Wait()
		for range clients * inFlight {
			(<-answers)()
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := b.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	running.Wait()
	if closed.Load() != clients || b.Stats().Open != 0 {
		t.Errorf("of %d, %d closed and %d are left", clients, closed.Load(), b.Stats().Open)
	}
	if response := b.ask(t, "", b.upgrade(nil)...); response.StatusCode != 503 {
		t.Errorf("after the drain a request is answered %s", response.Status)
	}
}

// What was read is refused before the close, even when nothing is in flight.
func TestDrainRefusesTheRestOfAFrameBeforeItCloses(t *testing.T) {
	h := new(handler)
	inBubble(t, h, nil, func(t *testing.T, b *pipeBank) {
		release := make(chan struct{})
		h.command = func(c *Conn, command *protocol.Command) {
			c.Reply(pong(command.GetId()))
			<-release // the read goroutine is held up in the middle of the frame
		}
		client := b.dial(t)
		heard := client.keepReading()
		client.ping(1, 2, 3)
		synctest.Wait()
		drained := make(chan error, 1)
		go func() { drained <- b.Drain(context.Background()) }()
		synctest.Wait()
		close(release)
		e := <-heard
		e.wantCode(t, protocol.CloseDraining)
		var told []string
		for _, m := range e.messages {
			told = append(told, fmt.Sprintf("%d %s", m.GetReply().GetId(), m.GetReply().GetError().GetCode().Name()))
		}
		if want := []string{"1 unspecified", "0 unspecified", "2 draining", "3 draining"}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
		if err := <-drained; err != nil {
			t.Error(err)
		}
	})
}

func TestDrainCutsWhatItsContextDoesNotWaitFor(t *testing.T) {
	var closed atomic.Int32
	began := make(chan *Conn, 1)
	b := newBank(t, &handler{
		command: func(c *Conn, _ *protocol.Command) { began <- c },
		closed:  func(*Conn) { closed.Add(1) },
	}, nil)
	stuck, idle := b.dial(t), b.dial(t)
	eventually(t, "the server knows of both channels", func() bool { return b.Stats().Opened == 2 })
	stuck.ping(1)
	c := <-began
	heard := idle.keepReading()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	drained := make(chan error, 1)
	go func() { drained <- b.Drain(ctx) }()
	(<-heard).wantCode(t, protocol.CloseDraining)
	eventually(t, "one is left", func() bool { return b.Stats().Open == 1 })
	select {
	case err := <-drained:
		t.Fatalf("drained with a command in flight: %v", err)
	default:
	}
	cancel()
	if err := <-drained; !errors.Is(err, context.Canceled) {
		t.Errorf("drain: %v", err)
	}
	if closed.Load() != 2 || b.Stats().Open != 0 {
		t.Errorf("%d were closed, %d are left", closed.Load(), b.Stats().Open)
	}
	c.Reply(pong(1)) // too late, and harmless
}

// Whoever has no channel yet cannot be told.
func TestDrainCutsHandshakesInProgress(t *testing.T) {
	b := newBank(t, new(handler), nil)
	ws, _, err := b.socketTo(t, dialling{})
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	eventually(t, "it hangs", func() bool { return b.Stats().Handshaking == 1 })
	if err := b.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ws.Read(t.Context()); err == nil {
		t.Error("it goes on")
	}
}

func TestADrainedServerIsDrainedAtOnceWithoutClients(t *testing.T) {
	s := must(New(Config{Hosts: Hosts{"x": true}, Keys: newKeys(t)}, new(handler)))
	if err := s.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}
