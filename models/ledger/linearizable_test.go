package ledger

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// What concurrent callers see of a few accounts is what some order of their calls, one after the other, would show.
func TestTransfersAreLinearizable(t *testing.T) {
	const clients, calls, accounts, start = 8, 60, 3, 100
	h := newHouse(t, func(c *Config) { c.BatchMax = 5 })
	var people []holder
	for range accounts {
		people = append(people, h.holder(start))
	}
	type input struct {
		payer, payee int // the same: a read
		minor        int64
	}
	type output struct {
		refused bool
		balance int64 // the payer's, after
		seq     uint64
	}
	type state [accounts]struct {
		balance int64
		seq     uint64
	}
	model := porcupine.Model{
		Init: func() any {
			var s state
			for i := range s {
				s[i].balance, s[i].seq = start, 1 // the gift
			}
			return s
		},
		Step: func(before, in, out any) (bool, any) {
			s, i, o := before.(state), in.(input), out.(output)
			if i.payer != i.payee {
				if s[i.payer].balance < i.minor {
					return o.refused, s
				}
				s[i.payer].balance -= i.minor
				s[i.payer].seq++
				s[i.payee].balance += i.minor
				s[i.payee].seq++
			}
			return !o.refused && o.balance == s[i.payer].balance && o.seq == s[i.payer].seq, s
		},
		DescribeOperation: func(in, out any) string { return fmt.Sprintf("%+v -> %+v", in, out) },
	}
	var mu sync.Mutex
	var operations []porcupine.Operation
	began := time.Now()
	var group sync.WaitGroup
	for client := range clients {
		group.Go(func() {
			random := rand.New(rand.NewPCG(rand.Uint64(), uint64(client)))
			for range calls {
				in := input{payer: random.IntN(accounts), payee: random.IntN(accounts), minor: 1 + random.Int64N(60)}
				call := time.Since(began).Nanoseconds()
				var out output
				if in.payer == in.payee {
					state, err := h.store.AccountByNumber(context.Background(), people[in.payer].account)
					if err != nil {
						t.Error(err)
						return
					}
					out = output{balance: state.Head.BalanceMinor, seq: state.Head.Seq}
				} else {
					receipt, err := h.ledger.Post(context.Background(), people[in.payer].transfer(people[in.payee], in.minor))
					if err != nil && !errors.Is(err, ErrInsufficientFunds) {
						t.Error(err)
						return
					}
					out = output{refused: err != nil, balance: receipt.BalanceMinor, seq: receipt.Seq}
				}
				mu.Lock()
				operations = append(operations, porcupine.Operation{
					ClientId: client, Input: in, Call: call, Output: out, Return: time.Since(began).Nanoseconds(),
				})
				mu.Unlock()
			}
		})
	}
	group.Wait()
	if got := porcupine.CheckOperationsTimeout(model, operations, time.Minute); got != porcupine.Ok {
		t.Fatalf("%d calls: %v", len(operations), got)
	}
	h.verify()
}
