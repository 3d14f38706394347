package bench

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"sync"
)

// refusals are the bank's own words for why it would not have a connection, and how often it said each: bounded.
type refusals struct {
	mu   sync.Mutex
	said map[refusal]uint64
}

// refusal is an HTTP status other than that of an upgrade, and what the bank says to it.
type refusal struct {
	status string // "http_503"
	text   string
}

func (r refusal) Error() string { return r.text }

const (
	refusalsMax    = 8
	refusalTextMax = 120 // bytes
)

// refused notes why a connection could not be opened, where the bank said it.
func (r *run) refused(err error) {
	why, ok := errors.AsType[refusal](err)
	if !ok {
		return
	}
	said := &r.refusals
	said.mu.Lock()
	defer said.mu.Unlock()
	if said.said == nil {
		said.said = map[refusal]uint64{}
	}
	if _, known := said.said[why]; known || len(said.said) < refusalsMax {
		said.said[why]++
	}
}

// capsOf are the bank's settings that an error comes from.
var capsOf = map[string]string{
	"http_429":     "--connections-per-address, --handshakes-per-second and --handshakes-burst",
	"http_503":     "--connections and --handshakes",
	"closed_4001":  "--queue-kb",
	"closed_4004":  "--connections-per-user",
	"rate_limited": "the rate of that command",
	"busy":         "--ledger-queue and --desk-queue",
}

// caps says which of the bank's settings the run came up against.
func (r *run) caps(errors map[string]uint64) {
	for _, why := range slices.SortedFunc(maps.Keys(r.refusals.said), func(a, b refusal) int {
		return int(min(max(int64(r.refusals.said[b])-int64(r.refusals.said[a]), -1), 1))
	}) {
		r.note("%d times the bank would not have a connection: %q; see its %s", r.refusals.said[why], harmless(why.text), cmp.Or(capsOf[why.status], "log"))
	}
	for _, code := range slices.Sorted(maps.Keys(errors)) {
		if settings, ok := capsOf[code]; ok && code[:5] != "http_" {
			r.note("%q came %d times: a cap of the bank's, see its %s", code, errors[code], settings)
		}
	}
}
