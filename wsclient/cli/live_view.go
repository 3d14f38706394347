package cli

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
)

// Widths at which the view changes its shape.
const (
	wideColumns   = 84 // below: no balance after each leg, no account numbers
	narrowColumns = 56 // below: no seconds, no memo beside the name
	liveMargin    = 2
	// liveAccountMax is the most columns of an account's name beside each leg.
	liveAccountMax = 16
	liveNameMax    = 24 // of a name beside which the number stands
	liveNameMin    = 12 // columns that an account's name has before anything is put beside its figure
)

// The terminal's own sixteen colours fit every theme. NO_COLOR and dumb terminals lose them in the renderer; every state
// is told by a sign and a word as well.
var (
	styleIn     = lipgloss.NewStyle().Foreground(lipgloss.Green)
	styleOut    = lipgloss.NewStyle().Foreground(lipgloss.Red)
	styleWarn   = lipgloss.NewStyle().Foreground(lipgloss.Yellow)
	styleAlarm  = lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true)
	styleDim    = lipgloss.NewStyle().Faint(true)
	styleStrong = lipgloss.NewStyle().Bold(true)
)

func (m liveModel) View() tea.View {
	var v tea.View
	v.AltScreen = true
	v.WindowTitle = "caudal"
	if m.quit || m.width == 0 {
		return v
	}
	v.SetContent(m.render())
	return v
}

// render draws the whole screen: head, accounts, legs as far as there is room, foot.
func (m liveModel) render() string {
	width := max(m.width-2*liveMargin, 1)
	lines := []string{"", m.head(width), ""}
	lines = append(lines, m.accountLines(width)...)
	lines = append(lines, "", styleDim.Render(strings.Repeat("─", width)))

	foot := m.foot(width)
	lines = append(lines, m.legLines(width, max(m.height-len(lines)-len(foot), 0))...)
	for len(lines) < m.height-len(foot) {
		lines = append(lines, "")
	}
	// On a terminal of a few lines the accounts come first.
	lines = lines[:min(len(lines), m.height)]
	lines = append(lines, foot[:min(len(foot), m.height-len(lines))]...)
	margin := strings.Repeat(" ", min(liveMargin, max(m.width-width, 0)))
	for i, line := range lines {
		if line != "" {
			lines[i] = margin + line
		}
	}
	return strings.Join(lines, "\n")
}

// head has the title to the left and the connection to the right.
func (m liveModel) head(width int) string {
	link := m.linkText(width)
	left := fit(visible(m.title), width-lipgloss.Width(link)-2)
	if left == "" {
		return link
	}
	return spread(styleStrong.Render(left), link, width)
}

// linkText is the longest of what can be said of the connection that leaves room for a title.
func (m liveModel) linkText(width int) string {
	if m.link.live {
		return styleIn.Render(fit("● live", width))
	}
	if m.link.heard.IsZero() {
		return styleWarn.Render(fit("◌ connecting", width))
	}
	stale := "stale " + age(m.now.Sub(m.link.heard))
	text := "◌ reconnecting · " + stale
	if lipgloss.Width(text)+liveNameMin > width {
		text = "◌ " + stale
	}
	return styleWarn.Render(fit(text, width))
}

func (m liveModel) accountLines(width int) []string {
	if len(m.accounts) == 0 {
		return []string{styleDim.Render(fit("waiting for the accounts", width))}
	}
	most := max(m.height/2-3, 1) // legs keep half of the screen
	shown := m.accounts[:min(len(m.accounts), most)]
	figures, moves := make([]string, len(shown)), make([]string, len(shown))
	wide, wideMove, wideName := 0, 0, 0
	for i, a := range shown {
		wideName = max(wideName, min(lipgloss.Width(visible(a.name)), liveNameMax))
		figures[i] = people(m.shown(a), a.currency) + " " + visible(a.currency)
		wide = max(wide, lipgloss.Width(figures[i]))
		if !a.changed.IsZero() && !m.still(a.changed) {
			moves[i] = signed(a.delta, a.currency)
		}
		if a.delta != 0 {
			wideMove = max(wideMove, lipgloss.Width(signed(a.delta, a.currency)))
		}
	}
	if wide+wideMove+liveNameMin > width {
		wideMove = 0 // the leg below says it too
	}
	var lines []string
	for i, a := range shown {
		figure := strings.Repeat(" ", wide-lipgloss.Width(figures[i])) + figures[i]
		right := m.figureStyle(a).Render(fit(figure, width))
		if wideMove > 0 {
			right = direction(a.delta).Render(fmt.Sprintf("%*s", wideMove, moves[i])) + "  " + right
		}
		lines = append(lines, spread(m.accountName(a, wideName, width-lipgloss.Width(right)-2), right, width))
	}
	if more := len(m.accounts) - len(shown); more > 0 {
		lines = append(lines, styleDim.Render(fit(fmt.Sprintf("and %d more: caudal accounts", more), width)))
	}
	return lines
}

// accountName is what fits to the left of the figure: name, number, and what keeps the balance from being available.
func (m liveModel) accountName(a liveAccount, wideName, room int) string {
	name := visible(a.name)
	var extra []string
	if m.width >= narrowColumns {
		extra = append(extra, visible(a.clabe))
	}
	if a.frozen {
		extra = append(extra, "frozen")
	}
	if a.available != a.balance && m.width >= wideColumns {
		extra = append(extra, "available "+people(a.available, a.currency))
	}
	rest := strings.Join(extra, " · ")
	if rest == "" || room < 2*liveNameMin {
		return fit(name, room)
	}
	name = fit(name, min(wideName, max(room-lipgloss.Width(rest)-2, liveNameMin)))
	name += strings.Repeat(" ", max(wideName-lipgloss.Width(name), 0)) + "  "
	return name + styleDim.Render(fit(rest, max(room-lipgloss.Width(name), 0)))
}

func (m liveModel) figureStyle(a liveAccount) lipgloss.Style {
	switch {
	case !m.link.live:
		return styleDim
	case !a.changed.IsZero() && !m.still(a.changed):
		return direction(a.delta).Bold(true)
	}
	return styleStrong
}

func (m liveModel) legLines(width, room int) []string {
	if len(m.legs) == 0 && room > 0 {
		return []string{styleDim.Render(fit("Nothing yet. What moves from now on shows here.", width))}
	}
	legs := m.legs[:min(len(m.legs), room)]
	amounts, wide, wideBalance, wideAccount := make([]string, len(legs)), 0, 0, 0
	for i, leg := range legs {
		amounts[i] = signed(leg.amount, leg.currency)
		wide = max(wide, lipgloss.Width(amounts[i]))
		wideBalance = max(wideBalance, lipgloss.Width(people(leg.balance, leg.currency)))
		wideAccount = max(wideAccount, min(lipgloss.Width(visible(leg.account)), liveAccountMax))
	}
	lines := make([]string, 0, len(legs))
	for i, leg := range legs {
		amount := direction(leg.amount).Render(fit(strings.Repeat(" ", wide-lipgloss.Width(amounts[i]))+amounts[i], width))
		figures := styleDim.Render(m.moment(leg.at)) + "  " + amount
		if lipgloss.Width(figures) > width {
			lines = append(lines, amount)
			continue
		}
		if m.width >= wideColumns {
			balance := people(leg.balance, leg.currency)
			figures += "  " + styleDim.Render(strings.Repeat(" ", wideBalance-lipgloss.Width(balance))+balance)
			if len(m.accounts) > 1 {
				account := fit(visible(leg.account), liveAccountMax)
				figures += "  " + styleDim.Render(account+strings.Repeat(" ", max(wideAccount-lipgloss.Width(account), 0)))
			}
		}
		lines = append(lines, m.slide(leg, figures, width))
	}
	return lines
}

// slide puts who and why behind the figures, and lets a new line come in from the right: figures never move, so that
// they can be read at once.
func (m liveModel) slide(leg liveLeg, figures string, width int) string {
	figures += "  "
	room := width - lipgloss.Width(figures)
	if room < 1 {
		return strings.TrimRight(figures, " ")
	}
	text := visible(leg.who)
	if leg.memo != "" && m.width >= narrowColumns {
		text += "  " + visible(leg.memo)
	}
	fresh := !leg.arrived.IsZero() && !m.still(leg.arrived)
	if passed := m.now.Sub(leg.arrived); fresh && passed < slideTime {
		left := 1 - float64(passed)/float64(slideTime)
		indent := int(float64(room) * left * left)
		return figures + strings.Repeat(" ", indent) + styleStrong.Render(fit(text, room-indent))
	}
	text = fit(text, room)
	if fresh {
		text = styleStrong.Render(text)
	}
	return figures + text
}

func (m liveModel) foot(width int) []string {
	var lines []string
	if m.notice != "" {
		style := styleDim
		if m.alarm {
			style = styleAlarm
		}
		lines = append(lines, style.Render(fit(visible(m.notice), width)))
	}
	if !m.link.live && m.link.why != "" {
		why := visible(m.link.why)
		if wait := m.link.retry.Sub(m.now); wait > 0 {
			why = "again in " + age(wait.Round(time.Second)) + ": " + why
		}
		lines = append(lines, styleWarn.Render(fit(why, width)))
	}
	return append(lines, styleDim.Render(fit("q quit", width)))
}

// moment is a leg's time: of the day, or the day where it is another one.
func (m liveModel) moment(at time.Time) string {
	local, today := at.In(m.zone), m.now.In(m.zone)
	clock := "15:04:05"
	if m.width < narrowColumns {
		clock = "15:04"
	}
	if local.Format(time.DateOnly) == today.Format(time.DateOnly) {
		return local.Format(clock)
	}
	return fmt.Sprintf("%*s", len(clock), local.Format("02 Jan")[:min(len(clock), 6)])
}

func direction(amount int64) lipgloss.Style {
	if amount < 0 {
		return styleOut
	}
	return styleIn
}

// age is a duration for people: 8 s, 3 min, 2 h.
func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(max(d, 0).Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	}
	return fmt.Sprintf("%d h", int(d.Hours()))
}

// spread puts left and right at the ends of a line.
func spread(left, right string, width int) string {
	return left + strings.Repeat(" ", max(width-lipgloss.Width(left)-lipgloss.Width(right), 1)) + right
}

// fit cuts s, which has no escape sequences, to so many cells, and shows by an ellipsis that it did.
func fit(s string, cells int) string {
	if lipgloss.Width(s) <= cells {
		return s
	}
	if cells < 1 {
		return ""
	}
	used, end := 0, 0
	for i, r := range s {
		width := lipgloss.Width(string(r))
		if used+width > cells-1 {
			break
		}
		used, end = used+width, i+utf8.RuneLen(r)
	}
	for end > 0 && lipgloss.Width(s[:end]) > cells-1 { // pictures of several characters may be wider than their parts
		_, size := utf8.DecodeLastRuneInString(s[:end])
		end -= size
	}
	return s[:end] + "…"
}
