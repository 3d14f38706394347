package ledger

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"
)

// longHistory gives two holders many legs between them, and returns the first one's, oldest first, as the events told them.
func longHistory(t *testing.T, legs int) (h *house, ana, luis holder, told []Leg) {
	sink := new(recorder)
	h = newHouse(t, func(c *Config) { c.Sink = sink })
	ana, luis = h.holder(1_000_000_00), h.holder(1_000_000_00)
	answers := new(waiters)
	for i := range legs - 1 {
		o := ana.transfer(luis, 1+int64(i%50))
		if i%3 == 0 {
			o = luis.transfer(ana, 1+int64(i%70))
		}
		o.Memo = fmt.Sprint("leg ", i)
		if i%100 == 99 {
			h.clock.Add(time.Hour.Microseconds())
			o.Key = h.keyAt(0)
		}
		answers.submit(h, o)
		if i%100 == 99 {
			answers.wait(t)
		}
	}
	answers.wait(t)
	h.ledger.publisherSync()
	for _, change := range sink.take() {
		if change.Account == ana.account {
			told = append(told, *change.Leg)
		}
	}
	if len(told) != legs {
		t.Fatalf("%d legs", len(told))
	}
	return h, ana, luis, told
}

// waiters collects answers.
type waiters struct{ pending []waiter }

func (w *waiters) submit(h *house, o Order) { w.pending = append(w.pending, h.submit(o)) }

func (w *waiters) wait(t testing.TB) {
	t.Helper()
	for _, answer := range w.pending {
		must(t, (<-answer).err)
	}
	w.pending = nil
}

// publisherSync waits until all that was committed has been told.
func (l *Ledger) publisherSync() {
	_ = l.do(context.Background(), func(*writer) ([]*Change, error) { return nil, nil })
}

func TestPagesFollowEachOtherWithoutGapsFromAnywhere(t *testing.T) {
	const legs = 1200
	h, ana, _, told := longHistory(t, legs)
	ctx := context.Background()
	newestFirst := slices.Clone(told)
	slices.Reverse(newestFirst)
	check := func(name string, got, want []Leg) {
		t.Helper()
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Fatalf("%s: %d legs, want %d", name, len(got), len(want))
		}
	}
	var all []Leg
	for before := uint64(0); ; {
		page, next, err := h.ledger.History(ctx, HistoryQuery{Account: ana.account, Before: before, Limit: 77})
		must(t, err)
		all = append(all, page...)
		if next == 0 {
			break
		}
		if next != page[len(page)-1].Seq {
			t.Fatalf("next is %d after leg %d", next, page[len(page)-1].Seq)
		}
		before = next
	}
	check("all pages", all, newestFirst)

	for _, before := range []uint64{1, 2, 50, 255, 256, 257, 258, 512, 513, 1000, 1199, 1200, 1201, 1202, 1 << 60} {
		page, _, err := h.ledger.History(ctx, HistoryQuery{Account: ana.account, Before: before, Limit: 20})
		must(t, err)
		var want []Leg
		for _, leg := range newestFirst {
			if leg.Seq < before && len(want) < 20 {
				want = append(want, leg)
			}
		}
		check(fmt.Sprint("before ", before), page, want)
	}
	// By date, at times of legs, between them, and outside.
	for _, from := range []int{0, 99, 256, 700, 1199} {
		for _, span := range []int{0, 1, 150, 600, 5000} {
			since, until := told[from].At, told[min(from+span, legs-1)].At
			var want []Leg
			for _, leg := range newestFirst {
				if leg.At >= since && leg.At < until {
					want = append(want, leg)
				}
			}
			var got []Leg
			for before, more := uint64(0), true; more; more = before != 0 {
				page, next, err := h.ledger.History(ctx, HistoryQuery{Account: ana.account, Before: before, Limit: 60, Since: since, Until: until})
				must(t, err)
				got = append(got, page...)
				before = next
			}
			check(fmt.Sprintf("from leg %d for %d", from, span), got, want)
		}
	}
	page, next, err := h.ledger.History(ctx, HistoryQuery{Account: ana.account, Limit: 5, Until: told[0].At})
	must(t, err)
	if len(page) != 0 || next != 0 {
		t.Fatalf("before the first: %+v", page)
	}
	page, _, err = h.ledger.History(ctx, HistoryQuery{Account: ana.account, Limit: -1})
	must(t, err)
	check("a limit of less than nothing", page, newestFirst[:1])
	page, _, err = h.ledger.History(ctx, HistoryQuery{Account: ana.account, Limit: 1 << 30})
	must(t, err)
	check("a limit without bound", page, newestFirst[:HistoryMax])
	_, _, err = h.ledger.History(ctx, HistoryQuery{Account: 123, Limit: 5})
	wantError(t, err, ErrNotFound)
	h.verify()
}

// Every link above the marks that the pages need is cut: whoever walked from the newest leg would not arrive.
func TestAPageInTheMiddleStartsAtAMark(t *testing.T) {
	const legs = 2000
	h, ana, _, told := longHistory(t, legs)
	h.exec("DROP TRIGGER transfers_no_update", fmt.Sprintf(
		"UPDATE transfers SET debit_prev = 1, credit_prev = 1 WHERE id > %d", told[1023].Transfer)) // above seq 1024, a mark
	ctx := context.Background()
	page, _, err := h.ledger.History(ctx, HistoryQuery{Account: ana.account, Before: 1001, Limit: 50})
	must(t, err)
	if len(page) != 50 || page[0].Seq != 1000 || page[49].Seq != 951 {
		t.Fatalf("by seq: %d legs", len(page))
	}
	page, _, err = h.ledger.History(ctx, HistoryQuery{Account: ana.account, Until: told[900].At, Limit: 50})
	must(t, err)
	if len(page) != 50 || page[0].At >= told[900].At || told[page[0].Seq].At < told[900].At {
		t.Fatalf("by date: %d legs", len(page))
	}
	_, diverged, more, err := h.ledger.LegsAfter(ctx, ana.account, 1000, told[999].Head, 100)
	must(t, err)
	if diverged || !more {
		t.Fatal("a position in the middle was not found from its mark")
	}
}

func TestLegsAfterAPosition(t *testing.T) {
	const legs = 700
	h, ana, _, told := longHistory(t, legs)
	ctx := context.Background()
	var zero [32]byte
	for _, c := range []struct {
		name           string
		seq            uint64
		head           [32]byte
		limit          int
		want           int
		diverged, more bool
	}{
		{"up to date", legs, told[legs-1].Head, 100, 0, false, false},
		{"one behind", legs - 1, told[legs-2].Head, 100, 1, false, false},
		{"as many behind as allowed", legs - 100, told[legs-101].Head, 100, 100, false, false},
		{"too many behind", legs - 101, told[legs-102].Head, 100, 0, false, true},
		{"at a mark", 512, told[511].Head, 500, legs - 512, false, false},
		{"from the first", 1, told[0].Head, 500, 0, false, true},
		{"with nothing", 0, zero, 500, 0, false, true},
		{"ahead of the bank", legs + 1, told[legs-1].Head, 100, 0, true, false},
		{"with another head", legs - 10, told[legs-10].Head, 100, 0, true, false},
		{"with another head at the end", legs, zero, 100, 0, true, false},
		{"with another head far back", 3, zero, 100, 0, true, false},
		{"with another first head", 0, told[0].Head, 100, 0, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, diverged, more, err := h.ledger.LegsAfter(ctx, ana.account, c.seq, c.head, c.limit)
			must(t, err)
			if diverged != c.diverged || more != c.more || len(got) != c.want {
				t.Fatalf("%d legs, diverged %v, more %v", len(got), diverged, more)
			}
			for i, leg := range got {
				if fmt.Sprintf("%+v", leg) != fmt.Sprintf("%+v", told[int(c.seq)+i]) {
					t.Fatalf("leg %d is %+v, want %+v", i, leg, told[int(c.seq)+i])
				}
			}
		})
	}
	fresh := h.holder(0)
	start := h.state(fresh.account)
	for _, head := range [][32]byte{zero, [32]byte(start.Head.Head)} {
		got, diverged, more, err := h.ledger.LegsAfter(ctx, fresh.account, 0, head, 10)
		must(t, err)
		if len(got) != 0 || diverged || more {
			t.Fatal("an account without legs")
		}
	}
	_, _, _, err := h.ledger.LegsAfter(ctx, 999, 0, zero, 10)
	wantError(t, err, ErrNotFound)
}

func TestTheClockNeverTurnsBackInAHistory(t *testing.T) {
	h := newHouse(t)
	ana, luis := h.holder(100), h.holder(100)
	a, err := h.post(ana.transfer(luis, 1))
	must(t, err)
	h.clock.Add(-time.Hour.Microseconds())
	o := luis.transfer(ana, 1)
	o.Key = h.keyAt(0)
	b, err := h.post(o)
	must(t, err)
	if b.At != a.At {
		t.Fatalf("at %d after %d", b.At, a.At)
	}
	h.verify()
}
