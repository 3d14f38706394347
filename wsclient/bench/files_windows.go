package bench

import "math"

// openFiles has no bound here that one could ask for.
func openFiles() int { return math.MaxInt32 }
