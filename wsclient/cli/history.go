package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"caudal/protocol"
	"caudal/wsclient/caudal"
)

const (
	historyDefault = 20
	// historyMax bounds what one command holds in memory and prints: years of an ordinary account.
	historyMax = 100_000
)

type historyJSON struct {
	Transfers []legJSON `json:"transfers"`
	Next      string    `json:"next"`
}

type legJSON struct {
	TransferID       string `json:"transfer_id"`
	Seq              uint64 `json:"seq"`
	Amount           string `json:"amount"`
	Balance          string `json:"balance"`
	Currency         string `json:"currency"`
	Counterparty     string `json:"counterparty"`
	CounterpartyName string `json:"counterparty_name"`
	Memo             string `json:"memo"`
	MemoErased       bool   `json:"memo_erased,omitempty"`
	Kind             string `json:"kind"`
	At               string `json:"at"`
	IdempotencyKey   string `json:"idempotency_key,omitempty"`
}

func legAnswer(l *caudal.Leg) legJSON {
	answer := legJSON{
		TransferID:       l.TransferID,
		Seq:              l.Seq,
		Amount:           plainMoney(l.AmountMinor, l.Currency),
		Balance:          plainMoney(l.BalanceMinor, l.Currency),
		Currency:         l.Currency,
		Counterparty:     l.Counterparty,
		CounterpartyName: l.CounterpartyName,
		Memo:             l.Memo,
		MemoErased:       l.MemoErased,
		Kind:             string(l.Kind),
		At:               timestamp(l.At),
	}
	if !l.Key.IsZero() {
		answer.IdempotencyKey = l.Key.String()
	}
	return answer
}

// historyFlags say which part of an account's history.
type historyFlags struct {
	account, since, until, cursor string
	limit                         int
}

func (a *app) historyCommand() *cobra.Command {
	var flags historyFlags
	cmd := &cobra.Command{
		Use:   "history",
		Short: "What came and went, newest first",
		Long: `What came and went, newest first.

--since and --until take a day (2026-07-28, in your time zone; the day itself is included) or a moment
(2026-07-28T09:30:00-06:00).`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.history(cmd, &flags) },
	}
	a.accountFlag(cmd, &flags.account, "account", "the `CLABE` of one of your accounts (default: the one you opened first)")
	cmd.Flags().IntVar(&flags.limit, "limit", historyDefault, "at most so many")
	cmd.Flags().StringVar(&flags.since, "since", "", "nothing before this `date`")
	cmd.Flags().StringVar(&flags.until, "until", "", "nothing after this `date`")
	cmd.Flags().StringVar(&flags.cursor, "cursor", "", "go on from \"next\" of an answer before")
	noFiles(cmd, "limit", "since", "until", "cursor")
	return cmd
}

func (a *app) history(cmd *cobra.Command, flags *historyFlags) error {
	if flags.limit < 1 || flags.limit > historyMax {
		return wrongUsage("--limit is from 1 to %d", historyMax)
	}
	since, err := sinceTime(flags.since, a.zone)
	if err != nil {
		return err
	}
	until, err := untilTime(flags.until, a.zone)
	if err != nil {
		return err
	}
	if !since.IsZero() && !until.IsZero() && !since.Before(until) {
		return wrongUsage("--since is after --until")
	}
	if _, err := parseCLABE("--account", flags.account); err != nil {
		return err
	}
	return a.asUser(func(ctx context.Context, b *bank) error {
		account, _, err := b.account(ctx, flags.account)
		if err != nil {
			return err
		}
		legs, next, err := b.legs(ctx, caudal.HistoryQuery{
			Account: account.CLABE, Cursor: flags.cursor, Since: since, Until: until,
		}, flags.limit)
		if err != nil {
			return err
		}
		answer := historyJSON{Transfers: make([]legJSON, len(legs)), Next: next}
		for i := range legs {
			answer.Transfers[i] = legAnswer(&legs[i])
		}
		return a.out.show(answer, func(p *page) { a.historyTable(p, account, legs, next) })
	})(cmd, nil)
}

// legs asks page by page until there are so many, or no more. next is where those that follow begin.
func (b *bank) legs(ctx context.Context, q caudal.HistoryQuery, limit int) (legs []caudal.Leg, next string, err error) {
	for {
		q.Limit = min(limit-len(legs), protocol.HistoryLegs)
		page, err := b.History(ctx, q)
		if err != nil {
			return nil, "", explain(err)
		}
		legs = append(legs, page.Legs...)
		if page.Next == "" || len(legs) >= limit {
			return legs, page.Next, nil
		}
		q.Cursor = page.Next
	}
}

func (a *app) historyTable(p *page, account *caudal.Account, legs []caudal.Leg, next string) {
	if len(legs) == 0 {
		p.line("Nothing.")
		return
	}
	rows := make([][]string, len(legs))
	for i, l := range legs {
		rows[i] = []string{
			l.At.In(a.zone).Format(time.DateTime), signed(l.AmountMinor, l.Currency), people(l.BalanceMinor, l.Currency),
			whom(l.Kind, l.CounterpartyName, l.Counterparty), memo(&l),
		}
	}
	p.table([]column{{"when", false}, {account.Currency, true}, {"balance", true}, {"who", false}, {"memo", false}}, rows)
	if next != "" {
		p.line("There are older ones: --limit %d shows more.", min(2*len(legs), historyMax))
	}
}

// whom names the other side of a leg: cash and gifts have no person there.
func whom(kind caudal.Kind, name, clabe string) string {
	if kind != caudal.KindTransfer && kind != "" {
		return string(kind)
	}
	if name != "" {
		return name
	}
	return clabe
}

func memo(l *caudal.Leg) string {
	if l.MemoErased {
		return "(erased)"
	}
	return l.Memo
}
