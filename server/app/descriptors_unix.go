//go:build unix

package app

import (
	"math"

	"golang.org/x/sys/unix"
)

// descriptors is how many files this process may open; Go has raised it as far as the system lets it.
func descriptors() (int, error) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, err
	}
	return int(min(uint64(limit.Cur), math.MaxInt32)), nil //nolint:unconvert // signed on the BSDs
}
