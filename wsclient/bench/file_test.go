package bench

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
)

func TestAResultIsReadBackAsItWasWritten(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "open.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := json.Compact(&want, text); err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(stored(t, "open.json"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Error("it is another one")
	}
}

func TestAnEmptyResultHasNoNulls(t *testing.T) {
	text, err := json.Marshal(Result{Series: []Second{{At: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(text), "null"); n != 1 || !strings.Contains(string(text), `"bank":null`) {
		t.Errorf("%d nulls: %s", n, text)
	}
}

func TestAFigureOverNothingDoesNotLoseTheResult(t *testing.T) {
	r := Result{RatePerS: math.NaN(), Bank: &Use{CPUMicrosPerOperation: math.Inf(1)}, Series: []Second{{LagMs: math.Inf(-1)}}}
	if _, err := json.Marshal(&r); err != nil {
		t.Error(err)
	}
	if !math.IsInf(r.Bank.CPUMicrosPerOperation, 1) {
		t.Error("the result itself was changed")
	}
}

func TestWhatIsNoResultIsRefused(t *testing.T) {
	greedy := hdrhistogram.New(1, math.MaxInt64, 5) // 50 MB for whoever decodes it
	encoded, err := greedy.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"nothing":               ``,
		"another JSON":          `{"error": {"code": "refused"}}`,
		"a model that is none":  `{"scenario": "ping", "model": "half"}`,
		"time going back":       `{"scenario": "ping", "model": "open", "series": [{"at_s": 2}, {"at_s": 1}]}`,
		"a negative duration":   `{"scenario": "ping", "model": "open", "duration_s": -1}`,
		"a broken histogram":    `{"scenario": "ping", "model": "open", "histograms": {"service": "AAAA"}}`,
		"a greedy histogram":    `{"scenario": "ping", "model": "open", "histograms": {"service": "` + string(encoded) + `"}}`,
		"a number as scenario":  `{"scenario": 1, "model": "open"}`,
		"a histogram of digits": `{"scenario": "ping", "model": "open", "histograms": {"service": 12}}`,
	} {
		if _, err := parseResult([]byte(text)); !errors.Is(err, ErrResult) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseResult(f *testing.F) {
	h := hdrhistogram.New(1, 1_000_000, 2)
	if err := h.RecordValue(1500); err != nil {
		f.Fatal(err)
	}
	small, err := json.Marshal(Result{Scenario: Ping, Model: "closed", Notes: []string{"\x1b[2J"},
		Series: []Second{{At: 1, Operations: 1}}, histograms: map[string]*hdrhistogram.Histogram{HistService: h}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(small)
	f.Add([]byte(`{"scenario": "ping", "model": "closed", "series": [{"at_s": 1e-300, "latency_ms": {"service": {"count": 1}}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := parseResult(text)
		if err != nil {
			if !errors.Is(err, ErrResult) {
				t.Error(err)
			}
			return
		}
		var out bytes.Buffer
		if err := WriteText(&out, r); err != nil {
			t.Error(err)
		}
		if strings.ContainsAny(out.String(), "\x1b\x07\r\u202e") {
			t.Errorf("a terminal would obey this: %q", out.String())
		}
		if err := WriteCSV(io.Discard, r); err != nil {
			t.Error(err)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Error(err)
		}
	})
}
