package certs

import (
	"fmt"
	"os"
	"time"
)

const (
	// lockWait bounds the wait for another process. A holder needs a few milliseconds, so one that takes this long has
	// been stopped, and a clear error is better than hanging with it.
	lockWait = 10 * time.Second
	lockPoll = 5 * time.Millisecond
)

// lock takes the exclusive lock that path stands for, between processes and between goroutines. The file stays when
// the lock is released: to delete it would let two hold the "same" lock.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(lockWait); ; {
		held, err := tryLock(f)
		if held {
			return func() { f.Close() }, nil
		}
		if err == nil && time.Now().After(deadline) {
			err = fmt.Errorf("%s has been locked by another process for %v; is one stopped?", path, lockWait)
		}
		if err != nil {
			f.Close()
			return nil, err
		}
		time.Sleep(lockPoll) //nolint:forbidigo // nothing tells when another process lets go, and to block has no end
	}
}
