//go:build !linux

package ledger

import "errors"

func childFault(string) error { return errors.New("faults of the disk are made on Linux only") }
