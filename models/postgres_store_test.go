package models_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"gorm.io/gorm"

	"caudal/models"
)

// fail makes a statement of tx fail with an SQLSTATE.
func fail(tx *gorm.DB, state string) error {
	return tx.Exec("DO $$ BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = '" + state + "'; END $$").Error
}

// failCommits makes every commit that writes to the audit log do something first.
func failCommits(t *testing.T, s *models.Store, do string) {
	t.Helper()
	err := s.Write(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec(`CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ` + do + `; RETURN NULL; END $$;
			CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON audit DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION at_commit()`).Error
	})
	if err != nil {
		t.Fatal(err)
	}
}

func audit(s *models.Store) func(tx *gorm.DB) error {
	return func(tx *gorm.DB) error { return s.Audit(tx, models.Operator, "test", "", nil) }
}

func TestAWriteThatWasInTheWayRunsAgain(t *testing.T) {
	s := postgres.open(t, models.Config{})
	for _, state := range []string{"40001", "40P01"} {
		before, runs := s.Generation(), 0
		err := s.Write(t.Context(), func(tx *gorm.DB) error {
			if err := audit(s)(tx); err != nil {
				return err
			}
			if runs++; runs < 3 {
				return fail(tx, state)
			}
			return nil
		})
		if err != nil || runs != 3 || s.Generation() != before+1 {
			t.Fatal(state, err, runs, s.Generation()-before)
		}
	}
	if log, err := s.AuditLog(t.Context(), 0, 10); err != nil || len(log) != 2 {
		t.Fatal("what was rolled back is there:", log, err)
	}
}

func TestAWriteThatIsAlwaysInTheWayEnds(t *testing.T) {
	s := postgres.open(t, models.Config{})
	before, runs := s.Generation(), 0
	err := s.Write(t.Context(), func(tx *gorm.DB) error { runs++; return fail(tx, "40001") })
	if !errors.Is(err, models.ErrBusy) || runs != models.TriesMax || s.Generation() != before {
		t.Fatal(err, runs)
	}
	ctx, cancel := context.WithCancel(t.Context())
	runs = 0
	err = s.Write(ctx, func(tx *gorm.DB) error { runs++; cancel(); return fail(tx, "40001") })
	if !errors.Is(err, context.Canceled) || runs != 1 {
		t.Fatal("nobody waits for it any more:", err, runs)
	}
	runs = 0
	if err := s.Write(t.Context(), func(tx *gorm.DB) error { runs++; return fail(tx, "55P03") }); !errors.Is(err, models.ErrBusy) || runs != 1 {
		t.Fatal("a lock that did not come free:", err, runs)
	}
	runs = 0
	if err := s.Write(t.Context(), func(tx *gorm.DB) error { runs++; return fail(tx, "23514") }); err == nil || errors.Is(err, models.ErrBusy) || runs != 1 {
		t.Fatal("what fails by itself fails once:", err, runs)
	}
}

// Two transactions lock two rows in opposite order: PostgreSQL ends one of them, which comes after the other then.
func TestADeadlockIsGotOver(t *testing.T) {
	s := postgres.open(t, models.Config{})
	ana, _, _ := createUser(t, s, "ana", "Ana")
	luis, _, _ := createUser(t, s, "luis", "Luis")
	var met, both sync.WaitGroup
	met.Add(2)
	var runs atomic.Int32
	for _, order := range [][]int64{{ana.ID, luis.ID}, {luis.ID, ana.ID}} {
		first := sync.OnceFunc(func() { met.Done(); met.Wait() })
		both.Go(func() {
			err := s.Write(t.Context(), func(tx *gorm.DB) error {
				runs.Add(1)
				for _, id := range order {
					if err := locked(tx).Take(&models.User{}, id).Error; err != nil {
						return err
					}
					first()
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if runs.Load() < 3 { // or more: the one that was ended may be back before the other goes on
		t.Fatal("they did not meet")
	}
}

func TestACommitThatFailsIsUnknownAndTheStoreGoesOn(t *testing.T) {
	for name, do := range map[string]string{
		"refused": "RAISE EXCEPTION 'on purpose'",
		"ended":   "PERFORM pg_terminate_backend(pg_backend_pid())",
	} {
		t.Run(name, func(t *testing.T) {
			s := postgres.open(t, models.Config{Fatal: func(err error) { t.Error("fatal:", err) }})
			failCommits(t, s, do)
			before := s.Generation()
			if err := s.Write(t.Context(), audit(s)); !errors.Is(err, models.ErrCommitUnknown) {
				t.Fatal(err)
			}
			if s.Generation() == before {
				t.Fatal("what may have been committed raised nothing")
			}
			if err := s.Write(t.Context(), func(*gorm.DB) error { return nil }); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestACommitThatWasInTheWayRunsAgain(t *testing.T) {
	s := postgres.open(t, models.Config{})
	failCommits(t, s, "IF current_setting('caudal.fail', true) = 'yes' THEN RAISE EXCEPTION 'on purpose' USING ERRCODE = '40001'; END IF")
	runs := 0
	err := s.Write(t.Context(), func(tx *gorm.DB) error {
		if runs++; runs == 1 {
			if err := tx.Exec("SET LOCAL caudal.fail = 'yes'").Error; err != nil {
				return err
			}
		}
		return audit(s)(tx)
	})
	if err != nil || runs != 2 {
		t.Fatal(err, runs)
	}
}

// A statement that failed has ended the transaction, also where whoever gave it says nothing of it.
func TestAnErrorThatWasSwallowedIsNoCommit(t *testing.T) {
	s := postgres.open(t, models.Config{})
	before := s.Generation()
	err := s.Write(t.Context(), func(tx *gorm.DB) error {
		_ = fail(tx, "23514")
		return nil
	})
	if err == nil || errors.Is(err, models.ErrCommitUnknown) || s.Generation() != before {
		t.Fatal(err)
	}
}

// cutter is what stands between a node and its database, and cuts the connection at a commit: before PostgreSQL hears of it,
// or before the node hears the answer.
type cutter struct {
	listener net.Listener
	server   string
	armed    atomic.Int32 // 0, cutBefore or cutAfter
}

const (
	cutBefore = 1
	cutAfter  = 2
)

// between puts a cutter into the way to a database, and returns its URL by that way.
func between(t *testing.T, database string) (c *cutter, through string) {
	t.Helper()
	parsed, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	const socket = ".s.PGSQL.5432"
	query, dir := parsed.Query(), t.TempDir()
	c = &cutter{server: filepath.Join(query.Get("host"), socket)}
	if c.listener, err = net.Listen("unix", filepath.Join(dir, socket)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.listener.Close() })
	go c.serve()
	query.Set("host", dir)
	parsed.RawQuery = query.Encode()
	return c, parsed.String()
}

func (c *cutter) serve() {
	for {
		node, err := c.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("unix", c.server)
		if err != nil {
			node.Close()
			continue
		}
		var cut atomic.Bool
		end := func() { node.Close(); server.Close() }
		go func() {
			defer end()
			_ = copyUntil(server, node, func(sent []byte) bool {
				if !bytes.Contains(sent, []byte("commit\x00")) {
					return false
				}
				how := c.armed.Swap(0)
				cut.Store(how == cutAfter)
				return how == cutBefore
			})
		}()
		go func() {
			defer end()
			_ = copyUntil(node, server, func([]byte) bool { return cut.Load() })
		}()
	}
}

// copyUntil passes on what comes, until stop says that the next piece is not.
func copyUntil(to io.Writer, from io.Reader, stop func(piece []byte) bool) error {
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil || stop(buffer[:n]) {
			return err
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return err
		}
	}
}

func TestAConnectionThatIsCutAtTheCommitLeavesItUnknown(t *testing.T) {
	cfg := postgres.bank(t)
	cut, through := between(t, cfg.Database)
	cfg.Database = through
	s := open(t, cfg)
	for how, entries := range map[int32]int{cutBefore: 0, cutAfter: 1} {
		before, err := s.AuditLog(t.Context(), 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		cut.armed.Store(how)
		if err := s.Write(t.Context(), audit(s)); !errors.Is(err, models.ErrCommitUnknown) {
			t.Fatal(how, err)
		}
		if after, err := s.AuditLog(t.Context(), 0, 10); err != nil || len(after)-len(before) != entries {
			t.Fatal(how, len(after)-len(before), err)
		}
	}
}

// The cluster's own default is serializable. Each connection is asked what is in force on it.
func TestEverySessionHasItsSettings(t *testing.T) {
	s := postgres.open(t, models.Config{})
	writes := "read committed"
	if asked() != "" {
		writes = "serializable"
	}
	check := func(tx *gorm.DB, settings map[string]string) {
		t.Helper()
		for name, want := range settings {
			var got string
			if err := tx.Raw("SELECT current_setting(?)", name).Scan(&got).Error; err != nil || got != want {
				t.Errorf("%s is %q, want %q: %v", name, got, want, err)
			}
		}
	}
	common := map[string]string{"application_name": "caudal", "statement_timeout": "30s", "lock_timeout": "10s",
		"idle_in_transaction_session_timeout": "1min", "client_encoding": "UTF8"}
	err := s.Write(t.Context(), func(tx *gorm.DB) error {
		check(tx, common)
		check(tx, map[string]string{"transaction_isolation": writes, "transaction_read_only": "off"})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
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
		check(tx, common)
		check(tx, map[string]string{"transaction_isolation": "repeatable read", "transaction_read_only": "on"})
	}
	if open := pool.Stats().OpenConnections; open != readers || readers != 16 {
		t.Fatal(open, readers)
	}
}

func TestTheURLsOwnSettingsStand(t *testing.T) {
	cfg := postgres.bank(t)
	cfg.Database += "&application_name=till&lock_timeout=3s"
	s := open(t, cfg)
	for name, want := range map[string]string{"application_name": "till", "lock_timeout": "3s"} {
		var got string
		if err := s.Read().Raw("SELECT current_setting(?)", name).Scan(&got).Error; err != nil || got != want {
			t.Error(name, got, err)
		}
	}
	cfg.Database += "&synchronous_commit=off"
	if _, err := models.Open(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "synchronous_commit") {
		t.Error("a bank that forgets what it has answered:", err)
	}
}

// A password is in no error and in no log: not where the URL is malformed, nor where it leads nowhere, nor later.
func TestNoPasswordIsShown(t *testing.T) {
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	shown := func(err error) {
		t.Helper()
		if err == nil {
			t.Fatal("no error")
		}
		for at := err; at != nil; at = errors.Unwrap(at) {
			if strings.Contains(at.Error(), "c4n4ry") {
				t.Error("it is shown:", at)
			}
		}
	}
	for _, database := range []string{ // none of them asks the network for a name
		"c4n4ry", "caudal:c4n4ry@h/bank", "host=h password=c4n4ry", "mysql://caudal:c4n4ry@h/bank",
		"postgres://caudal:c4n4ry@127.0.0.1:1/bank?sslmode=disable",
		"postgres://caudal:c4n4ry@127.0.0.1:1/bank",
		"postgres://caudal:c4n4ry@127.0.0.1:1/bank?sslmode=prefer",
		"postgres://caudal:c4n4ry@127.0.0.1:1/bank?sslmode=allow",
		"postgres://caudal:c4n4ry@127.0.0.1:1/bank?sslmode=bogus",
		"postgres://caudal:c4n4ry@127.0.0.1:1/bank?sslmode=verify-full&sslrootcert=/nowhere",
		"postgres://caudal@127.0.0.1:1/bank?password=c4n4ry&sslmode=require",
		"postgres://caudal:c4n4ry@/bank?host=/nowhere",
		"postgres://caudal:c4n4ry@127.0.0.1:port/bank", "postgres://caudal:%zzc4n4ry@127.0.0.1/bank",
		"postgres://caudal:c4n4ry\x00@127.0.0.1/bank", "postgres://caudal:a:c4n4ry@127.0.0.1:x/bank", "postgres://caudal:c4n4ry@[::1/bank",
		"postgres://caudal:c4n4ry@127.0.0.1/bank?connect_timeout=c4n4ry",
		// A user whom the URL's reader takes for the host.
		"postgres://127.0.0.1:1/c4n4ry@h/bank?sslmode=disable", "postgres://127.0.0.1:a/c4n4ry@h/bank?sslmode=disable",
		"postgres://127.0.0.1:1#c4n4ry@h/bank?sslmode=disable", "postgres://127.0.0.1:1?c4n4ry@h/bank&sslmode=disable",
		"postgres://127.0.0.1:1?sslmode=disable&c4n4ry@h/bank",
	} {
		s, err := models.Open(t.Context(), models.Config{Identity: [32]byte{1}, Database: database, Log: logger})
		if s != nil {
			t.Fatal("opened", database)
		}
		shown(err)
	}

	cfg := postgres.bank(t)
	cfg.Database, cfg.Log = strings.Replace(cfg.Database, "caudal@", "caudal:c4n4ry@", 1), logger
	cut, through := between(t, cfg.Database)
	cfg.Database = through
	s := open(t, cfg)
	cut.armed.Store(cutBefore)
	shown(s.Write(t.Context(), audit(s)))
	shown(s.Read().Exec("SELECT no_such_column FROM users").Error)
	cut.listener.Close()
	if err := s.Write(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()").Error
	}); err == nil {
		t.Fatal("connected through what is closed")
	} else {
		shown(err)
	}
	if strings.Contains(log.String(), "c4n4ry") {
		t.Error("it is in the log:", log.String())
	}
	if !strings.Contains(log.String(), "no_such_column") {
		t.Error("the log is not where this test looks:", log.String())
	}
}

// A server that has no TLS hears nothing but the question, where the URL wants TLS.
func TestTLSIsNotGivenUp(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	heard := make(chan []byte, 16)
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				close(heard)
				return
			}
			question := make([]byte, 8)
			_, _ = io.ReadFull(conn, question)
			_, _ = conn.Write([]byte("N"))
			rest, _ := io.ReadAll(conn)
			conn.Close()
			heard <- slices.Concat(question, rest)
		}
	}()
	for _, mode := range []string{"require", "verify-ca", "verify-full"} {
		_, err := models.Open(t.Context(), models.Config{Identity: [32]byte{1},
			Database: "postgres://caudal:c4n4ry@" + listener.Addr().String() + "/bank?sslmode=" + mode})
		if err == nil {
			t.Fatal(mode, "was given up")
		}
		if got := <-heard; len(got) != 8 || binary.BigEndian.Uint32(got[4:]) != 80877103 { // SSLRequest
			t.Fatalf("%s: %q", mode, got)
		}
	}
}

func TestAPostgresBankHasNoTurnsAndMakesNoBackups(t *testing.T) {
	s := postgres.open(t, models.Config{})
	if _, err := s.Turn(t.Context()); err == nil {
		t.Error("a turn")
	}
	if err := s.Backup(t.Context(), filepath.Join(t.TempDir(), "backup")); err == nil || !strings.Contains(err.Error(), "pg_dump") {
		t.Error(err)
	}
}

func TestCloseWaitsForWritesAndEndsTheOthers(t *testing.T) {
	cfg := postgres.bank(t)
	s, err := models.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	inside, closed := make(chan struct{}), make(chan error, 1)
	err = s.Write(t.Context(), func(tx *gorm.DB) error {
		go func() {
			close(inside)
			closed <- s.Close()
		}()
		<-inside
		return audit(s)(tx)
	})
	if err != nil {
		t.Fatal("closed under a write:", err)
	}
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), audit(s)); !errors.Is(err, models.ErrClosed) {
		t.Fatal(err)
	}
	again := open(t, cfg)
	if log, err := again.AuditLog(t.Context(), 0, 10); err != nil || len(log) != 1 {
		t.Fatal(log, err)
	}
}

// As on SQLite, and whatever the names: a teller's look-up reads the words in the order in which they lie, and ends.
func TestALookUpOnPostgresWalksAnIndex(t *testing.T) {
	s := postgres.open(t, models.Config{})
	err := s.Write(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec(`INSERT INTO users (username, owner, password, role, status, created_at)
				SELECT 'ana_' || n, 'Ana', '` + hash + `', 'holder', 'active', 1 FROM generate_series(1, 5000) n;
			INSERT INTO holder_words SELECT word, id FROM users, (VALUES ('ana'), ('garcia'), ('lopez')) words (word);
			INSERT INTO accounts (id, owner, shard, name, currency, status, overdraft_minor, opened_at)
				SELECT 999001000000000000 + 10 * id, id, 0, 'Cuenta', 'MXN', 'active', 0, 1 FROM users;
			ANALYZE users, holder_words, accounts`).Error
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range [][]string{{"ana"}, {"ana", "gar"}} {
		statement, args := models.MatchStatement(words...)
		var plan []string
		if err := s.Read().Raw("EXPLAIN "+statement, args...).Scan(&plan).Error; err != nil || len(plan) == 0 {
			t.Fatal(plan, err)
		}
		text := strings.Join(plan, "\n")
		if !strings.Contains(text, "holder_words_pkey") || strings.Contains(text, "Sort") || strings.Contains(text, "Seq Scan on holder_words") {
			t.Errorf("%v:\n%s", words, text)
		}
	}
}
