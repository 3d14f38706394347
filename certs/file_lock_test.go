package certs

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestLockOfAStoppedProgramIsAnErrorThatSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "lock")
		unlock, err := lock(path)
		must(t, err)
		start := time.Now()
		if _, err := lock(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Fatalf("locked twice: %v", err)
		}
		if waited := time.Since(start); waited < lockWait || waited > lockWait+time.Second {
			t.Errorf("waited %v", waited)
		}
		unlock()
		unlock, err = lock(path)
		must(t, err)
		unlock()
	})
}
