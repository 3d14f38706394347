package e2e

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"caudal/protocol"
	"caudal/wsclient/caudal"
)

// badDisk compiles testdata/bad_disk.c and returns the environment that preloads it, and the file that triggers it.
func badDisk(t *testing.T) (env []string, trigger string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("faults are put under the program by LD_PRELOAD: Linux only")
	}
	compiler := os.Getenv("CC")
	if compiler == "" {
		compiler = "cc"
	}
	dir := t.TempDir()
	library := filepath.Join(dir, "bad_disk.so")
	if out, err := exec.Command(compiler, "-shared", "-fPIC", "-O1", "-o", library, "testdata/bad_disk.c", "-ldl").CombinedOutput(); err != nil {
		t.Fatalf("compiling bad_disk.c (SQLite needs a C compiler too): %v\n%s", err, out)
	}
	trigger = filepath.Join(dir, "bad")
	return []string{"LD_PRELOAD=" + library, "CAUDAL_BAD_DISK=" + trigger}, trigger
}

// TestABadDiskMakesOutcomesUnknownNeverWrong lets the disk fail under load. Nobody may be told a wrong yes or no; the
// program ends; and after a restart on a good disk every key is settled, the same for everyone who asks.
func TestABadDiskMakesOutcomesUnknownNeverWrong(t *testing.T) {
	for name, how := range map[string]string{"sync fails": "s", "disk is full": "f"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, trigger := badDisk(t)
			b := &bank{t: t, dir: t.TempDir(), listen: freeAddress(t), admin: freeAddress(t), env: env}
			b.start()
			t.Cleanup(b.kill)
			ana, luis := register(t, b.pinned(), "ana_disk"), register(t, b.pinned(), "luis_disk")

			var mu sync.Mutex
			told := map[caudal.Key]outcome{}
			ctx, stop := context.WithCancel(context.Background())
			var paying sync.WaitGroup
			for range 4 {
				payer := ana.again(b.pinned())
				paying.Go(func() {
					for ctx.Err() == nil {
						key := caudal.Key(uuid.Must(uuid.NewV7()))
						_, err := payer.Transfer(ctx, caudal.Order{
							From: ana.account, To: luis.account, AmountMinor: 1, Currency: "MXN", Key: key, Memo: "on a bad disk",
						})
						mu.Lock()
						switch {
						case err == nil:
							told[key] = acknowledged
						case errors.Is(err, caudal.ErrOutcomeUnknown):
							told[key] = unknown
						default:
							t.Errorf("a transfer on a bad disk ended with %v", err)
							told[key] = refused
						}
						mu.Unlock()
					}
				})
			}
			count := func() int { mu.Lock(); defer mu.Unlock(); return len(told) }
			eventually(t, "the load is on", func() bool { return count() > 100 })
			if err := os.WriteFile(trigger, []byte(how), 0o600); err != nil {
				t.Fatal(err)
			}
			if code := b.waitExit(); code == 0 {
				t.Error("the program ended with 0 on a bad disk")
			}
			stop() // what is in flight now stays unknown
			paying.Wait()
			if err := os.Remove(trigger); err != nil {
				t.Fatal(err)
			}
			b.start()

			var settled int64
			for key, result := range told {
				order := caudal.Order{From: ana.account, To: luis.account, AmountMinor: 1, Currency: "MXN", Key: key, Memo: "on a bad disk"}
				receipt, err := ana.Transfer(testContext(t), order)
				if err != nil {
					t.Fatalf("the key %v of outcome %d is not settled: %v", key, result, err)
				}
				if result == acknowledged && !receipt.Replay {
					t.Errorf("the acknowledged transfer %v was lost", key)
				}
				settled++
			}
			if got := luis.balance(); got != 10_000_00+settled {
				t.Errorf("luis has %d, want %d for %d keys", got, 10_000_00+settled, settled)
			}
			b.kill()
			b.verify()
		})
	}
}

func TestASecondServerOnTheSameFolderEnds(t *testing.T) {
	b := startBank(t)
	second := b.command("--demo", "--data", filepath.Join(b.dir, "data"), "--listen", freeAddress(t), "--admin", freeAddress(t))
	ended := make(chan error, 1)
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { ended <- second.Wait() }()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("the second server ended without an error")
		}
	case <-time.After(patience):
		second.Process.Kill()
		t.Error("two servers own one bank")
	}
	// The first one does not mind.
	register(t, b.pinned(), "still_here")
}

// TestHostileTextReachesNoDatabase: what could move a terminal's cursor, turn a line around or end a string is refused,
// with a code of its own, and changes nothing.
func TestHostileTextReachesNoDatabase(t *testing.T) {
	b := startBank(t)
	ana, luis := register(t, b.pinned(), "ana_text"), register(t, b.pinned(), "luis_text")
	for name, text := range map[string]string{
		"terminal escape": "\x1b]0;owned\x07", "cursor": "a\x1b[2Jb", "C1": "a\u009bb", "NUL": "a\x00b", "newline": "a\nb",
		"bidi override": "a\u202egnp.exe", "bidi isolate": "a\u2066b", "zero width": "pay\u200bpal", "byte order mark": "\ufeffa",
		"line separator": "a\u2028b", "tag characters": "a\U000e0041b",
	} {
		t.Run(name, func(t *testing.T) {
			expectCode(t, protocol.Code_CODE_INVALID_ARGUMENT)(ana.pay(testContext(t), luis, 1, text))
			if _, err := ana.OpenAccount(testContext(t), caudal.NewAccount{Name: text}); caudal.CodeOf(err) != protocol.Code_CODE_INVALID_ARGUMENT {
				t.Errorf("an account called %q: %v", text, err)
			}
		})
	}
	s := dialStranger(t, b)
	s.hello()
	key := newKey()
	reply := s.call(&protocol.Command{Request: &protocol.Command_Register{Register: &protocol.RegisterRequest{
		Username: "hostile", Owner: "Ana\x1b[31m", Password: testPassword, Device: s.enrolment("hostile", key),
	}}})
	s.refusedWith(reply, protocol.Code_CODE_INVALID_ARGUMENT)
	if got := ana.balance(); got != 10_000_00 {
		t.Errorf("ana has %d", got)
	}
	good := "Ñandú 🐦 für 50 € – “ok”, जय हिन्द"
	must[*caudal.Receipt](t)(ana.pay(testContext(t), luis, 1, good))
	for leg, err := range luis.Legs(testContext(t), caudal.HistoryQuery{Account: luis.account, Limit: 1}) {
		if err != nil || leg.Memo != good {
			t.Errorf("the memo %q came as %q, %v", good, leg.Memo, err)
		}
		break
	}
	b.verify()
}
