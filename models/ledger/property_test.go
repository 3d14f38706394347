package ledger

import (
	"context"
	"crypto/ed25519"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
)

var (
	propertyRounds = flag.Int("ledger.rounds", 150, "rounds of the property test, about 20 operations each")
	propertySeed   = flag.Uint64("ledger.seed", 0, "seed of the property test; 0 chooses one")
)

// world is a bank, the simple ledger beside it, and who lives in it.
type world struct {
	*house
	simple  *simple
	random  *rand.Rand
	people  []holder
	numbers []clabe.Number
	past    []Order
}

func TestTheLedgerDoesWhatASimpleOneDoes(t *testing.T) {
	seed := *propertySeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-ledger.seed=%d", seed)
	w := newWorld(t, seed)
	for round := range *propertyRounds {
		switch w.random.IntN(12) {
		case 0:
			w.freeze()
		case 1:
			w.setOverdraft()
		case 2:
			w.openAccount()
		case 3:
			w.changeDevice()
		case 4:
			w.reopen()
		default:
			w.orders(1 + w.random.IntN(40))
		}
		w.compare()
		if round%5 == 0 {
			w.verify()
		}
		if t.Failed() {
			t.FailNow()
		}
	}
	w.reopen()
	w.compare()
	w.verify()
	count := make(map[error]int)
	for _, outcome := range w.simple.bound {
		count[outcome.err]++
	}
	t.Logf("%d keys were bound: %v", len(w.simple.bound), count)
}

func newWorld(t *testing.T, seed uint64) *world {
	random := rand.New(rand.NewPCG(seed, 1))
	limits := Limits{OperationMinor: 900_00, DayMinor: 40_000_00}
	w := &world{
		house: newHouse(t, func(c *Config) {
			c.Limits = limits
			c.BatchMax = 1 + random.IntN(64)
			c.CachedAccounts = 1 + random.IntN(64)
			c.AccountsMax = 5
		}),
		random: random,
		simple: &simple{
			accounts: make(map[clabe.Number]*simpleAccount), staff: make(map[int64]bool), devices: make(map[int64]int64),
			limits: limits, today: make(map[staffDay]int64), bound: make(map[ask]simpleOutcome),
		},
	}
	for i := range 10 {
		role, currency := models.RoleHolder, money.MXN
		if i >= 8 {
			role = models.RoleTeller
		}
		if i == 3 || i == 7 {
			currency = money.USD
		}
		who := w.person(role, currency, 0)
		w.people = append(w.people, who)
		w.simple.staff[who.user] = role != models.RoleHolder
		w.simple.devices[who.device] = who.user
		w.know(who.account, who.user, currency)
	}
	return w
}

func (w *world) know(number clabe.Number, owner int64, currency money.Currency) {
	w.numbers = append(w.numbers, number)
	w.simple.accounts[number] = &simpleAccount{owner: owner, currency: currency, changes: 1}
}

// orders gives some orders at once, so that they share batches, and compares each answer.
func (w *world) orders(n int) {
	w.t.Helper()
	hold := w.hold()
	var orders []Order
	var answers []waiter
	for range n {
		o := w.order()
		orders, answers = append(orders, o), append(answers, w.submit(o))
	}
	hold.release()
	for i, o := range orders {
		want, replay := w.simple.post(o)
		got := <-answers[i]
		if !errors.Is(got.err, want.err) || (got.err == nil) != (want.err == nil) {
			w.t.Errorf("order %+v: error %v, want %v", o, got.err, want.err)
			continue
		}
		if want.err == nil && (got.receipt.BalanceMinor != want.balance || got.receipt.Seq != want.seq ||
			got.receipt.Replay != replay || got.receipt.AmountMinor != o.AmountMinor || got.receipt.Memo != o.Memo) {
			w.t.Errorf("order %+v: receipt %+v, want %+v, replay %v", o, got.receipt, want, replay)
		}
	}
	w.past = append(w.past, orders...)
}

// order invents an order: a new one, good or bad, or one of the past, as it was or with a change.
func (w *world) order() Order {
	if len(w.past) > 0 && w.random.IntN(5) == 0 {
		o := w.past[w.random.IntN(len(w.past))]
		if w.random.IntN(3) == 0 { // what happened just now is retried most
			o = w.past[len(w.past)-1-w.random.IntN(min(len(w.past), 30))]
		}
		o.Device = w.deviceOf(o.Actor)
		if w.random.IntN(4) == 0 {
			o.AmountMinor++
		}
		return o
	}
	actor := w.people[w.random.IntN(len(w.people))]
	o := Order{
		Key: newKey(), Actor: actor.user, Device: w.deviceOf(actor.user), Kind: KindTransfer, Currency: money.MXN,
		AmountMinor: w.amount(), Debit: w.ownNumber(actor.user), Credit: w.number(),
	}
	switch w.random.IntN(10) {
	case 0, 1:
		o.Kind, o.Debit = KindDeposit, 0
	case 2:
		o.Kind, o.Debit, o.Credit = KindWithdrawal, w.number(), 0
	case 3:
		o.Kind, o.Debit, o.Actor, o.Device = KindGift, 0, 0, 0
	case 4:
		o.Debit = w.number()
	}
	if o.Kind != KindTransfer && o.Kind != KindGift && w.random.IntN(6) > 0 {
		teller := w.people[8+w.random.IntN(2)]
		o.Actor, o.Device = teller.user, w.deviceOf(teller.user)
	}
	if account := w.simple.accounts[o.subject()]; account != nil && w.random.IntN(20) > 0 {
		o.Currency = account.currency
	}
	switch w.random.IntN(40) {
	case 0:
		o.Memo = badMemo
	case 1, 2, 3, 4, 5, 6, 7, 8, 9:
		o.Memo = fmt.Sprintf("n %d", w.random.IntN(1000))
	}
	return o
}

func (w *world) amount() int64 {
	switch w.random.IntN(60) {
	case 0:
		return -w.random.Int64N(100)
	case 1:
		return w.random.Int64()
	case 2:
		return money.MaxAmountMinor - w.random.Int64N(3)
	}
	return 1 + w.random.Int64N(1000_00)
}

func (w *world) number() clabe.Number {
	if w.random.IntN(15) == 0 {
		return clabe.Number(w.random.Int64N(1e18))
	}
	return w.numbers[w.random.IntN(len(w.numbers))]
}

func (w *world) ownNumber(user int64) clabe.Number {
	for range 50 {
		if number := w.number(); w.simple.accounts[number] != nil && w.simple.accounts[number].owner == user {
			return number
		}
	}
	return w.number()
}

func (w *world) deviceOf(user int64) int64 {
	for device, owner := range w.simple.devices {
		if owner == user {
			return device
		}
	}
	return 0
}

func (w *world) freeze() {
	number := w.numbers[w.random.IntN(len(w.numbers))]
	account := w.simple.accounts[number]
	status := models.AccountFrozen
	if frozen := w.random.IntN(5) == 0; !frozen {
		status = models.AccountActive
	}
	if account.frozen != (status == models.AccountFrozen) {
		account.frozen = !account.frozen
		account.changes++
	}
	_, err := w.ledger.SetStatus(context.Background(), number, status)
	must(w.t, err)
}

func (w *world) setOverdraft() {
	number := w.numbers[w.random.IntN(len(w.numbers))]
	account := w.simple.accounts[number]
	overdraft := w.random.Int64N(2000_00)
	var want error
	switch {
	case overdraft == account.overdraft:
	case account.balance < -overdraft:
		want = ErrInsufficientFunds
	default:
		account.overdraft = overdraft
		account.changes++
	}
	_, err := w.ledger.SetOverdraft(context.Background(), number, overdraft)
	wantError(w.t, err, want)
}

func (w *world) openAccount() {
	who := w.people[w.random.IntN(len(w.people))]
	have := 0
	for _, account := range w.simple.accounts {
		if account.owner == who.user {
			have++
		}
	}
	currency := money.Currencies()[w.random.IntN(2)]
	request := NewAccount{Key: newKey(), Actor: who.user, Device: w.deviceOf(who.user), Name: "Otra", Currency: string(currency)}
	state, err := w.ledger.OpenAccount(context.Background(), request)
	if have >= 5 {
		wantError(w.t, err, ErrTooManyAccounts)
		return
	}
	must(w.t, err)
	w.know(state.ID, who.user, currency)
	again, err := w.ledger.OpenAccount(context.Background(), request)
	must(w.t, err)
	if again.ID != state.ID {
		w.t.Fatal("a retry opened another account")
	}
}

// changeDevice revokes somebody's device, and enrols another. What is ordered by the old one is refused.
func (w *world) changeDevice() {
	who := w.people[w.random.IntN(len(w.people))]
	old := w.deviceOf(who.user)
	var device models.Device
	must(w.t, w.store.Read().Take(&device, old).Error)
	_, err := w.store.RevokeDevice(context.Background(), who.user, old, device.PublicID)
	must(w.t, err)
	delete(w.simple.devices, old)
	o := w.order()
	o.Actor, o.Device = who.user, old
	w.refuse(o, ErrDeviceRevoked)
	user, err := w.store.UserByID(context.Background(), who.user)
	must(w.t, err)
	public, _, err := ed25519.GenerateKey(nil)
	must(w.t, err)
	added, err := w.store.AddDevice(context.Background(), user, models.NewDevice{Algorithm: models.Ed25519, PublicKey: public, Name: "next"})
	must(w.t, err)
	w.simple.devices[added.ID] = who.user
}

// compare makes sure that every account stands where the simple ledger has it, and that all money sums to zero.
func (w *world) compare() {
	w.t.Helper()
	sums := make(map[money.Currency]int64)
	var states []models.AccountState
	must(w.t, w.store.Read().Table("accounts").Select("accounts.*, heads.*").Joins("JOIN heads ON heads.account = accounts.id").Find(&states).Error)
	seen := 0
	for _, state := range states {
		sums[state.Currency] += state.Head.BalanceMinor
		want, ok := w.simple.accounts[state.ID]
		if !ok {
			continue
		}
		seen++
		if state.Head.BalanceMinor != want.balance || state.Head.Seq != want.seq || state.Head.Version != want.seq+want.changes ||
			state.AvailableMinor() != want.balance+want.overdraft || (state.Status == models.AccountFrozen) != want.frozen {
			w.t.Errorf("account %s is %+v, want %+v", state.ID, state, *want)
		}
		if want.balance < -want.overdraft {
			w.t.Errorf("account %s is below its overdraft", state.ID)
		}
	}
	if seen != len(w.simple.accounts) {
		w.t.Errorf("%d accounts of %d", seen, len(w.simple.accounts))
	}
	for currency, sum := range sums {
		if sum != 0 {
			w.t.Errorf("all %s sum to %d", currency, sum)
		}
	}
}
