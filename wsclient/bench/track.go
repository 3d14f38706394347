package bench

import (
	"fmt"
	"sync"

	"caudal/protocol"
)

// track follows one account on one connection, from where the subscription said it stands. Each event must continue the one
// before; each receipt must be the leg that its event shows.
type track struct {
	account      uint64 // CLABE as a number
	seq          uint64
	balanceMinor int64
	head         [32]byte
	// told are the receipts whose events have not come yet, in the ledger's order, which is the order of replies.
	told []receipt
	// target is the leg to which the account must come before the connection has heard everything.
	target uint64
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
	switch {
	case m.seq <= a.seq:
		t.faults.add("leg %d of account %018d came again, after leg %d", m.seq, a.account, a.seq)
		return
	case m.seq > a.seq+1:
		t.superseded += m.seq - a.seq - 1
	case m.balanceMinor != a.balanceMinor+m.amountMinor:
		t.faults.add("account %018d had %d, and leg %d of %d leaves %d", a.account, a.balanceMinor, m.seq, m.amountMinor, m.balanceMinor)
	}
	a.seq, a.balanceMinor, a.head = m.seq, m.balanceMinor, m.head
	a.settle(t.faults)
}

// settle compares the receipts of legs up to the newest with it.
func (a *track) settle(f *faults) {
	for len(a.told) > 0 && a.told[0].seq <= a.seq {
		if told := &a.told[0]; told.seq == a.seq && (told.balanceMinor != a.balanceMinor || told.head != a.head) {
			f.add("the receipt of leg %d of account %018d is of another one: %d was left, its event says %d", a.seq, a.account, told.balanceMinor,
				a.balanceMinor)
		}
		a.told = a.told[:copy(a.told, a.told[1:])]
	}
}

// paid takes the receipt of a transfer from account. It comes before its event on the same connection.
func (t *tracker) paid(account uint64, told *receipt) {
	a := t.find(account)
	if a == nil {
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
	a.told = append(a.told, *told)
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
