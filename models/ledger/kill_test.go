package ledger

import (
	"flag"
	"math/rand/v2"
	"testing"
)

var kills = flag.Int("ledger.kills", 4, "how often the process is killed")

// The process is killed in the midst of its work, again and again. What it acknowledged is there exactly once, what it
// refused stays refused, and what it did not answer is there once or not at all.
func TestAKilledProcessLosesNothingAndDoublesNothing(t *testing.T) {
	h := newHouse(t)
	j := job{People: h.family()}
	for range *kills {
		j.Seed = rand.Uint64()
		said, code := h.runChild(j, 20+rand.IntN(400))
		if code != -1 {
			t.Fatalf("the child ended by itself with %d", code)
		}
		t.Logf("%d applied, %d refused", count(said, "applied"), count(said, "refused"))
		h.settle(j, said)
	}
}
