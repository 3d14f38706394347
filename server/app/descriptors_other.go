//go:build !unix

package app

import "math"

// descriptors is how many files this process may open: here the system has no such limit.
func descriptors() (int, error) { return math.MaxInt32, nil }
