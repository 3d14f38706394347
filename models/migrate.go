package models

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"github.com/pressly/goose/v3"

	"caudal/models/migrations"
)

// newest asks migrate for all that there is.
const newest = math.MaxInt64

// migrate brings the schema up to a version. The pool may have a single connection, and it must be free.
func migrate(ctx context.Context, pool *sql.DB, version int64) error {
	provider, err := goose.NewProvider(goose.DialectSQLite3, pool, migrations.SQLite(),
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("models: read the migrations: %w", err)
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("models: read the database's version: %w", err)
	}
	if current > target {
		return fmt.Errorf("%w: it has version %d, and this program knows %d", ErrNewerDatabase, current, target)
	}
	if version == newest {
		_, err = provider.Up(ctx)
	} else {
		_, err = provider.UpTo(ctx, version)
	}
	if err != nil {
		return fmt.Errorf("models: migrate the database: %w", err)
	}
	return nil
}
