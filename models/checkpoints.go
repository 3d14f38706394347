package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"
)

// checkpointer folds the WAL into the database on a connection and a goroutine of its own. Where SQLite does it at the end of
// a commit, that commit waits for it and all that come behind: with 1,600 transfers in flight the p99 was twice as long.
//
// Most of it runs beside the writer. But only a WAL of which nothing is left begins again at its start, and one that is
// written without a pause would never come to that: so the last few pages, and whatever there is of a WAL that has grown
// too long, are folded in a turn of their own. Somebody who reads one snapshot for long, as a backup does, keeps the WAL
// from both, and it grows by what is written meanwhile.
//
// It loses nothing at any point: pages stay in the WAL, which every commit has synced, until they are synced in the database.
type checkpointer struct {
	store *Store
	pool  *sql.DB
	conn  *sql.Conn
	// file is the database's. It syncs what was folded beside the writer, for which the turn would wait otherwise. It must
	// stay open as long as any connection: closing it gives all of SQLite's locks away that the process has on the file.
	file  *os.File
	wake  chan struct{} // has room for one: somebody may have written
	stop  context.CancelFunc
	ended chan struct{}

	limits walLimits
	again  int // the length of the WAL before which it is not worth a try; 0 where the last one worked
}

// walLimits are lengths of the WAL, in pages of 4 KB.
type walLimits struct {
	// fold is what it gathers before it is folded. Heads are rewritten again and again, so the longer it waits the less it
	// writes.
	fold int
	// tail is what may be left for a turn: some milliseconds.
	tail int
	// most is the length from which on a turn folds whatever is left.
	most int
}

func defaultWALLimits() walLimits { return walLimits{fold: 8000, tail: 1000, most: 64_000} } // 32, 4, 256 MB

// readersWait is how long a turn waits for those who read from the WAL, so that it can begin again.
const readersWait = 20 * time.Millisecond

func (s *Store) openCheckpointer(ctx context.Context) (err error) {
	running, stop := context.WithCancel(context.Background())
	c := &checkpointer{store: s, limits: s.cfg.wal, wake: make(chan struct{}, 1), stop: stop, ended: make(chan struct{})}
	close(c.ended) // until it runs
	s.checkpointer = c
	if c.file, err = os.OpenFile(s.path, os.O_RDWR, 0); err != nil {
		return fmt.Errorf("models: open the database: %w", err)
	}
	if c.pool, err = sql.Open("sqlite3", dsn(s.path, "_synchronous=FULL")); err != nil {
		return fmt.Errorf("models: open the database: %w", err)
	}
	if c.conn, err = c.pool.Conn(ctx); err != nil {
		return fmt.Errorf("models: open the database: %w", err)
	}
	if _, err := c.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout = %d", readersWait.Milliseconds())); err != nil {
		return fmt.Errorf("models: open the database: %w", err)
	}
	c.ended = make(chan struct{})
	go c.run(running)
	c.look() // at what an earlier process left
	return nil
}

// look asks for a look at the WAL.
func (c *checkpointer) look() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *checkpointer) run(ctx context.Context) {
	defer close(c.ended)
	for {
		select {
		case <-c.wake:
		case <-ctx.Done():
			return
		}
		if err := c.fold(); err != nil {
			if !errors.Is(err, ErrClosed) && !errors.Is(err, ErrFailed) {
				c.store.Fail(fmt.Errorf("models: fold the WAL: %w", err))
			}
			return
		}
	}
}

// fold folds the WAL where it is long enough.
func (c *checkpointer) fold() error {
	wal, err := c.checkpoint("NOOP")
	if err != nil || wal.left() < c.limits.fold || wal.pages < c.again {
		return err
	}
	for before := wal.left(); ; before = wal.left() { // each time there is less, unless the writer is as fast or somebody reads
		if wal, err = c.checkpoint("PASSIVE"); err != nil {
			return err
		}
		if err = c.file.Sync(); err != nil {
			return err
		}
		if wal.left() <= c.limits.tail || wal.left() > before/2 {
			break
		}
	}
	c.again = wal.pages + c.limits.fold
	if wal.left() > c.limits.tail && wal.pages < c.limits.most {
		return nil
	}
	turn, err := c.store.Turn(context.Background())
	if err != nil {
		return err
	}
	defer turn.release()
	wal, err = c.checkpoint("RESTART")
	if !wal.busy {
		c.again = 0
	}
	return err
}

// walState is how long the WAL is, and how much of it is in the database already.
type walState struct {
	busy          bool // somebody else kept it from being folded or begun again
	pages, folded int
}

func (w walState) left() int { return w.pages - w.folded }

// checkpoint has SQLite fold what it can in a mode, see https://sqlite.org/c3ref/wal_checkpoint_v2.html.
func (c *checkpointer) checkpoint(mode string) (w walState, err error) {
	row := c.conn.QueryRowContext(context.Background(), "PRAGMA wal_checkpoint("+mode+")")
	return w, row.Scan(&w.busy, &w.pages, &w.folded)
}

// close waits for what is under way and closes the connection. The store is closed by then, and its turn taken.
func (c *checkpointer) close() (err error) {
	c.stop()
	<-c.ended
	if c.conn != nil {
		err = c.conn.Close()
	}
	if c.pool != nil {
		err = errors.Join(err, c.pool.Close())
	}
	return err
}
