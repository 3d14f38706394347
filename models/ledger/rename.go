package ledger

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"caudal/models"
	"caudal/models/clabe"
)

// Rename asks to give an account of its actor's another name.
type Rename struct {
	Account clabe.Number
	Actor   int64
	Device  int64
	Name    string // as models.CleanAccountName returns it; anything else is ErrAccountName
}

// RenameAccount gives an account another name and waits. It raises the account's version and reaches the sink; the name that
// the account has already changes nothing, so that a retry does no harm. A frozen account is renamed like any other.
//
// Errors: ErrAccountName, ErrNotFound (of somebody else's account too), ErrUserClosed, ErrDeviceRevoked, ErrBusy, ErrClosed,
// ErrOutcomeUnknown, ErrInternal.
func (l *Ledger) RenameAccount(ctx context.Context, r Rename) (*models.AccountState, error) {
	if clean, err := models.CleanAccountName(r.Name); err != nil || clean != r.Name {
		return nil, ErrAccountName
	}
	return l.alter(ctx, r.Account, alteration{
		actor: r.Actor, device: r.Device, renames: true,
		apply: func(tx *gorm.DB, _ *models.Store, state *models.AccountState) (changed bool, err error) {
			if state.Name == r.Name {
				return false, nil
			}
			state.Name = r.Name
			if err := tx.Model(&models.Account{}).Where("id = ?", r.Account).Update("name", r.Name).Error; err != nil {
				return false, fmt.Errorf("ledger: rename an account: %w", err)
			}
			return true, nil
		},
	})
}
