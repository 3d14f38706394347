package ledger

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"caudal/models"
	"caudal/models/clabe"
)

// alteration is a change of a holder's account by which no money moves.
type alteration struct {
	// actor is the holder who asks, by which device; 0 for the bank itself, whose every account it is.
	actor, device int64
	renames       bool
	// apply changes the account's row, and state with it; its head's version and floor are alter's to write.
	apply func(tx *gorm.DB, store *models.Store, state *models.AccountState) (changed bool, err error)
}

func (l *Ledger) alter(ctx context.Context, number clabe.Number, change alteration) (*models.AccountState, error) {
	var state *models.AccountState
	err := l.do(ctx, func(w *writer) ([]*Change, error) {
		changed := false
		err := w.transaction(func(tx *gorm.DB) (err error) {
			state, changed, err = w.alter(tx, number, change)
			return err
		})
		if err != nil || !changed {
			return nil, err
		}
		w.accounts.drop(number) // read again when it is needed
		told := changeOf(state)
		told.Renamed = change.renames
		return []*Change{told}, nil
	})
	if err != nil {
		return nil, err
	}
	return state, nil
}

func (w *writer) alter(tx *gorm.DB, number clabe.Number, change alteration) (*models.AccountState, bool, error) {
	if change.actor != 0 {
		if err := authorise(tx, change.actor, change.device); err != nil {
			return nil, false, err
		}
	}
	state, err := stateOf(tx, number)
	if err != nil {
		return nil, false, err
	}
	if state.Owner == nil || change.actor != 0 && *state.Owner != change.actor {
		return nil, false, ErrNotFound
	}
	if w.forked[number] {
		return nil, false, ErrInternal
	}
	changed, err := change.apply(tx, w.store, state)
	if err != nil || !changed {
		return state, false, err
	}
	at, version := state.Head.Seq, state.Head.Version
	if a, ok := w.accounts.get(number); ok {
		at, version = a.head.seq, a.head.version
	}
	state.Head.Version++
	result := tx.Model(&models.Head{}).Where("account = ? AND seq = ? AND version = ?", number, at, version).
		Updates(map[string]any{"version": state.Head.Version, "floor_minor": state.Head.FloorMinor})
	if result.Error != nil {
		return nil, false, fmt.Errorf("ledger: move a head on: %w", result.Error)
	}
	if result.RowsAffected != 1 {
		w.fork(number, at, version)
		return nil, false, ErrInternal
	}
	return state, true, nil
}
