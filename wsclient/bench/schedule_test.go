package bench

import (
	"testing"
	"time"
)

func times(s *schedule) (all []time.Duration) {
	for due, ok := s.next(); ok; due, ok = s.next() {
		all = append(all, due)
	}
	return all
}

func TestAScheduleHasAsManyCommandsAsItsRatesSay(t *testing.T) {
	for name, test := range map[string]struct {
		stages []Stage
		warmup time.Duration
		want   int
	}{
		"steady":              {[]Stage{{100, 100, time.Second}}, 0, 100},
		"warm-up":             {[]Stage{{100, 100, time.Second}}, time.Second, 200},
		"climb":               {[]Stage{{0, 100, 2 * time.Second}}, 0, 100},
		"climb and hold":      {[]Stage{{0, 500, 10 * time.Second}, {500, 500, time.Minute}}, 0, 32_500},
		"descent":             {[]Stage{{100, 0, 2 * time.Second}}, 0, 100},
		"pause":               {[]Stage{{10, 10, time.Second}, {0, 0, time.Second}, {10, 10, time.Second}}, 0, 20},
		"nothing":             {[]Stage{{0, 0, time.Second}}, 0, 0},
		"slower than its end": {[]Stage{{0.5, 0.5, time.Second}}, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			all := times(newSchedule(test.stages, test.warmup))
			if len(all) != test.want {
				t.Errorf("%d commands, want %d", len(all), test.want)
			}
			end := test.warmup + stagesLength(test.stages)
			for i, due := range all {
				if due < 0 || due >= end || i > 0 && due < all[i-1] {
					t.Fatalf("command %d is due at %v, after %v, of %v", i, due, all[max(i-1, 0)], end)
				}
			}
		})
	}
}

func TestAClimbIsEven(t *testing.T) {
	all := times(newSchedule([]Stage{{0, 100, 2 * time.Second}}, 0))
	first := 0
	for _, due := range all {
		if due < time.Second {
			first++
		}
	}
	if first != 25 { // half of the time at a quarter of the sum
		t.Errorf("%d of %d are due in the first half, want 25", first, len(all))
	}
}
