package models

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
)

// DatabaseFile is the name of SQLite's file in the data folder.
const DatabaseFile = "caudal.db"

// Config says which bank to open. Identity is required, and either Dir or Database.
type Config struct {
	// Dir is the data folder, where the bank is on SQLite; it is made with mode 0700 where it is missing.
	Dir string
	// Database is the URL of the bank's database, where it is on PostgreSQL: postgres://USER@HOST/DATABASE?sslmode=verify-full.
	// It may have a password, which is in no error and in no log. For a host that is reached by TCP it says whether TLS is
	// used: an sslmode that leaves it to the other side (prefer, which is the default, and allow) is refused. With
	// default_transaction_isolation=serializable writes are SERIALIZABLE, which is slower and decides nothing otherwise.
	Database string
	// Identity is the bank's Ed25519 public key. The first Open binds the database to it.
	Identity [32]byte
	// Demo says that the bank gives money away. The first Open stamps the database with it.
	Demo bool
	// Now is the clock; default time.Now.
	Now func() time.Time
	// Rand gives account numbers, device ids and the handle key; default crypto/rand. It is read in transactions of Write: on
	// SQLite by one at a time.
	Rand io.Reader
	// Log hears of slow statements and of failures, never of values; default: nobody.
	Log *slog.Logger
	// Fatal is told, once, of a failure after which the store takes no further write (see [Store.Fail]). It should see to
	// it that the process ends: what the disk holds is found out at the next start. It is called in the midst of a turn, so
	// it must neither wait for another one nor Close the store. Default: nothing more than the log.
	Fatal func(error)

	wal walLimits // tests have smaller ones
}

// Store keeps the bank in a database. On SQLite it has one connection that writes, and a pool that reads; one Store at a
// time has a data folder. On PostgreSQL it has a pool for each, and other Stores may be on the same database. All methods
// are safe for concurrent use.
type Store struct {
	cfg    Config
	engine engine
	path   string   // of SQLite's file
	lock   *os.File // on SQLite's folder

	readerPool *sql.DB
	reader     *gorm.DB

	writerPool *sql.DB
	conn       *sql.Conn // SQLite's one connection that writes
	writer     *gorm.DB  // GORM on conn, or on PostgreSQL's writerPool

	checkpointer *checkpointer

	turn       chan struct{} // holds a token for each connection that writes
	generation atomic.Uint64
	failure    atomic.Pointer[error]
	closed     chan struct{}
	closeOnce  sync.Once

	bank Bank
}

// Open opens the bank in a folder or at a URL, or founds it there, and brings its schema up to date. A folder is locked until
// Close.
//
// Errors: ErrLocked, ErrOtherBank, ErrDemoDatabase, ErrNotDemoDatabase, ErrNewerDatabase, or what the disk or PostgreSQL says.
func Open(ctx context.Context, cfg Config) (*Store, error) {
	s, err := openDatabase(ctx, cfg, newest)
	if err != nil {
		return nil, err
	}
	if err := s.found(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// openDatabase opens what cfg names, with the schema of a version.
func openDatabase(ctx context.Context, cfg Config, version int64) (*Store, error) {
	cfg.complete()
	s := &Store{cfg: cfg, closed: make(chan struct{})}
	s.engine = onSQLite{s}
	if cfg.Database != "" {
		s.engine = onPostgres{s}
	}
	s.turn = make(chan struct{}, s.engine.writers())
	if err := s.engine.connect(ctx, version); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (cfg *Config) complete() {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.wal == (walLimits{}) {
		cfg.wal = defaultWALLimits()
	}
}

// Read returns GORM on the pool of readers: add WithContext. It sees what was committed before each statement, or, inside
// a Transaction, before the first one. Writing through it fails.
func (s *Store) Read() *gorm.DB { return s.reader }

// Write runs fn inside one transaction on a connection that writes, and commits unless fn returns an error, which Write then
// returns as it is. On SQLite no other write and no batch of the ledger runs meanwhile. On PostgreSQL others do, in this
// process and elsewhere: what fn decides by it locks first (see [lockUser]) or leaves to a constraint.
//
// On PostgreSQL fn may run more than once, a few milliseconds apart: where the database says that another transaction was in
// the way, it has rolled back, and fn begins anew. So fn changes nothing but the database, or sets what it sets in each run.
//
// ctx ends the waiting and keeps fn from starting or committing; it does not reach the statements of tx, because SQLite
// interrupts a connection, not a statement, and this one is shared; and because whoever cuts a commit off does not know
// whether it took place. So fn should be short.
//
// A successful Write raises the [Store.Generation]. A failed commit is ErrCommitUnknown. On SQLite the store has failed then,
// and after an error of the disk, or a database that is damaged, it has failed too; on PostgreSQL it goes on, and ErrBusy
// means that others were in the way for too long, and nothing changed.
func (s *Store) Write(ctx context.Context, fn func(tx *gorm.DB) error) error {
	return s.write(ctx, fn, Turn.Raise)
}

// write is Write with what is to be done between the commit and the end of the turn.
func (s *Store) write(ctx context.Context, fn func(tx *gorm.DB) error, committed func(Turn)) error {
	return s.engine.write(ctx, fn, committed)
}

func (s onSQLite) write(ctx context.Context, fn func(tx *gorm.DB) error, committed func(Turn)) error {
	turn, err := s.Turn(ctx)
	if err != nil {
		return err
	}
	defer turn.End()

	decided := false // fn has come to an end without an error: what fails after that is the commit
	err = turn.DB(ctx).Transaction(func(tx *gorm.DB) error {
		if err := fn(tx); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		decided = true
		return nil
	})
	if decided && committed != nil {
		committed(turn)
	}
	if decided && err != nil {
		err = fmt.Errorf("%w: %w", ErrCommitUnknown, err)
		s.Fail(err)
		return err
	}
	if err != nil && (damaged(err) || turn.inTransaction()) { // or the rollback failed
		s.Fail(err)
	}
	return err
}

// Turn is one stay at SQLite's connection that writes. Nobody else writes until End. It is for the ledger, whose batches are
// prepared statements on the raw connection; everything else has [Store.Write].
type Turn struct{ store *Store }

// Turn waits until nobody writes and takes the writer's connection, in order of arrival. It returns ctx's error, ErrClosed
// or ErrFailed, and then there is nothing to End. A bank on PostgreSQL has no turns.
func (s *Store) Turn(ctx context.Context) (Turn, error) {
	if s.conn == nil {
		return Turn{}, errNotSQLite
	}
	return s.enter(ctx)
}

// enter waits for one of the connections that write.
func (s *Store) enter(ctx context.Context) (Turn, error) {
	if err := ctx.Err(); err != nil {
		return Turn{}, err
	}
	select {
	case <-s.closed:
		return Turn{}, ErrClosed
	default:
	}
	select {
	case s.turn <- struct{}{}:
	case <-s.closed:
		return Turn{}, ErrClosed
	case <-ctx.Done():
		return Turn{}, ctx.Err()
	}
	select {
	case <-s.closed: // Close is waiting for this turn
		<-s.turn
		return Turn{}, ErrClosed
	default:
	}
	if failure := s.failure.Load(); failure != nil {
		<-s.turn
		return Turn{}, fmt.Errorf("%w: %w", ErrFailed, *failure)
	}
	return Turn{s}, nil
}

// Conn is the writer's connection, the same one for the Store's whole life: statements prepared on it in one turn serve in
// later ones. Begin with BEGIN IMMEDIATE, and leave no transaction open at End. Give its methods contexts that never end.
func (t Turn) Conn() *sql.Conn { return t.store.conn }

// DB is GORM on Conn, with the values of ctx but not its end. Statements join a transaction that was begun on Conn.
func (t Turn) DB(ctx context.Context) *gorm.DB {
	return t.store.writer.WithContext(context.WithoutCancel(ctx))
}

// Raise raises the generation: for a commit in this turn that changed who may do what.
func (t Turn) Raise() { t.store.generation.Add(1) }

// End gives the connection to the next one.
func (t Turn) End() {
	t.release()
	t.store.checkpointer.look()
}

// release is End where nothing was written.
func (t Turn) release() { <-t.store.turn }

// Generation grows with every commit of [Store.Write], and by nothing else than that and [Turn.Raise]. Read during a Turn
// it is exact: as long as it has not changed since a turn in which users and devices were read, they are unchanged. On
// PostgreSQL it says nothing of what other processes commit.
func (s *Store) Generation() uint64 { return s.generation.Load() }

// Fail makes the store refuse every later write with ErrFailed, and tells Config.Fatal the first time. It is for whoever
// saw a commit fail: the connection's view and the disk may differ from then on. Reads go on.
func (s *Store) Fail(err error) {
	if !s.failure.CompareAndSwap(nil, &err) {
		return
	}
	s.cfg.Log.Error("the store has failed; it takes no further write", "error", err)
	if s.cfg.Fatal != nil {
		s.cfg.Fatal(err)
	}
}

// Close waits for the writes that are under way, closes the database and gives the folder free. Those that wait get ErrClosed.
func (s *Store) Close() error {
	var errs []error
	s.closeOnce.Do(func() {
		close(s.closed)
		for range cap(s.turn) {
			s.turn <- struct{}{} // never given back: nobody writes after this
		}
		if s.checkpointer != nil {
			errs = append(errs, s.checkpointer.close())
		}
		if s.readerPool != nil {
			errs = append(errs, s.readerPool.Close())
		}
		if s.conn != nil {
			errs = append(errs, s.conn.Close())
		}
		if s.writerPool != nil { // last, so that SQLite folds the WAL into the database
			errs = append(errs, s.writerPool.Close())
		}
		if s.checkpointer != nil && s.checkpointer.file != nil {
			errs = append(errs, s.checkpointer.file.Close())
		}
		if s.lock != nil {
			errs = append(errs, s.lock.Close())
		}
	})
	return errors.Join(errs...)
}

// Now is the store's clock in microseconds since the Unix epoch.
func (s *Store) Now() int64 { return s.cfg.Now().UnixMicro() }
