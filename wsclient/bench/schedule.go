package bench

import (
	"context"
	"math"
	"time"
)

// schedule says when commands are due: evenly, at the rates of its stages. It goes on whether the bank answers or not.
type schedule struct {
	stages []Stage
	stage  int
	start  time.Duration // of the stage
	before float64       // commands due before the stage, in fractions
	count  float64       // commands told
}

// newSchedule puts a warm-up in front of the stages, at the rate that they begin with.
func newSchedule(stages []Stage, warmup time.Duration) *schedule {
	s := &schedule{}
	if warmup > 0 {
		s.stages = append(s.stages, Stage{stages[0].FromPerS, stages[0].FromPerS, warmup})
	}
	s.stages = append(s.stages, stages...)
	return s
}

// stagesLength is how long the stages last.
func stagesLength(stages []Stage) (d time.Duration) {
	for _, stage := range stages {
		d += stage.For
	}
	return d
}

// next returns when the next command is due, from the schedule's begin; false at its end.
func (s *schedule) next() (due time.Duration, ok bool) {
	for s.stage < len(s.stages) {
		stage := &s.stages[s.stage]
		if at, ok := stage.reach(s.count - s.before); ok {
			s.count++
			return s.start + at, true
		}
		s.before += (stage.FromPerS + stage.ToPerS) / 2 * stage.For.Seconds()
		s.start += stage.For
		s.stage++
	}
	return 0, false
}

// reach is when the stage has had n commands: after t the rate is from + slope·t, and from·t + slope·t²/2 were due. False where
// that is after its end.
func (s *Stage) reach(n float64) (time.Duration, bool) {
	whole := s.For.Seconds()
	slope := (s.ToPerS - s.FromPerS) / whole
	n = max(n, 0)
	root := s.FromPerS*s.FromPerS + 2*slope*n
	if root < 0 {
		return 0, false
	}
	speed := s.FromPerS + math.Sqrt(root)
	if speed <= 0 { // nothing is due at the rate 0; on a climb from 0 the first is due at once
		return 0, n == 0 && slope > 0
	}
	t := 2 * n / speed // the root of the square, without its cancellation
	return time.Duration(t * float64(time.Second)), t < whole
}

// dueMax bounds the commands that wait for room on one connection: minutes of what one connection does.
const dueMax = 1 << 16

// pace hands commands to the clients as they become due, to one after the other, until the context ends.
func (r *run) pace(ctx context.Context, plan *schedule) {
	var senders []*client
	for _, c := range r.clients {
		if len(c.slots) > 0 {
			senders = append(senders, c)
		}
	}
	if len(senders) == 0 {
		return
	}
	begin := time.Duration(r.now())
	turn := 0
	var batch []int64
	due, more := plan.next()
	for more && ctx.Err() == nil {
		if early := begin + due - time.Duration(r.now()); early > 0 {
			pause(ctx, early)
			continue
		}
		now := r.now()
		batch = batch[:0]
		for ; more && int64(begin+due) <= now && len(batch) < dueMax; due, more = plan.next() {
			batch = append(batch, int64(begin+due))
		}
		r.hand(senders, turn, batch)
		turn = (turn + len(batch)) % len(senders)
	}
	if more { // due before the end, and not even handed out
		for ; more && int64(begin+due) < r.now(); due, more = plan.next() {
			r.late.Add(1)
		}
	}
}

// hand gives each sender its part of a batch in one go.
func (r *run) hand(senders []*client, turn int, batch []int64) {
	for first := range min(len(batch), len(senders)) {
		c := senders[(turn+first)%len(senders)]
		c.mu.Lock()
		for i := first; i < len(batch); i += len(senders) {
			if c.gone || len(c.due)-c.dueHead >= dueMax {
				r.late.Add(1)
				continue
			}
			c.due = append(c.due, batch[i])
		}
		if len(c.free) > 0 {
			r.handedLate(r.now() - batch[first])
		}
		c.fill()
		c.mu.Unlock()
	}
}

// handedLate notes how late a command was handed to a connection that had room: the tester's own delay.
func (r *run) handedLate(by int64) {
	for {
		most := r.handed.Load()
		if by <= most || r.handed.CompareAndSwap(most, by) {
			return
		}
	}
}

// lag is how far behind its schedule the run is: by how long the oldest command waits that is due and not sent.
func (r *run) lag() time.Duration {
	now, oldest := r.now(), int64(math.MaxInt64)
	for _, c := range r.clients {
		c.mu.Lock()
		if c.dueHead < len(c.due) && !c.gone {
			oldest = min(oldest, c.due[c.dueHead])
		}
		c.mu.Unlock()
	}
	return time.Duration(max(0, now-oldest))
}

// unsent counts the commands that were due and wait still, and lets go of them.
func (r *run) unsent() {
	for _, c := range r.clients {
		c.mu.Lock()
		r.late.Add(uint64(len(c.due) - c.dueHead))
		c.due, c.dueHead = nil, 0
		c.mu.Unlock()
	}
}
