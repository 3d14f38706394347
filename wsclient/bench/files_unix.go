//go:build unix

package bench

import (
	"math"

	"golang.org/x/sys/unix"
)

// openFiles is how many files this process may open; Go has raised it as far as the system lets it.
func openFiles() int {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return math.MaxInt32
	}
	return int(min(uint64(limit.Cur), math.MaxInt32)) //nolint:unconvert // signed on the BSDs
}
