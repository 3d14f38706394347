package ledger

import (
	"database/sql/driver"
	"slices"
	"time"

	"caudal/models/clabe"
	"caudal/models/money"
)

// ask identifies who asked for what: keys are scoped to their actor.
type ask struct {
	key   Key
	actor int64
}

// decision is one order in a batch: what was read for it, and what became of it.
type decision struct {
	order   *Order
	decided Decided

	actor             *user // nil for the bank itself, and for a user that is not there
	device            *device
	debitID, creditID clabe.Number
	debit, credit     *account     // nil where there is none
	key               driver.Value // the order's

	twin    int      // the decision in this batch that has the same key, or -1
	row     int      // what it moved, in batch.rows, or -1
	receipt *Receipt // of a replay
	err     error
	binds   bool // the refusal is new, and stands from now on
}

// row is a transfer to be written, with what its two changes say beyond it.
type row struct {
	id            int64
	value         driver.Value // id, as statements take it
	decision      int
	debit, credit *account
	debitLeg      leg
	creditLeg     leg
	at            int64
	memoSalt      [16]byte
	memoHash      [32]byte
	payer, payee  string // as they are named to each other
}

// leg is where an account stands after its half of a row, and its transfer before.
type leg struct {
	head
	prev int64
}

// staffDay names a total of what a member of staff moved.
type staffDay struct {
	actor    int64
	day      int64
	currency money.Currency
	kind     Kind
}

// batch is what one commit decides. The writer fills it, the publisher tells of it, and then it serves again.
type batch struct {
	nowUs     int64
	took      time.Duration // from the first look to the commit
	now       driver.Value  // nowUs, as statements take it
	decisions []decision
	rows      []row

	// Only the writer's, and only until the commit.
	twins   map[ask]int
	touched []*account
	staff   map[staffDay]int64
	heads   []head // where touched accounts have their next
}

// headsMin is the room for heads that a batch begins with: both sides of a few orders.
const headsMin = 64

func newBatch() *batch {
	return &batch{twins: make(map[ask]int), staff: make(map[staffDay]int64)}
}

// actorValue is who gives the order, as statements take it.
func (d *decision) actorValue() driver.Value {
	if d.actor == nil {
		return int64(0)
	}
	return d.actor.value
}

// time is a time as statements take it. Most are the batch's own.
func (b *batch) time(at int64) driver.Value {
	if at == b.nowUs {
		return b.now
	}
	return at
}

func (b *batch) fill(entries []entry, nowUs int64) {
	b.clear()
	b.nowUs, b.now = nowUs, nowUs
	for _, e := range entries {
		b.decisions = append(b.decisions, decision{order: e.order, decided: e.decided, twin: -1, row: -1})
	}
}

// clear forgets everything, so that nothing is kept alive by a batch that rests.
func (b *batch) clear() {
	b.discard()
	clear(b.decisions)
	clear(b.rows)
	b.decisions, b.rows = b.decisions[:0], b.rows[:0]
	clear(b.twins)
	clear(b.staff)
}

// next returns where the batch takes the account, starting from where it stands.
func (b *batch) next(a *account) *head {
	if a.next == nil {
		if len(b.heads) == cap(b.heads) { // accounts point into the one before, so it is left as it is
			b.heads = make([]head, 0, max(headsMin, 2*cap(b.heads)))
		}
		b.heads = append(b.heads, a.head)
		a.next = &b.heads[len(b.heads)-1]
		b.touched = append(b.touched, a)
	}
	return a.next
}

// standing returns where the account is within the batch, without touching it.
func (a *account) standing() *head {
	if a.next != nil {
		return a.next
	}
	return &a.head
}

// chainApart is from how many rows on it pays to compute their heads on another core.
const chainApart = 64

// chain computes the heads of all rows, while the caller writes what does not hold them: hashing is a tenth of a transfer.
// The heads may be read after wait, which must be called.
func (b *batch) chain() (wait func()) {
	if len(b.rows) < chainApart {
		b.computeHeads()
		return func() {}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		b.computeHeads()
	}()
	return func() { <-done }
}

func (b *batch) computeHeads() {
	for i := range b.rows {
		r := &b.rows[i]
		o := b.decisions[r.decision].order
		if o.Memo != "" {
			r.memoHash = hashMemo(&r.memoSalt, o.Memo)
		}
		r.debitLeg.continueChain(r.debit, r.credit, r, o, -o.AmountMinor)
		r.creditLeg.continueChain(r.credit, r.debit, r, o, o.AmountMinor)
	}
}

func (l *leg) continueChain(own, other *account, r *row, o *Order, amountMinor int64) {
	chained := chainLeg{
		kind: o.Kind, account: own.id, counterparty: other.id, seq: l.seq, amountMinor: amountMinor,
		balanceMinor: l.balanceMinor, at: r.at, currency: o.Currency, memoHash: &r.memoHash,
	}
	l.hash = chained.next(&own.next.hash)
	own.next.hash = l.hash
}

// merge makes what was committed the truth in memory.
func (b *batch) merge() {
	for _, a := range b.touched {
		a.head, a.next = *a.next, nil
	}
	b.forget()
}

// discard leaves memory as it was before the batch.
func (b *batch) discard() {
	for _, a := range b.touched {
		a.next = nil
	}
	b.forget()
}

func (b *batch) forget() {
	clear(b.touched)
	b.touched, b.heads = b.touched[:0], b.heads[:0]
}

// sorted returns the touched accounts in the order in which their rows lie, so that pages are visited once.
func (b *batch) sorted() []*account {
	slices.SortFunc(b.touched, func(x, y *account) int {
		if x.id < y.id {
			return -1
		}
		return 1
	})
	return b.touched
}
