package certs

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

const hasModes = false

// syncDir does nothing: NTFS journals its directories, and Windows cannot flush one.
func syncDir(string) error { return nil }

// tryLock takes an exclusive lock that ends with the file or the process, whichever comes first.
func tryLock(f *os.File) (bool, error) {
	err := windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, new(windows.Overlapped))
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return err == nil, err
}
