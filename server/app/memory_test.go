package app

import (
	"testing"
	"time"
)

func TestTheHeapGrowsLittleInAQuietBankAndFreelyInABusyOne(t *testing.T) {
	const live = 400 << 20
	now := time.Unix(1000, 0)
	h := headroom{last: now}
	const quiet, busy = 8, 100
	allocated := uint64(0)
	for i, step := range []struct {
		after     time.Duration
		cycles    uint64 // of the collector, so far
		allocated uint64 // since the step before
		want      int
	}{
		{time.Second, 0, 0, quiet},
		{time.Second, 1, 0, busy}, // soon after the start
		{5 * time.Second, 2, 0, busy},
		{9 * time.Second, 2, 0, busy},
		{time.Second, 2, 0, quiet},
		{30 * time.Second, 3, headroomLeast, quiet}, // now and then
		{30 * time.Second, 4, headroomLeast, quiet},
		{time.Second, 5, headroomLeast, busy},
		{12 * time.Second, 5, 12 * (20 << 20), busy}, // as much lives, collections are far apart: nothing is quiet yet
		{12 * time.Second, 5, 12 * (20 << 20), busy},
		{60 * time.Second, 5, 1 << 20, quiet},
		{30 * time.Second, 7, 0, busy}, // two since the last look
	} {
		now = now.Add(step.after)
		allocated += step.allocated
		if got := h.percent(now, heap{cycles: step.cycles, live: live, allocated: allocated}); got != step.want {
			t.Errorf("step %d: %d %%, want %d %%", i, got, step.want)
		}
	}
	if got := (&headroom{busy: true, last: now}).percent(now, heap{}); got != 100*headroomLeastBusy/(1<<20) {
		t.Errorf("nothing lives: %d %%", got)
	}
	if got := (&headroom{last: now}).percent(now, heap{live: 16 << 30}); got != 1 {
		t.Errorf("much lives in a quiet bank: %d %%, and 0 would collect without end", got)
	}
}
