package models

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"caudal/models/money"
)

// NewUser is a user to be made.
type NewUser struct {
	Username     string
	Owner        string // the holder's name
	PasswordHash string // PHC string, see models/password
	Role         Role   // default RoleHolder; others come from local commands only
	Device       *NewDevice
	AccountName  string         // of the first account; empty: none, as for staff
	Currency     money.Currency // of that account
}

// CreateUser makes a user, with the first device and the first account where they are given, all in one commit. What was
// not asked for comes back nil.
//
// Errors: ErrUsernameTaken, ErrDeviceKeyTaken, ErrDeviceKey, ErrText, ErrRole, ErrCurrency.
func (s *Store) CreateUser(ctx context.Context, create NewUser) (*User, *Device, *AccountState, error) {
	if err := create.clean(); err != nil {
		return nil, nil, nil, err
	}
	var user *User
	var device *Device
	var account *AccountState
	err := s.Write(ctx, func(tx *gorm.DB) error {
		user = &User{
			Username: create.Username, Owner: create.Owner, Password: create.PasswordHash, Role: create.Role,
			Status: UserActive, CreatedAt: s.Now(),
		}
		err := tx.Create(user).Error
		if violates(err, "users.username") {
			return ErrUsernameTaken
		}
		if err != nil {
			return fmt.Errorf("models: make a user: %w", err)
		}
		if err := insertHolderWords(tx, *user); err != nil {
			return err
		}
		if create.Device != nil {
			if device, err = s.insertDevice(tx, user.ID, *create.Device); err != nil {
				return err
			}
		}
		if create.AccountName != "" {
			if account, err = s.OpenAccount(tx, user.ID, create.AccountName, create.Currency); err != nil {
				return err
			}
		}
		actor := user.ID
		if create.Role != RoleHolder {
			actor = Operator
		}
		return s.Audit(tx, actor, actionCreateUser, userSubject(user.ID),
			map[string]any{"username": user.Username, "role": user.Role})
	})
	if err != nil {
		return nil, nil, nil, err
	}
	return user, device, account, nil
}

func (u *NewUser) clean() (err error) {
	if u.Role == "" {
		u.Role = RoleHolder
	}
	if !u.Role.Valid() {
		return ErrRole
	}
	if err := CheckUsername(u.Username); err != nil {
		return err
	}
	if u.Owner, err = CleanOwner(u.Owner); err != nil {
		return err
	}
	if u.Device != nil {
		device := *u.Device // the caller's stays as it is
		if err := device.clean(); err != nil {
			return err
		}
		u.Device = &device
	}
	if u.AccountName == "" {
		return nil
	}
	if u.AccountName, err = CleanAccountName(u.AccountName); err != nil {
		return err
	}
	if !u.Currency.Valid() {
		return ErrCurrency
	}
	return nil
}

// UserByUsername returns a user, closed or not, or ErrUserNotFound.
func (s *Store) UserByUsername(ctx context.Context, username string) (*User, error) {
	if CheckUsername(username) != nil { // nobody's, and perhaps no text that a database takes
		return nil, ErrUserNotFound
	}
	return userWhere(s.Read().WithContext(ctx), "username = ?", username)
}

// UserByID returns a user, closed or not, or ErrUserNotFound.
func (s *Store) UserByID(ctx context.Context, id int64) (*User, error) {
	return userWhere(s.Read().WithContext(ctx), "id = ?", id)
}

func userWhere(tx *gorm.DB, condition string, value any) (*User, error) {
	var user User
	err := tx.Where(condition, value).Take(&user).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, ErrUserNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("models: read a user: %w", err)
	}
	return &user, nil
}

// ChangePassword gives a user who has just proved the old password a new one, and revokes every device but the one with
// the row id keep, which is the one that asks. The user is as it was read for that proof; see [Store.AddDevice].
//
// Errors: ErrUserClosed, ErrCredentialsChanged, ErrDeviceRevoked (the one that asks).
func (s *Store) ChangePassword(ctx context.Context, user *User, hash string, keep int64) (revoked []Device, err error) {
	err = s.Write(ctx, func(tx *gorm.DB) error {
		if err := stillProved(tx, user); err != nil {
			return err
		}
		if _, err := stillSignedIn(tx, lockUser, user.ID, keep); err != nil {
			return err
		}
		revoked, err = s.setPassword(tx, user.ID, user.ID, actionChangePassword, hash, keep)
		return err
	})
	if err != nil {
		return nil, err
	}
	return revoked, nil
}

// RenewPasswordHash stores another hash of the same password, made by stronger parameters. Devices stay.
func (s *Store) RenewPasswordHash(ctx context.Context, user *User, hash string) error {
	return s.Write(ctx, func(tx *gorm.DB) error {
		if err := stillProved(tx, user); err != nil {
			return err
		}
		return updateUser(tx, user.ID, "password", hash)
	})
}

// setPassword also revokes the devices but one.
func (s *Store) setPassword(tx *gorm.DB, actor, userID int64, action, hash string, keep int64) ([]Device, error) {
	if err := updateUser(tx, userID, "password", hash); err != nil {
		return nil, err
	}
	revoked, err := s.revokeAll(tx, userID, keep)
	if err != nil {
		return nil, err
	}
	return revoked, s.Audit(tx, actor, action, userSubject(userID), map[string]any{"devices_revoked": len(revoked)})
}

func updateUser(tx *gorm.DB, id int64, column string, value any) error {
	if err := tx.Model(&User{}).Where("id = ?", id).Update(column, value).Error; err != nil {
		return fmt.Errorf("models: change a user's %s: %w", column, err)
	}
	return nil
}
