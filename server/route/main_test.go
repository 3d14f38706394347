package route

import (
	"os"
	"testing"
)

// TestMain is also the other process of the benchmarks; see crowd.
func TestMain(m *testing.M) {
	if plan := os.Getenv(crowdEnv); plan != "" {
		os.Exit(beCrowd(plan))
	}
	os.Exit(m.Run())
}
