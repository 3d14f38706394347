// Package pgtest gives tests a PostgreSQL of their own: one cluster for the test process, one database for each test.
//
// The cluster listens on nothing but a socket in a private folder. It ends with the process, however that ends, and nothing
// of it is left. What it keeps it does not keep safe: fsync is off. Its sessions are serializable unless they ask for less,
// so that whoever depends on another isolation is seen to ask for it.
package pgtest

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/pressly/goose/v3"

	"caudal/models/migrations"
)

// New makes a database with the bank's schema, and nothing in it, for as long as the test runs, and returns its URL. It skips
// the test where PostgreSQL is not installed.
func New(t testing.TB) (url string) {
	t.Helper()
	return create(t, "bank_schema")
}

// Empty is New without the schema.
func Empty(t testing.TB) (url string) {
	t.Helper()
	return create(t, "template0")
}

var (
	running   = sync.OnceValues(start)
	databases struct {
		sync.Mutex
		made int
	}
)

func create(t testing.TB, template string) (url string) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a PostgreSQL cluster")
	}
	c, err := running()
	if unavailable, ok := err.(unavailable); ok { //nolint:errorlint // start returns it as it is
		t.Skip(string(unavailable))
	}
	if err != nil {
		t.Fatal(err)
	}
	databases.Lock()
	defer databases.Unlock()
	databases.made++
	name := fmt.Sprintf("bank_%d", databases.made)
	if _, err := c.admin.ExecContext(context.Background(), "CREATE DATABASE "+name+" TEMPLATE "+template+c.copying); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := c.admin.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	return c.url(name)
}

// makeSchema makes the database that New copies.
func (c *cluster) makeSchema(ctx context.Context) error {
	if _, err := c.admin.ExecContext(ctx, "CREATE DATABASE bank_schema TEMPLATE template0"); err != nil {
		return err
	}
	db, err := sql.Open("pgx", c.url("bank_schema"))
	if err != nil {
		return err
	}
	defer db.Close() // a database that somebody looks into cannot be copied
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.Postgres(),
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}
