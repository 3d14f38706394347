package models

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"math"

	"github.com/pressly/goose/v3"
)

// newest asks migrate for all that there is.
const newest = math.MaxInt64

// migrate brings the schema up to a version. The pool may have a single connection, and it must be free.
func migrate(ctx context.Context, dialect goose.Dialect, pool *sql.DB, files fs.FS, version int64, options ...goose.ProviderOption) error {
	provider, err := goose.NewProvider(dialect, pool, files,
		append(options, goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))...)
	if err != nil {
		return fmt.Errorf("models: read the migrations: %w", err)
	}
	current, target, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("models: read the database's version: %w", err)
	}
	switch {
	case current > target:
		return fmt.Errorf("%w: it has version %d, and this program knows %d", ErrNewerDatabase, current, target)
	case current == target: // as at almost every start, which then asks for no lock and no right to change the schema
		return nil
	case version == newest:
		_, err = provider.Up(ctx)
	default:
		_, err = provider.UpTo(ctx, version)
	}
	if err != nil {
		return fmt.Errorf("models: migrate the database: %w", err)
	}
	return nil
}
