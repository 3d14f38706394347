package bench

import (
	"strings"
	"testing"

	"caudal/wsclient/caudal"
)

// story is a run in which a paid b twice: what the ledger says before and after, and what the connections saw.
func story() (before, after *books, w *witness) {
	before = &books{totalMinor: 200, accounts: map[string]standing{
		"a": {seq: 1, balanceMinor: 100, head: caudal.Head{1}},
		"b": {seq: 4, balanceMinor: 100, head: caudal.Head{2}},
	}}
	after = &books{totalMinor: 200, accounts: map[string]standing{
		"a": {seq: 3, balanceMinor: 70, head: caudal.Head{3}},
		"b": {seq: 6, balanceMinor: 130, head: caudal.Head{4}},
	}}
	w = &witness{transfers: 2, moved: map[string]int64{"a": -30, "b": 30}, stands: map[string]standing{"a": after.accounts["a"], "b": after.accounts["b"]}}
	return before, after, w
}

func TestMoneyThatAddsUpIsOK(t *testing.T) {
	before, after, w := story()
	var faults faultList
	if met := before.compare(after, w, &faults); met != 2 || faults.verdict() != "ok" {
		t.Errorf("%d, %s", met, faults.verdict())
	}
	// An order that was cut off may have been carried out, or not.
	w.transfers, w.unknown = 1, 1
	w.moved = map[string]int64{"a": -10, "b": 10}
	w.mayMove = map[string]span{"a": {least: -20}, "b": {most: 20}}
	if before.compare(after, w, &faults); faults.verdict() != "ok" {
		t.Error(faults.verdict())
	}
}

func TestMoneyThatDoesNotAddUpIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(before, after *books, w *witness)
		want  string
	}{
		"money is made": {func(_, after *books, _ *witness) { after.totalMinor++ }, "held 200 before and hold 201 now"},
		"an account below zero": {func(_, after *books, w *witness) {
			after.accounts["a"] = standing{3, -1, caudal.Head{3}}
			w.stands["a"] = after.accounts["a"]
		}, "account a holds -1"},
		"an acknowledged transfer is lost": {func(_, _ *books, w *witness) { w.transfers = 3 }, "4 new legs instead of 6"},
		"a transfer is paid twice":         {func(_, _ *books, w *witness) { w.transfers = 1 }, "4 new legs instead of 2"},
		"another amount is paid": {func(_, _ *books, w *witness) { w.moved = map[string]int64{"a": -40, "b": 40} },
			"account a held 100, orders changed that by -40, and it holds 70"},
		"another account is paid": {func(_, _ *books, w *witness) { w.moved = map[string]int64{"a": -30, "c": 30} },
			"account b held 100, orders changed that by 0, and it holds 130"},
		"more is paid than was in doubt": {func(_, _ *books, w *witness) {
			w.moved, w.mayMove = map[string]int64{"a": -10, "b": 10}, map[string]span{"a": {least: -19}, "b": {most: 19}}
		}, "account a held 100"},
		"an account is gone": {func(_, after *books, _ *witness) { delete(after.accounts, "b") }, "account b is gone"},
		"history goes back":  {func(_, after *books, _ *witness) { after.accounts["b"] = standing{seq: 3} }, "from leg 4 back to leg 3"},
		"history is rewritten": {func(before, after *books, w *witness) {
			after.accounts["a"] = standing{1, 100, caudal.Head{9}}
			w.stands["a"] = after.accounts["a"]
		}, "changed at leg 1"},
		"an event is missing": {func(_, _ *books, w *witness) { w.stands["b"] = standing{5, 115, caudal.Head{5}} }, "end at leg 5 with 115, the ledger at leg 6 with 130"},
		"an event tells another balance": {func(_, _ *books, w *witness) { w.stands["a"] = standing{3, 71, caudal.Head{3}} },
			"leg 3 with 71, the ledger at leg 3 with 70"},
		"an event tells another chain": {func(_, _ *books, w *witness) { w.stands["a"] = standing{3, 70, caudal.Head{8}} }, "chain heads differ"},
	} {
		before, after, w := story()
		c.spoil(before, after, w)
		var faults faultList
		before.compare(after, w, &faults)
		if verdict := faults.verdict(); !strings.Contains(verdict, c.want) {
			t.Errorf("%s: %q", name, verdict)
		}
		if (&Result{MoneyCheck: faults.verdict()}).MoneyGood() {
			t.Errorf("%s: passes", name)
		}
	}
}

func TestHistoryIsReadBackLegByLeg(t *testing.T) {
	now, start := standing{4, 70, caudal.Head{4}}, standing{2, 100, caudal.Head{2}}
	legs := func() []caudal.Leg { // newest first
		return []caudal.Leg{
			{Seq: 4, AmountMinor: -10, BalanceMinor: 70, Head: caudal.Head{4}},
			{Seq: 3, AmountMinor: -20, BalanceMinor: 80, Head: caudal.Head{3}},
			{Seq: 2, AmountMinor: 50, BalanceMinor: 100, Head: caudal.Head{2}},
			{Seq: 1, AmountMinor: 50, BalanceMinor: 50, Head: caudal.Head{1}},
		}
	}
	read := func(legs []caudal.Leg) *walk {
		w := &walk{now: now, start: start}
		for i := range legs {
			if w.step(&legs[i]); w.done() {
				break
			}
		}
		w.end()
		return w
	}
	if w := read(legs()); w.fault != "" || w.legs != 3 {
		t.Errorf("%q after %d legs", w.fault, w.legs)
	}
	for want, spoil := range map[string]func([]caudal.Leg) []caudal.Leg{
		"its newest leg is 3":         func(l []caudal.Leg) []caudal.Leg { return l[1:] },
		"leg 2 is followed by leg 4":  func(l []caudal.Leg) []caudal.Leg { return append(l[:1], l[2:]...) },
		"leg 3 leaves 81":             func(l []caudal.Leg) []caudal.Leg { l[1].BalanceMinor = 81; return l },
		"leg 2 is not what it was":    func(l []caudal.Leg) []caudal.Leg { l[2].Head = caudal.Head{9}; return l },
		"it ends after 0 legs":        func([]caudal.Leg) []caudal.Leg { return nil },
		"it ends after 2 legs":        func(l []caudal.Leg) []caudal.Leg { return l[:2] },
		"its newest leg is 4 with 69": func(l []caudal.Leg) []caudal.Leg { l[0].BalanceMinor = 69; return l },
	} {
		if w := read(spoil(legs())); !strings.Contains(w.fault, want) {
			t.Errorf("%q instead of %q", w.fault, want)
		}
	}
}

func TestFaultsAreBounded(t *testing.T) {
	var faults faultList
	for i := range 10_000 {
		faults.add("fault %d", i)
	}
	if verdict := faults.verdict(); len(faults.list) != faultsMax || !strings.HasSuffix(verdict, "; and 9990 more") {
		t.Error(verdict)
	}
}

func TestTheSampleHasTheBusiestAccount(t *testing.T) {
	before, after := &books{accounts: map[string]standing{}}, &books{accounts: map[string]standing{}}
	for i := range 500 {
		name := string(rune('A' + i))
		before.accounts[name] = standing{seq: 1}
		after.accounts[name] = standing{seq: uint64(1 + i%7)}
	}
	after.accounts["A"] = standing{seq: 1000}
	if sample := before.sample(after); len(sample) < readBackAccounts-1 || len(sample) > readBackAccounts || sample[0] != "A" {
		t.Errorf("%d: %v", len(sample), sample)
	}
}
