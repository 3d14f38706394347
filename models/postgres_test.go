package models_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"
	driver "gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"caudal/models/migrations"
	"caudal/models/pgtest"
)

func TestPostgresMigrationsMakeTheSameSchemaAndRollBack(t *testing.T) {
	db, err := gorm.Open(driver.Open(pgtest.Empty(t)), &gorm.Config{Logger: logger.Discard, SkipDefaultTransaction: true})
	if err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pool.Close() })
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
