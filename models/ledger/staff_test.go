package ledger

import (
	"context"
	"strings"
	"testing"
	"time"

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
