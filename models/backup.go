package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mattn/go-sqlite3"
)

// backupPages is how many pages a step of the backup copies, 4 MB: how much work passes between two looks at the context.
const backupPages = 1024

// ErrBackupExists means that a backup would have overwritten a file.
var ErrBackupExists = errors.New("models: there is a file already where the backup should be")

// Backup writes the bank, as it stands at one moment, to a new file, while the bank goes on. The file appears complete and
// on the disk, or not at all; it has every secret of the bank but the identity key, and mode 0600. Opened as [DatabaseFile]
// in a folder of its own it is the bank.
//
// It uses SQLite's online backup: a copy of the database's file alone would lack what is still in the WAL beside it, and
// with that, money. As long as it runs, the WAL grows by what is written meanwhile. A bank on PostgreSQL is backed up by
// PostgreSQL's own means, and Backup refuses.
func (s *Store) Backup(ctx context.Context, to string) error { return s.engine.backup(ctx, to) }

func (s onSQLite) backup(ctx context.Context, to string) (err error) {
	to, err = filepath.Abs(to)
	if err != nil {
		return fmt.Errorf("models: back up: %w", err)
	}
	if _, err := os.Lstat(to); err == nil {
		return ErrBackupExists
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("models: back up: %w", err)
	}
	temporary, err := os.CreateTemp(filepath.Dir(to), ".caudal-backup-*") // mode 0600, in the same file system
	if err != nil {
		return fmt.Errorf("models: back up: %w", err)
	}
	defer os.Remove(temporary.Name())
	defer temporary.Close()
	if err := s.copyTo(ctx, temporary.Name()); err != nil {
		return fmt.Errorf("models: back up: %w", err)
	}
	if err := temporary.Sync(); err != nil {
		return fmt.Errorf("models: back up: %w", err)
	}
	if err := name(temporary.Name(), to); errors.Is(err, fs.ErrExist) {
		return ErrBackupExists
	} else if err != nil {
		return fmt.Errorf("models: back up: %w", err)
	}
	return syncFolder(filepath.Dir(to))
}

// name gives a file its lasting name in one step, and never replaces one that has come there in the meantime: a link does
// that, and where the file system has none, a rename over an empty file that nobody else can have made.
func name(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	placeholder, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	placeholder.Close()
	if err := os.Rename(from, to); err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return nil
}

// copyTo copies the database into an empty file, from one snapshot.
func (s *Store) copyTo(ctx context.Context, path string) (err error) {
	closing := func(close func() error) { err = errors.Join(err, close()) }
	source, err := s.readerPool.Conn(ctx)
	if err != nil {
		return err
	}
	defer closing(source.Close)
	// A read transaction pins the snapshot: without it, every commit of the bank would start the copy from the beginning.
	snapshot, err := source.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return err
	}
	defer closing(snapshot.Rollback)
	if err := snapshot.QueryRowContext(ctx, "SELECT id FROM bank").Scan(new(int64)); err != nil {
		return err
	}

	pool, err := sql.Open("sqlite3", dsn(path, "_synchronous=FULL"))
	if err != nil {
		return err
	}
	defer closing(pool.Close)
	target, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer closing(target.Close)
	return target.Raw(func(targetDriver any) error {
		return source.Raw(func(sourceDriver any) error {
			return copyPages(ctx, targetDriver.(*sqlite3.SQLiteConn), sourceDriver.(*sqlite3.SQLiteConn))
		})
	})
}

func copyPages(ctx context.Context, target, source *sqlite3.SQLiteConn) (err error) {
	backup, err := target.Backup("main", source, "main")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, backup.Finish()) }()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		done, err := backup.Step(backupPages)
		if done || err != nil {
			return err
		}
	}
}

// syncFolder makes a new name in a folder last.
func syncFolder(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("models: back up: %w", err)
	}
	defer folder.Close()
	if err := folder.Sync(); err != nil {
		return fmt.Errorf("models: back up: %w", err)
	}
	return nil
}
