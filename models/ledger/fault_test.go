package ledger

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/mattn/go-sqlite3"

	"caudal/models"
)

// setCommit puts a fault in the place of COMMIT. The writer must be idle; it is asked to do it itself.
func (h *house) setCommit(commit func(really func() error) error) {
	h.t.Helper()
	must(h.t, h.ledger.do(context.Background(), func(w *writer) ([]*Change, error) {
		really := w.commit
		w.commit = func() error { return commit(really) }
		return nil, nil
	}))
}

var errDisk = sqlite3.Error{Code: sqlite3.ErrIoErr, ExtendedCode: sqlite3.ErrIoErrFsync}

// After a COMMIT that reported failure, the rows may be there or not. Both are tried; in both nobody is told yes or no, the
// end of the process is asked for, and the same order after the next start settles it, once.
func TestAFailedCommitIsNeitherYesNorNo(t *testing.T) {
	for name, commit := range map[string]func(really func() error) error{
		"and the rows are there":     func(really func() error) error { return errors.Join(really(), errDisk) },
		"and the rows are not there": func(func() error) error { return errDisk },
		"busy":                       func(func() error) error { return sqlite3.Error{Code: sqlite3.ErrBusy} },
		"and nobody knows the error": func(func() error) error { return errors.New("something") },
	} {
		t.Run(name, func(t *testing.T) {
			sink := new(recorder)
			h := newHouse(t, func(c *Config) { c.Sink = sink })
			ana, luis := h.holder(100_00), h.holder(0)
			sink.take()
			h.setCommit(commit)
			hold := h.hold()
			good, second, poor := ana.transfer(luis, 10_00), ana.transfer(luis, 20_00), ana.transfer(luis, 500_00)
			orders := []Order{good, second, poor, good}
			var answers []waiter
			for _, o := range orders {
				answers = append(answers, h.submit(o))
			}
			hold.release()
			for _, answer := range answers {
				wantError(t, (<-answer).err, ErrOutcomeUnknown) // for the refused one too: its refusal may be bound or not
			}
			if err := <-h.fatal; err == nil {
				t.Fatal("no reason")
			}
			if changes := sink.take(); len(changes) != 0 {
				t.Fatalf("changes were told: %+v", changes)
			}
			if err := h.ledger.Submit(&good, make(waiter, 1)); !errors.Is(err, ErrClosed) {
				t.Fatalf("after the failure Submit says %v", err)
			}
			h.reopen()
			for i, want := range []error{nil, nil, ErrInsufficientFunds, nil} {
				_, err := h.post(orders[i])
				wantError(t, err, want)
			}
			h.wantBalance(luis, 30_00)
			h.verify()
		})
	}
}

func TestAFailedCommitOfATaskIsNeitherYesNorNo(t *testing.T) {
	h := newHouse(t)
	ana := h.holder(0)
	n := NewAccount{Key: newKey(), Actor: ana.user, Device: ana.device, Name: "Otra", Currency: "MXN"}
	err := h.ledger.do(context.Background(), func(*writer) ([]*Change, error) { return nil, &failure{errDisk} })
	wantError(t, err, ErrOutcomeUnknown)
	<-h.fatal
	_, err = h.ledger.OpenAccount(context.Background(), n)
	wantError(t, err, ErrClosed)
	h.reopen()
	_, err = h.ledger.OpenAccount(context.Background(), n)
	must(t, err)
	h.verify()
}

// What waits behind the batch that failed is not decided any more.
func TestNothingIsDecidedAfterAFailure(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.BatchMax = 2 })
	ana, luis := h.holder(100_00), h.holder(0)
	h.setCommit(func(func() error) error { return errDisk })
	hold := h.hold()
	var answers []waiter
	for range 9 {
		answers = append(answers, h.submit(ana.transfer(luis, 1)))
	}
	hold.release()
	for _, answer := range answers {
		wantError(t, (<-answer).err, ErrOutcomeUnknown)
	}
	<-h.fatal
	h.reopen()
	h.wantBalance(luis, 0)
	h.verify()
}

func TestAPanicInTheWriterEndsTheProcess(t *testing.T) {
	h := newHouse(t)
	ana, luis := h.holder(100_00), h.holder(0)
	h.setCommit(func(func() error) error { panic("a bug") })
	_, err := h.post(ana.transfer(luis, 1))
	wantError(t, err, ErrOutcomeUnknown)
	if err := <-h.fatal; err == nil {
		t.Fatal("no reason")
	}
	h.reopen()
	h.wantBalance(luis, 0)
	h.verify()
}

// The database refuses one row of a batch. Only who asked for it gets internal, and nothing of it is kept.
func TestAPoisonedRowRefusesItselfAlone(t *testing.T) {
	h := newHouse(t)
	ana, luis := h.holder(100_00), h.holder(0)
	h.exec(`CREATE TRIGGER poison BEFORE INSERT ON transfers WHEN NEW.amount_minor = 666
		BEGIN SELECT RAISE(ABORT, 'poison'); END`)
	hold := h.hold()
	var answers []waiter
	poisoned := ana.transfer(luis, 666)
	for i := range 20 {
		o := ana.transfer(luis, 10)
		switch i {
		case 7:
			o = poisoned
		case 9:
			o.AmountMinor = 500_00 // refused as always
		}
		answers = append(answers, h.submit(o))
	}
	hold.release()
	for i, answer := range answers {
		got := <-answer
		switch i {
		case 7:
			wantError(t, got.err, ErrInternal)
		case 9:
			wantError(t, got.err, ErrInsufficientFunds)
		default:
			must(t, got.err)
		}
	}
	h.wantBalance(luis, 18*10)
	h.exec("DROP TRIGGER poison")
	_, err := h.post(poisoned) // internal binds nothing
	must(t, err)
	h.verify()
	select {
	case err := <-h.fatal:
		t.Fatal(err)
	default:
	}
}

// Somebody else has written to an account's head. Orders on it are refused, all others go on.
func TestAForkedAccountIsNoticedAndStandsStill(t *testing.T) {
	h := newHouse(t)
	ana, luis, eve := h.holder(100_00), h.holder(100_00), h.holder(100_00)
	h.exec(fmt.Sprintf("UPDATE heads SET version = version + 1, balance_minor = balance_minor + 100 WHERE account = %d", eve.account))
	hold := h.hold()
	good, bad, into := h.submit(ana.transfer(luis, 1)), h.submit(eve.transfer(luis, 1)), h.submit(ana.transfer(eve, 1))
	hold.release()
	must(t, (<-good).err)
	wantError(t, (<-bad).err, ErrInternal)
	wantError(t, (<-into).err, ErrInternal)
	_, err := h.post(ana.transfer(luis, 1))
	must(t, err)
	h.refuse(eve.transfer(luis, 1), ErrInternal)
	_, err = h.ledger.SetStatus(context.Background(), eve.account, models.AccountFrozen)
	wantError(t, err, ErrInternal)
	h.wantBalance(luis, 100_02)
	report, err := Verify(context.Background(), h.store)
	must(t, err)
	if report.OK() {
		t.Fatal("verify finds nothing")
	}
}

func TestTheDatabaseLockedByAnotherIsBusy(t *testing.T) {
	h := newHouse(t)
	ana, luis := h.holder(100_00), h.holder(0)
	must(t, h.ledger.do(context.Background(), func(w *writer) ([]*Change, error) { return nil, w.lockTimeout(1) }))
	db := h.openFile()
	defer db.Close()
	_, err := db.Exec("BEGIN IMMEDIATE")
	must(t, err)
	order := ana.transfer(luis, 1)
	h.refuse(order, ErrBusy)
	_, err = h.ledger.SetOverdraft(context.Background(), ana.account, 5)
	wantError(t, err, ErrBusy)
	_, err = db.Exec("ROLLBACK")
	must(t, err)
	_, err = h.post(order)
	must(t, err)
	h.verify()
}

// lockTimeout sets how long the writer's connection waits for a lock, in milliseconds.
func (w *writer) lockTimeout(ms int) error {
	return w.conn.Raw(func(driver any) error {
		return run(driver.(*sqlite3.SQLiteConn), fmt.Sprintf("PRAGMA busy_timeout = %d", ms))
	})
}

// The database may not grow any more, so a statement in the middle of a batch fails, and not for what its row holds.
func TestAFullDatabaseIsNoRefusal(t *testing.T) {
	h := newHouse(t)
	ana, luis := h.holder(100_00), h.holder(0)
	must(t, h.ledger.do(context.Background(), func(w *writer) ([]*Change, error) {
		return nil, w.conn.Raw(func(driver any) error { return run(driver.(*sqlite3.SQLiteConn), "PRAGMA max_page_count = 1") })
	}))
	var orders []Order
	var unknown []Order
	for len(unknown) == 0 && len(orders) < 10_000 {
		o := ana.transfer(luis, 1)
		o.Memo = "takes room"
		orders = append(orders, o)
		_, err := h.post(o)
		if errors.Is(err, ErrOutcomeUnknown) {
			unknown = append(unknown, o)
			break
		}
		must(t, err)
	}
	if len(unknown) != 1 {
		t.Fatal("the database never was full")
	}
	if err := <-h.fatal; err == nil {
		t.Fatal("no reason")
	}
	h.reopen()
	for _, o := range orders {
		_, err := h.post(o)
		must(t, err)
	}
	h.wantBalance(luis, int64(len(orders)))
	h.verify()
}
