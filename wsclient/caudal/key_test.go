package caudal

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
)

func TestKeysAreUUIDsOfVersion7ThatGrow(t *testing.T) {
	var m mint
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var last Key
	for i := range 20_000 {
		switch i {
		case 10_000:
			now = now.Add(time.Millisecond)
		case 15_000:
			now = now.Add(-30 * time.Second) // a clock that was set back
		}
		k := m.key(now)
		if id := uuid.UUID(k); id.Version() != 7 || id.Variant() != uuid.RFC4122 {
			t.Fatalf("%v is no UUIDv7", k)
		}
		if slices.Compare(k[:], last[:]) <= 0 {
			t.Fatalf("key %d, %v, does not follow %v", i, k, last)
		}
		if ahead := k.Time().Sub(now); ahead < 0 || ahead > 31*time.Second {
			t.Fatalf("key %d is %v ahead of the clock", i, ahead)
		}
		last = k
	}
	if k := m.key(now.Add(-10 * time.Minute)); k.Time().After(now.Add(-9 * time.Minute)) {
		t.Error("after a clock that was set far back, keys are still of the future")
	}
}

func TestConcurrentKeysDiffer(t *testing.T) {
	var m mint
	var mu sync.Mutex
	seen := map[Key]bool{}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 2000 {
				k := m.key(time.Now())
				mu.Lock()
				if seen[k] {
					t.Errorf("%v twice", k)
				}
				seen[k] = true
				mu.Unlock()
			}
		})
	}
	wait.Wait()
}

func TestKeysAreReadAsTheyAreWritten(t *testing.T) {
	var m mint
	k := m.key(time.Now())
	if parsed, err := ParseKey(k.String()); err != nil || parsed != k {
		t.Errorf("%v, %v", parsed, err)
	}
	var read Key
	if text, _ := k.MarshalText(); read.UnmarshalText(text) != nil || read != k {
		t.Error("its text is not read")
	}
	for _, bad := range []string{
		"", "x", "{" + k.String() + "}", "urn:uuid:" + k.String(), strings.ReplaceAll(k.String(), "-", ""),
		"f47ac10b-58cc-4372-a567-0e02b2c3d479",  // version 4
		"017f22e2-79b0-7cc3-08c4-dc0c0c07398f",  // another variant
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398f ", // a space
	} {
		if _, err := ParseKey(bad); !errors.Is(err, ErrKey) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	// RFC 9562, appendix A.6.
	rfc, err := ParseKey("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")
	if err != nil || !rfc.Time().Equal(time.Date(2022, 2, 22, 19, 22, 22, 0, time.UTC)) {
		t.Errorf("%v, %v", rfc.Time(), err)
	}
}

func FuzzParseKey(f *testing.F) {
	f.Add("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")
	f.Add("017F22E279B07CC398C4DC0C0C07398F")
	f.Fuzz(func(t *testing.T, text string) {
		k, err := ParseKey(text)
		if err != nil {
			return
		}
		if !strings.EqualFold(k.String(), text) {
			t.Errorf("%q is read as %v", text, k)
		}
	})
}
