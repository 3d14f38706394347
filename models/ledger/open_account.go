package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
)

// NewAccount asks to open an account for its actor. The key is decided like an order's.
type NewAccount struct {
	Key      Key
	Actor    int64
	Device   int64
	Name     string // as models.CleanAccountName returns it; anything else is ErrAccountName
	Currency string
}

// digest stands for what is asked, in the outcome.
func (n *NewAccount) digest() [32]byte {
	b := append([]byte(digestLabel), 0, 0) // the kind of no order
	b = binary.BigEndian.AppendUint32(b, uint32(len(n.Currency)))
	b = append(b, n.Currency...)
	b = append(b, n.Name...)
	return sha256.Sum256(b)
}

// OpenAccount opens an account and waits. A retry of its key gets the account as it stands by then.
//
// Errors: ErrAccountName, ErrCurrency, ErrTooManyAccounts, and those of any key.
func (l *Ledger) OpenAccount(ctx context.Context, n NewAccount) (*models.AccountState, error) {
	var state *models.AccountState
	err := l.do(ctx, func(w *writer) (changes []*Change, err error) {
		opened := false
		err = w.transaction(func(tx *gorm.DB) error {
			state, opened, err = w.openAccount(tx, &n)
			return err
		})
		if err != nil || !opened {
			return nil, err
		}
		change := changeOf(state)
		change.Opened = true
		return []*Change{change}, nil
	})
	if err != nil {
		return nil, err
	}
	return state, nil
}

// openAccount decides within tx. An errKeep is a refusal that binds the key.
func (w *writer) openAccount(tx *gorm.DB, n *NewAccount) (state *models.AccountState, opened bool, err error) {
	if err := authorise(tx, n.Actor, n.Device); err != nil {
		return nil, false, err
	}
	if !n.Key.valid() {
		return nil, false, ErrKeyMalformed
	}
	digest := n.digest()
	var before []models.Outcome
	if err := tx.Where("key = ? AND actor = ?", n.Key[:], n.Actor).Limit(1).Find(&before).Error; err != nil {
		return nil, false, fmt.Errorf("ledger: read an outcome: %w", err)
	}
	if len(before) == 1 {
		state, err := w.openedBefore(tx, &before[0], digest)
		return state, false, err
	}
	nowUs := w.now().UnixMicro()
	if !n.Key.fresh(nowUs) && !n.Key.ahead(nowUs) {
		return nil, false, ErrKeyStale
	}
	outcome := models.Outcome{Key: n.Key[:], Actor: n.Actor, Digest: digest[:], At: nowUs}
	refusal, err := w.mayOpen(tx, n)
	if err != nil {
		return nil, false, err
	}
	if n.Key.ahead(nowUs) {
		refusal = ErrKeyStale
	}
	if refusal != nil {
		number := refusalNumber(refusal)
		outcome.Refusal = &number
		if err := tx.Create(&outcome).Error; err != nil {
			return nil, false, fmt.Errorf("ledger: bind a key: %w", err)
		}
		return nil, false, &errKeep{refusal}
	}
	if state, err = w.store.OpenAccount(tx, n.Actor, n.Name, money.Currency(n.Currency)); err != nil {
		return nil, false, err
	}
	outcome.Account = &state.ID
	if err := tx.Create(&outcome).Error; err != nil {
		return nil, false, fmt.Errorf("ledger: bind a key: %w", err)
	}
	return state, true, nil
}

// authorise is signedIn for a task.
func authorise(tx *gorm.DB, actor, deviceID int64) error {
	var user models.User
	err := tx.Select("status").Take(&user, actor).Error
	if errors.Is(err, gorm.ErrRecordNotFound) || err == nil && user.Status != models.UserActive {
		return ErrUserClosed
	}
	if err != nil {
		return fmt.Errorf("ledger: read a user: %w", err)
	}
	var device models.Device
	err = tx.Select("user_id", "revoked_at").Take(&device, deviceID).Error
	if errors.Is(err, gorm.ErrRecordNotFound) || err == nil && (device.UserID != actor || device.RevokedAt != nil) {
		return ErrDeviceRevoked
	}
	if err != nil {
		return fmt.Errorf("ledger: read a device: %w", err)
	}
	return nil
}

func (w *writer) openedBefore(tx *gorm.DB, outcome *models.Outcome, digest [32]byte) (*models.AccountState, error) {
	switch {
	case outcome.Transfer != nil || [32]byte(outcome.Digest) != digest:
		return nil, ErrKeyReused
	case outcome.Refusal != nil:
		return nil, refusalByNumber(int64(*outcome.Refusal))
	}
	return stateOf(tx, *outcome.Account)
}

// mayOpen returns the refusal, if there is one; err is the database's.
func (w *writer) mayOpen(tx *gorm.DB, n *NewAccount) (refusal, err error) {
	if clean, err := models.CleanAccountName(n.Name); err != nil || clean != n.Name {
		return ErrAccountName, nil
	}
	if !money.Currency(n.Currency).Valid() {
		return ErrCurrency, nil
	}
	var have int64
	if err := tx.Model(&models.Account{}).Where("owner = ?", n.Actor).Count(&have).Error; err != nil {
		return nil, fmt.Errorf("ledger: count accounts: %w", err)
	}
	if have >= int64(w.accountsMax) {
		return ErrTooManyAccounts, nil
	}
	return nil, nil
}

// stateOf reads an account within tx, or returns ErrNotFound.
func stateOf(tx *gorm.DB, number clabe.Number) (*models.AccountState, error) {
	state := new(models.AccountState)
	err := tx.Take(&state.Account, number).Error
	if err == nil {
		err = tx.Take(&state.Head, number).Error
	}
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("ledger: read an account: %w", err)
	}
	return state, nil
}

// changeOf says where an account stands, without a leg.
func changeOf(s *models.AccountState) *Change {
	change := &Change{
		Account: s.ID, Name: s.Name, Currency: s.Currency, Status: s.Status, Version: s.Head.Version, Seq: s.Head.Seq,
		BalanceMinor: s.Head.BalanceMinor, AvailableMinor: s.AvailableMinor(), OpenedAt: s.OpenedAt,
	}
	if s.Owner != nil {
		change.Owner = *s.Owner
	}
	copy(change.Head[:], s.Head.Head)
	return change
}
