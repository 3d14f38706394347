package bench

import (
	"strings"
	"testing"

	"caudal/protocol"
)

const watched1 = 32180000118359719

func following(t *testing.T) *tracker {
	t.Helper()
	tr := &tracker{faults: new(faults)}
	err := tr.begin(&protocol.SubscribeResult{Accounts: []*protocol.AccountState{{Account: &protocol.Account{
		Clabe: "032180000118359719", Seq: 5, BalanceMinor: 1000, Head: headOf(5),
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

func leg(seq uint64, amount, balance int64) *movement {
	return &movement{account: watched1, seq: seq, leg: true, amountMinor: amount, balanceMinor: balance, leavesMinor: balance, head: [32]byte(headOf(byte(seq)))}
}

func told(seq uint64, balance int64) *receipt {
	return &receipt{seq: seq, balanceMinor: balance, head: [32]byte(headOf(byte(seq)))}
}

func TestATrackTellsWhatDoesNotAgree(t *testing.T) {
	for name, test := range map[string]struct {
		happens func(*tracker)
		fault   string // part of it; empty for none
	}{
		"in order":             {func(t *tracker) { t.saw(leg(6, -10, 990)); t.saw(leg(7, 5, 995)) }, ""},
		"a leg left out":       {func(t *tracker) { t.saw(leg(8, 5, 700)) }, ""},
		"a leg twice":          {func(t *tracker) { t.saw(leg(6, -10, 990)); t.saw(leg(6, -10, 990)) }, "came again"},
		"money out of nothing": {func(t *tracker) { t.saw(leg(6, -10, 1010)) }, "leaves 1010"},
		"a change without a leg": {func(t *tracker) {
			t.saw(&movement{account: watched1, seq: 5, balanceMinor: 1001})
		}, "without a leg"},
		"a frozen account":            {func(t *tracker) { t.saw(&movement{account: watched1, seq: 5, balanceMinor: 1000}) }, ""},
		"somebody else's":             {func(t *tracker) { t.saw(&movement{account: 1, seq: 1, leg: true}) }, "not the user's"},
		"a receipt":                   {func(t *tracker) { t.paid(watched1, told(6, 990), 10); t.saw(leg(6, -10, 990)) }, ""},
		"a receipt, left out":         {func(t *tracker) { t.paid(watched1, told(6, 990), 10); t.saw(leg(7, -10, 980)) }, ""},
		"a receipt that lies":         {func(t *tracker) { t.paid(watched1, told(6, 991), 10); t.saw(leg(6, -10, 990)) }, "of another one"},
		"another amount than ordered": {func(t *tracker) { t.paid(watched1, told(6, 980), 10); t.saw(leg(6, -20, 980)) }, "of -20, and -10 was ordered"},
		"a receipt from before a cut": {func(t *tracker) { t.paid(watched1, &receipt{seq: 4, replay: true}, 10) }, ""},
		"two balances":                {func(t *tracker) { m := leg(6, -10, 990); m.leavesMinor = 991; t.saw(m) }, "leaves 991, and its event says 990"},
		"a chain that is broken":      {func(t *tracker) { t.saw(leg(6, -1, 999)); t.saw(leg(7, -1, 998)); t.saw(leg(8, -1, 997)) }, "does not continue the chain"},
		"a chain that goes on": {func(t *tracker) {
			t.saw(leg(6, -1, 999))
			t.saw(leg(7, -1, 998))
			next := leg(8, -1, 997)
			next.kind, next.other, next.atUs = protocol.TransferKind_TRANSFER_KIND_TRANSFER, 2010077777777771, 77
			next.head = protocol.NextHead([32]byte(headOf(7)), next.chainLeg())
			t.saw(next)
		}, ""},
		"a cut": {func(t *tracker) {
			t.saw(leg(6, -1, 999))
			t.resumeTracks([]track{{account: watched1, seq: 9, balanceMinor: 5}})
		}, ""},
		"a leg lost in a cut": {func(t *tracker) {
			t.saw(leg(6, -1, 999))
			t.resumeTracks([]track{{account: watched1, seq: 5, balanceMinor: 1000}})
		}, "at leg 6 before a cut and is at leg 5"},
		"an acknowledged leg lost in a cut": {func(t *tracker) {
			t.paid(watched1, told(7, 990), 10)
			t.resumeTracks([]track{{account: watched1, seq: 6, balanceMinor: 1000}})
		}, "at leg 7 before a cut and is at leg 6"},
		"a balance that a cut changes": {func(t *tracker) { t.resumeTracks([]track{{account: watched1, seq: 5, balanceMinor: 1001}}) }, "changed at leg 5 by a cut"},
		"an account lost in a cut":     {func(t *tracker) { t.resumeTracks(nil) }, "gone after a cut"},
		"a receipt too late":           {func(t *tracker) { t.saw(leg(6, -10, 990)); t.paid(watched1, told(6, 990), 10) }, "before its receipt"},
		"receipts out of order":        {func(t *tracker) { t.paid(watched1, told(7, 0), 10); t.paid(watched1, told(6, 0), 10) }, "wrong order"},
	} {
		t.Run(name, func(t *testing.T) {
			tr := following(t)
			test.happens(tr)
			all := strings.Join(tr.faults.list, "; ")
			if test.fault == "" && all != "" || !strings.Contains(all, test.fault) {
				t.Errorf("faults: %q, want %q", all, test.fault)
			}
		})
	}
}

func TestWhatEventsLeaveOutIsCounted(t *testing.T) {
	tr := following(t)
	tr.saw(leg(6, -1, 999))
	tr.saw(leg(10, -1, 900))
	if tr.events != 2 || tr.superseded != 3 {
		t.Errorf("%d legs seen and %d left out, want 2 and 3", tr.events, tr.superseded)
	}
}

func TestATrackIsMissingUntilItComesToItsTarget(t *testing.T) {
	tr := following(t)
	tr.aim(&protocol.Account{Clabe: "032180000118359719", Seq: 7})
	if tr.missing() != 1 {
		t.Error("nothing is missing before the last leg")
	}
	tr.saw(leg(6, -1, 999))
	tr.saw(leg(7, -1, 998))
	if tr.missing() != 0 {
		t.Error("something is missing after the last leg")
	}
}

func TestATrackersFaultsAreBounded(t *testing.T) {
	f := new(faults)
	for range faultsMax + 5 {
		f.add("x")
	}
	if len(f.list) != faultsMax || f.more != 5 {
		t.Errorf("%d faults are kept and %d counted", len(f.list), f.more)
	}
}
