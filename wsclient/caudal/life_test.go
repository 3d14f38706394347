package caudal

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"caudal/cipher"
	"caudal/protocol"
)

func TestASilentBankIsLeftAfterTwoAndAHalfHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		bank.hello.HeartbeatMs, bank.hello.IdleTimeoutMs = 10_000, 1_000_000
		conn := signedInTo(t, bank)
		w := watch(t, conn)
		synctest.Wait()
		bank.intercept = func(_ *fakeConn, c *protocol.Command) bool { return c.GetPing() != nil } // dead, and does not know
		pass(25*time.Second - time.Millisecond)
		synctest.Wait()
		if n := bank.attempts(); n != 1 {
			t.Errorf("left too early")
		}
		pass(2 * time.Second)
		synctest.Wait()
		if n := bank.attempts(); n != 2 {
			t.Errorf("%d attempts to connect", n)
		}
		if n := w.count(func(e Event) bool { s, ok := e.(State); return ok && errors.Is(s.Err, errSilent) }); n != 1 {
			t.Errorf("told %d times: %#v", n, w.events)
		}
	})
}

func TestAQuietClientPingsAndStaysConnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		bank.hello.HeartbeatMs, bank.hello.IdleTimeoutMs = 1_000_000, 10_000
		signedInTo(t, bank)
		pass(time.Minute)
		synctest.Wait()
		if n := bank.seen("ping"); n < 12 || n > 20 {
			t.Errorf("%d pings a minute, the bank hangs up after 10 seconds", n)
		}
		if n := bank.attempts(); n != 1 {
			t.Errorf("%d attempts to connect", n)
		}
	})
}

func TestABusyClientDoesNotPing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		bank.hello.IdleTimeoutMs = 10_000
		conn := signedInTo(t, bank)
		for range 30 {
			pass(2 * time.Second)
			if _, err := conn.Accounts(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if n := bank.seen("ping"); n > 0 {
			t.Errorf("%d pings", n)
		}
	})
}

func TestHeartbeatsKeepAConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		bank.hello.HeartbeatMs, bank.hello.IdleTimeoutMs = 10_000, 1_000_000
		signedInTo(t, bank)
		for range 10 {
			pass(20 * time.Second)
			bank.each(func(c *fakeConn) {
				c.event(&protocol.Event{Kind: &protocol.Event_Heartbeat{Heartbeat: &protocol.HeartbeatEvent{TimeUs: bank.now()}}})
			})
		}
		synctest.Wait()
		if n := bank.attempts(); n != 1 {
			t.Errorf("%d attempts to connect", n)
		}
	})
}

// stuckConn takes nothing more once it is stuck, as a socket whose peer does not read.
type stuckConn struct {
	net.Conn
	stuck, closed chan struct{}
	once          sync.Once
}

func (c *stuckConn) Write(p []byte) (int, error) {
	select {
	case <-c.stuck:
		<-c.closed
		return 0, net.ErrClosed
	default:
		return c.Conn.Write(p)
	}
}

func (c *stuckConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

func TestABankThatNeverReadsIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		stuck := make(chan struct{})
		bank.listener.wrap = func(c net.Conn) net.Conn {
			return &stuckConn{Conn: c, stuck: stuck, closed: make(chan struct{})}
		}
		conn := signedInTo(t, bank)
		bank.listener.wrap = nil
		close(stuck)
		if _, err := conn.Accounts(t.Context()); err != nil {
			t.Error(err)
		}
		if n := bank.attempts(); n != 2 {
			t.Errorf("%d attempts to connect", n)
		}
	})
}

func TestADrainingBankGetsNothingNewAndItsAnswersAreAwaited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		account := bank.open(7, 500_00)
		conn := signedInTo(t, bank)
		w := watch(t, conn)
		synctest.Wait()
		hold := make(chan struct{})
		var first *fakeConn
		bank.intercept = func(c *fakeConn, command *protocol.Command) bool {
			if command.GetTransfer() == nil || first != nil && c == first {
				return false
			}
			if first == nil {
				first = c
				go func() {
					<-hold
					c.reply(bank.decide(c, command))
				}()
				return true
			}
			return false
		}
		paid := make(chan *Receipt, 1)
		go func() {
			receipt, err := conn.Transfer(t.Context(), Order{From: account, To: cash, AmountMinor: 1, Currency: "MXN"})
			if err != nil {
				t.Error(err)
			}
			paid <- receipt
		}()
		synctest.Wait()
		bank.say(&protocol.Event{Kind: &protocol.Event_Draining{Draining: &protocol.DrainingEvent{ComeBackWithinMs: 30_000}}})
		synctest.Wait()
		asked := make(chan struct{})
		go func() {
			defer close(asked)
			if _, err := conn.Accounts(t.Context()); err != nil {
				t.Error(err)
			}
		}()
		synctest.Wait()
		if n := bank.seen("list_accounts"); n != 0 {
			t.Error("a draining bank was asked something new")
		}
		close(hold)
		if receipt := <-paid; receipt.Replay {
			t.Error("the answer was not awaited")
		}
		started := time.Now()
		<-asked
		if took := time.Since(started); took > 30*time.Second {
			t.Errorf("came back after %v", took)
		}
		settle()
		w.reached(bank)
		if n := w.count(func(e Event) bool { d, ok := e.(Draining); return ok && d.ComeBackWithin == 30*time.Second }); n != 1 {
			t.Errorf("told %d times", n)
		}
	})
}

func TestADrainingBankThatNeverAnswersIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		account := bank.open(7, 500_00)
		conn := signedInTo(t, bank)
		watch(t, conn)
		synctest.Wait()
		troubled(bank, func(b *fakeBank, c *fakeConn, command *protocol.Command) {
			b.decide(c, command)
			c.event(&protocol.Event{Kind: &protocol.Event_Draining{Draining: &protocol.DrainingEvent{ComeBackWithinMs: 1}}})
		})
		started := time.Now()
		receipt, err := conn.Transfer(t.Context(), Order{From: account, To: cash, AmountMinor: 1, Currency: "MXN"})
		if err != nil || !receipt.Replay {
			t.Errorf("%+v, %v", receipt, err)
		}
		if took := time.Since(started); took > drainPatience+5*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// TestReconnectionsSpreadAndSlowDown measures when attempts are made against a bank that stays away.
func TestReconnectionsSpreadAndSlowDown(t *testing.T) {
	firsts := map[time.Duration]bool{}
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			bank := newFakeBank(t)
			conn := signedInTo(t, bank)
			var at []time.Time
			bank.listener.refuse = func() error { at = append(at, time.Now()); return errors.New("unreachable") }
			lost := time.Now()
			bank.cut()
			pass(30 * time.Minute)
			conn.Close()
			if first := at[0].Sub(lost); first > reconnectBase {
				t.Errorf("the first attempt came after %v", first)
			} else {
				firsts[first] = true
			}
			for i := range at[1:] {
				if wait := at[i+1].Sub(at[i]); wait > reconnectMax {
					t.Errorf("attempt %d came after %v", i+1, wait)
				}
			}
			if len(at) < 90 || len(at) > 360 { // about 180: one in 10 seconds
				t.Errorf("%d attempts in half an hour", len(at))
			}
		})
	}
	if len(firsts) < 15 {
		t.Errorf("20 clients came back at %d moments", len(firsts))
	}
}

func TestABankThatFailsAtOnceIsNotHammered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		signedInTo(t, bank)
		bank.intercept = func(c *fakeConn, command *protocol.Command) bool {
			if command.GetResume() == nil {
				return false
			}
			c.reply(bank.decide(c, command))
			go c.close(protocol.CloseInternal)
			return true
		}
		bank.cut()
		pass(30 * time.Minute)
		if n := bank.attempts(); n > 360 {
			t.Errorf("%d attempts in half an hour", n)
		}
	})
}

func TestCallsThatWaitTogetherShareFrames(t *testing.T) {
	l := newLink(nil, nil)
	l.inFlight = inFlightMax
	gone := &call{command: &protocol.Command{}, gone: true}
	for i := range 1000 {
		next := &call{command: &protocol.Command{}}
		if i == 500 {
			next = gone
		}
		if err := l.enqueue(next); err != nil {
			t.Fatal(err)
		}
	}
	var frame protocol.ClientFrame
	id := uint64(0)
	for _, want := range []int{256, 256, 256, 231} {
		if !l.take(&frame) || len(frame.GetCommands()) != want {
			t.Fatalf("%d commands in a frame, want %d", len(frame.GetCommands()), want)
		}
		for _, command := range frame.GetCommands() {
			if id++; id == gone.command.GetId() {
				id++
			}
			if command.GetId() != id {
				t.Fatalf("command %d stands where %d should", command.GetId(), id)
			}
		}
	}
	if l.take(&frame) {
		t.Error("there is more than there was")
	}
}

func TestAFrameFitsItsRecord(t *testing.T) {
	l := newLink(nil, nil)
	l.inFlight = inFlightMax
	for range 100 {
		command := &protocol.Command{Request: &protocol.Command_Transfer{Transfer: &protocol.TransferRequest{Memo: strings.Repeat("m", 5000)}}}
		if err := l.enqueue(&call{command: command}); err != nil {
			t.Fatal(err)
		}
	}
	var frame protocol.ClientFrame
	total := 0
	for l.take(&frame) {
		total += len(frame.GetCommands())
		if size := proto.Size(&frame); size > cipher.MaxBody {
			t.Fatalf("a frame of %d bytes", size)
		}
	}
	if total != 100 {
		t.Errorf("%d commands were sent", total)
	}
}

func TestNoMoreIsInFlightThanTheBankTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		bank.hello.CommandsInFlightMax = 3
		conn := signedInTo(t, bank)
		var mu sync.Mutex
		var held []*protocol.Command
		bank.intercept = func(c *fakeConn, command *protocol.Command) bool {
			mu.Lock()
			defer mu.Unlock()
			held = append(held, command)
			return true
		}
		var wait sync.WaitGroup
		for range 20 {
			wait.Go(func() {
				if _, err := conn.Accounts(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		for range 20 {
			synctest.Wait()
			mu.Lock()
			if len(held) > 3 || len(held) == 0 {
				t.Errorf("%d in flight", len(held))
			}
			next := held[len(held)-1] // in any order
			held = held[:len(held)-1]
			mu.Unlock()
			bank.each(func(c *fakeConn) { c.reply(bank.decide(c, next)) })
		}
		wait.Wait()
	})
}

func TestACallThatIsGivenUpFreesItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		bank.hello.CommandsInFlightMax = 1
		conn := signedInTo(t, bank)
		hold := make(chan struct{})
		bank.intercept = func(c *fakeConn, command *protocol.Command) bool {
			if command.GetListDevices() != nil {
				go func() { <-hold; c.reply(bank.decide(c, command)) }()
				return true
			}
			return false
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := conn.Devices(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		queued, drop := context.WithTimeout(t.Context(), time.Second)
		defer drop()
		if _, err := conn.Accounts(queued); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		close(hold) // the late reply is nobody's, and no violation
		if _, err := conn.Ping(t.Context()); err != nil {
			t.Error(err)
		}
		if n := bank.seen("list_accounts"); n != 0 {
			t.Error("a call was sent that nobody waits for")
		}
	})
}

func TestCallsBeyondTheBoundAreRefused(t *testing.T) {
	l := newLink(nil, nil)
	for range callsMax {
		if err := l.enqueue(&call{command: &protocol.Command{}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.enqueue(&call{command: &protocol.Command{}}); !errors.Is(err, ErrTooManyCalls) {
		t.Errorf("got %v", err)
	}
}

func TestACommandThatFitsNoFrameIsRefusedHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		conn := signedInTo(t, bank)
		_, err := conn.Transfer(t.Context(), Order{Memo: string(make([]byte, 70_000))})
		if CodeOf(err) != protocol.Code_CODE_INVALID_ARGUMENT {
			t.Errorf("got %v", err)
		}
		if _, err := conn.Ping(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestKeysFollowTheBanksClock(t *testing.T) {
	for _, off := range []time.Duration{-72 * time.Hour, 0, 400 * 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			bank := newFakeBank(t)
			bank.clockOff = off
			conn := signedInTo(t, bank)
			near := func(when string) {
				t.Helper()
				if d := conn.NewKey().Time().Sub(time.UnixMicro(bank.now())); d < -10*time.Millisecond || d > 10*time.Millisecond {
					t.Errorf("%s: a key is off by %v", when, d)
				}
			}
			near("after hello")
			bank.clockOff += 30 * time.Minute
			bank.each(func(c *fakeConn) {
				c.event(&protocol.Event{Kind: &protocol.Event_Heartbeat{Heartbeat: &protocol.HeartbeatEvent{TimeUs: bank.now()}}})
			})
			synctest.Wait()
			near("after a heartbeat that tells of a clock that was set")
			bank.clockOff -= 20 * time.Minute
			if _, err := conn.Ping(t.Context()); err != nil {
				t.Fatal(err)
			}
			near("after a ping")
		})
	}
}

func TestOnceIsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		conn := signedInTo(t, bank, func(c *Config) { c.Once = true })
		bank.cut()
		settle()
		if _, err := conn.Accounts(t.Context()); !errors.Is(err, ErrDisconnected) {
			t.Errorf("got %v", err)
		}
		if n := bank.attempts(); n != 1 {
			t.Errorf("%d attempts to connect", n)
		}
	})
}

func TestLogoutEndsTheConn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		conn := signedInTo(t, bank)
		if err := conn.Logout(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		settle()
		if _, err := conn.Accounts(t.Context()); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v", err)
		}
		if bank.standing() > 0 || bank.attempts() != 1 {
			t.Error("a connection stands, or a second was made")
		}
	})
}

// TestALinkThatMissedTheSignInIsNotUsed: the answer to a sign-in may be taken while the next link is made without it.
func TestPlacesThatTheBankThinksTakenAreWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		conn := signedInTo(t, bank)
		full := time.Now().Add(90 * time.Second)
		bank.intercept = func(c *fakeConn, command *protocol.Command) bool {
			if command.GetResume() == nil || time.Now().After(full) {
				return false
			}
			c.reply(refuse(command, protocol.Code_CODE_TOO_MANY))
			return true
		}
		bank.cut()
		if _, err := conn.Accounts(t.Context()); err != nil {
			t.Errorf("the network was gone for a moment, and the Conn for good: %v", err)
		}
		if bank.seen("resume") < 2 {
			t.Error("nobody was refused")
		}
	})
}

func TestALinkThatMissedTheSignInIsNotUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		conn := signedInTo(t, bank)
		if conn.publish(newLink(nil, nil)) {
			t.Error("a link on which nobody has signed in is used for who has")
		}
		conn.mu.Lock()
		conn.device, conn.link.device = nil, nil // as if the sign-in were on its way
		conn.mu.Unlock()
		bank.cut()
		settle()
		device, err := NewDevice("laptop")
		if err != nil {
			t.Fatal(err)
		}
		bank.intercept = func(c *fakeConn, command *protocol.Command) bool {
			if command.GetLogin() == nil {
				return false
			}
			c.reply(bank.decide(c, command))
			c.cut()
			return true
		}
		for { // until the answer is read before the cut
			if _, err = conn.Login(t.Context(), fakeUser, fakePassword, device); !errors.Is(err, ErrDisconnected) {
				break
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		settle()
		if _, err := conn.Accounts(t.Context()); err != nil {
			t.Errorf("not signed in: %v", err)
		}
	})
}
