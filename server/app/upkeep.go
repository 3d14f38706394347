package app

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"caudal/server/admin"
	"caudal/server/config"
)

// backupCommand copies the bank while it goes on.
func (a *app) backupCommand() *cobra.Command {
	var to string
	command := a.operatorCommand("backup --data DIR --to FILE", "Copy the database, complete and as of one moment; also while the server runs",
		func(cmd *cobra.Command, c *config.Config) error {
			if err := required(cmd, "to"); err != nil {
				return err
			}
			path, err := filepath.Abs(to) // the server has another working directory
			if err != nil {
				return err
			}
			return a.operate(cmd.Context(), c, false, func(run runner) error {
				if _, err := admin.Call[admin.Destination, admin.Destination](cmd.Context(), run, admin.Backup, admin.Destination{Path: path}); err != nil {
					return err
				}
				return a.say("backed up to %s; keep the identity's key beside it, which it does not hold", path)
			})
		})
	command.Flags().StringVar(&to, "to", "", "file to write; it must not be there yet")
	return command
}

// errUnsound is a ledger in which something is wrong.
var errUnsound = errors.New("the ledger is not sound")

// verifyCommand walks the whole ledger.
func (a *app) verifyCommand() *cobra.Command {
	return a.operatorCommand("verify --data DIR", "Check every sum, sequence, link, balance and hash; also while the server runs",
		func(cmd *cobra.Command, c *config.Config) error {
			return a.operate(cmd.Context(), c, false, func(run runner) error {
				found, err := admin.Call[admin.Nothing, admin.Findings](cmd.Context(), run, admin.Verify, admin.Nothing{})
				if err != nil {
					return err
				}
				if err := a.sayFindings(found); err != nil {
					return err
				}
				if found.Found > 0 {
					return errUnsound
				}
				return nil
			})
		})
}

func (a *app) sayFindings(found *admin.Findings) error {
	text := new(strings.Builder)
	verdict := "sound: every sum is zero, every leg follows from the one before"
	if found.Found > 0 {
		verdict = fmt.Sprintf("NOT sound: %d problems", found.Found)
	}
	fmt.Fprintln(text, verdict)
	for _, problem := range found.Problems {
		fmt.Fprintf(text, "  %s\n", problem)
	}
	if more := found.Found - len(found.Problems); more > 0 {
		fmt.Fprintf(text, "  and %d more\n", more)
	}
	fmt.Fprintf(text, "accounts %d, transfers %d, marks %d, memos %d (%d erased), keys %d (%d refused)\n",
		found.Accounts, found.Transfers, found.Marks, found.Memos, found.MemosErased, found.Outcomes, found.Refusals)
	for _, currency := range slices.Sorted(maps.Keys(found.HeldByHolders)) {
		fmt.Fprintf(text, "holders have %s %s\n", found.HeldByHolders[currency], currency)
	}
	fmt.Fprintf(text, "checked in %.3f s\n", found.Seconds)
	_, err := fmt.Fprint(a.stdout, text)
	return err
}
