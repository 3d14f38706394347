package caudal

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/protobuf/proto"

	"caudal/certs"
	"caudal/protocol"
)

// watcher follows events on a goroutine of its own, and checks the promise: each account's legs one after the other.
type watcher struct {
	t      *testing.T
	cancel context.CancelFunc
	ended  chan struct{}

	mu      sync.Mutex
	events  []Event
	err     error
	last    map[string]Balance
	pausing chan struct{} // while not nil, the loop's body waits for it to be closed
}

func watch(t *testing.T, conn *Conn, from ...Position) *watcher {
	ctx, cancel := context.WithCancel(t.Context())
	w := &watcher{t: t, cancel: cancel, ended: make(chan struct{}), last: map[string]Balance{}}
	for _, p := range from {
		w.last[p.Account] = Balance{Account: p.Account, Seq: p.Seq, Head: p.Head}
	}
	go func() {
		defer close(w.ended)
		for event, err := range conn.Events(ctx, from...) {
			w.take(event, err)
		}
	}()
	t.Cleanup(func() { cancel(); <-w.ended })
	return w
}

func (w *watcher) take(event Event, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		w.t.Errorf("%#v after the error %v", event, w.err)
	}
	if event != nil {
		w.events = append(w.events, event)
	}
	w.err = err
	switch e := event.(type) {
	case Balance:
		w.balance(e)
	case AccountRenamed:
		b, known := w.last[e.Account]
		if !known || e.Version < b.Version {
			w.t.Errorf("%s: renamed by version %d after %d", e.Account, e.Version, b.Version)
		}
		b.Version = e.Version
		w.last[e.Account] = b
	}
	if pausing := w.pausing; pausing != nil {
		w.mu.Unlock()
		<-pausing
		w.mu.Lock()
	}
}

func (w *watcher) balance(b Balance) {
	before, known := w.last[b.Account]
	w.last[b.Account] = b
	switch {
	case !known && b.Leg == nil: // where it starts
	case b.Version < before.Version:
		w.t.Errorf("%s: version %d after %d", b.Account, b.Version, before.Version)
	case b.Leg == nil && b.Seq != before.Seq:
		w.t.Errorf("%s: from leg %d to leg %d without a leg", b.Account, before.Seq, b.Seq)
	case b.Leg == nil && b.Version == before.Version:
		w.t.Errorf("%s: version %d twice", b.Account, b.Version)
	case b.Leg == nil:
	case b.Seq != before.Seq+1 || b.Leg.Seq != b.Seq:
		w.t.Errorf("%s: leg %d (%d) after leg %d", b.Account, b.Seq, b.Leg.Seq, before.Seq)
	case b.BalanceMinor != b.Leg.BalanceMinor || before.Head != (Head{}) && b.Leg.next(before.Head) != b.Head:
		w.t.Errorf("%s: leg %d does not add up", b.Account, b.Seq)
	}
}

// reached checks that the loop has seen all that the bank has.
func (w *watcher) reached(bank *fakeBank) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	bank.mu.Lock()
	defer bank.mu.Unlock()
	for _, a := range bank.accounts {
		b := w.last[a.Clabe]
		if b.Seq != a.Seq || b.BalanceMinor != a.BalanceMinor || b.Version != a.Version || b.AvailableMinor != a.AvailableMinor {
			w.t.Errorf("%s: shown is leg %d, version %d, balance %d, available %d; the bank has leg %d, version %d, balance %d, available %d",
				a.Clabe, b.Seq, b.Version, b.BalanceMinor, b.AvailableMinor, a.Seq, a.Version, a.BalanceMinor, a.AvailableMinor)
		}
	}
	if w.err != nil {
		w.t.Errorf("the loop has ended: %v", w.err)
	}
}

func (w *watcher) count(is func(Event) bool) (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		if is(e) {
			n++
		}
	}
	return n
}

func isLeg(e Event) bool { b, ok := e.(Balance); return ok && b.Leg != nil }

func kind[T Event](e Event) bool { _, ok := e.(T); return ok }

func (w *watcher) end() error {
	w.t.Helper()
	select {
	case <-w.ended:
	case <-time.After(24 * time.Hour): // of the test's own time
		w.t.Fatal("the loop has not ended")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// settle lets reconnections and refetches happen; the time is the test's own.
func settle() {
	pass(5 * time.Minute)
	synctest.Wait()
}

// pass lets the test's own time go on.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // the bubble's clock, not ours
}

// following is a bank with two accounts, and a client that follows them.
func following(t *testing.T, set ...func(*fakeBank)) (*fakeBank, *Conn, *watcher, string) {
	bank := newFakeBank(t)
	for _, f := range set {
		f(bank)
	}
	account := bank.open(7, 500_00)
	bank.open(8, 0)
	conn := signedInTo(t, bank)
	w := watch(t, conn)
	synctest.Wait()
	return bank, conn, w, account
}

func TestEventsStartWithWhereEveryAccountStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank, conn, w, account := following(t)
		if len(w.events) != 3 {
			t.Fatalf("%+v", w.events)
		}
		first := w.events[0].(Balance)
		if first.Account != account || first.Seq != 1 || first.BalanceMinor != 500_00 || first.Leg != nil || first.Currency != "MXN" || first.Status != StatusActive {
			t.Errorf("%+v", first)
		}
		if w.events[2] != (State{Live: true}) {
			t.Errorf("%+v", w.events[2])
		}
		receipt, err := conn.Transfer(t.Context(), Order{From: account, To: cash, AmountMinor: 1_00, Currency: "MXN", Memo: "café ☕"})
		if err != nil {
			t.Fatal(err)
		}
		bank.freeze(account)
		synctest.Wait()
		paid := w.events[3].(Balance)
		if paid.Seq != 2 || paid.Leg == nil || paid.Leg.AmountMinor != -1_00 || paid.Leg.Memo != "café ☕" || paid.Head != receipt.Head || paid.Late {
			t.Errorf("%+v", paid)
		}
		frozen := w.events[4].(Balance)
		if frozen.Seq != 2 || frozen.Leg != nil || frozen.Status != StatusFrozen || frozen.AvailableMinor != 0 || frozen.BalanceMinor != 499_00 {
			t.Errorf("%+v", frozen)
		}
		w.reached(bank)
	})
}

// disturb changes what a client is sent.
type disturb func(n int, m *protocol.ServerMessage) []*protocol.ServerMessage

func balances(change disturb) func(*fakeConn, *protocol.ServerMessage) []*protocol.ServerMessage {
	n := 0
	return func(_ *fakeConn, m *protocol.ServerMessage) []*protocol.ServerMessage {
		if m.GetEvent().GetBalance() == nil {
			return []*protocol.ServerMessage{m}
		}
		n++
		return change(n, m)
	}
}

func TestNoLegIsMissedOrDoubled(t *testing.T) {
	one := func(m *protocol.ServerMessage) []*protocol.ServerMessage { return []*protocol.ServerMessage{m} }
	var held *protocol.ServerMessage
	cases := []struct {
		name   string
		change disturb
	}{
		{"as they come", func(_ int, m *protocol.ServerMessage) []*protocol.ServerMessage { return one(m) }},
		{"left out for a slow reader", func(n int, m *protocol.ServerMessage) []*protocol.ServerMessage {
			if n%10 != 0 {
				return nil
			}
			return one(m)
		}},
		{"without their legs", func(_ int, m *protocol.ServerMessage) []*protocol.ServerMessage {
			m = proto.CloneOf(m)
			m.GetEvent().GetBalance().Leg = nil
			return one(m)
		}},
		{"doubled", func(_ int, m *protocol.ServerMessage) []*protocol.ServerMessage { return append(one(m), m, m) }},
		{"an old one behind a new one", func(n int, m *protocol.ServerMessage) []*protocol.ServerMessage {
			if n%3 == 1 {
				held = m
				return nil
			}
			if held != nil {
				before := held
				held = nil
				return append(one(m), before)
			}
			return one(m)
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bank, _, w, account := following(t)
				bank.outgoing = balances(c.change)
				for i := range int64(300) {
					bank.pay(account, i+1)
				}
				settle()
				bank.outgoing = nil
				bank.pay(account, 1)
				settle()
				w.reached(bank)
				if n := w.count(isLeg); n != 301 {
					t.Errorf("%d legs", n)
				}
			})
		})
	}
}

func TestWhatHappenedWhileDisconnectedIsShown(t *testing.T) {
	for _, legs := range []int{0, 1, 9, 11, 60, 500} { // up to the fake bank's missingMax of 10, then by history; beyond fillKept pages of 5
		synctest.Test(t, func(t *testing.T) {
			bank, _, w, account := following(t)
			bank.cut()
			for i := range legs {
				bank.pay(account, int64(i+1))
			}
			bank.freeze(account)
			opened := bank.open(9, 77)
			bank.mu.Lock()
			bank.devices = append(bank.devices, &protocol.Device{Id: slices.Repeat([]byte{7}, 16), Name: "other"})
			bank.mu.Unlock()
			settle()
			w.reached(bank)
			if n := w.count(isLeg); n != legs+1 {
				t.Errorf("%d legs, want %d", n, legs+1)
			}
			if n := w.count(func(e Event) bool { o, ok := e.(AccountOpened); return ok && o.Account.CLABE == opened }); n != 1 {
				t.Errorf("the new account is told %d times", n)
			}
			if n := w.count(kind[DeviceAdded]); n != 1 {
				t.Errorf("the new device is told %d times", n)
			}
			if n := w.count(func(e Event) bool { s, ok := e.(State); return ok && !s.Live }); n == 0 {
				t.Error("that it was not live is not told")
			}
			if last := w.events[len(w.events)-1]; last != (State{Live: true}) {
				t.Errorf("the last word is %#v", last)
			}
		})
	}
}

func TestALegIsShownOnceThoughTheLinkBreaksWhileItIsFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank, _, w, account := following(t)
		n := 0
		bank.intercept = func(c *fakeConn, command *protocol.Command) bool {
			if n++; n%7 == 0 {
				c.cut()
				return true
			}
			return false
		}
		bank.cut()
		for i := range int64(300) {
			bank.pay(account, i+1)
		}
		pass(time.Hour)
		w.reached(bank)
		if n := w.count(isLeg); n != 300 {
			t.Errorf("%d legs", n)
		}
	})
}

func TestASlowLoopLosesNothingAndBoundsItsMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank, conn, w, account := following(t)
		for round := range 3 {
			pausing := make(chan struct{})
			w.mu.Lock()
			w.pausing = pausing
			w.mu.Unlock()
			for i := range int64(2 * inboxMax) {
				bank.pay(account, i+1)
			}
			synctest.Wait()
			conn.mu.Lock()
			box := conn.inbox
			conn.mu.Unlock()
			box.mu.Lock()
			if waiting := cap(box.items); waiting > 2*inboxMax {
				t.Errorf("room for %d events is kept", waiting)
			}
			if round == 0 && !box.lost {
				t.Error("the test does not fill the inbox")
			}
			box.mu.Unlock()
			w.mu.Lock()
			w.pausing = nil
			w.mu.Unlock()
			close(pausing)
			settle()
			w.reached(bank)
		}
		if n := w.count(isLeg); n != 3*2*inboxMax {
			t.Errorf("%d legs", n)
		}
		if n := bank.seen("resume"); n > 0 {
			t.Error("the connection was lost over it")
		}
	})
}

func TestNewAccountsAndDevicesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank, _, w, _ := following(t)
		account := bank.open(9, 100)
		bank.pay(account, 50)
		other := signedInTo(t, bank)
		settle()
		w.reached(bank)
		id := other.Whoami().Device.ID
		if n := w.count(func(e Event) bool {
			d, ok := e.(DeviceAdded)
			return ok && d.Device.ID == id && d.Device.Name == "laptop"
		}); n != 1 {
			t.Errorf("the new device is told %d times", n)
		}
		bank.say(&protocol.Event{Kind: &protocol.Event_DeviceRevoked{DeviceRevoked: &protocol.DeviceRevokedEvent{DeviceId: id[:]}}})
		synctest.Wait()
		if n := w.count(func(e Event) bool { d, ok := e.(DeviceRevoked); return ok && d.ID == id }); n != 1 {
			t.Errorf("the revoked device is told %d times", n)
		}
	})
}

func TestNewNamesAreToldOnceWhetherTheyComeOrAreAskedFor(t *testing.T) {
	for _, lost := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			bank, conn, w, account := following(t)
			other := signedInTo(t, bank)
			settle()
			id := other.Whoami().Device.ID
			if lost {
				bank.cut()
			}
			bank.mu.Lock()
			bank.rename(bank.find(account), "Ahorro")
			for _, d := range bank.devices {
				if string(d.GetId()) == string(id[:]) {
					d.Name = "teléfono"
				}
			}
			for range 2 {
				bank.broadcast(&protocol.Event{Kind: &protocol.Event_DeviceRenamed{
					DeviceRenamed: &protocol.DeviceRenamedEvent{DeviceId: id[:], Name: "teléfono"},
				}})
			}
			bank.mu.Unlock()
			bank.pay(account, 5)
			settle()
			w.reached(bank)
			if n := w.count(func(e Event) bool {
				r, ok := e.(AccountRenamed)
				return ok && r.Account == account && r.Name == "Ahorro"
			}); n != 1 {
				t.Errorf("lost %t: the account's name is told %d times", lost, n)
			}
			if n := w.count(func(e Event) bool { r, ok := e.(DeviceRenamed); return ok && r.ID == id && r.Name == "teléfono" }); n != 1 {
				t.Errorf("lost %t: the device's name is told %d times", lost, n)
			}
			if n := w.count(func(e Event) bool { b, ok := e.(Balance); return ok && b.Account == account && b.Leg == nil }); n != 1 {
				t.Errorf("lost %t: where the account stands is told %d times; a name is no change of that", lost, n)
			}
			renamed, err := conn.RenameAccount(t.Context(), account, "Viaje")
			if err != nil || renamed.Name != "Viaje" || renamed.Seq != 2 {
				t.Errorf("renamed: %+v, %v", renamed, err)
			}
			device, err := conn.RenameDevice(t.Context(), id, "tableta")
			if err != nil || device.Name != "tableta" || device.ID != id {
				t.Errorf("renamed: %+v, %v", device, err)
			}
			synctest.Wait()
			w.reached(bank)
		})
	}
}

func TestANameThatComesWithLegsMissingBringsThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank, _, w, account := following(t)
		bank.outgoing = func(_ *fakeConn, m *protocol.ServerMessage) []*protocol.ServerMessage {
			if m.GetEvent().GetBalance() != nil { // as for a reader that is slow
				return nil
			}
			return []*protocol.ServerMessage{m}
		}
		for range 7 {
			bank.pay(account, 5)
		}
		bank.mu.Lock()
		bank.rename(bank.find(account), "Ahorro")
		bank.mu.Unlock()
		settle()
		w.reached(bank)
		if legs, names := w.count(isLeg), w.count(kind[AccountRenamed]); legs != 7 || names != 1 {
			t.Errorf("%d legs and %d names", legs, names)
		}
	})
}

func TestALoopGoesOnWhereAnotherProcessStopped(t *testing.T) {
	for _, legs := range []int{0, 4, 40} {
		synctest.Test(t, func(t *testing.T) {
			bank, conn, w, account := following(t)
			bank.pay(account, 1)
			synctest.Wait()
			b := w.last[account]
			w.cancel()
			<-w.ended
			conn.Close()
			for i := range legs {
				bank.pay(account, int64(i+1))
			}
			again := watch(t, signedInTo(t, bank), b.Position())
			settle()
			if n := again.count(isLeg); n != legs {
				t.Errorf("%d legs, want %d", n, legs)
			}
			again.reached(bank)
			everything := watch(t, signedInTo(t, bank), Position{Account: account})
			settle()
			if n := everything.count(isLeg); n != legs+2 {
				t.Errorf("from the very first, %d legs, want %d", n, legs+2)
			}
			everything.reached(bank)
		})
	}
}

func TestALoopEndsWithItsReason(t *testing.T) {
	cases := []struct {
		name string
		do   func(*fakeBank, *Conn, *watcher)
		want func(error) bool
	}{
		{"its context", func(_ *fakeBank, _ *Conn, w *watcher) { w.cancel() }, func(err error) bool { return errors.Is(err, context.Canceled) }},
		{"its context, while disconnected", func(b *fakeBank, _ *Conn, w *watcher) {
			b.listener.refuse = func() error { return errors.New("unreachable") }
			b.cut()
			settle()
			w.cancel()
		}, func(err error) bool { return errors.Is(err, context.Canceled) }},
		{"Close", func(_ *fakeBank, c *Conn, _ *watcher) { c.Close() }, func(err error) bool { return errors.Is(err, ErrClosed) }},
		{"the device was revoked", func(b *fakeBank, _ *Conn, _ *watcher) {
			b.each(func(c *fakeConn) { c.close(protocol.CloseDeviceRevoked) })
		}, func(err error) bool {
			closed, ok := errors.AsType[*ClosedError](err)
			return ok && closed.Code == protocol.CloseDeviceRevoked
		}},
		{"revoked while away", func(b *fakeBank, c *Conn, _ *watcher) {
			b.mu.Lock()
			id := c.Whoami().Device.ID
			b.revoked[string(id[:])] = true
			b.mu.Unlock()
			b.cut()
		}, func(err error) bool { return CodeOf(err) == protocol.Code_CODE_DEVICE_REVOKED }},
		{"another bank in its place", func(b *fakeBank, _ *Conn, _ *watcher) {
			b.identity = newIdentity(b.t)
			b.cut()
		}, func(err error) bool { return errors.Is(err, certs.ErrIdentityChanged) }},
		{"the protocol is broken", func(b *fakeBank, _ *Conn, _ *watcher) {
			b.say(&protocol.Event{Kind: &protocol.Event_Balance{Balance: &protocol.BalanceEvent{Account: b.accounts[0].Clabe, Version: 0, Seq: 1 << 40}}})
		}, func(err error) bool { return errors.Is(err, ErrProtocol) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bank, conn, w, _ := following(t)
				c.do(bank, conn, w)
				settle()
				if err := w.end(); !c.want(err) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func TestTheLastWordsOfAConnectionAreHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank, conn, w, _ := following(t)
		id := conn.Whoami().Device.ID
		bank.say(&protocol.Event{Kind: &protocol.Event_DeviceRevoked{DeviceRevoked: &protocol.DeviceRevokedEvent{DeviceId: id[:]}}})
		bank.each(func(c *fakeConn) { c.close(protocol.CloseDeviceRevoked) })
		settle()
		if n := w.count(kind[DeviceRevoked]); n != 1 {
			t.Errorf("told %d times", n)
		}
	})
}

func TestAnAccountThatWasNeverToldIsAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank, _, w, _ := following(t)
		bank.outgoing = func(_ *fakeConn, m *protocol.ServerMessage) []*protocol.ServerMessage {
			if m.GetEvent().GetAccountOpened() != nil {
				return nil
			}
			return []*protocol.ServerMessage{m}
		}
		bank.open(9, 100)
		settle()
		w.reached(bank)
		if n := w.count(kind[AccountOpened]); n != 1 {
			t.Errorf("told %d times", n)
		}
	})
}

func TestOneLoopAtATimeAndAnotherAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank, conn, w, account := following(t)
		second := watch(t, conn)
		if err := second.end(); !errors.Is(err, ErrFollowed) {
			t.Errorf("a second loop: %v", err)
		}
		w.cancel()
		<-w.ended
		third := watch(t, conn)
		synctest.Wait()
		bank.pay(account, 5)
		synctest.Wait()
		third.reached(bank)
		if n := third.count(isLeg); n != 1 {
			t.Errorf("%d legs", n)
		}
		// Leaving the loop by break unsubscribes too.
		third.cancel()
		<-third.ended
		for range conn.Events(t.Context()) {
			break
		}
		synctest.Wait()
		bank.mu.Lock()
		defer bank.mu.Unlock()
		if n := len(bank.subscribed()); n != 0 {
			t.Errorf("%d connections are still subscribed", n)
		}
	})
}
