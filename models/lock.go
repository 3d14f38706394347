//go:build unix

package models

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// lockFolder takes the data folder for this Store until the file is closed or the process ends, however it ends: the
// lock is the operating system's, so none is left behind. It is on the folder itself: a lock file that somebody tidies
// away would let a second process in beside the first. It returns ErrLocked where it is taken.
func lockFolder(dir string) (*os.File, error) {
	file, err := os.Open(dir)
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
