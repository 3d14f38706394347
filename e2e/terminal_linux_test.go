package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// seat is a person at a terminal in front of the client program: what they see, and what they type.
type seat struct {
	t        testing.TB
	window   *os.File // the person's end
	terminal *os.File // the program's end
	cmd      *exec.Cmd
	done     chan struct{}

	mu   sync.Mutex
	seen bytes.Buffer
}

// sit starts the client on a pseudo-terminal.
func sit(t testing.TB, env []string, args ...string) *seat {
	t.Helper()
	window, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(window.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(window.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(int(window.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 100}); err != nil {
		t.Fatal(err)
	}
	terminal, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := &seat{t: t, window: window, terminal: terminal, done: make(chan struct{})}
	s.cmd = client(t, env, args...)
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = terminal, terminal, terminal
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go s.watch()
	go func() {
		s.cmd.Wait()
		close(s.done)
	}()
	t.Cleanup(func() {
		s.cmd.Process.Kill()
		<-s.done
		terminal.Close()
		window.Close()
		if t.Failed() {
			t.Logf("on the terminal of %v:\n%s", args, s.text())
		}
	})
	return s
}

// client returns the client program, not started.
func client(t testing.TB, env []string, args ...string) *exec.Cmd {
	t.Helper()
	program, err := exec.LookPath("caudal") // see TestMain
	if err != nil {
		program, err = os.Executable()
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Args[0] = "caudal"
	cmd.Env = append([]string{"TERM=xterm-256color", "TZ=UTC", "HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}, env...)
	return cmd
}

func (s *seat) watch() {
	buffer := make([]byte, 4096)
	for {
		n, err := s.window.Read(buffer)
		s.mu.Lock()
		s.seen.Write(buffer[:n])
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *seat) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen.String()
}

func (s *seat) waitFor(word string) {
	s.t.Helper()
	eventually(s.t, "the terminal shows "+word, func() bool { return strings.Contains(s.text(), word) })
}

// silent waits until the terminal does not show what is typed: only then a careful person types a password.
func (s *seat) silent() {
	s.t.Helper()
	eventually(s.t, "the terminal does not echo", func() bool { return !s.echoes() })
}

func (s *seat) echoes() bool {
	state, err := unix.IoctlGetTermios(int(s.terminal.Fd()), unix.TCGETS)
	if err != nil {
		s.t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

func (s *seat) types(text string) {
	s.t.Helper()
	if _, err := s.window.WriteString(text); err != nil {
		s.t.Fatal(err)
	}
}

// exits waits for the end, and until everything that was said before it has been seen: it comes through the terminal, and
// may come later than the end.
func (s *seat) exits(code int) {
	s.t.Helper()
	eventually(s.t, "the client ends", func() bool {
		select {
		case <-s.done:
			return true
		default:
			return false
		}
	})
	const last = "the client has ended"
	if _, err := s.terminal.WriteString(last); err != nil {
		s.t.Fatal(err)
	}
	s.waitFor(last)
	if got := s.cmd.ProcessState.ExitCode(); got != code {
		s.t.Fatalf("exit code %d, want %d:\n%s", got, code, s.text())
	}
}

// person is a registered customer's environment.
func person(t testing.TB, b *bank, username, owner string) []string {
	t.Helper()
	env := []string{
		"CAUDAL_SERVER=" + b.url(), "CAUDAL_IDENTITY=" + b.identity.String(), "CAUDAL_HOME=" + filepath.Join(t.TempDir(), "home"),
	}
	cmd := client(t, env, "register", "--username", username, "--owner", owner, "--password-stdin")
	cmd.Stdin = strings.NewReader("correct horse battery\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("register: %v\n%s", err, out)
	}
	return env
}

func TestAPasswordIsNeverShownAndTheTerminalEchoesAgain(t *testing.T) {
	b := startBank(t)
	env := person(t, b, "ana2", "Ana Torres")

	s := sit(t, env, "login", "--username", "ana2")
	s.waitFor("Password: ")
	s.silent()
	s.types("correct horse battery\n")
	s.exits(0)
	if strings.Contains(s.text(), "horse") {
		t.Error("the password was shown")
	}
	if !s.echoes() {
		t.Error("the terminal is left without an echo")
	}

	s = sit(t, env, "login", "--username", "ana2")
	s.waitFor("Password: ")
	s.silent()
	s.types("\x03") // Ctrl-C
	s.exits(1)
	if !s.echoes() {
		t.Error("Ctrl-C leaves the terminal without an echo")
	}
}

// TestAnOrderOfUnknownOutcomeSaysTheCommandThatSettlesIt stops the bank in the moment in which a person says yes.
func TestAnOrderOfUnknownOutcomeSaysTheCommandThatSettlesIt(t *testing.T) {
	b := startBank(t)
	env := person(t, b, "ana2", "Ana Torres")
	s := sit(t, env, "transfer", "--to", "@luis", "--amount", "5", "--memo", "it's for you", "--timeout", "2s")
	s.waitFor("Send it? [y/N] ")
	b.stand(t)
	s.types("y\n")
	s.exits(1)
	sendSignal(t, b.process.Process, syscall.SIGCONT)

	text := strings.ReplaceAll(s.text(), "\r\n", "\n")
	found := regexp.MustCompile(`(?m)try: (caudal transfer .* --key ([0-9a-f-]{36}))$`).FindStringSubmatch(text)
	if found == nil || !strings.Contains(text, "its key is "+found[2]) {
		t.Fatalf("the key is not told:\n%s", text)
	}
	for range 2 { // however often it is asked for
		again := exec.CommandContext(context.Background(), "sh", "-c", found[1])
		again.Env = client(t, env).Env
		out, err := again.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "balance   9,995.00 MXN") {
			t.Fatalf("%s: %v\n%s", found[1], err, out)
		}
	}
	out, err := client(t, env, "history").CombinedOutput()
	if err != nil || strings.Count(string(out), "it's for you") != 1 {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestTheLiveViewShowsMoneyArriveAndEndsByItsKey(t *testing.T) {
	b := startBank(t)
	ana, luis := person(t, b, "ana2", "Ana Torres"), person(t, b, "luis2", "Luis Vega")
	s := sit(t, ana, "listen")
	s.waitFor("● live")
	if out, err := client(t, luis, "transfer", "--to", "@ana2", "--amount", "125.50", "--memo", "la comida").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	s.waitFor("10,125.50")
	s.waitFor("la comida")
	s.types("q")
	s.exits(0)

	s = sit(t, ana, "listen")
	s.waitFor("● live")
	s.types("\x03")
	s.exits(0)
	s = sit(t, append([]string{"NO_COLOR=1"}, ana...), "listen", "--lines")
	s.waitFor(" live")
	sendSignal(t, s.cmd.Process, os.Interrupt)
	s.exits(0)
}

// stand stops the program where it is, and returns when all its threads have stopped.
func (b *bank) stand(t testing.TB) {
	t.Helper()
	sendSignal(t, b.process.Process, syscall.SIGSTOP)
	eventually(t, "the server stands", func() bool {
		var stopped unix.Siginfo
		err := unix.Waitid(unix.P_PID, b.process.Process.Pid, &stopped, unix.WSTOPPED|unix.WNOHANG, nil)
		return err == nil && stopped.Signo == int32(syscall.SIGCHLD)
	})
}

func sendSignal(t testing.TB, p *os.Process, s os.Signal) {
	t.Helper()
	if err := p.Signal(s); err != nil {
		t.Fatal(err)
	}
}
