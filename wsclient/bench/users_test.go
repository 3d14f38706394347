package bench

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"caudal/certs"
	"caudal/protocol"
)

func TestLevellingGivesEachAccountTheSame(t *testing.T) {
	accounts := []purse{{0, "a", 1_000_000}, {0, "b", 0}, {1, "c", 10}, {1, "d", 0}}
	held := map[string]int64{}
	for _, a := range accounts {
		held[a.clabe] = a.minor
	}
	for _, m := range level(accounts) {
		if held[m.from] -= m.minor; held[m.from] < 0 || m.minor <= 0 {
			t.Fatalf("%v leaves %d", m, held[m.from])
		}
		held[m.to] += m.minor
	}
	for clabe, minor := range held {
		if minor < 250_002 || minor > 250_004 { // what does not divide stays where it is
			t.Errorf("%s holds %d", clabe, minor)
		}
	}
}

func TestNobodyIsPaidWhereNobodyIsPoor(t *testing.T) {
	for _, accounts := range [][]purse{nil, {{0, "a", 0}}, {{0, "a", 100}, {1, "b", 51}, {2, "c", 120}}} {
		if moves := level(accounts); moves != nil {
			t.Errorf("%v: %v", accounts, moves)
		}
	}
}

func identityForTest(t *testing.T) certs.Identity {
	t.Helper()
	public, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return certs.Identity(public)
}

func TestUsersAreKeptForOneBank(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "users.json")
	identity, other := identityForTest(t), identityForTest(t)
	if users, err := readUsers(path, "wss://a/ws", identity); users != nil || err != nil {
		t.Fatalf("of no file: %v, %v", users, err)
	}
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []User{{Username: "load_a", DeviceID: bytes.Repeat([]byte{7}, protocol.DeviceIDBytes), Key: key, Accounts: []string{"1", "2"}}}
	if err := writeUsers(path, "wss://a/ws", identity, want); err != nil {
		t.Fatal(err)
	}
	if got, err := readUsers(path, "wss://a/ws", identity); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if _, err := readUsers(path, "wss://a/ws", other); err == nil {
		t.Error("another bank's users are read")
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := readUsers(path, "wss://a/ws", identity); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a file that others may read: %v", err)
	}
}

func TestADamagedFileOfUsersIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.json")
	identity := identityForTest(t)
	for _, text := range []string{"", "{", `{"version":2}`, `{"version":1,"server":"wss://a/ws","identity":"` + identity.String() + `","users":[{}]}`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if users, err := readUsers(path, "wss://a/ws", identity); err == nil {
			t.Errorf("%q: %v", text, users)
		}
	}
}

func TestForEachEndsWithTheFirstError(t *testing.T) {
	broken := errors.New("broken")
	var began atomic.Int64
	err := forEach(t.Context(), 1000, func(ctx context.Context, i int) error {
		began.Add(1)
		if i == 3 {
			return broken
		}
		if i > 3 {
			<-ctx.Done() // whoever is at work when it breaks is told
		}
		return nil
	})
	if !errors.Is(err, broken) || began.Load() > 4+2*atOnce {
		t.Errorf("%v after %d", err, began.Load())
	}
	if err := forEach(t.Context(), 0, nil); err != nil {
		t.Error(err)
	}
}

// TestTheLargestCrowdIsReadBack: what this program writes, it must not refuse the next time.
func TestTheLargestCrowdIsReadBack(t *testing.T) {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	users := make([]User, UsersMax)
	for i := range users {
		users[i] = User{
			Username: strings.Repeat("n", 30), DeviceID: make([]byte, protocol.DeviceIDBytes), Key: key,
			Accounts: slices.Repeat([]string{"032180000118359719"}, AccountsEachMax),
		}
	}
	identity := identityForTest(t)
	path := filepath.Join(t.TempDir(), "users.json")
	if err := writeUsers(path, "wss://127.0.0.1:8443/ws", identity, users); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() > userFileMax {
		t.Fatal(info.Size(), err)
	}
	if back, err := readUsers(path, "wss://127.0.0.1:8443/ws", identity); err != nil || len(back) != UsersMax {
		t.Fatal(len(back), err)
	}
}
