package e2e

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"caudal/wsclient/caudal"
)

// crowd is people who pay one account from clients of their own, without a browser.
type crowd struct {
	t     testing.TB
	payee string
	conns []*customer
	paid  atomic.Int64 // transfers of one minor unit that the bank has acknowledged
}

func gather(t testing.TB, b *bank, people int, payee string) *crowd {
	t.Helper()
	c := &crowd{t: t, payee: payee}
	for i := range people {
		c.conns = append(c.conns, register(t, b.pinned(), username("crowd", i)))
	}
	return c
}

// pay makes about perSecond transfers of one minor unit each second until the context ends, and returns how many a second
// the bank did. Whoever finds the bank slower pays less often: nothing piles up.
func (c *crowd) pay(ctx context.Context, perSecond int) (reached float64) {
	c.t.Helper()
	const pulse = 10 * time.Millisecond
	due := make(chan struct{}, perSecond)
	var working sync.WaitGroup
	for _, conn := range c.conns {
		for range 8 {
			working.Go(func() {
				for range due {
					_, err := conn.Transfer(context.WithoutCancel(ctx), caudal.Order{
						From: conn.account, To: c.payee, AmountMinor: 1, Currency: "MXN", Memo: "gota",
					})
					if err != nil {
						c.t.Errorf("a payment of the crowd: %v", err)
						return
					}
					c.paid.Add(1)
				}
			})
		}
	}
	start, before := time.Now(), c.paid.Load()
	tick := time.NewTicker(pulse)
	defer tick.Stop()
	offered := 0
pulses:
	for {
		select {
		case <-ctx.Done():
			break pulses
		case now := <-tick.C:
			for ; offered < int(now.Sub(start).Seconds()*float64(perSecond)); offered++ {
				select {
				case due <- struct{}{}:
				default: // the bank is behind
				}
			}
		}
	}
	close(due)
	working.Wait()
	return float64(c.paid.Load()-before) / time.Since(start).Seconds()
}

// terminal is somebody's client program with a home of its own.
type terminal struct {
	t    testing.TB
	bank *bank
	home string
}

func (b *bank) terminal(t testing.TB) *terminal {
	t.Helper()
	return &terminal{t: t, bank: b, home: filepath.Join(t.TempDir(), "home")}
}

// runs runs the client program, which must end well, and returns what it prints.
func (c *terminal) runs(stdin string, args ...string) string {
	c.t.Helper()
	cmd := c.bank.command(args...)
	cmd.Args[0] = "caudal"
	cmd.Env = append(cmd.Env, "CAUDAL_HOME="+c.home, "CAUDAL_SERVER="+c.bank.url(), "CAUDAL_IDENTITY="+c.bank.identity.String(), "NO_COLOR=1")
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			out = append(out, exit.Stderr...)
		}
		c.t.Fatalf("caudal %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}
