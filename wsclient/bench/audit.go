package bench

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"caudal/wsclient/caudal"
)

// standing is where an account stands after one of its legs.
type standing struct {
	seq          uint64
	balanceMinor int64
	head         caudal.Head
}

// witness is what the connections of a run saw of the money, to be compared with what the ledger says.
type witness struct {
	transfers  uint64 // acknowledged, whenever
	unknown    uint64 // sent, and never answered: each may have happened or not
	events     uint64
	superseded uint64
	// moved is by how much the acknowledged orders changed each account, mayMove by how much more the unknown ones may have.
	moved   map[string]int64
	mayMove map[string]span
	// stands is where the last event left each account on which a connection heard everything to the end.
	stands map[string]standing
	// faults are what did not agree on the way, as sentences; bounded, and faultsMore counts the rest.
	faults     []string
	faultsMore uint64
}

// books are the accounts of a run as the bank shows them to their owners.
type books struct {
	bank       string // what the bank calls itself
	accounts   map[string]standing
	owners     map[string]*User
	totalMinor int64
}

const (
	// faultsMax bounds the faults that are told; one is too many.
	faultsMax = 10
	// readBackAccounts and readBackLegs bound what is read back from history: that is slower than it was written.
	readBackAccounts = 32
	readBackLegs     = 256
)

// What Result.MoneyCheck says where nothing is wrong, and how it begins where there was nothing to check.
const (
	verdictOK      = "ok"
	verdictNotDone = "not done: "
)

// MoneyGood reports that the money check found nothing wrong, or that no money was moved.
func (r *Result) MoneyGood() bool {
	return r.MoneyCheck == verdictOK || strings.HasPrefix(r.MoneyCheck, verdictNotDone)
}

// moneyBefore reads the accounts of all the run's users. Nobody else may move their money until [books.moneyAfter].
func moneyBefore(ctx context.Context, c *Config) (*books, error) {
	b := &books{accounts: map[string]standing{}, owners: map[string]*User{}}
	var mu sync.Mutex
	err := forEach(ctx, len(c.Users), func(ctx context.Context, i int) error {
		user := &c.Users[i]
		conn, err := c.bank().signIn(ctx, user)
		if err != nil {
			return err
		}
		defer hangUp(conn)
		accounts, err := conn.Accounts(ctx)
		if err != nil {
			return fmt.Errorf("reading the accounts of %s: %w", user.Username, err)
		}
		mu.Lock()
		defer mu.Unlock()
		b.bank = conn.Bank().Server
		for _, a := range accounts {
			if !slices.Contains(user.Accounts, a.CLABE) {
				continue
			}
			b.accounts[a.CLABE] = standing{seq: a.Seq, balanceMinor: a.BalanceMinor, head: a.Head}
			b.owners[a.CLABE] = user
			b.totalMinor += a.BalanceMinor
		}
		return nil
	})
	return b, err
}

// moneyAfter reads the accounts again, once everything has been answered, and says whether the ledger and the witness tell
// the same story: "ok", or what is wrong. A bank that cannot be asked is not ok.
func (b *books) moneyAfter(ctx context.Context, c *Config, w *witness) (verdict string, m Money) {
	m = Money{
		Accounts: len(b.accounts), TotalMinor: b.totalMinor,
		Transfers: w.transfers, Unknown: w.unknown, Events: w.events, Superseded: w.superseded,
	}
	faults := faultList{list: slices.Clone(w.faults), more: w.faultsMore}
	after, err := moneyBefore(ctx, c)
	if err != nil {
		return "the accounts cannot be read: " + err.Error(), m
	}
	m.AccountsMet = b.compare(after, w, &faults)
	read, err := b.readBack(ctx, c, after, &faults)
	m.LegsRead = read
	if err != nil {
		faults.add("the history cannot be read: %v", err)
	}
	return faults.verdict(), m
}

// compare holds what the ledger says now against what it said before, and against what was seen in between. It returns how many
// accounts the witness and the ledger left at the same leg, balance and chain head.
func (b *books) compare(after *books, w *witness, faults *faultList) (met int) {
	if after.totalMinor != b.totalMinor {
		faults.add("all accounts together held %d before and hold %d now", b.totalMinor, after.totalMinor)
	}
	var legs uint64
	for _, number := range sortedKeys(b.accounts) {
		was := b.accounts[number]
		is, ok := after.accounts[number]
		switch {
		case !ok:
			faults.add("account %s is gone", number)
			continue
		case is.balanceMinor < 0:
			faults.add("account %s holds %d", number, is.balanceMinor)
		case is.seq < was.seq:
			faults.add("account %s went from leg %d back to leg %d", number, was.seq, is.seq)
			continue
		case is.seq == was.seq && is != was:
			faults.add("account %s changed at leg %d, which is as old as the run", number, is.seq)
		}
		legs += is.seq - was.seq
		may := w.mayMove[number]
		if by := is.balanceMinor - was.balanceMinor - w.moved[number]; by < may.least || by > may.most {
			faults.add("account %s held %d, orders changed that by %d, and it holds %d", number, was.balanceMinor, w.moved[number], is.balanceMinor)
		}
		if saw, ok := w.stands[number]; ok {
			if saw == is {
				met++
				continue
			}
			faults.add("the events of account %s end at leg %d with %d, the ledger at leg %d with %d%s", number, saw.seq, saw.balanceMinor,
				is.seq, is.balanceMinor, headsDiffer(saw, is))
		}
	}
	// Each transfer is two legs, one more leg would be money paid twice, and one less money that was acknowledged and lost.
	if least, most := 2*w.transfers, 2*(w.transfers+w.unknown); legs < least || legs > most {
		faults.add("%d transfers were acknowledged and %d are unknown, but the accounts have %d new legs instead of %s", w.transfers, w.unknown,
			legs, between(least, most))
	}
	return met
}

func headsDiffer(a, b standing) string {
	if a.seq == b.seq && a.head != b.head {
		return ", and the chain heads differ"
	}
	return ""
}

func between(least, most uint64) string {
	if least == most {
		return fmt.Sprint(least)
	}
	return fmt.Sprintf("%d to %d", least, most)
}

// readBack goes through the newest legs of some accounts and compares each with the next. The SDK checks that their hashes
// are one chain.
func (b *books) readBack(ctx context.Context, c *Config, after *books, faults *faultList) (legs uint64, err error) {
	numbers := b.sample(after)
	var mu sync.Mutex
	err = forEach(ctx, len(numbers), func(ctx context.Context, i int) error {
		number := numbers[i]
		conn, err := c.bank().signIn(ctx, b.owners[number])
		if err != nil {
			return err
		}
		defer hangUp(conn)
		walk := walk{number: number, now: after.accounts[number], start: b.accounts[number]}
		for leg, err := range conn.Legs(ctx, caudal.HistoryQuery{Account: number}) {
			if errors.Is(err, caudal.ErrDiverged) {
				walk.fault = err.Error()
				break
			}
			if err != nil {
				return err
			}
			if walk.step(&leg); walk.done() {
				break
			}
		}
		walk.end()
		mu.Lock()
		defer mu.Unlock()
		legs += walk.legs
		if walk.fault != "" {
			faults.add("history of account %s: %s", number, walk.fault)
		}
		return nil
	})
	return legs, err
}

// sample is the busiest account and others, evenly out of those that have moved.
func (b *books) sample(after *books) []string {
	var moved []string
	busiest, most := "", uint64(0)
	for _, number := range sortedKeys(b.accounts) {
		n := after.accounts[number].seq - b.accounts[number].seq
		if _, ok := after.accounts[number]; !ok || n == 0 || n > 1<<63 {
			continue
		}
		moved = append(moved, number)
		if n > most {
			busiest, most = number, n
		}
	}
	if len(moved) <= readBackAccounts {
		return moved
	}
	chosen := []string{busiest}
	for i := range readBackAccounts - 1 {
		if number := moved[i*len(moved)/(readBackAccounts-1)]; number != busiest {
			chosen = append(chosen, number)
		}
	}
	return chosen
}

// walk goes back through an account's legs, from where it stands now to where it stood at the start.
type walk struct {
	number     string
	now, start standing
	newer      *caudal.Leg
	legs       uint64
	fault      string
}

func (w *walk) step(leg *caudal.Leg) {
	w.legs++
	is := standing{seq: leg.Seq, balanceMinor: leg.BalanceMinor, head: leg.Head}
	switch newer := w.newer; {
	case newer == nil && is != w.now:
		w.fault = fmt.Sprintf("its newest leg is %d with %d, the account is at leg %d with %d", is.seq, is.balanceMinor, w.now.seq, w.now.balanceMinor)
	case newer != nil && leg.Seq != newer.Seq-1:
		w.fault = fmt.Sprintf("leg %d is followed by leg %d", leg.Seq, newer.Seq)
	case newer != nil && leg.BalanceMinor != newer.BalanceMinor-newer.AmountMinor:
		w.fault = fmt.Sprintf("leg %d leaves %d, and leg %d of %d leaves %d", leg.Seq, leg.BalanceMinor, newer.Seq, newer.AmountMinor, newer.BalanceMinor)
	case leg.Seq == w.start.seq && is != w.start:
		w.fault = fmt.Sprintf("leg %d is not what it was before the run", leg.Seq)
	}
	w.newer = leg
}

func (w *walk) done() bool {
	return w.fault != "" || w.legs >= readBackLegs || w.newer.Seq <= w.start.seq
}

// end makes sure that legs did not end too early.
func (w *walk) end() {
	if w.fault == "" && (w.newer == nil && w.now.seq > 0 || w.newer != nil && !w.done() && w.newer.Seq > 1) {
		w.fault = fmt.Sprintf("it ends after %d legs", w.legs)
	}
}

// faultList is what is wrong, bounded.
type faultList struct {
	list []string
	more uint64
}

func (f *faultList) add(format string, args ...any) {
	if len(f.list) >= faultsMax {
		f.more++
		return
	}
	f.list = append(f.list, fmt.Sprintf(format, args...))
}

func (f *faultList) verdict() string {
	if len(f.list) == 0 {
		return verdictOK
	}
	text := strings.Join(f.list, "; ")
	if f.more > 0 {
		text += fmt.Sprintf("; and %d more", f.more)
	}
	return text
}

func sortedKeys(m map[string]standing) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
