package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"caudal/models/migrations"
)

const (
	// postgresReaders and postgresWriters bound the connections of one store. A read or a write holds one for a few round
	// trips, so few do; and PostgreSQL has a hundred by default, for all nodes.
	postgresReaders = 16
	postgresWriters = 8
	// postgresIdle and postgresLife bound how long a connection is kept: what a flood opened is given back, and a server that
	// took over is found, though no error tells of it.
	postgresIdle = 5 * time.Minute
	postgresLife = time.Hour
	// connectTimeout bounds the time to a new connection, where the URL says nothing else.
	connectTimeout = 10 * time.Second

	// transactionMax bounds a transaction from the first statement to the answer of its commit, where the server, which has
	// bounds of its own (see session), does not answer any more.
	transactionMax = time.Minute
	// triesMax and pauseMax bound how often a transaction that was in another's way runs again, and the pause before.
	triesMax = 20
	pauseMin = 2 * time.Millisecond
	pauseMax = 100 * time.Millisecond

	// migrationTurn is how often a node asks whether another one has done with the schema, and migrationTurns how many times.
	migrationTurn  = 500 * time.Millisecond
	migrationTurns = 600
)

// SQLSTATEs, by PostgreSQL's appendix A.
const (
	uniqueViolation      = "23505"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	lockNotAvailable     = "55P03"
)

// isolation is the parameter of a session by which its transactions have their isolation.
const isolation = "default_transaction_isolation"

// session is what every connection asks the server for, unless the URL asks for something else.
var session = map[string]string{
	"application_name":                    "caudal",
	"statement_timeout":                   "30s",
	"lock_timeout":                        "10s",
	"idle_in_transaction_session_timeout": "1min", // a node that hangs does not hold its locks for ever
}

// onPostgres is a store whose database is PostgreSQL's, which others may be on too.
type onPostgres struct{ *Store }

func (onPostgres) writers() int { return postgresWriters }

func (s onPostgres) connect(ctx context.Context, version int64) (err error) {
	cfg, err := postgresConfig(s.cfg.Database)
	if err != nil {
		return err
	}
	writes := cfg.RuntimeParams[isolation]
	if writes != "serializable" {
		writes = "read committed" // each statement sees what was committed before it: after a lock, what the lock waited for
	}
	s.writerPool = openPool(cfg, postgresWriters, map[string]string{isolation: writes, "default_transaction_read_only": "off"})
	if s.writer, err = s.openGORM(postgres.New(postgres.Config{Conn: s.writerPool})); err != nil {
		return err
	}
	if err := s.checkSession(ctx, writes); err != nil {
		return err
	}
	if err := s.migrate(ctx, cfg, version); err != nil {
		return err
	}
	// A transaction that only reads sees one moment, and is in nobody's way.
	s.readerPool = openPool(cfg, postgresReaders, map[string]string{isolation: "repeatable read", "default_transaction_read_only": "on"})
	s.reader, err = s.openGORM(postgres.New(postgres.Config{Conn: s.readerPool}))
	return err
}

// postgresConfig reads a URL. Its errors have nothing of it: in one that is malformed, anything may be the password.
func postgresConfig(database string) (*pgx.ConnConfig, error) {
	const wanted = "models: the database's URL is not as it should be, postgres://USER@HOST/DATABASE?sslmode=verify-full with " +
		"special characters as %XX"
	if !strings.HasPrefix(database, "postgres://") && !strings.HasPrefix(database, "postgresql://") {
		return nil, errors.New(wanted)
	}
	cfg, err := pgx.ParseConfig(database)
	if err != nil {
		if file, ok := errors.AsType[*fs.PathError](err); ok { // a certificate
			return nil, fmt.Errorf("models: the database's URL names a file: %w", file)
		}
		return nil, errors.New(wanted)
	}
	parts := slices.AppendSeq([]string{cfg.Host, cfg.Database}, maps.Keys(cfg.RuntimeParams))
	if strings.Contains(strings.Join(parts, ""), "@") { // the password had one of / ? # in it, and a part of it is here
		return nil, errors.New(wanted)
	}
	if leavesTLSOpen(&cfg.Config) {
		return nil, errors.New("models: the database's URL must say by sslmode whether TLS is used: verify-full (or verify-ca, require), or disable")
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectTimeout
		cfg.DialFunc = (&net.Dialer{Timeout: connectTimeout}).DialContext
	}
	for name, value := range session {
		if _, ok := cfg.RuntimeParams[name]; !ok {
			cfg.RuntimeParams[name] = value
		}
	}
	// Of several hosts, the one that takes writes, for readers too: another one may lag behind.
	cfg.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsPrimary
	return cfg, nil
}

// leavesTLSOpen tells whether whoever is between could have the connection without TLS.
func leavesTLSOpen(cfg *pgconn.Config) bool {
	with, without := false, false
	see := func(host string, port uint16, tls bool) {
		if network, _ := pgconn.NetworkAddress(host, port); network == "unix" {
			return
		}
		with, without = with || tls, without || !tls
	}
	see(cfg.Host, cfg.Port, cfg.TLSConfig != nil)
	for _, other := range cfg.Fallbacks {
		see(other.Host, other.Port, other.TLSConfig != nil)
	}
	return with && without
}

// openPool opens nothing yet. pgx keeps the statements of each connection prepared.
func openPool(cfg *pgx.ConnConfig, size int, session map[string]string) *sql.DB {
	cfg = cfg.Copy()
	maps.Copy(cfg.RuntimeParams, session)
	pool := stdlib.OpenDB(*cfg)
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	pool.SetConnMaxIdleTime(postgresIdle)
	pool.SetConnMaxLifetime(postgresLife)
	return pool
}

// migrate brings the schema up to a version, one node at a time.
func (s onPostgres) migrate(ctx context.Context, cfg *pgx.ConnConfig, version int64) error {
	locker, err := lock.NewPostgresTableLocker(
		lock.WithTableLockTimeout(migrationTurn, migrationTurns), lock.WithTableLogger(s.cfg.Log),
		lock.WithTableRetryPolicy(func(err error) bool { // another node has it, which is no error of the server's
			_, refused := errors.AsType[*pgconn.PgError](err)
			return !refused
		}))
	if err != nil {
		return fmt.Errorf("models: migrate the database: %w", err)
	}
	// An index on a long table takes its time.
	pool := openPool(cfg, 4, map[string]string{isolation: "read committed", "default_transaction_read_only": "off", "statement_timeout": "0"})
	defer pool.Close()
	return migrate(ctx, goose.DialectPostgres, pool, migrations.Postgres(), version, goose.WithLocker(locker))
}

// checkSession makes sure that the guarantees hold: what a session asks for, a pooler in between may have thrown away, and
// some things only the server's operator can set.
func (s onPostgres) checkSession(ctx context.Context, isolation string) error {
	var is struct{ Isolation, Encoding, Commit, Fsync, Pages string }
	err := s.writer.WithContext(ctx).Raw(`SELECT current_setting('transaction_isolation') AS isolation,
		current_setting('server_encoding') AS encoding, current_setting('synchronous_commit') AS commit,
		current_setting('fsync') AS fsync, current_setting('full_page_writes') AS pages`).Take(&is).Error
	if err != nil {
		return fmt.Errorf("models: read the database's settings: %w", err)
	}
	for _, setting := range []struct {
		name, got string
		ok        bool
	}{
		{"isolation", is.Isolation, is.Isolation == isolation},
		{"encoding", is.Encoding, is.Encoding == "UTF8"},
		{"synchronous_commit", is.Commit, is.Commit != "off"}, // an answer that was given survives the power cut after it
	} {
		if !setting.ok {
			return fmt.Errorf("models: PostgreSQL's %s is %q here, which a bank cannot stand on", setting.name, setting.got)
		}
	}
	if is.Fsync != "on" || is.Pages != "on" {
		s.cfg.Log.Warn("PostgreSQL is set up to lose data when its machine stops", "fsync", is.Fsync, "full_page_writes", is.Pages)
	}
	return nil
}

func (s onPostgres) write(ctx context.Context, fn func(tx *gorm.DB) error, committed func(Turn)) error {
	turn, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer turn.release()
	for try := 1; ; try++ {
		err := s.try(ctx, fn)
		if committed != nil && (err == nil || errors.Is(err, ErrCommitUnknown)) {
			committed(turn)
		}
		switch state := sqlState(err); {
		case errors.Is(err, ErrCommitUnknown):
			return err
		case state == lockNotAvailable, inTheWay(state) && try == triesMax:
			return fmt.Errorf("%w: %w", ErrBusy, err)
		case !inTheWay(state):
			return err
		}
		if err := pause(ctx, try); err != nil {
			return err
		}
	}
}

// try runs fn in a transaction once. An error that is not ErrCommitUnknown means that nothing was written.
func (s onPostgres) try(ctx context.Context, fn func(tx *gorm.DB) error) error {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), transactionMax)
	defer cancel()
	decided := false // fn has come to an end without an error: what fails after that is the commit
	err := s.writer.WithContext(ctx).Connection(func(conn *gorm.DB) error {
		return conn.WithContext(bounded).Transaction(func(tx *gorm.DB) error {
			if err := fn(tx); err != nil {
				return err
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			decided = true
			return nil
		})
	})
	// Two answers to COMMIT say that it did not take place: another was in the way, and a statement had failed before.
	if decided && err != nil && !inTheWay(sqlState(err)) && !errors.Is(err, pgx.ErrTxCommitRollback) {
		return fmt.Errorf("%w: %w", ErrCommitUnknown, err)
	}
	return err
}

// sqlState returns the SQLSTATE by which the server has refused, or "".
func sqlState(err error) string {
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok {
		return refused.Code
	}
	return ""
}

// inTheWay tells whether the server has rolled back for another transaction's sake, so that the same may pass next time.
func inTheWay(state string) bool { return state == serializationFailure || state == deadlockDetected }

// pause waits for twice as long after each try, within bounds, and by chance for less, so that two that were in each other's
// way do not meet again.
func pause(ctx context.Context, try int) error {
	longest := min(pauseMin<<min(try, 10), pauseMax)
	timer := time.NewTimer(rand.N(longest))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (onPostgres) backup(context.Context, string) error {
	return fmt.Errorf("%w: back it up by its own means, such as pg_dump", errNotSQLite)
}
