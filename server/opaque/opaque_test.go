package opaque

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func names(t testing.TB, fill byte) *Names {
	t.Helper()
	n, err := New(bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNamesOpenToWhatTheyStandFor(t *testing.T) {
	n := names(t, 1)
	for _, id := range []int64{0, 1, 2, 1 << 40, 1<<63 - 1} {
		if got, err := n.OpenTransfer(n.Transfer(id)); err != nil || got != id {
			t.Errorf("transfer %d opened to %d, %v", id, got, err)
		}
		if got, err := n.OpenCursor(42, n.Cursor(42, uint64(id))); err != nil || got != uint64(id) {
			t.Errorf("cursor %d opened to %d, %v", id, got, err)
		}
		if got, err := n.OpenAuditCursor(42, n.AuditCursor(42, id)); err != nil || got != id {
			t.Errorf("audit cursor %d opened to %d, %v", id, got, err)
		}
	}
}

func TestNamesOfNeighboursShareNothing(t *testing.T) {
	n := names(t, 1)
	a, b := n.Transfer(1), n.Transfer(2)
	same := 0
	for i := range a {
		if a[i] == b[i] {
			same++
		}
	}
	if len(a) != nameLen || a == b || same > 8 {
		t.Errorf("%s and %s have %d letters in common", a, b, same)
	}
}

func TestANameServesOneBankOnePurposeAndOneAccount(t *testing.T) {
	n := names(t, 1)
	for what, err := range map[string]error{
		"another bank's":    second(names(t, 2).OpenTransfer(n.Transfer(7))),
		"a cursor":          second(n.OpenTransfer(n.Cursor(0, 7))),
		"a transfer":        second(n.OpenCursor(0, n.Transfer(7))),
		"another account's": second(n.OpenCursor(43, n.Cursor(42, 7))),
		"a history's":       second(n.OpenAuditCursor(42, n.Cursor(42, 7))),
		"an entry":          second(n.OpenAuditCursor(0, n.Audit(7))),
		"another user's":    second(n.OpenAuditCursor(43, n.AuditCursor(42, 7))),
	} {
		if !errors.Is(err, ErrName) {
			t.Errorf("%s: got %v", what, err)
		}
	}
}

func TestAnAlteredNameOpensNothing(t *testing.T) {
	n := names(t, 1)
	name := n.Transfer(7)
	for i := range name {
		for _, letter := range "abcdefghijklmnopqrstuvwxyz234567ABC=019\x00" {
			altered := name[:i] + string(letter) + name[i+1:]
			if altered == name {
				continue
			}
			if id, err := n.OpenTransfer(altered); err == nil {
				t.Fatalf("%s opened to %d", altered, id)
			}
		}
	}
	for _, text := range []string{"", name[1:], name + "a", strings.ToUpper(name), name[:25] + "\n"} {
		if _, err := n.OpenTransfer(text); !errors.Is(err, ErrName) {
			t.Errorf("%q: got %v", text, err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	n := names(f, 1)
	f.Add(n.Transfer(7), int64(3))
	f.Add(n.Cursor(3, 9), int64(3))
	f.Fuzz(func(t *testing.T, text string, account int64) {
		if id, err := n.OpenTransfer(text); err == nil && n.Transfer(id) != text {
			t.Errorf("%q is a second name of %d", text, id)
		}
		if seq, err := n.OpenCursor(account, text); err == nil && n.Cursor(account, seq) != text {
			t.Errorf("%q is a second name of %d", text, seq)
		}
	})
}

func second[T any](_ T, err error) error { return err }
