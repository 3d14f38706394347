package app

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"caudal/server/admin"
	"caudal/server/config"
)

// userCommand is everything about users that customers cannot do.
func (a *app) userCommand() *cobra.Command {
	command := group("user", "Add, close and change users; also while the server runs")
	command.AddCommand(a.userAdd(), a.userClose(), a.userRole(), a.userResetPassword())
	return command
}

func (a *app) userAdd() *cobra.Command {
	var in admin.NewUser
	var stdin bool
	command := a.operatorCommand("add --data DIR --username NAME --owner \"NAME\" [--role holder|teller|admin] --password-stdin",
		"Add a user; a holder gets a first account", func(cmd *cobra.Command, c *config.Config) (err error) {
			if err := required(cmd, "username", "owner"); err != nil {
				return err
			}
			if in.Password, err = a.readPassword(stdin); err != nil {
				return err
			}
			return a.operate(cmd.Context(), c, true, func(run runner) error {
				user, err := admin.Call[admin.NewUser, admin.User](cmd.Context(), run, admin.UserAdd, in)
				if err != nil {
					return err
				}
				if user.Account != "" {
					return a.say("added %s (%s), %s, account %s", user.Username, user.Owner, user.Role, user.Account)
				}
				return a.say("added %s (%s), %s", user.Username, user.Owner, user.Role)
			})
		})
	command.Flags().StringVar(&in.Username, "username", "", "3 to 30 of a-z, 0-9 and _")
	command.Flags().StringVar(&in.Owner, "owner", "", "the person's name")
	command.Flags().StringVar(&in.Role, "role", "holder", "holder, teller or admin")
	passwordFlag(command, &stdin)
	return command
}

func (a *app) userClose() *cobra.Command {
	var in admin.Named
	command := a.operatorCommand("close --data DIR --username NAME", "Close a user for good; the accounts stay",
		func(cmd *cobra.Command, c *config.Config) error {
			if err := required(cmd, "username"); err != nil {
				return err
			}
			return a.operate(cmd.Context(), c, false, func(run runner) error {
				user, err := admin.Call[admin.Named, admin.User](cmd.Context(), run, admin.UserClose, in)
				if err != nil {
					return err
				}
				return a.say("closed %s (%s); devices revoked: %d", user.Username, user.Owner, user.DevicesRevoked)
			})
		})
	command.Flags().StringVar(&in.Username, "username", "", "whom")
	return command
}

func (a *app) userRole() *cobra.Command {
	var in admin.NewRole
	command := a.operatorCommand("role --data DIR --username NAME --role holder|teller|admin", "Give a user a role; they sign in anew",
		func(cmd *cobra.Command, c *config.Config) error {
			if err := required(cmd, "username", "role"); err != nil {
				return err
			}
			return a.operate(cmd.Context(), c, false, func(run runner) error {
				user, err := admin.Call[admin.NewRole, admin.User](cmd.Context(), run, admin.UserRole, in)
				if err != nil {
					return err
				}
				return a.say("%s (%s) is %s; devices revoked: %d", user.Username, user.Owner, user.Role, user.DevicesRevoked)
			})
		})
	command.Flags().StringVar(&in.Username, "username", "", "who")
	command.Flags().StringVar(&in.Role, "role", "", "holder, teller or admin")
	return command
}

func (a *app) userResetPassword() *cobra.Command {
	var in admin.NewPassword
	var stdin bool
	command := a.operatorCommand("reset-password --data DIR --username NAME --password-stdin",
		"Give a user another password, and revoke their devices", func(cmd *cobra.Command, c *config.Config) (err error) {
			if err := required(cmd, "username"); err != nil {
				return err
			}
			if in.Password, err = a.readPassword(stdin); err != nil {
				return err
			}
			return a.operate(cmd.Context(), c, false, func(run runner) error {
				user, err := admin.Call[admin.NewPassword, admin.User](cmd.Context(), run, admin.UserResetPassword, in)
				if err != nil {
					return err
				}
				return a.say("%s (%s) has another password; devices revoked: %d", user.Username, user.Owner, user.DevicesRevoked)
			})
		})
	command.Flags().StringVar(&in.Username, "username", "", "whose")
	passwordFlag(command, &stdin)
	return command
}

// group is a command that only has others below it.
func group(use, short string) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short,
		RunE: func(cmd *cobra.Command, given []string) error {
			if len(given) > 0 {
				return usagef("there is no command %q below %s", given[0], use)
			}
			return usagef("%s what? See --help", use)
		},
	}
}

// required makes flags that were not given an error of usage, which names them all.
func required(cmd *cobra.Command, flags ...string) error {
	var missing []string
	for _, name := range flags {
		if flag := cmd.Flags().Lookup(name); flag.Value.String() == "" {
			missing = append(missing, "--"+name)
		}
	}
	if len(missing) > 0 {
		return usagef("missing: %s", strings.Join(missing, ", "))
	}
	return nil
}

// say prints one line about what was done.
func (a *app) say(format string, args ...any) error {
	_, err := fmt.Fprintf(a.stdout, format+"\n", args...)
	return err
}
