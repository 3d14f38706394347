package bench

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// thresholdMax bounds the text of a threshold.
const thresholdMax = 128

// ErrThreshold means that a text is not a threshold. Errors of ParseThreshold wrap it and say what is wrong.
var ErrThreshold = errors.New("not a threshold")

// Threshold is what is asked of a run: p99<50ms, event.p99<=20ms, errors==0, rate>1000, bank.cpu_us<15, money_check==ok.
type Threshold struct {
	text    string // as it was written
	metric  string
	compare string // one of comparisons
	value   float64
	ok      bool // of money_check: whether it is to be "ok"
}

// comparisons, the longer ones first, so that <= is not read as <.
var comparisons = []string{"<=", ">=", "==", "!=", "<", ">"}

// moneyMetric is the one metric that is no number.
const moneyMetric = "money_check"

// A metric reads a figure from a result; false where the run has none.
type metric struct {
	unit string // ms, us, or nothing
	read func(r *Result) (float64, bool)
}

// metrics has every number that a threshold may name; percentiles of one histogram have its name before a dot.
var metrics = knownMetrics()

func knownMetrics() map[string]metric {
	known := map[string]metric{
		"rate":       {"", func(r *Result) (float64, bool) { return r.RatePerS, r.Scenario != Idle }},
		"operations": {"", func(r *Result) (float64, bool) { return float64(r.Operations), true }},
		"errors":     {"", func(r *Result) (float64, bool) { return float64(r.errors()), true }},
		"lost":       {"", func(r *Result) (float64, bool) { return float64(r.Connections.Lost), true }},
		"opened":     {"", func(r *Result) (float64, bool) { return float64(r.Connections.Opened), true }},
	}
	for name, use := range map[string]func(r *Result) *Use{
		"bank":   func(r *Result) *Use { return r.Bank },
		"tester": func(r *Result) *Use { return &r.Tester },
	} {
		figure := func(of func(r *Result, u *Use) float64) func(r *Result) (float64, bool) {
			return func(r *Result) (float64, bool) {
				u := use(r)
				if u == nil {
					return 0, false
				}
				return of(r, u), true
			}
		}
		known[name+".cpu_us"] = metric{"us", figure(func(_ *Result, u *Use) float64 { return u.CPUMicrosPerOperation })}
		known[name+".cores"] = metric{"", figure(func(r *Result, u *Use) float64 { return cores(u.CPUSeconds, r.DurationS) })}
		known[name+".mb"] = metric{"", figure(func(_ *Result, u *Use) float64 { return float64(u.ResidentKB) / 1024 })}
		known[name+".kb_per_connection"] = metric{"", figure(func(_ *Result, u *Use) float64 { return u.ResidentKBPerConnection })}
	}
	for name, of := range percentiles {
		known[name] = metric{"ms", func(r *Result) (float64, bool) {
			l, ok := r.LatencyMs[r.main()]
			return of(l), ok
		}}
		for _, histogram := range latencyNames {
			known[histogram+"."+name] = metric{"ms", func(r *Result) (float64, bool) {
				l, ok := r.LatencyMs[histogram]
				return of(l), ok && l.Count > 0
			}}
		}
	}
	return known
}

var percentiles = map[string]func(l Latency) float64{
	"p50":  func(l Latency) float64 { return l.P50 },
	"p90":  func(l Latency) float64 { return l.P90 },
	"p99":  func(l Latency) float64 { return l.P99 },
	"p999": func(l Latency) float64 { return l.P999 },
	"max":  func(l Latency) float64 { return l.Max },
}

// Metrics returns the names that a threshold may have, sorted.
func Metrics() []string {
	return append(slices.Sorted(maps.Keys(metrics)), moneyMetric)
}

// ParseThreshold reads METRIC, a comparison, and a value: a number, for latencies with us, ms (meant where there is none) or
// s, or ok for money_check. Without the name of a histogram a percentile is of the one that stands for the run: of
// responses in the open model, of service in the closed one, of events in watch, of sign-ins in idle. Errors wrap
// ErrThreshold.
func ParseThreshold(text string) (Threshold, error) {
	if len(text) > thresholdMax {
		return Threshold{}, fmt.Errorf("%w: it is too long", ErrThreshold)
	}
	at := strings.IndexAny(text, "<>=!")
	if at < 0 {
		return Threshold{}, fmt.Errorf("%w: %q has no comparison, as in p99<50ms", ErrThreshold, text)
	}
	rest := text[at:]
	op := slices.IndexFunc(comparisons, func(c string) bool { return strings.HasPrefix(rest, c) })
	if op < 0 {
		return Threshold{}, fmt.Errorf("%w: %q compares by none of %s", ErrThreshold, text, strings.Join(comparisons, " "))
	}
	t := Threshold{text: strings.TrimSpace(text), metric: strings.TrimSpace(text[:at]), compare: comparisons[op]}
	value := strings.TrimSpace(rest[len(t.compare):])
	if t.metric == moneyMetric {
		if value != "ok" || t.compare != "==" && t.compare != "!=" {
			return Threshold{}, fmt.Errorf("%w: %s is asked about with ==ok", ErrThreshold, moneyMetric)
		}
		t.ok = t.compare == "=="
		return t, nil
	}
	m, ok := metrics[t.metric]
	if !ok {
		return Threshold{}, fmt.Errorf("%w: %q is none of %s", ErrThreshold, t.metric, strings.Join(Metrics(), ", "))
	}
	var err error
	if t.value, err = parseFigure(value, m.unit); err != nil {
		return Threshold{}, fmt.Errorf("%w: %q: %w", ErrThreshold, text, err)
	}
	return t, nil
}

// unitsOf are the factors to a metric's own unit, by the unit as it is written.
var unitsOf = map[string]map[string]float64{
	"":   {"": 1},
	"us": {"": 1, "us": 1, "µs": 1, "ms": 1e3, "s": 1e6},
	"ms": {"": 1, "us": 1e-3, "µs": 1e-3, "ms": 1, "s": 1e3},
}

// parseFigure reads a number that is not negative, and its unit, as so many of the metric's own.
func parseFigure(text, own string) (float64, error) {
	end := strings.LastIndexAny(text, "0123456789.") + 1
	factor, ok := unitsOf[own][strings.TrimSpace(text[end:])]
	if !ok {
		return 0, fmt.Errorf("%q is not a unit of it", strings.TrimSpace(text[end:]))
	}
	number := text[:end]
	if strings.Trim(number, "0123456789.") != "" { // neither signs, nor exponents, nor infinity
		return 0, fmt.Errorf("%q is not a number", number)
	}
	v, err := strconv.ParseFloat(number, 64)
	if err != nil || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%q is not a number", number)
	}
	return v * factor, nil
}

// String is the threshold as it was written.
func (t Threshold) String() string { return t.text }

// Verdict is what became of a threshold.
type Verdict struct {
	Threshold string `json:"threshold"`
	// Value is what was measured, with its unit; or why there is none.
	Value string `json:"value"`
	Met   bool   `json:"met"`
}

// String says it in one line: "p99<50ms: met, 12.3 ms".
func (v Verdict) String() string {
	if v.Met {
		return v.Threshold + ": met, " + v.Value
	}
	return v.Threshold + ": NOT met, " + v.Value
}

// Judge says whether r meets the threshold. A figure that r does not have meets nothing.
func (t Threshold) Judge(r *Result) Verdict {
	if t.metric == moneyMetric {
		return Verdict{Threshold: t.text, Value: r.MoneyCheck, Met: (r.MoneyCheck == "ok") == t.ok}
	}
	m := metrics[t.metric]
	v, ok := m.read(r)
	if !ok {
		return Verdict{Threshold: t.text, Value: "this run has no " + t.metric}
	}
	value := short(v)
	switch {
	case m.unit != "":
		value += " " + m.unit
	case v == math.Trunc(v) && v < 1<<53: // a count
		value = grouped(int64(v))
	}
	return Verdict{Threshold: t.text, Value: value, Met: t.holds(v)}
}

func (t Threshold) holds(v float64) bool {
	switch t.compare {
	case "<":
		return v < t.value
	case "<=":
		return v <= t.value
	case ">":
		return v > t.value
	case ">=":
		return v >= t.value
	case "==":
		return v == t.value
	}
	return v != t.value
}
