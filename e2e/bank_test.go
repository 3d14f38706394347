package e2e

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"caudal/certs"
	"caudal/wsclient/caudal"
)

// patience bounds every wait of these tests: far beyond what a loaded machine needs, so that only a hang reaches it.
const patience = 3 * time.Minute

// long says that the long versions were asked for: more kills, more operations.
var long = os.Getenv("CAUDAL_TEST_LONG") != ""

// bank is a running server program on a folder of its own, in demo mode: everyone who registers gets 10,000.00.
type bank struct {
	t        testing.TB
	dir      string
	listen   string
	admin    string
	args     []string
	env      []string
	identity certs.Identity
	process  *exec.Cmd
	exited   chan struct{}
	waitErr  error
	logs     lockedBuffer
}

// startBank starts the program and waits until it is ready.
func startBank(t testing.TB, args ...string) *bank {
	t.Helper()
	b := &bank{t: t, dir: t.TempDir(), listen: freeAddress(t), admin: freeAddress(t), args: args}
	b.start()
	t.Cleanup(func() {
		b.kill()
		if t.Failed() {
			t.Logf("the server's log:\n%s", b.logs.tail(8192))
		}
	})
	return b
}

func (b *bank) url() string { return "wss://" + b.listen + "/ws" }

// command returns the server program with the bank's environment, not started.
func (b *bank) command(args ...string) *exec.Cmd {
	program, err := os.Executable()
	if err != nil {
		b.t.Fatal(err)
	}
	cmd := exec.Command(program, args...)
	cmd.Args[0] = "caudald" // TestMain runs the program of this name
	cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+filepath.Join(b.dir, "config"), "HOME="+b.dir)
	return cmd
}

func (b *bank) start() {
	b.t.Helper()
	args := append([]string{"--demo", "--data", filepath.Join(b.dir, "data"), "--listen", b.listen, "--admin", b.admin}, b.args...)
	cmd := b.command(args...)
	cmd.Env = append(cmd.Env, b.env...)
	cmd.Stderr = &b.logs
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.process, b.exited = cmd, make(chan struct{})
	identity := make(chan string, 1)
	go func() {
		defer close(b.exited)
		pattern := regexp.MustCompile(`CAUDAL_IDENTITY=([A-Z2-7-]+)`)
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			if found := pattern.FindStringSubmatch(lines.Text()); found != nil {
				select {
				case identity <- found[1]:
				default:
				}
			}
		}
		b.waitErr = cmd.Wait()
	}()
	select {
	case text := <-identity:
		if b.identity, err = certs.ParseIdentity(text); err != nil {
			b.t.Fatal(err)
		}
	case <-b.exited:
		b.t.Fatalf("the server ended at its start: %v\n%s", b.waitErr, b.logs.tail(4096))
	case <-time.After(patience):
		b.t.Fatalf("the server says nothing\n%s", b.logs.tail(4096))
	}
	b.waitReady()
}

func (b *bank) waitReady() {
	b.t.Helper()
	eventually(b.t, "the server is ready", func() bool {
		response, err := http.Get("http://" + b.admin + "/readyz")
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

// kill ends the program as a power cut would.
func (b *bank) kill() {
	if b.process == nil {
		return
	}
	b.process.Process.Signal(syscall.SIGKILL)
	<-b.exited
	b.process = nil
}

// waitExit waits for the program to end by itself and returns its exit code.
func (b *bank) waitExit() int {
	b.t.Helper()
	select {
	case <-b.exited:
	case <-time.After(patience):
		b.t.Fatalf("the server does not end\n%s", b.logs.tail(4096))
	}
	code := b.process.ProcessState.ExitCode()
	b.process = nil
	return code
}

// verify runs the program's own check of the whole ledger.
func (b *bank) verify() {
	b.t.Helper()
	if out, err := b.command("verify", "--data", filepath.Join(b.dir, "data")).CombinedOutput(); err != nil {
		b.t.Fatalf("verify: %v\n%s", err, out)
	}
}

// pinned is how the tests' clients know the bank: by its identity alone, whatever its TLS certificate.
func (b *bank) pinned() caudal.Config {
	return caudal.Config{URL: b.url(), Identity: &b.identity}
}

// freeAddress is a loopback address that nobody listened on a moment ago.
func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// eventually polls until the condition holds.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline:
			t.Fatalf("waited %v in vain until %s", patience, what)
		case <-tick.C:
		}
	}
}

func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 2*patience)
	t.Cleanup(cancel)
	return ctx
}

// anyTLS is for attackers and strangers: the channel inside proves the bank, so the certificate outside does not matter.
func anyTLS() *tls.Config { return &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13} }

// lockedBuffer collects a process's log.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) tail(n int) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.buf.String()
	return s[max(0, len(s)-n):]
}

// must returns the value or fails the test.
func must[T any](t testing.TB) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

const testPassword = "correct horse battery"

// username makes names that fit the rules, apart for each n.
func username(prefix string, n int) string { return fmt.Sprintf("%s_%d", prefix, n) }
