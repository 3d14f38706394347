package ledger

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/mattn/go-sqlite3"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
)

// writer is the one goroutine that changes heads. All of its fields are its own.
type writer struct {
	store  *models.Store
	conn   *sql.Conn // the store's writer connection, to be used in a turn
	st     *statements
	limits Limits
	now    func() time.Time
	log    *slog.Logger

	queue       *queue
	batchMax    int
	accountsMax int
	publisher   *publisher

	accounts   cache[clabe.Number, *account]
	users      cache[int64, *user]
	devices    cache[int64, *device]
	nextID     int64 // of the next transfer
	generation uint64

	forked            map[clabe.Number]bool
	missing           []clabe.Number // scratch of read
	bound             []*decision    // scratch of writeOutcomes
	lastCurrency      money.Currency // see currency
	lastCurrencyValue driver.Value
	unanswered        []entry       // what was taken from the queue and has no answer yet
	kept              []models.Turn // see leave
	commit            func() error  // COMMIT; tests put faults in its place
}

// run serves the queue until it is closed and drained, or the database has failed.
func (w *writer) run() {
	defer w.publisher.end()
	defer func() { _ = w.conn.Raw(func(any) error { w.st.close(); return nil }) }() // holds the connection, though no turn
	defer func() {
		if cause := recover(); cause != nil {
			w.abandon(w.unanswered)
			w.fail(panicked(cause))
		}
	}()
	entries := make([]entry, 0, w.batchMax)
	for {
		entries = w.queue.take(entries[:0], w.batchMax)
		if len(entries) == 0 {
			return
		}
		if !w.serve(entries) {
			return
		}
		clear(entries)
		w.trim()
	}
}

// serve decides entries in their order: orders that follow each other share a commit, a task has its own.
func (w *writer) serve(entries []entry) (ok bool) {
	w.unanswered = entries
	for len(entries) > 0 {
		n := 0
		for n < len(entries) && entries[n].task == nil {
			n++
		}
		if n == 0 {
			ok = w.perform(entries[0].task)
			n = 1
		} else {
			ok = w.post(entries[:n])
		}
		entries = entries[n:]
		if !ok {
			w.abandon(w.unanswered)
			return false
		}
	}
	return true
}

// post decides orders in one commit. Where one of them poisons it, each gets its own. After !ok the ledger has failed.
func (w *writer) post(entries []entry) (ok bool) {
	b := w.publisher.batch()
	started := time.Now()
	err := w.attempt(b, entries)
	if err != nil && !fatal(err) && !errors.Is(err, errNotBegun) && len(entries) > 1 {
		w.log.Error("a batch cannot be written; its orders are written one by one", "orders", len(entries), "error", err)
		w.publisher.rest(b)
		for i := range entries {
			if !w.post(entries[i : i+1]) {
				return false
			}
		}
		return true
	}
	b.took = time.Since(started)
	if err != nil {
		w.conclude(b, err)
	}
	w.unanswered = w.unanswered[len(entries):]
	w.publisher.publish(b)
	if fatal(err) {
		w.fail(err)
		return false
	}
	return true
}

// conclude answers every order of a batch that was not written.
func (w *writer) conclude(b *batch, err error) {
	answer := ErrInternal
	switch {
	case errors.Is(err, errNotBegun):
		answer = ErrBusy
	case fatal(err):
		answer = ErrOutcomeUnknown
	}
	if !fatal(err) {
		w.log.Error("an order cannot be written", "answer", answer, "error", err)
	}
	b.rows = b.rows[:0]
	for i := range b.decisions {
		d := &b.decisions[i]
		d.row, d.twin, d.receipt, d.binds, d.err = -1, -1, nil, false, answer
	}
}

// errNotBegun: somebody else has the database, and nothing was done.
var errNotBegun = errors.New("ledger: the database is locked")

// errForked: a row of heads is not where the ledger left it.
var errForked = errors.New("ledger: an account's row is not where the ledger left it")

// failure marks an error after which the disk may hold something else than memory, so that the process should end.
type failure struct{ cause error }

func (f *failure) Error() string { return "ledger: the database failed: " + f.cause.Error() }
func (f *failure) Unwrap() error { return f.cause }

func fatal(err error) bool {
	var f *failure
	return errors.As(err, &f)
}

// judge tells errors of the data, which concern one order, from all others of the database, which concern everybody.
func judge(err error) error {
	var sqlite sqlite3.Error
	if err == nil || !errors.As(err, &sqlite) {
		return err
	}
	switch sqlite.Code {
	case sqlite3.ErrConstraint, sqlite3.ErrMismatch, sqlite3.ErrTooBig:
		return err
	}
	return &failure{err}
}

// attempt decides the entries and writes what comes of it in one transaction. On an error nothing was written, unless the
// error is fatal, and memory is as before.
func (w *writer) attempt(b *batch, entries []entry) (err error) {
	turn, err := w.store.Turn(context.Background())
	if err != nil {
		b.fill(entries, w.now().UnixMicro())
		return &failure{err}
	}
	defer func() { w.leave(turn, err) }()
	w.generation = w.store.Generation()
	b.fill(entries, w.now().UnixMicro())
	defer b.discard() // whatever was not merged
	if rawErr := w.conn.Raw(func(any) error { err = w.transact(b); return nil }); rawErr != nil {
		return &failure{rawErr}
	}
	return err
}

// contain makes a panic what it is: nobody knows how far things went. It must be deferred itself: in a function that is
// deferred and calls it, recover finds nothing.
func contain(err *error) {
	if cause := recover(); cause != nil {
		*err = panicked(cause)
	}
}

func panicked(cause any) error {
	return &failure{fmt.Errorf("panic: %v\n%s", cause, debug.Stack())}
}

// leave ends a turn. After a failure it keeps it until the store knows (see fail): a commit on a connection that has just
// failed would be a yes that nobody can vouch for.
func (w *writer) leave(turn models.Turn, err error) {
	if fatal(err) {
		w.kept = append(w.kept, turn)
		return
	}
	turn.End()
}

func (w *writer) transact(b *batch) (err error) {
	defer contain(&err)
	if err := w.st.begin.run(nil, nil); err != nil {
		var sqlite sqlite3.Error
		if errors.As(err, &sqlite) && sqlite.Code == sqlite3.ErrBusy {
			return fmt.Errorf("%w: %w", errNotBegun, err)
		}
		return &failure{err}
	}
	if err := w.work(b); err != nil {
		for _, bulk := range w.st.bulks() {
			bulk.reset()
		}
		w.missing = w.missing[:0]
		err = judge(err)
		if !fatal(err) {
			if rollback := w.st.rollback.run(nil, nil); rollback != nil {
				return &failure{errors.Join(err, rollback)}
			}
		}
		return err
	}
	if err := w.commit(); err != nil {
		return &failure{err}
	}
	w.nextID += int64(len(b.rows))
	b.merge()
	return nil
}

// work is everything between BEGIN and COMMIT.
func (w *writer) work(b *batch) error {
	if err := w.read(b); err != nil {
		return err
	}
	for i := range b.decisions {
		if err := w.resolve(b, i); err != nil {
			return err
		}
	}
	return w.write(b)
}

// resolve decides one order. The error is the database's; the order's own is in the decision.
func (w *writer) resolve(b *batch, i int) error {
	d := &b.decisions[i]
	if d.err != nil || d.receipt != nil || d.twin >= 0 { // signed out, malformed, or decided before
		return nil //nolint:nilerr // d.err is the order's
	}
	if !d.order.Key.fresh(b.nowUs) {
		d.err, d.binds = ErrKeyStale, d.order.Key.ahead(b.nowUs)
		return nil
	}
	if d.debit != nil && d.debit.forked || d.credit != nil && d.credit.forked {
		d.err = ErrInternal
		return nil
	}
	err := w.decide(b, d)
	if err == nil {
		err = w.withinLimits(b, d)
	}
	switch {
	case err == nil:
		w.move(b, d, i)
	case refusalNumber(err) != 0:
		d.err, d.binds = err, true
	default:
		return err
	}
	return nil
}

// write puts what was decided into the database, and makes sure that each statement did exactly what it should.
func (w *writer) write(b *batch) error {
	wait := sync.OnceFunc(b.chain())
	defer wait()
	before, err := w.changes()
	if err != nil {
		return err
	}
	expected := int64(0)
	write := func(parts ...func(*batch) (int64, error)) error {
		for _, part := range parts {
			rows, err := part(b)
			if err != nil {
				return err
			}
			expected += rows
		}
		return nil
	}
	if err := write(w.writeOutcomes, w.writeMemos, w.writeMarks, w.writeStaff); err != nil {
		return err
	}
	wait()
	if err := write(w.writeTransfers, w.writeHeads); err != nil {
		return err
	}
	after, err := w.changes()
	if err != nil {
		return err
	}
	if after-before == expected {
		return nil
	}
	if len(b.decisions) == 1 { // nobody else can be the cause
		for _, a := range b.touched {
			if err := w.checkFork(a); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("%w: %d rows changed where %d should have", errForked, after-before, expected)
}

func (w *writer) changes() (total int64, err error) {
	err = w.st.changes.run(nil, func(row []driver.Value) error {
		total = row[0].(int64)
		return nil
	})
	return total, err
}

// fail ends the ledger: nothing that waits is decided any more, and the store, which sees to the end of the process, knows.
func (w *writer) fail(err error) {
	w.queue.close()
	w.publisher.sync() // who is in the failed batch hears first
	w.store.Fail(err)
	for _, turn := range w.kept {
		turn.End()
	}
	w.kept = nil
	for {
		entries := w.queue.take(nil, w.batchMax)
		if len(entries) == 0 {
			return
		}
		w.abandon(entries)
	}
}

// abandon answers what will not be decided.
func (w *writer) abandon(entries []entry) {
	w.unanswered = nil
	b := w.publisher.batch()
	var orders []entry
	for _, e := range entries {
		if e.task != nil {
			w.finish(e.task, nil, ErrOutcomeUnknown)
			continue
		}
		orders = append(orders, e)
	}
	b.fill(orders, 0)
	for i := range b.decisions {
		b.decisions[i].err = ErrOutcomeUnknown
	}
	w.publisher.publish(b)
}

func (w *writer) trim() {
	w.accounts.trim()
	w.users.trim()
	w.devices.trim()
}
