package bench

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestOnlyWhatIsBeyondNoiseIsCalledAChange(t *testing.T) {
	for _, other := range []string{"transfer-same", "transfer-slower"} {
		var out bytes.Buffer
		if err := Compare(stored(t, "transfer.json"), stored(t, other+".json")).WriteText(&out); err != nil {
			t.Fatal(err)
		}
		golden(t, other+".compare.txt", out.Bytes())
	}
}

func TestACommonRunComparedWithItselfIsTheSame(t *testing.T) {
	c := Compare(stored(t, "transfer.json"), stored(t, "transfer.json"))
	if got := c.Sentence(); got != "No difference beyond noise." {
		t.Error(got)
	}
	if len(c.Warnings) != 0 {
		t.Error(c.Warnings)
	}
}

func TestWhatMakesTwoRunsUnlikeIsSaid(t *testing.T) {
	a, b := stored(t, "transfer.json"), stored(t, "transfer.json")
	b.Flags["conns"], b.Flags["report"], b.Model = "200", "x.html", "open"
	b.Machine.CPU, b.Machine.SHA256MBPerS = "Another", a.Machine.SHA256MBPerS*0.7
	b.GeneratorLimited, b.MoneyCheck = true, "1.00 is missing"
	got := strings.Join(Compare(a, b).Warnings, "\n")
	for _, want := range []string{"open", "--conns was 20 and is 200", "Another", "-30.0%", "limited the rate", "1.00 is missing"} {
		if !strings.Contains(got, want) {
			t.Errorf("not said: %s\n%s", want, got)
		}
	}
	if strings.Contains(got, "report") {
		t.Errorf("a flag that changes nothing was said:\n%s", got)
	}
}

func TestAShortRunIsNotJudged(t *testing.T) {
	a, b := stored(t, "transfer.json"), stored(t, "transfer-slower.json")
	b.Series = b.Series[:secondsMin]
	for _, change := range Compare(a, b).Changes {
		if change.Judge != Unknown {
			t.Errorf("%s: %s", change.Metric, change.Judge)
		}
	}
}

func TestDifferentScenariosAreNotCompared(t *testing.T) {
	c := Compare(&Result{Scenario: Ping}, &Result{Scenario: Idle})
	if len(c.Warnings) != 1 || len(c.Changes)+len(c.Whole) != 0 {
		t.Errorf("%+v", c)
	}
	text, err := json.Marshal(c)
	if err != nil || strings.Contains(string(text), "null") {
		t.Errorf("%s, %v", text, err)
	}
}

func TestASlowHourOfTheMachineIsNotTakenForTheBank(t *testing.T) {
	a, b := stored(t, "transfer.json"), stored(t, "transfer.json")
	for i := range b.Series {
		b.Series[i].Operations /= 2
		b.Series[i].BankCPU /= 2
	}
	b.Bank.CPUSeconds /= 2
	got := strings.Join(Compare(a, b).Warnings, "\n")
	if !strings.Contains(got, "used 0.651 cores in A and 0.325 in B") {
		t.Errorf("not said: %q", got)
	}
}
