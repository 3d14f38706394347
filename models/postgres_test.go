package models_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"caudal/models/migrations"
)

// postgresStart bounds how long a new cluster may take to answer, on the slowest machine.
const postgresStart = 60 * time.Second

// startPostgres runs a PostgreSQL cluster of its own for this test, which listens on nothing but a socket in a private
// folder, and returns GORM on it. It skips the test where PostgreSQL is not installed.
func startPostgres(t *testing.T) *gorm.DB {
	t.Helper()
	installed, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if len(installed) == 0 {
		t.Skip("PostgreSQL's server is not installed (/usr/lib/postgresql/*/bin): its migrations are not tried")
	}
	bin := filepath.Dir(slices.MaxFunc(installed, func(a, b string) int { return postgresVersion(a) - postgresVersion(b) }))
	// Not t.TempDir: its parents are closed to the user that the cluster runs as, and a socket's path has 107 bytes.
	dir, err := os.MkdirTemp("", "caudal-pg-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	credential := unprivileged(t, dir)
	command := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir = dir
		cmd.Env = []string{"PATH=" + bin + ":/usr/bin:/bin", "LC_ALL=C", "HOME=" + dir} // none of the machine's PG... settings
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: credential}
		return cmd
	}
	data := filepath.Join(dir, "data")
	output, err := command("initdb", "-D", data, "-U", "caudal", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync").CombinedOutput()
	if errors.Is(err, syscall.EPERM) {
		t.Skip("PostgreSQL does not run as root, and this process may not become another user: its migrations are not tried")
	}
	if err != nil {
		t.Fatalf("initdb: %v\n%s", err, output)
	}

	var log bytes.Buffer
	server := command("postgres", "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=10")
	server.Stderr = &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGQUIT) // at once: nothing of it is kept
		<-ended
	})
	ctx, cancel := context.WithTimeout(t.Context(), postgresStart)
	defer cancel()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		db, err := gorm.Open(postgres.Open(fmt.Sprintf("host=%s user=caudal dbname=postgres sslmode=disable", dir)),
			&gorm.Config{Logger: logger.Discard, SkipDefaultTransaction: true})
		if err == nil {
			t.Cleanup(func() {
				if pool, err := db.DB(); err == nil {
					pool.Close()
				}
			})
			return db
		}
		select {
		case err := <-ended:
			ended <- err // for the cleanup
			t.Fatalf("postgres ended: %v\n%s", err, &log)
		case <-ctx.Done():
			t.Fatalf("postgres does not answer: %v", err)
		case <-poll.C:
		}
	}
}

func postgresVersion(path string) int {
	version, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
	return version
}

// unprivileged returns the user that the cluster runs as, and gives it the folder: PostgreSQL refuses to run as root.
func unprivileged(t *testing.T, dir string) *syscall.Credential {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errUID := strconv.Atoi(found.Uid)
		gid, errGID := strconv.Atoi(found.Gid)
		if err := errors.Join(errUID, errGID, os.Chown(dir, uid, gid)); err != nil {
			t.Fatal(err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid), NoSetGroups: true}
	}
	t.Skip("PostgreSQL does not run as root, and there is no user postgres or nobody: its migrations are not tried")
	return nil
}

func TestPostgresMigrationsMakeTheSameSchemaAndRollBack(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a PostgreSQL cluster")
	}
	db := startPostgres(t)
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, pool, migrations.Postgres(),
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // down is the way back: after it, up works again
		if _, err := provider.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		compareColumns(t, modelColumns(t, "boolean"), postgresColumns(t, db))
		furnish(t, db)
		checkGuards(t, func(statement string) error {
			err := db.WithContext(t.Context()).Transaction(func(tx *gorm.DB) error {
				if err := tx.Exec(advanceIdentity(statement)).Error; err != nil {
					return err
				}
				return errUndone
			})
			if errors.Is(err, errUndone) {
				return nil
			}
			if strings.Contains(err.Error(), "syntax error") || strings.Contains(err.Error(), "does not exist") {
				t.Errorf("%s is not what was meant: %v", statement, err)
			}
			return err
		}, postgresGuarded()...)
		if _, err := provider.DownTo(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		var left []string
		err := db.Raw(`SELECT relname::text FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
			WHERE nspname = 'public' AND relname NOT LIKE 'goose_db_version%'
			UNION ALL SELECT proname::text FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace WHERE nspname = 'public'`).Scan(&left).Error
		if err != nil || len(left) != 0 {
			t.Fatal("rolled back, but there is", left, err)
		}
	}
}

// advanceIdentity gives the one statement that leaves its id to the database one that is not taken: rows that came with an
// id of their own do not advance PostgreSQL's sequences.
func advanceIdentity(statement string) string {
	return strings.Replace(statement, "INSERT INTO audit (at,", "SELECT setval('audit_id_seq', 100); INSERT INTO audit (at,", 1)
}

// postgresGuarded are what only PostgreSQL has: TRUNCATE, on every table that has guards at all.
func postgresGuarded() (statements []string) {
	for table := range guarded {
		statements = append(statements, "TRUNCATE "+table+" CASCADE")
	}
	return statements
}

func postgresColumns(t *testing.T, db *gorm.DB) map[string]column {
	t.Helper()
	var found []struct {
		Name, Type    string
		Nullable, Key bool
	}
	err := db.Raw(`SELECT c.table_name || '.' || c.column_name AS name, c.data_type AS type, c.is_nullable = 'YES' AS nullable,
			k.column_name IS NOT NULL AS key
		FROM information_schema.columns c
		LEFT JOIN information_schema.table_constraints p
			ON p.table_schema = c.table_schema AND p.table_name = c.table_name AND p.constraint_type = 'PRIMARY KEY'
		LEFT JOIN information_schema.key_column_usage k
			ON k.constraint_schema = p.constraint_schema AND k.constraint_name = p.constraint_name AND k.column_name = c.column_name
		WHERE c.table_schema = 'public' AND c.table_name <> 'goose_db_version'`).Scan(&found).Error
	if err != nil {
		t.Fatal(err)
	}
	columns := map[string]column{}
	for _, c := range found {
		kind := map[string]string{"bigint": "integer", "text": "text", "bytea": "bytes", "boolean": "boolean"}[c.Type]
		columns[c.Name] = column{kind, c.Nullable, c.Key}
	}
	return columns
}
