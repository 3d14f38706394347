package ledger

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
)

// What is here is done by local command only, in the audit log under models.Operator. It raises the account's version and
// reaches the sink.

// SetStatus freezes a holder's account, so that no money moves on it, or thaws it. Setting what is set changes nothing.
//
// Errors: ErrNotFound, ErrBusy, ErrClosed, ErrOutcomeUnknown.
func (l *Ledger) SetStatus(ctx context.Context, number clabe.Number, status models.AccountStatus) (*models.AccountState, error) {
	if status != models.AccountActive && status != models.AccountFrozen {
		return nil, fmt.Errorf("%w: %q is no status", ErrNotPermitted, status)
	}
	return l.alter(ctx, number, func(tx *gorm.DB, store *models.Store, state *models.AccountState) (changed bool, err error) {
		if state.Status == status {
			return false, nil
		}
		detail := map[string]any{"from": state.Status, "to": status}
		state.Status = status
		if err := tx.Model(&models.Account{}).Where("id = ?", number).Update("status", status).Error; err != nil {
			return false, fmt.Errorf("ledger: set a status: %w", err)
		}
		return true, store.Audit(tx, models.Operator, "account.set_status", number.String(), detail)
	})
}

// SetOverdraft lets a holder's account go so far below zero, from 0 to money.MaxAmountMinor.
//
// Errors: ErrNotFound, ErrInvalidAmount, ErrInsufficientFunds (the account is further below zero already), ErrBusy,
// ErrClosed, ErrOutcomeUnknown.
func (l *Ledger) SetOverdraft(ctx context.Context, number clabe.Number, overdraftMinor int64) (*models.AccountState, error) {
	if overdraftMinor < 0 || overdraftMinor > money.MaxAmountMinor {
		return nil, ErrInvalidAmount
	}
	return l.alter(ctx, number, func(tx *gorm.DB, store *models.Store, state *models.AccountState) (changed bool, err error) {
		if state.OverdraftMinor == overdraftMinor {
			return false, nil
		}
		if state.Head.BalanceMinor-state.Head.HeldMinor < -overdraftMinor {
			return false, ErrInsufficientFunds
		}
		detail := map[string]any{"from_minor": state.OverdraftMinor, "to_minor": overdraftMinor}
		state.OverdraftMinor, state.Head.FloorMinor = overdraftMinor, -overdraftMinor
		err = tx.Model(&models.Account{}).Where("id = ?", number).Update("overdraft_minor", overdraftMinor).Error
		if err != nil {
			return false, fmt.Errorf("ledger: set an overdraft: %w", err)
		}
		return true, store.Audit(tx, models.Operator, "account.set_overdraft", number.String(), detail)
	})
}

// alteration changes an account's row, and state with it; its head's version and floor are alter's to write.
type alteration func(tx *gorm.DB, store *models.Store, state *models.AccountState) (changed bool, err error)

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
		return []*Change{changeOf(state)}, nil
	})
	if err != nil {
		return nil, err
	}
	return state, nil
}

func (w *writer) alter(tx *gorm.DB, number clabe.Number, change alteration) (*models.AccountState, bool, error) {
	state, err := stateOf(tx, number)
	if err != nil {
		return nil, false, err
	}
	if state.Owner == nil {
		return nil, false, ErrNotFound
	}
	if w.forked[number] {
		return nil, false, ErrInternal
	}
	changed, err := change(tx, w.store, state)
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
