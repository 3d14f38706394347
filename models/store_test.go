package models_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
)

func open(t testing.TB, cfg models.Config) *models.Store {
	t.Helper()
	if cfg.Dir == "" && cfg.Database == "" {
		cfg.Dir = t.TempDir()
	}
	if cfg.Identity == [32]byte{} {
		cfg.Identity = [32]byte{1}
	}
	s, err := models.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTheFirstOpenFoundsTheBank(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		if bank := s.Bank(); [32]byte(bank.Identity) != s.Identity() || len(bank.HandleKey) != 32 || bank.Demo {
			t.Fatalf("%+v", bank)
		}
		seen := map[clabe.Number]bool{}
		for _, class := range models.Classes() {
			for _, currency := range money.Currencies() {
				for shard := range models.SystemShards {
					number := models.SystemAccount(class, currency, shard)
					account, err := s.AccountByNumber(t.Context(), number)
					if err != nil || *account.Class != class || account.Currency != currency || account.Shard != shard || account.Owner != nil {
						t.Fatalf("%s: %+v, %v", number, account, err)
					}
					want := models.FirstHead(s.Identity(), number, currency)
					if account.Head.FloorMinor != -1<<62 || account.Head.BalanceMinor != 0 || [32]byte(account.Head.Head) != want {
						t.Fatalf("%s: %+v", number, account.Head)
					}
					if number.Bank() != models.BankCode || number.Branch() != models.BranchSystem || !number.Valid() {
						t.Fatal(number)
					}
					seen[number] = true
				}
			}
		}
		var accounts int64
		if err := s.Read().Model(&models.Account{}).Count(&accounts).Error; err != nil || int(accounts) != len(seen) || len(seen) != 96 {
			t.Fatal(accounts, len(seen), err)
		}
	})
}

func TestTheFilesOfABankAreItsOwnersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b?c%20#d") // what an URI would read otherwise
	open(t, models.Config{Dir: dir})
	for path, mode := range map[string]os.FileMode{dir: 0o700 | os.ModeDir, filepath.Join(dir, models.DatabaseFile): 0o600,
		filepath.Join(dir, models.DatabaseFile+"-wal"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode() != mode {
			t.Error(path, info.Mode(), err)
		}
	}
}

func TestASecondOpenFindsTheSameBank(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		cfg := e.bank(t)
		first, err := models.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		createUser(t, first, "ana", "Ana")
		bank := first.Bank()
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		second := e.open(t, cfg)
		if got := second.Bank(); string(got.HandleKey) != string(bank.HandleKey) || got.CreatedAt != bank.CreatedAt {
			t.Fatalf("%+v", got)
		}
		var accounts int64
		if err := second.Read().Model(&models.Account{}).Count(&accounts).Error; err != nil || accounts != 97 {
			t.Fatal("founded twice", accounts, err)
		}
		if _, err := second.UserByUsername(t.Context(), "ana"); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAnotherBanksDatabaseIsRefused(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		for _, c := range []struct {
			name       string
			made, open models.Config
			want       error
		}{
			{"identity", models.Config{Identity: [32]byte{1}}, models.Config{Identity: [32]byte{2}}, models.ErrOtherBank},
			{"demo in earnest", models.Config{Identity: [32]byte{1}, Demo: true}, models.Config{Identity: [32]byte{1}}, models.ErrDemoDatabase},
			{"bank as demo", models.Config{Identity: [32]byte{1}}, models.Config{Identity: [32]byte{1}, Demo: true}, models.ErrNotDemoDatabase},
		} {
			t.Run(c.name, func(t *testing.T) {
				bank := e.bank(t)
				c.made.Dir, c.made.Database = bank.Dir, bank.Database
				c.open.Dir, c.open.Database = bank.Dir, bank.Database
				s, err := models.Open(t.Context(), c.made)
				if err != nil {
					t.Fatal(err)
				}
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				if s, err := models.Open(t.Context(), c.open); !errors.Is(err, c.want) || s != nil {
					t.Fatal(err)
				}
				e.open(t, c.made) // the refusal left the folder free and the bank as it was
			})
		}
	})
}

func TestAFolderHasOneStore(t *testing.T) {
	s := open(t, models.Config{})
	dir := filepath.Dir(databasePath(t, s))
	if _, err := models.Open(t.Context(), models.Config{Dir: dir, Identity: [32]byte{1}}); !errors.Is(err, models.ErrLocked) {
		t.Fatal("in this process:", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries { // whoever tidies up: no file in the folder is the lock
		if name := entry.Name(); !strings.HasPrefix(name, models.DatabaseFile) {
			if err := os.Remove(filepath.Join(dir, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := models.Open(t.Context(), models.Config{Dir: dir, Identity: [32]byte{1}}); !errors.Is(err, models.ErrLocked) {
		t.Fatal("after tidying up:", err)
	}
	other := exec.CommandContext(t.Context(), os.Args[0])
	other.Env = append(os.Environ(), "CAUDAL_TEST_OPEN="+dir)
	output, err := other.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "locked: true") {
		t.Fatalf("in another process: %v\n%s", err, output)
	}
}

// TestMain is also the other process of TestAFolderHasOneStore.
func TestMain(m *testing.M) {
	if dir := os.Getenv("CAUDAL_TEST_OPEN"); dir != "" {
		_, err := models.Open(context.Background(), models.Config{Dir: dir, Identity: [32]byte{1}})
		_, _ = fmt.Fprintln(os.Stdout, "locked:", errors.Is(err, models.ErrLocked))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func databasePath(t *testing.T, s *models.Store) (path string) {
	t.Helper()
	if err := s.Read().Raw("SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&path).Error; err != nil {
		t.Fatal(err)
	}
	return path
}

// Without a transaction that takes its lock at the start, half of these would fail on SQLite with "database is locked".
func TestHundredsThatReadThenWriteAllPass(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		user, _, _ := createUser(t, s, "ana", "Ana")
		const writers = 400
		before := s.Generation()
		var all sync.WaitGroup
		for range writers {
			all.Go(func() {
				err := s.Write(t.Context(), func(tx *gorm.DB) error {
					var read models.User
					if err := locked(tx).Take(&read, user.ID).Error; err != nil {
						return err
					}
					var count int
					fmt.Sscanf(read.Owner, "Ana %d", &count)
					return tx.Model(&models.User{}).Where("id = ?", user.ID).Update("owner", fmt.Sprintf("Ana %d", count+1)).Error
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		read, err := s.UserByID(t.Context(), user.ID)
		if err != nil || read.Owner != fmt.Sprintf("Ana %d", writers) {
			t.Fatal("a write was lost:", read, err)
		}
		if got := s.Generation() - before; got != writers {
			t.Fatal("the generation was raised", got)
		}
	})
}

func TestWritersAndTurnsNeverMeet(t *testing.T) {
	s := open(t, models.Config{})
	inside := 0 // guarded by nothing but the store: the race detector watches it
	var all sync.WaitGroup
	for i := range 100 {
		all.Go(func() {
			if i%2 == 0 {
				if err := s.Write(t.Context(), func(*gorm.DB) error { inside++; return nil }); err != nil {
					t.Error(err)
				}
				return
			}
			turn, err := s.Turn(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			defer turn.End()
			inside++
		})
	}
	all.Wait()
	if inside != 100 {
		t.Fatal(inside)
	}
}

func TestAFailedWriteLeavesNothingAndRaisesNothing(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		before := s.Generation()
		refusal := errors.New("no")
		ctx, cancel := context.WithCancel(t.Context())
		insert := func(tx *gorm.DB) error { return s.Audit(tx, models.Operator, "test", "", nil) }
		for name, c := range map[string]struct {
			ctx  context.Context
			fn   func(tx *gorm.DB) error
			want error
		}{
			"refused":     {t.Context(), func(tx *gorm.DB) error { return errors.Join(insert(tx), refusal) }, refusal},
			"ended midst": {ctx, func(tx *gorm.DB) error { cancel(); return insert(tx) }, context.Canceled},
		} {
			if err := s.Write(c.ctx, c.fn); !errors.Is(err, c.want) {
				t.Error(name, err)
			}
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = s.Write(t.Context(), func(tx *gorm.DB) error { _ = insert(tx); panic("in the midst") })
		}()
		if err := s.Write(ctx, func(*gorm.DB) error { t.Error("ran for a context that had ended"); return nil }); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if log, err := s.AuditLog(t.Context(), 0, 10); err != nil || len(log) != 0 || s.Generation() != before {
			t.Error(log, err, s.Generation()-before)
		}
		if err := s.Write(t.Context(), insert); err != nil {
			t.Error("the writer did not recover:", err)
		}
	})
}

func TestWaitingForATurnEndsWithTheContext(t *testing.T) {
	s := open(t, models.Config{})
	turn, err := s.Turn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	waited := make(chan error)
	go func() {
		waited <- s.Write(ctx, func(*gorm.DB) error { return nil })
	}()
	cancel()
	if err := <-waited; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	turn.End()
	if err := s.Write(t.Context(), func(*gorm.DB) error { return nil }); err != nil {
		t.Fatal(err)
	}
}

func TestCloseWaitsForTheTurnAndEndsTheOthers(t *testing.T) {
	s := open(t, models.Config{})
	turn, err := s.Turn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	closed, waited := make(chan error), make(chan error)
	go func() { closed <- s.Close() }()
	go func() { waited <- s.Write(t.Context(), func(*gorm.DB) error { return nil }) }()
	if err := <-waited; !errors.Is(err, models.ErrClosed) { // it may come before or after Close
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := turn.Conn().ExecContext(context.Background(), "SELECT 1"); err != nil {
		t.Fatal("closed under a turn:", err)
	}
	turn.End()
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	if _, err := s.Turn(t.Context()); !errors.Is(err, models.ErrClosed) {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal("twice:", err)
	}
}

func TestReadersCannotWrite(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		if err := s.Read().Exec("UPDATE users SET role = 'admin'").Error; err == nil {
			t.Fatal("a reader wrote")
		}
		err := s.Read().Transaction(func(tx *gorm.DB) error { return tx.Create(&models.AuditEntry{At: 1, Action: "x", Detail: "{}"}).Error })
		if err == nil {
			t.Fatal("a reader wrote")
		}
	})
}

func TestAReadSeesTheCommitBeforeIt(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		user, _, _ := createUser(t, s, "ana", "Ana")
		for i := range 200 {
			owner := fmt.Sprintf("Ana %d", i)
			err := s.Write(t.Context(), func(tx *gorm.DB) error {
				return tx.Model(&models.User{}).Where("id = ?", user.ID).Update("owner", owner).Error
			})
			if err != nil {
				t.Fatal(err)
			}
			if read, err := s.UserByID(t.Context(), user.ID); err != nil || read.Owner != owner {
				t.Fatal(read, err)
			}
		}
	})
}

func TestReadsHonourTheContext(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		endless := "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
		var count int
		if err := s.Read().WithContext(ctx).Raw(endless).Scan(&count).Error; !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
	})
}

// Statements prepared once serve in every later turn, and GORM joins a transaction that was begun on the connection.
func TestATurnIsTheWritersConnection(t *testing.T) {
	s := open(t, models.Config{})
	ctx := context.Background()
	turn, err := s.Turn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	conn := turn.Conn()
	count, err := conn.PrepareContext(ctx, "SELECT count(*) FROM audit")
	if err != nil {
		t.Fatal(err)
	}
	defer count.Close()
	turn.End()

	for _, end := range []string{"ROLLBACK", "COMMIT"} {
		turn, err := s.Turn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if turn.Conn() != conn {
			t.Fatal("another connection")
		}
		if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
			t.Fatal(err)
		}
		if err := s.Audit(turn.DB(ctx), models.Operator, "test", "", nil); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.ExecContext(ctx, end); err != nil {
			t.Fatal(err)
		}
		turn.End()
	}
	var n int
	turn, err = s.Turn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer turn.End()
	if err := count.QueryRowContext(ctx).Scan(&n); err != nil || n != 1 {
		t.Fatal(n, err)
	}
}

func TestAfterAFailureNothingIsWrittenAndTheProgramIsTold(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		var told []error
		s := e.open(t, models.Config{Fatal: func(err error) { told = append(told, err) }})
		broken := errors.New("the disk is gone")
		s.Fail(broken)
		s.Fail(errors.New("again"))
		if len(told) != 1 || !errors.Is(told[0], broken) {
			t.Fatal(told)
		}
		if err := s.Write(t.Context(), func(*gorm.DB) error { t.Error("ran"); return nil }); !errors.Is(err, models.ErrFailed) || !errors.Is(err, broken) {
			t.Fatal(err)
		}
		if _, err := s.UserByUsername(t.Context(), "ana"); !errors.Is(err, models.ErrUserNotFound) {
			t.Fatal("reads ended too:", err)
		}
	})
}

// A deferred foreign key fails at the commit itself, which stands for every failure of a commit.
func TestAFailedCommitIsUnknownAndFatal(t *testing.T) {
	var told error
	s := open(t, models.Config{Fatal: func(err error) { told = err }})
	before := s.Generation()
	err := s.Write(t.Context(), func(tx *gorm.DB) error {
		if err := tx.Exec("PRAGMA defer_foreign_keys = on").Error; err != nil {
			return err
		}
		return tx.Create(&models.Device{PublicID: make([]byte, 16), UserID: 7, Algorithm: models.Ed25519,
			PublicKey: make([]byte, 32), Name: "x", CreatedAt: 1, LastSeenAt: 1}).Error
	})
	if !errors.Is(err, models.ErrCommitUnknown) || !errors.Is(told, models.ErrCommitUnknown) {
		t.Fatal(err, told)
	}
	if s.Generation() == before {
		t.Fatal("what may have been committed raised nothing")
	}
	if err := s.Write(t.Context(), func(*gorm.DB) error { return nil }); !errors.Is(err, models.ErrFailed) {
		t.Fatal(err)
	}
}

func TestAFullDiskIsRefusedAndGotOver(t *testing.T) {
	s := open(t, models.Config{})
	limit := func(pages string) {
		t.Helper()
		turn, err := s.Turn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer turn.End()
		if err := turn.DB(t.Context()).Exec("PRAGMA max_page_count = " + pages).Error; err != nil {
			t.Fatal(err)
		}
	}
	var pages string
	if err := s.Read().Raw("PRAGMA page_count").Scan(&pages).Error; err != nil {
		t.Fatal(err)
	}
	limit(pages)
	fill := func(tx *gorm.DB) error {
		for range 100 {
			if err := s.Audit(tx, models.Operator, "fill", "", map[string]any{"filler": strings.Repeat("x", 3000)}); err != nil {
				return err
			}
		}
		return nil
	}
	if err := s.Write(t.Context(), fill); err == nil || errors.Is(err, models.ErrCommitUnknown) {
		t.Fatal(err)
	}
	if log, err := s.AuditLog(t.Context(), 0, 1); err != nil || len(log) != 0 {
		t.Fatal("a part of it was written", log, err)
	}
	limit("1000000")
	if err := s.Write(t.Context(), fill); err != nil {
		t.Fatal(err)
	}
}

func TestADamagedDatabaseEndsTheWriting(t *testing.T) {
	dir := t.TempDir()
	first, err := models.Open(t.Context(), models.Config{Dir: dir, Identity: [32]byte{1}})
	if err != nil {
		t.Fatal(err)
	}
	err = first.Write(t.Context(), func(tx *gorm.DB) error {
		for range 300 {
			if err := first.Audit(tx, models.Operator, "fill", "", map[string]any{"filler": strings.Repeat("x", 3000)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(filepath.Join(dir, models.DatabaseFile), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt([]byte(strings.Repeat("garbage!", 100*4096/8)), info.Size()-100*4096); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}

	var told error
	s := open(t, models.Config{Dir: dir, Fatal: func(err error) { told = err }})
	err = s.Write(t.Context(), func(tx *gorm.DB) error {
		return tx.Raw("SELECT sum(length(detail)) FROM audit").Scan(new(int64)).Error
	})
	if err == nil || told == nil {
		t.Fatal(err, told)
	}
	if err := s.Write(t.Context(), func(*gorm.DB) error { return nil }); !errors.Is(err, models.ErrFailed) {
		t.Fatal(err)
	}
}

// Each connection is asked what is in force on it, and not what it was opened with.
func TestEveryConnectionHasItsSettings(t *testing.T) {
	s := open(t, models.Config{})
	check := func(db *gorm.DB, settings map[string]string) {
		t.Helper()
		for pragma, want := range settings {
			var got string
			if err := db.Raw("PRAGMA " + pragma).Scan(&got).Error; err != nil || got != want {
				t.Errorf("%s is %q, want %q: %v", pragma, got, want, err)
			}
		}
	}
	turn, err := s.Turn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	check(turn.DB(t.Context()), map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1",
		"recursive_triggers": "1", "secure_delete": "1", "query_only": "0", "busy_timeout": "10000"})
	turn.End()
	pool, err := s.Read().DB()
	if err != nil {
		t.Fatal(err)
	}
	readers := pool.Stats().MaxOpenConnections
	for range readers { // held at the same time, so each is another one
		tx := s.Read().Begin()
		if tx.Error != nil {
			t.Fatal(tx.Error)
		}
		defer tx.Rollback()
		check(tx, map[string]string{"journal_mode": "wal", "foreign_keys": "1", "query_only": "1", "busy_timeout": "10000"})
	}
	if open := pool.Stats().OpenConnections; open != readers || readers < 4 {
		t.Fatal(open, readers)
	}
}
