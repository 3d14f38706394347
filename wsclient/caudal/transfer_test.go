package caudal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"caudal/protocol"
)

// trouble is what happens to one attempt at an order.
type trouble func(b *fakeBank, c *fakeConn, command *protocol.Command)

func cutBefore(_ *fakeBank, c *fakeConn, _ *protocol.Command) { c.cut() }

func cutAfter(b *fakeBank, c *fakeConn, command *protocol.Command) {
	b.decide(c, command)
	c.cut()
}

func closeAfter(code protocol.CloseCode) trouble {
	return func(b *fakeBank, c *fakeConn, command *protocol.Command) {
		b.decide(c, command)
		c.close(code)
	}
}

func swallow(b *fakeBank, c *fakeConn, command *protocol.Command) { b.decide(c, command) }

func answer1(code protocol.Code) trouble {
	return func(_ *fakeBank, c *fakeConn, command *protocol.Command) { c.reply(refuse(command, code)) }
}

// paidThenUnknown is a commit of which the bank does not know whether it has happened.
func paidThenUnknown(b *fakeBank, c *fakeConn, command *protocol.Command) {
	b.decide(c, command)
	c.reply(refuse(command, protocol.Code_CODE_OUTCOME_UNKNOWN))
}

func askedToWait(_ *fakeBank, c *fakeConn, command *protocol.Command) {
	reply := refuse(command, protocol.Code_CODE_BUSY)
	reply.GetError().RetryAfterMs = 1500
	c.reply(reply)
}

// troubled makes the first attempts at a transfer fail, one by one.
func troubled(b *fakeBank, attempts ...trouble) {
	var mu sync.Mutex
	b.intercept = func(c *fakeConn, command *protocol.Command) bool {
		if command.GetTransfer() == nil {
			return false
		}
		mu.Lock()
		defer mu.Unlock()
		if len(attempts) == 0 {
			return false
		}
		next := attempts[0]
		attempts = attempts[1:]
		next(b, c, command)
		return true
	}
}

// TestAnOrderIsCarriedOutOnceWhateverHappensToItsAnswers is the promise of Transfer.
func TestAnOrderIsCarriedOutOnceWhateverHappensToItsAnswers(t *testing.T) {
	cases := []struct {
		name     string
		attempts []trouble
		replay   bool
		atLeast  time.Duration
	}{
		{"nothing", nil, false, 0},
		{"cut before the bank has it", []trouble{cutBefore}, false, 0},
		{"cut after the bank has it", []trouble{cutAfter}, true, 0},
		{"cut again and again", []trouble{cutBefore, cutBefore, cutAfter, cutAfter, cutBefore, cutAfter}, true, 0},
		{"busy", []trouble{answer1(protocol.Code_CODE_BUSY), answer1(protocol.Code_CODE_BUSY)}, false, 0},
		{"busy, with a time", []trouble{askedToWait, askedToWait}, false, 3 * time.Second},
		{"unknown to the bank, and not paid", []trouble{answer1(protocol.Code_CODE_OUTCOME_UNKNOWN)}, false, 0},
		{"unknown to the bank, and paid", []trouble{paidThenUnknown}, true, 0},
		{"draining", []trouble{answer1(protocol.Code_CODE_DRAINING), closeAfter(protocol.CloseDraining)}, true, 0},
		{"the server has a fault", []trouble{closeAfter(protocol.CloseInternal)}, true, 0},
		{"cut, then too many attempts", []trouble{cutAfter, answer1(protocol.Code_CODE_RATE_LIMITED)}, true, 0},
		{"cut, then busy, then cut", []trouble{cutAfter, answer1(protocol.Code_CODE_BUSY), cutBefore}, true, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bank := newFakeBank(t)
				account := bank.open(7, 500_00)
				conn := signedInTo(t, bank)
				troubled(bank, c.attempts...)
				started := time.Now()
				receipt, err := conn.Transfer(t.Context(), Order{From: account, To: cash, AmountMinor: 100_00, Currency: "MXN"})
				if err != nil {
					t.Fatal(err)
				}
				if receipt.BalanceMinor != 400_00 || receipt.Seq != 2 || receipt.Replay != c.replay {
					t.Errorf("receipt: %+v", receipt)
				}
				if took := time.Since(started); took < c.atLeast {
					t.Errorf("took %v, the bank asked for %v", took, c.atLeast)
				}
				if n := len(bank.find(account).legs); n != 2 {
					t.Errorf("%d legs", n)
				}
			})
		})
	}
}

// TestAnOrderThatCannotBeSettledSaysSo tells apart what was certainly not done from what may have been.
func TestAnOrderThatCannotBeSettledSaysSo(t *testing.T) {
	const unknown, certain = true, false
	cases := []struct {
		name     string
		attempts []trouble
		key      Key
		once     bool
		unknown  bool
		cause    error
	}{
		{"no answer until the context ends", []trouble{swallow}, Key{}, false, unknown, context.DeadlineExceeded},
		{"cut, and no second connection", []trouble{cutAfter}, Key{}, true, unknown, ErrDisconnected},
		{"the device was revoked", []trouble{closeAfter(protocol.CloseDeviceRevoked)}, Key{}, false, unknown, &ClosedError{}},
		{"cut, then a fault", []trouble{cutAfter, answer1(protocol.Code_CODE_INTERNAL)}, Key{}, false, unknown, &Error{Code: protocol.Code_CODE_INTERNAL}},
		{"cut, then signed out", []trouble{cutAfter, answer1(protocol.Code_CODE_UNAUTHENTICATED)}, Key{}, false, unknown, &Error{Code: protocol.Code_CODE_UNAUTHENTICATED}},
		{"unknown to the bank, then a fault", []trouble{paidThenUnknown, answer1(protocol.Code_CODE_INTERNAL)}, Key{}, false, unknown, &Error{Code: protocol.Code_CODE_INTERNAL}},
		{"an old key, and a fault", []trouble{answer1(protocol.Code_CODE_INTERNAL)}, keyNumber(1), false, unknown, &Error{Code: protocol.Code_CODE_INTERNAL}},
		{"a fault", []trouble{answer1(protocol.Code_CODE_INTERNAL)}, Key{}, false, certain, &Error{Code: protocol.Code_CODE_INTERNAL}},
		{"too many attempts", []trouble{answer1(protocol.Code_CODE_RATE_LIMITED)}, Key{}, false, certain, &Error{Code: protocol.Code_CODE_RATE_LIMITED}},
		{"refused", []trouble{answer1(protocol.Code_CODE_ACCOUNT_FROZEN)}, Key{}, false, certain, &Error{Code: protocol.Code_CODE_ACCOUNT_FROZEN}},
		{"cut, then refused", []trouble{cutBefore, answer1(protocol.Code_CODE_INSUFFICIENT_FUNDS)}, Key{}, false, certain, &Error{Code: protocol.Code_CODE_INSUFFICIENT_FUNDS}},
		{"not allowed", []trouble{answer1(protocol.Code_CODE_PERMISSION_DENIED)}, Key{}, false, certain, &Error{Code: protocol.Code_CODE_PERMISSION_DENIED}},
		{"cut, then not allowed any more", []trouble{cutAfter, answer1(protocol.Code_CODE_PERMISSION_DENIED)}, Key{}, false, unknown, &Error{Code: protocol.Code_CODE_PERMISSION_DENIED}},
		{"an old key, refused", []trouble{answer1(protocol.Code_CODE_KEY_STALE)}, keyNumber(1), false, certain, &Error{Code: protocol.Code_CODE_KEY_STALE}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bank := newFakeBank(t)
				account := bank.open(7, 500_00)
				conn := signedInTo(t, bank, func(config *Config) { config.Once = c.once })
				troubled(bank, c.attempts...)
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				_, err := conn.Transfer(ctx, Order{From: account, To: cash, AmountMinor: 100_00, Currency: "MXN", Key: c.key})
				open, isOpen := errors.AsType[*OutcomeUnknownError](err)
				if isOpen != c.unknown || errors.Is(err, ErrOutcomeUnknown) != c.unknown {
					t.Fatalf("got %v", err)
				}
				if _, ok := errors.AsType[*ClosedError](c.cause); ok {
					if closed, ok := errors.AsType[*ClosedError](err); !ok || closed.Code != protocol.CloseDeviceRevoked {
						t.Errorf("cause: %v", err)
					}
				} else if !errors.Is(err, c.cause) {
					t.Errorf("cause: %v, want %v", err, c.cause)
				}
				if isOpen && c.key.IsZero() && open.Key.IsZero() || isOpen && !c.key.IsZero() && open.Key != c.key {
					t.Errorf("the key is %v", open.Key)
				}
				if n := len(bank.find(account).legs); n > 2 {
					t.Errorf("%d legs", n)
				}
			})
		})
	}
}

func TestAnUnknownOutcomeIsSettledByItsKeyFromAnotherConn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		account := bank.open(7, 500_00)
		order := Order{From: account, To: cash, AmountMinor: 100_00, Currency: "MXN"}
		first := signedInTo(t, bank, func(c *Config) { c.Once = true })
		troubled(bank, cutAfter)
		_, err := first.Transfer(t.Context(), order)
		open, ok := errors.AsType[*OutcomeUnknownError](err)
		if !ok {
			t.Fatal(err)
		}
		order.Key = open.Key
		receipt, err := signedInTo(t, bank).Transfer(t.Context(), order)
		if err != nil || !receipt.Replay || receipt.BalanceMinor != 400_00 {
			t.Fatalf("%+v, %v", receipt, err)
		}
	})
}

func TestAnOrderThatNeverLeftIsNotUnknown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		account := bank.open(7, 500_00)
		conn := signedInTo(t, bank)
		bank.listener.refuse = func() error { return errors.New("unreachable") }
		bank.cut()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err := conn.Transfer(ctx, Order{From: account, To: cash, AmountMinor: 1, Currency: "MXN"})
		if errors.Is(err, ErrOutcomeUnknown) || !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, ErrDisconnected) {
			t.Errorf("got %v", err)
		}
		ctx, cancel = context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err = conn.Transfer(ctx, Order{From: account, To: cash, AmountMinor: 1, Currency: "MXN", Key: keyNumber(9)})
		if !errors.Is(err, ErrOutcomeUnknown) {
			t.Errorf("with a key that may have been used before: %v", err)
		}
	})
}

func TestAnEndedContextSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		account := bank.open(7, 500_00)
		conn := signedInTo(t, bank)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := conn.Transfer(ctx, Order{From: account, To: cash, AmountMinor: 1, Currency: "MXN"})
		if !errors.Is(err, context.Canceled) || errors.Is(err, ErrOutcomeUnknown) {
			t.Errorf("got %v", err)
		}
		synctest.Wait()
		if n := bank.seen("transfer"); n != 0 {
			t.Errorf("sent %d times", n)
		}
	})
}

func TestCommandsThatMustNotBeDoneTwiceAreSentOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		conn := signedInTo(t, bank)
		bank.intercept = func(c *fakeConn, command *protocol.Command) bool {
			if command.GetChangePassword() == nil {
				return false
			}
			c.cut()
			return true
		}
		_, err := conn.ChangePassword(t.Context(), fakePassword, "another horse battery")
		if !errors.Is(err, ErrDisconnected) {
			t.Errorf("got %v", err)
		}
		if n := bank.seen("change_password"); n != 1 {
			t.Errorf("sent %d times", n)
		}
	})
}

// TestAReceiptForAnotherOrderIsNotBelieved: the channel proves that it is the bank's answer, not that it is the right one.
func TestAReceiptForAnotherOrderIsNotBelieved(t *testing.T) {
	lies := map[string]func(*protocol.Receipt){
		"amount":   func(r *protocol.Receipt) { r.AmountMinor++ },
		"payee":    func(r *protocol.Receipt) { r.To = fakeCLABE(99) },
		"payer":    func(r *protocol.Receipt) { r.From = fakeCLABE(99) },
		"currency": func(r *protocol.Receipt) { r.Currency = "USD" },
		"key":      func(r *protocol.Receipt) { r.IdempotencyKey = make([]byte, 16) },
		"no key":   func(r *protocol.Receipt) { r.IdempotencyKey = nil },
		"head":     func(r *protocol.Receipt) { r.Head = r.Head[:31] },
	}
	for name, lie := range lies {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bank := newFakeBank(t)
				account := bank.open(7, 500_00)
				conn := signedInTo(t, bank)
				bank.outgoing = func(_ *fakeConn, m *protocol.ServerMessage) []*protocol.ServerMessage {
					if r := m.GetReply().GetReceipt(); r != nil {
						lie(r)
					}
					return []*protocol.ServerMessage{m}
				}
				_, err := conn.Transfer(t.Context(), Order{From: account, To: cash, AmountMinor: 100, Currency: "MXN"})
				if !errors.Is(err, ErrProtocol) || !errors.Is(err, ErrOutcomeUnknown) {
					t.Errorf("got %v", err)
				}
				synctest.Wait()
				if _, err := conn.Accounts(t.Context()); !errors.Is(err, ErrProtocol) {
					t.Errorf("the connection goes on: %v", err)
				}
			})
		})
	}
}

func TestConcurrentOrdersUnderCutsArePaidOnceEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const orders = 200
		bank := newFakeBank(t)
		account := bank.open(7, 500_00)
		conn := signedInTo(t, bank)
		n := 0
		var mu sync.Mutex
		bank.intercept = func(c *fakeConn, command *protocol.Command) bool {
			if command.GetTransfer() == nil {
				return false
			}
			mu.Lock()
			defer mu.Unlock()
			n++
			switch n % 17 {
			case 3:
				cutBefore(bank, c, command)
				return true
			case 11:
				cutAfter(bank, c, command)
				return true
			}
			return false
		}
		var wait sync.WaitGroup
		for i := range orders {
			wait.Go(func() {
				if _, err := conn.Transfer(t.Context(), Order{From: account, To: cash, AmountMinor: 1, Currency: "MXN", Memo: fmt.Sprint(i)}); err != nil {
					t.Errorf("order %d: %v", i, err)
				}
			})
		}
		wait.Wait()
		if legs := len(bank.find(account).legs); legs != orders+1 {
			t.Errorf("%d legs for %d orders", legs-1, orders)
		}
		memos := map[string]int{}
		for _, leg := range bank.find(account).legs[1:] {
			if memos[leg.Memo]++; memos[leg.Memo] > 1 {
				t.Errorf("order %s was paid twice", leg.Memo)
			}
		}
	})
}
