package models

import "errors"

// What the store and the bank refuse. Each leaves everything as it was.
var (
	// ErrLocked means that another process, or another Store, has the data folder.
	ErrLocked = errors.New("models: the data folder is in use by another server")
	// ErrOtherBank means that the database belongs to a bank of another identity.
	ErrOtherBank = errors.New("models: the database belongs to a bank with another identity")
	// ErrDemoDatabase means that a server outside demo mode was given a demo's database, whose money was given away.
	ErrDemoDatabase = errors.New("models: the database is a demo's; only a server in demo mode opens it")
	// ErrNotDemoDatabase means that a demo was given a real bank's database.
	ErrNotDemoDatabase = errors.New("models: the database is a real bank's; a demo does not touch it")
	// ErrNewerDatabase means that a newer version of this program has migrated the database.
	ErrNewerDatabase = errors.New("models: the database was made by a newer version of this program")
	// ErrClosed means that the store was closed.
	ErrClosed = errors.New("models: the store is closed")
	// ErrFailed means that the store had a failure before and takes no write any more; nothing changed.
	ErrFailed = errors.New("models: the store has failed and waits for a restart")
	// ErrCommitUnknown means that a commit reported a failure, after which it may be on the disk or not. On SQLite the store
	// accepts no further write: the process should end, and the next start finds out.
	ErrCommitUnknown = errors.New("models: a commit failed, and whether it took place is unknown")
	// ErrBusy means that others had what a write needs for too long; nothing changed, and later it may.
	ErrBusy = errors.New("models: others are in the way")

	ErrUsernameTaken   = errors.New("models: the username is taken")
	ErrDeviceKeyTaken  = errors.New("models: the device key is enrolled already")
	ErrTooManyDevices  = errors.New("models: the user has as many devices as allowed")
	ErrUserNotFound    = errors.New("models: no such user")
	ErrUserClosed      = errors.New("models: the user is closed")
	ErrDeviceNotFound  = errors.New("models: no such device")
	ErrDeviceRevoked   = errors.New("models: the device is revoked")
	ErrDeviceKey       = errors.New("models: not an acceptable device key")
	ErrSignature       = errors.New("models: the device signature is wrong")
	ErrAccountNotFound = errors.New("models: no such account")
	// ErrCredentialsChanged means that the password was changed or reset after the caller had proved it.
	ErrCredentialsChanged = errors.New("models: the password was changed in the meantime")
	ErrPayeeNotFound      = errors.New("models: no such payee")
	// ErrNotStaff means that whoever does what staff does is none, or no longer.
	ErrNotStaff = errors.New("models: the user is not staff")
	ErrRole     = errors.New("models: no such role")
	ErrCurrency = errors.New("models: the bank has no such currency")
)
