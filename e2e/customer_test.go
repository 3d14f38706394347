package e2e

import (
	"context"
	"testing"

	"caudal/wsclient/caudal"
)

// customer is someone with an account and a connection.
type customer struct {
	*caudal.Conn
	t       testing.TB
	name    string
	device  *caudal.Device
	account string // CLABE of the first account
}

// register makes a new customer of the bank, with 10,000.00 on the account.
func register(t testing.TB, config caudal.Config, name string) *customer {
	t.Helper()
	ctx := testContext(t)
	c := &customer{t: t, name: name, device: must[*caudal.Device](t)(caudal.NewDevice("test"))}
	c.Conn = must[*caudal.Conn](t)(caudal.Dial(ctx, config))
	t.Cleanup(func() { c.Close() })
	must[*caudal.User](t)(c.Register(ctx, caudal.NewUser{Username: name, Owner: "Someone Called " + name, Password: testPassword}, c.device))
	accounts := must[[]caudal.Account](t)(c.Accounts(ctx))
	if len(accounts) != 1 || accounts[0].BalanceMinor != 10_000_00 {
		t.Fatalf("a new customer has %+v", accounts)
	}
	c.account = accounts[0].CLABE
	return c
}

// again opens one more connection of the same customer, by the device's key.
func (c *customer) again(config caudal.Config) *customer {
	c.t.Helper()
	ctx := testContext(c.t)
	twin := &customer{t: c.t, name: c.name, device: c.device, account: c.account}
	twin.Conn = must[*caudal.Conn](c.t)(caudal.Dial(ctx, config))
	c.t.Cleanup(func() { twin.Close() })
	must[*caudal.User](c.t)(twin.Resume(ctx, c.device))
	return twin
}

func (c *customer) pay(ctx context.Context, to *customer, amountMinor int64, memo string) (*caudal.Receipt, error) {
	return c.Transfer(ctx, caudal.Order{From: c.account, To: to.account, AmountMinor: amountMinor, Currency: "MXN", Memo: memo})
}

func (c *customer) balance() int64 {
	c.t.Helper()
	for _, a := range must[[]caudal.Account](c.t)(c.Accounts(testContext(c.t))) {
		if a.CLABE == c.account {
			return a.BalanceMinor
		}
	}
	c.t.Fatalf("%s has lost account %s", c.name, c.account)
	return 0
}

// listener follows one account's balance events and holds them to what every listener may rely on.
type listener struct {
	t       testing.TB
	events  chan caudal.Balance
	started chan struct{} // closed when the first balance has come
	failed  chan error
}

// listen follows the customer's first account from its very first leg until the test ends.
func (c *customer) listen() *listener {
	l := &listener{t: c.t, events: make(chan caudal.Balance, 1<<16), started: make(chan struct{}), failed: make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	c.t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		first := true
		for event, err := range c.Events(ctx) {
			if err != nil {
				if ctx.Err() == nil {
					l.failed <- err
				}
				return
			}
			b, ok := event.(caudal.Balance)
			if !ok || b.Account != c.account {
				continue
			}
			if first {
				first = false
				close(l.started)
			}
			l.events <- b
		}
	}()
	select {
	case <-l.started:
	case err := <-l.failed:
		c.t.Fatal(err)
	case <-testContext(c.t).Done():
		c.t.Fatal("no balance comes")
	}
	return l
}

// until takes balances until one has the seq, and fails if a seq is missing or doubled on the way, or if a balance does
// not follow from the one before.
func (l *listener) until(seq uint64) []caudal.Balance {
	l.t.Helper()
	var taken []caudal.Balance
	timeout := testContext(l.t).Done()
	for len(taken) == 0 || taken[len(taken)-1].Seq < seq {
		select {
		case b := <-l.events:
			if n := len(taken); n > 0 && b.Leg != nil {
				last := taken[n-1]
				if b.Seq != last.Seq+1 || b.BalanceMinor != last.BalanceMinor+b.Leg.AmountMinor {
					l.t.Fatalf("after seq %d and %d came seq %d, %+d and %d", last.Seq, last.BalanceMinor, b.Seq, b.Leg.AmountMinor, b.BalanceMinor)
				}
			}
			taken = append(taken, b)
		case err := <-l.failed:
			l.t.Fatal(err)
		case <-timeout:
			l.t.Fatalf("waited in vain for seq %d; %d balances came", seq, len(taken))
		}
	}
	return taken
}
