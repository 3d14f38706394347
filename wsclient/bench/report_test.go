package bench

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// pageOf is the report of a result.
func pageOf(t testing.TB, r *Result) string {
	t.Helper()
	var out bytes.Buffer
	if err := WriteReport(&out, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func pictureOf(t testing.TB, r *Result) string {
	t.Helper()
	var out bytes.Buffer
	if err := WritePicture(&out, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// elsewhere is whatever could make a browser ask another file for something, or run something.
var elsewhere = regexp.MustCompile(`(?i)<script|<link|<img|<iframe|<object|<image|<use|url\(|@import|\bsrc=|\bhref=|\bon[a-z]+=|https?://`)

func TestAReportNeedsNoOtherFile(t *testing.T) {
	for _, text := range []string{pageOf(t, stored(t, "open.json")), strings.Replace(pictureOf(t, stored(t, "open.json")), `xmlns="http://www.w3.org/2000/svg"`, "", 1)} {
		if found := elsewhere.FindString(text); found != "" {
			t.Errorf("it has %q", found)
		}
	}
}

func TestAReportHasItsFiguresAndTheirAxes(t *testing.T) {
	page := pageOf(t, stored(t, "open.json"))
	for _, want := range []string{">640<", "transfers a second", "Money check: ok", "55 errors", "p99&lt;50ms: NOT met, 362 ms", "errors==0: NOT met, 55",
		"ms, logarithmic", "99.9%", "Intel(R) Xeon(R) Processor", "caudald/0.1.0", "--stages", "Behind the schedule", "busy"} {
		if !strings.Contains(page, want) {
			t.Errorf("not in it: %s", want)
		}
	}
}

func TestAHostileResultStaysText(t *testing.T) {
	r := stored(t, "transfer.json")
	attack := `"'</title></text></style><script>alert(1)</script><img src=x onerror=alert(1)>`
	r.Notes, r.MoneyCheck, r.Flags["conns"], r.Flags["in-flight"], r.Machine.CPU = []string{attack}, attack, attack, attack, attack
	r.Machine.Commit, r.Errors, r.Scenario = attack, map[string]uint64{attack: 1}, attack
	r.Thresholds = []Verdict{{Threshold: attack, Value: attack}}
	for _, text := range []string{pageOf(t, r), pictureOf(t, r)} {
		if strings.Contains(text, "<script") || strings.Contains(text, "<img") {
			t.Error("it became markup")
		}
	}
	wellFormed(t, pictureOf(t, r))
}

func TestAPictureIsTheSameForTheSameResult(t *testing.T) {
	for _, name := range []string{"transfer", "open"} {
		text := pictureOf(t, stored(t, name+".json"))
		wellFormed(t, text)
		golden(t, name+".svg", []byte(text))
	}
}

func wellFormed(t *testing.T, text string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("no XML: %v", err)
		}
	}
}

func TestARunInWhichNothingHappenedIsStillShown(t *testing.T) {
	for _, r := range []*Result{
		{Scenario: Idle, Model: "closed", MoneyCheck: "not done: no money was moved"},
		{Scenario: Transfer, Model: "open", Series: []Second{{At: 1}, {At: 2}}},
		{Scenario: "another", Model: "open", Series: []Second{{}, {}}},
	} {
		for _, text := range []string{pageOf(t, r), pictureOf(t, r)} {
			if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
				t.Errorf("%s: a figure that is none", r.Scenario)
			}
		}
	}
}

// The report looks like the dashboard: what both name is the same.
func TestTheReportHasTheDashboardsColours(t *testing.T) {
	tokens, err := os.ReadFile(filepath.Join("..", "..", "web", "src", "style", "tokens.css"))
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`(?m)^  (--[a-z-]+): (.*);$`)
	of := map[string]string{}
	for _, m := range declared.FindAllStringSubmatch(string(tokens), -1) {
		if _, seen := of[m[1]]; !seen {
			of[m[1]] = m[2]
		}
	}
	shared := 0
	for _, m := range declared.FindAllStringSubmatch(reportText, -1) {
		if want, ok := of[m[1]]; ok {
			shared++
			if m[2] != want {
				t.Errorf("%s is %s here and %s there", m[1], m[2], want)
			}
		}
	}
	if shared < 15 {
		t.Errorf("only %d are shared", shared)
	}
}
