package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"

	"charm.land/lipgloss/v2"
)

// output is the one way by which a command shows something: as text for people, or as JSON for programs. Text passes
// through [visible]; JSON says the same in escapes.
type output struct {
	w    io.Writer // standard output
	json bool
}

// show prints value as one line of JSON, or what text writes.
func (o *output) show(value any, text func(p *page)) error {
	if !o.json {
		p := &page{}
		text(p)
		_, err := o.w.Write(p.buf.Bytes())
		return writeFailure(err)
	}
	line, err := encode(value)
	if err != nil {
		return failed(codeFailed, "cannot encode the answer: %v", err)
	}
	_, err = o.w.Write(line)
	return writeFailure(err)
}

func writeFailure(err error) error {
	if err == nil {
		return nil
	}
	return failed(codeFailed, "cannot write to standard output: %v", err)
}

// encode returns value as one line of JSON with spaces after colons and commas, so that both an eye and grep can read it.
func encode(value any) ([]byte, error) {
	var compact bytes.Buffer
	e := json.NewEncoder(&compact)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return nil, err
	}
	var spaced bytes.Buffer
	if err := json.Indent(&spaced, bytes.TrimSpace(compact.Bytes()), "", ""); err != nil {
		return nil, err
	}
	// JSON strings hold no raw line break, so every one here is Indent's own.
	line := strings.NewReplacer(",\n", ", ", "\n", "").Replace(spaced.String())
	return append(escapeJSON(line), '\n'), nil
}

// escapeJSON replaces the characters that [visible] would not show by \u escapes, which mean the same to every parser.
// Outside of its strings JSON is ASCII, so wherever one stands it is inside a string.
func escapeJSON(line string) []byte {
	out := make([]byte, 0, len(line))
	for _, r := range line {
		if r < utf8Self && r != 0x7f || r >= utf8Self && unicode.IsPrint(r) && showable(0, r, 0) {
			out = append(out, string(r)...)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			out = fmt.Appendf(out, `\u%04x`, unit)
		}
	}
	return out
}

const utf8Self = 0x80 // below it, a character is one byte

// page collects the text of one answer. Everything that is not this program's own words goes through visible.
type page struct {
	buf bytes.Buffer
}

// line writes a line; string arguments are made safe, whoever they come from.
func (p *page) line(format string, args ...any) {
	for i, arg := range args {
		switch v := arg.(type) {
		case string:
			args[i] = visible(v)
		case error:
			args[i] = visible(v.Error())
		case fmt.Stringer:
			args[i] = visible(v.String())
		}
	}
	fmt.Fprintf(&p.buf, format, args...)
	p.buf.WriteByte('\n')
}

// column is one of a table's. Numbers stand to the right, so that their digits line up.
type column struct {
	title string
	right bool
}

// table writes rows under the columns' titles. Widths are those of a terminal's cells, not of bytes.
func (p *page) table(columns []column, rows [][]string) {
	widths := make([]int, len(columns))
	for i, c := range columns {
		widths[i] = lipgloss.Width(c.title)
	}
	for _, row := range rows {
		for i := range row {
			row[i] = visible(row[i])
			widths[i] = max(widths[i], lipgloss.Width(row[i]))
		}
	}
	titles := make([]string, len(columns))
	for i, c := range columns {
		titles[i] = c.title
	}
	for _, row := range append([][]string{titles}, rows...) {
		var b strings.Builder
		for i, cell := range row {
			gap := strings.Repeat(" ", widths[i]-lipgloss.Width(cell))
			if i > 0 {
				b.WriteString("  ")
			}
			if columns[i].right {
				b.WriteString(gap + cell)
			} else {
				b.WriteString(cell + gap)
			}
		}
		p.buf.WriteString(strings.TrimRight(b.String(), " ") + "\n")
	}
}

// errorJSON is a failure as programs read it.
type errorJSON struct {
	Error errorBody `json:"error"`
}

type errorBody struct {
	Code           string `json:"code"`
	Message        string `json:"message"`
	Retryable      bool   `json:"retryable"`
	RetryAfterMS   int64  `json:"retry_after_ms,omitempty"`
	IdempotencyKey string `json:"idempotency_key,omitempty"`
}

// report prints a failure: JSON on standard output, where the answer would have been; text on standard error. What is about an
// answer that stands on standard output already is always text.
func report(f *failure, asJSON bool, stdout, stderr io.Writer) {
	if asJSON && !f.answered {
		line, err := encode(errorJSON{errorBody{f.code, f.Error(), f.retryable, f.retryAfterMS, f.idempotencyKey}})
		if err == nil {
			_, _ = stdout.Write(line) // nobody is left to be told
			return
		}
	}
	p := &page{}
	p.line("caudal: %s", f.message)
	for _, fact := range f.facts {
		p.line("  %s", fact)
	}
	for i, try := range f.try {
		if i == 0 {
			p.line("  try: %s", try)
		} else {
			p.line("       %s", try)
		}
	}
	_, _ = stderr.Write(p.buf.Bytes())
}
