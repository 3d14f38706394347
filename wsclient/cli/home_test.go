package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"caudal/wsclient/caudal"
)

func newSession(t *testing.T, server, username string) *session {
	t.Helper()
	device, err := caudal.NewDevice("laptop")
	if err != nil {
		t.Fatal(err)
	}
	device.ID = caudal.DeviceID{1, 2, 3}
	return &session{Server: server, Identity: newIdentity(t), Username: username, Device: device}
}

func TestASessionIsKeptForItsServerAlone(t *testing.T) {
	h := home{filepath.Join(t.TempDir(), "home")}
	const one, two = "wss://bank.example/ws", "wss://bank.example/ws2"
	want := newSession(t, one, "ana")
	if err := h.keep(want); err != nil {
		t.Fatal(err)
	}
	got, err := h.session(one)
	if err != nil || got.Username != "ana" || got.Identity != want.Identity || got.Device.ID != want.Device.ID {
		t.Fatalf("session: %+v, %v", got, err)
	}
	if other, err := h.session(two); other != nil || err != nil {
		t.Errorf("another server's: %+v, %v", other, err)
	}
	if err := h.forget(got); err != nil {
		t.Fatal(err)
	}
	if gone, err := h.session(one); gone != nil || err != nil {
		t.Errorf("after forget: %+v, %v", gone, err)
	}
}

func TestASignInThatIsNewerIsNotForgotten(t *testing.T) {
	h := home{filepath.Join(t.TempDir(), "home")}
	old, newer := newSession(t, "wss://bank.example/ws", "ana"), newSession(t, "wss://bank.example/ws", "ana")
	newer.Device.ID = caudal.DeviceID{9}
	if err := h.keep(newer); err != nil {
		t.Fatal(err)
	}
	if err := h.forget(old); err != nil {
		t.Fatal(err)
	}
	if left, err := h.session(old.Server); err != nil || left == nil || left.Device.ID != newer.Device.ID {
		t.Errorf("%+v, %v", left, err)
	}
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes")
	}
	h := home{filepath.Join(t.TempDir(), "home")}
	s := newSession(t, "wss://bank.example/ws", "ana")
	if err := h.keep(s); err != nil {
		t.Fatal(err)
	}
	path := h.sessionPath(s.Server)
	for name, want := range map[string]fs.FileMode{path: 0o600, filepath.Dir(path): 0o700, h.dir: 0o700} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want %v", name, info.Mode(), err, want)
		}
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := h.session(s.Server); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a key that others can read: %v", err)
	}
}

func TestADamagedSessionIsNoSignOut(t *testing.T) {
	h := home{filepath.Join(t.TempDir(), "home")}
	s := newSession(t, "wss://bank.example/ws", "ana")
	if err := h.keep(s); err != nil {
		t.Fatal(err)
	}
	path := h.sessionPath(s.Server)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty": "", "cut": string(whole[:len(whole)/2]), "another version": strings.Replace(string(whole), `"version": 1`, `"version": 2`, 1),
		"another server": strings.Replace(string(whole), "bank.example", "evil.example", 1), "no key": `{"version": 1}`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f, ok := errors.AsType[*failure](errOf(h.session(s.Server)))
		if !ok || f.code != codeLocalFiles || len(f.try) == 0 {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func errOf(_ *session, err error) error { return err }

func TestProgramsSideBySideNeverSeeHalfAFile(t *testing.T) {
	h := home{filepath.Join(t.TempDir(), "home")}
	const server = "wss://bank.example/ws"
	var all sync.WaitGroup
	for i := range 8 {
		s := newSession(t, server, fmt.Sprintf("user%d", i))
		all.Go(func() {
			for range 20 {
				if err := h.keep(s); err != nil {
					t.Errorf("keep: %v", err)
				}
				if got, err := h.session(server); err != nil || got == nil {
					t.Errorf("session: %v, %v", got, err)
				}
			}
		})
	}
	all.Wait()
	left, err := os.ReadDir(filepath.Dir(h.sessionPath(server)))
	if err != nil || len(left) != 1 {
		t.Errorf("files left over: %v, %v", left, err)
	}
}

func TestAHomeThatCannotBeWrittenToIsFoundOutBeforeAnythingIsSent(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	h := home{file}
	if err := h.prepare(h.sessionPath("wss://bank.example/ws")); err == nil {
		t.Error("a file passes for a folder")
	}
}
