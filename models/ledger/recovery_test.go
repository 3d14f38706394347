package ledger

import (
	"context"
	"runtime"
	"testing"
	"time"
)

// A row that the database refuses in the middle of a batch leaves nothing behind in the prepared statements: the batches
// after it are written in one commit each, as those before.
func TestAfterAPoisonedRowBatchesShareACommitAgain(t *testing.T) {
	h := newHouse(t)
	ana, luis := h.holder(100_00), h.holder(0)
	h.exec(`CREATE TRIGGER poison BEFORE INSERT ON transfers WHEN NEW.amount_minor = 666
		BEGIN SELECT RAISE(ABORT, 'poison'); END`)
	commits := 0
	h.setCommit(func(really func() error) error { commits++; return really() })
	for size := 2; size <= bulkRows+3; size++ {
		poisoned := h.batch(append(h.small(ana, luis, size-1), ana.transfer(luis, 666))...)
		for _, got := range poisoned[:size-1] {
			must(t, got.err)
		}
		wantError(t, poisoned[size-1].err, ErrInternal)
		commits = 0 // nobody else looks: the ledger is idle
		for _, got := range h.batch(h.small(ana, luis, size+1)...) {
			must(t, got.err)
		}
		if commits != 1 {
			t.Fatalf("after a poisoned batch of %d, the next one took %d commits", size, commits)
		}
	}
	h.exec("DROP TRIGGER poison")
	h.verify()
}

// small makes orders that differ in their keys alone.
func (h *house) small(from, to holder, n int) (orders []Order) {
	for range n {
		orders = append(orders, from.transfer(to, 1))
	}
	return orders
}

// batch gives orders at once, so that they share a batch, and returns the answers.
func (h *house) batch(orders ...Order) (answers []answer) {
	h.t.Helper()
	hold := h.hold()
	var waiting []waiter
	for _, o := range orders {
		waiting = append(waiting, h.submit(o))
	}
	hold.release()
	for _, wait := range waiting {
		answers = append(answers, <-wait)
	}
	return answers
}

// What waits shares one wait for the lock: an operator's tool that holds it costs a batch one timeout, not one an order.
func TestABatchThatCannotBeginIsBusyAsAWhole(t *testing.T) {
	h := newHouse(t)
	ana, luis := h.holder(100_00), h.holder(0)
	begun := make(chan int, 64) // one entry a wait: how many orders it was for
	must(t, h.ledger.do(context.Background(), func(w *writer) ([]*Change, error) { return nil, w.lockTimeout(1) }))
	h.ledger.writer.publisher.observe = func(orders int, _ time.Duration) { begun <- orders }
	db := h.openFile()
	defer db.Close()
	_, err := db.Exec("BEGIN IMMEDIATE")
	must(t, err)
	orders := h.small(ana, luis, 20)
	for _, got := range h.batch(orders...) {
		wantError(t, got.err, ErrBusy)
	}
	if orders := <-begun; orders != 20 {
		t.Fatalf("a wait for the lock was for %d orders", orders)
	}
	_, err = db.Exec("ROLLBACK")
	must(t, err)
	for _, got := range h.batch(orders...) {
		must(t, got.err)
	}
	h.verify()
}

// decidedBy is a Decided that is a function.
type decidedBy func(error)

func (f decidedBy) Decided(_ *Order, _ *Receipt, err error) { f(err) }

// Between a failed commit and the end of the process nobody else commits on the connection: here a write tries to, while
// those in the batch are being told.
func TestNobodyWritesAfterAFailedCommit(t *testing.T) {
	h := newHouse(t)
	ana, luis := h.holder(100_00), h.holder(0)
	h.setCommit(func(really func() error) error { must(t, really()); return errDisk }) // the connection is free again
	generation := h.store.Generation()
	order := ana.transfer(luis, 1)
	told := make(chan error, 1)
	must(t, h.ledger.Submit(&order, decidedBy(func(err error) {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		if err := h.store.Write(ctx, func(*gormDB) error { return nil }); err == nil {
			t.Error("a write was carried out")
		}
		told <- err
	})))
	wantError(t, <-told, ErrOutcomeUnknown)
	<-h.fatal
	if h.store.Generation() != generation {
		t.Error("a write was committed")
	}
	h.reopen() // no turn was kept
	h.wantBalance(luis, 1)
	h.verify()
}

// A panic outside of the batch is one too: whoever waits is told that nothing is known, and the process is to end.
func TestAPanicInATaskEndsTheProcess(t *testing.T) {
	for name, run := range map[string]func(w *writer) ([]*Change, error){
		"in the task":        func(*writer) ([]*Change, error) { panic("a bug") },
		"in its transaction": func(w *writer) ([]*Change, error) { return nil, w.transaction(func(*gormDB) error { panic("a bug") }) },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			ana, luis := h.holder(100_00), h.holder(0)
			order := ana.transfer(luis, 1)
			hold := h.hold()
			before := h.submit(order)
			task := make(chan error, 1)
			go func() { task <- h.ledger.do(context.Background(), run) }()
			for h.ledger.Waiting() < 2 {
				runtime.Gosched() // until the task is queued
			}
			after := h.submit(ana.transfer(luis, 1))
			hold.release()
			must(t, (<-before).err)
			wantError(t, <-task, ErrOutcomeUnknown)
			wantError(t, (<-after).err, ErrOutcomeUnknown)
			if err := <-h.fatal; err == nil {
				t.Fatal("no reason")
			}
			h.reopen()
			h.wantBalance(luis, 1)
			h.verify()
		})
	}
}
