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

// Collections that follow each other within busyWithin mean that the bank is busy; none in quietAfter, and little
// allocated, that it is quiet.
const (
	headroomLook = time.Second
	busyWithin   = 2 * time.Second
	quietAfter   = 10 * time.Second
)

// heap is what the runtime says of itself: how often it has collected, how many bytes live in the heap and its roots, and how
// many have ever been allocated.
type heap struct{ cycles, live, allocated uint64 }

// headroom decides how much.
type headroom struct {
	busy bool
	last time.Time // when there was a collection
	then heap      // what was said at that look
}

// percent is the runtime's garbage collection target (see [debug.SetGCPercent]).
func (h *headroom) percent(now time.Time, heap heap) int {
	since := now.Sub(h.last)
	switch ran := heap.cycles - h.then.cycles; {
	case ran > 1, ran == 1 && since <= busyWithin:
		h.busy = true
	case ran == 0 && since >= quietAfter && quiet(heap.allocated-h.then.allocated, since):
		h.busy = false
	}
	if heap.cycles != h.then.cycles {
		h.last, h.then = now, heap
	}
	room := uint64(headroomLeast)
	if h.busy {
		room = max(headroomLeastBusy, heap.live)
	}
	live := max(heap.live, 1<<20)
	return int((100*room + live - 1) / live) // 0 would be a collection without end
}

// quiet tells whether so many bytes in that time leave collections twice as far apart as busy ones, also with the least
// headroom: where much lives, they are far apart in a busy bank, which would then go to and fro.
func quiet(allocated uint64, in time.Duration) bool {
	return float64(allocated)*2*busyWithin.Seconds() <= headroomLeast*in.Seconds()
}

// keepHeadroom sets the target until ctx ends, unless the operator has said something about it. When the bank becomes quiet,
// what was collected goes back to the operating system at once: Go by itself takes minutes to give back what a rush left.
func keepHeadroom(ctx context.Context) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	samples := []metrics.Sample{
		{Name: "/gc/cycles/total:gc-cycles"}, {Name: "/gc/heap/live:bytes"}, {Name: "/gc/scan/stack:bytes"}, {Name: "/gc/scan/globals:bytes"},
		{Name: "/gc/heap/allocs:bytes"},
	}
	ticker := time.NewTicker(headroomLook)
	defer ticker.Stop()
	h, set := headroom{last: time.Now()}, 0
	defer debug.SetGCPercent(debug.SetGCPercent(100)) // as it was
	for {
		metrics.Read(samples)
		said := func(i int) uint64 { return samples[i].Value.Uint64() }
		busy := h.busy
		percent := h.percent(time.Now(), heap{cycles: said(0), live: said(1) + said(2) + said(3), allocated: said(4)})
		if busy && !h.busy {
			debug.FreeOSMemory() // before the target falls, which would have another collection begin: two at once look busy
		}
		if near := set / 16; percent < set-near || percent > set+near { // each change stops the world for a moment
			debug.SetGCPercent(percent)
			set = percent
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
