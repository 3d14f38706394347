package caudal

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"caudal/certs"
	"caudal/protocol"
)

// TestEveryDivergenceIsAnAlarm: whatever does not continue or does not add up ends the loop with its own event and error.
func TestEveryDivergenceIsAnAlarm(t *testing.T) {
	alter := func(change func(*protocol.BalanceEvent)) func(*fakeBank, string) {
		return func(bank *fakeBank, account string) {
			bank.outgoing = balances(func(_ int, m *protocol.ServerMessage) []*protocol.ServerMessage {
				change(m.GetEvent().GetBalance())
				return []*protocol.ServerMessage{m}
			})
			bank.pay(account, 100)
		}
	}
	reconnecting := func(change func(*fakeBank, *fakeAccount)) func(*fakeBank, string) {
		return func(bank *fakeBank, account string) {
			bank.cut()
			bank.mu.Lock()
			defer bank.mu.Unlock()
			change(bank, bank.find(account))
		}
	}
	cases := []struct {
		name string
		do   func(bank *fakeBank, account string)
		why  string
	}{
		{"restored from a backup", func(bank *fakeBank, account string) { bank.cut(); bank.rollBack(account, 2) }, "does not have this leg"},
		{"restored, and gone on", func(bank *fakeBank, account string) {
			bank.cut()
			bank.rollBack(account, 1)
			bank.pay(account, 5)
			bank.pay(account, 6)
		}, "does not have this leg"},
		{"restored, and not saying so", reconnecting(func(bank *fakeBank, a *fakeAccount) {
			a.Seq--
			a.Head = a.legs[a.Seq-1].Head
			bank.missingMax = 100
			bank.outgoing = func(_ *fakeConn, m *protocol.ServerMessage) []*protocol.ServerMessage {
				for _, s := range m.GetReply().GetSubscribe().GetAccounts() {
					s.HistoryDiverged = false
				}
				return []*protocol.ServerMessage{m}
			}
		}), "gone back"},
		{"another head at the same leg", reconnecting(func(_ *fakeBank, a *fakeAccount) {
			a.Head = slices.Repeat([]byte{1}, 32)
		}), "another hash chain"},
		{"another balance at the same leg", reconnecting(func(_ *fakeBank, a *fakeAccount) { a.BalanceMinor++ }), "not the sum"},
		{"another currency", reconnecting(func(_ *fakeBank, a *fakeAccount) { a.Currency = "USD" }), "currency"},
		{"the account is gone", reconnecting(func(bank *fakeBank, a *fakeAccount) {
			bank.accounts = slices.DeleteFunc(bank.accounts, func(other *fakeAccount) bool { return other == a })
		}), "does not know"},
		{"a leg's amount", alter(func(e *protocol.BalanceEvent) { e.Leg.AmountMinor++ }), "not the sum"},
		{"a leg's amount and balance", alter(func(e *protocol.BalanceEvent) {
			e.Leg.AmountMinor++
			e.Leg.BalanceMinor++
			e.BalanceMinor++
		}), "hash chain"},
		{"a leg's time", alter(func(e *protocol.BalanceEvent) { e.Leg.AtUs++ }), "hash chain"},
		{"a leg's memo", alter(func(e *protocol.BalanceEvent) { e.Leg.Memo += "!" }), "hash chain"},
		{"a leg's counterparty", alter(func(e *protocol.BalanceEvent) { e.Leg.Counterparty = fakeCLABE(99) }), "hash chain"},
		{"a leg's kind", alter(func(e *protocol.BalanceEvent) { e.Leg.Kind = protocol.TransferKind_TRANSFER_KIND_GIFT }), "hash chain"},
		{"a leg's head", alter(func(e *protocol.BalanceEvent) { e.Leg.Head[0]++ }), "hash chain"},
		{"an event's balance without a leg", alter(func(e *protocol.BalanceEvent) { e.Leg = nil; e.BalanceMinor++ }), "not the sum"},
		{"an event's currency", alter(func(e *protocol.BalanceEvent) { e.Currency = "USD" }), "currency"},
		{"an event that goes back", func(bank *fakeBank, account string) {
			a := bank.find(account)
			bank.say(&protocol.Event{Kind: &protocol.Event_Balance{Balance: &protocol.BalanceEvent{
				Account: account, Version: a.Version + 1, Seq: a.Seq - 1, Currency: "MXN",
			}}})
		}, "gone back"},
		{"a history with a hole", func(bank *fakeBank, account string) {
			bank.outgoing = func(_ *fakeConn, m *protocol.ServerMessage) []*protocol.ServerMessage {
				if h := m.GetReply().GetHistory(); len(h.GetLegs()) > 2 {
					h.Legs = slices.Delete(h.Legs, 1, 2)
				}
				return []*protocol.ServerMessage{m}
			}
			bank.cut()
			for range 30 {
				bank.pay(account, 1)
			}
		}, "the history goes from"},
		{"a history that ends early", func(bank *fakeBank, account string) {
			bank.outgoing = func(_ *fakeConn, m *protocol.ServerMessage) []*protocol.ServerMessage {
				if h := m.GetReply().GetHistory(); h != nil {
					h.Next = ""
				}
				return []*protocol.ServerMessage{m}
			}
			bank.cut()
			for range 30 {
				bank.pay(account, 1)
			}
		}, "does not have the legs"},
		{"a new account that begins elsewhere", func(bank *fakeBank, _ string) {
			bank.cut()
			fresh := bank.open(10, 0)
			bank.mu.Lock()
			defer bank.mu.Unlock()
			bank.find(fresh).Head = slices.Repeat([]byte{2}, 32)
		}, "begin"},
		{"a new account whose first leg begins elsewhere", func(bank *fakeBank, _ string) {
			bank.cut()
			fresh := bank.open(10, 0)
			bank.mu.Lock()
			defer bank.mu.Unlock()
			a := bank.find(fresh)
			a.Head = slices.Repeat([]byte{2}, 32)
			bank.post(a, 5, cash, "")
		}, "hash chain"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bank, conn, w, account := following(t)
				bank.pay(account, 10)
				bank.pay(account, 20)
				synctest.Wait()
				seen := w.last
				c.do(bank, account)
				settle()
				err := w.end()
				diverged, ok := errors.AsType[*DivergedError](err)
				if !ok || !errors.Is(err, ErrDiverged) {
					t.Fatalf("got %v", err)
				}
				if !strings.Contains(diverged.Why, c.why) {
					t.Errorf("why: %q, want %q", diverged.Why, c.why)
				}
				alarm, ok := w.events[len(w.events)-1].(Diverged)
				if !ok || alarm != (Diverged{Account: diverged.Account, Seq: diverged.Seq, Why: diverged.Why}) {
					t.Errorf("the last event is %#v", w.events[len(w.events)-1])
				}
				if alarm.Seq != seen[alarm.Account].Seq {
					t.Errorf("the last leg that was right is %d, said is %d", seen[alarm.Account].Seq, alarm.Seq)
				}
				if _, err := conn.Ping(t.Context()); err != nil {
					t.Errorf("the connection is gone: %v", err)
				}
			})
		})
	}
}

func TestAPositionThatTheBankDoesNotHaveIsAnAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		account := bank.open(7, 500_00)
		for name, p := range map[string]Position{
			"another head":    {Account: account, Seq: 1, Head: Head{1}},
			"a later leg":     {Account: account, Seq: 5, Head: Head{1}},
			"another account": {Account: fakeCLABE(44), Seq: 1, Head: Head{1}},
		} {
			conn := signedInTo(t, bank)
			w := watch(t, conn, p)
			if err := w.end(); !errors.Is(err, ErrDiverged) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// TestABankThatChangedItsIdentityKeepsItsAccounts: chains begin with the identity that the account was opened under.
func TestABankThatChangedItsIdentityKeepsItsAccounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		empty := bank.open(6, 0)
		account := bank.open(7, 500_00)
		old := bank.identity
		bank.identity = newIdentity(t)
		proof := old.Succeed(bank.identity.Public())
		bank.certificate = func(c *certs.ChannelCertificate) { c.Predecessor = &proof }
		fresh := bank.open(8, 1_00)
		conn := signedInTo(t, bank)
		w := watch(t, conn, Position{Account: empty}, Position{Account: account}, Position{Account: fresh})
		settle()
		bank.pay(empty, 5)
		settle()
		w.reached(bank)
		if n := w.count(isLeg); n != 3 {
			t.Errorf("%d legs", n)
		}
	})
}

// TestABankThatChangedItsIdentityTwiceIsFollowed: it names only the last change, so that where an old account's chain
// begins cannot be checked any more; everything from its first leg on is.
func TestABankThatChangedItsIdentityTwiceIsFollowed(t *testing.T) {
	for _, lie := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			bank := newFakeBank(t)
			account := bank.open(7, 500_00)
			bank.pay(account, 5)
			middle := newIdentity(t)
			bank.identity = newIdentity(t)
			proof := middle.Succeed(bank.identity.Public())
			bank.certificate = func(c *certs.ChannelCertificate) { c.Predecessor = &proof }
			if lie {
				bank.outgoing = func(_ *fakeConn, m *protocol.ServerMessage) []*protocol.ServerMessage {
					for _, leg := range m.GetReply().GetHistory().GetLegs() {
						if leg.GetSeq() == 1 {
							leg.AmountMinor--
						}
					}
					return []*protocol.ServerMessage{m}
				}
			}
			w := watch(t, signedInTo(t, bank), Position{Account: account})
			settle()
			if lie {
				if err := w.end(); !errors.Is(err, ErrDiverged) {
					t.Errorf("a first leg that does not add up: %v", err)
				}
				return
			}
			w.reached(bank)
			if n := w.count(isLeg); n != 2 {
				t.Errorf("%d legs", n)
			}
		})
	}
}
