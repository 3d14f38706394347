package ledger

import (
	"bytes"
	"database/sql/driver"
	"slices"

	"caudal/models/clabe"
	"caudal/models/money"
)

// markEvery is the distance of marks. A page anywhere walks at most so many legs before its first.
const markEvery = 256

// Each of these writes its part of the batch and returns how many rows that must have changed.

func (w *writer) writeTransfers(b *batch) (rows int64, err error) {
	for i := range b.rows {
		r := &b.rows[i]
		d := &b.decisions[r.decision]
		o := d.order
		args, err := w.st.insertTransfers.next(nil)
		if err != nil {
			return 0, err
		}
		args[0].Value = r.value
		args[1].Value = int64(o.Kind)
		args[2].Value = r.debit.value
		args[3].Value = r.credit.value
		args[4].Value = o.AmountMinor
		args[5].Value = w.currency(o.Currency)
		args[6].Value = int64(r.debitLeg.seq)
		args[7].Value = int64(r.creditLeg.seq)
		args[8].Value = r.debitLeg.balanceMinor
		args[9].Value = r.creditLeg.balanceMinor
		args[10].Value = r.debitLeg.prev
		args[11].Value = r.creditLeg.prev
		args[12].Value = r.debitLeg.hash[:]
		args[13].Value = r.creditLeg.hash[:]
		args[14].Value = b.time(r.at)
		args[15].Value = d.actorValue()
		args[16].Value = d.key
		args[17].Value = nil
		if o.Memo != "" {
			args[17].Value = r.memoHash[:]
		}
		args[18].Value = int64(encodingVersion)
	}
	return int64(len(b.rows)), w.st.insertTransfers.flush(nil)
}

// currency is a currency as statements take it.
func (w *writer) currency(c money.Currency) driver.Value {
	if w.lastCurrency != c {
		w.lastCurrency, w.lastCurrencyValue = c, string(c)
	}
	return w.lastCurrencyValue
}

func (w *writer) writeMemos(b *batch) (rows int64, err error) {
	for i := range b.rows {
		r := &b.rows[i]
		memo := b.decisions[r.decision].order.Memo
		if memo == "" {
			continue
		}
		args, err := w.st.insertMemos.next(nil)
		if err != nil {
			return 0, err
		}
		args[0].Value = r.value
		args[1].Value = r.memoSalt[:]
		args[2].Value = memo
		rows++
	}
	return rows, w.st.insertMemos.flush(nil)
}

func (w *writer) writeMarks(b *batch) (rows int64, err error) {
	mark := func(a *account, l *leg, r *row) error {
		if l.seq%markEvery != 0 {
			return nil
		}
		args, err := w.st.insertMarks.next(nil)
		if err != nil {
			return err
		}
		args[0].Value = a.value
		args[1].Value = int64(l.seq)
		args[2].Value = r.value
		args[3].Value = b.time(r.at)
		rows++
		return nil
	}
	for i := range b.rows {
		r := &b.rows[i]
		if err := mark(r.debit, &r.debitLeg, r); err != nil {
			return 0, err
		}
		if err := mark(r.credit, &r.creditLeg, r); err != nil {
			return 0, err
		}
	}
	return rows, w.st.insertMarks.flush(nil)
}

// writeOutcomes binds the keys of what was carried out and of what was refused, in the order in which they lie.
func (w *writer) writeOutcomes(b *batch) (rows int64, err error) {
	bound := w.bound[:0]
	for i := range b.decisions {
		if d := &b.decisions[i]; d.row >= 0 || d.binds {
			bound = append(bound, d)
		}
	}
	w.bound = bound
	defer clear(bound)
	slices.SortFunc(bound, func(x, y *decision) int { return bytes.Compare(x.order.Key[:], y.order.Key[:]) })
	for _, d := range bound {
		args, err := w.st.insertOutcomes.next(nil)
		if err != nil {
			return 0, err
		}
		args[0].Value = d.key
		args[1].Value = d.actorValue()
		args[2].Value, args[3].Value, args[4].Value, args[5].Value = nil, nil, nil, nil
		if d.row >= 0 {
			args[3].Value = b.rows[d.row].value
		} else {
			digest := d.order.digest()
			args[2].Value = digest[:]
			args[4].Value = int64(refusalNumber(d.err))
		}
		args[6].Value = b.now
	}
	return int64(len(bound)), w.st.insertOutcomes.flush(nil)
}

// writeHeads moves the heads on, each from exactly where memory has it.
func (w *writer) writeHeads(b *batch) (rows int64, err error) {
	for _, a := range b.sorted() {
		args, err := w.st.updateHeads.next(nil)
		if err != nil {
			return 0, err
		}
		args[0].Value = a.next.balanceMinor
		args[1].Value = int64(a.next.seq)
		args[2].Value = int64(a.next.version)
		args[3].Value = b.rows[a.next.last-w.nextID].value
		args[4].Value = b.time(a.next.lastAt)
		args[5].Value = a.next.hash[:]
		args[6].Value = a.value
		args[7].Value = int64(a.head.seq)
		args[8].Value = int64(a.head.version)
	}
	return int64(len(b.touched)), w.st.updateHeads.flush(nil)
}

// checkFork finds out whether the account's row is where memory has it, after an update that missed.
func (w *writer) checkFork(a *account) error {
	at := false
	err := w.st.findHead.run(values(int64(a.id), int64(a.next.seq), int64(a.next.version)), func([]driver.Value) error {
		at = true
		return nil
	})
	if err == nil && !at {
		a.forked = true
		w.fork(a.id, a.head.seq, a.head.version)
	}
	return err
}

// fork remembers that the account's row is not where the ledger left it.
func (w *writer) fork(account clabe.Number, seq, version uint64) {
	w.forked[account] = true
	w.log.Error("an account is forked: something else writes to the database; its orders are refused until the next start",
		"account", account.String(), "seq", seq, "version", version)
}
