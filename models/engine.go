package models

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// engine is what SQLite and PostgreSQL do each in its own way. All else is the same code on both: GORM's statements, SQL that
// both understand, and the schema's constraints.
type engine interface {
	// writers is how many connections write at a time.
	writers() int
	// connect opens the database, with the schema of a version. What it has opened when it fails, Close closes.
	connect(ctx context.Context, version int64) error
	// write is Store.write.
	write(ctx context.Context, fn func(tx *gorm.DB) error, committed func(Turn)) error
	// backup is Store.Backup.
	backup(ctx context.Context, to string) error
}

var (
	_ engine = onSQLite{}
	_ engine = onPostgres{}
)

// errNotSQLite: only a bank on SQLite has turns, and makes its own backups.
var errNotSQLite = errors.New("models: the bank is on PostgreSQL")

func (s *Store) openGORM(dialector gorm.Dialector) (*gorm.DB, error) {
	db, err := gorm.Open(dialector, &gorm.Config{
		Logger:                 statementLog{s.cfg.Log},
		NowFunc:                s.cfg.Now,
		SkipDefaultTransaction: true, // Write has one around all of it, and reads need none
		DisableAutomaticPing:   true,
	})
	if err != nil {
		return nil, fmt.Errorf("models: open the database: %w", err)
	}
	return db, nil
}

// readUser is userWhere, or lockUser.
type readUser func(tx *gorm.DB, condition string, value any) (*User, error)

// lockUser is userWhere in a transaction that is to change what hangs on the user: their password, role and status, their
// devices, how many accounts they have. Until its end everybody else who locks the user waits. On SQLite, where one writes at
// a time, it only reads.
func lockUser(tx *gorm.DB, condition string, value any) (*User, error) {
	return userWhere(locking(tx), condition, value)
}

// locking makes the next statement of a transaction lock the rows that it reads, against all but new rows that refer to them.
func locking(tx *gorm.DB) *gorm.DB {
	return tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"})
}

// violates tells whether err is a violation of the uniqueness of table.column.
func violates(err error, column string) bool {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return refused.Code == uniqueViolation && refused.ConstraintName == strings.ReplaceAll(column, ".", "_")+"_key"
	}
	refused, ok := errors.AsType[sqlite3.Error](err)
	if !ok {
		return false
	}
	switch refused.ExtendedCode {
	case sqlite3.ErrConstraintUnique, sqlite3.ErrConstraintPrimaryKey, sqlite3.ErrConstraintRowID:
		return strings.HasSuffix(refused.Error(), ": "+column)
	}
	return false
}
