package models

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"
)

// MaxDevices is how many live devices a user may have: more than a person owns, and few enough to look through.
const MaxDevices = 20

// publicIDSize is the length of a device's public id: random, so that nobody meets one by trying.
const publicIDSize = 16

// NewDevice is a device to be enrolled. Whoever enrols it has checked that its signature proves possession of the key.
type NewDevice struct {
	Algorithm DeviceAlgorithm
	PublicKey []byte
	Name      string
}

// AddDevice enrols a device of a user who has just proved the password. The user is as it was read for that proof: if the
// password, or anything else that counts, has changed since, the proof is void and nothing is enrolled.
//
// Errors: ErrUserClosed, ErrCredentialsChanged, ErrTooManyDevices, ErrDeviceKeyTaken (by anyone, ever), ErrDeviceKey, ErrText.
func (s *Store) AddDevice(ctx context.Context, user *User, enrol NewDevice) (*Device, error) {
	if err := enrol.clean(); err != nil {
		return nil, err
	}
	var device *Device
	err := s.Write(ctx, func(tx *gorm.DB) (err error) {
		if err := stillProved(tx, user); err != nil {
			return err
		}
		device, err = s.insertDevice(tx, user.ID, enrol)
		return err
	})
	if err != nil {
		return nil, err
	}
	return device, nil
}

func (d *NewDevice) clean() (err error) {
	if err := CheckDeviceKey(d.Algorithm, d.PublicKey); err != nil {
		return err
	}
	d.Name, err = CleanDeviceName(d.Name)
	return err
}

// stillProved makes sure that a user is active and has the password that was proved, until the end of the transaction.
func stillProved(tx *gorm.DB, proved *User) error {
	user, err := lockUser(tx, "id = ?", proved.ID)
	switch {
	case err != nil:
		return err
	case user.Status != UserActive:
		return ErrUserClosed
	case user.Password != proved.Password: // two stored hashes: nothing here is a secret of the caller's
		return ErrCredentialsChanged
	}
	return nil
}

// stillSignedIn returns the user who signed in by a device, both by row id, where both still stand: whoever is cut off may
// have asked for something just before. What is then to be written needs lockUser. Errors: ErrUserClosed, ErrDeviceRevoked.
func stillSignedIn(tx *gorm.DB, read readUser, userID, deviceID int64) (*User, error) {
	user, err := read(tx, "id = ?", userID)
	if err != nil {
		return nil, err
	}
	if user.Status != UserActive {
		return nil, ErrUserClosed
	}
	var device Device
	err = tx.Where("id = ? AND user_id = ? AND revoked_at IS NULL", deviceID, userID).Take(&device).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, ErrDeviceRevoked
	}
	if err != nil {
		return nil, fmt.Errorf("models: read a device: %w", err)
	}
	return user, nil
}

// insertDevice enrols a device of a user who is locked, or new: nobody else counts the devices meanwhile.
func (s *Store) insertDevice(tx *gorm.DB, userID int64, enrol NewDevice) (*Device, error) {
	var live int64
	if err := tx.Model(&Device{}).Where("user_id = ? AND revoked_at IS NULL", userID).Count(&live).Error; err != nil {
		return nil, fmt.Errorf("models: count the devices: %w", err)
	}
	if live >= MaxDevices {
		return nil, ErrTooManyDevices
	}
	now := s.Now()
	device := &Device{
		PublicID: make([]byte, publicIDSize), UserID: userID, Algorithm: enrol.Algorithm, PublicKey: enrol.PublicKey,
		Name: enrol.Name, CreatedAt: now, LastSeenAt: now,
	}
	if _, err := io.ReadFull(s.cfg.Rand, device.PublicID); err != nil {
		return nil, fmt.Errorf("models: random bytes: %w", err)
	}
	err := tx.Create(device).Error
	if violates(err, "devices.public_key") {
		return nil, ErrDeviceKeyTaken
	}
	if err != nil {
		return nil, fmt.Errorf("models: enrol a device: %w", err)
	}
	return device, nil
}

// deviceAndUser is one statement because every sign-in has it: both rows are as of one moment without a transaction, and read
// without reflection.
const deviceAndUser = `SELECT d.id, d.public_id, d.user_id, d.algorithm, d.public_key, d.name, d.created_at, d.last_seen_at, d.revoked_at,
	u.id, u.username, u.owner, u.password, u.role, u.status, u.created_at
FROM devices d JOIN users u ON u.id = d.user_id WHERE d.public_id = ?`

// DeviceByPublicID returns the device that signs in, and its user, as both stand now. Errors: ErrDeviceNotFound,
// ErrDeviceRevoked, ErrUserClosed; with the latter two the rows come too, for the log.
func (s *Store) DeviceByPublicID(ctx context.Context, publicID []byte) (*Device, *User, error) {
	device, user := new(Device), new(User)
	err := s.Read().WithContext(ctx).Raw(deviceAndUser, publicID).Row().Scan(
		&device.ID, &device.PublicID, &device.UserID, &device.Algorithm, &device.PublicKey, &device.Name,
		&device.CreatedAt, &device.LastSeenAt, &device.RevokedAt,
		&user.ID, &user.Username, &user.Owner, &user.Password, &user.Role, &user.Status, &user.CreatedAt)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil, ErrDeviceNotFound
	case err != nil:
		return nil, nil, fmt.Errorf("models: read a device: %w", err)
	case device.RevokedAt != nil:
		return device, user, ErrDeviceRevoked
	case user.Status != UserActive:
		return device, user, ErrUserClosed
	}
	return device, user, nil
}

// Devices returns a user's live devices, oldest first.
func (s *Store) Devices(ctx context.Context, userID int64) ([]Device, error) {
	return liveDevices(s.Read().WithContext(ctx), userID)
}

func liveDevices(tx *gorm.DB, userID int64) ([]Device, error) {
	var devices []Device
	if err := tx.Where("user_id = ? AND revoked_at IS NULL", userID).Order("id").Find(&devices).Error; err != nil {
		return nil, fmt.Errorf("models: read the devices: %w", err)
	}
	return devices, nil
}

// RevokeDevice ends a live device of the user for good. by is the row id of the device that asks, which may be the same one:
// a thief who has just been cut off must not cut off the owner by a command that was on its way.
//
// Errors: ErrUserClosed, ErrDeviceRevoked (the one that asks), and ErrDeviceNotFound, which a device of somebody else, a
// revoked one and one that never was all are.
func (s *Store) RevokeDevice(ctx context.Context, userID, by int64, publicID []byte) (*Device, error) {
	var device *Device
	err := s.Write(ctx, func(tx *gorm.DB) (err error) {
		if _, err := stillSignedIn(tx, lockUser, userID, by); err != nil {
			return err
		}
		if device, err = liveDevice(tx, userID, publicID); err != nil {
			return err
		}
		if err := s.revoke(tx, device); err != nil {
			return err
		}
		return s.Audit(tx, userID, actionRevokeDevice, "device:"+hex.EncodeToString(publicID), nil)
	})
	if err != nil {
		return nil, err
	}
	return device, nil
}

// liveDevice returns a device of the user's that is not revoked, or ErrDeviceNotFound.
func liveDevice(tx *gorm.DB, userID int64, publicID []byte) (*Device, error) {
	var device Device
	err := tx.Where("public_id = ? AND user_id = ? AND revoked_at IS NULL", publicID, userID).Take(&device).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, ErrDeviceNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("models: read a device: %w", err)
	}
	return &device, nil
}

// RenameDevice gives a live device of the user another name; changed is false where it has that name already. by is the row
// id of the device that asks. It does not raise the generation: nobody may do more or less after it.
//
// Errors: ErrText, ErrUserClosed, ErrDeviceRevoked (the one that asks), and ErrDeviceNotFound as RevokeDevice has it.
func (s *Store) RenameDevice(ctx context.Context, userID, by int64, publicID []byte, name string) (
	device *Device, changed bool, err error,
) {
	if name, err = CleanDeviceName(name); err != nil {
		return nil, false, err
	}
	err = s.write(ctx, func(tx *gorm.DB) (err error) {
		changed = false
		if _, err := stillSignedIn(tx, lockUser, userID, by); err != nil {
			return err
		}
		if device, err = liveDevice(tx, userID, publicID); err != nil || device.Name == name {
			return err
		}
		if err := tx.Model(&Device{}).Where("id = ?", device.ID).Update("name", name).Error; err != nil {
			return fmt.Errorf("models: rename a device: %w", err)
		}
		device.Name, changed = name, true
		return nil
	}, nil)
	if err != nil {
		return nil, false, err
	}
	return device, changed, nil
}

// revokeAll revokes a user's live devices but one (0 for none) and returns those it revoked.
func (s *Store) revokeAll(tx *gorm.DB, userID, keep int64) ([]Device, error) {
	devices, err := liveDevices(tx.Where("id <> ?", keep), userID)
	if err != nil {
		return nil, err
	}
	for i := range devices {
		if err := s.revoke(tx, &devices[i]); err != nil {
			return nil, err
		}
	}
	return devices, nil
}

func (s *Store) revoke(tx *gorm.DB, device *Device) error {
	at := max(s.Now(), device.CreatedAt) // a clock that was set back does not make a row that the schema refuses
	device.RevokedAt = &at
	if err := tx.Model(&Device{}).Where("id = ?", device.ID).Update("revoked_at", at).Error; err != nil {
		return fmt.Errorf("models: revoke a device: %w", err)
	}
	return nil
}

// TouchDevices notes when devices, by row id, were last seen; a time before the one that is known is ignored. It does not
// raise the generation: nobody may do more or less after it.
func (s *Store) TouchDevices(ctx context.Context, seen map[int64]time.Time) error {
	if len(seen) == 0 {
		return nil
	}
	return s.write(ctx, func(tx *gorm.DB) error {
		for _, id := range slices.Sorted(maps.Keys(seen)) { // in one order for all, so that none waits in a circle
			at := seen[id].UnixMicro()
			err := tx.Model(&Device{}).Where("id = ? AND last_seen_at < ?", id, at).Update("last_seen_at", at).Error
			if err != nil {
				return fmt.Errorf("models: note a device: %w", err)
			}
		}
		return nil
	}, nil)
}
