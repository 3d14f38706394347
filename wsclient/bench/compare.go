package bench

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

const (
	// resamples of the bootstrap: enough for the ends of a 99 % interval.
	resamples = 2000
	// smallestChange is what counts as one. Seconds of one run can agree to less, and two runs of the same program still
	// differ by more.
	smallestChange = 0.02
	// secondsMin is how many seconds, the first one left out, each run must have for their noise to be known.
	secondsMin = 8
	// pointsMax bounds the work: longer series are compared by the medians of equal pieces.
	pointsMax = 240
	// intervalTail is what the interval leaves out at each end.
	intervalTail = 0.005
)

// What can be said of a change.
const (
	Better  = "better"
	Worse   = "worse"
	NoMore  = "no difference beyond noise"
	Unknown = "too short to tell"
)

// Comparison is what is different between two runs.
type Comparison struct {
	A Side `json:"a"`
	B Side `json:"b"`
	// Warnings say why the two may differ for another reason than the bank.
	Warnings []string `json:"warnings"`
	// Changes are of the median second, which has noise that can be told.
	Changes []Change `json:"changes"`
	// Whole are figures of the whole runs: one value each, whose noise nobody knows.
	Whole []Pair `json:"whole"`
}

// Side names one side of a comparison.
type Side struct {
	Scenario string    `json:"scenario"`
	Shape    string    `json:"shape"`
	Started  time.Time `json:"started"`
	Commit   string    `json:"commit"`
	Bank     string    `json:"bank"`
}

// Pair is a figure of both runs.
type Pair struct {
	Metric string  `json:"metric"`
	A      float64 `json:"a"`
	B      float64 `json:"b"`
}

// Change is a figure of both runs' seconds. Fractions: 0.05 is 5 % more in B than in A.
type Change struct {
	Pair          // medians of the seconds
	By    float64 `json:"change"`
	Low   float64 `json:"change_low"` // 99 % interval
	High  float64 `json:"change_high"`
	Judge string  `json:"verdict"`
}

// Compare says what changed from a to b beyond the noise that the seconds of each run show. The first second of both is left
// out. The interval is of the ratio of the medians, by a bootstrap of blocks of seconds, for one second is like the next; the
// same two results always give the same interval.
func Compare(a, b *Result) Comparison {
	c := Comparison{A: describe(a), B: describe(b), Warnings: warnings(a, b), Changes: []Change{}, Whole: []Pair{}}
	if a.Scenario != b.Scenario {
		return c
	}
	for _, f := range figuresOf(a, b) {
		before, after := values(a, f.of), values(b, f.of)
		if len(before) > 0 && len(after) > 0 {
			c.Changes = append(c.Changes, change(f, before, after))
		}
	}
	if c.sameWork() && a.Bank != nil && b.Bank != nil {
		c.Warnings = append(c.Warnings, fmt.Sprintf("the bank spent no other CPU on %s, but used %s cores in A and %s in B: look at how "+
			"much of the machine it got, and at what it waited for, before its code", each(a.Scenario),
			short(cores(a.Bank.CPUSeconds, a.DurationS)), short(cores(b.Bank.CPUSeconds, b.DurationS))))
	}
	for _, name := range a.about() {
		la, lb := a.LatencyMs[name], b.LatencyMs[name]
		if lb.Count == 0 {
			continue
		}
		for _, p := range []string{"p50", "p90", "p99", "p999", "max"} {
			of := percentiles[p]
			c.Whole = append(c.Whole, Pair{latencyTitles[name] + " " + p + ", ms", of(la), of(lb)})
		}
	}
	c.Whole = append(c.Whole, Pair{"errors", float64(a.errors()), float64(b.errors())},
		Pair{"connections lost", float64(a.Connections.Lost), float64(b.Connections.Lost)})
	if a.Scenario == Idle && a.Bank != nil && b.Bank != nil {
		c.Whole = append(c.Whole, Pair{"bank, KB a connection", a.Bank.ResidentKBPerConnection, b.Bank.ResidentKBPerConnection})
	}
	return c
}

// sameWork reports another rate at the same cost, which is what a slow hour of a shared machine looks like.
func (c Comparison) sameWork() bool {
	rate, cost := "", ""
	for _, change := range c.Changes {
		switch {
		case strings.HasSuffix(change.Metric, " a second"):
			rate = change.Judge
		case strings.HasPrefix(change.Metric, "bank, "):
			cost = change.Judge
		}
	}
	return (rate == Better || rate == Worse) && cost == NoMore
}

func describe(r *Result) Side {
	return Side{Scenario: r.Scenario, Shape: shape(r), Started: r.Started, Commit: r.Machine.Commit, Bank: r.Machine.Bank}
}

// A figure of one second; of returns false where the second has none.
type figure struct {
	name     string
	moreGood bool
	of       func(s Second, width float64) (float64, bool)
}

// figuresOf returns what two runs of one scenario can be compared by.
func figuresOf(a, b *Result) []figure {
	var figures []figure
	if a.Model == "closed" && b.Model == "closed" { // in the open model, the rate is the schedule's
		figures = append(figures, figure{noun(a.Scenario) + " a second", true, func(s Second, width float64) (float64, bool) {
			return float64(s.Operations) / width, width > 0
		}})
	}
	for _, name := range latencyNames {
		for _, p := range []string{"p50", "p99"} {
			of := percentiles[p]
			figures = append(figures, figure{latencyTitles[name] + " " + p + ", ms", false, func(s Second, _ float64) (float64, bool) {
				l := s.LatencyMs[name]
				return of(l), l.Count > 0
			}})
		}
	}
	cpu := func(of func(s Second) float64) func(s Second, width float64) (float64, bool) {
		return func(s Second, width float64) (float64, bool) {
			return of(s) * width * 1e6 / float64(s.Operations), of(s) > 0 && s.Operations > 0
		}
	}
	return append(figures,
		figure{"bank, µs of CPU " + each(a.Scenario), false, cpu(func(s Second) float64 { return s.BankCPU })},
		figure{"tester, µs of CPU " + each(a.Scenario), false, cpu(func(s Second) float64 { return s.TesterCPU })})
}

// values returns a figure of each second but the first, which still warms up.
func values(r *Result, of func(s Second, width float64) (float64, bool)) []float64 {
	var all []float64
	for i := 1; i < len(r.Series); i++ {
		if v, ok := of(r.Series[i], r.Series[i].At-r.Series[i-1].At); ok && !math.IsInf(v, 0) && !math.IsNaN(v) {
			all = append(all, v)
		}
	}
	return all
}

func change(f figure, before, after []float64) Change {
	c := Change{Pair: Pair{f.name, median(before), median(after)}, Judge: Unknown}
	if c.A <= 0 || c.B <= 0 { // a ratio says nothing
		return c
	}
	c.By = c.B/c.A - 1
	if len(before) < secondsMin || len(after) < secondsMin {
		return c
	}
	c.Low, c.High = interval(before, after)
	switch {
	case c.Low <= 0 && c.High >= 0 || math.Abs(c.By) < smallestChange:
		c.Judge = NoMore
	case c.By > 0 == f.moreGood:
		c.Judge = Better
	default:
		c.Judge = Worse
	}
	return c
}

// interval is the 99 % interval of the ratio of the medians, less one.
func interval(before, after []float64) (low, high float64) {
	before, after = thinned(before), thinned(after)
	rnd := rand.New(rand.NewPCG(uint64(len(before)), uint64(len(after))))
	ratios := make([]float64, 0, resamples)
	scratch := make([]float64, 0, pointsMax)
	for range resamples {
		scratch = resample(scratch[:0], before, rnd)
		was := median(scratch)
		scratch = resample(scratch[:0], after, rnd)
		if was > 0 {
			ratios = append(ratios, median(scratch)/was-1)
		}
	}
	slices.Sort(ratios)
	if len(ratios) == 0 {
		return math.Inf(-1), math.Inf(1)
	}
	at := func(share float64) float64 { return ratios[int(share*float64(len(ratios)-1))] }
	return at(intervalTail), at(1 - intervalTail)
}

// resample draws as many values as there are, in blocks of neighbours.
func resample(into, values []float64, rnd *rand.Rand) []float64 {
	block := max(1, int(math.Cbrt(float64(len(values)))))
	for len(into) < len(values) {
		from := rnd.IntN(len(values) - block + 1)
		into = append(into, values[from:from+min(block, len(values)-len(into))]...)
	}
	return into
}

func thinned(values []float64) []float64 {
	if len(values) <= pointsMax {
		return values
	}
	var thin []float64
	for i := range pointsMax {
		thin = append(thin, median(values[i*len(values)/pointsMax:(i+1)*len(values)/pointsMax]))
	}
	return thin
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		return 0
	}
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// notOfTheRun are flags that say where the figures go, not how they come about.
var notOfTheRun = []string{"format", "report", "picture", "csv", "hgrm", "threshold", "server", "identity", "config", "home", "teller"}

// warnings say why a and b may differ for another reason than the bank.
func warnings(a, b *Result) []string {
	list := []string{}
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	if a.Scenario != b.Scenario {
		add("%s and %s are not the same thing, and are not compared", a.Scenario, b.Scenario)
		return list
	}
	if a.Model != b.Model {
		add("A is of the %s model and B of the %s one: their latencies do not mean the same", a.Model, b.Model)
	}
	for _, flag := range slices.Sorted(maps.Keys(mergedFlags(a, b))) {
		if va, vb := a.Flags[flag], b.Flags[flag]; va != vb && !slices.Contains(notOfTheRun, flag) {
			add("--%s was %s and is %s", flag, orNothing(va), orNothing(vb))
		}
	}
	list = append(list, machineWarnings(a.Machine, b.Machine)...)
	for i, r := range []*Result{a, b} {
		name := string("AB"[i])
		if r.GeneratorLimited {
			add("in %s the tester was what limited the rate", name)
		}
		if r.MoneyCheck != "ok" && !strings.HasPrefix(r.MoneyCheck, "not done") {
			add("in %s the money check failed, so its figures do not count: %s", name, r.MoneyCheck)
		}
	}
	return list
}

func mergedFlags(a, b *Result) map[string]string {
	all := maps.Clone(present(a.Flags))
	maps.Copy(all, b.Flags)
	return all
}

func orNothing(value string) string {
	if value == "" {
		return "not given"
	}
	return value
}

func machineWarnings(a, b Machine) []string {
	var list []string
	if machineText(a) != machineText(b) {
		list = append(list, fmt.Sprintf("the machine was %s, and is %s", machineText(a), machineText(b)))
	}
	if differ(a.SHA256MBPerS, b.SHA256MBPerS, 0.05) {
		list = append(list, fmt.Sprintf("the machine itself hashed %s MB a second before A, and %s before B: its own speed changed by %s",
			short(a.SHA256MBPerS), short(b.SHA256MBPerS), percent(b.SHA256MBPerS/a.SHA256MBPerS-1)))
	}
	if differ(a.FsyncUs, b.FsyncUs, 0.3) {
		list = append(list, fmt.Sprintf("an fsync took %s µs before A, and %s before B", short(a.FsyncUs), short(b.FsyncUs)))
	}
	return list
}

func differ(a, b, by float64) bool { return a > 0 && b > 0 && math.Abs(b/a-1) > by }

func percent(fraction float64) string { return fmt.Sprintf("%+.1f%%", fraction*100) }

// WriteText writes what a person reads.
func (c Comparison) WriteText(w io.Writer) error {
	p := &summary{}
	for _, side := range []struct {
		name string
		run  Side
	}{{"A", c.A}, {"B", c.B}} {
		p.line("%s  %s, %s; %s, %s", side.name, side.run.Scenario, side.run.Shape, side.run.Started.UTC().Format(time.DateTime),
			orNothing(side.run.Commit))
	}
	p.line("")
	for _, warning := range c.Warnings {
		p.line("  warning: %s", warning)
	}
	if len(c.Warnings) > 0 {
		p.line("")
	}
	if len(c.Changes) > 0 {
		rows := [][]string{{"median second", "A", "B", "change", "99% interval", ""}}
		for _, change := range c.Changes {
			rows = append(rows, change.row())
		}
		p.columns(rows)
	}
	if len(c.Whole) > 0 {
		rows := [][]string{{"whole run, not judged", "A", "B"}}
		for _, pair := range c.Whole {
			rows = append(rows, []string{pair.Metric, short(pair.A), short(pair.B)})
		}
		p.columns(rows)
	}
	p.line("%s", c.Sentence())
	_, err := w.Write(bytes.TrimLeft(p.buf.Bytes(), "\n"))
	return err
}

func (c Change) row() []string {
	row := []string{c.Metric, short(c.A), short(c.B), percent(c.By), "", c.Judge}
	if c.Judge != Unknown {
		row[4] = percent(c.Low) + " to " + percent(c.High)
	}
	return row
}

// Sentence is the comparison in one sentence, or two.
func (c Comparison) Sentence() string {
	if len(c.Changes) == 0 {
		return "Nothing to compare by."
	}
	by := map[string][]string{}
	for _, change := range c.Changes {
		by[change.Judge] = append(by[change.Judge], change.Metric)
	}
	if len(by[Unknown]) == len(c.Changes) {
		return fmt.Sprintf("Too short to tell: both runs need %d seconds and more, and what is compared in each.", secondsMin+1)
	}
	var parts []string
	for _, judged := range []string{Better, Worse} {
		if len(by[judged]) > 0 {
			parts = append(parts, fmt.Sprintf("%s in B: %s.", judged, strings.Join(by[judged], "; ")))
		}
	}
	if len(parts) == 0 {
		return "No difference beyond noise."
	}
	parts = append(parts, "The seconds of two runs know nothing of a third: run A and B again, in turn, before believing it.")
	text := strings.Join(parts, " ")
	return strings.ToUpper(text[:1]) + text[1:]
}
