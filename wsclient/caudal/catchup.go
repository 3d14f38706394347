package caudal

import (
	"fmt"
	"slices"

	"caudal/models/clabe"
	"caudal/protocol"
)

const (
	// fillPages bounds the pages of one gap: three million legs. Each costs its cursor's few dozen bytes.
	fillPages = 1 << 16
	// fillKept is how many pages are kept, instead of being fetched a second time when their turn comes.
	fillKept = 32
)

// followed is how far an account has been shown.
type followed struct {
	account, currency string
	name              string
	seq               uint64
	head              Head
	balanceMinor      int64
	// unsure: the balance after leg seq is not known, because the caller's position does not have it.
	unsure bool
	// The newest that is known; seq may be behind it while legs are fetched.
	version        uint64
	availableMinor int64
	status         Status
}

// catchUpAll takes what a subscription says of all accounts.
func (f *follower) catchUpAll(states []*protocol.AccountState) error {
	if len(states) > accountsMax {
		return violation("there are %d accounts", len(states))
	}
	there := map[string]bool{}
	for _, state := range states {
		account, err := f.c.account(state.GetAccount())
		if err != nil {
			return err
		}
		if there[account.CLABE] {
			return violation("an account is there twice")
		}
		there[account.CLABE] = true
		if err := f.catchUp(state, account); err != nil {
			return err
		}
	}
	for _, a := range f.accounts {
		if !there[a.account] {
			return a.diverged("the bank does not know the account any more")
		}
	}
	for _, p := range f.from {
		if !there[p.Account] {
			return &DivergedError{Account: p.Account, Seq: p.Seq, Why: "the bank does not know the account"}
		}
	}
	return nil
}

// catchUp shows the legs of an account that the loop has not seen, and then where it stands.
func (f *follower) catchUp(state *protocol.AccountState, now Account) error {
	a, known := f.accounts[now.CLABE]
	if !known {
		position, given := f.from[now.CLABE]
		if !given && !f.begun {
			return f.start(now)
		}
		a = newFollowed(now, position)
		f.accounts[now.CLABE] = a
		if f.begun { // it was opened while nobody listened
			if err := f.emit(AccountOpened{Account: now}); err != nil {
				return err
			}
		}
	}
	switch {
	case state.GetHistoryDiverged():
		return a.diverged("the bank does not have this leg, or has another one in its place")
	case now.Currency != a.currency:
		return a.diverged("the account's currency has changed")
	case now.Seq < a.seq:
		return a.diverged(fmt.Sprintf("the bank has gone back to leg %d", now.Seq))
	}
	renamed := now.Name != a.name && now.Version > a.version
	news := now.Version > a.version && (!renamed || now.AvailableMinor != a.availableMinor || now.Status != a.status)
	a.latest(now.Version, now.AvailableMinor, now.Status)
	before := a.seq
	for _, raw := range state.GetMissing() {
		leg, err := readLeg(raw, a.account, a.currency)
		if err != nil {
			return err
		}
		if leg.Seq > now.Seq {
			return violation("a leg is newer than its account")
		}
		if err := f.showLeg(a, leg, true); err != nil {
			return err
		}
	}
	if err := f.fill(a, now.Seq); err != nil {
		return err
	}
	if err := a.arrived(f, now.Head, now.BalanceMinor); err != nil {
		return err
	}
	if renamed {
		a.name = now.Name
		if err := f.emit(AccountRenamed{Account: now.CLABE, Name: now.Name, Version: now.Version}); err != nil {
			return err
		}
	}
	if news && a.seq == before {
		return f.emit(a.balance(nil, false))
	}
	return nil
}

// renamed takes the event of an account's new name, which says of the account what a subscription says.
func (f *follower) renamed(raw *protocol.Account) error {
	account, err := f.c.account(raw)
	if err != nil {
		return err
	}
	a := f.accounts[account.CLABE]
	if a == nil { // the list of accounts will tell whether it is the user's
		f.stale = true
		return nil
	}
	if account.Version <= a.version {
		return nil // seen
	}
	return f.catchUp(&protocol.AccountState{Account: raw}, account)
}

// start takes an account as it stands.
func (f *follower) start(now Account) error {
	a := newFollowed(now, Position{Account: now.CLABE, Seq: now.Seq, Head: now.Head})
	a.balanceMinor, a.unsure = now.BalanceMinor, false
	if now.Seq == 0 {
		if err := a.arrived(f, now.Head, now.BalanceMinor); err != nil {
			return err
		}
	}
	f.accounts[now.CLABE] = a
	a.latest(now.Version, now.AvailableMinor, now.Status)
	return f.emit(a.balance(nil, false))
}

func newFollowed(now Account, from Position) *followed {
	return &followed{
		account: now.CLABE, currency: now.Currency, name: now.Name,
		seq: from.Seq, head: from.Head, unsure: from.Seq > 0,
	}
}

// opened takes the event of a new account.
func (f *follower) opened(raw *protocol.Account) error {
	account, err := f.c.account(raw)
	if err != nil {
		return err
	}
	if f.accounts[account.CLABE] != nil {
		return nil
	}
	if len(f.accounts) >= accountsMax {
		return violation("there are more than %d accounts", accountsMax)
	}
	return f.catchUp(&protocol.AccountState{Account: raw}, account)
}

// wouldFetch reports an event that misses legs before it, or its own.
func (f *follower) wouldFetch(e *protocol.BalanceEvent) bool {
	a := f.accounts[e.GetAccount()]
	return a != nil && e.GetSeq() > a.seq && (e.GetSeq() > a.seq+1 || e.GetLeg() == nil)
}

// changed takes a balance event. The newest version wins; a jump in seq is filled from the history.
func (f *follower) changed(e *protocol.BalanceEvent) error {
	a := f.accounts[e.GetAccount()]
	switch {
	case a == nil: // the list of accounts will tell whether it is the user's
		f.stale = true
		return nil
	case e.GetVersion() <= a.version:
		if e.GetSeq() > a.seq {
			return violation("a leg has not raised its account's version")
		}
		return nil // seen
	case e.GetSeq() < a.seq:
		return a.diverged(fmt.Sprintf("the bank has gone back to leg %d", e.GetSeq()))
	case e.GetCurrency() != a.currency:
		return a.diverged("the account's currency has changed")
	}
	a.latest(e.GetVersion(), e.GetAvailableMinor(), statusOf(e.GetStatus()))
	if e.GetSeq() == a.seq { // no money has moved
		if err := a.arrived(f, a.head, e.GetBalanceMinor()); err != nil {
			return err
		}
		return f.emit(a.balance(nil, false))
	}
	if e.GetLeg() == nil {
		if err := f.fill(a, e.GetSeq()); err != nil {
			return err
		}
		return a.arrived(f, a.head, e.GetBalanceMinor())
	}
	leg, err := readLeg(e.GetLeg(), a.account, a.currency)
	if err != nil {
		return err
	}
	if leg.Seq != e.GetSeq() || leg.BalanceMinor != e.GetBalanceMinor() {
		return violation("a balance event and its leg differ")
	}
	if err := f.fill(a, leg.Seq-1); err != nil {
		return err
	}
	return f.showLeg(a, leg, false)
}

// fill fetches the legs up to target, and shows them in their order. The history comes newest first, so a first pass
// goes back to where the loop is, and remembers only where its pages begin; a second one comes forward.
func (f *follower) fill(a *followed, target uint64) error {
	if a.seq >= target {
		return nil
	}
	pages, err := f.back(a, target)
	if err != nil {
		return err
	}
	for _, page := range slices.Backward(pages) {
		legs := page.legs
		if legs == nil {
			fetched, err := f.page(HistoryQuery{Account: a.account, Cursor: page.cursor}, a.currency)
			if err != nil {
				return err
			}
			legs = fetched.Legs
		}
		for _, leg := range slices.Backward(legs) {
			if leg.Seq <= a.seq || leg.Seq > target {
				continue
			}
			if err := f.showLeg(a, leg, true); err != nil {
				return err
			}
		}
	}
	if a.seq != target {
		return a.diverged(fmt.Sprintf("the history does not have the legs up to %d", target))
	}
	return nil
}

// historyPage is where a page begins, and its legs where they are kept.
type historyPage struct {
	cursor string
	legs   []Leg
}

// back walks from the newest leg to the one after a.seq, and returns the pages on the way that have something below or
// at target.
func (f *follower) back(a *followed, target uint64) ([]historyPage, error) {
	var pages []historyPage
	query := HistoryQuery{Account: a.account}
	lowest := uint64(0) // seen so far; 0 is none
	for range fillPages {
		page, err := f.page(query, a.currency)
		if err != nil {
			return nil, err
		}
		for _, leg := range page.Legs {
			if lowest != 0 && leg.Seq != lowest-1 {
				return nil, a.diverged(fmt.Sprintf("the history goes from leg %d to leg %d", lowest, leg.Seq))
			}
			lowest = leg.Seq
		}
		if lowest != 0 && lowest <= target && len(page.Legs) > 0 {
			// The first page has no cursor of its own: newer legs would push these out of it.
			pages = append(pages, historyPage{cursor: query.Cursor, legs: page.Legs})
			if n := len(pages) - fillKept; n >= 0 && pages[n].cursor != "" {
				pages[n].legs = nil
			}
		}
		switch {
		case lowest != 0 && lowest <= a.seq+1:
			return pages, nil
		case page.Next == "":
			return nil, a.diverged(fmt.Sprintf("the history does not have the legs up to %d", target))
		case page.Next == query.Cursor:
			return nil, violation("a page of history leads to itself")
		}
		query.Cursor = page.Next
	}
	return nil, fmt.Errorf("%w: account %s, from leg %d to leg %d", ErrTooFarBehind, a.account, a.seq, target)
}

// showLeg checks that the leg is the next one, and shows it.
func (f *follower) showLeg(a *followed, leg Leg, late bool) error {
	if a.unsure {
		a.balanceMinor, a.unsure = leg.BalanceMinor-leg.AmountMinor, false
	}
	head := a.head
	if a.seq == 0 {
		head = a.firstHead(f.link, func(first Head) bool { return leg.next(first) == leg.Head })
		if head == (Head{}) { // see firstHead: the leg's head is where the chain begins
			if leg.Seq != 1 || leg.AmountMinor != leg.BalanceMinor {
				return a.diverged("the first balance is not what was moved first")
			}
			a.advance(leg)
			return f.emit(a.balance(&leg, late))
		}
	}
	if err := leg.follows(a.seq, head, a.balanceMinor); err != nil {
		return err
	}
	a.advance(leg)
	return f.emit(a.balance(&leg, late))
}

func (a *followed) advance(leg Leg) {
	a.seq, a.head, a.balanceMinor = leg.Seq, leg.Head, leg.BalanceMinor
}

// latest takes what is known of the account beside its legs.
func (a *followed) latest(version uint64, availableMinor int64, status Status) {
	if version >= a.version {
		a.version, a.availableMinor, a.status = version, availableMinor, status
	}
}

// arrived checks that the legs that were shown lead to what the bank says of the account.
func (a *followed) arrived(f *follower, head Head, balanceMinor int64) error {
	if a.unsure {
		a.balanceMinor, a.unsure = balanceMinor, false
	}
	if a.seq == 0 {
		a.head = head
		if first := a.firstHead(f.link, func(first Head) bool { return first == head }); first != head && first != (Head{}) {
			return a.diverged("its chain does not begin with this bank and account")
		}
	}
	switch {
	case a.head != head:
		return a.diverged("the bank has another hash chain")
	case a.balanceMinor != balanceMinor:
		return a.diverged("the balance is not the sum of the legs")
	}
	return nil
}

// firstHead is the head of the account before its first leg. It binds the bank's identity when the account was opened:
// the current one's, or, where that succeeds another, the other's, whichever fits; and where neither does, zero, because
// the bank may have changed its identity more than once, and names only the last change.
func (a *followed) firstHead(l *link, fits func(Head) bool) Head {
	account, _ := clabe.Parse(a.account) // parsed already
	first := Head(protocol.FirstHead(l.identity, uint64(account), a.currency))
	if l.predecessor == nil || fits(first) {
		return first
	}
	if before := Head(protocol.FirstHead(*l.predecessor, uint64(account), a.currency)); fits(before) {
		return before
	}
	return Head{}
}

func (a *followed) balance(leg *Leg, late bool) Balance {
	return Balance{
		Account: a.account, Version: a.version, Seq: a.seq, BalanceMinor: a.balanceMinor, AvailableMinor: a.availableMinor,
		Currency: a.currency, Status: a.status, Head: a.head, Leg: leg, Late: late,
	}
}

func (a *followed) diverged(why string) error {
	return &DivergedError{Account: a.account, Seq: a.seq, Why: why}
}
