package ledger

import "testing"

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
