package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"caudal/models/money"
	"caudal/protocol"
	"caudal/wsclient/caudal"
)

// receiptJSON answers transfer, deposit and withdraw.
type receiptJSON struct {
	TransferID     string `json:"transfer_id"`
	IdempotencyKey string `json:"idempotency_key"`
	From           string `json:"from"`
	To             string `json:"to"`
	Amount         string `json:"amount"`
	Currency       string `json:"currency"`
	Memo           string `json:"memo"`
	At             string `json:"at"`
	Balance        string `json:"balance"`
	Seq            uint64 `json:"seq"`
	Replay         bool   `json:"replay"`
}

func receiptAnswer(r *caudal.Receipt) receiptJSON {
	return receiptJSON{
		TransferID:     r.TransferID,
		IdempotencyKey: r.Key.String(),
		From:           r.From,
		To:             r.To,
		Amount:         plainMoney(r.AmountMinor, r.Currency),
		Currency:       r.Currency,
		Memo:           r.Memo,
		At:             timestamp(r.At),
		Balance:        plainMoney(r.BalanceMinor, r.Currency),
		Seq:            r.Seq,
		Replay:         r.Replay,
	}
}

// orderFlags are what transfer, deposit and withdraw have in common.
type orderFlags struct {
	amount string
	memo   string
	key    string
	yes    bool
}

func (o *orderFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.amount, "amount", "", "how much, such as 125.50")
	cmd.Flags().StringVar(&o.memo, "memo", "", "what for; the other side reads it (at most 140 characters)")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask before the money moves")
	keyFlag(cmd, &o.key)
	required(cmd, "amount")
	noFiles(cmd, "amount", "memo")
}

func keyFlag(cmd *cobra.Command, key *string) {
	cmd.Flags().StringVar(key, "key", "", "the idempotency key (a `UUID` of version 7) of an order to ask for again; it is never carried out twice")
	noFiles(cmd, "key")
}

// check refuses, before anything is sent, what no bank would take.
func (o *orderFlags) check() (caudal.Key, error) {
	if err := o.wellFormed(); err != nil {
		return caudal.Key{}, err
	}
	if !utf8.ValidString(o.memo) {
		return caudal.Key{}, wrongUsage("--memo: it is not UTF-8")
	}
	return parseKey(o.key)
}

// wellFormed wants an amount of some currency; of which one, the account will tell.
func (o *orderFlags) wellFormed() error {
	var first error
	for _, c := range money.Currencies() {
		_, err := money.ParseAmount(o.amount, c)
		if err == nil {
			return nil
		}
		first = cmp.Or(first, err)
	}
	return amountUsage(first)
}

func (o *orderFlags) minor(currency string) (int64, error) {
	c, err := money.ParseCurrency(currency)
	if err != nil {
		return 0, failed(codeFailed, "this version does not know how many decimals %s has", currency)
	}
	minor, err := money.ParseAmount(o.amount, c)
	if err != nil {
		return 0, amountUsage(err)
	}
	return minor, nil
}

func amountUsage(err error) *failure {
	return wrongUsage("--amount: %s", strings.TrimPrefix(err.Error(), "money: ")).trying("--amount 125.50")
}

func parseKey(text string) (caudal.Key, error) {
	if text == "" {
		return caudal.Key{}, nil
	}
	key, err := caudal.ParseKey(strings.ToLower(text))
	if err != nil {
		return caudal.Key{}, wrongUsage("--key: %v", err)
	}
	return key, nil
}

func (a *app) transferCommand() *cobra.Command {
	var from, to string
	var order orderFlags
	cmd := &cobra.Command{
		Use:   "transfer --to CLABE_OR_@USER --amount AMOUNT",
		Short: "Send money",
		Long: `Send money. On a terminal you are shown whom it goes to, and asked; --yes does not ask.

An answer that is cut off is asked for again until it is known, for as long as --timeout says. If it is not known by then, you
are told the order's key: the same command with --key never pays twice.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.transfer(cmd.Context(), from, to, &order) },
	}
	cmd.Flags().StringVar(&to, "to", "", "whom to pay: a `CLABE`, or @username")
	a.accountFlag(cmd, &from, "from", "which of your accounts pays: its `CLABE` (default: the one you opened first)")
	order.add(cmd)
	required(cmd, "to")
	noFiles(cmd, "to")
	return cmd
}

func (a *app) transfer(ctx context.Context, from, to string, flags *orderFlags) error {
	key, err := flags.check()
	if err != nil {
		return err
	}
	if _, err := parseCLABE("--from", from); err != nil {
		return err
	}
	if err := checkPayee(to); err != nil {
		return err
	}
	b, err := a.signedIn(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	payer, _, err := b.accountBounded(a, ctx, from)
	if err != nil {
		return err
	}
	amount, err := flags.minor(payer.Currency)
	if err != nil {
		return err
	}
	order := caudal.Order{From: payer.CLABE, To: to, AmountMinor: amount, Currency: payer.Currency, Memo: flags.memo, Key: key}
	asks := a.terminal != nil && !flags.yes
	if asks || strings.HasPrefix(to, "@") {
		payee, err := b.payeeBounded(a, ctx, to)
		if err != nil {
			return err
		}
		order.To = payee.CLABE
		if asks {
			if err := a.confirmTransfer(ctx, payer, payee, to, &order); err != nil {
				return err
			}
		}
	}
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	receipt, err := b.Transfer(ctx, order)
	if err != nil {
		return a.withRetry(explain(err), "transfer", "--from", order.From, "--to", order.To,
			"--amount", money.Format(amount, money.Currency(order.Currency)), "--memo", order.Memo)
	}
	return a.out.show(receiptAnswer(receipt), func(p *page) {
		p.line("Sent %s %s to %s.", people(receipt.AmountMinor, receipt.Currency), receipt.Currency, receipt.To)
		receiptLines(p, receipt)
	})
}

// checkPayee refuses what can be nobody's number or name.
func checkPayee(to string) error {
	if name, ok := strings.CutPrefix(to, "@"); ok {
		if name == "" {
			return wrongUsage("--to: a username follows the @")
		}
		return nil
	}
	if to == "" {
		return wrongUsage("--to: a CLABE, or @username")
	}
	_, err := parseCLABE("--to", to)
	return err
}

func receiptLines(p *page, r *caudal.Receipt) {
	p.line("balance   %s %s", people(r.BalanceMinor, r.Currency), r.Currency)
	p.line("transfer  %s", r.TransferID)
	p.line("key       %v", r.Key)
	if r.Replay {
		p.line("This order had been carried out before; this is its receipt, and nothing was paid twice.")
	}
}

func (a *app) confirmTransfer(ctx context.Context, payer *caudal.Account, payee *caudal.Payee, to string, o *caudal.Order) error {
	p := &page{}
	whom := payee.CLABE
	if strings.HasPrefix(to, "@") {
		whom = to + ", " + whom
	}
	p.line("to      %s  (%s)", payee.MaskedName, whom)
	p.line("amount  %s %s", people(o.AmountMinor, o.Currency), o.Currency)
	p.line("from    %s  (%s, available %s %s)", payer.Name, payer.CLABE, people(payer.AvailableMinor, payer.Currency), payer.Currency)
	if o.Memo != "" {
		p.line("memo    %s", o.Memo)
	}
	return a.confirm(ctx, p, "Send it? [y/N] ")
}

// confirm shows what is about to happen, and wants a yes.
func (a *app) confirm(ctx context.Context, p *page, question string) error {
	answer, err := a.terminal.question(ctx, "\n"+p.buf.String()+"\n"+question)
	if err != nil {
		return err
	}
	if !yes(answer) {
		return failed(codeDeclined, "not sent: you did not say yes")
	}
	return nil
}

func (a *app) depositCommand() *cobra.Command {
	return a.cashCommand("deposit", "Put cash on a holder's account (tellers)", "Deposit it? [y/N] ", (*caudal.Conn).Deposit)
}

func (a *app) withdrawCommand() *cobra.Command {
	return a.cashCommand("withdraw", "Pay cash out of a holder's account (tellers)", "Pay it out? [y/N] ", (*caudal.Conn).Withdraw)
}

type cashCall func(*caudal.Conn, context.Context, caudal.CashOrder) (*caudal.Receipt, error)

func (a *app) cashCommand(name, short, question string, call cashCall) *cobra.Command {
	var account string
	var order orderFlags
	cmd := &cobra.Command{
		Use:   name + " --account CLABE --amount AMOUNT",
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.cash(cmd.Context(), name, question, account, &order, call)
		},
	}
	cmd.Flags().StringVar(&account, "account", "", "the holder's `CLABE`")
	order.add(cmd)
	required(cmd, "account")
	noFiles(cmd, "account")
	return cmd
}

func (a *app) cash(ctx context.Context, name, question, account string, flags *orderFlags, call cashCall) error {
	key, err := flags.check()
	if err != nil {
		return err
	}
	number, err := parseCLABE("--account", account)
	if err == nil && number == "" {
		err = wrongUsage("--account: a CLABE")
	}
	if err != nil {
		return err
	}
	b, err := a.signedIn(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	holder, err := b.payeeBounded(a, ctx, number)
	if err != nil {
		return err
	}
	amount, err := flags.minor(holder.Currency)
	if err != nil {
		return err
	}
	order := caudal.CashOrder{Account: number, AmountMinor: amount, Currency: holder.Currency, Memo: flags.memo, Key: key}
	if a.terminal != nil && !flags.yes {
		p := &page{}
		p.line("%-8s  %s %s", name, people(amount, holder.Currency), holder.Currency)
		p.line("account   %s  (%s)", holder.MaskedName, number)
		if err := a.confirm(ctx, p, question); err != nil {
			return err
		}
	}
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	receipt, err := call(b.Conn, ctx, order)
	if err != nil {
		return a.withRetry(explain(err), name, "--account", number,
			"--amount", money.Format(amount, money.Currency(order.Currency)), "--memo", order.Memo)
	}
	return a.out.show(receiptAnswer(receipt), func(p *page) {
		p.line("Done: %s of %s %s, account %s.", name, people(receipt.AmountMinor, receipt.Currency), receipt.Currency, number)
		receiptLines(p, receipt)
	})
}

func (a *app) payeeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "payee CLABE_OR_@USER",
		Short: "Whose account it is: the masked name, before you pay",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkPayee(args[0]); err != nil {
				return err
			}
			return a.asUser(func(ctx context.Context, b *bank) error {
				payee, err := b.ResolvePayee(ctx, args[0])
				if err != nil {
					return explain(err)
				}
				answer := map[string]string{"clabe": payee.CLABE, "name": payee.MaskedName, "currency": payee.Currency}
				return a.out.show(answer, func(p *page) {
					p.line("%s  %s  %s", payee.CLABE, payee.Currency, payee.MaskedName)
				})
			})(cmd, nil)
		},
		ValidArgsFunction: fixed(),
	}
}

func (b *bank) accountBounded(a *app, ctx context.Context, named string) (*caudal.Account, int, error) {
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	return b.account(ctx, named)
}

func (b *bank) payeeBounded(a *app, ctx context.Context, whom string) (*caudal.Payee, error) {
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	payee, err := b.ResolvePayee(ctx, whom)
	if caudal.CodeOf(err) == protocol.Code_CODE_NOT_FOUND {
		return nil, &failure{exit: exitRefused, code: "not_found", message: "nobody here is paid at " + whom}
	}
	return payee, explain(err)
}

// withRetry adds to an order of unknown outcome the command that settles it: the same words, and its key.
func (a *app) withRetry(err error, words ...string) error {
	f, ok := errors.AsType[*failure](err)
	if !ok || f.code != codeOutcomeUnknown {
		return err
	}
	again := []string{"caudal"}
	for i := 0; i < len(words); i++ {
		if words[i] == "--memo" && i+1 < len(words) && words[i+1] == "" {
			i++
			continue
		}
		again = append(again, quoted(words[i]))
	}
	for _, flag := range [][2]string{
		{"--server", a.flags.server}, {"--identity", a.flags.identity}, {"--tls-ca", a.flags.tlsCA}, {"--home", a.flags.home},
	} {
		if flag[1] != "" {
			again = append(again, flag[0], quoted(flag[1]))
		}
	}
	f.message += fmt.Sprintf("; its key is %s", f.idempotencyKey)
	return f.trying(
		strings.Join(append(again, "--key", f.idempotencyKey), " "),
		"it asks for this order again, and never pays twice")
}

// quoted is a word as a POSIX shell reads it.
func quoted(word string) string {
	if word != "" && strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@,=+%") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
