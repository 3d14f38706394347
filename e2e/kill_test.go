package e2e

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"caudal/protocol"
	"caudal/wsclient/caudal"
)

// outcome is what a customer was told of one order.
type outcome int

const (
	unknown outcome = iota
	acknowledged
	refused
)

// TestKilledAgainAndAgainNothingIsLostAndNothingIsPaidTwice kills the real program with SIGKILL while customers pay each
// other and the SDK retries; then every order's story must be the ledger's.
func TestKilledAgainAndAgainNothingIsLostAndNothingIsPaidTwice(t *testing.T) {
	kills, customers, workers := 5, 5, 3
	if long {
		kills = 40
	}
	b := startBank(t)
	all := make([]*customer, customers)
	listeners := make([]*listener, customers)
	for i := range all {
		all[i] = register(t, b.pinned(), username("killed", i))
		listeners[i] = all[i].again(b.pinned()).listen()
	}

	var mu sync.Mutex
	told := make([]map[caudal.Key]outcome, customers) // by payer
	unsettled := make([][]caudal.Order, customers)    // by payer: what was unknown when the paying stopped
	ctx, stop := context.WithCancel(context.Background())
	var paying sync.WaitGroup
	for i := range all {
		told[i] = map[caudal.Key]outcome{}
		for w := range workers {
			conn := all[i]
			if w > 0 {
				conn = all[i].again(b.pinned())
			}
			paying.Go(func() {
				for ctx.Err() == nil {
					key := caudal.Key(uuid.Must(uuid.NewV7()))
					payee := all[(i+1+rand.IntN(customers-1))%customers]
					order := caudal.Order{
						From: conn.account, To: payee.account, AmountMinor: rand.Int64N(3_000_00) + 1, Currency: "MXN", Key: key,
					}
					_, err := conn.Transfer(ctx, order)
					result := outcomeOf(t, err)
					mu.Lock()
					told[i][key] = result
					if result == unknown {
						unsettled[i] = append(unsettled[i], order)
					}
					mu.Unlock()
				}
			})
		}
	}
	count := func(want outcome) (n int) {
		mu.Lock()
		defer mu.Unlock()
		for _, orders := range told {
			for _, got := range orders {
				if got == want {
					n++
				}
			}
		}
		return n
	}
	for range kills {
		before := count(acknowledged)
		eventually(t, "transfers are acknowledged between two kills", func() bool { return count(acknowledged) > before+20 })
		b.kill()
		b.start()
	}
	before := count(acknowledged)
	eventually(t, "transfers are acknowledged after the last kill", func() bool { return count(acknowledged) > before+20 })
	stop()
	paying.Wait()
	left := count(unknown)
	// The same key settles what was cut off. Until then it may still be under way, and balances read one after the other
	// would not add up.
	for i, orders := range unsettled {
		for _, order := range orders {
			_, err := all[i].Transfer(testContext(t), order)
			told[i][order.Key] = outcomeOf(t, err)
		}
	}
	if n := count(unknown); n > 0 {
		t.Fatalf("%d orders are unknown after the same key was asked for again", n)
	}

	var sum int64
	for i, c := range all {
		booked := map[caudal.Key]int{}
		var lastSeq uint64
		var balance int64
		for leg, err := range c.Legs(testContext(t), caudal.HistoryQuery{Account: c.account}) {
			if err != nil {
				t.Fatal(err)
			}
			if lastSeq == 0 {
				lastSeq, balance = leg.Seq, leg.BalanceMinor
			}
			if !leg.Key.IsZero() {
				booked[leg.Key]++
			}
		}
		sum += balance
		for key, result := range told[i] {
			n := booked[key]
			delete(booked, key)
			if result == acknowledged && n != 1 || result == refused && n != 0 || n > 1 {
				t.Errorf("%s: the order %v of outcome %d is booked %d times", c.name, key, result, n)
			}
		}
		for key := range booked {
			t.Errorf("%s: the ledger has %v, which nobody ordered", c.name, key)
		}
		seen := listeners[i].until(lastSeq)
		if last := seen[len(seen)-1]; last.BalanceMinor != balance {
			t.Errorf("%s: the listener shows %d, the ledger %d", c.name, last.BalanceMinor, balance)
		}
	}
	if want := int64(customers) * 10_000_00; sum != want {
		t.Errorf("the customers have %d together, want %d", sum, want)
	}
	t.Logf("%d kills, %d acknowledged, %d refused, %d of them unknown at first", kills, count(acknowledged), count(refused), left)
	b.verify()
}

// outcomeOf says what a customer learns from how a transfer ended. No other refusal is in place where all accounts are good.
func outcomeOf(t testing.TB, err error) outcome {
	switch {
	case err == nil:
		return acknowledged
	case errors.Is(err, caudal.ErrOutcomeUnknown):
		return unknown
	case caudal.CodeOf(err) != protocol.Code_CODE_INSUFFICIENT_FUNDS:
		t.Errorf("a transfer ended with %v", err)
	}
	return refused
}

// TestTwoTerminalsWithOneKeyGetOneDecision races the same order from two connections, many times.
func TestTwoTerminalsWithOneKeyGetOneDecision(t *testing.T) {
	b := startBank(t)
	ana, luis := register(t, b.pinned(), "ana_race"), register(t, b.pinned(), "luis_race")
	terminals := []*customer{ana, ana.again(b.pinned())}
	const rounds = 30
	for range rounds {
		order := caudal.Order{From: ana.account, To: luis.account, AmountMinor: 500_00, Currency: "MXN", Key: caudal.Key(uuid.Must(uuid.NewV7()))}
		receipts, errs := make([]*caudal.Receipt, 2), make([]error, 2)
		var racing sync.WaitGroup
		for i, terminal := range terminals {
			racing.Go(func() { receipts[i], errs[i] = terminal.Transfer(testContext(t), order) })
		}
		racing.Wait()
		if (errs[0] == nil) != (errs[1] == nil) || caudal.CodeOf(errs[0]) != caudal.CodeOf(errs[1]) {
			t.Fatalf("one key, two decisions: %v and %v", errs[0], errs[1])
		}
		if errs[0] == nil {
			if receipts[0].TransferID != receipts[1].TransferID || receipts[0].Seq != receipts[1].Seq || receipts[0].Head != receipts[1].Head {
				t.Fatalf("one key, two receipts: %+v and %+v", receipts[0], receipts[1])
			}
			if receipts[0].Replay == receipts[1].Replay {
				t.Fatalf("of two receipts of one key, one is a replay: %+v and %+v", receipts[0], receipts[1])
			}
		}
	}
	if got := ana.balance(); got != 0 { // 20 of 500.00 were affordable
		t.Errorf("ana has %d", got)
	}
	if got := luis.balance(); got != 20_000_00 {
		t.Errorf("luis has %d", got)
	}
	b.verify()
}

// TestARefusedKeyStaysRefusedAcrossARestart: what a customer was told once is true for ever.
func TestARefusedKeyStaysRefusedAcrossARestart(t *testing.T) {
	b := startBank(t)
	ana, luis := register(t, b.pinned(), "ana_no"), register(t, b.pinned(), "luis_no")
	order := caudal.Order{From: ana.account, To: luis.account, AmountMinor: 15_000_00, Currency: "MXN", Key: caudal.Key(uuid.Must(uuid.NewV7()))}
	expectCode(t, protocol.Code_CODE_INSUFFICIENT_FUNDS)(ana.Transfer(testContext(t), order))
	must[*caudal.Receipt](t)(luis.pay(testContext(t), ana, 9_000_00, "now it would do"))
	b.kill()
	b.start()
	expectCode(t, protocol.Code_CODE_INSUFFICIENT_FUNDS)(ana.Transfer(testContext(t), order))
	other := order
	other.AmountMinor--
	expectCode(t, protocol.Code_CODE_KEY_REUSED)(ana.Transfer(testContext(t), other))
	fresh := order
	fresh.Key = caudal.Key(uuid.Must(uuid.NewV7()))
	receipt := must[*caudal.Receipt](t)(ana.Transfer(testContext(t), fresh))
	b.kill()
	b.start()
	again := must[*caudal.Receipt](t)(ana.Transfer(testContext(t), fresh))
	if !again.Replay || again.TransferID != receipt.TransferID || again.Seq != receipt.Seq || again.Head != receipt.Head || !again.At.Equal(receipt.At) {
		t.Errorf("the receipt %+v became %+v", receipt, again)
	}
	old := order
	old.Key = keyAt(time.Now().Add(-25 * time.Hour))
	expectCode(t, protocol.Code_CODE_KEY_STALE)(ana.Transfer(testContext(t), old))
	b.verify()
}

// expectCode fails unless the bank refused with the code.
func expectCode(t testing.TB, code protocol.Code) func(*caudal.Receipt, error) {
	return func(receipt *caudal.Receipt, err error) {
		t.Helper()
		if got := caudal.CodeOf(err); got != code {
			t.Errorf("got %v, receipt %+v, error %v; want %v", got, receipt, err, code)
		}
	}
}

// keyAt makes a UUIDv7 of another time.
func keyAt(at time.Time) caudal.Key {
	key := caudal.Key(uuid.Must(uuid.NewV7()))
	ms := uint64(at.UnixMilli())
	for i := range 6 {
		key[i] = byte(ms >> (40 - 8*i))
	}
	return key
}
