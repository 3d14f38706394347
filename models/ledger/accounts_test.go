package ledger

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"caudal/models"
	"caudal/models/money"
)

func TestAHolderOpensAccountsUpToABound(t *testing.T) {
	sink := new(recorder)
	h := newHouse(t, func(c *Config) { c.AccountsMax = 3; c.Sink = sink })
	ana := h.holder(50_00)
	sink.take()
	ctx := context.Background()
	open := NewAccount{Key: newKey(), Actor: ana.user, Device: ana.device, Name: "Vacaciones", Currency: "MXN"}
	first, err := h.ledger.OpenAccount(ctx, open)
	must(t, err)
	if first.Name != "Vacaciones" || *first.Owner != ana.user || first.Head.Version != 1 || first.Head.BalanceMinor != 0 {
		t.Fatalf("account: %+v", first)
	}
	if told := sink.take(); len(told) != 1 || !told[0].Opened || told[0].Name != "Vacaciones" || told[0].Account != first.ID || told[0].Owner != ana.user {
		t.Fatalf("told: %+v", told)
	}
	_, err = h.post(ana.transfer(holder{account: first.ID}, 20_00))
	must(t, err)
	sink.take()
	again, err := h.ledger.OpenAccount(ctx, open)
	must(t, err)
	if again.ID != first.ID || again.Head.BalanceMinor != 20_00 {
		t.Fatalf("a retry gets %+v", again)
	}
	if told := sink.take(); len(told) != 0 {
		t.Fatalf("of a retry is told: %+v", told)
	}
	other := open
	other.Name = "Otra"
	_, err = h.ledger.OpenAccount(ctx, other)
	wantError(t, err, ErrKeyReused)
	transfer := ana.transfer(holder{account: first.ID}, 1)
	transfer.Key = open.Key
	h.refuse(transfer, ErrKeyReused) // one name space for orders and accounts

	other.Key = newKey()
	_, err = h.ledger.OpenAccount(ctx, other)
	must(t, err)
	other.Key = newKey()
	_, err = h.ledger.OpenAccount(ctx, other)
	wantError(t, err, ErrTooManyAccounts)
	h.ledger.writer.accountsMax = 10 // nobody else looks: the ledger is idle
	_, err = h.ledger.OpenAccount(ctx, other)
	wantError(t, err, ErrTooManyAccounts) // the refusal stands

	for _, c := range []struct {
		change func(*NewAccount)
		want   error
	}{
		{func(n *NewAccount) { n.Name = "" }, ErrAccountName},
		{func(n *NewAccount) { n.Name = strings.Repeat("a", 61) }, ErrAccountName},
		{func(n *NewAccount) { n.Name = "a\x1b[0m" }, ErrAccountName},
		{func(n *NewAccount) { n.Currency = "EUR" }, ErrCurrency},
		{func(n *NewAccount) { n.Key = Key{} }, ErrKeyMalformed},
		{func(n *NewAccount) { n.Device = 0 }, ErrDeviceRevoked},
		{func(n *NewAccount) { n.Actor = 1 << 40 }, ErrUserClosed},
	} {
		n := NewAccount{Key: newKey(), Actor: ana.user, Device: ana.device, Name: "Nueva", Currency: "MXN"}
		c.change(&n)
		_, err := h.ledger.OpenAccount(ctx, n)
		wantError(t, err, c.want)
	}
	early := NewAccount{Key: h.keyAt(11 * time.Minute), Actor: ana.user, Device: ana.device, Name: "Nueva", Currency: "MXN"}
	for range 2 { // the second time its key would be fresh
		_, err = h.ledger.OpenAccount(ctx, early)
		wantError(t, err, ErrKeyStale)
		h.clock.Add((2 * time.Minute).Microseconds())
	}
	stale := NewAccount{Key: newKey(), Actor: ana.user, Device: ana.device, Name: "Nueva", Currency: "USD"}
	h.clock.Add((25 * time.Hour).Microseconds())
	_, err = h.ledger.OpenAccount(ctx, stale)
	wantError(t, err, ErrKeyStale)
	h.verify()
}

func TestFreezingAndOverdraftsRaiseTheVersion(t *testing.T) {
	sink := new(recorder)
	h := newHouse(t, func(c *Config) { c.Sink = sink })
	ana, luis := h.holder(10_00), h.holder(0)
	ctx := context.Background()
	before := h.state(ana.account).Head.Version
	sink.take()

	state, err := h.ledger.SetOverdraft(ctx, ana.account, 5_00)
	must(t, err)
	if state.AvailableMinor() != 15_00 || state.Head.Version != before+1 {
		t.Fatalf("state: %+v", state)
	}
	changes := sink.take()
	if len(changes) != 1 || changes[0].Leg != nil || changes[0].AvailableMinor != 15_00 || changes[0].Owner != ana.user {
		t.Fatalf("changes: %+v", changes)
	}
	_, err = h.post(ana.transfer(luis, 15_00))
	must(t, err)
	h.refuse(ana.transfer(luis, 1), ErrInsufficientFunds)
	_, err = h.ledger.SetOverdraft(ctx, ana.account, 4_99)
	wantError(t, err, ErrInsufficientFunds)
	_, err = h.ledger.SetOverdraft(ctx, ana.account, 5_00) // as it is
	must(t, err)
	if got := h.state(ana.account).Head.Version; got != before+2 {
		t.Fatalf("version %d, want %d", got, before+2)
	}
	_, err = h.ledger.SetOverdraft(ctx, ana.account, -1)
	wantError(t, err, ErrInvalidAmount)
	_, err = h.ledger.SetOverdraft(ctx, ana.account, math.MaxInt64)
	wantError(t, err, ErrInvalidAmount)

	_, err = h.ledger.SetStatus(ctx, luis.account, models.AccountFrozen)
	must(t, err)
	h.refuse(luis.transfer(ana, 1), ErrAccountFrozen)
	_, err = h.ledger.SetStatus(ctx, luis.account, models.AccountActive)
	must(t, err)
	_, err = h.post(luis.transfer(ana, 1))
	must(t, err)
	_, err = h.ledger.SetStatus(ctx, luis.account, "molten")
	wantError(t, err, ErrNotPermitted)
	_, err = h.ledger.SetStatus(ctx, models.SystemAccount(models.ClassCash, money.MXN, 0), models.AccountFrozen)
	wantError(t, err, ErrNotFound)
	_, err = h.ledger.SetStatus(ctx, 12345, models.AccountFrozen)
	wantError(t, err, ErrNotFound)

	entries, err := h.store.AuditLog(ctx, 0, 10)
	must(t, err)
	count := 0
	for _, e := range entries {
		if strings.HasPrefix(e.Action, "account.set_") {
			count++
		}
	}
	if count != 3 {
		t.Fatalf("%d entries in the audit log", count)
	}
	h.verify()
}

func TestBalancesStayWithinWhatAnAccountHolds(t *testing.T) {
	h := newHouse(t)
	rich, other := h.person(models.RoleHolder, money.MXN, money.MaxAmountMinor), h.holder(100)
	h.refuse(other.transfer(rich, 1), ErrBalanceOverflow)
	h.refuse(Order{Key: newKey(), Kind: KindGift, Credit: rich.account, AmountMinor: money.MaxAmountMinor, Currency: money.MXN}, ErrBalanceOverflow)
	_, err := h.ledger.SetOverdraft(context.Background(), other.account, money.MaxAmountMinor)
	must(t, err)
	_, err = h.post(rich.transfer(other, money.MaxAmountMinor-100))
	must(t, err)
	_, err = h.post(other.transfer(rich, money.MaxAmountMinor-100))
	must(t, err)
	h.verify()
}
