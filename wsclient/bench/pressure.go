package bench

import (
	"runtime"
	"time"
)

// pressure judges whether the tester, and not the bank, is what is slow. Both may share a machine, so a busy tester is no
// fault by itself; a second counts against the tester where
//
//   - it used nine tenths of all processors it may use by itself, or
//   - it used more than the bank while both together used nine tenths of the machine, or
//   - in the open model, commands were handed out later than handedMax after they were due though the connections had room, and it
//     used half of the processors it may use.
//
// A run is limited by it where that holds for a fifth of its seconds. Late without such use is a machine that others have.
type pressure struct {
	now             bool
	seconds, slower int
	disturbed       int // seconds in which something else kept the tester from its schedule
}

const (
	// busyShare of the processors is as good as all: the rest is what the system needs.
	busyShare = 0.9
	// handedMax is how late a tester may be by itself: a machine that is not overloaded keeps its timers to a few milliseconds.
	handedMax = 50 * time.Millisecond
	// slowerShare is one part in so many.
	slowerShare = 5
)

// second judges one second; handed is the tester's own delay in it at most.
func (p *pressure) second(s *Second, handed time.Duration) {
	processors := float64(runtime.NumCPU())
	may := float64(runtime.GOMAXPROCS(0))
	p.now = s.TesterCPU >= busyShare*may ||
		s.BankCPU > 0 && s.TesterCPU > s.BankCPU && s.TesterCPU+s.BankCPU >= busyShare*processors ||
		handed > handedMax && s.TesterCPU >= may/2
	if handed > handedMax && !p.now {
		p.disturbed++
	}
	p.seconds++
	if p.now {
		p.slower++
	}
}

func (p *pressure) notable() bool { return p.slower*slowerShare >= max(p.seconds, 1) }
