package app

import (
	"github.com/spf13/cobra"

	"caudal/server/admin"
	"caudal/server/config"
)

// accountCommand is everything about accounts that customers cannot do.
func (a *app) accountCommand() *cobra.Command {
	command := group("account", "Freeze accounts, or let them go below zero; also while the server runs")
	command.AddCommand(
		a.accountStatus("freeze", "Let no money move on an account", admin.AccountFreeze),
		a.accountStatus("unfreeze", "Let money move on an account again", admin.AccountUnfreeze),
		a.accountOverdraft(),
	)
	return command
}

func (a *app) accountStatus(use, short string, what admin.Command) *cobra.Command {
	var in admin.Numbered
	command := a.operatorCommand(use+" --data DIR --account CLABE", short, func(cmd *cobra.Command, c *config.Config) error {
		if err := required(cmd, "account"); err != nil {
			return err
		}
		return a.operate(cmd.Context(), c, false, func(run runner) error {
			account, err := admin.Call[admin.Numbered, admin.Account](cmd.Context(), run, what, in)
			if err != nil {
				return err
			}
			return a.sayAccount(account)
		})
	})
	command.Flags().StringVar(&in.Account, "account", "", "which account (CLABE)")
	return command
}

func (a *app) accountOverdraft() *cobra.Command {
	var in admin.Overdraft
	command := a.operatorCommand("overdraft --data DIR --account CLABE --amount AMOUNT", "Let an account go so far below zero",
		func(cmd *cobra.Command, c *config.Config) error {
			if err := required(cmd, "account", "amount"); err != nil {
				return err
			}
			return a.operate(cmd.Context(), c, false, func(run runner) error {
				account, err := admin.Call[admin.Overdraft, admin.Account](cmd.Context(), run, admin.AccountOverdraft, in)
				if err != nil {
					return err
				}
				return a.sayAccount(account)
			})
		})
	command.Flags().StringVar(&in.Account, "account", "", "which account (CLABE)")
	command.Flags().StringVar(&in.Amount, "amount", "", "how far below zero, such as 500.00; 0 for not at all")
	return command
}

func (a *app) sayAccount(account *admin.Account) error {
	return a.say("account %s is %s: balance %s %s, available %s", account.Account, account.Status, account.Balance,
		account.Currency, account.Available)
}
