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
	value, words := headline(r)
	if r.Scenario != Idle {
		words += fmt.Sprintf(", %s in %s", grouped(r.Operations), lasting(r.DurationS))
	}
	p.line("  %s %s, %s", value, words, plural(r.errors(), "error"))
	p.line("")
}

// shape says how a run was driven: "closed model, 100 connections, 16 in flight on each".
func shape(r *Result) string {
	text := plural(uint64(r.Connections.Asked), "connection")
	if r.Scenario == Idle {
		return text
	}
	text = r.Model + " model, " + text
	if r.Scenario == Connect {
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
	p.fact("money", moneyText(r))
	p.fact("connections", fmt.Sprintf("%s opened, %s lost", grouped(r.Connections.Opened), grouped(r.Connections.Lost)))
	if r.Bank != nil {
		p.fact("bank", cpuText(r, *r.Bank)+"; "+memoryText(r, *r.Bank))
	}
	p.fact("tester", cpuText(r, r.Tester)+"; "+memoryText(r, r.Tester))
	p.fact("machine", machineText(r.Machine))
	p.fact("of it", fmt.Sprintf("fsync %s µs, SHA-256 %s MB a second on one core", short(r.Machine.FsyncUs), short(r.Machine.SHA256MBPerS)))
	p.fact("commit", r.Machine.Commit)
	p.fact("of the bank", r.Machine.Bank)
}

// fact writes a name and a text, which goes on below itself where it is long; nothing where there is no text.
func (p *summary) fact(name, text string) {
	const indent, width = 15, 100
	line := fmt.Sprintf("  %-12s", name)
	empty := true
	for word := range strings.FieldsSeq(harmless(text)) {
		if !empty && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			p.buf.WriteString(line + "\n")
			line = strings.Repeat(" ", indent-1)
		}
		line += " " + word
		empty = false
	}
	if !empty {
		p.buf.WriteString(line + "\n")
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

func cpuText(r *Result, u Use) string {
	text := short(cores(u.CPUSeconds, r.DurationS)) + " cores"
	if u.CPUMicrosPerOperation > 0 {
		text += fmt.Sprintf(", %s µs of CPU %s", short(u.CPUMicrosPerOperation), each(r.Scenario))
	}
	return text
}

// memoryText has memory for each connection only where connections are all that there is: elsewhere it is also of work.
func memoryText(r *Result, u Use) string {
	text := grouped(u.ResidentKB/1024) + " MB resident"
	if r.Scenario == Idle && u.ResidentKBPerConnection > 0 {
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

// remarks are what a reader must know, and what was asked of the run.
func (p *summary) remarks(r *Result) {
	if len(r.Notes)+len(r.Thresholds) > 0 {
		p.line("")
	}
	for _, note := range r.Notes {
		p.fact("note", note)
	}
	for _, v := range r.Thresholds {
		p.fact("threshold", v.String())
	}
}
