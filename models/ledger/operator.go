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
	return l.alter(ctx, number, alteration{apply: func(tx *gorm.DB, store *models.Store, state *models.AccountState) (changed bool, err error) {
		if state.Status == status {
			return false, nil
		}
		detail := map[string]any{"from": state.Status, "to": status}
		state.Status = status
		if err := tx.Model(&models.Account{}).Where("id = ?", number).Update("status", status).Error; err != nil {
			return false, fmt.Errorf("ledger: set a status: %w", err)
		}
		return true, store.Audit(tx, models.Operator, models.ActionSetAccountStatus, number.String(), detail)
	}})
}

// SetOverdraft lets a holder's account go so far below zero, from 0 to money.MaxAmountMinor.
//
// Errors: ErrNotFound, ErrInvalidAmount, ErrInsufficientFunds (the account is further below zero already), ErrBusy,
// ErrClosed, ErrOutcomeUnknown.
func (l *Ledger) SetOverdraft(ctx context.Context, number clabe.Number, overdraftMinor int64) (*models.AccountState, error) {
	if overdraftMinor < 0 || overdraftMinor > money.MaxAmountMinor {
		return nil, ErrInvalidAmount
	}
	return l.alter(ctx, number, alteration{apply: func(tx *gorm.DB, store *models.Store, state *models.AccountState) (changed bool, err error) {
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
		return true, store.Audit(tx, models.Operator, models.ActionSetOverdraft, number.String(), detail)
	}})
}
