//go:build unix

package models

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockFile is the name of the file whose lock says which process owns the bank in a data folder.
const lockFile = "caudal.lock"

// lockFolder takes the data folder for this Store until the file is closed or the process ends, however it ends: the
// lock is the operating system's, so none is left behind. It returns ErrLocked where it is taken.
func lockFolder(dir string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("models: lock the data folder: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		file.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, ErrLocked
		}
		return nil, fmt.Errorf("models: lock the data folder: %w", err)
	}
	return file, nil
}
