package bench

import (
	"slices"
	"testing"
	"time"
)

func TestStagesAreReadAsTheyAreMeant(t *testing.T) {
	for text, want := range map[string][]Stage{
		"500@1m":            {{500, 500, time.Minute}},
		"0:500@10s,500@1m":  {{0, 500, 10 * time.Second}, {500, 500, time.Minute}},
		"0.5@1s, 10:0@1.5s": {{0.5, 0.5, time.Second}, {10, 0, 1500 * time.Millisecond}},
	} {
		if got, err := ParseStages(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

func TestWhatIsNoScheduleIsRefused(t *testing.T) {
	for _, text := range []string{"", "500", "500@", "@1s", "-1@1s", "NaN@1s", "1e9@1s", "Inf@1s", "0:5:9@1s", "5@1s,", "5@1s;6@1s"} {
		if got, err := ParseStages(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}
