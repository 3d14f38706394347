package bench

import "math"

// A moment is one second of a run, or several in one where a chart has no room for all of them: rates and CPU are their mean,
// latencies and lag the worst of them, for a percentile of percentiles would flatter.
type moment struct {
	at, rate, lag       float64
	errors              uint64
	open                int
	bank, tester, bankM float64 // cores, cores, MB
	latency             map[string]Latency
}

// moments returns at most most of them, and how many seconds one has.
func moments(r *Result, most int) (list []moment, each int) {
	each = max(1, (len(r.Series)+most-1)/most)
	before := 0.0
	for from := 0; from < len(r.Series); from += each {
		seconds := r.Series[from:min(from+each, len(r.Series))]
		m := moment{at: seconds[len(seconds)-1].At, latency: map[string]Latency{}}
		width := m.at - before
		if width <= 0 {
			continue
		}
		operations := uint64(0)
		for _, s := range seconds {
			operations += s.Operations
			m.errors += s.Errors
			m.open = s.Open
			m.lag = max(m.lag, s.LagMs)
			m.bank += s.BankCPU / float64(len(seconds))
			m.tester += s.TesterCPU / float64(len(seconds))
			m.bankM = float64(s.BankKB) / 1024
			for name, l := range s.LatencyMs {
				m.latency[name] = worse(m.latency[name], l)
			}
		}
		m.rate = float64(operations) / width
		list = append(list, m)
		before = m.at
	}
	return list, each
}

func worse(a, b Latency) Latency {
	return Latency{Count: a.Count + b.Count, P50: max(a.P50, b.P50), P90: max(a.P90, b.P90), P99: max(a.P99, b.P99),
		P999: max(a.P999, b.P999), Max: max(a.Max, b.Max)}
}

// trail returns one figure of all moments; NaN, which is a gap, where of has none.
func trail(list []moment, of func(m moment) (float64, bool)) []float64 {
	values := make([]float64, len(list))
	for i, m := range list {
		v, ok := of(m)
		if !ok || math.IsInf(v, 0) {
			v = math.NaN()
		}
		values[i] = v
	}
	return values
}
