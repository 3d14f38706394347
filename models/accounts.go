package models

import (
	"fmt"

	"gorm.io/gorm"

	"caudal/models/clabe"
	"caudal/models/money"
)

// numberTries bounds the search for a free account number. With 10^11 numbers in a branch, two tries in a row that hit
// one of a million accounts are one in 10^10.
const numberTries = 16

// OpenAccount inserts an account of a user, with a random number and its first head, into a transaction on the writer's
// connection. The caller has checked the name, the user and how many accounts are allowed.
func (s *Store) OpenAccount(tx *gorm.DB, owner int64, name string, currency money.Currency) (*Account, *Head, error) {
	if !currency.Valid() {
		return nil, nil, ErrCurrency
	}
	for range numberTries {
		number, err := clabe.Random(s.cfg.Rand, BankCode, BranchCustomer)
		if err != nil {
			return nil, nil, err
		}
		var taken int64
		if err := tx.Model(&Account{}).Where("id = ?", number).Count(&taken).Error; err != nil {
			return nil, nil, fmt.Errorf("models: look for a free account number: %w", err)
		}
		if taken != 0 {
			continue
		}
		account := &Account{
			ID: number, Owner: &owner, Name: name, Currency: currency, Status: AccountActive, OpenedAt: s.Now(),
		}
		if err := s.insertAccount(tx, account, 0); err != nil {
			return nil, nil, err
		}
		return account, s.firstHead(account, 0), nil
	}
	return nil, nil, fmt.Errorf("models: no free account number in %d tries", numberTries)
}

func (s *Store) insertAccount(tx *gorm.DB, account *Account, floorMinor int64) error {
	if err := tx.Create(account).Error; err != nil {
		return fmt.Errorf("models: open an account: %w", err)
	}
	if err := tx.Create(s.firstHead(account, floorMinor)).Error; err != nil {
		return fmt.Errorf("models: open an account: %w", err)
	}
	return nil
}

func (s *Store) firstHead(account *Account, floorMinor int64) *Head {
	head := FirstHead(s.cfg.Identity, account.ID, account.Currency)
	return &Head{Account: account.ID, FloorMinor: floorMinor, Version: 1, Head: head[:]}
}
