package cli

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
)

// The live view's motion. Short enough that the eye is led and never kept waiting; the true figure is there at the end of
// it, exactly.
const (
	rollTime   = 700 * time.Millisecond // a balance runs from the old figure to the new one
	slideTime  = 350 * time.Millisecond // a leg comes in from the right
	freshTime  = 3 * time.Second        // what is new stays marked
	frameTime  = time.Second / 30
	idleTime   = time.Second // ages are shown in seconds
	liveLegMax = 500         // legs kept; more than the tallest screen shows
)

// liveModel is what the live view knows. Its texts are as the bank sent them: the view makes them safe.
type liveModel struct {
	title    string // who listens, and where
	accounts []liveAccount
	legs     []liveLeg // newest first
	link     linkState
	notice   string // the last thing said beside money: a device was added, the bank's history diverged
	alarm    bool   // the notice is not to be missed: it stays

	width, height int
	now           time.Time
	clock         func() time.Time
	zone          *time.Location
	frame         int // of the one chain of ticks that counts
	quit          bool
}

// liveAccount is an account's line. Where shown differs from balance, the figure is rolling.
type liveAccount struct {
	clabe, name, currency string
	balance, available    int64 // minor units
	frozen                bool
	version, seq          uint64

	from    int64 // what was shown when the last change came
	changed time.Time
	delta   int64
}

// liveLeg is a line of what happened.
type liveLeg struct {
	clabe, account  string
	amount, balance int64 // minor units; amount is signed
	currency        string
	who, memo       string
	at              time.Time
	seq             uint64
	arrived         time.Time // zero: it was there before
}

// linkState is the connection as the view shows it.
type linkState struct {
	live  bool
	since time.Time // of this state
	heard time.Time // when what is shown was last live; zero: never yet
	retry time.Time // the next attempt; zero: not known
	why   string
}

// What the outside sends to the view.
type (
	liveAccountsMsg []liveAccount // where the accounts stand at first
	liveChangeMsg   struct {      // one account, and the leg that changed it
		account liveAccount
		leg     *liveLeg
	}
	liveNameMsg struct { // an account's new name
		clabe, name string
		version     uint64
	}
	liveLegsMsg   []liveLeg // from before, newest first
	liveLinkMsg   linkState
	liveNoticeMsg struct {
		text  string
		alarm bool
	}
	liveTickMsg int
)

func (m liveModel) Init() tea.Cmd { return m.tick(idleTime) }

func (m liveModel) Update(message tea.Msg) (tea.Model, tea.Cmd) {
	m.now = m.clock()
	switch message := message.(type) {
	case tea.KeyPressMsg:
		switch message.String() {
		case "q", "Q", "esc", "ctrl+c", "ctrl+d":
			m.quit = true
			return m, tea.Quit
		}
		return m, nil
	case tea.WindowSizeMsg:
		m.width, m.height = message.Width, message.Height
		return m, nil
	case liveTickMsg:
		if int(message) != m.frame {
			return m, nil
		}
	case liveAccountsMsg:
		m.accounts = message
	case liveChangeMsg:
		m.change(message)
	case liveNameMsg:
		m.rename(message)
	case liveLegsMsg:
		m.legs = append(m.legs, message...)
		m.sortLegs()
	case liveLinkMsg:
		message.heard = m.link.heard
		if message.live || m.link.live {
			message.heard = m.now
		}
		m.link = linkState(message)
	case liveNoticeMsg:
		if !m.alarm || message.alarm {
			m.notice, m.alarm = message.text, message.alarm
		}
	default:
		return m, nil
	}
	return m.next()
}

// next starts a chain of ticks afresh: fast while something moves, slow otherwise.
func (m liveModel) next() (tea.Model, tea.Cmd) {
	m.frame++
	if m.moving() {
		return m, m.tick(frameTime)
	}
	return m, m.tick(idleTime)
}

func (m liveModel) tick(after time.Duration) tea.Cmd {
	frame := m.frame
	return tea.Tick(after, func(time.Time) tea.Msg { return liveTickMsg(frame) })
}

func (m liveModel) moving() bool {
	for _, a := range m.accounts {
		if !a.changed.IsZero() && m.now.Sub(a.changed) < rollTime {
			return true
		}
	}
	return len(m.legs) > 0 && !m.legs[0].arrived.IsZero() && m.now.Sub(m.legs[0].arrived) < slideTime
}

func (m liveModel) still(since time.Time) bool { return m.now.Sub(since) > freshTime }

// change takes one account's new state. Events come in order, so the last one is the newest.
func (m *liveModel) change(c liveChangeMsg) {
	m.accounts = slices.Clone(m.accounts)
	if old := m.find(c.account.clabe); old == nil {
		m.accounts = append(m.accounts, c.account)
	} else {
		if c.account.name == "" {
			c.account.name = old.name
		}
		m.roll(&c.account, old)
		*old = c.account
	}
	if c.leg == nil {
		return
	}
	leg := *c.leg
	leg.arrived = m.now
	if a := m.find(leg.clabe); a != nil {
		leg.account = a.name
	}
	m.legs = slices.Insert(slices.Clone(m.legs), 0, leg)
	m.sortLegs()
}

// rename takes an account's new name, for what it did before too.
func (m *liveModel) rename(n liveNameMsg) {
	m.accounts = slices.Clone(m.accounts)
	if a := m.find(n.clabe); a != nil {
		a.name, a.version = n.name, n.version
	}
	m.legs = slices.Clone(m.legs)
	for i := range m.legs {
		if m.legs[i].clabe == n.clabe {
			m.legs[i].account = n.name
		}
	}
}

func (m *liveModel) roll(a, old *liveAccount) {
	a.from = m.shown(*old)
	a.delta, a.changed = a.balance-old.balance, m.now
	if a.delta == 0 { // something but money has changed: what rolls goes on
		a.delta, a.changed = old.delta, old.changed
		a.from = old.from
	}
}

func (m *liveModel) find(clabe string) *liveAccount {
	for i := range m.accounts {
		if m.accounts[i].clabe == clabe {
			return &m.accounts[i]
		}
	}
	return nil
}

// sortLegs puts the newest first, drops doubles, and keeps what a screen can show.
func (m *liveModel) sortLegs() {
	slices.SortStableFunc(m.legs, func(a, b liveLeg) int {
		if a.clabe == b.clabe && a.seq != b.seq { // an account's own order is its seq
			if a.seq > b.seq {
				return -1
			}
			return 1
		}
		return b.at.Compare(a.at)
	})
	m.legs = slices.CompactFunc(m.legs, func(a, b liveLeg) bool { return a.clabe == b.clabe && a.seq == b.seq })
	if len(m.legs) > liveLegMax {
		m.legs = m.legs[:liveLegMax]
	}
}

// shown is the figure on the screen at this moment. The last frame shows the balance itself, whatever floats make of it.
func (m *liveModel) shown(a liveAccount) int64 {
	passed := m.now.Sub(a.changed)
	if a.changed.IsZero() || passed >= rollTime {
		return a.balance
	}
	left := 1 - float64(passed)/float64(rollTime)
	return a.balance - int64(float64(a.balance-a.from)*left*left*left)
}
