package cli

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"

	"caudal/wsclient/bench"
)

func panelOf(width int, open bool) *benchPanel {
	return &benchPanel{w: &bytes.Buffer{}, width: func() int { return width }, plain: true, scenario: "transfer", open: open}
}

// busy is a run in which everything has something to show.
func busy() bench.Progress {
	return bench.Progress{
		Phase: "measuring", Elapsed: 4200 * time.Millisecond, Total: 10 * time.Second, Open: 998, Conns: 1000,
		Operations: 64_120, RatePerS: 16_214.7, Latency: bench.Latency{Count: 16_214, P50: 1.234, P99: 18.42, Max: 1234},
		Errors: map[string]uint64{"busy": 12, "cut": 2, "insufficient_funds": 1200, "none": 0}, Lag: 230 * time.Millisecond, GeneratorLimited: true,
	}
}

func TestThePanelSaysHowARunStands(t *testing.T) {
	want := strings.Join([]string{
		"transfer  measuring  4 s of 10 s  ━━━━━━━━━━──────────────",
		"rate         16,214/s, 64,120 in all",
		"response     p50 1.23 ms   p99 18.4 ms   max 1.23 s",
		"connections  998 of 1,000",
		"behind       230 ms behind the schedule",
		"errors       insufficient_funds 1,200, busy 12, cut 2",
		"! this tester is what is slow now, not the bank",
	}, "\n")
	if got := strings.Join(panelOf(90, true).lines(busy()), "\n"); got != want {
		t.Errorf("\n%s\ninstead of\n%s", got, want)
	}
	quiet := strings.Join(panelOf(90, false).lines(bench.Progress{Phase: "connecting", Conns: 4, Open: 1}), "\n")
	for _, want := range []string{"transfer  connecting  0 s", "latency      -", "errors       none", "connections  1 of 4"} {
		if !strings.Contains(quiet, want) {
			t.Errorf("%q is not in\n%s", want, quiet)
		}
	}
	if strings.Contains(quiet, "behind") || strings.Contains(quiet, "!") {
		t.Errorf("a closed run is behind nothing:\n%s", quiet)
	}
}

func TestThePanelFitsTheTerminal(t *testing.T) {
	for _, width := range []int{panelColumnsMin, 60, 200} {
		now := busy()
		now.Phase = strings.Repeat("long ", 40)
		for _, line := range panelOf(width, true).lines(now) {
			if lipgloss.Width(line)+len(panelMargin) >= width {
				t.Errorf("%d columns: %q", width, line)
			}
		}
	}
}

func TestThePanelIsDrawnOverAndGone(t *testing.T) {
	p := panelOf(80, false)
	p.show(busy())
	lines := p.drawn
	p.w.(*bytes.Buffer).Reset()
	p.show(busy())
	if got := p.w.(*bytes.Buffer).String(); lines != 6 || !strings.HasPrefix(got, "\x1b[6A\r  transfer") || strings.Count(got, "\x1b[K\n") != 6 {
		t.Errorf("%d lines, then %q", lines, got)
	}
	p.w.(*bytes.Buffer).Reset()
	p.close()
	if got := p.w.(*bytes.Buffer).String(); got != "\x1b[6A"+strings.Repeat("\r\x1b[K\n", 6)+"\x1b[6A" {
		t.Errorf("%q is left", got)
	}
	if p.show(bench.Progress{Phase: "reading the accounts"}); p.drawn != 1 {
		t.Errorf("%d lines before anything runs", p.drawn)
	}
	var nobody *benchPanel
	nobody.close()
}

func TestMoneyComesBeforeSpeed(t *testing.T) {
	missed := []bench.Verdict{{Threshold: "p99<1us", Value: "2 ms"}}
	for name, c := range map[string]struct {
		result bench.Result
		exit   int
	}{
		"all is well":                {bench.Result{MoneyCheck: "ok", Thresholds: []bench.Verdict{{Met: true}}}, exitDone},
		"no money in it":             {bench.Result{MoneyCheck: "not done: no money moves in this scenario"}, exitDone},
		"too slow":                   {bench.Result{MoneyCheck: "ok", Thresholds: missed}, exitThreshold},
		"money is lost":              {bench.Result{MoneyCheck: "account 1 is gone"}, exitMoney},
		"money is lost, and slowly":  {bench.Result{MoneyCheck: "account 1 is gone", Thresholds: missed}, exitMoney},
		"nobody could ask the bank":  {bench.Result{MoneyCheck: "the accounts cannot be read: cut"}, exitMoney},
		"the check has nothing told": {bench.Result{}, exitMoney},
	} {
		exit := exitDone
		if err := judge(&c.result); err != nil {
			exit = asFailure(err, "").exit
		}
		if exit != c.exit {
			t.Errorf("%s: %d instead of %d", name, exit, c.exit)
		}
	}
}

func TestWhatIsAboutAnAnswerDoesNotSpoilIt(t *testing.T) {
	var stdout, stderr bytes.Buffer
	report(asFailure(judge(&bench.Result{MoneyCheck: "account 1 is gone"}), ""), true, &stdout, &stderr)
	if stdout.Len() > 0 || !strings.Contains(stderr.String(), "account 1 is gone") {
		t.Errorf("%q, %q", stdout.String(), stderr.String())
	}
}
