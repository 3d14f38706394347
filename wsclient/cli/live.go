package cli

import (
	"context"
	"errors"
	"time"

	tea "charm.land/bubbletea/v2"

	"caudal/wsclient/caudal"
)

const (
	// liveHistory is how much of each account's past fills the screen at first, and of how many accounts: what one page
	// has and a screen shows.
	liveHistory         = 20
	liveHistoryAccounts = 5
)

// terminalVariables are what the live view goes by: colours, and what the terminal can do.
var terminalVariables = []string{
	"TERM", "COLORTERM", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "TMUX", "STY",
	"WT_SESSION", "LANG", "LC_ALL", "LC_CTYPE", "SSH_TTY", "GOOGLE_CLOUD_SHELL", "ConEmuANSI", "ANSICON",
}

// listenLive shows the live view until its user ends it, or the events end.
func (a *app) listenLive(ctx context.Context, b *bank) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	accounts, events, err := a.follow(ctx, b)
	if err != nil {
		return err
	}
	var environment []string
	for _, name := range terminalVariables {
		if value := a.getenv(name); value != "" {
			environment = append(environment, name+"="+value)
		}
	}
	model := liveModel{
		title: "caudal   " + b.user.Owner + " (" + b.user.Username + ")",
		clock: a.now, zone: a.zone, now: a.now(),
	}
	program := tea.NewProgram(model, tea.WithContext(ctx), tea.WithEnvironment(environment),
		tea.WithInput(a.stdin), tea.WithOutput(a.stdout), tea.WithoutSignalHandler())

	eventsEnd := make(chan error, 1)
	go func() {
		eventsEnd <- a.feed(ctx, b, program, accounts, events)
		program.Quit()
	}()
	final, err := program.Run()
	cancel()
	eventsErr := <-eventsEnd
	if err != nil && !errors.Is(err, tea.ErrProgramKilled) && !errors.Is(err, tea.ErrInterrupted) {
		return failed(codeFailed, "the live view: %v", err)
	}
	if eventsErr != nil {
		return eventsErr
	}
	return a.farewell(final)
}

// farewell leaves the last balances on the screen that the live view gave back.
func (a *app) farewell(final tea.Model) error {
	m, ok := final.(liveModel)
	if !ok || len(m.accounts) == 0 {
		return nil
	}
	return a.out.show(nil, func(p *page) {
		for _, account := range m.accounts {
			p.line("%s  %s %s  %s", account.clabe, people(account.balance, account.currency), account.currency, account.name)
		}
	})
}

// feed sends the view what the bank says.
func (a *app) feed(ctx context.Context, b *bank, program *tea.Program, accounts []caudal.Account, events func(func(caudal.Event, error) bool)) error {
	list := make(liveAccountsMsg, len(accounts))
	for i := range accounts {
		list[i] = liveAccountOf(&accounts[i])
	}
	program.Send(list)
	go a.feedPast(ctx, b, program, accounts)
	for event, err := range events {
		if message := liveMessage(event, a.now()); message != nil {
			program.Send(message)
		}
		if err != nil { // an alarm comes together with it
			return ended(ctx, err)
		}
	}
	return nil
}

// feedPast fills the screen with what came before. Where that fails, what happens from now on is there all the same.
func (a *app) feedPast(ctx context.Context, b *bank, program *tea.Program, accounts []caudal.Account) {
	for _, account := range accounts[:min(len(accounts), liveHistoryAccounts)] {
		asked, cancel := a.bounded(ctx)
		page, err := b.History(asked, caudal.HistoryQuery{Account: account.CLABE, Limit: liveHistory})
		cancel()
		if err != nil {
			return
		}
		past := make(liveLegsMsg, len(page.Legs))
		for i := range page.Legs {
			past[i] = liveLegOf(&page.Legs[i])
			past[i].account = account.Name
		}
		program.Send(past)
	}
}

// liveMessage is an event as the view takes it; nil for what it does not show.
func liveMessage(event caudal.Event, now time.Time) tea.Msg {
	switch e := event.(type) {
	case caudal.Balance:
		message := liveChangeMsg{account: liveAccount{
			clabe: e.Account, currency: e.Currency, balance: e.BalanceMinor, available: e.AvailableMinor,
			frozen: e.Status == caudal.StatusFrozen, version: e.Version, seq: e.Seq,
		}}
		if e.Leg != nil {
			leg := liveLegOf(e.Leg)
			message.leg = &leg
		}
		return message
	case caudal.AccountOpened:
		return liveChangeMsg{account: liveAccountOf(&e.Account)}
	case caudal.AccountRenamed:
		return liveNameMsg{clabe: e.Account, name: e.Name, version: e.Version}
	case caudal.State:
		state := liveLinkMsg{live: e.Live, since: now}
		if e.Err != nil {
			state.why = outage(e.Err)
		}
		if e.In > 0 {
			state.retry = now.Add(e.In)
		}
		return state
	case caudal.DeviceAdded:
		return liveNoticeMsg{text: addedText(e), alarm: true}
	case caudal.DeviceRenamed:
		return liveNoticeMsg{text: renamedText(e)}
	case caudal.DeviceRevoked:
		return liveNoticeMsg{text: revokedText(e)}
	case caudal.Diverged:
		return liveNoticeMsg{text: divergedText(e), alarm: true}
	}
	return nil
}

func liveAccountOf(a *caudal.Account) liveAccount {
	return liveAccount{
		clabe: a.CLABE, name: a.Name, currency: a.Currency, balance: a.BalanceMinor, available: a.AvailableMinor,
		frozen: a.Status == caudal.StatusFrozen, version: a.Version, seq: a.Seq,
	}
}

func liveLegOf(l *caudal.Leg) liveLeg {
	return liveLeg{
		clabe: l.Account, amount: l.AmountMinor, balance: l.BalanceMinor, currency: l.Currency,
		who: whom(l.Kind, l.CounterpartyName, l.Counterparty), memo: memo(l), at: l.At, seq: l.Seq,
	}
}
