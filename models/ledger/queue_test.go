package ledger

import (
	"context"
	"errors"
	"sync"
	"testing"
)

func TestAFullQueueIsBusyAtOnce(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Queue = 5 })
	ana, luis := h.holder(100_00), h.holder(0)
	hold := h.hold()
	var answers []waiter
	for range 5 {
		answers = append(answers, h.submit(ana.transfer(luis, 1)))
	}
	over := ana.transfer(luis, 1)
	if _, err := h.post(over); !errors.Is(err, ErrBusy) {
		t.Fatalf("error is %v", err)
	}
	if h.ledger.Waiting() != 5 {
		t.Fatalf("%d wait", h.ledger.Waiting())
	}
	hold.release()
	for _, answer := range answers {
		must(t, (<-answer).err)
	}
	_, err := h.post(over) // busy binds nothing
	must(t, err)
	h.wantBalance(luis, 6)
	h.verify()
}

func TestCloseDecidesWhatWaitsAndTakesNoMore(t *testing.T) {
	h := newHouse(t)
	ana, luis := h.holder(100_00), h.holder(0)
	hold := h.hold()
	var answers []waiter
	for range 100 {
		answers = append(answers, h.submit(ana.transfer(luis, 1)))
	}
	var closing sync.WaitGroup
	for range 2 { // closing twice is closing once
		closing.Go(h.ledger.Close)
	}
	hold.release()
	closing.Wait()
	for _, answer := range answers {
		select {
		case got := <-answer:
			must(t, got.err)
		default:
			t.Fatal("an order was not answered before Close returned")
		}
	}
	if _, err := h.post(ana.transfer(luis, 1)); !errors.Is(err, ErrClosed) {
		t.Fatalf("after Close: %v", err)
	}
	h.verify()
	h.wantBalance(luis, 100)
}

// A caller who goes away is told that nothing is known; the order is decided all the same.
func TestACallerWhoLeavesDoesNotReachTheOrder(t *testing.T) {
	h := newHouse(t)
	ana, luis := h.holder(100_00), h.holder(0)
	hold := h.hold()
	ctx, cancel := context.WithCancel(context.Background())
	order := ana.transfer(luis, 1)
	left := make(chan error)
	go func() { _, err := h.ledger.Post(ctx, order); left <- err }()
	for h.ledger.Waiting() == 0 {
		// Submit has not been called yet
	}
	cancel()
	wantError(t, <-left, ErrOutcomeUnknown)
	hold.release()
	receipt, err := h.post(order)
	must(t, err)
	if !receipt.Replay {
		t.Fatal("the order was not carried out")
	}
	h.wantBalance(luis, 1)
}

// Two terminals, and many more, give one order at once.
func TestManyWhoRaceWithOneKeyGetOneDecision(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.BatchMax = 7 })
	ana, luis := h.holder(100), h.holder(0)
	order := ana.transfer(luis, 60) // affordable once
	const racers = 60
	results := make(chan answer, racers)
	for range racers {
		go func() {
			receipt, err := h.ledger.Post(context.Background(), order)
			results <- answer{receipt, err}
		}()
	}
	first := 0
	for range racers {
		got := <-results
		must(t, got.err)
		if !got.receipt.Replay {
			first++
		}
		if got.receipt.BalanceMinor != 40 || got.receipt.Seq != 2 {
			t.Fatalf("receipt %+v", got.receipt)
		}
	}
	if first != 1 {
		t.Fatalf("%d were told that theirs was the first", first)
	}
	h.wantBalance(luis, 60)
	h.verify()
}

func TestManyWhoRaceForTheLastPeso(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.BatchMax = 30 })
	ana, luis := h.holder(100), h.holder(0)
	const racers, price = 400, 7
	start := make(chan struct{})
	results := make(chan error, racers)
	for range racers {
		go func() {
			<-start
			_, err := h.ledger.Post(context.Background(), ana.transfer(luis, price))
			results <- err
		}()
	}
	close(start)
	passed := 0
	for range racers {
		if err := <-results; err == nil {
			passed++
		} else {
			wantError(t, err, ErrInsufficientFunds)
		}
	}
	if passed != 100/price {
		t.Fatalf("%d passed, want %d", passed, 100/price)
	}
	h.wantBalance(ana, 100-price*(100/price))
	h.verify()
}
