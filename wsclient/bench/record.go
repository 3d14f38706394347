package bench

import (
	"maps"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// kind is which histogram a duration goes to.
type kind uint8

const (
	kindTLS kind = iota
	kindChannel
	kindSignIn
	kindService
	kindResponse
	kindEvent
	kinds
)

var kindNames = [kinds]string{HistTLS, HistChannel, HistSignIn, HistService, HistResponse, HistEvent}

const (
	// latencyMax is the longest time that is told from longer ones.
	latencyMax = 10 * time.Minute
	// latencyDigits is the histograms' precision in decimal digits.
	latencyDigits = 3
	// shardCount spreads the connections over histograms, so that two processors seldom want the same one.
	shardCount = 8
)

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, latencyMax.Microseconds(), latencyDigits)
}

// tally is what has been counted.
type tally struct {
	operations uint64
	errors     map[string]uint64
	histograms [kinds]*hdrhistogram.Histogram // nil where there is nothing in it
}

func (t *tally) time(k kind, took time.Duration) {
	h := t.histograms[k]
	if h == nil {
		h = newHistogram()
		t.histograms[k] = h
	}
	_ = h.RecordValue(min(max(took.Microseconds(), 1), latencyMax.Microseconds())) // in range
}

func (t *tally) fail(code string) {
	if t.errors == nil {
		t.errors = map[string]uint64{}
	}
	t.errors[code]++
}

// add takes over what other counted.
func (t *tally) add(other *tally) {
	t.operations += other.operations
	for code, n := range other.errors {
		if t.errors == nil {
			t.errors = map[string]uint64{}
		}
		t.errors[code] += n
	}
	for k, h := range other.histograms {
		if h == nil || h.TotalCount() == 0 {
			continue
		}
		if t.histograms[k] == nil {
			t.histograms[k] = newHistogram()
		}
		t.histograms[k].Merge(h)
	}
}

func (t *tally) reset() {
	t.operations = 0
	clear(t.errors)
	for _, h := range t.histograms {
		if h != nil && h.TotalCount() > 0 {
			h.Reset()
		}
	}
}

func (t *tally) failures() (n uint64) {
	for _, count := range t.errors {
		n += count
	}
	return n
}

// latencies is each histogram in short.
func (t *tally) latencies() map[string]Latency {
	short := map[string]Latency{}
	for k, h := range t.histograms {
		if h != nil && h.TotalCount() > 0 {
			short[kindNames[k]] = inShort(h)
		}
	}
	return short
}

func inShort(h *hdrhistogram.Histogram) Latency {
	ms := func(us int64) float64 { return float64(us) / 1000 }
	return Latency{
		Count: uint64(h.TotalCount()),
		P50:   ms(h.ValueAtQuantile(50)), P90: ms(h.ValueAtQuantile(90)), P99: ms(h.ValueAtQuantile(99)),
		P999: ms(h.ValueAtQuantile(99.9)), Max: ms(h.Max()),
	}
}

// shard is a tally of some of the connections, since it was last collected.
type shard struct {
	mu sync.Mutex
	tally
	_ [64]byte // so that two shards are not in one line of the cache
}

// recorder collects what the connections count, by the second and in all.
type recorder struct {
	shards [shardCount]shard
	spare  tally

	total  tally // since begin
	before tally // how connections opened
}

// shard returns where the i-th connection counts.
func (r *recorder) shard(i int) *shard { return &r.shards[i%shardCount] }

// collect takes what was counted since the last time out of the shards.
func (r *recorder) collect(into *tally) {
	for i := range r.shards {
		s := &r.shards[i]
		s.mu.Lock()
		s.tally, r.spare = r.spare, s.tally
		s.mu.Unlock()
		into.add(&r.spare)
		r.spare.reset()
	}
}

// errors returns all that failed.
func (r *recorder) errors() map[string]uint64 {
	all := maps.Clone(r.before.errors)
	if all == nil {
		all = map[string]uint64{}
	}
	for code, n := range r.total.errors {
		all[code] += n
	}
	return all
}
