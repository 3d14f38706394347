package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"caudal/models/money"
	"caudal/protocol"
	"caudal/wsclient/caudal"
)

// auditDefault is how many entries of the audit log one command shows.
const auditDefault = 20

func (a *app) tellerCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "teller",
		Short: "What a teller needs at the counter, beside deposit and withdraw",
		Args:  unknownCommand,

		SuggestionsMinimumDistance: 2,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.SetOut(a.stderr)
			_ = cmd.Help() // always nil
			return wrongUsage("a command is missing")
		},
	}
	cmd.AddCommand(a.findCommand(), a.auditCommand(), a.limitsCommand())
	return cmd
}

type holderJSON struct {
	Username string        `json:"username"`
	Owner    string        `json:"owner"`
	Accounts []accountJSON `json:"accounts"`
}

type foundJSON struct {
	Holders []holderJSON `json:"holders"`
	More    bool         `json:"more"`
}

func (a *app) findCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "find WORDS_OR_CLABE",
		Short: "Find a holder by name, username or account (tellers)",
		Long: `Find a holder by an account's 18 digits, or by words, each of which begins the username or a word of the name. Case and
accents do not count. You do not find yourself: nobody serves themselves.

Each look-up is in the bank's audit log, which nobody can change.`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: fixed(),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.asUser(func(ctx context.Context, b *bank) error {
				found, err := b.FindHolders(ctx, strings.Join(args, " "))
				if err != nil {
					return explain(err)
				}
				answer := foundJSON{Holders: make([]holderJSON, len(found.Holders)), More: found.More}
				for i, h := range found.Holders {
					answer.Holders[i] = holderJSON{h.Username, h.Owner, accountsAnswer(h.Accounts).Accounts}
				}
				return a.out.show(answer, func(p *page) { foundTable(p, found) })
			})(cmd, nil)
		},
	}
}

func foundTable(p *page, found *caudal.FoundHolders) {
	if len(found.Holders) == 0 {
		p.line("Nobody.")
		return
	}
	var rows [][]string
	for _, h := range found.Holders {
		for _, account := range h.Accounts {
			rows = append(rows, []string{
				h.Owner, "@" + h.Username, account.CLABE, people(account.BalanceMinor, account.Currency), account.Currency,
				string(account.Status), account.Name,
			})
		}
	}
	p.table([]column{
		{"holder", false}, {"", false}, {"account", false}, {"balance", true}, {"", false}, {"status", false}, {"name", false},
	}, rows)
	if found.More {
		p.line("There are others: say more of the name.")
	}
}

type auditEntryJSON struct {
	ID             string `json:"id"`
	At             string `json:"at"`
	Action         string `json:"action"`
	Actor          string `json:"actor"`
	Holder         string `json:"holder"`
	CLABE          string `json:"clabe"`
	Outcome        string `json:"outcome"` // "done", or the code of the refusal
	Amount         string `json:"amount,omitempty"`
	Currency       string `json:"currency,omitempty"`
	Memo           string `json:"memo,omitempty"`
	TransferID     string `json:"transfer_id,omitempty"`
	IdempotencyKey string `json:"idempotency_key,omitempty"`
	Query          string `json:"query,omitempty"`
	Found          *int   `json:"found,omitempty"`
	More           bool   `json:"more,omitempty"`
	Before         string `json:"before,omitempty"`
	After          string `json:"after,omitempty"`
}

type auditJSON struct {
	Entries []auditEntryJSON `json:"entries"`
	Next    string           `json:"next"`
}

func auditAnswer(e *caudal.AuditEntry) auditEntryJSON {
	answer := auditEntryJSON{
		ID: e.ID, At: timestamp(e.At), Action: string(e.Action), Actor: e.Actor, Holder: e.Holder, CLABE: e.Account,
		Outcome: outcome(e), Currency: e.Currency, Memo: e.Memo, TransferID: e.TransferID,
		Query: e.Query, More: e.More, Before: e.Before, After: e.After,
	}
	if e.AmountMinor != 0 {
		answer.Amount = plainMoney(e.AmountMinor, e.Currency)
	}
	if !e.Key.IsZero() {
		answer.IdempotencyKey = e.Key.String()
	}
	if e.Action == auditFind {
		answer.Found = &e.Found
	}
	return answer
}

// auditFind is the one action whose detail is what was looked for.
const auditFind caudal.AuditAction = "find_holders"

// outcome is what became of it.
func outcome(e *caudal.AuditEntry) string {
	if e.Refusal == protocol.Code_CODE_UNSPECIFIED {
		return "done"
	}
	return e.Refusal.Name()
}

func (a *app) auditCommand() *cobra.Command {
	var limit int
	var cursor string
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "The bank's audit log, newest first: what you did; for admins, what everybody did",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 1 || limit > historyMax {
				return wrongUsage("--limit is from 1 to %d", historyMax)
			}
			return a.asUser(func(ctx context.Context, b *bank) error {
				entries, next, err := b.audit(ctx, caudal.AuditQuery{Cursor: cursor}, limit)
				if err != nil {
					return err
				}
				answer := auditJSON{Entries: make([]auditEntryJSON, len(entries)), Next: next}
				for i := range entries {
					answer.Entries[i] = auditAnswer(&entries[i])
				}
				return a.out.show(answer, func(p *page) { a.auditTable(p, entries, next) })
			})(cmd, nil)
		},
	}
	cmd.Flags().IntVar(&limit, "limit", auditDefault, "at most so many")
	cmd.Flags().StringVar(&cursor, "cursor", "", "go on from \"next\" of an answer before")
	noFiles(cmd, "limit", "cursor")
	return cmd
}

// audit asks page by page until there are so many, or no more. next is where those that follow begin.
func (b *bank) audit(ctx context.Context, q caudal.AuditQuery, limit int) (entries []caudal.AuditEntry, next string, err error) {
	for {
		q.Limit = min(limit-len(entries), protocol.AuditEntries)
		page, err := b.Audit(ctx, q)
		if err != nil {
			return nil, "", explain(err)
		}
		entries = append(entries, page.Entries...)
		if page.Next == "" || len(entries) >= limit {
			return entries, page.Next, nil
		}
		q.Cursor = page.Next
	}
}

func (a *app) auditTable(p *page, entries []caudal.AuditEntry, next string) {
	if len(entries) == 0 {
		p.line("Nothing.")
		return
	}
	rows := make([][]string, len(entries))
	for i := range entries {
		e := &entries[i]
		who := e.Actor
		if who == "" {
			who = "(the bank)"
		}
		amount := ""
		if e.AmountMinor != 0 {
			amount = people(e.AmountMinor, e.Currency) + " " + e.Currency
		}
		rows[i] = []string{e.At.In(a.zone).Format(time.DateTime), who, string(e.Action), outcome(e), e.Holder, e.Account, amount, auditDetail(e)}
	}
	p.table([]column{
		{"when", false}, {"who", false}, {"what", false}, {"outcome", false}, {"holder", false}, {"account", false},
		{"amount", true}, {"", false},
	}, rows)
	if next != "" {
		p.line("There are older ones: --limit %d shows more.", min(2*len(entries), historyMax))
	}
}

// auditDetail is what a person wants to know of an entry beside who, what and how much.
func auditDetail(e *caudal.AuditEntry) string {
	switch {
	case e.Action == auditFind && e.More:
		return fmt.Sprintf("%s: %d found, and there were others", e.Query, e.Found)
	case e.Action == auditFind:
		return fmt.Sprintf("%s: %d found", e.Query, e.Found)
	case e.Before != "":
		return e.Before + " -> " + e.After
	case e.After != "":
		return e.After
	}
	return e.Memo
}

type limitsJSON struct {
	Currency     string `json:"currency"`
	OperationMax string `json:"operation_max"`
	DayMax       string `json:"day_max"`
	DayDeposited string `json:"day_deposited"`
	DayWithdrawn string `json:"day_withdrawn"`
	DayEndsAt    string `json:"day_ends_at"`
}

func (a *app) limitsCommand() *cobra.Command {
	var currency string
	cmd := &cobra.Command{
		Use:   "limits",
		Short: "How much cash you may still take in and pay out today (tellers)",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if currency != "" {
				if _, err := money.ParseCurrency(currency); err != nil {
					return wrongUsage("--currency: %v", err)
				}
			}
			return a.asUser(func(ctx context.Context, b *bank) error {
				l, err := b.TellerLimits(ctx, currency)
				if err != nil {
					return explain(err)
				}
				answer := limitsJSON{
					l.Currency, plainMoney(l.OperationMaxMinor, l.Currency), plainMoney(l.DayMaxMinor, l.Currency),
					plainMoney(l.DayDepositedMinor, l.Currency), plainMoney(l.DayWithdrawnMinor, l.Currency), timestamp(l.DayEnds),
				}
				return a.out.show(answer, func(p *page) {
					p.line("in one operation  %s %s", people(l.OperationMaxMinor, l.Currency), l.Currency)
					for _, way := range []struct {
						name string
						used int64
					}{{"deposited today", l.DayDepositedMinor}, {"paid out today", l.DayWithdrawnMinor}} {
						p.line("%-16s  %s of %s %s, %s left", way.name, people(way.used, l.Currency), people(l.DayMaxMinor, l.Currency),
							l.Currency, people(max(l.DayMaxMinor-way.used, 0), l.Currency)) // the limit may have become smaller since
					}
					p.line("the day ends at   %s", a.moment(l.DayEnds))
				})
			})(cmd, nil)
		},
	}
	currencyFlag(cmd, &currency)
	return cmd
}
