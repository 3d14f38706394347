package app

import (
	"testing"
	"time"
)

func TestTheHeapGrowsLittleInAQuietBankAndFreelyInABusyOne(t *testing.T) {
	const live = 400 << 20
	now := time.Unix(1000, 0)
	h := headroom{last: now}
	quiet, busy := 100*headroomLeast/live, 100
	for i, step := range []struct {
		after  time.Duration
		cycles uint64 // of the collector, so far
		want   int
	}{
		{time.Second, 0, quiet},
		{time.Second, 1, busy}, // soon after the start
		{5 * time.Second, 2, busy},
		{9 * time.Second, 2, busy},
		{time.Second, 2, quiet},
		{30 * time.Second, 3, quiet}, // now and then
		{30 * time.Second, 4, quiet},
		{time.Second, 5, busy},
		{30 * time.Second, 5, quiet},
		{30 * time.Second, 7, busy}, // two since the last look
	} {
		now = now.Add(step.after)
		if got := h.percent(now, step.cycles, live); got != step.want {
			t.Errorf("step %d: %d %%, want %d %%", i, got, step.want)
		}
	}
	if got := (&headroom{busy: true, last: now}).percent(now, 0, 0); got != 100*headroomLeastBusy/(1<<20) {
		t.Errorf("nothing lives: %d %%", got)
	}
}
