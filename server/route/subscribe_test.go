package route

import (
	"sync"
	"testing"

	"caudal/protocol"
	"caudal/server/testclient"
)

func positionOf(state *protocol.Account) *protocol.Position {
	return &protocol.Position{Account: state.GetClabe(), Seq: state.GetSeq(), Head: state.GetHead()}
}

func TestWhoComesBackGetsTheLegsInBetween(t *testing.T) {
	h := open(t, nil)
	ana, luis := h.rich("ana", 100_00), h.register("luis")
	ana.pay(luis.account, 1)
	has := positionOf(luis.accounts()[0])
	luis.Cut()
	for i := range 5 {
		ana.pay(luis.account, int64(10+i))
	}
	luis = luis.again()
	result := luis.subscribe(has)
	state := result.GetAccounts()[0]
	if state.GetSnapshot() || state.GetHistoryDiverged() || state.GetAccount().GetSeq() != 6 || len(state.GetMissing()) != 5 {
		t.Fatalf("came back to %v", state)
	}
	for i, leg := range state.GetMissing() {
		if leg.GetSeq() != uint64(2+i) || leg.GetAmountMinor() != int64(10+i) {
			t.Errorf("missing leg %d is %v", i, leg)
		}
	}
	if len(result.GetDevices()) != 1 || !result.GetDevices()[0].GetCurrent() {
		t.Errorf("devices %v", result.GetDevices())
	}
	ana.pay(luis.account, 99)
	if b := luis.WaitEvent().GetBalance(); b.GetSeq() != 7 || b.GetLeg().GetAmountMinor() != 99 {
		t.Errorf("then comes %v", b)
	}
}

func TestTooManyMissingLegsAreASnapshot(t *testing.T) {
	h := open(t, nil)
	ana, luis := h.rich("ana", 100_00), h.register("luis")
	has := positionOf(luis.accounts()[0])
	commands := make([]*protocol.Command, missingLegsMax+1)
	for i := range commands {
		commands[i] = testclient.Transfer(ana.account, luis.account, 1)
	}
	for _, answer := range append(ana.Send(commands[:200]...), ana.Send(commands[200:]...)...) {
		if reply := <-answer; reply.GetReceipt() == nil {
			t.Fatal(reply)
		}
	}
	state := luis.subscribe(has).GetAccounts()[0]
	if !state.GetSnapshot() || len(state.GetMissing()) != 0 || state.GetAccount().GetSeq() != missingLegsMax+1 {
		t.Errorf("got %d legs, snapshot %v", len(state.GetMissing()), state.GetSnapshot())
	}
}

func TestMissingLegsThatDoNotFitARecordAreASnapshot(t *testing.T) {
	h := open(t, nil)
	ana, luis := h.rich("ana", 100_00), h.register("luis")
	has := positionOf(luis.accounts()[0])
	for range 100 { // with some 720 bytes each, more than a record has
		command := testclient.Transfer(ana.account, luis.account, 1)
		command.GetTransfer().Memo = longMemo
		if reply := ana.Do(command); reply.GetReceipt() == nil {
			t.Fatal(reply.GetError())
		}
	}
	state := luis.subscribe(has).GetAccounts()[0]
	if !state.GetSnapshot() || len(state.GetMissing()) != 0 || state.GetAccount().GetSeq() != 100 {
		t.Errorf("got %d legs, snapshot %v", len(state.GetMissing()), state.GetSnapshot())
	}
}

func TestAHistoryThatTheBankDoesNotHaveIsSaidToHaveDiverged(t *testing.T) {
	h := open(t, nil)
	ana, luis := h.rich("ana", 100_00), h.register("luis")
	ana.pay(luis.account, 1)
	now := luis.accounts()[0]
	for name, has := range map[string]*protocol.Position{
		"a seq of the future": {Account: luis.account, Seq: 2, Head: now.GetHead()},
		"another head":        {Account: luis.account, Seq: 1, Head: make([]byte, 32)},
		"another first head":  {Account: luis.account, Seq: 0, Head: now.GetHead()},
	} {
		state := luis.subscribe(has).GetAccounts()[0]
		if !state.GetHistoryDiverged() || state.GetSnapshot() || len(state.GetMissing()) != 0 {
			t.Errorf("%s: %v", name, state)
		}
	}
	for name, has := range map[string]*protocol.Position{
		"what there is":       positionOf(now),
		"nothing yet":         {Account: luis.account},
		"somebody else's":     {Account: ana.account, Seq: 9, Head: make([]byte, 32)},
		"not even an account": {Account: "x", Seq: 0},
	} {
		if state := luis.subscribe(has).GetAccounts()[0]; state.GetHistoryDiverged() || state.GetSnapshot() {
			t.Errorf("%s: %v", name, state)
		}
	}
	for name, has := range map[string][]*protocol.Position{
		"a short head": {{Account: luis.account, Seq: 1, Head: make([]byte, 31)}},
		"no head":      {{Account: luis.account, Seq: 1}},
		"twice":        {positionOf(now), positionOf(now)},
	} {
		command := &protocol.Command{Request: &protocol.Command_Subscribe{Subscribe: &protocol.SubscribeRequest{Positions: has}}}
		if got := luis.Code(command); got != protocol.Code_CODE_INVALID_ARGUMENT {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// TestSubscribingWhileMoneyMovesMissesNothingAndDoublesNothing subscribes again and again under load and checks that reply
// and events together are every seq once, in order.
func TestSubscribingWhileMoneyMovesMissesNothingAndDoublesNothing(t *testing.T) {
	h := open(t, nil)
	ana, luis := h.rich("ana", 100_000_00), h.register("luis")
	stop := make(chan struct{})
	var paying sync.WaitGroup
	paying.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				if _, err := ana.Try(testclient.Transfer(ana.account, luis.account, 1)); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	has := positionOf(luis.accounts()[0])
	for range 20 {
		c := luis.again()
		state := c.subscribe(has).GetAccounts()[0]
		seq := has.GetSeq()
		next := func(leg *protocol.Leg) {
			if leg.GetSeq() != seq+1 {
				t.Fatalf("leg %d after %d", leg.GetSeq(), seq)
			}
			seq++
		}
		switch {
		case state.GetHistoryDiverged():
			t.Fatal("diverged")
		case state.GetSnapshot():
			seq = state.GetAccount().GetSeq()
		default:
			for _, leg := range state.GetMissing() {
				next(leg)
			}
		}
		if seq != state.GetAccount().GetSeq() {
			t.Fatalf("the reply is at %d, its legs at %d", state.GetAccount().GetSeq(), seq)
		}
		for range 5 {
			b := c.WaitEvent().GetBalance()
			next(b.GetLeg())
			has = &protocol.Position{Account: b.GetAccount(), Seq: b.GetSeq(), Head: b.GetLeg().GetHead()}
		}
		c.Cut()
		eventually(t, "the connection's place is free", func() bool { return h.hub.Stats().SignedIn <= 4 })
	}
	close(stop)
	paying.Wait()
}

func TestUnsubscribedConnectionsAreQuiet(t *testing.T) {
	h := open(t, nil)
	ana, luis := h.rich("ana", 100_00), h.register("luis")
	phone := luis.again()
	luis.subscribe()
	phone.subscribe()
	if reply := luis.Do(&protocol.Command{Request: &protocol.Command_Unsubscribe{Unsubscribe: &protocol.UnsubscribeRequest{}}}); reply.GetUnsubscribe() == nil {
		t.Fatal(reply)
	}
	ana.pay(luis.account, 1)
	phone.WaitEvent() // the event is out, and everywhere it goes
	luis.accounts()
	if len(luis.Events) != 0 {
		t.Error("heard an event")
	}
}
