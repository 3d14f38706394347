package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"caudal/certs"
	"caudal/models"
	"caudal/server/config"
)

// Files in the identity's folder.
const (
	identityFile    = "identity.pem"
	predecessorFile = "predecessor.pem"
	acmeDir         = "acme" // what the certificate authority gave, apart from what the bank signs with
)

// identityDir is the folder of the bank's keys.
func (a *app) identityDir(c *config.Config) (string, error) {
	switch {
	case c.IdentityDir != "":
		return c.IdentityDir, nil
	case !c.Demo:
		return filepath.Join(c.Data, "identity"), nil
	}
	base, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("a demo's identity is kept in your configuration folder, and there is none: %w; see --identity-dir", err)
	}
	return filepath.Join(base, "caudal", "demo"), nil
}

// founded returns the bank whose database is in the data folder, read without touching it; nil where there is none yet.
func founded(ctx context.Context, data string) (*models.Bank, error) {
	path, err := filepath.Abs(filepath.Join(data, models.DatabaseFile))
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, err
	}
	uri := url.URL{Scheme: "file", Path: path, RawQuery: "mode=ro"} // a folder's name may have a ? or # in it
	db, err := gorm.Open(sqlite.Open(uri.String()), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	pool, err := db.DB()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	defer func() { _ = pool.Close() }() // nothing was written
	if !db.Migrator().HasTable(&models.Bank{}) {
		return nil, nil // somebody began to found a bank, and was cut off
	}
	var bank models.Bank
	switch err := db.WithContext(ctx).Take(&bank).Error; {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return &bank, nil
}

// channelKeys loads the identity, or makes one for a bank that is not founded yet, and certifies a channel key by it.
func (a *app) channelKeys(ctx context.Context, c *config.Config, dir string, options certs.Options) (*certs.ChannelKeys, error) {
	channel := certs.ChannelConfig{Name: c.Name, Options: options}
	if c.IdentityOffline != "" {
		identity, err := certs.ParseIdentity(c.IdentityOffline)
		if err != nil {
			return nil, fmt.Errorf("identity_offline: %w", err)
		}
		return certs.OfflineChannelKeys(dir, identity, channel)
	}
	key, err := a.identityKey(ctx, c, dir)
	if err != nil {
		return nil, err
	}
	if channel.Predecessor, err = predecessor(dir); err != nil {
		return nil, err
	}
	return certs.NewChannelKeys(key, channel)
}

// identityKey never makes a second identity for a bank that has one: its clients would see a stranger.
func (a *app) identityKey(ctx context.Context, c *config.Config, dir string) (*certs.IdentityKey, error) {
	key, err := certs.LoadIdentity(filepath.Join(dir, identityFile))
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	bank, err := founded(ctx, c.Data)
	if err != nil {
		return nil, err
	}
	if bank != nil {
		return nil, fmt.Errorf("%s is missing: the bank in %s has the identity %s; restore the file, or name its folder by --identity-dir",
			filepath.Join(dir, identityFile), c.Data, certs.Identity(bank.Identity))
	}
	return certs.LoadOrCreateIdentity(dir)
}

// predecessor reads the statement by which this identity follows another; nil where there is none.
func predecessor(dir string) (*certs.Predecessor, error) {
	path := filepath.Join(dir, predecessorFile)
	raw, err := readSmall(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	statement := new(certs.Predecessor)
	if err := statement.UnmarshalText(raw); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return statement, nil
}

func (a *app) identityCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "identity --data DIR",
		Short: "Print the fingerprint that clients pin",
		Long:  "Prints the fingerprint of the bank in DIR, and nothing else. Where no bank is founded yet, its identity is made.",
		Args:  args(cobra.NoArgs),
	}
	command.AddCommand(a.identitySign())
	config.Flags(command.Flags(), "data", "demo", "identity_dir", "identity_offline")
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := a.settings(cmd)
		if err != nil {
			return err
		}
		identity, err := a.identity(cmd.Context(), c)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(a.stdout, identity)
		return err
	}
	return command
}

// identity is the bank's: as its database says, or as the first start will.
func (a *app) identity(ctx context.Context, c *config.Config) (certs.Identity, error) {
	if c.Data == "" && !c.Demo {
		return certs.Identity{}, errNoData
	}
	if c.Data != "" {
		bank, err := founded(ctx, c.Data)
		if err != nil {
			return certs.Identity{}, err
		}
		if bank != nil {
			return certs.Identity(bank.Identity), nil
		}
	}
	if c.IdentityOffline != "" {
		return certs.ParseIdentity(c.IdentityOffline)
	}
	dir, err := a.identityDir(c)
	if err != nil {
		return certs.Identity{}, err
	}
	key, err := certs.LoadOrCreateIdentity(dir)
	if err != nil {
		return certs.Identity{}, err
	}
	return key.Public(), nil
}

// errNoData says that a command does not know which bank.
var errNoData = usagef("say which bank: --data DIR")
