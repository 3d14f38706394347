package bench

import (
	"fmt"
	"slices"
	"sync"

	"caudal/protocol"
)

// chained is of how many legs one has its chain head computed; a wrong one before it is found by that too. All of them would cost
// the tester a tenth of its time. The last head of each account is compared with the ledger in any case.
const chained = 8

// track follows one account on one connection, from where the subscription said it stands. Each event must continue the one
// before; each receipt must be the leg that its event shows.
type track struct {
	account      uint64 // CLABE as a number
	seq          uint64
	balanceMinor int64
	head         [32]byte
	// told are the receipts whose events have not come yet, in the ledger's order, which is the order of replies.
	told []promise
	// target is the leg to which the account must come before the connection has heard everything.
	target uint64
}

// promise is a receipt, and what was ordered.
type promise struct {
	receipt
	amountMinor int64
}

// tracker follows all accounts of a connection's user.
type tracker struct {
	tracks     []track
	events     uint64 // legs in events
	superseded uint64 // legs that events left out
	faults     *faults
}

// begin takes over where the subscription says the accounts stand.
func (t *tracker) begin(result *protocol.SubscribeResult) error {
	t.tracks = make([]track, 0, len(result.GetAccounts()))
	for _, state := range result.GetAccounts() {
		a := state.GetAccount()
		account, err := accountNumber(a.GetClabe())
		if err != nil || len(a.GetHead()) != 32 {
			return errWire
		}
		t.tracks = append(t.tracks, track{
			account: account, seq: a.GetSeq(), balanceMinor: a.GetBalanceMinor(), head: [32]byte(a.GetHead()),
		})
	}
	return nil
}

// find returns the account's track; nil where it is not followed. Users have a few accounts, one after the other in memory.
func (t *tracker) find(account uint64) *track {
	for i := range t.tracks {
		if t.tracks[i].account == account {
			return &t.tracks[i]
		}
	}
	return nil
}

// saw takes an event.
func (t *tracker) saw(m *movement) {
	a := t.find(m.account)
	if a == nil {
		t.faults.add("an event tells of account %018d, which is not the user's", m.account)
		return
	}
	if !m.leg {
		if m.seq != a.seq || m.balanceMinor != a.balanceMinor {
			t.faults.add("account %018d went from leg %d with %d to leg %d with %d without a leg", a.account, a.seq, a.balanceMinor, m.seq, m.balanceMinor)
		}
		return
	}
	t.events++
	if m.leavesMinor != m.balanceMinor {
		t.faults.add("leg %d of account %018d leaves %d, and its event says %d", m.seq, a.account, m.leavesMinor, m.balanceMinor)
	}
	switch {
	case m.seq <= a.seq:
		t.faults.add("leg %d of account %018d came again, after leg %d", m.seq, a.account, a.seq)
		return
	case m.seq > a.seq+1:
		t.superseded += m.seq - a.seq - 1
	case m.seq%chained == 0 && !m.memo && protocol.NextHead(a.head, m.chainLeg()) != m.head:
		t.faults.add("leg %d of account %018d does not continue the chain of the leg before", m.seq, a.account)
	case m.balanceMinor != a.balanceMinor+m.amountMinor:
		t.faults.add("account %018d had %d, and leg %d of %d leaves %d", a.account, a.balanceMinor, m.seq, m.amountMinor, m.balanceMinor)
	}
	a.seq, a.balanceMinor, a.head = m.seq, m.balanceMinor, m.head
	a.settle(m.amountMinor, t.faults)
}

// settle compares the receipts of legs up to the newest with it, which is of so much.
func (a *track) settle(amountMinor int64, f *faults) {
	for len(a.told) > 0 && a.told[0].seq <= a.seq {
		told := &a.told[0]
		switch {
		case told.seq != a.seq: // left out
		case told.balanceMinor != a.balanceMinor || told.head != a.head:
			f.add("the receipt of leg %d of account %018d is of another one: %d was left, its event says %d", a.seq, a.account, told.balanceMinor,
				a.balanceMinor)
		case amountMinor != -told.amountMinor:
			f.add("leg %d of account %018d is of %d, and %d was ordered", a.seq, a.account, amountMinor, -told.amountMinor)
		}
		a.told = a.told[:copy(a.told, a.told[1:])]
	}
}

// paid takes the receipt of a transfer of so much from account. It comes before its event on the same connection, where it is
// not the repeated answer to an order from before a cut.
func (t *tracker) paid(account uint64, told *receipt, amountMinor int64) {
	a := t.find(account)
	if a == nil || told.replay {
		return
	}
	if told.seq <= a.seq {
		t.faults.add("leg %d of account %018d was in an event before its receipt", told.seq, account)
		return
	}
	if n := len(a.told); n > 0 && a.told[n-1].seq >= told.seq {
		t.faults.add("the receipts of legs %d and %d of account %018d came in the wrong order", a.told[n-1].seq, told.seq, account)
		return
	}
	a.told = append(a.told, promise{*told, amountMinor})
}

// resumeTracks goes on from where a new subscription says the accounts stand. What was heard before must be part of it.
func (t *tracker) resumeTracks(now []track) {
	for i := range t.tracks {
		a := &t.tracks[i]
		at := slices.IndexFunc(now, func(n track) bool { return n.account == a.account })
		if at < 0 {
			t.faults.add("account %018d is gone after a cut", a.account)
			continue
		}
		n := now[at]
		told := uint64(0)
		if len(a.told) > 0 {
			told = a.told[len(a.told)-1].seq
		}
		switch {
		case n.seq < max(a.seq, told):
			t.faults.add("account %018d was at leg %d before a cut and is at leg %d after it", a.account, max(a.seq, told), n.seq)
		case n.seq == a.seq && (n.balanceMinor != a.balanceMinor || n.head != a.head):
			t.faults.add("account %018d changed at leg %d by a cut", a.account, n.seq)
		}
		a.seq, a.balanceMinor, a.head, a.told = n.seq, n.balanceMinor, n.head, nil
	}
}

// aim sets how far the account must come.
func (t *tracker) aim(account *protocol.Account) {
	n, err := accountNumber(account.GetClabe())
	if err != nil {
		t.faults.add("an account has a malformed number")
		return
	}
	if a := t.find(n); a != nil {
		a.target = account.GetSeq()
	}
}

// missing is how many accounts have not come as far as they must.
func (t *tracker) missing() (n int) {
	for i := range t.tracks {
		if t.tracks[i].seq < t.tracks[i].target {
			n++
		}
	}
	return n
}

// faults are what did not agree, from all connections: bounded, as sentences.
type faults struct {
	mu   sync.Mutex
	list []string
	more uint64
}

func (f *faults) add(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.list) >= faultsMax {
		f.more++
		return
	}
	f.list = append(f.list, fmt.Sprintf(format, args...))
}
