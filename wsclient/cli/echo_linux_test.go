package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// openPTY returns the two ends of a pseudo-terminal: what a person's window holds, and what a program sees.
func openPTY(t *testing.T) (window, program *os.File) {
	t.Helper()
	window, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { window.Close() })
	n, err := unix.IoctlGetInt(int(window.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(window.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { program.Close() })
	return window, program
}

// window collects what a person would see, and waits for words to appear.
type window struct {
	pty *os.File

	mu   sync.Mutex
	seen bytes.Buffer
}

func (w *window) watch() {
	buffer := make([]byte, 1024)
	for {
		n, err := w.pty.Read(buffer)
		w.mu.Lock()
		w.seen.Write(buffer[:n])
		w.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (w *window) text() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen.String()
}

func (w *window) wait(t *testing.T, word string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(w.text(), word); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%q does not appear in %q", word, w.text())
		}
	}
}

// echoes reports whether the terminal shows what is typed.
func echoes(t *testing.T, program *os.File) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(program.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

func TestAPasswordIsNotShownAndTheTerminalEchoesAgain(t *testing.T) {
	pty, program := openPTY(t)
	w := &window{pty: pty}
	go w.watch()
	seat := openTerminal(program, program, nil)
	if seat == nil {
		t.Fatal("a terminal is not taken for one")
	}
	type answer struct {
		secret string
		err    error
	}
	done := make(chan answer, 1)
	go func() {
		secret, err := seat.secret(context.Background(), "Password: ")
		done <- answer{secret, err}
	}()
	w.wait(t, "Password: ")
	for echoes(t, program) { // it stops before it reads
		time.Sleep(time.Millisecond)
	}
	if _, err := pty.WriteString("correct horse\n"); err != nil {
		t.Fatal(err)
	}
	if got := <-done; got.secret != "correct horse" || got.err != nil {
		t.Errorf("%+v", got)
	}
	if strings.Contains(w.text(), "horse") {
		t.Errorf("it was shown: %q", w.text())
	}
	if !echoes(t, program) {
		t.Error("the terminal is left without an echo")
	}
}

func TestAnInterruptedPasswordLeavesTheTerminalEchoing(t *testing.T) {
	pty, program := openPTY(t)
	w := &window{pty: pty}
	go w.watch()
	seat := openTerminal(program, program, nil)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		_, err := seat.secret(ctx, "Password: ")
		done <- err
	}()
	w.wait(t, "Password: ")
	for echoes(t, program) {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-done; asFailure(err).code != codeInterrupted {
		t.Errorf("%v", err)
	}
	if !echoes(t, program) {
		t.Error("the terminal is left without an echo")
	}
}
