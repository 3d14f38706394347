package certs

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// roleVariable makes this test program play another process: see TestMain.
const roleVariable = "CERTS_TEST_ROLE"

func TestMain(m *testing.M) {
	role := os.Getenv(roleVariable)
	if role == "" {
		os.Exit(m.Run())
	}
	if err := play(role, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func play(role string, args []string) error {
	switch role {
	case "identity": // dir
		key, err := LoadOrCreateIdentity(args[0])
		if err == nil {
			fmt.Fprintln(os.Stdout, key.Public())
		}
		return err
	case "pin": // path, name, count: pins a host for each number
		return pinMany(args[0], args[1])
	}
	return fmt.Errorf("no role %q", role)
}

// together starts n processes of a role, released by nothing but the scheduler, and returns what each printed.
func together(t *testing.T, role string, n int, args func(i int) []string) []string {
	t.Helper()
	out := make([]string, n)
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			cmd := exec.Command(os.Args[0], args(i)...)
			cmd.Env = append(os.Environ(), roleVariable+"="+role)
			text, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("process %d: %v: %s", i, err, text)
			}
			out[i] = strings.TrimSpace(string(text))
		})
	}
	all.Wait()
	return out
}

func mustKey(t testing.TB) *IdentityKey {
	t.Helper()
	key, err := NewIdentityKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func mustStatic(t testing.TB) *ecdh.PrivateKey {
	t.Helper()
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func publicOf(static *ecdh.PrivateKey) [32]byte { return [32]byte(static.PublicKey().Bytes()) }

func mustBe(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error is %v, want %v", err, want)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustRead(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	return data
}

// mustMode checks the mode of a file that is not to be seen by others.
func mustMode(t testing.TB, path string, want os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	must(t, err)
	if hasModes && info.Mode().Perm() != want {
		t.Fatalf("%s has mode %04o, want %04o", path, info.Mode().Perm(), want)
	}
}

// newDir is a path in a test's folder where nothing is yet.
func newDir(t testing.TB, name string) string { return filepath.Join(t.TempDir(), name) }

// logBook is a log that a test can read.
type logBook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// count returns the lines that contain all of the words.
func (b *logBook) count(words ...string) (n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
lines:
	for line := range strings.Lines(b.text.String()) {
		for _, word := range words {
			if !strings.Contains(line, word) {
				continue lines
			}
		}
		n++
	}
	return n
}

func (b *logBook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func newLog() (*logBook, *slog.Logger) {
	book := new(logBook)
	return book, slog.New(slog.NewTextHandler(book, nil))
}

// pass lets time go by in a synctest bubble, until everybody in it has done what was due.
func pass(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // the bubble's clock, not ours
	synctest.Wait()
}

// manualClock is moved by the test.
type manualClock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *manualClock {
	return &manualClock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
}

func (c *manualClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *manualClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
