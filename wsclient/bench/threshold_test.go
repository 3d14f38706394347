package bench

import (
	"errors"
	"slices"
	"testing"
)

func TestAThresholdIsMetOrNot(t *testing.T) {
	r := &Result{Scenario: Transfer, Model: "open", DurationS: 10, Operations: 500, RatePerS: 50, MoneyCheck: "ok",
		Errors: map[string]uint64{"busy": 2, "cut": 1},
		LatencyMs: map[string]Latency{
			HistResponse: {Count: 500, P50: 2, P90: 3, P99: 12.5, P999: 40, Max: 55},
			HistService:  {Count: 500, P50: 1, P99: 4},
		},
		Bank: &Use{CPUSeconds: 5, CPUMicrosPerOperation: 14.2, ResidentKB: 102_400},
	}
	for _, c := range []struct {
		text string
		met  bool
		said string
	}{
		{"p99<50ms", true, "p99<50ms: met, 12.5 ms"},
		{"p99 < 12.5", false, "p99 < 12.5: NOT met, 12.5 ms"},
		{"p99<=12500us", true, "p99<=12500us: met, 12.5 ms"},
		{"p99<=12500µs", true, "p99<=12500µs: met, 12.5 ms"},
		{"max<0.055s", false, "max<0.055s: NOT met, 55.0 ms"},
		{"service.p99<5ms", true, "service.p99<5ms: met, 4.00 ms"},
		{"event.p99<5ms", false, "event.p99<5ms: NOT met, this run has no event.p99"},
		{"errors==0", false, "errors==0: NOT met, 3"},
		{"errors!=0", true, "errors!=0: met, 3"},
		{"rate>=50", true, "rate>=50: met, 50"},
		{"rate>50", false, "rate>50: NOT met, 50"},
		{"bank.cpu_us<15", true, "bank.cpu_us<15: met, 14.2 us"},
		{"bank.cpu_us<15ms", true, "bank.cpu_us<15ms: met, 14.2 us"},
		{"bank.cores<0.6", true, "bank.cores<0.6: met, 0.500"},
		{"bank.mb==100", true, "bank.mb==100: met, 100"},
		{"money_check==ok", true, "money_check==ok: met, ok"},
		{"money_check!=ok", false, "money_check!=ok: NOT met, ok"},
	} {
		threshold, err := ParseThreshold(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if v := threshold.Judge(r); v.Met != c.met || v.String() != c.said {
			t.Errorf("%s: %v, %q, want %v, %q", c.text, v.Met, v, c.met, c.said)
		}
	}
}

func TestWhatIsNoThresholdIsRefused(t *testing.T) {
	for _, text := range []string{"", "p99", "p99<", "<50", "p99=50", "p99<50kg", "p99<-1", "p99<1e3", "p99<0x10", "p99<inf", "p99<NaN",
		"p98<1", "rate>10ms", "service.rate>1", "money_check<ok", "money_check==fine", "p99<1..2", "p99<1ms<2ms", "p99<>1"} {
		if _, err := ParseThreshold(text); !errors.Is(err, ErrThreshold) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestABankThatIsElsewhereMeetsNoThreshold(t *testing.T) {
	threshold, err := ParseThreshold("bank.cpu_us<15")
	if err != nil {
		t.Fatal(err)
	}
	if threshold.Judge(&Result{}).Met {
		t.Error("a figure that nobody measured was met")
	}
}

func FuzzParseThreshold(f *testing.F) {
	for _, text := range []string{"p99<50ms", "event.p99 <= 1.5 s", "errors==0", "rate>1000", "money_check==ok", "p99<µs"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		threshold, err := ParseThreshold(text)
		if err != nil {
			if !errors.Is(err, ErrThreshold) {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if !slices.Contains(Metrics(), threshold.metric) || threshold.value < 0 {
			t.Errorf("%q became %+v", text, threshold)
		}
		again, err := ParseThreshold(threshold.String())
		if err != nil || again != threshold {
			t.Errorf("%q became %+v, and that %+v, %v", text, threshold, again, err)
		}
		threshold.Judge(&Result{})
	})
}

func TestOpeningConnectionsDoesNotPassForAnAnswer(t *testing.T) {
	threshold, err := ParseThreshold("p99<50ms")
	if err != nil {
		t.Fatal(err)
	}
	opened := map[string]Latency{HistSignIn: {Count: 1, P99: 1}}
	if v := threshold.Judge(&Result{Scenario: Transfer, LatencyMs: opened}); v.Met {
		t.Error(v)
	}
	if v := threshold.Judge(&Result{Scenario: Idle, LatencyMs: opened}); !v.Met {
		t.Error(v)
	}
}
