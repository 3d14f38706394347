package bench

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"caudal/models/money"
)

// WriteText writes what a person reads in the terminal after a run.
func WriteText(w io.Writer, r *Result) error {
	p := &summary{}
	p.head(r)
	p.latencies(r)
	p.errors(r)
	p.facts(r)
	p.remarks(r)
	_, err := w.Write(p.buf.Bytes())
	return err
}

// summary collects the text of a result.
type summary struct {
	buf bytes.Buffer
}

// line writes a line; texts among its arguments are made harmless.
func (p *summary) line(format string, args ...any) {
	for i, arg := range args {
		if s, ok := arg.(string); ok {
			args[i] = harmless(s)
		}
	}
	fmt.Fprintf(&p.buf, format, args...)
	p.buf.WriteByte('\n')
}

func (p *summary) head(r *Result) {
	p.line("%s, %s", r.Scenario, shape(r))
	p.line("")
	p.line("  %s %s a second, %s in %s, %s", short(r.RatePerS), noun(r.Scenario), grouped(r.Operations), lasting(r.DurationS),
		plural(r.errors(), "error"))
	p.line("")
}

// shape says how a run was driven: "closed model, 100 connections, 16 in flight on each".
func shape(r *Result) string {
	text := fmt.Sprintf("%s model, %s", r.Model, plural(uint64(r.Connections.Asked), "connection"))
	switch r.Scenario {
	case Connect, Idle:
		return text
	}
	if inFlight := r.Flags["in-flight"]; inFlight != "" && r.Model == "closed" {
		text += ", " + inFlight + " in flight on each"
	}
	if r.Flags["hot"] == "true" {
		text += ", all to one account"
	}
	switch {
	case r.Flags["stages"] != "":
		text += ", stages " + r.Flags["stages"]
	case r.Flags["rate"] != "" && r.Flags["rate"] != "0":
		text += ", " + r.Flags["rate"] + " a second asked for"
	}
	return text
}

func plural(n uint64, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return grouped(n) + " " + word + "s"
}

// columns are written with every column but the first to the right.
func (p *summary) columns(rows [][]string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				line.WriteString("  " + harmless(cell) + gap)
			} else {
				line.WriteString("  " + gap + harmless(cell))
			}
		}
		p.buf.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	p.line("")
}

func (p *summary) latencies(r *Result) {
	names := r.names()
	if len(names) == 0 {
		return
	}
	rows := [][]string{{"milliseconds", "p50", "p90", "p99", "p99.9", "max", "count"}}
	for _, name := range names {
		l := r.LatencyMs[name]
		rows = append(rows, []string{latencyTitles[name], short(l.P50), short(l.P90), short(l.P99), short(l.P999), short(l.Max),
			grouped(l.Count)})
	}
	p.columns(rows)
}

func (p *summary) errors(r *Result) {
	if len(r.Errors) == 0 {
		return
	}
	rows := [][]string{{"errors", ""}}
	for _, code := range byCount(r.Errors) {
		rows = append(rows, []string{code, grouped(r.Errors[code])})
	}
	p.columns(rows)
}

// byCount returns the codes, the most frequent first.
func byCount(errors map[string]uint64) []string {
	return slices.SortedFunc(maps.Keys(errors), func(a, b string) int {
		if errors[a] != errors[b] {
			if errors[a] > errors[b] {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
}

func (p *summary) facts(r *Result) {
	p.line("  %-12s %s", "money", moneyText(r))
	p.line("  %-12s %s opened, %s lost", "connections", grouped(r.Connections.Opened), grouped(r.Connections.Lost))
	if r.Bank != nil {
		p.line("  %-12s %s", "bank", useText(r, *r.Bank))
	}
	p.line("  %-12s %s", "tester", useText(r, r.Tester))
	p.line("  %-12s %s", "machine", machineText(r.Machine))
	p.line("  %-12s %s", "of it", speedText(r.Machine))
	if r.Machine.Commit != "" {
		p.line("  %-12s %s", "commit", r.Machine.Commit)
	}
	if r.Machine.Bank != "" {
		p.line("  %-12s %s", "of the bank", r.Machine.Bank)
	}
}

// moneyText is the money check in one line.
func moneyText(r *Result) string {
	if r.MoneyCheck != "ok" {
		return r.MoneyCheck
	}
	m := r.Money
	text := fmt.Sprintf("ok: %s in %s before and after, %s, %s", money.FormatGrouped(m.TotalMinor, money.MXN),
		plural(uint64(m.Accounts), "account"), plural(m.Transfers, "transfer"), plural(m.Events, "event"))
	if m.Superseded > 0 {
		text += fmt.Sprintf(" (and %s left out for slow readers)", grouped(m.Superseded))
	}
	text += fmt.Sprintf(", %s read back", plural(m.LegsRead, "leg"))
	if m.Unknown > 0 {
		text += fmt.Sprintf(", %s cut off before their answer", grouped(m.Unknown))
	}
	return text
}

func useText(r *Result, u Use) string {
	text := fmt.Sprintf("%s cores", short(cores(u.CPUSeconds, r.DurationS)))
	if u.CPUMicrosPerOperation > 0 {
		text += fmt.Sprintf(", %s µs of CPU %s", short(u.CPUMicrosPerOperation), each(r.Scenario))
	}
	text += fmt.Sprintf(", %s MB resident", grouped(u.ResidentKB/1024))
	if u.ResidentKBPerConnection > 0 {
		text += fmt.Sprintf(", %s KB a connection", short(u.ResidentKBPerConnection))
	}
	return text
}

func cores(cpuSeconds, seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return cpuSeconds / seconds
}

func machineText(m Machine) string {
	parts := []string{m.CPU, plural(uint64(m.Cores), "core"), grouped(m.MemoryMB) + " MB", m.OS + "/" + m.Arch, m.Kernel, m.Go}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

func speedText(m Machine) string {
	return fmt.Sprintf("fsync %s µs, SHA-256 %s MB a second on one core", short(m.FsyncUs), short(m.SHA256MBPerS))
}

// remarks are what a reader must know, and what was asked of the run.
func (p *summary) remarks(r *Result) {
	notes := remarks(r)
	if len(notes)+len(r.Thresholds) > 0 {
		p.line("")
	}
	for _, note := range notes {
		p.line("  note: %s", note)
	}
	for _, v := range r.Thresholds {
		p.line("  %s", v.String())
	}
}

// remarks are r's notes; with the tester's own slowness first, for it decides what the figures are of.
func remarks(r *Result) []string {
	if !r.GeneratorLimited {
		return r.Notes
	}
	return append([]string{"this tester, not the bank, was what limited the rate: the bank can do more than these figures say"},
		r.Notes...)
}
