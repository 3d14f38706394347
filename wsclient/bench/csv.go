package bench

import (
	"encoding/csv"
	"io"
	"strconv"
)

// WriteCSV writes one row a second, under names with their units. Latencies have five columns for each histogram that the run
// has; the count of one that had nothing in a second is 0, and its times are empty.
func WriteCSV(w io.Writer, r *Result) error {
	names := r.names()
	header := []string{"at_s", "operations", "rate_per_s", "errors", "open", "lag_ms", "bank_cores", "tester_cores", "bank_kb"}
	for _, name := range names {
		for _, column := range []string{"count", "p50_ms", "p90_ms", "p99_ms", "p999_ms", "max_ms"} {
			header = append(header, name+"_"+column)
		}
	}
	out := csv.NewWriter(w)
	if err := out.Write(header); err != nil {
		return err
	}
	before := 0.0
	for _, s := range r.Series {
		row := []string{decimal(s.At), count(s.Operations), decimal(float64(s.Operations) / (s.At - before)), count(s.Errors),
			strconv.Itoa(s.Open), decimal(s.LagMs), decimal(s.BankCPU), decimal(s.TesterCPU), count(s.BankKB)}
		for _, name := range names {
			l := s.LatencyMs[name]
			row = append(row, count(l.Count))
			for _, ms := range []float64{l.P50, l.P90, l.P99, l.P999, l.Max} {
				if l.Count == 0 {
					row = append(row, "")
				} else {
					row = append(row, decimal(ms))
				}
			}
		}
		if err := out.Write(row); err != nil {
			return err
		}
		before = s.At
	}
	out.Flush()
	return out.Error()
}

func count(n uint64) string { return strconv.FormatUint(n, 10) }

// decimal has microseconds where it is milliseconds: what is finer was not measured.
func decimal(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }
