package admin

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"caudal/models"
	"caudal/models/ledger"
	"caudal/models/password"
	"caudal/server/live"
)

func operator(t *testing.T) *Operator {
	t.Helper()
	store, err := models.Open(t.Context(), models.Config{Dir: t.TempDir(), Identity: [32]byte{1}})
	if err != nil {
		t.Fatal(err)
	}
	book, err := ledger.Open(t.Context(), store, ledger.Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		book.Close()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	passwords, err := password.New(password.Config{Params: password.Params{MemoryKiB: 64, Passes: 1, Lanes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	hub := live.New(live.Config{TransferID: func(dst []byte, _ int64) []byte { return dst }})
	return &Operator{Store: store, Ledger: book, Passwords: passwords, Hub: hub, AccountName: "Main account"}
}

// socket serves o on a socket of its own and returns its folder.
func socket(t *testing.T, o *Operator) string {
	t.Helper()
	dir := t.TempDir()
	s, err := OpenSocket(dir, o, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(dir, SocketFile)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the socket is left behind: %v", err)
		}
	})
	return dir
}

const canary = "canary correct horse battery"

func TestCommandsGoThroughTheSocketAsTheyDoWithoutIt(t *testing.T) {
	o := operator(t)
	dir := socket(t, o)
	remote := func(ctx context.Context, c Command, in []byte) ([]byte, error) {
		run, err := Dial(ctx, dir)
		if err != nil {
			return nil, err
		}
		return run(ctx, c, in)
	}
	for name, run := range map[string]func(context.Context, Command, []byte) ([]byte, error){"remote": remote, "local": o.Run} {
		in := NewUser{Username: "ana_" + name, Owner: "Ana", Role: "holder", Password: canary}
		user, err := Call[NewUser, User](t.Context(), run, UserAdd, in)
		if err != nil || user.Username != in.Username || len(user.Account) != 18 || user.Role != "holder" {
			t.Errorf("%s: %v, %v", name, user, err)
		}
		_, err = Call[NewUser, User](t.Context(), run, UserAdd, in)
		if err == nil || err.Error() != "the username is taken" {
			t.Errorf("%s: a second time: %v", name, err)
		}
		in.Username, in.Password = "luis_"+name, "short"
		if _, err = Call[NewUser, User](t.Context(), run, UserAdd, in); err == nil || !strings.Contains(err.Error(), "password") || strings.Contains(err.Error(), "short") {
			t.Errorf("%s: a short password: %v", name, err)
		}
		if _, err := run(t.Context(), "user/frobnicate", []byte("{}")); err == nil || err.Error() != errUnknown.Error() {
			t.Errorf("%s: an unknown command: %v", name, err)
		}
		for _, text := range []string{"", "{", `{"username":"x","frob":1}`, `{"username":1,"password":"` + canary + `"}`} {
			if _, err := run(t.Context(), UserAdd, []byte(text)); err == nil || strings.Contains(err.Error(), canary) {
				t.Errorf("%s: %q: %v", name, text, err)
			}
		}
		if _, err := run(t.Context(), UserAdd, []byte(`{"username":"`+strings.Repeat("x", inputBytesMax)+`"}`)); err == nil {
			t.Errorf("%s: a long command was taken", name)
		}
		found, err := Call[Nothing, Findings](t.Context(), run, Verify, Nothing{})
		if err != nil || found.Found != 0 || found.Accounts == 0 {
			t.Errorf("%s: verify: %v, %v", name, found, err)
		}
	}
}

func TestWithoutAServerThereIsNone(t *testing.T) {
	dir := t.TempDir()
	if _, err := Dial(t.Context(), dir); !errors.Is(err, ErrNoServer) {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := Dial(t.Context(), filepath.Join(dir, strings.Repeat("long", 30))); !errors.Is(err, ErrNoServer) {
		t.Errorf("no folder: %v", err)
	}
	left, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, SocketFile)})
	if err != nil {
		t.Fatal(err)
	}
	left.SetUnlinkOnClose(false)
	left.Close() // as a server that was killed leaves it
	if _, err := Dial(t.Context(), dir); !errors.Is(err, ErrNoServer) {
		t.Errorf("a dead server's socket: %v", err)
	}
	s, err := OpenSocket(dir, operator(t), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatalf("a dead server's socket is in the way: %v", err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTheSocketIsItsOwnersAlone(t *testing.T) {
	dir := socket(t, operator(t))
	info, err := os.Stat(filepath.Join(dir, SocketFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v: %v", info.Mode(), err)
	}
	run, err := Dial(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := run(t.Context(), "user/../verify", nil); err == nil {
		t.Error("a path was followed")
	}
}

func TestOnlyPostIsACommand(t *testing.T) {
	dir := socket(t, operator(t))
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", filepath.Join(dir, SocketFile))
	}}}
	response, err := client.Get("http://x/verify")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var a answer
	if err := json.NewDecoder(response.Body).Decode(&a); err != nil || a.Error == "" || response.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("got %d %+v, %v", response.StatusCode, a, err)
	}
}

// TestAnotherUserIsSentAway lets a process of another user connect to a socket that its file would let in.
func TestAnotherUserIsSentAway(t *testing.T) {
	if path := os.Getenv("CAUDAL_TEST_STRANGER"); path != "" {
		conn, err := net.Dial("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = conn.Write([]byte("GET / HTTP/1.0\r\n\r\n")) // may be cut off already
		raw, _ := io.ReadAll(conn)
		if len(raw) > 0 {
			t.Fatalf("was answered %q", raw)
		}
		return
	}
	if os.Getuid() != 0 {
		t.Skip("only root can start a process of another user")
	}
	dir, err := os.MkdirTemp("", "caudal-test-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "s")
	raw, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "test")
	if err := copyProgram(program); err != nil {
		t.Fatal(err)
	}
	for file, mode := range map[string]os.FileMode{dir: 0o755, path: 0o666, program: 0o755} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) })}
	go func() {
		_ = server.Serve(&ownListener{Listener: raw, log: slog.New(slog.DiscardHandler), places: make(chan struct{}, 1)})
	}()
	defer server.Close()
	stranger := exec.Command(program, "-test.run", "^"+t.Name()+"$")
	stranger.Dir = dir
	stranger.Env = append(os.Environ(), "CAUDAL_TEST_STRANGER="+path)
	stranger.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := stranger.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if conn, err := net.Dial("unix", path); err != nil {
		t.Error(err)
	} else if _, err := conn.Write([]byte("GET / HTTP/1.0\r\n\r\n")); err != nil {
		t.Error(err)
	} else if raw, err := io.ReadAll(conn); err != nil || !strings.HasSuffix(string(raw), "hello") {
		t.Errorf("the owner is answered %q, %v", raw, err)
	}
}

// copyProgram copies this test's program to where everybody may run it.
func copyProgram(to string) error {
	from, err := os.Executable()
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, raw, 0o755)
}
