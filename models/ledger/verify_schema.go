package ledger

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/pressly/goose/v3"

	"caudal/models/migrations"
)

// schemaSQL reads everything that was created: tables, indexes, triggers, views. What SQLite and goose make for themselves is
// left out.
const schemaSQL = `SELECT name, coalesce(sql, '') FROM sqlite_schema
	WHERE name NOT LIKE 'sqlite\_%' ESCAPE '\' AND tbl_name <> 'goose_db_version'`

// checkSchema compares the schema with what the migrations make of an empty database: a trigger that somebody has dropped,
// or put another in the place of, would let rows change.
func (v *verification) checkSchema() error {
	want, err := migratedSchema(v.db.Statement.Context)
	if err != nil {
		return err
	}
	has := make(map[string]string)
	if err := each(v.db, func(rows *sql.Rows) error { return scanSchema(rows, has) }, schemaSQL); err != nil {
		return err
	}
	for name, text := range want {
		if has[name] != text {
			v.report.add(ProblemSchema, 0, 0, "%s is missing or altered", name)
		}
	}
	for name := range has {
		if _, ok := want[name]; !ok {
			v.report.add(ProblemSchema, 0, 0, "%s does not belong here", name)
		}
	}
	return nil
}

// checkedTables are those whose rows SQLite itself compares with their CHECKs, types, keys and indexes. The long ones are not
// among them: they would be one long read, and the other checks walk through them a page at a time.
var checkedTables = []string{"bank", "users", "devices", "accounts", "heads", "marks", "staff_totals", "holder_words"}

// checkRows finds what was written past the schema: whoever has the file can turn its CHECKs and foreign keys off.
func (v *verification) checkRows() error {
	for _, table := range checkedTables {
		err := each(v.db, func(rows *sql.Rows) error {
			var finding string
			if err := rows.Scan(&finding); err != nil {
				return err
			}
			if finding != "ok" {
				v.report.add(ProblemRow, 0, 0, "%s: %s", table, finding)
			}
			return nil
		}, "PRAGMA integrity_check("+table+")")
		if err != nil {
			return err
		}
		err = each(v.db, func(rows *sql.Rows) error {
			var row sql.NullInt64
			var from, to string
			var key int
			if err := rows.Scan(&from, &row, &to, &key); err != nil {
				return err
			}
			v.report.add(ProblemRow, 0, 0, "%s: row %d points to nothing in %s", from, row.Int64, to)
			return nil
		}, "PRAGMA foreign_key_check("+table+")")
		if err != nil {
			return err
		}
	}
	return nil
}

func migratedSchema(ctx context.Context) (map[string]string, error) {
	db, err := sql.Open("sqlite3", ":memory:")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1) // each connection has a memory of its own
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, migrations.SQLite(),
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return nil, fmt.Errorf("migrate an empty database: %w", err)
	}
	rows, err := db.QueryContext(ctx, schemaSQL)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	schema := make(map[string]string)
	for rows.Next() {
		if err := scanSchema(rows, schema); err != nil {
			return nil, err
		}
	}
	return schema, rows.Err()
}

func scanSchema(rows *sql.Rows, into map[string]string) error {
	var name, text string
	if err := rows.Scan(&name, &text); err != nil {
		return err
	}
	into[name] = text
	return nil
}
