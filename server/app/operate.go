package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"caudal/certs"
	"caudal/models"
	"caudal/server/admin"
	"caudal/server/config"
	"caudal/server/route"
)

// lockPatience bounds the wait for a server that has the bank but does not answer yet, or not any more: one that starts or
// drains.
const lockPatience = 10 * time.Second

// lockPoll is how often it is looked for meanwhile.
const lockPoll = 50 * time.Millisecond

// runner carries out an operator's command on the bank.
type runner func(context.Context, admin.Command, []byte) ([]byte, error)

// operatorKeys are the settings that an operator's commands have as flags.
var operatorKeys = []string{"data", "identity_dir", "identity_offline", "log_level", "log_format"}

// operatorCommand is a command that runs one operator's command, with what it takes to find the bank.
func (a *app) operatorCommand(use, short string, do func(*cobra.Command, *config.Config) error) *cobra.Command {
	command := &cobra.Command{Use: use, Short: short, Args: args(cobra.NoArgs)}
	config.Flags(command.Flags(), operatorKeys...)
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := a.settings(cmd)
		if err != nil {
			return err
		}
		if c.Data == "" {
			return errNoData
		}
		return do(cmd, c)
	}
	return command
}

// operate calls do with a way to the bank: through the server that runs on it, or by opening it for this one command. Where
// there is no bank in the folder yet, one is founded if found says so.
func (a *app) operate(ctx context.Context, c *config.Config, found bool, do func(runner) error) error {
	patience := time.After(lockPatience)
	for {
		run, err := admin.Dial(ctx, c.Data)
		if err == nil {
			return do(run)
		}
		if !errors.Is(err, admin.ErrNoServer) {
			return err
		}
		b, err := a.openOffline(ctx, c, found)
		if err == nil {
			operator := b.operator()
			return errors.Join(do(operator.Run), b.close())
		}
		if !errors.Is(err, models.ErrLocked) {
			return err
		}
		select {
		case <-time.After(lockPoll):
		case <-patience:
			return fmt.Errorf("%w, which does not answer", err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// operator carries out commands on b.
func (b *bank) operator() *admin.Operator {
	return &admin.Operator{Store: b.store, Ledger: b.ledger, Passwords: b.passwords, Hub: b.hub, AccountName: route.FirstAccount}
}

// openOffline opens the bank as its database says that it is: a demo's too, because nobody is served.
func (a *app) openOffline(ctx context.Context, c *config.Config, found bool) (*bank, error) {
	row, err := founded(ctx, c.Data)
	if err != nil {
		return nil, err
	}
	var identity certs.Identity
	switch {
	case row != nil:
		identity = certs.Identity(row.Identity)
		c.Demo = row.Demo
	case !found:
		return nil, fmt.Errorf("there is no bank in %s", c.Data)
	default:
		if err := makeData(c.Data); err != nil {
			return nil, err
		}
		if identity, err = a.identity(ctx, c); err != nil {
			return nil, err
		}
	}
	log := newLog(c, a.stderr)
	return openBank(ctx, c, identity, log, func(err error) {
		log.Error("the database failed; whether it was done is unknown", "error", err)
		a.exit(exitFatal)
	}, nil)
}
