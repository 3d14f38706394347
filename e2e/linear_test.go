package e2e

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"caudal/protocol"
	"caudal/wsclient/caudal"
)

const linearAccounts = 3

// linearInput is a transfer, or a look at one account where amount is 0.
type linearInput struct {
	from, to int
	amount   int64
}

// linearOutput is the balance of the account from after a transfer, or as looked at; or a refusal for want of funds.
type linearOutput struct {
	balance int64
	refused bool
}

// linearBank is the whole bank, as simple as can be.
var linearBank = porcupine.Model{
	Init: func() any {
		var balances [linearAccounts]int64
		for i := range balances {
			balances[i] = 10_000_00
		}
		return balances
	},
	Step: func(state, input, output any) (bool, any) {
		balances, in, out := state.([linearAccounts]int64), input.(linearInput), output.(linearOutput)
		if in.amount == 0 {
			return out.balance == balances[in.from], balances
		}
		if balances[in.from] < in.amount {
			return out.refused, balances
		}
		balances[in.from] -= in.amount
		balances[in.to] += in.amount
		return !out.refused && out.balance == balances[in.from], balances
	},
	DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v -> %+v", input, output) },
}

// TestTransfersThroughSocketsAreLinearizable has several connections of few customers pay and look at once, and asks
// whether some order of it all explains every answer.
func TestTransfersThroughSocketsAreLinearizable(t *testing.T) {
	operations := 60
	if long {
		operations = 400
	}
	b := startBank(t)
	var customers [linearAccounts]*customer
	for i := range customers {
		customers[i] = register(t, b.pinned(), username("linear", i))
	}
	var mu sync.Mutex
	var history []porcupine.Operation
	start := time.Now()
	var working sync.WaitGroup
	for client := range 2 * linearAccounts {
		own := client % linearAccounts
		c := customers[own].again(b.pinned())
		working.Go(func() {
			for range operations {
				in := linearInput{from: own, to: (own + 1 + rand.IntN(linearAccounts-1)) % linearAccounts}
				if rand.IntN(3) > 0 {
					in.amount = rand.Int64N(9_000_00) + 1
				}
				var out linearOutput
				called := time.Since(start)
				if in.amount == 0 {
					out.balance = c.balance()
				} else {
					receipt, err := c.pay(testContext(t), customers[in.to], in.amount, "")
					switch {
					case err == nil:
						out.balance = receipt.BalanceMinor
					case caudal.CodeOf(err) == protocol.Code_CODE_INSUFFICIENT_FUNDS:
						out.refused = true
					default:
						t.Errorf("a transfer ended with %v", err)
						return
					}
				}
				mu.Lock()
				history = append(history, porcupine.Operation{
					ClientId: client, Input: in, Output: out, Call: int64(called), Return: int64(time.Since(start)),
				})
				mu.Unlock()
			}
		})
	}
	working.Wait()
	if t.Failed() {
		return
	}
	switch porcupine.CheckOperationsTimeout(linearBank, history, patience) {
	case porcupine.Illegal:
		t.Errorf("no order of the %d operations explains every answer", len(history))
	case porcupine.Unknown:
		t.Errorf("%d operations could not be decided within %v", len(history), patience)
	}
	b.verify()
}

func TestOfFourHundredRacingForTheLastPesoExactlyTheAffordableOnesPass(t *testing.T) {
	const racers, each, affordable = 400, 100_00, 100
	b := startBank(t)
	ana, luis := register(t, b.pinned(), "ana_peso"), register(t, b.pinned(), "luis_peso")
	connections := make([]*customer, 8)
	for i := range connections {
		connections[i] = ana.again(b.pinned())
	}
	var passed, refused atomic.Int64
	var racing sync.WaitGroup
	for i := range racers {
		racing.Go(func() {
			switch _, err := connections[i%len(connections)].pay(testContext(t), luis, each, "mine"); {
			case err == nil:
				passed.Add(1)
			case caudal.CodeOf(err) == protocol.Code_CODE_INSUFFICIENT_FUNDS:
				refused.Add(1)
			default:
				t.Errorf("a racer ended with %v", err)
			}
		})
	}
	racing.Wait()
	if passed.Load() != affordable || refused.Load() != racers-affordable {
		t.Errorf("%d passed and %d were refused, want %d and %d", passed.Load(), refused.Load(), affordable, racers-affordable)
	}
	if got := ana.balance(); got != 0 {
		t.Errorf("ana has %d left", got)
	}
	if got := luis.balance(); got != 20_000_00 {
		t.Errorf("luis has %d", got)
	}
	b.verify()
}
