package bench

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"caudal/models/money"
)

//go:embed report.html
var reportText string

// Texts of the result are escaped by the template; nothing in it passes as markup.
var reportPage = template.Must(template.New("report").Funcs(template.FuncMap{
	"short": short,
	"group": func(n uint64) string { return grouped(n) },
}).Parse(reportText))

// WriteReport writes one HTML file that needs no other: no script, no font, no picture from elsewhere.
func WriteReport(w io.Writer, r *Result) error {
	return reportPage.Execute(w, newReport(r))
}

// report is what the page shows.
type report struct {
	Title, Shape, When, Lasted string
	Figure, Words              string // the headline
	Tiles                      []fact
	Pills                      []pill
	Notes                      []string
	Charts                     []chart
	Latencies                  []latencyRow
	Errors                     []fact
	Facts                      []facts
	Moments                    []momentRow
	MomentNames                []string
	MomentSeconds              string
}

type (
	fact  struct{ Name, Value, Meaning string }
	facts struct {
		Title string
		List  []fact
	}
	pill       struct{ Class, Text string }
	latencyRow struct {
		Name, Meaning string
		Latency
	}
	momentRow struct {
		At, Rate, Errors, Open string
		Latencies              []string
	}
)

func newReport(r *Result) report {
	list, each := moments(r, pointsShown)
	p := report{Title: title(r.Scenario), Shape: shape(r), When: r.Started.UTC().Format("2 January 2006, 15:04:05 UTC"),
		Lasted: lasting(r.DurationS), Notes: r.Notes, Tiles: tiles(r), Pills: pills(r), Charts: charts(r, list, each)}
	p.Figure, p.Words = headline(r)
	for _, name := range r.names() {
		p.Latencies = append(p.Latencies, latencyRow{latencyTitles[name], meaning(r, name), r.LatencyMs[name]})
	}
	for _, code := range byCount(r.Errors) {
		p.Errors = append(p.Errors, fact{Name: code, Value: grouped(r.Errors[code])})
	}
	p.Facts = []facts{{"Money", moneyFacts(r)}, {"What was used", useFacts(r)}, {"Machine", machineFacts(r.Machine)}, {"Flags", flagFacts(r)}}
	p.Facts = slices.DeleteFunc(p.Facts, func(f facts) bool { return len(f.List) == 0 })
	p.moments(r, list, each)
	return p
}

func title(scenario string) string {
	switch scenario {
	case Connect:
		return "Connecting and signing in"
	case Idle:
		return "Connections held open"
	case Ping:
		return "Encrypted pings"
	case Transfer:
		return "Transfers"
	case Watch:
		return "One account, watched by many"
	case Mix:
		return "A day in a bank"
	}
	return scenario
}

// headline is the one figure of a run, and what it is of.
func headline(r *Result) (value, words string) {
	if r.Scenario == Idle {
		return grouped(r.Connections.Opened - r.Connections.Lost), "connections held for " + lasting(r.DurationS)
	}
	return short(r.RatePerS), noun(r.Scenario) + " a second"
}

func tiles(r *Result) []fact {
	var list []fact
	if name := r.main(); name != "" {
		l := r.LatencyMs[name]
		for _, f := range []struct {
			name string
			ms   float64
		}{{"p50", l.P50}, {"p99", l.P99}, {"p99.9", l.P999}, {"max", l.Max}} {
			list = append(list, fact{Name: latencyTitles[name] + " " + f.name, Value: short(f.ms), Meaning: "ms"})
		}
	}
	if r.Bank != nil && r.Scenario == Idle && r.Bank.ResidentKBPerConnection > 0 {
		list = append(list, fact{Name: "bank, a connection", Value: short(r.Bank.ResidentKBPerConnection), Meaning: "KB"})
	}
	if r.Bank != nil && r.Bank.CPUMicrosPerOperation > 0 {
		list = append(list, fact{Name: "bank's CPU, " + each(r.Scenario), Value: short(r.Bank.CPUMicrosPerOperation), Meaning: "µs"})
	}
	return list
}

// pills are what passes or fails.
func pills(r *Result) []pill {
	list := []pill{moneyPill(r)}
	switch n := r.errors(); n {
	case 0:
		list = append(list, pill{"good", "No errors"})
	default:
		list = append(list, pill{"bad", plural(n, "error")})
	}
	if r.Connections.Lost > 0 {
		list = append(list, pill{"bad", plural(uint64(r.Connections.Lost), "connection") + " lost"})
	}
	if r.GeneratorLimited {
		list = append(list, pill{"doubt", "The tester was the limit"})
	}
	for _, v := range r.Thresholds {
		class := "good"
		if !v.Met {
			class = "bad"
		}
		list = append(list, pill{class, v.String()})
	}
	return list
}

func moneyPill(r *Result) pill {
	switch {
	case r.MoneyCheck == "ok":
		return pill{"good", "Money check: ok"}
	case strings.HasPrefix(r.MoneyCheck, "not done"):
		return pill{"quiet", "Money check: " + r.MoneyCheck}
	}
	return pill{"bad", "Money check FAILED: " + r.MoneyCheck}
}

func charts(r *Result, list []moment, each int) []chart {
	var all []chart
	for _, t := range timeCharts(r, list, each) {
		all = append(all, t.draw())
	}
	if c, ok := percentileChart(r); ok { // beside the first chart of latencies
		all = slices.Insert(all, min(2, len(all)), c)
	}
	return all
}

// timeCharts are those that have something to show, the most telling first.
func timeCharts(r *Result, list []moment, each int) []timeChart {
	if len(list) == 0 {
		return nil
	}
	times := make([]float64, len(list))
	errors := make([]uint64, len(list))
	for i, m := range list {
		times[i], errors[i] = m.at, m.errors
	}
	note := ""
	if each > 1 {
		note = fmt.Sprintf("Each point is of %d seconds: the worst of them for latencies, the mean for the rest.", each)
	}
	base := timeChart{times: times, note: note, say: short}
	var all []timeChart
	add := func(t timeChart) {
		if t.any() {
			all = append(all, t)
		}
	}

	rate := base
	rate.id, rate.title, rate.unit, rate.errors = "rate", "Throughput", noun(r.Scenario)+" a second", errors
	rate.desc = fmt.Sprintf("Throughput over time: %s %s a second over %s.", short(r.RatePerS), noun(r.Scenario), lasting(r.DurationS))
	rate.traces = []trace{{class: "c1", area: true, values: trail(list, func(m moment) (float64, bool) { return m.rate, true })}}
	if asked := askedFor(r, list); asked != nil {
		rate.traces = append(rate.traces, trace{class: "asked", name: "asked", values: asked})
		rate.traces[0].name = "done"
	}
	add(rate)

	names := r.names()
	if main := r.main(); main != "" { // the one that stands for the run comes first
		names = append([]string{main}, slices.DeleteFunc(names, func(n string) bool { return n == main })...)
	}
	for _, name := range names {
		add(latencyChart(base, r, list, name))
	}

	use := base
	use.id, use.title, use.unit = "cpu", "Processor", "cores"
	use.desc = fmt.Sprintf("Cores used over time by the bank and by this tester, of %d.", r.Machine.Cores)
	use.traces = []trace{
		{class: "c1", name: "bank", values: trail(list, func(m moment) (float64, bool) { return m.bank, m.bank > 0 })},
		{class: "c2", name: "tester", values: trail(list, func(m moment) (float64, bool) { return m.tester, m.tester > 0 })}}
	use.atLeast = float64(r.Machine.Cores)
	add(use)

	lag := base
	lag.id, lag.title, lag.unit = "lag", "Behind the schedule", "ms"
	lag.desc = "How far the schedule was ahead of what was sent, over time."
	lag.traces = []trace{{class: "c1", area: true, values: trail(list, func(m moment) (float64, bool) { return m.lag, true })}}
	add(lag)

	if open := trail(list, func(m moment) (float64, bool) { return float64(m.open), true }); slices.Min(open) != slices.Max(open) ||
		r.Scenario == Idle {
		held := base
		held.id, held.title, held.unit = "open", "Open connections", "connections"
		held.desc = "How many connections were open, over time."
		held.traces = []trace{{class: "c1", area: true, values: open}}
		add(held)
	}
	if r.Scenario != Idle && len(all)%2 == 1 { // with the percentiles these fill their rows; the last figure is in the table
		return all
	}
	memory := base
	memory.id, memory.title, memory.unit = "memory", "The bank's memory", "MB resident"
	memory.desc = "Resident memory of the bank's process, over time."
	memory.traces = []trace{{class: "c1", area: true, values: trail(list, func(m moment) (float64, bool) { return m.bankM, m.bankM > 0 })}}
	add(memory)
	return all
}

// askedFor is the schedule's rate at each moment of an open run; nil where the flags do not tell.
func askedFor(r *Result, list []moment) []float64 {
	if r.Model != "open" {
		return nil
	}
	stages, err := ParseStages(r.Flags["stages"])
	if err != nil {
		rate, err := parseRate(r.Flags["rate"])
		if err != nil || rate == 0 {
			return nil
		}
		stages = []Stage{{FromPerS: rate, ToPerS: rate, For: time.Duration(r.DurationS * float64(time.Second))}}
	}
	before := 0.0
	return trail(list, func(m moment) (float64, bool) {
		at := time.Duration((before + m.at) / 2 * float64(time.Second))
		before = m.at
		for _, s := range stages {
			if at < s.For {
				return s.FromPerS + (s.ToPerS-s.FromPerS)*at.Seconds()/s.For.Seconds(), true
			}
			at -= s.For
		}
		return 0, false
	})
}

func latencyChart(base timeChart, r *Result, list []moment, name string) timeChart {
	t := base
	l := r.LatencyMs[name]
	t.id, t.title, t.unit, t.log = name, capital(latencyTitles[name])+" over time", "ms, logarithmic", true
	t.desc = fmt.Sprintf("%s, %s, over time: p50 %s ms, p99 %s ms, max %s ms of the whole run.", capital(latencyTitles[name]),
		meaning(r, name), short(l.P50), short(l.P99), short(l.Max))
	for _, p := range []struct {
		name, class string
		dots        bool
		of          func(l Latency) float64
	}{
		{"max", "max", true, percentiles["max"]},
		{"p90", "p90", false, percentiles["p90"]},
		{"p99", "p99", false, percentiles["p99"]},
		{"p50", "p50", false, percentiles["p50"]},
	} {
		t.traces = append(t.traces, trace{class: p.class, name: p.name, dots: p.dots, values: trail(list, func(m moment) (float64, bool) {
			l := m.latency[name]
			return p.of(l), l.Count > 0 && p.of(l) > 0
		})})
	}
	return t
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func moneyFacts(r *Result) []fact {
	m := r.Money
	list := []fact{{Name: "Money check", Value: r.MoneyCheck}}
	if m.Accounts == 0 {
		return list
	}
	return append(list,
		fact{Name: "Total, before and after", Value: money.FormatGrouped(m.TotalMinor, money.MXN)},
		fact{Name: "Accounts whose balances were read", Value: grouped(m.Accounts)},
		fact{Name: "Transfers acknowledged, warm-up included", Value: grouped(m.Transfers)},
		fact{Name: "Transfers cut off before an answer", Value: grouped(m.Unknown)},
		fact{Name: "Legs seen in events", Value: grouped(m.Events)},
		fact{Name: "Legs left out of events for slow readers", Value: grouped(m.Superseded)},
		fact{Name: "Legs read back from history and compared", Value: grouped(m.LegsRead)},
		fact{Name: "Accounts that agreed in number, balance and chain head", Value: grouped(m.AccountsMet)})
}

func useFacts(r *Result) []fact {
	list := []fact{{Name: "Connections asked for", Value: grouped(r.Connections.Asked)},
		{Name: "Connections opened", Value: grouped(r.Connections.Opened)},
		{Name: "Connections lost", Value: grouped(r.Connections.Lost)}}
	use := func(who string, u Use) {
		list = append(list, fact{Name: who + " processor", Value: cpuText(r, u)}, fact{Name: who + " memory", Value: memoryText(r, u)})
	}
	if r.Bank != nil {
		use("The bank's", *r.Bank)
	}
	use("The tester's", r.Tester)
	return list
}

func machineFacts(m Machine) []fact {
	list := []fact{{Name: "Processor", Value: m.CPU}, {Name: "Cores", Value: strconv.Itoa(m.Cores)},
		{Name: "Memory", Value: grouped(m.MemoryMB) + " MB"}, {Name: "System", Value: strings.TrimSpace(m.OS + "/" + m.Arch + " " + m.Kernel)},
		{Name: "Go", Value: m.Go}, {Name: "A write and fsync, median", Value: short(m.FsyncUs) + " µs"},
		{Name: "SHA-256 on one core", Value: short(m.SHA256MBPerS) + " MB a second"}, {Name: "Tester's commit", Value: m.Commit},
		{Name: "Bank", Value: m.Bank}}
	return slices.DeleteFunc(list, func(f fact) bool { return f.Value == "" })
}

func flagFacts(r *Result) []fact {
	var list []fact
	for _, name := range slices.Sorted(maps.Keys(r.Flags)) {
		list = append(list, fact{Name: "--" + name, Value: r.Flags[name]})
	}
	return list
}

// moments fills the table of figures beside the charts.
func (p *report) moments(r *Result, list []moment, each int) {
	names := r.names()
	for _, name := range names {
		p.MomentNames = append(p.MomentNames, latencyTitles[name]+" p50", latencyTitles[name]+" p99")
	}
	p.MomentSeconds = "second"
	if each > 1 {
		p.MomentSeconds = fmt.Sprintf("%d seconds", each)
	}
	for _, m := range list {
		row := momentRow{At: short(m.at), Rate: short(m.rate), Errors: grouped(m.errors), Open: grouped(m.open)}
		for _, name := range names {
			l := m.latency[name]
			for _, ms := range []float64{l.P50, l.P99} {
				text := short(ms)
				if l.Count == 0 || math.IsNaN(ms) {
					text = "–"
				}
				row.Latencies = append(row.Latencies, text)
			}
		}
		p.Moments = append(p.Moments, row)
	}
}
