package conn

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"caudal/cipher"
	"caudal/protocol"
)

// loader keeps its server busy: more commands are under way than may be in flight, until it hears of the drain.
type loader struct {
	*client
	sent, answered, refused uint64
	told                    bool
}

func (l *loader) send(n uint64) {
	l.ping(upTo(l.sent+1, l.sent+n)...)
	l.sent += n
}

// run gives the error that the connection ended with.
func (l *loader) run(loaded func()) error {
	l.send(100)
	for {
		m, err := l.next()
		if err != nil {
			return err
		}
		switch {
		case m.GetEvent().GetDraining().GetComeBackWithinMs() == 5000:
			l.told = true
		case m.GetReply().GetError().GetCode() == protocol.Code_CODE_DRAINING:
			l.refused++
		case m.GetReply().GetPing() != nil:
			l.answered++
		default:
			return fmt.Errorf("heard %v", m)
		}
		if l.answered > 500 {
			loaded()
		}
		if !l.told {
			l.send(1)
		}
	}
}

func TestDrainAnswersWhatIsInFlightAndClosesEverybody(t *testing.T) {
	var begun, closed atomic.Int64
	answers := make(chan func(), 10_000)
	b := newBank(t, &handler{
		closed: func(*Conn) { closed.Add(1) },
		command: func(c *Conn, command *protocol.Command) {
			begun.Add(1)
			answers <- func() { c.Reply(pong(command.GetId())) }
		},
	}, func(c *Config) { c.Times.Linger = patience })
	go func() { // the ledger, somewhere behind
		for answer := range answers {
			answer()
		}
	}()
	defer close(answers)
	const clients = 8
	var running, loaded sync.WaitGroup
	loaded.Add(clients)
	loaders := make([]*loader, clients)
	for i := range loaders {
		l := &loader{client: b.dial(t)}
		loaders[i] = l
		running.Go(func() {
			first := sync.OnceFunc(loaded.Done)
			defer first()
			err := l.run(first)
			var end *cipher.CloseError
			if !errors.As(err, &end) || protocol.CloseCode(end.Code) != protocol.CloseDraining {
				t.Errorf("ended with %v", err)
			}
		})
	}
	loaded.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := b.Drain(ctx); err != nil {
		t.Fatal(err)
	}
	running.Wait()
	var answered, refused uint64
	for _, l := range loaders {
		answered, refused = answered+l.answered, refused+l.refused
		if !l.told {
			t.Error("a client was not told")
		}
	}
	if answered != uint64(begun.Load()) {
		t.Errorf("%d commands had begun, %d were answered", begun.Load(), answered)
	}
	t.Logf("%d answered, %d refused", answered, refused)
	if closed.Load() != clients || b.Stats().Open != 0 {
		t.Errorf("of %d, %d closed and %d are left", clients, closed.Load(), b.Stats().Open)
	}
	if response := b.ask(t, "", b.upgrade(nil)...); response.StatusCode != 503 {
		t.Errorf("after the drain a request is answered %s", response.Status)
	}
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
