package bench

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"sync"
)

// refusal is why the bank would not have a connection, in its own words.
type refusal struct {
	code string // by which the error is counted: "http_503", "too_many"
	text string
}

func (r refusal) Error() string { return r.text }

const (
	refusalsMax    = 8
	refusalTextMax = 120 // bytes
)

// refusals are those that differ: bounded.
type refusals struct {
	mu   sync.Mutex
	list []refusal
}

// add notes why a connection could not be opened, where the bank said it.
func (r *refusals) add(err error) {
	why, ok := errors.AsType[refusal](err)
	if !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.list) < refusalsMax && !slices.Contains(r.list, why) {
		r.list = append(r.list, why)
	}
}

// capsOf are the bank's settings that an error comes from.
var capsOf = map[string]string{
	"http_429":    "--connections-per-address, --handshakes-per-second and --handshakes-burst",
	"http_503":    "--connections and --handshakes",
	"too_many":    "--connections-per-user",
	"closed_4001": "--queue-kb",
	"closed_4004": "--connections and --handshakes",
	"busy":        "--ledger-queue and --desk-queue",
}

// caps says which of the bank's settings the run came up against.
func (r *run) caps(errors map[string]uint64) {
	said := &r.refusals
	said.mu.Lock()
	defer said.mu.Unlock()
	told := map[string]bool{}
	for _, why := range said.list {
		told[why.code] = true
		if settings := capsOf[why.code]; settings != "" {
			r.note("the bank would not have more connections: %q; see its %s, which --demo sets high", harmless(why.text), settings)
		} else {
			r.note("the bank would not have a connection: %q", harmless(cmp.Or(why.text, why.code)))
		}
	}
	for _, code := range slices.Sorted(maps.Keys(errors)) {
		if settings := capsOf[code]; settings != "" && !told[code] {
			r.note("%s, %d times, is a cap of the bank's: see its %s", code, errors[code], settings)
		}
	}
}
