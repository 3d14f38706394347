package models

import (
	"context"
	"fmt"

	"gorm.io/gorm"
)

// What is here is done by local command only, in the audit log under [Operator]. Nothing that comes over the network leads
// to it. Each returns the user as it is afterwards, and the devices whose connections must end.

// SetRole gives a user a role. A user who loses or gains one signs in anew: the devices are revoked.
//
// Errors: ErrUserNotFound, ErrUserClosed, ErrRole.
func (s *Store) SetRole(ctx context.Context, username string, role Role) (*User, []Device, error) {
	if !role.Valid() {
		return nil, nil, ErrRole
	}
	return s.operate(ctx, username, func(tx *gorm.DB, user *User) ([]Device, error) {
		if user.Role == role {
			return nil, nil
		}
		if err := updateUser(tx, user.ID, "role", role); err != nil {
			return nil, err
		}
		detail := map[string]any{"from": user.Role, "to": role}
		user.Role = role
		revoked, err := s.revokeAll(tx, user.ID, 0)
		if err != nil {
			return nil, err
		}
		return revoked, s.Audit(tx, Operator, actionSetRole, userSubject(user.ID), detail)
	})
}

// ResetPassword gives a user who has lost the password another one, and revokes all devices.
//
// Errors: ErrUserNotFound, ErrUserClosed.
func (s *Store) ResetPassword(ctx context.Context, username, hash string) (*User, []Device, error) {
	return s.operate(ctx, username, func(tx *gorm.DB, user *User) ([]Device, error) {
		user.Password = hash
		return s.setPassword(tx, Operator, user.ID, actionResetPassword, hash, 0)
	})
}

// CloseUser ends a user for good: no sign-in, no transfer ordered or received. The accounts stay, with what is on them.
//
// Errors: ErrUserNotFound, ErrUserClosed.
func (s *Store) CloseUser(ctx context.Context, username string) (*User, []Device, error) {
	return s.operate(ctx, username, func(tx *gorm.DB, user *User) ([]Device, error) {
		if err := updateUser(tx, user.ID, "status", UserClosed); err != nil {
			return nil, err
		}
		user.Status = UserClosed
		revoked, err := s.revokeAll(tx, user.ID, 0)
		if err != nil {
			return nil, err
		}
		return revoked, s.Audit(tx, Operator, actionCloseUser, userSubject(user.ID), nil)
	})
}

// operate reads a user who is not closed and changes it, in one transaction.
func (s *Store) operate(ctx context.Context, username string, change func(*gorm.DB, *User) ([]Device, error)) (
	user *User, revoked []Device, err error,
) {
	if CheckUsername(username) != nil {
		return nil, nil, ErrUserNotFound
	}
	err = s.Write(ctx, func(tx *gorm.DB) (err error) {
		if user, err = lockUser(tx, "username = ?", username); err != nil {
			return err
		}
		if user.Status != UserActive {
			return ErrUserClosed
		}
		revoked, err = change(tx, user)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return user, revoked, nil
}

// Staff returns the users who are not holders, closed ones too, by username.
func (s *Store) Staff(ctx context.Context) ([]User, error) {
	var staff []User
	err := s.Read().WithContext(ctx).Where("role <> ?", RoleHolder).Order("username").Find(&staff).Error
	if err != nil {
		return nil, fmt.Errorf("models: read the staff: %w", err)
	}
	return staff, nil
}
