package bench

import (
	"runtime"
	"testing"
	"time"
)

func TestATesterIsTheLimitOnlyWhereItIsBusy(t *testing.T) {
	all := float64(runtime.GOMAXPROCS(0))
	for name, test := range map[string]struct {
		second             Second
		handed             time.Duration
		limited, disturbed bool
	}{
		"quiet":                     {Second{TesterCPU: all / 10, BankCPU: all / 5}, 0, false, false},
		"all processors":            {Second{TesterCPU: all}, 0, true, false},
		"late, and busy":            {Second{TesterCPU: all * 0.6, BankCPU: all / 10}, time.Second, true, false},
		"late, and the machine not": {Second{TesterCPU: all / 10, BankCPU: all / 5}, time.Second, false, true},
	} {
		var p pressure
		p.second(&test.second, test.handed)
		if p.notable() != test.limited || (p.disturbed > 0) != test.disturbed {
			t.Errorf("%s: %+v", name, p)
		}
	}
}
