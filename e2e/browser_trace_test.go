package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"
)

// trace is what the browser itself recorded of a page's work.
type trace struct {
	frames []time.Duration // from one drawn frame to the next, sorted
	tasks  []time.Duration // of the page's main thread, sorted
}

// traceEvent is one line of Chromium's trace; times are microseconds.
type traceEvent struct {
	Name     string `json:"name"`
	Process  int    `json:"pid"`
	Thread   int    `json:"tid"`
	At       int64  `json:"ts"`
	Duration int64  `json:"dur"`
}

// traceMark tells the page's process and main thread apart from the browser's others.
const traceMark = "caudal-trace"

// traced records the browser's work while during runs.
func (w *window) traced(during func()) trace {
	w.t.Helper()
	var mu sync.Mutex
	var events []traceEvent
	complete := make(chan struct{})
	listening, stop := context.WithCancel(w.ctx)
	defer stop()
	if err := chromedp.Listen(listening, func(event any) {
		switch e := event.(type) {
		case *tracing.EventDataCollected:
			mu.Lock()
			defer mu.Unlock()
			for _, line := range e.Value {
				var parsed traceEvent
				if json.Unmarshal(line, &parsed) == nil {
					events = append(events, parsed)
				}
			}
		case *tracing.EventTracingComplete:
			close(complete)
		}
	}); err != nil {
		w.t.Fatal(err)
	}
	w.do(func(ctx context.Context, target *chromedp.Target) error {
		return call(ctx, target, tracing.Start, tracing.StartParams{
			TransferMode: tracing.StartTransferModeReportEvents,
			TraceConfig: &tracing.TraceConfig{IncludedCategories: []string{
				"disabled-by-default-devtools.timeline", "disabled-by-default-devtools.timeline.frame", "blink.user_timing",
			}},
		})()
	})
	eval[any](w, `void performance.mark("`+traceMark+`")`)
	during()
	w.do(func(ctx context.Context, target *chromedp.Target) error {
		return call(ctx, target, tracing.End, cdp.Empty{})()
	})
	select {
	case <-complete:
	case <-time.After(pagePatience):
		w.t.Fatal("the trace does not end")
	}
	mu.Lock()
	defer mu.Unlock()
	return readTrace(events)
}

func readTrace(events []traceEvent) trace {
	var page traceEvent
	for _, e := range events {
		if e.Name == traceMark {
			page = e
		}
	}
	var t trace
	var drawn []int64
	for _, e := range events {
		switch {
		case e.Process != page.Process:
		case e.Name == "DrawFrame":
			drawn = append(drawn, e.At)
		case e.Name == "RunTask" && e.Thread == page.Thread:
			t.tasks = append(t.tasks, time.Duration(e.Duration)*time.Microsecond)
		}
	}
	slices.Sort(drawn)
	for i := 1; i < len(drawn); i++ {
		t.frames = append(t.frames, time.Duration(drawn[i]-drawn[i-1])*time.Microsecond)
	}
	slices.Sort(t.frames)
	slices.Sort(t.tasks)
	return t
}

// quantile returns the value below which the part of the sorted values lies.
func quantile(sorted []time.Duration, part float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)-1, int(part*float64(len(sorted))))]
}

func (t trace) String() string {
	return fmt.Sprintf("%d frames: p50 %v, p99 %v, longest %v; %d tasks: p99 %v, longest %v",
		len(t.frames), quantile(t.frames, 0.5), quantile(t.frames, 0.99), quantile(t.frames, 1),
		len(t.tasks), quantile(t.tasks, 0.99), quantile(t.tasks, 1))
}
