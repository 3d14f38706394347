package models

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"caudal/models/clabe"
	"caudal/models/money"
)

// numberTries bounds the search for a free account number. With 10^11 numbers in a branch, two tries in a row that hit
// one of a million accounts are one in 10^10.
const numberTries = 16

// AccountState is an account and where it stands.
type AccountState struct {
	Account `gorm:"embedded"`
	Head    Head `gorm:"embedded"`
}

// AvailableMinor is what may be spent: the balance minus what is held, plus the overdraft.
func (a *AccountState) AvailableMinor() int64 {
	return a.Head.BalanceMinor - a.Head.HeldMinor - a.Head.FloorMinor
}

// OpenAccount inserts an account of a user, with a random number and its first head, into a transaction on the writer's
// connection. The caller has cleaned the name ([CleanAccountName]), and checked the user and how many accounts are allowed.
func (s *Store) OpenAccount(tx *gorm.DB, owner int64, name string, currency money.Currency) (*AccountState, error) {
	if !currency.Valid() {
		return nil, ErrCurrency
	}
	for range numberTries {
		number, err := clabe.Random(s.cfg.Rand, BankCode, BranchCustomer)
		if err != nil {
			return nil, err
		}
		account, err := s.insertAccount(tx, Account{
			ID: number, Owner: &owner, Name: name, Currency: currency, Status: AccountActive, OpenedAt: s.Now(),
		})
		if account != nil || err != nil {
			return account, err
		}
	}
	return nil, fmt.Errorf("models: no free account number in %d tries", numberTries)
}

// insertAccount returns nil where the number is taken.
func (s *Store) insertAccount(tx *gorm.DB, account Account) (*AccountState, error) {
	free := clause.OnConflict{Columns: []clause.Column{{Name: "id"}}, DoNothing: true}
	inserted := tx.Clauses(free).Create(&account)
	if inserted.Error != nil {
		return nil, fmt.Errorf("models: open an account: %w", inserted.Error)
	}
	if inserted.RowsAffected == 0 {
		return nil, nil
	}
	head := s.firstHead(&account, 0)
	if err := tx.Create(&head).Error; err != nil {
		return nil, fmt.Errorf("models: open an account: %w", err)
	}
	return &AccountState{account, head}, nil
}

func (s *Store) firstHead(account *Account, floorMinor int64) Head {
	first := FirstHead(s.cfg.Identity, account.ID, account.Currency)
	return Head{Account: account.ID, FloorMinor: floorMinor, Version: 1, Head: first[:]}
}

// AccountsOf returns a user's accounts, oldest first.
func (s *Store) AccountsOf(ctx context.Context, userID int64) ([]AccountState, error) {
	var states []AccountState
	if err := s.accountStates(ctx).Where("accounts.owner = ?", userID).Find(&states).Error; err != nil {
		return nil, fmt.Errorf("models: read the accounts: %w", err)
	}
	return states, nil
}

// AccountByNumber returns any account, or ErrAccountNotFound. Whose it is, is the caller's to check.
func (s *Store) AccountByNumber(ctx context.Context, number clabe.Number) (*AccountState, error) {
	var state AccountState
	err := s.accountStates(ctx).Where("accounts.id = ?", number).Take(&state).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, ErrAccountNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("models: read an account: %w", err)
	}
	return &state, nil
}

// accountStates joins accounts and heads, which one statement reads as they stand at one moment.
func (s *Store) accountStates(ctx context.Context) *gorm.DB {
	return s.Read().WithContext(ctx).Table("accounts").Select("accounts.*, heads.*").
		Joins("JOIN heads ON heads.account = accounts.id").Order("accounts.opened_at, accounts.id")
}

// Payee is what a payer may know of whom a number or a username belongs to before money leaves.
type Payee struct {
	CLABE      clabe.Number
	MaskedName string
	Currency   money.Currency
}

// PayeeByCLABE finds the payee of a holder's account. The bank's own accounts, those of closed users, and numbers that do
// not exist are all ErrPayeeNotFound. Every miss spends the asker's budget, which is the caller's to keep.
func (s *Store) PayeeByCLABE(ctx context.Context, number clabe.Number) (*Payee, error) {
	return s.payee(ctx, "accounts.id = ?", number)
}

// PayeeByUsername finds the payee of a user's oldest account that is not frozen, or ErrPayeeNotFound.
func (s *Store) PayeeByUsername(ctx context.Context, username string) (*Payee, error) {
	if CheckUsername(username) != nil {
		return nil, ErrPayeeNotFound
	}
	return s.payee(ctx, "users.username = ? AND accounts.status = 'active'", username)
}

func (s *Store) payee(ctx context.Context, condition string, value any) (*Payee, error) {
	var found struct {
		ID       clabe.Number
		Owner    string
		Currency money.Currency
	}
	err := s.Read().WithContext(ctx).Table("accounts").Select("accounts.id, accounts.currency, users.owner").
		Joins("JOIN users ON users.id = accounts.owner AND users.status = 'active'").
		Where(condition, value).Order("accounts.opened_at, accounts.id").Limit(1).Take(&found).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, ErrPayeeNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("models: look up a payee: %w", err)
	}
	return &Payee{found.ID, MaskName(found.Owner), found.Currency}, nil
}
