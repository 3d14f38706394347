package models

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"caudal/models/clabe"
	"caudal/models/money"
)

// Where the bank's account numbers lie.
const (
	BankCode       = 999 // this bank
	BranchSystem   = 0   // its own accounts
	BranchCustomer = 1   // its holders' accounts
)

// SystemShards is how many accounts a class has in each currency: a row that every deposit of the bank had to rewrite
// would be the one row that all of them wait for. The ledger chooses the shard by the counterparty.
const SystemShards = 16

// systemFloorMinor is how far a system account may go below zero: what came into the bank left it there. 512 holders with
// [money.MaxAmountMinor] each do not reach it, and what is beyond still fits an int64.
const systemFloorMinor = -1 << 62

// Classes returns the classes of system accounts in a fixed order.
func Classes() []Class { return []Class{ClassCash, ClassGifts, ClassFees} }

// SystemAccount returns the number of one shard of a class: 999 000 0000 class (1) currency (3, ISO 4217) shard (3) check.
// It panics on a class or currency that the bank does not have.
func SystemAccount(class Class, currency money.Currency, shard int) clabe.Number {
	for i, known := range Classes() {
		if known != class {
			continue
		}
		number, err := clabe.New(BankCode, BranchSystem, int64(i+1)*1_000_000+int64(currency.Numeric())*1000+int64(shard))
		if err != nil || shard < 0 || shard >= SystemShards {
			panic(fmt.Sprintf("models: no shard %d", shard))
		}
		return number
	}
	panic("models: no class " + string(class))
}

// Bank returns the row of the bank. Its slices are shared: do not write into them.
func (s *Store) Bank() Bank { return s.bank }

// Identity returns the identity that the database is bound to.
func (s *Store) Identity() [32]byte { return s.cfg.Identity }

// found writes the row of the bank and its system accounts where they are missing, and checks that the bank is the one
// that was asked for. Of several nodes that do it at a time, one does it, and the others wait.
func (s *Store) found(ctx context.Context) error {
	return s.Write(ctx, func(tx *gorm.DB) error {
		bank, err := s.ownRow(tx)
		if err != nil {
			return err
		}
		switch {
		case !bytes.Equal(bank.Identity, s.cfg.Identity[:]):
			return ErrOtherBank
		case bank.Demo && !s.cfg.Demo:
			return ErrDemoDatabase
		case !bank.Demo && s.cfg.Demo:
			return ErrNotDemoDatabase
		}
		s.bank = *bank
		if err := s.openHeads(tx); err != nil {
			return err
		}
		if err := s.openSystemAccounts(tx); err != nil {
			return err
		}
		return s.fillHolderWords(ctx, tx)
	})
}

// ownRow locks the row of the bank, which is there then.
func (s *Store) ownRow(tx *gorm.DB) (*Bank, error) {
	var bank Bank
	err := locking(tx).Take(&bank).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		created := Bank{ID: 1, Identity: s.cfg.Identity[:], HandleKey: make([]byte, 32), Demo: s.cfg.Demo, CreatedAt: s.Now()}
		if _, err := io.ReadFull(s.cfg.Rand, created.HandleKey); err != nil {
			return nil, fmt.Errorf("models: random bytes: %w", err)
		}
		// Another node's that has come meanwhile stands.
		if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&created).Error; err != nil {
			return nil, fmt.Errorf("models: found the bank: %w", err)
		}
		err = locking(tx).Take(&bank).Error
	}
	if err != nil {
		return nil, fmt.Errorf("models: read the bank: %w", err)
	}
	return &bank, nil
}

// openHeads gives the accounts of a database of version 1, which had no heads, their first ones. Any later database has
// the heads of the system accounts at least, and is left alone.
func (s *Store) openHeads(tx *gorm.DB) error {
	var heads int64
	if err := tx.Model(&Head{}).Limit(1).Count(&heads).Error; err != nil || heads != 0 {
		return err
	}
	var accounts []Account
	if err := tx.Find(&accounts).Error; err != nil {
		return fmt.Errorf("models: read the accounts: %w", err)
	}
	for i := range accounts {
		floorMinor := -accounts[i].OverdraftMinor
		if accounts[i].Class != nil {
			floorMinor = systemFloorMinor
		}
		head := s.firstHead(&accounts[i], floorMinor)
		if err := tx.Create(&head).Error; err != nil {
			return fmt.Errorf("models: open an account: %w", err)
		}
	}
	return nil
}

// openSystemAccounts opens those that are missing: all of them at the first start, a currency's when the bank gets one.
func (s *Store) openSystemAccounts(tx *gorm.DB) error {
	var have []clabe.Number
	if err := tx.Model(&Account{}).Where("class IS NOT NULL").Pluck("id", &have).Error; err != nil {
		return fmt.Errorf("models: read the system accounts: %w", err)
	}
	known := make(map[clabe.Number]bool, len(have))
	for _, number := range have {
		known[number] = true
	}
	var accounts []Account
	var heads []Head
	for _, class := range Classes() {
		for _, currency := range money.Currencies() {
			for shard := range SystemShards {
				number := SystemAccount(class, currency, shard)
				if known[number] {
					continue
				}
				accounts = append(accounts, Account{
					ID: number, Class: &class, Shard: shard, Currency: currency, Status: AccountActive, OpenedAt: s.Now(),
					Name: fmt.Sprintf("%s %s %d", class, currency, shard),
				})
				heads = append(heads, s.firstHead(&accounts[len(accounts)-1], systemFloorMinor))
			}
		}
	}
	if len(accounts) == 0 {
		return nil
	}
	if err := errors.Join(tx.Create(&accounts).Error, tx.Create(&heads).Error); err != nil {
		return fmt.Errorf("models: open the system accounts: %w", err)
	}
	return nil
}
