package app

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"caudal/certs"
	"caudal/models"
	"caudal/models/ledger"
	"caudal/models/password"
	"caudal/server/config"
	"caudal/server/limit"
	"caudal/server/live"
	"caudal/server/opaque"
	"caudal/server/route"
)

// bank is what stands behind the sockets: the store, the ledger on it, the hub that hears of changes.
type bank struct {
	store     *models.Store
	ledger    *ledger.Ledger
	hub       *live.Hub
	names     *opaque.Names
	passwords *password.Hasher
	welcomed  welcomed
}

// openBank opens the bank in the data folder, or founds it. Where its database fails later, fatal is called, once. batch is
// told of every commit; nil for nobody.
func openBank(ctx context.Context, c *config.Config, identity certs.Identity, log *slog.Logger, fatal func(error), batch func(int, time.Duration)) (*bank, error) {
	store, err := models.Open(ctx, models.Config{Dir: c.Data, Identity: identity, Demo: c.Demo, Log: log, Fatal: fatal})
	if err != nil {
		return nil, err
	}
	b := &bank{store: store}
	if err := b.open(ctx, c, log, batch); err != nil {
		_ = store.Close() // nothing was written since it was opened
		return nil, err
	}
	return b, nil
}

func (b *bank) open(ctx context.Context, c *config.Config, log *slog.Logger, batch func(int, time.Duration)) (err error) {
	if b.names, err = opaque.New(b.store.Bank().HandleKey); err != nil {
		return err
	}
	if b.passwords, err = password.New(password.Config{Queue: c.PasswordQueue}); err != nil {
		return err
	}
	b.hub = live.New(live.Config{TransferID: b.names.AppendTransfer, PerUser: c.ConnectionsPerUser, Log: log})
	b.ledger, err = ledger.Open(ctx, b.store, ledger.Config{
		Queue: c.LedgerQueue, BatchMax: c.LedgerBatch, AccountsMax: c.AccountsPerUser,
		Limits: ledger.Limits{OperationMinor: int64(c.TellerOperation), DayMinor: int64(c.TellerDay)},
		Sink:   b.hub, Log: log, Observe: batch,
	})
	return err
}

// close lets the ledger decide what it has, and closes the database.
func (b *bank) close() error {
	b.ledger.Close()
	return b.store.Close()
}

// router answers the customers' commands.
func (b *bank) router(c *config.Config, log *slog.Logger, observe observer) (*route.Router, error) {
	config := route.Config{
		Store: b.store, Ledger: b.ledger, Hub: b.hub, Names: b.names, Passwords: b.passwords,
		Server: program, IdleTimeout: c.IdleTimeout, Heartbeat: c.Heartbeat, CommandsInFlight: c.CommandsInFlight,
		Limits: route.Limits{
			SignIn:        limit.Rate{Burst: c.SignInBurst, Every: c.SignInEvery},
			SignInAddress: limit.Rate{Burst: c.SignInAddressBurst, Every: c.SignInAddressEvery},
			Register:      limit.Rate{Burst: c.RegisterBurst, Every: c.RegisterEvery},
			Misses:        limit.Rate{Burst: c.MissBurst, Every: c.MissEvery},
			LookUps:       limit.Rate{Burst: c.LookUpBurst, Every: c.LookUpEvery},
			Renames:       limit.Rate{Burst: c.RenameBurst, Every: c.RenameEvery},
			DeskWorkers:   c.DeskWorkers, DeskQueue: c.DeskQueue, PasswordQueue: c.PasswordQueue,
		},
		Observe: observe, Log: log,
	}
	if c.Demo {
		config.Welcome = b.welcome
	}
	return route.New(config)
}

// Sweeps of refused keys: they stand for 48 hours at least, and an hour more harms nobody.
const (
	sweepEvery   = time.Hour
	sweepTimeout = 10 * time.Minute
)

// sweep forgets old refusals until ctx ends.
func (b *bank) sweep(ctx context.Context, log *slog.Logger) {
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for {
		bounded, cancel := context.WithTimeout(ctx, sweepTimeout)
		swept, err := b.ledger.Sweep(bounded)
		cancel()
		switch {
		case err != nil && ctx.Err() == nil:
			log.Warn("old refusals were not swept", "error", err)
		case swept > 0:
			log.Info("old refusals were swept", "refusals", swept)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// makeData makes the data folder, for its owner alone where it is new.
func makeData(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	return nil
}

// caLink is the development CA's certificate in the data folder.
const caLink = "ca.pem"

// linkCA leaves the development CA's certificate where an operator looks for it: ca.pem in the data folder.
func linkCA(data, ca string) error {
	data, err := filepath.Abs(data)
	if err != nil {
		return err
	}
	if ca, err = filepath.Abs(ca); err != nil {
		return err
	}
	if inside, err := filepath.Rel(data, ca); err == nil && filepath.IsLocal(inside) {
		ca = inside // holds when the folder moves
	}
	link := filepath.Join(data, caLink)
	if present, err := os.Readlink(link); err == nil && present == ca {
		return nil
	}
	if info, err := os.Lstat(link); err == nil {
		if info.Mode()&fs.ModeSymlink == 0 {
			return nil // a file of the operator's own
		}
		if err := os.Remove(link); err != nil {
			return err
		}
	}
	return os.Symlink(ca, link)
}
