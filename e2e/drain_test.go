package e2e

import (
	"context"
	"errors"
	"sync"
	"syscall"
	"testing"

	"caudal/wsclient/caudal"
)

// TestOnSIGTERMEverythingIsAnsweredAndTheProgramEndsWithZero stops the program under load.
func TestOnSIGTERMEverythingIsAnsweredAndTheProgramEndsWithZero(t *testing.T) {
	b := startBank(t)
	ana, luis := register(t, b.pinned(), "ana_term"), register(t, b.pinned(), "luis_term")

	noticed := make(chan struct{})
	watching, stopWatching := context.WithCancel(context.Background())
	defer stopWatching()
	watcher := luis.again(b.pinned())
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for event, err := range watcher.Events(watching) {
			if err != nil {
				return
			}
			if draining, ok := event.(caudal.Draining); ok {
				if draining.ComeBackWithin <= 0 {
					t.Error("the drain notice says no time")
				}
				close(noticed)
				return
			}
		}
	}()

	ctx, stop := context.WithCancel(context.Background())
	var mu sync.Mutex
	var receipts []*caudal.Receipt
	var paying sync.WaitGroup
	for range 8 {
		payer := ana.again(b.pinned())
		paying.Go(func() {
			for ctx.Err() == nil {
				receipt, err := payer.pay(ctx, luis, 1, "")
				if err == nil {
					mu.Lock()
					receipts = append(receipts, receipt)
					mu.Unlock()
				} else if !errors.Is(err, caudal.ErrOutcomeUnknown) && ctx.Err() == nil {
					t.Errorf("a transfer ended with %v", err)
					return
				}
			}
		})
	}
	eventually(t, "the load is on", func() bool { mu.Lock(); defer mu.Unlock(); return len(receipts) > 200 })
	if err := b.process.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if code := b.waitExit(); code != 0 {
		t.Errorf("the program ended with %d", code)
	}
	<-watched // ends with the notice, or without one when the connection does
	select {
	case <-noticed:
	default:
		t.Error("the drain notice did not come")
	}
	b.start()
	mu.Lock()
	before := len(receipts)
	mu.Unlock()
	eventually(t, "the clients have come back by themselves", func() bool { mu.Lock(); defer mu.Unlock(); return len(receipts) > before+50 })
	stop()
	paying.Wait()
	stopWatching()

	// Whatever was acknowledged is there, once, whether before, during or after.
	keys := map[caudal.Key]int{}
	for leg, err := range ana.Legs(testContext(t), caudal.HistoryQuery{Account: ana.account}) {
		if err != nil {
			t.Fatal(err)
		}
		keys[leg.Key]++
	}
	for _, receipt := range receipts {
		if keys[receipt.Key] != 1 {
			t.Errorf("the acknowledged transfer %v is booked %d times", receipt.Key, keys[receipt.Key])
		}
	}
	b.verify()
}
