package ledger

import (
	"time"

	"caudal/models"
	"caudal/models/clabe"
)

// batchesMax is how many batches are between the writer and whoever listens. A slow listener makes the writer wait, the
// queue grow, and Submit say ErrBusy: nothing is kept without bound.
const batchesMax = 4

// publisher tells what was committed, in commit order, on its own goroutine: every decision, and after it the changes it
// caused.
type publisher struct {
	sink    Sink
	observe func(orders int, took time.Duration)
	work    chan published
	idle    chan *batch
	ended   chan struct{}
	said    said
}

// published is a batch, or something to be done in the same order.
type published struct {
	batch *batch
	do    func()
}

func newPublisher(sink Sink, observe func(orders int, took time.Duration)) *publisher {
	p := &publisher{
		sink: sink, observe: observe, work: make(chan published, batchesMax), idle: make(chan *batch, batchesMax), ended: make(chan struct{}),
	}
	for range batchesMax {
		p.idle <- newBatch()
	}
	go p.run()
	return p
}

func (p *publisher) run() {
	defer close(p.ended)
	for work := range p.work {
		if work.do != nil {
			work.do()
			continue
		}
		p.tell(work.batch)
		p.observe(len(work.batch.decisions), work.batch.took)
		p.rest(work.batch)
	}
}

// batch returns one that rests, and waits for it where all are under way.
func (p *publisher) batch() *batch { return <-p.idle }

func (p *publisher) rest(b *batch) {
	b.clear()
	p.idle <- b
}

func (p *publisher) publish(b *batch) { p.work <- published{batch: b} }

// do runs fn on the publisher's goroutine, after everything that was published before.
func (p *publisher) do(fn func()) { p.work <- published{do: fn} }

// sync waits until everything that was published has been told.
func (p *publisher) sync() {
	told := make(chan struct{})
	p.do(func() { close(told) })
	<-told
}

// end tells what is left and stops.
func (p *publisher) end() {
	close(p.work)
	<-p.ended
}

// tell answers every order of the batch and tells of the changes. An order belongs to its owner again from the moment it is
// answered, so all is read before: of an order with twins, before any order is answered.
func (p *publisher) tell(b *batch) {
	for i := range b.decisions {
		if d := &b.decisions[i]; d.twin >= 0 {
			d.receipt, d.err = twinOf(b, d.order, &b.decisions[d.twin])
		}
	}
	for i := range b.decisions {
		d := &b.decisions[i]
		if d.row < 0 {
			d.decided.Decided(d.order, d.receipt, d.err)
			continue
		}
		r := &b.rows[d.row]
		p.said.fill(d.order, r)
		d.decided.Decided(d.order, &p.said.receipt, nil)
		if p.sink != nil {
			p.sink.Changed(&p.said.debit)
			p.sink.Changed(&p.said.credit)
		}
	}
	if p.sink != nil {
		p.sink.Told()
	}
}

// said is what is said of one row. It serves for one row after the other: hearing of a transfer costs no memory.
type said struct {
	receipt             Receipt
	debit, credit       Change
	debitLeg, creditLeg Leg
}

func (s *said) fill(o *Order, r *row) {
	fillReceipt(&s.receipt, o, r)
	fillChange(&s.debit, r.debit, &r.debitLeg)
	fillChange(&s.credit, r.credit, &r.creditLeg)
	s.debit.Leg, s.credit.Leg = &s.debitLeg, &s.creditLeg
	fillLeg(&s.debitLeg, o, r, &r.debitLeg, r.debit.id, r.credit.id, -o.AmountMinor, r.payee)
	fillLeg(&s.creditLeg, o, r, &r.creditLeg, r.credit.id, r.debit.id, o.AmountMinor, r.payer)
}

// twinOf answers an order whose key an earlier one in the batch decided.
func twinOf(b *batch, o *Order, first *decision) (*Receipt, error) {
	switch {
	case first.row < 0 && !first.binds: // nothing was decided on the key
		return nil, first.err
	case !o.same(first.order):
		return nil, ErrKeyReused
	case first.row < 0:
		return nil, first.err
	}
	again := new(Receipt)
	fillReceipt(again, first.order, &b.rows[first.row])
	again.Replay = true
	return again, nil
}

func fillReceipt(to *Receipt, o *Order, r *row) {
	account, leg := r.debit, &r.debitLeg
	if o.Kind == KindDeposit || o.Kind == KindGift {
		account, leg = r.credit, &r.creditLeg
	}
	*to = Receipt{
		Transfer: r.id, Key: o.Key, Kind: o.Kind, Debit: r.debit.id, Credit: r.credit.id,
		AmountMinor: o.AmountMinor, Currency: o.Currency, Memo: o.Memo, At: r.at,
		Account: account.id, Seq: leg.seq, BalanceMinor: leg.balanceMinor, Head: leg.hash,
	}
}

// fillChange reads of the account only what never changes: the writer is ahead already.
func fillChange(to *Change, a *account, l *leg) {
	to.Account, to.Owner, to.Currency, to.OpenedAt = a.id, a.ownerID, a.currency, a.openedAt
	to.Status = models.AccountActive // no money moves on any other
	to.Version, to.Seq, to.Head = l.version, l.seq, l.hash
	to.BalanceMinor, to.AvailableMinor = l.balanceMinor, l.availableMinor()
}

func fillLeg(to *Leg, o *Order, r *row, l *leg, account, counterparty clabe.Number, amountMinor int64, name string) {
	*to = Leg{
		Transfer: r.id, Account: account, Seq: l.seq, AmountMinor: amountMinor, BalanceMinor: l.balanceMinor,
		Counterparty: counterparty, CounterpartyName: name, Memo: o.Memo, MemoSalt: r.memoSalt, MemoHash: r.memoHash,
		At: r.at, Kind: o.Kind, Actor: o.Actor, Key: o.Key, Head: l.hash,
	}
}
