package ledger

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
)

// recorder keeps what the ledger tells, in order.
type recorder struct {
	mu      sync.Mutex
	changes []*Change
	told    []any // *Change and Key, as they came
}

func (r *recorder) Changed(change *Change) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := new(Change) // the ledger goes on with its own
	if *c = *change; c.Leg != nil {
		leg := *c.Leg
		c.Leg = &leg
	}
	r.changes = append(r.changes, c)
	r.told = append(r.told, c)
}

func (r *recorder) Told() {}

func (r *recorder) Decided(o *Order, _ *Receipt, _ error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, o.Key)
	*o = Order{} // it is the owner's again
}

func (r *recorder) take() []*Change {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.changes
	r.changes, r.told = nil, nil
	return taken
}

func TestTheReplyComesBeforeItsChangesAndVersionsInOrder(t *testing.T) {
	sink := new(recorder)
	h := newHouse(t, func(c *Config) { c.Sink = sink; c.BatchMax = 7 })
	people := []holder{h.holder(100_00), h.holder(100_00), h.holder(100_00)}
	sink.take()
	const orders = 100
	for i := range orders {
		o := people[i%3].transfer(people[(i+1)%3], 1+int64(i))
		o.Memo = fmt.Sprint("n ", i)
		must(t, h.ledger.Submit(&o, sink))
	}
	h.ledger.Close() // drains
	versions := make(map[clabe.Number]uint64)
	seqs := make(map[clabe.Number]uint64)
	balances := make(map[clabe.Number]int64)
	var current Key
	decided, changes := 0, 0
	for _, told := range sink.told {
		change, ok := told.(*Change)
		if !ok {
			current = told.(Key)
			decided++
			continue
		}
		changes++
		leg := change.Leg
		if leg.Key != current {
			t.Fatalf("a change of %v came after the reply to %v", leg.Key, current)
		}
		if versions[change.Account] != 0 && (change.Version != versions[change.Account]+1 || change.Seq != seqs[change.Account]+1 ||
			leg.BalanceMinor != balances[change.Account]+leg.AmountMinor) {
			t.Fatalf("change %+v after version %d, seq %d, balance %d", change, versions[change.Account], seqs[change.Account], balances[change.Account])
		}
		if change.Seq != leg.Seq || change.BalanceMinor != leg.BalanceMinor || change.Head != leg.Head ||
			change.Account != leg.Account || change.Status != models.AccountActive || change.AvailableMinor != change.BalanceMinor {
			t.Fatalf("change and leg differ: %+v %+v", change, leg)
		}
		if leg.AmountMinor < 0 != strings.Contains(leg.CounterpartyName, "***") {
			t.Fatalf("the counterparty of %d is named %q", leg.AmountMinor, leg.CounterpartyName)
		}
		versions[change.Account], seqs[change.Account], balances[change.Account] = change.Version, change.Seq, change.BalanceMinor
	}
	if decided != orders || changes != 2*orders {
		t.Fatalf("%d replies and %d changes", decided, changes)
	}
	h.ledger = nil
	h.verify()
	must(t, h.store.Close())
}

// What the event says and what the history says is one and the same leg.
func TestEventsAndHistoryAgree(t *testing.T) {
	sink := new(recorder)
	h := newHouse(t, func(c *Config) { c.Sink = sink })
	ana, luis := h.holder(100_00), h.holder(0)
	teller := h.person(models.RoleTeller, money.MXN, 0)
	order := ana.transfer(luis, 5_00)
	order.Memo = "café ☕"
	_, err := h.post(order)
	must(t, err)
	_, err = h.post(Order{Key: newKey(), Actor: teller.user, Device: teller.device, Kind: KindDeposit, Credit: ana.account, AmountMinor: 3, Currency: money.MXN})
	must(t, err)
	events := make(map[clabe.Number][]Leg)
	for _, change := range sink.take() {
		events[change.Account] = append([]Leg{*change.Leg}, events[change.Account]...)
	}
	for account, want := range events {
		legs, _, err := h.ledger.History(t.Context(), HistoryQuery{Account: account, Limit: 10})
		must(t, err)
		if fmt.Sprintf("%+v", legs) != fmt.Sprintf("%+v", want) {
			t.Errorf("history\n%+v\nevents\n%+v", legs, want)
		}
	}
}
