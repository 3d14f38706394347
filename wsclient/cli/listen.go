package cli

import (
	"context"
	"errors"
	"iter"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"caudal/wsclient/caudal"
)

func (a *app) listenCommand() *cobra.Command {
	var lines bool
	cmd := &cobra.Command{
		Use:   "listen",
		Short: "Watch your accounts live, until you end it",
		Long: `Watch your accounts live, until you end it (q, or Ctrl-C; that is exit code 0).

On a terminal this is a live view; elsewhere, with --lines or with --format json, it is a line for each event. A broken connection
is made again by itself, and what happened meanwhile is fetched: no movement is left out, and none is shown twice.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, err := a.signedIn(cmd.Context())
			if err != nil {
				return err
			}
			defer b.close()
			if lines || a.out.json || a.terminal == nil || !isTerminal(a.stdout) || a.getenv("TERM") == "dumb" {
				return a.listenLines(cmd.Context(), b)
			}
			return a.listenLive(cmd.Context(), b)
		},
	}
	cmd.Flags().BoolVar(&lines, "lines", false, "a line for each event, on a terminal too")
	return cmd
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// follow returns where the accounts stand, and the events from exactly there on: none that only repeats it.
func (a *app) follow(ctx context.Context, b *bank) ([]caudal.Account, iter.Seq2[caudal.Event, error], error) {
	asked, cancel := a.bounded(ctx)
	defer cancel()
	accounts, err := b.Accounts(asked)
	if err != nil {
		return nil, nil, explain(err)
	}
	positions := make([]caudal.Position, len(accounts))
	versions := map[string]uint64{}
	for i := range accounts {
		positions[i] = accounts[i].Position()
		versions[accounts[i].CLABE] = accounts[i].Version
	}
	return accounts, news(b.Events(ctx, positions...), versions), nil
}

// news leaves out the events that say of an account what is known already. versions are those that are known.
func news(events iter.Seq2[caudal.Event, error], versions map[string]uint64) iter.Seq2[caudal.Event, error] {
	return func(yield func(caudal.Event, error) bool) {
		for event, err := range events {
			if e, ok := event.(caudal.Balance); ok {
				if e.Leg == nil && e.Version <= versions[e.Account] {
					continue
				}
				versions[e.Account] = max(versions[e.Account], e.Version)
			}
			if !yield(event, err) {
				return
			}
		}
	}
}

// ended tells the end that the user asked for, which is none of a failure, from the others.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(ctx))) {
		return nil
	}
	return explain(err)
}

// The JSON of events, one a line.

type accountEventJSON struct {
	Event string `json:"event"` // "account": where an account stands when listening begins, or when it was opened
	accountJSON
}

type balanceEventJSON struct {
	Event            string  `json:"event"` // "balance"
	CLABE            string  `json:"clabe"`
	Version          uint64  `json:"version"`
	Seq              uint64  `json:"seq"`
	Balance          string  `json:"balance"`
	Available        string  `json:"available"`
	Currency         string  `json:"currency"`
	Status           string  `json:"status"`
	Amount           *string `json:"amount"` // this and what follows: null where no money moved
	Counterparty     *string `json:"counterparty"`
	CounterpartyName *string `json:"counterparty_name"`
	Memo             *string `json:"memo"`
	Kind             *string `json:"kind"`
	TransferID       *string `json:"transfer_id"`
	At               *string `json:"at"`
	IdempotencyKey   string  `json:"idempotency_key,omitempty"`
}

func balanceAnswer(e *caudal.Balance) balanceEventJSON {
	answer := balanceEventJSON{
		Event: "balance", CLABE: e.Account, Version: e.Version, Seq: e.Seq,
		Balance: plainMoney(e.BalanceMinor, e.Currency), Available: plainMoney(e.AvailableMinor, e.Currency),
		Currency: e.Currency, Status: string(e.Status),
	}
	if e.Leg != nil {
		leg := legAnswer(e.Leg)
		answer.Amount, answer.Counterparty, answer.CounterpartyName = &leg.Amount, &leg.Counterparty, &leg.CounterpartyName
		answer.Memo, answer.Kind, answer.TransferID, answer.At = &leg.Memo, &leg.Kind, &leg.TransferID, &leg.At
		answer.IdempotencyKey = leg.IdempotencyKey
	}
	return answer
}

type stateEventJSON struct {
	Event   string `json:"event"` // "state"
	State   string `json:"state"` // "live" or "reconnecting"
	Message string `json:"message,omitempty"`
	InMS    int64  `json:"in_ms,omitempty"`
}

type deviceEventJSON struct {
	Event string `json:"event"` // "device_added", "device_renamed" or "device_revoked"
	ID    string `json:"id"`
	Name  string `json:"name,omitempty"`
}

type renamedEventJSON struct {
	Event   string `json:"event"` // "account_renamed"
	CLABE   string `json:"clabe"`
	Name    string `json:"name"`
	Version uint64 `json:"version"`
}

type drainingEventJSON struct {
	Event            string `json:"event"` // "draining"
	ComeBackWithinMS int64  `json:"come_back_within_ms"`
}

type divergedEventJSON struct {
	Event   string `json:"event"` // "history_diverged"
	CLABE   string `json:"clabe"`
	Seq     uint64 `json:"seq"`
	Message string `json:"message"`
}

// listenLines prints a line for each event.
func (a *app) listenLines(ctx context.Context, b *bank) error {
	accounts, events, err := a.follow(ctx, b)
	if err != nil {
		return err
	}
	for i := range accounts {
		if err := a.showAccount("account", &accounts[i]); err != nil {
			return err
		}
	}
	for event, err := range events {
		if event != nil { // an alarm comes together with the error that ends the events
			if err := a.showEvent(event); err != nil {
				return err
			}
		}
		if err != nil {
			return ended(ctx, err)
		}
	}
	return ended(ctx, nil)
}

func (a *app) showAccount(name string, account *caudal.Account) error {
	return a.out.show(accountEventJSON{name, accountAnswer(account)}, func(p *page) {
		p.line("%s  %s  %s %s  %s", a.clock(), account.CLABE, people(account.BalanceMinor, account.Currency), account.Currency, account.Name)
	})
}

func (a *app) showEvent(event caudal.Event) error {
	switch e := event.(type) {
	case caudal.Balance:
		return a.out.show(balanceAnswer(&e), func(p *page) { a.balanceLine(p, &e) })
	case caudal.AccountOpened:
		return a.showAccount("account", &e.Account)
	case caudal.State:
		return a.out.show(stateAnswer(e), func(p *page) { p.line("%s  %s", a.clock(), stateText(e)) })
	case caudal.DeviceAdded:
		return a.out.show(deviceEventJSON{"device_added", e.Device.ID.String(), e.Device.Name}, func(p *page) {
			p.line("%s  %s", a.clock(), addedText(e))
		})
	case caudal.AccountRenamed:
		return a.out.show(renamedEventJSON{"account_renamed", e.Account, e.Name, e.Version}, func(p *page) {
			p.line("%s  %s  is called %s", a.clock(), e.Account, e.Name)
		})
	case caudal.DeviceRenamed:
		return a.out.show(deviceEventJSON{"device_renamed", e.ID.String(), e.Name}, func(p *page) {
			p.line("%s  %s", a.clock(), renamedText(e))
		})
	case caudal.DeviceRevoked:
		return a.out.show(deviceEventJSON{"device_revoked", e.ID.String(), ""}, func(p *page) {
			p.line("%s  %s", a.clock(), revokedText(e))
		})
	case caudal.Draining:
		return a.out.show(drainingEventJSON{"draining", e.ComeBackWithin.Milliseconds()}, func(p *page) {
			p.line("%s  the bank restarts; back within %s", a.clock(), age(e.ComeBackWithin))
		})
	case caudal.Diverged:
		return a.out.show(divergedEventJSON{"history_diverged", e.Account, e.Seq, e.Why}, func(p *page) {
			p.line("%s  ALARM: %s", a.clock(), divergedText(e))
		})
	}
	return nil // an event that a later SDK has
}

func (a *app) balanceLine(p *page, e *caudal.Balance) {
	if e.Leg == nil {
		p.line("%s  %s  balance %s %s, available %s, %s", a.clock(), e.Account,
			people(e.BalanceMinor, e.Currency), e.Currency, people(e.AvailableMinor, e.Currency), string(e.Status))
		return
	}
	p.line("%s  %s  %s %s  balance %s  %s  %s", e.Leg.At.In(a.zone).Format(time.TimeOnly), e.Account,
		signed(e.Leg.AmountMinor, e.Currency), e.Currency, people(e.BalanceMinor, e.Currency),
		whom(e.Leg.Kind, e.Leg.CounterpartyName, e.Leg.Counterparty), memo(e.Leg))
}

func (a *app) clock() string { return a.now().In(a.zone).Format(time.TimeOnly) }

func stateAnswer(e caudal.State) stateEventJSON {
	if e.Live {
		return stateEventJSON{Event: "state", State: "live"}
	}
	answer := stateEventJSON{Event: "state", State: "reconnecting", InMS: e.In.Milliseconds()}
	if e.Err != nil {
		answer.Message = outage(e.Err)
	}
	return answer
}

func stateText(e caudal.State) string {
	switch {
	case e.Live:
		return "live"
	case e.Err != nil:
		return "reconnecting: " + outage(e.Err)
	}
	return "reconnecting"
}

func addedText(e caudal.DeviceAdded) string {
	return "a device was added: " + e.Device.Name + " (" + e.Device.ID.String() + "); not you? caudal devices revoke, and caudal password"
}

func renamedText(e caudal.DeviceRenamed) string {
	return "a device is called " + e.Name + " (" + e.ID.String() + ")"
}

func revokedText(e caudal.DeviceRevoked) string { return "a device was revoked: " + e.ID.String() }

func divergedText(e caudal.Diverged) string {
	return "the history of " + e.Account + " is not what it was: " + e.Why
}
