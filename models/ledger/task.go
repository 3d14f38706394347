package ledger

import (
	"context"
	"errors"
	"fmt"

	"github.com/mattn/go-sqlite3"
	"gorm.io/gorm"
)

// task is work for the writer that is no order: it has a commit of its own, in its place among the orders.
type task struct {
	// run returns what changed. It is called on the writer's goroutine.
	run func(w *writer) ([]*Change, error)
	// done hears of it on the publisher's goroutine, before the sink.
	done func(error)
}

// perform runs a task. After !ok the ledger has failed.
func (w *writer) perform(t *task) (ok bool) {
	changes, err := t.run(w)
	w.unanswered = w.unanswered[1:]
	if fatal(err) {
		w.finish(t, nil, ErrOutcomeUnknown)
		w.fail(err)
		return false
	}
	w.finish(t, changes, w.answerOf(err))
	return true
}

// answerOf returns the error of this package that err is, and ErrInternal, with a line in the log, for any other.
func (w *writer) answerOf(err error) error {
	if err == nil || refusalNumber(err) != 0 {
		return err
	}
	if errors.Is(err, errNotBegun) {
		return ErrBusy
	}
	for _, answer := range []error{ErrInternal, ErrKeyReused, ErrKeyMalformed, ErrUserClosed, ErrDeviceRevoked} {
		if errors.Is(err, answer) {
			return err
		}
	}
	w.log.Error("a task failed", "error", err)
	return ErrInternal
}

func (w *writer) finish(t *task, changes []*Change, err error) {
	sink := w.publisher.sink
	w.publisher.do(func() {
		t.done(err)
		if sink == nil {
			return
		}
		for _, change := range changes {
			sink.Changed(change)
		}
		sink.Told()
	})
}

// do runs fn as a task and waits. A ctx that ends does not reach it.
func (l *Ledger) do(ctx context.Context, fn func(w *writer) ([]*Change, error)) error {
	done := make(chan error, 1)
	if err := l.queue.push(entry{task: &task{run: fn, done: func(err error) { done <- err }}}); err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("%w: %w", ErrOutcomeUnknown, ctx.Err())
	}
}

// errKeep makes transaction commit what was done, and return the refusal inside.
type errKeep struct{ refusal error }

func (e *errKeep) Error() string { return e.refusal.Error() }

// transaction runs fn in a transaction of GORM on the writer's connection. Unlike models.Store.Write it leaves the store's
// generation alone: what the ledger does says nothing of who may do what.
func (w *writer) transaction(fn func(tx *gorm.DB) error) (err error) {
	turn, err := w.store.Turn(context.Background())
	if err != nil {
		return &failure{err}
	}
	defer func() { w.leave(turn, err) }()
	defer contain(&err)
	tx := turn.DB(context.Background()).Begin()
	if err := tx.Error; err != nil {
		if sqlite, ok := errors.AsType[sqlite3.Error](err); ok && sqlite.Code == sqlite3.ErrBusy {
			return fmt.Errorf("%w: %w", errNotBegun, err)
		}
		return &failure{err}
	}
	returned := false
	defer func() {
		if !returned { // but panicked: an open transaction would keep the connection from being closed
			tx.Rollback()
		}
	}()
	err = fn(tx)
	returned = true
	keep, refused := errors.AsType[*errKeep](err)
	if err != nil && !refused {
		err = judge(err)
		if rollback := tx.Rollback().Error; rollback != nil && !fatal(err) {
			err = &failure{errors.Join(err, rollback)}
		}
		return err
	}
	if err := tx.Commit().Error; err != nil {
		return &failure{err}
	}
	if refused {
		return keep.refusal
	}
	return nil
}
