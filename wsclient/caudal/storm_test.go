package caudal

import (
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"caudal/protocol"
)

// TestEventsUnderAStorm throws everything at once, in an order that its seed decides.
func TestEventsUnderAStorm(t *testing.T) {
	seeds := uint64(10)
	if os.Getenv("CAUDAL_TEST_LONG") != "" {
		seeds = 500
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			var mu sync.Mutex
			calm := true
			chance := func(percent int) bool {
				mu.Lock()
				defer mu.Unlock()
				return !calm && random.IntN(100) < percent
			}
			var held *protocol.ServerMessage // by the bank's mutex, as all its balance events are
			bank, conn, w, account := following(t, func(bank *fakeBank) {
				bank.outgoing = balances(func(_ int, m *protocol.ServerMessage) []*protocol.ServerMessage {
					out := []*protocol.ServerMessage{m}
					if held != nil {
						out, held = append(out, held), nil
					}
					switch {
					case chance(15):
						return nil
					case chance(15):
						return append(out, m)
					case chance(15):
						held = m
						return out[1:]
					}
					return out
				})
				bank.intercept = func(c *fakeConn, _ *protocol.Command) bool {
					if chance(4) {
						c.cut()
						return true
					}
					return false
				}
			})
			accounts := []string{account, fakeCLABE(8)}
			roll := func(n int) int {
				mu.Lock()
				defer mu.Unlock()
				return random.IntN(n)
			}
			mu.Lock()
			calm = false
			mu.Unlock()
			orders := 0
			for step := range 400 {
				switch {
				case chance(3):
					bank.cut()
				case chance(3):
					bank.each(func(c *fakeConn) { c.close(protocol.CloseSlowReader) })
				case chance(2):
					bank.freeze(accounts[step%2])
				case chance(1):
					accounts = append(accounts, bank.open(int64(100+step), 5))
				case chance(5):
					pass(time.Duration(roll(3000)) * time.Millisecond)
				case chance(10):
					orders++
					go conn.Transfer(t.Context(), Order{From: account, To: cash, AmountMinor: 1, Currency: "MXN"})
				default:
					bank.pay(accounts[roll(len(accounts))], int64(1+roll(100)))
				}
			}
			mu.Lock()
			calm = true
			mu.Unlock()
			pass(time.Hour)
			for _, a := range accounts {
				bank.pay(a, 1) // shows a last one that was left out
			}
			pass(time.Hour)
			w.reached(bank)
			if bank.seen("resume") == 0 || orders == 0 {
				t.Error("there was no storm")
			}
			if t.Failed() {
				t.Logf("seed %d", seed)
			}
		})
	}
}
