package app

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// The bounds of the headroom: what the heap may grow by until the garbage in it is collected. Go's own is as much again as what
// lives, which a bank full of quiet customers pays for in memory and gets nothing for.
const (
	// headroomLeast is for a quiet bank: what 20,000 customers' pings leave behind in half a minute.
	headroomLeast = 32 << 20
	// headroomLeastBusy is for a busy one, also one in which little lives: below it collections follow each other too fast.
	headroomLeastBusy = 64 << 20
)

// Collections that follow each other within busyWithin mean that the bank is busy; none in quietAfter, that it is quiet.
const (
	headroomLook = time.Second
	busyWithin   = 2 * time.Second
	quietAfter   = 10 * time.Second
)

// headroom decides how much.
type headroom struct {
	busy   bool
	cycles uint64    // of the collector, so far
	last   time.Time // when there was one
}

// percent is the runtime's garbage collection target (see [debug.SetGCPercent]), from what the collector has done and what lives
// in the heap and its roots, in bytes.
func (h *headroom) percent(now time.Time, cycles, live uint64) int {
	switch ran := cycles != h.cycles; {
	case ran && cycles > h.cycles+1, ran && now.Sub(h.last) <= busyWithin:
		h.busy = true
	case !ran && now.Sub(h.last) >= quietAfter:
		h.busy = false
	}
	if cycles != h.cycles {
		h.cycles, h.last = cycles, now
	}
	room := uint64(headroomLeast)
	if h.busy {
		room = max(headroomLeastBusy, live)
	}
	return int(100 * room / max(live, 1<<20))
}

// keepHeadroom sets the target until ctx ends, unless the operator has said something about it. When the bank becomes quiet,
// what was collected goes back to the operating system at once: Go by itself takes minutes to give back what a rush left.
func keepHeadroom(ctx context.Context) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	samples := []metrics.Sample{
		{Name: "/gc/cycles/total:gc-cycles"}, {Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"},
	}
	ticker := time.NewTicker(headroomLook)
	defer ticker.Stop()
	h, set := headroom{last: time.Now()}, 0
	defer debug.SetGCPercent(debug.SetGCPercent(100)) // as it was
	for {
		metrics.Read(samples)
		busy := h.busy
		percent := h.percent(time.Now(), samples[0].Value.Uint64(), samples[1].Value.Uint64()+samples[2].Value.Uint64()+samples[3].Value.Uint64())
		if near := set / 16; percent < set-near || percent > set+near { // each change stops the world for a moment
			debug.SetGCPercent(percent)
			set = percent
		}
		if busy && !h.busy {
			debug.FreeOSMemory()
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
