package ledger

import (
	"context"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"caudal/models"
	"caudal/models/money"
)

func TestATellerTakesInAndPaysOutCashWithinLimits(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Limits = Limits{OperationMinor: 1000_00, DayMinor: 2500_00} })
	ana := h.holder(0)
	teller, admin := h.person(models.RoleTeller, money.MXN, 0), h.person(models.RoleAdmin, money.MXN, 0)
	counter := func(who holder, kind Kind, minor int64) Order {
		o := Order{Key: newKey(), Actor: who.user, Device: who.device, Kind: kind, AmountMinor: minor, Currency: money.MXN}
		if kind == KindDeposit {
			o.Credit = ana.account
		} else {
			o.Debit = ana.account
		}
		return o
	}
	receipt, err := h.post(counter(teller, KindDeposit, 1000_00))
	must(t, err)
	if receipt.Account != ana.account || receipt.BalanceMinor != 1000_00 || receipt.Seq != 1 {
		t.Fatalf("receipt: %+v", receipt)
	}
	_, err = h.post(counter(teller, KindDeposit, 1000_00))
	must(t, err)
	h.refuse(counter(teller, KindDeposit, 1000_01), ErrLimitExceeded) // the operation's
	h.refuse(counter(teller, KindDeposit, 500_01), ErrLimitExceeded)  // the day's
	_, err = h.post(counter(teller, KindDeposit, 500_00))
	must(t, err)
	h.refuse(counter(teller, KindDeposit, 1), ErrLimitExceeded)
	_, err = h.post(counter(teller, KindWithdrawal, 700_00)) // has a day of its own
	must(t, err)
	_, err = h.post(counter(admin, KindDeposit, 1)) // and so has everybody
	must(t, err)
	h.refuse(counter(teller, KindWithdrawal, 1000_01), ErrLimitExceeded)

	h.reopen() // the day's total is the database's
	h.refuse(counter(teller, KindDeposit, 1), ErrLimitExceeded)
	h.clock.Add((25 * time.Hour).Microseconds())
	tomorrow := counter(teller, KindDeposit, 1)
	tomorrow.Key = h.keyAt(0)
	_, err = h.post(tomorrow)
	must(t, err)
	h.wantBalance(ana, 2500_00-700_00+2)
	h.verify()

	entries, err := h.store.AuditLog(context.Background(), 0, 100)
	must(t, err)
	count := make(map[string]int)
	for _, e := range entries {
		if strings.HasPrefix(e.Action, "deposit") || strings.HasPrefix(e.Action, "withdraw") {
			count[e.Action]++
			if e.Subject != ana.account.String() || e.Actor == 0 {
				t.Errorf("audit entry %+v", e)
			}
		}
	}
	if count["deposit"] != 5 || count["withdraw"] != 1 || count["deposit_refused"] != 4 || count["withdraw_refused"] != 1 {
		t.Errorf("audit log: %v", count)
	}
}

// Two that are over the day's limit together, in one batch.
func TestTheDaysLimitHoldsWithinABatch(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Limits = Limits{OperationMinor: 100, DayMinor: 150} })
	ana, teller := h.holder(0), h.person(models.RoleTeller, money.MXN, 0)
	deposit := Order{Actor: teller.user, Device: teller.device, Kind: KindDeposit, Credit: ana.account, AmountMinor: 100, Currency: money.MXN}
	hold := h.hold()
	var answers []waiter
	for range 5 {
		deposit.Key = newKey()
		answers = append(answers, h.submit(deposit))
	}
	hold.release()
	passed := 0
	for _, answer := range answers {
		if got := <-answer; got.err == nil {
			passed++
		} else {
			wantError(t, got.err, ErrLimitExceeded)
		}
	}
	if passed != 1 {
		t.Fatalf("%d passed", passed)
	}
	h.wantBalance(ana, 100)
	h.verify()
}

func TestAHoldersAttemptAtTheCounterIsNotInTheAuditLog(t *testing.T) {
	h := newHouse(t)
	ana, eve := h.holder(0), h.holder(0)
	h.refuse(Order{Key: newKey(), Actor: eve.user, Device: eve.device, Kind: KindDeposit, Credit: ana.account, AmountMinor: 1, Currency: money.MXN}, ErrNotPermitted)
	entries, err := h.store.AuditLog(context.Background(), 0, 100)
	must(t, err)
	for _, e := range entries {
		if strings.HasPrefix(e.Action, "deposit") {
			t.Fatalf("audit entry %+v", e)
		}
	}
}

func TestTheBankItselfHasNoLimits(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Limits = Limits{OperationMinor: 1, DayMinor: 1} })
	ana := h.holder(0)
	_, err := h.post(Order{Key: newKey(), Kind: KindDeposit, Credit: ana.account, AmountMinor: 1_000_000_00, Currency: money.MXN})
	must(t, err)
	_, err = h.post(Order{Key: newKey(), Kind: KindWithdrawal, Debit: ana.account, AmountMinor: 1_000_000_00, Currency: money.MXN})
	must(t, err)
	h.verify()
}

// Money enters over all shards, so that none is in every batch.
func TestTheCounterpartyChoosesTheShard(t *testing.T) {
	h := newHouse(t)
	for range 40 {
		h.holder(1_00)
	}
	var used int64
	must(t, h.store.Read().Model(&models.Head{}).Where("balance_minor < 0").Count(&used).Error)
	if used < 8 {
		t.Fatalf("%d shards of 16 gave to 40 holders", used)
	}
	h.verify()
}

func TestATellerIsToldWhatIsLeftOfTheDay(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Limits = Limits{OperationMinor: 1000_00, DayMinor: 2500_00} })
	ana, teller, other := h.holder(0), h.person(models.RoleTeller, money.MXN, 0), h.person(models.RoleTeller, money.MXN, 0)
	order := Order{Actor: teller.user, Device: teller.device, Kind: KindDeposit, Credit: ana.account, AmountMinor: 800_00, Currency: money.MXN}
	for range 2 {
		order.Key = newKey()
		_, err := h.post(order)
		must(t, err)
	}
	first := order
	_, err := h.post(first) // again: a replay counts once
	must(t, err)
	order.Key, order.AmountMinor = newKey(), 1000_01
	h.refuse(order, ErrLimitExceeded)
	h.refuse(Order{Key: newKey(), Actor: teller.user, Device: teller.device, Kind: KindWithdrawal, Debit: other.account, AmountMinor: 5, Currency: money.MXN}, ErrInsufficientFunds)
	_, err = h.post(Order{Key: newKey(), Actor: teller.user, Device: teller.device, Kind: KindWithdrawal, Debit: ana.account, AmountMinor: 5, Currency: money.MXN})
	must(t, err)

	ctx := context.Background()
	today, err := h.ledger.StaffToday(ctx, teller.user, money.MXN)
	must(t, err)
	limits := h.config.Limits
	if today.Limits != limits || today.DepositedMinor != 1600_00 || today.WithdrawnMinor != 5 {
		t.Fatalf("today: %+v", today)
	}
	if left := today.EndsAt - h.now().UnixMicro(); left <= 0 || left > usPerDay || today.EndsAt%usPerDay != 0 {
		t.Fatalf("the day ends at %d, in %d", today.EndsAt, left)
	}
	order.Key, order.AmountMinor = newKey(), today.DayMinor-today.DepositedMinor // exactly what is left
	_, err = h.post(order)
	must(t, err)
	order.Key, order.AmountMinor = newKey(), 1
	h.refuse(order, ErrLimitExceeded)

	for _, c := range []struct {
		who      int64
		currency money.Currency
	}{{other.user, money.MXN}, {teller.user, money.USD}} {
		if today, err = h.ledger.StaffToday(ctx, c.who, c.currency); err != nil || today.DepositedMinor != 0 || today.WithdrawnMinor != 0 {
			t.Errorf("%v: %+v, %v", c, today, err)
		}
	}
	h.clock.Add((25 * time.Hour).Microseconds())
	_, err = h.post(first) // yesterday's, asked for again, is not today's
	must(t, err)
	if today, err = h.ledger.StaffToday(ctx, teller.user, money.MXN); err != nil || today.DepositedMinor != 0 {
		t.Errorf("tomorrow: %+v, %v", today, err)
	}
	_, err = h.ledger.StaffToday(ctx, teller.user, "EUR")
	wantError(t, err, ErrCurrency)
}

func TestTheTrailHasWhatWasDoneAndRefusedAtTheCounter(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Limits = Limits{OperationMinor: 1000_00} })
	ana, teller := h.holder(0), h.person(models.RoleTeller, money.MXN, 0)
	deposit := Order{Key: newKey(), Actor: teller.user, Device: teller.device, Kind: KindDeposit, Credit: ana.account,
		AmountMinor: 700_00, Currency: money.MXN, Memo: "en efectivo"}
	receipt, err := h.post(deposit)
	must(t, err)
	refused := Order{Key: newKey(), Actor: teller.user, Device: teller.device, Kind: KindWithdrawal, Debit: ana.account,
		AmountMinor: 700_01, Currency: money.MXN, Memo: "no hay"}
	h.refuse(refused, ErrInsufficientFunds)
	_, err = h.ledger.SetOverdraft(context.Background(), ana.account, 5_00)
	must(t, err)

	trail := func(by models.Staff) []models.TrailEntry {
		page, more, err := h.store.Trail(context.Background(), models.TrailQuery{By: by, Limit: 10})
		must(t, err)
		if more {
			t.Fatal("there is more")
		}
		return page
	}
	by := models.Staff{User: teller.user, Device: teller.device}
	page := trail(by)
	if len(page) != 2 {
		t.Fatalf("trail: %+v", page)
	}
	no, yes := page[0], page[1]
	if no.Action != models.TrailWithdrawal || no.Refusal != "insufficient_funds" || no.Transfer != 0 || no.Memo != "" ||
		no.AmountMinor != 700_01 || no.Currency != money.MXN || no.Account != ana.account || string(no.Key) != string(refused.Key[:]) {
		t.Errorf("refused: %+v", no)
	}
	wantError(t, RefusalNamed(no.Refusal), ErrInsufficientFunds)
	wantError(t, RefusalNamed(""), ErrInternal)
	wantError(t, RefusalNamed("of tomorrow"), ErrInternal)
	holder, err := h.store.UserByID(context.Background(), ana.user)
	must(t, err)
	if yes.Action != models.TrailDeposit || yes.Refusal != "" || yes.Transfer != receipt.Transfer || yes.Memo != "en efectivo" ||
		yes.AmountMinor != 700_00 || yes.Holder != holder.Username || yes.At != receipt.At || string(yes.Key) != string(deposit.Key[:]) {
		t.Errorf("done: %+v", yes)
	}
	must(t, h.store.Write(context.Background(), func(tx *gorm.DB) error {
		return tx.Delete(&models.Memo{}, receipt.Transfer).Error
	}))
	if page = trail(by); page[1].Memo != "" {
		t.Errorf("a memo that was erased: %+v", page[1])
	}
	admin := h.person(models.RoleAdmin, money.MXN, 0)
	page = trail(models.Staff{User: admin.user, Device: admin.device})
	if e := page[1]; e.Action != models.TrailSetOverdraft || e.Actor != models.Operator || e.ActorName != "" || e.Holder != holder.Username ||
		e.Before != "0" || e.After != "500" {
		t.Errorf("the overdraft: %+v", e)
	}
}
