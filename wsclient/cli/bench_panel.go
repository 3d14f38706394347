package cli

import (
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"charm.land/lipgloss/v2"
	"golang.org/x/term"

	"caudal/wsclient/bench"
)

// benchPanel shows on standard error how a load test stands: a few lines that are drawn over again and again, and gone at the
// end. A nil one shows nothing: nobody sits there.
type benchPanel struct {
	w        io.Writer
	width    func() int
	plain    bool // no colours
	scenario string
	open     bool // the model

	mu    sync.Mutex
	drawn int // lines on the screen
}

const (
	panelMargin = "  "
	panelBar    = 24 // columns of the bar
	// panelColumnsMin is the narrowest terminal that a panel is drawn on.
	panelColumnsMin = 40
)

// newPanel returns nil where standard error is no terminal that can be drawn on.
func (a *app) newPanel(c *bench.Config) *benchPanel {
	f, ok := a.stderr.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) || a.getenv("TERM") == "dumb" {
		return nil
	}
	width := func() int {
		columns, _, err := term.GetSize(int(f.Fd()))
		if err != nil {
			return panelColumnsMin
		}
		return columns
	}
	return &benchPanel{w: f, width: width, plain: a.getenv("NO_COLOR") != "", scenario: c.Scenario, open: len(c.Stages) > 0}
}

// preparing shows one line of what goes on before the run.
func (p *benchPanel) preparing(text string) {
	p.draw([]string{p.style(styleDim, text)})
}

// show draws how the run stands.
func (p *benchPanel) show(now bench.Progress) { p.draw(p.lines(now)) }

// close takes the panel from the screen, for what stays there.
func (p *benchPanel) close() { p.clear() }

func (p *benchPanel) clear() {
	if p != nil {
		p.draw(nil)
	}
}

// draw puts lines in place of those drawn before, in one write, so that nothing flickers. Each line is cleared by itself: some
// terminals keep a screen that is cleared from its top in their history.
func (p *benchPanel) draw(lines []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b strings.Builder
	up := func(n int) {
		if n > 0 {
			fmt.Fprintf(&b, "\x1b[%dA", n)
		}
	}
	up(p.drawn)
	for _, line := range lines {
		b.WriteString("\r" + panelMargin + line + "\x1b[K\n")
	}
	for range p.drawn - len(lines) {
		b.WriteString("\r\x1b[K\n")
	}
	up(p.drawn - len(lines))
	p.drawn = len(lines)
	_, _ = io.WriteString(p.w, b.String()) // a panel that cannot be shown is no reason to stop
}

func (p *benchPanel) style(s lipgloss.Style, text string) string {
	if p.plain {
		return text
	}
	return s.Render(text)
}

// lines are what a person wants to know at a glance: how far, how fast, how late, what fails, and whom to blame.
func (p *benchPanel) lines(now bench.Progress) []string {
	room := max(p.width(), panelColumnsMin) - len(panelMargin) - 1
	lines := []string{p.progressLine(now, room)}
	add := func(label, format string, args ...any) {
		text := fit(fmt.Sprintf(format, args...), room-panelLabel)
		lines = append(lines, p.style(styleDim, fmt.Sprintf("%-*s", panelLabel, label))+text)
	}
	if now.Open == 0 && now.Operations == 0 { // nothing runs yet
		return lines
	}
	if p.scenario != bench.Idle {
		add("rate", "%s/s, %s in all", grouped(uint64(now.RatePerS)), grouped(now.Operations))
	}
	if l := now.Latency; l.Count > 0 {
		add(p.latencyName(), "p50 %s   p99 %s   max %s", millis(l.P50), millis(l.P99), millis(l.Max))
	} else {
		add(p.latencyName(), "-")
	}
	add("connections", "%s of %s", grouped(uint64(max(now.Open, 0))), grouped(uint64(max(now.Conns, 0))))
	if p.open {
		add("behind", "%s", behind(now.Lag))
	}
	if errors := errorsLine(now.Errors); errors == "" {
		add("errors", "none")
	} else {
		lines = append(lines, p.style(styleDim, fmt.Sprintf("%-*s", panelLabel, "errors"))+p.style(styleWarn, fit(errors, room-panelLabel)))
	}
	if now.GeneratorLimited {
		lines = append(lines, p.style(styleAlarm, fit("! this tester is what is slow now, not the bank", room)))
	}
	return lines
}

// panelLabel is how wide the labels at the left are.
const panelLabel = 13

func (p *benchPanel) latencyName() string {
	if p.open {
		return "response"
	}
	return "latency"
}

// progressLine says what goes on, and for how long.
func (p *benchPanel) progressLine(now bench.Progress, room int) string {
	title := p.scenario + "  " + now.Phase
	clock := whole(now.Elapsed)
	if now.Total <= 0 {
		return p.style(styleStrong, fit(title, room-10)) + "  " + clock
	}
	clock += " of " + whole(now.Total)
	part := min(max(float64(now.Elapsed)/float64(now.Total), 0), 1)
	done := int(part * panelBar)
	bar := p.style(styleIn, strings.Repeat("━", done)) + p.style(styleDim, strings.Repeat("─", panelBar-done))
	text := p.style(styleStrong, fit(title, room-len(clock)-2)) + "  " + clock
	if lipgloss.Width(text)+2+panelBar > room {
		return text
	}
	return text + "  " + bar
}

// errorsLine is each error's code and count, the most first; empty where there is none.
func errorsLine(errors map[string]uint64) string {
	codes := slices.SortedFunc(maps.Keys(errors), func(a, b string) int {
		if errors[a] != errors[b] {
			return int(min(max(int64(errors[b])-int64(errors[a]), -1), 1))
		}
		return strings.Compare(a, b)
	})
	var parts []string
	for _, code := range codes {
		if errors[code] > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", visible(code), grouped(errors[code])))
		}
	}
	return strings.Join(parts, ", ")
}

// behind is how late the schedule is.
func behind(lag time.Duration) string {
	if lag < time.Millisecond {
		return "on time"
	}
	return millis(float64(lag)/float64(time.Millisecond)) + " behind the schedule"
}

// millis is a time with three digits that count.
func millis(ms float64) string {
	switch {
	case ms >= 10_000:
		return fmt.Sprintf("%.1f s", ms/1000)
	case ms >= 1000:
		return fmt.Sprintf("%.2f s", ms/1000)
	case ms >= 100:
		return fmt.Sprintf("%.0f ms", ms)
	case ms >= 10:
		return fmt.Sprintf("%.1f ms", ms)
	}
	return fmt.Sprintf("%.2f ms", ms)
}

// whole is a duration in whole seconds, as a watch shows it.
func whole(d time.Duration) string {
	d = d.Truncate(time.Second)
	if d < time.Minute {
		return fmt.Sprintf("%d s", d/time.Second)
	}
	return fmt.Sprintf("%d:%02d min", d/time.Minute, d%time.Minute/time.Second)
}

// grouped is a count for people: 12,345.
func grouped(n uint64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
