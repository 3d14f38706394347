package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"caudal/models/clabe"
	"caudal/models/money"
	"caudal/wsclient/caudal"
)

func (a *app) accountsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "accounts",
		Short: "List your accounts",
		Args:  cobra.NoArgs,
		RunE: a.asUser(func(ctx context.Context, b *bank) error {
			accounts, err := b.Accounts(ctx)
			if err != nil {
				return explain(err)
			}
			return a.out.show(accountsAnswer(accounts), func(p *page) {
				if len(accounts) == 0 {
					p.line("No accounts.")
					return
				}
				accountsTable(p, accounts)
			})
		}),
	}
	cmd.AddCommand(a.renameAccountCommand())
	return cmd
}

func (a *app) renameAccountCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rename CLABE NAME",
		Short: "Give an account another name",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			number, err := parseCLABE("CLABE", args[0])
			if err == nil && number == "" {
				err = wrongUsage("the CLABE of one of your accounts is missing")
			}
			if err != nil {
				return err
			}
			return a.asUser(func(ctx context.Context, b *bank) error {
				account, err := b.RenameAccount(ctx, number, args[1])
				if err != nil {
					return explain(err)
				}
				return a.out.show(accountAnswer(account), func(p *page) {
					p.line("%s is called %s.", account.CLABE, account.Name)
				})
			})(cmd, nil)
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return a.completeAccounts(cmd, args, word)
		},
	}
}

func accountsTable(p *page, accounts []caudal.Account) {
	rows := make([][]string, len(accounts))
	for i, account := range accounts {
		rows[i] = []string{
			account.CLABE, people(account.BalanceMinor, account.Currency), people(account.AvailableMinor, account.Currency),
			account.Currency, string(account.Status), account.Name,
		}
	}
	p.table([]column{{"account", false}, {"balance", true}, {"available", true}, {"", false}, {"status", false}, {"name", false}}, rows)
}

func (a *app) balanceCommand() *cobra.Command {
	var account string
	cmd := &cobra.Command{
		Use:   "balance [--account CLABE]",
		Short: "The balance of an account: the one you opened first, unless you name another",
		Args:  cobra.NoArgs,
		RunE: a.asUser(func(ctx context.Context, b *bank) error {
			chosen, all, err := b.account(ctx, account)
			if err != nil {
				return err
			}
			return a.out.show(accountAnswer(chosen), func(p *page) {
				p.line("%s %s", people(chosen.BalanceMinor, chosen.Currency), chosen.Currency)
				if chosen.AvailableMinor != chosen.BalanceMinor {
					p.line("available %s %s", people(chosen.AvailableMinor, chosen.Currency), chosen.Currency)
				}
				if chosen.Status != caudal.StatusActive {
					p.line("the account is %s", string(chosen.Status))
				}
				if account == "" && all > 1 {
					p.line("This is %s (%s). All %d: caudal accounts", chosen.Name, chosen.CLABE, all)
				}
			})
		}),
	}
	a.accountFlag(cmd, &account, "account", "the `CLABE` of one of your accounts")
	return cmd
}

func (a *app) openCommand() *cobra.Command {
	var name, currency, key string
	cmd := &cobra.Command{
		Use:   "open --name NAME",
		Short: "Open one more account",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			order := caudal.NewAccount{Name: name, Currency: currency}
			var err error
			if order.Key, err = parseKey(key); err != nil {
				return err
			}
			if currency != "" {
				if _, err := money.ParseCurrency(currency); err != nil {
					return wrongUsage("--currency: %v", err)
				}
			}
			return a.asUser(func(ctx context.Context, b *bank) error { return a.open(ctx, b, order) })(cmd, nil)
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "what to call it")
	currencyFlag(cmd, &currency)
	keyFlag(cmd, &key)
	required(cmd, "name")
	noFiles(cmd, "name")
	return cmd
}

func currencyFlag(cmd *cobra.Command, currency *string) {
	cmd.Flags().StringVar(currency, "currency", "", "MXN or USD (default MXN)")
	var currencies []string
	for _, c := range money.Currencies() {
		currencies = append(currencies, string(c))
	}
	must(cmd.RegisterFlagCompletionFunc("currency", fixed(currencies...)))
}

func (a *app) open(ctx context.Context, b *bank, order caudal.NewAccount) error {
	account, err := b.OpenAccount(ctx, order)
	if err != nil {
		return a.withRetry(explain(err), "open", "--name", order.Name, "--currency", cmp.Or(order.Currency, string(money.MXN)))
	}
	return a.out.show(accountAnswer(account), func(p *page) {
		p.line("Opened %s: %s (%s)", account.Name, account.CLABE, account.Currency)
	})
}

// account returns one of the user's accounts: the one named, or the one opened first; and how many there are.
func (b *bank) account(ctx context.Context, named string) (*caudal.Account, int, error) {
	number, err := parseCLABE("--account", named)
	if err != nil {
		return nil, 0, err
	}
	accounts, err := b.Accounts(ctx)
	if err != nil {
		return nil, 0, explain(err)
	}
	if number == "" && len(accounts) > 0 {
		slices.SortStableFunc(accounts, func(x, y caudal.Account) int { return x.Opened.Compare(y.Opened) })
		return &accounts[0], len(accounts), nil
	}
	for i := range accounts {
		if accounts[i].CLABE == number {
			return &accounts[i], len(accounts), nil
		}
	}
	f := &failure{exit: exitRefused, code: "not_found", message: "none of your accounts has this number"}
	if number == "" {
		f.message = "you have no account yet"
		return nil, 0, f.trying("caudal open --name NAME")
	}
	return nil, 0, f.trying("caudal accounts")
}

// parseCLABE reads an account number, grouped or not; empty stays empty.
func parseCLABE(flag, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	number, err := clabe.Parse(clabe.Clean(text))
	if err != nil {
		return "", wrongUsage("%s: %v", flag, err)
	}
	return number.String(), nil
}

func (a *app) accountFlag(cmd *cobra.Command, value *string, name, usage string) {
	cmd.Flags().StringVar(value, name, "", usage)
	must(cmd.RegisterFlagCompletionFunc(name, a.completeAccounts))
}

// completeAccounts asks the bank, briefly: a shell waits for the answer.
func (a *app) completeAccounts(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
	return a.complete(cmd, func(ctx context.Context, b *bank) (words []string) {
		accounts, err := b.Accounts(ctx)
		if err != nil {
			return nil
		}
		for _, account := range accounts {
			words = append(words, cobra.CompletionWithDesc(account.CLABE,
				fmt.Sprintf("%s, %s %s", visible(account.Name), people(account.BalanceMinor, account.Currency), account.Currency)))
		}
		return words
	})
}
