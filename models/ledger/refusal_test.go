package ledger

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
)

func TestEveryRefusalHasItsErrorAndChangesNothing(t *testing.T) {
	h := newHouse(t)
	ana, luis, eve := h.holder(100_00), h.holder(50_00), h.holder(10_00)
	frozen, closed := h.holder(10_00), h.holder(10_00)
	rich := h.person(models.RoleHolder, money.MXN, money.MaxAmountMinor)
	dollars := h.person(models.RoleHolder, money.USD, 10_00)
	teller := h.person(models.RoleTeller, money.MXN, 0)
	nobody := clabe.Number(999001000000000000 + 7)
	_, err := h.ledger.SetStatus(context.Background(), frozen.account, models.AccountFrozen)
	must(t, err)
	closedUser, err := h.store.UserByID(context.Background(), closed.user)
	must(t, err)
	_, _, err = h.store.CloseUser(context.Background(), closedUser.Username)
	must(t, err)
	cash := models.SystemAccount(models.ClassCash, money.MXN, 3)

	with := func(o Order, change func(*Order)) Order { change(&o); return o }
	deposit := Order{
		Actor: teller.user, Device: teller.device, Kind: KindDeposit, Credit: ana.account, AmountMinor: 5_00, Currency: money.MXN,
	}
	withdrawal := Order{
		Actor: teller.user, Device: teller.device, Kind: KindWithdrawal, Debit: ana.account, AmountMinor: 5_00, Currency: money.MXN,
	}
	gift := Order{Kind: KindGift, Credit: ana.account, AmountMinor: 1, Currency: money.MXN}
	for _, c := range []struct {
		name  string
		order Order
		want  error
	}{
		{"nothing", ana.transfer(luis, 0), ErrInvalidAmount},
		{"less than nothing", ana.transfer(luis, -1), ErrInvalidAmount},
		{"the smallest integer", ana.transfer(luis, math.MinInt64), ErrInvalidAmount},
		{"the largest integer", ana.transfer(luis, math.MaxInt64), ErrInvalidAmount},
		{"one more than an account holds", ana.transfer(luis, money.MaxAmountMinor+1), ErrInvalidAmount},
		{"more than there is", ana.transfer(luis, 100_01), ErrInsufficientFunds},
		{"to oneself", ana.transfer(ana, 1), ErrSameAccount},
		{"to nobody", with(ana.transfer(luis, 1), func(o *Order) { o.Credit = nobody }), ErrPayeeNotFound},
		{"to no number", with(ana.transfer(luis, 1), func(o *Order) { o.Credit = 0 }), ErrPayeeNotFound},
		{"to a negative number", with(ana.transfer(luis, 1), func(o *Order) { o.Credit = -5 }), ErrPayeeNotFound},
		{"to the bank's cash", with(ana.transfer(luis, 1), func(o *Order) { o.Credit = cash }), ErrPayeeNotFound},
		{"to a closed user", ana.transfer(closed, 1), ErrPayeeNotFound},
		{"from nobody", with(ana.transfer(luis, 1), func(o *Order) { o.Debit = nobody }), ErrNotFound},
		{"from no number", with(ana.transfer(luis, 1), func(o *Order) { o.Debit = 0 }), ErrNotFound},
		{"from another's", with(ana.transfer(luis, 1), func(o *Order) { o.Debit = eve.account }), ErrNotFound},
		{"from another's to itself", with(ana.transfer(eve, 1), func(o *Order) { o.Debit = eve.account }), ErrNotFound},
		{"from the bank's cash", with(ana.transfer(luis, 1), func(o *Order) { o.Debit = cash }), ErrNotFound},
		{"by a teller from a holder's", with(ana.transfer(luis, 1), func(o *Order) { o.Actor, o.Device = teller.user, teller.device }), ErrNotFound},
		{"from a frozen account", frozen.transfer(luis, 1), ErrAccountFrozen},
		{"to a frozen account", ana.transfer(frozen, 1), ErrAccountFrozen},
		{"to another currency", ana.transfer(dollars, 1), ErrCurrencyMismatch},
		{"in another currency", with(ana.transfer(luis, 1), func(o *Order) { o.Currency = money.USD }), ErrCurrencyMismatch},
		{"in no currency", with(ana.transfer(luis, 1), func(o *Order) { o.Currency = "" }), ErrCurrencyMismatch},
		{"in an unknown currency", with(ana.transfer(luis, 1), func(o *Order) { o.Currency = "EUR" }), ErrCurrencyMismatch},
		{"over what the payee can hold", ana.transfer(rich, 1), ErrBalanceOverflow},
		{"a memo too long", with(ana.transfer(luis, 1), func(o *Order) { o.Memo = strings.Repeat("ñ", 141) }), ErrMemo},
		{"a memo with a zero", with(ana.transfer(luis, 1), func(o *Order) { o.Memo = "a\x00b" }), ErrMemo},
		{"a memo with an escape", with(ana.transfer(luis, 1), func(o *Order) { o.Memo = "\x1b[2J" }), ErrMemo},
		{"a memo that is no UTF-8", with(ana.transfer(luis, 1), func(o *Order) { o.Memo = "\xff" }), ErrMemo},
		{"a memo that turns direction", with(ana.transfer(luis, 1), func(o *Order) { o.Memo = "\u202egnp" }), ErrMemo},
		{"a memo of a megabyte", with(ana.transfer(luis, 1), func(o *Order) { o.Memo = strings.Repeat("a", 1<<20) }), ErrMemo},
		{"the bank as a holder", with(ana.transfer(luis, 1), func(o *Order) { o.Actor = 0 }), ErrNotPermitted},
		{"of no kind", with(ana.transfer(luis, 1), func(o *Order) { o.Kind = 0 }), ErrNotPermitted},
		{"of an unknown kind", with(ana.transfer(luis, 1), func(o *Order) { o.Kind = 200 }), ErrNotPermitted},
		{"a deposit by a holder", with(deposit, func(o *Order) { o.Actor, o.Device = eve.user, eve.device }), ErrNotPermitted},
		{"a deposit to oneself", with(deposit, func(o *Order) { o.Credit = teller.account }), ErrNotPermitted},
		{"a deposit from a chosen account", with(deposit, func(o *Order) { o.Debit = luis.account }), ErrNotPermitted},
		{"a deposit to nobody", with(deposit, func(o *Order) { o.Credit = nobody }), ErrNotFound},
		{"a deposit to the bank", with(deposit, func(o *Order) { o.Credit = cash }), ErrNotFound},
		{"a deposit to a frozen account", with(deposit, func(o *Order) { o.Credit = frozen.account }), ErrAccountFrozen},
		{"a deposit over the limit", with(deposit, func(o *Order) { o.AmountMinor = 50_000_01 }), ErrLimitExceeded},
		{"a withdrawal by a holder", with(withdrawal, func(o *Order) { o.Actor, o.Device = ana.user, ana.device }), ErrNotPermitted},
		{"a withdrawal of more than there is", with(withdrawal, func(o *Order) { o.AmountMinor = 100_01 }), ErrInsufficientFunds},
		{"a withdrawal to a chosen account", with(withdrawal, func(o *Order) { o.Credit = luis.account }), ErrNotPermitted},
		{"a gift by a teller", with(gift, func(o *Order) { o.Actor, o.Device = teller.user, teller.device }), ErrNotPermitted},
		{"a gift to nobody", with(gift, func(o *Order) { o.Credit = nobody }), ErrNotFound},
		{"a deposit in an unknown currency", with(deposit, func(o *Order) { o.Currency = "XXX" }), ErrCurrencyMismatch},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := &house{t: t, dir: h.dir, store: h.store, ledger: h.ledger}
			before := h.heads()
			c.order.Key = newKey()
			h.refuse(c.order, c.want)
			h.refuse(c.order, c.want) // and again: the refusal stands
			if after := h.heads(); after != before {
				t.Fatalf("heads were\n%s\nand are\n%s", before, after)
			}
			changed := c.order
			changed.AmountMinor = 1_23
			h.refuse(changed, ErrKeyReused)
		})
	}
	h.verify()
}

// heads is where all accounts stand, as text to compare.
func (h *house) heads() string {
	h.t.Helper()
	var heads []models.Head
	must(h.t, h.store.Read().Order("account").Find(&heads).Error)
	return fmt.Sprint(heads)
}

func TestARefusedKeyStaysRefusedWhenTheMoneyArrives(t *testing.T) {
	h := newHouse(t)
	ana, luis := h.holder(10_00), h.holder(0)
	order := ana.transfer(luis, 50_00)
	h.refuse(order, ErrInsufficientFunds)
	h.gift(ana, money.MXN, 100_00)
	h.refuse(order, ErrInsufficientFunds)
	h.reopen()
	h.refuse(order, ErrInsufficientFunds)
	h.wantBalance(luis, 0)
	order.Key = newKey()
	_, err := h.post(order)
	must(t, err)
	h.wantBalance(luis, 50_00)
	h.verify()
}

func TestAKeyStandsForOneContent(t *testing.T) {
	h := newHouse(t)
	ana, luis, eve := h.holder(100_00), h.holder(0), h.holder(100_00)
	order := ana.transfer(luis, 10_00)
	order.Memo = "renta"
	first, err := h.post(order)
	must(t, err)
	for name, change := range map[string]func(*Order){
		"amount":   func(o *Order) { o.AmountMinor++ },
		"payee":    func(o *Order) { o.Credit = eve.account },
		"payer":    func(o *Order) { o.Debit = eve.account },
		"currency": func(o *Order) { o.Currency = money.USD },
		"memo":     func(o *Order) { o.Memo = "rentas" },
		"no memo":  func(o *Order) { o.Memo = "" },
		"kind":     func(o *Order) { o.Kind = KindWithdrawal; o.Credit = 0 },
		"garbage":  func(o *Order) { o.AmountMinor = -4; o.Memo = "\x00" },
	} {
		other := order
		change(&other)
		if _, err := h.post(other); !errors.Is(err, ErrKeyReused) {
			t.Errorf("with another %s the error is %v", name, err)
		}
	}
	// The key is the actor's alone.
	mine := eve.transfer(luis, 10_00)
	mine.Key = order.Key
	_, err = h.post(mine)
	must(t, err)
	again, err := h.post(order)
	must(t, err)
	if again.Transfer != first.Transfer || !again.Replay || again.Memo != "renta" {
		t.Fatalf("replay: %+v", again)
	}
	h.wantBalance(luis, 20_00)
	h.verify()
}

func TestARetryGetsTheReceiptWhateverHasChangedSince(t *testing.T) {
	h := newHouse(t)
	ana, luis := h.holder(100_00), h.holder(0)
	order := ana.transfer(luis, 100_00)
	order.Memo = "todo"
	first, err := h.post(order)
	must(t, err)
	_, err = h.ledger.SetStatus(context.Background(), ana.account, models.AccountFrozen)
	must(t, err)
	h.clock.Add((30 * 24 * time.Hour).Microseconds()) // the key is long stale
	h.reopen()
	again, err := h.post(order)
	must(t, err)
	if !again.Replay || again.Seq != first.Seq || again.Head != first.Head || again.At != first.At {
		t.Fatalf("replay %+v of %+v", again, first)
	}
	// Of an erased memo, that there was one is all that is known.
	must(t, h.store.Write(context.Background(), func(tx *gormDB) error {
		return tx.Delete(&models.Memo{}, first.Transfer).Error
	}))
	again, err = h.post(order)
	must(t, err)
	if again.Memo != "" || again.Transfer != first.Transfer {
		t.Fatalf("replay with an erased memo: %+v", again)
	}
	order.Memo = ""
	h.refuse(order, ErrKeyReused)
	h.verify()
}

func TestAnUnseenKeyMustBeFresh(t *testing.T) {
	h := newHouse(t)
	ana, luis := h.holder(100_00), h.holder(0)
	for _, c := range []struct {
		offset time.Duration
		want   error
	}{
		{-23*time.Hour - 59*time.Minute, nil},
		{-24*time.Hour - time.Minute, ErrKeyStale},
		{9 * time.Minute, nil},
		{11 * time.Minute, ErrKeyStale},
		{-50 * 365 * 24 * time.Hour, ErrKeyStale},
	} {
		order := ana.transfer(luis, 1)
		order.Key = h.keyAt(c.offset)
		_, err := h.post(order)
		wantError(t, err, c.want)
	}
	// Who was told that a key from the future is stale has paid with another one by the time when it would be fresh.
	order := ana.transfer(luis, 1)
	order.Key = h.keyAt(11 * time.Minute)
	h.refuse(order, ErrKeyStale)
	h.clock.Add((2 * time.Minute).Microseconds())
	h.refuse(order, ErrKeyStale)
	h.wantBalance(luis, 2)

	for _, malformed := range []func(*Key){
		func(k *Key) { k[6] = 0x40 | k[6]&0xf }, // version 4
		func(k *Key) { k[8] &= 0x3f },           // variant
		func(k *Key) { *k = Key{} },
	} {
		order := ana.transfer(luis, 1)
		malformed(&order.Key)
		h.refuse(order, ErrKeyMalformed)
	}
	var outcomes int64
	must(t, h.store.Read().Model(&models.Outcome{}).Where("actor = ?", ana.user).Count(&outcomes).Error)
	if outcomes != 4 {
		t.Fatalf("%d keys of the payer are bound, want 4: two paid, two from the future", outcomes)
	}
}

func TestTwinsInABatchShareOneDecision(t *testing.T) {
	h := newHouse(t)
	ana, luis := h.holder(100_00), h.holder(0)
	hold := h.hold()
	good, bad := ana.transfer(luis, 10_00), ana.transfer(luis, 500_00)
	other := good
	other.AmountMinor = 11_00
	var answers []waiter
	for _, order := range []Order{good, other, good, bad, good, bad} {
		answers = append(answers, h.submit(order))
	}
	hold.release()
	var receipts []Receipt
	for i, answer := range answers {
		got := <-answer
		switch i {
		case 1:
			wantError(t, got.err, ErrKeyReused)
		case 3, 5:
			wantError(t, got.err, ErrInsufficientFunds)
		default:
			must(t, got.err)
			receipts = append(receipts, got.receipt)
		}
	}
	if receipts[0].Replay || !receipts[1].Replay || !receipts[2].Replay {
		t.Fatalf("replays: %v %v %v", receipts[0].Replay, receipts[1].Replay, receipts[2].Replay)
	}
	if receipts[1].Transfer != receipts[0].Transfer {
		t.Fatal("twins moved money twice")
	}
	h.wantBalance(luis, 10_00)
	h.verify()
}

// A retry whose key is in the database is answered from there, also when the batch has an impostor of the same key before it.
func TestATwinOfAnImpostorGetsWhatIsWritten(t *testing.T) {
	h := newHouse(t)
	ana, luis := h.holder(100_00), h.holder(0)
	order := ana.transfer(luis, 10_00)
	_, err := h.post(order)
	must(t, err)
	impostor := order
	impostor.AmountMinor = 99_00
	hold := h.hold()
	first, second := h.submit(impostor), h.submit(order)
	hold.release()
	wantError(t, (<-first).err, ErrKeyReused)
	answer := <-second
	must(t, answer.err)
	if !answer.receipt.Replay {
		t.Fatal("no replay")
	}
	h.verify()
}

func TestRefusalNumbersNeverChange(t *testing.T) {
	for number, want := range map[int]error{
		1: ErrInvalidAmount, 2: ErrMemo, 3: ErrCurrencyMismatch, 4: ErrSameAccount, 5: ErrNotFound, 6: ErrPayeeNotFound,
		7: ErrAccountFrozen, 8: ErrInsufficientFunds, 9: ErrBalanceOverflow, 10: ErrLimitExceeded, 11: ErrNotPermitted,
		12: ErrTooManyAccounts, 13: ErrAccountName, 14: ErrCurrency, 15: ErrKeyStale,
	} {
		if !errors.Is(refusalByNumber(int64(number)), want) || refusalNumber(want) != number {
			t.Errorf("%v is not number %d", want, number)
		}
	}
	wantError(t, refusalByNumber(int64(len(refusals))), ErrInternal)
	wantError(t, refusalByNumber(0), ErrInternal)
}
