package ledger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/mattn/go-sqlite3"

	"caudal/models"
	"caudal/models/clabe"
)

// Config says how a ledger works. The zero value is a bank that nobody listens to.
type Config struct {
	// Queue bounds the orders that wait; a full queue is ErrBusy. Default 16384: a fifth of a second at full speed.
	Queue int
	// BatchMax bounds the orders that share one commit. Default 4096: an account that several of them touch is written
	// once, so on 10,000 accounts a flood costs a quarter less than at 1024. Nobody waits for a batch to fill.
	BatchMax int
	// CachedAccounts bounds the accounts kept in memory, about 400 bytes each with their holders. What has not been used
	// while half as many others were is forgotten. Default 2097152, with which a million accounts all stay: with 262144 a
	// uniform flood between them costs 57 microseconds a transfer instead of 40.
	CachedAccounts int
	// AccountsMax is how many accounts a holder may have. Default 10.
	AccountsMax int
	Limits      Limits
	// Now is the clock; default time.Now.
	Now func() time.Time
	// Sink hears of changes; default: nobody.
	Sink Sink
	// Log hears of failures, never of names or memos; default: nobody.
	Log *slog.Logger
	// Observe is called after each batch, on the publisher's goroutine: how many orders it had, and how long it took
	// from taking them to the commit. It must not block. Default: nobody.
	Observe func(orders int, took time.Duration)
}

// Limits bound what a member of staff moves, in minor units of each currency.
type Limits struct {
	OperationMinor int64 // in one deposit or withdrawal; default 50,000.00
	DayMinor       int64 // of deposits, and as much of withdrawals, in a day (UTC); default 500,000.00
}

func (c Config) withDefaults() Config {
	set := func(to *int, otherwise int) {
		if *to <= 0 {
			*to = otherwise
		}
	}
	set(&c.Queue, 16384)
	set(&c.BatchMax, 4096)
	set(&c.CachedAccounts, 1<<21)
	set(&c.AccountsMax, 10)
	if c.Limits.OperationMinor <= 0 {
		c.Limits.OperationMinor = 50_000_00
	}
	if c.Limits.DayMinor <= 0 {
		c.Limits.DayMinor = 500_000_00
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Observe == nil {
		c.Observe = func(int, time.Duration) {}
	}
	return c
}

// Ledger is the posting engine of one bank. All methods are safe for concurrent use.
type Ledger struct {
	cfg    Config
	store  *models.Store
	queue  *queue
	writer *writer
	ended  chan struct{}
}

// Open starts the ledger of a bank. Close it before the store. A failure of the database under it is told to the store
// (see models.Config.Fatal), whose user ends the process: what the disk holds is found out at the next start.
func Open(ctx context.Context, store *models.Store, cfg Config) (*Ledger, error) {
	cfg = cfg.withDefaults()
	w := &writer{
		store: store, limits: cfg.Limits, now: cfg.Now, log: cfg.Log,
		queue: newQueue(cfg.Queue), batchMax: cfg.BatchMax, accountsMax: cfg.AccountsMax,
		accounts: newCache[clabe.Number, *account](cfg.CachedAccounts),
		users:    newCache[int64, *user](cfg.CachedAccounts),
		devices:  newCache[int64, *device](cfg.CachedAccounts),
		forked:   make(map[clabe.Number]bool),
	}
	if err := w.open(ctx); err != nil {
		return nil, err
	}
	w.publisher = newPublisher(cfg.Sink, cfg.Observe)
	l := &Ledger{cfg: cfg, store: store, queue: w.queue, writer: w, ended: make(chan struct{})}
	go func() {
		defer close(l.ended)
		w.run()
	}()
	return l, nil
}

// open prepares the statements on the writer's connection and finds where the transfers end.
func (w *writer) open(ctx context.Context) error {
	turn, err := w.store.Turn(ctx)
	if err != nil {
		return fmt.Errorf("ledger: open: %w", err)
	}
	defer turn.End()
	if err := turn.DB(ctx).Raw("SELECT coalesce(max(id), 0) + 1 FROM transfers").Scan(&w.nextID).Error; err != nil {
		return fmt.Errorf("ledger: open: %w", err)
	}
	w.conn = turn.Conn()
	return w.conn.Raw(func(driver any) error {
		conn, ok := driver.(*sqlite3.SQLiteConn)
		if !ok {
			return errors.New("ledger: the store is not on SQLite")
		}
		if w.st, err = prepareAll(conn); err != nil {
			return err
		}
		w.commit = func() error { return w.st.commit.run(nil, nil) }
		return nil
	})
}

// Submit queues an order. decided hears what becomes of it, exactly once, unless Submit returns an error: ErrBusy where the
// queue is full, ErrClosed. The order must stay unchanged until then.
func (l *Ledger) Submit(order *Order, decided Decided) error {
	return l.queue.push(entry{order: order, decided: decided})
}

// Post carries an order out and waits. A ctx that ends does not reach the order, which is decided all the same: then Post
// returns ErrOutcomeUnknown, and the same order with the same key tells.
func (l *Ledger) Post(ctx context.Context, order Order) (Receipt, error) {
	wait := make(waiter, 1)
	if err := l.Submit(&order, wait); err != nil {
		return Receipt{}, err
	}
	select {
	case answer := <-wait:
		if answer.err != nil {
			return Receipt{}, answer.err
		}
		return answer.receipt, nil
	case <-ctx.Done():
		return Receipt{}, fmt.Errorf("%w: %w", ErrOutcomeUnknown, ctx.Err())
	}
}

type answer struct {
	receipt Receipt
	err     error
}

// waiter is a Decided that hands the answer to one who waits, or to nobody.
type waiter chan answer

func (w waiter) Decided(_ *Order, receipt *Receipt, err error) {
	if err != nil {
		w <- answer{err: err}
		return
	}
	w <- answer{receipt: *receipt}
}

// Waiting returns how many orders are queued.
func (l *Ledger) Waiting() int { return l.queue.waiting() }

// Close takes no more orders, decides those that are queued, tells of them, and returns.
func (l *Ledger) Close() {
	l.queue.close()
	<-l.ended
}
