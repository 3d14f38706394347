package models_test

import (
	"os"
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"caudal/models"
	"caudal/models/pgtest"
)

// engine is a database that a bank may stand on.
type engine string

const (
	sqlite   engine = "sqlite"
	postgres engine = "postgres"
)

// onEachEngine runs a test on both, beside others: a database of one's own takes its time, most of it not this process's.
func onEachEngine(t *testing.T, test func(t *testing.T, e engine)) {
	t.Parallel()
	for _, e := range []engine{sqlite, postgres} {
		t.Run(string(e), func(t *testing.T) { test(t, e) })
	}
}

// bank is the configuration of a bank that nobody has founded.
func (e engine) bank(t testing.TB) models.Config {
	t.Helper()
	if e == postgres {
		return models.Config{Identity: [32]byte{1}, Database: pgtest.New(t) + asked()}
	}
	return models.Config{Identity: [32]byte{1}, Dir: t.TempDir()}
}

// empty is bank on a database without its schema.
func (e engine) empty(t testing.TB) models.Config {
	t.Helper()
	if e == postgres {
		return models.Config{Identity: [32]byte{1}, Database: pgtest.Empty(t) + asked()}
	}
	return e.bank(t)
}

// asked is what the URL of every test's database ends with: CAUDAL_TEST_SERIALIZABLE=1 tries what else an operator may choose.
func asked() string {
	if os.Getenv("CAUDAL_TEST_SERIALIZABLE") == "1" {
		return "&default_transaction_isolation=serializable"
	}
	return ""
}

// open is a new bank where cfg does not say which.
func (e engine) open(t testing.TB, cfg models.Config) *models.Store {
	t.Helper()
	if cfg.Dir == "" && cfg.Database == "" {
		fresh := e.bank(t)
		cfg.Dir, cfg.Database = fresh.Dir, fresh.Database
	}
	return open(t, cfg)
}

// locked reads what a transaction is to change.
func locked(tx *gorm.DB) *gorm.DB { return tx.Clauses(clause.Locking{Strength: "NO KEY UPDATE"}) }
