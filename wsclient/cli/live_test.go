package cli

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

// screen drives the live view without a terminal: its clock stands until it is moved.
type screen struct {
	t     *testing.T
	model liveModel
	now   time.Time
}

func newScreen(t *testing.T, width, height int) *screen {
	s := &screen{t: t, now: time.Date(2026, 7, 28, 14, 2, 11, 0, time.UTC)}
	s.model = liveModel{title: "caudal   Ana Torres (ana)", clock: func() time.Time { return s.now }, zone: time.UTC}
	s.send(tea.WindowSizeMsg{Width: width, Height: height})
	return s
}

func (s *screen) send(messages ...tea.Msg) {
	for _, message := range messages {
		next, _ := s.model.Update(message)
		s.model = next.(liveModel)
	}
}

// pass lets time go by, and draws.
func (s *screen) pass(d time.Duration) { s.now = s.now.Add(d); s.send(liveTickMsg(s.model.frame)) }

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// text is what is on the screen, without colours, and without space at the lines' ends.
func (s *screen) text() string {
	lines := strings.Split(escapes.ReplaceAllString(s.model.render(), ""), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

func (s *screen) has(words ...string) {
	s.t.Helper()
	for _, word := range words {
		if !strings.Contains(s.text(), word) {
			s.t.Errorf("%q is not on the screen:\n%s", word, s.text())
		}
	}
}

func (s *screen) hasNot(words ...string) {
	s.t.Helper()
	for _, word := range words {
		if strings.Contains(s.text(), word) {
			s.t.Errorf("%q is on the screen:\n%s", word, s.text())
		}
	}
}

func mainAccount(balance int64, seq uint64) liveAccount {
	return liveAccount{clabe: "999001123456789012", name: "Principal", currency: "MXN", balance: balance, available: balance, version: seq, seq: seq}
}

func paid(amount, balance int64, seq uint64, at time.Time) liveChangeMsg {
	return liveChangeMsg{account: mainAccount(balance, seq), leg: &liveLeg{
		clabe: "999001123456789012", amount: amount, balance: balance, currency: "MXN", who: "Luis Vega", memo: "la comida", at: at, seq: seq,
	}}
}

func TestTheLiveViewRollsToTheExactBalance(t *testing.T) {
	s := newScreen(t, 100, 20)
	s.send(liveAccountsMsg{mainAccount(1_000_000, 1)}, liveLinkMsg{live: true})
	s.has("● live", "Ana Torres (ana)", "Principal", "999001123456789012", "10,000.00 MXN", "q quit")

	s.send(paid(12_550, 1_012_550, 2, s.now))
	s.has("10,000.00 MXN", "+125.50") // it begins where it was
	last := int64(1_000_000)
	for range 20 {
		s.pass(rollTime / 20)
		if shown := s.model.shown(s.model.accounts[0]); shown < last || shown > 1_012_550 {
			t.Fatalf("the figure goes from %d to %d on its way to 1012550", last, shown)
		} else {
			last = shown
		}
	}
	s.has("10,125.50 MXN", "14:02:11", "Luis Vega", "la comida")
	if s.model.moving() {
		t.Error("it moves for ever")
	}
	if strings.Count(s.text(), "+125.50") != 2 { // beside the balance, and in the leg
		t.Errorf("what is new is not marked:\n%s", s.text())
	}
	s.pass(freshTime)
	if strings.Count(s.text(), "+125.50") != 1 {
		t.Errorf("what is old is still marked:\n%s", s.text())
	}
}

func TestTheLargestBalanceIsExactToo(t *testing.T) {
	s := newScreen(t, 100, 20)
	s.send(liveAccountsMsg{mainAccount(0, 0)}, paid(1<<53-1, 1<<53-1, 1, s.now))
	s.pass(rollTime)
	s.has("90,071,992,547,409.91 MXN")
}

func TestTheNewestLegIsOnTopAndNoneIsTwice(t *testing.T) {
	s := newScreen(t, 100, 20)
	s.send(liveAccountsMsg{mainAccount(0, 0)}, liveLinkMsg{live: true})
	for seq := uint64(1); seq <= 3; seq++ {
		s.send(paid(100, int64(seq)*100, seq, s.now.Add(time.Duration(seq)*time.Second)))
	}
	var past liveLegsMsg // what the history says overlaps with what has come
	for seq := uint64(3); seq >= 1; seq-- {
		leg := paid(100, int64(seq)*100, seq, s.now.Add(time.Duration(seq)*time.Second)).leg
		past = append(past, *leg)
	}
	s.send(past)
	if len(s.model.legs) != 3 || s.model.legs[0].seq != 3 || s.model.legs[2].seq != 1 {
		t.Errorf("legs: %+v", s.model.legs)
	}
}

func TestLegsOfSeveralAccountsStandByTimeWithTheirAccount(t *testing.T) {
	s := newScreen(t, 110, 20)
	other := mainAccount(0, 0)
	other.clabe, other.name = "999001000000000003", "Vacaciones"
	s.send(liveAccountsMsg{mainAccount(0, 0), other}, liveLinkMsg{live: true})
	s.send(paid(100, 100, 1, s.now))
	moved := paid(200, 200, 1, s.now.Add(time.Second))
	moved.account, moved.leg.clabe = other, other.clabe
	moved.account.balance, moved.account.name = 200, ""
	s.send(moved)
	s.pass(freshTime)
	s.has("Vacaciones", "2.00 MXN")
	lines := strings.Split(s.text(), "\n")
	first := -1
	for i, line := range lines {
		if strings.Contains(line, "14:02:12") {
			first = i
		}
	}
	if first < 0 || !strings.Contains(lines[first], "Vacaciones") || !strings.Contains(lines[first+1], "Principal") {
		t.Errorf("not by time:\n%s", s.text())
	}
}

func TestAnAccountsNewNameIsOnTheScreenEverywhere(t *testing.T) {
	s := newScreen(t, 120, 20)
	other := liveAccount{clabe: "999001123456789025", name: "Otra", currency: "MXN", seq: 1, version: 1}
	s.send(liveAccountsMsg{mainAccount(1_000_000, 1), other}, liveLinkMsg{live: true}, paid(-5_00, 999_500, 2, s.now))
	s.has("Principal")
	s.send(liveNameMsg{clabe: "999001123456789012", name: "Para el viaje", version: 3}, liveNameMsg{clabe: "999001123456789999", name: "Nadie"})
	s.has("Para el viaje", "Otra")
	s.hasNot("Principal", "Nadie")
	s.pass(time.Second)
	s.has("9,995.00 MXN", "Para el viaje")
}

func TestAStaleScreenSaysSoAndHowOldItIs(t *testing.T) {
	s := newScreen(t, 100, 20)
	s.has("◌ connecting")
	s.send(liveAccountsMsg{mainAccount(100, 1)}, liveLinkMsg{live: true, since: s.now})
	s.has("● live")
	s.now = s.now.Add(time.Minute)
	s.send(liveLinkMsg{since: s.now, why: "no route to host", retry: s.now.Add(4 * time.Second)})
	s.pass(5 * time.Second)
	s.has("reconnecting", "stale 5 s", "no route to host")
	s.hasNot("● live")
	s.pass(3 * time.Minute)
	s.has("stale 3 min")
	s.send(liveLinkMsg{live: true, since: s.now})
	s.has("● live")
	s.hasNot("stale", "no route to host")
}

func TestAnAlarmStaysOnTheScreen(t *testing.T) {
	s := newScreen(t, 100, 20)
	s.send(liveNoticeMsg{text: "a device was added: phone", alarm: true}, liveNoticeMsg{text: "a device was revoked"})
	s.has("a device was added: phone")
	s.hasNot("revoked")
}

func TestHostileTextDoesNotReachTheScreen(t *testing.T) {
	s := newScreen(t, 120, 20)
	account := mainAccount(100, 1)
	account.name, account.currency = "a\x1b[2Jb", "M\x1bN"
	change := paid(1, 101, 2, s.now)
	change.leg.who, change.leg.memo = "\u202eevil", "x\x1b]0;t\x07y\nz"
	s.send(liveAccountsMsg{account}, change, liveNoticeMsg{text: "n\x1b[1m"}, liveLinkMsg{why: "w\u009b"})
	s.pass(freshTime)
	for _, r := range s.text() {
		if r < 0x20 && r != '\n' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == '\u202e' {
			t.Fatalf("%U reaches the screen:\n%q", r, s.text())
		}
	}
}

func TestEveryLineFitsEveryTerminal(t *testing.T) {
	for _, size := range [][2]int{{20, 5}, {32, 10}, {40, 24}, {56, 12}, {80, 24}, {84, 3}, {100, 30}, {200, 60}} {
		for _, accounts := range []int{0, 1, 2, 11} {
			s := newScreen(t, size[0], size[1])
			var list liveAccountsMsg
			for i := range accounts {
				a := mainAccount(9_007_199_254_740_991, 1)
				a.clabe = fmt.Sprintf("%018d", i)
				a.name, a.available, a.frozen = strings.Repeat("Cuenta 日本 ", 6), 12, i%2 == 0
				list = append(list, a)
			}
			s.send(list, liveLinkMsg{why: strings.Repeat("why ", 60)}, liveNoticeMsg{text: strings.Repeat("notice ", 60)})
			for seq := range uint64(60) {
				change := paid(-9_007_199_254_740_991, 9_007_199_254_740_991, seq+2, s.now)
				change.leg.who, change.leg.memo = strings.Repeat("名前", 30), strings.Repeat("memo ", 28)
				change.account.clabe, change.leg.clabe = "000000000000000000", "000000000000000000"
				s.send(change)
			}
			for _, passed := range []time.Duration{0, slideTime / 2, freshTime} {
				s.pass(passed)
				lines := strings.Split(s.model.render(), "\n")
				if len(lines) > size[1] {
					t.Errorf("%v, %d accounts: %d lines", size, accounts, len(lines))
				}
				for _, line := range lines {
					if lipgloss.Width(line) > size[0] {
						t.Errorf("%v, %d accounts: %d columns: %q", size, accounts, lipgloss.Width(line), line)
						return
					}
				}
			}
		}
	}
}

func TestKeysEndTheLiveView(t *testing.T) {
	for _, key := range []tea.KeyPressMsg{{Code: 'q', Text: "q"}, {Code: tea.KeyEscape}, {Code: 'c', Mod: tea.ModCtrl}} {
		s := newScreen(t, 80, 24)
		if _, command := s.model.Update(key); command == nil {
			t.Errorf("%v does nothing", key)
		} else if _, quits := command().(tea.QuitMsg); !quits {
			t.Errorf("%v does not quit", key)
		}
	}
}
