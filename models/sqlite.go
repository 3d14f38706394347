package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3"
	"gorm.io/driver/sqlite"

	"caudal/models/migrations"
)

const (
	// readersPerCore bounds the pool of readers: reads wait for the disk at times, so a few more than there are cores.
	readersPerCore = 4
	// busyTimeout is how long SQLite waits for a lock of another connection. Writers take turns before SQLite is asked, so
	// only a checkpoint or an operator's own tool is ever in the way.
	busyTimeout = 10 * time.Second
	// statementsMax bounds how many statements each connection keeps prepared, which is all that the bank has. The driver
	// keeps them: GORM's own cache prepares again what it met in a transaction, may close a statement that is running when
	// its time is up, and leaves a goroutine behind.
	statementsMax = 64
	// walBytesMax is how large the WAL's file may stay after a backup or a flood made it grow.
	walBytesMax = 64 << 20
	// writerCacheKiB bounds the pages that the writer keeps: the heads of a million accounts, and what is written beside
	// them. Between 100,000 accounts a transfer costs a tenth less than with 64 MB. A bank that writes little has less.
	writerCacheKiB = 256 << 10
)

// dsn is SQLite's URI for a database, with the settings that every connection of the bank has.
func dsn(path string, settings ...string) string {
	common := []string{
		"_foreign_keys=on",
		fmt.Sprintf("_stmt_cache_size=%d", statementsMax),
		fmt.Sprintf("_busy_timeout=%d", busyTimeout.Milliseconds()),
	}
	uri := url.URL{Scheme: "file", Path: path, RawQuery: strings.Join(append(common, settings...), "&")}
	return uri.String()
}

// onSQLite is a store whose database is a file in a folder, which it locks.
type onSQLite struct{ *Store }

func (onSQLite) writers() int { return 1 }

func (s onSQLite) connect(ctx context.Context, version int64) error {
	if err := os.MkdirAll(s.cfg.Dir, 0o700); err != nil {
		return fmt.Errorf("models: make the data folder: %w", err)
	}
	dir, err := filepath.Abs(s.cfg.Dir)
	if err != nil {
		return fmt.Errorf("models: find the data folder: %w", err)
	}
	if s.lock, err = lockFolder(dir); err != nil {
		return err
	}
	s.path = filepath.Join(dir, DatabaseFile)
	if err := createPrivate(s.path); err != nil {
		return err
	}
	if err := s.openWriter(ctx, version); err != nil {
		return err
	}
	if err := s.openReaders(); err != nil {
		return err
	}
	return s.openCheckpointer(ctx)
}

func (s *Store) openWriter(ctx context.Context, version int64) (err error) {
	s.writerPool, err = sql.Open("sqlite3", dsn(s.path,
		"_journal_mode=WAL",
		"_synchronous=FULL", // an answer that was given survives the power cut after it
		"_txlock=immediate", // a transaction that reads first and writes later cannot fail half-way
		"_recursive_triggers=on",
		"_secure_delete=on", // an erased memo leaves no copy in the database's pages, not even in free ones
		fmt.Sprintf("_cache_size=-%d", writerCacheKiB),
		"_mutex=no", // database/sql gives a connection to one at a time; SQLite's own lock costs the ledger 7 %
	))
	if err != nil {
		return fmt.Errorf("models: open the database: %w", err)
	}
	s.writerPool.SetMaxOpenConns(1)
	s.writerPool.SetMaxIdleConns(1)
	if err := migrate(ctx, goose.DialectSQLite3, s.writerPool, migrations.SQLite(), version); err != nil {
		return err
	}
	if s.conn, err = s.writerPool.Conn(ctx); err != nil {
		return fmt.Errorf("models: open the database: %w", err)
	}
	if err := checkSettings(ctx, s.conn); err != nil {
		return err
	}
	for _, pragma := range []string{
		fmt.Sprintf("PRAGMA journal_size_limit = %d", walBytesMax), "PRAGMA wal_autocheckpoint = 0", // see checkpointer
	} {
		if _, err := s.conn.ExecContext(ctx, pragma); err != nil {
			return fmt.Errorf("models: bound the WAL: %w", err)
		}
	}
	s.writer, err = s.openGORM(sqlite.New(sqlite.Config{Conn: s.conn}))
	return err
}

// checkSettings makes sure that the guarantees hold: a file system without shared memory, for one, has no WAL, and SQLite
// goes on without saying so.
func checkSettings(ctx context.Context, conn *sql.Conn) error {
	for _, setting := range []struct{ pragma, want string }{
		{"journal_mode", "wal"}, {"synchronous", "2"}, {"foreign_keys", "1"}, {"recursive_triggers", "1"},
	} {
		var got string
		if err := conn.QueryRowContext(ctx, "PRAGMA "+setting.pragma).Scan(&got); err != nil {
			return fmt.Errorf("models: read the database's settings: %w", err)
		}
		if got != setting.want {
			return fmt.Errorf("models: SQLite's %s is %q here, and the bank needs %q", setting.pragma, got, setting.want)
		}
	}
	return nil
}

func (s *Store) openReaders() (err error) {
	s.readerPool, err = sql.Open("sqlite3", dsn(s.path, "_query_only=on", "_txlock=deferred"))
	if err != nil {
		return fmt.Errorf("models: open the database: %w", err)
	}
	readers := readersPerCore * runtime.GOMAXPROCS(0)
	s.readerPool.SetMaxOpenConns(readers)
	s.readerPool.SetMaxIdleConns(readers)
	s.reader, err = s.openGORM(sqlite.New(sqlite.Config{Conn: s.readerPool}))
	return err
}

// createPrivate makes the database's file before SQLite does, which would let others read it; the files that SQLite puts
// beside it get the same mode. One that is there already, from a backup perhaps, is made private.
func createPrivate(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("models: make the database: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err == nil && info.Mode().Perm()&^fs.FileMode(0o600) != 0 {
		err = file.Chmod(0o600)
	}
	if err != nil {
		return fmt.Errorf("models: make the database private: %w", err)
	}
	return nil
}

// inTransaction tells whether the connection has a transaction open.
func (t Turn) inTransaction() bool {
	open := true
	_ = t.store.conn.Raw(func(driver any) error {
		open = !driver.(*sqlite3.SQLiteConn).AutoCommit()
		return nil
	})
	return open
}

// damaged tells whether err means that the disk or the database on it cannot be trusted any more. A disk that is full is
// none: SQLite has rolled back, and may go on when there is room again.
func damaged(err error) bool {
	var failure sqlite3.Error
	if !errors.As(err, &failure) {
		return false
	}
	return failure.Code == sqlite3.ErrIoErr || failure.Code == sqlite3.ErrCorrupt || failure.Code == sqlite3.ErrNotADB
}
