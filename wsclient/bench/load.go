package bench

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// scenario is what the clients of a run do.
type scenario struct {
	clients    bool // connections are opened first, and stay
	heard      bool // the first connection of each user is subscribed
	subscribed bool // every connection is
	more       int  // connections beyond those asked for
	money      bool // it moves: the accounts are read before and after
	// sends says which clients send commands; nil is all.
	sends func(*client) bool
	// run is what is done instead of commands; nil is commands.
	run func(ctx context.Context)
}

// scenario sets the run up for its scenario.
func (r *run) scenario() (s scenario, err error) {
	if len(r.config.Users) == 0 {
		return s, errors.New("a load needs users")
	}
	switch r.config.Scenario {
	case Ping:
		r.compose = func(_ *client, s *slot) bool { s.op = opPingBank; return true }
		return scenario{clients: true}, nil
	case Transfer:
		r.compose = transfer
		r.payees, err = newPayees(r.config)
		return scenario{clients: true, heard: true, money: true}, err
	case Connect:
		return scenario{run: r.connectAgain}, nil
	case Idle:
		return scenario{clients: true, subscribed: true}, nil
	case Watch:
		if len(r.config.Users) < 2 || len(r.config.Users[0].Accounts) == 0 || len(r.config.Users[1].Accounts) == 0 {
			return s, errors.New("watching needs two users with an account each: one watches, the other pays")
		}
		r.compose = r.watched
		r.fan.init()
		if r.payees, err = newPayees(r.config); err != nil {
			return s, err
		}
		pays := func(c *client) bool { return c.index == r.config.Conns }
		return scenario{clients: true, subscribed: true, money: true, more: 1, sends: pays}, nil
	case Mix:
		r.compose = mixed
		r.payees, err = newPayees(r.config)
		return scenario{clients: true, subscribed: true, money: true, sends: sends}, err
	}
	return s, fmt.Errorf("there is no scenario %q", r.config.Scenario)
}

// connectAgain opens connections and closes them, as many at once as there are to be, until the context ends. What is counted
// as service is the whole way, from the dial to the answer to the sign-in.
func (r *run) connectAgain(ctx context.Context) {
	done := make(chan struct{})
	for i := range r.config.Conns {
		go func() {
			defer func() { done <- struct{}{} }()
			for ctx.Err() == nil {
				r.connectOnce(ctx, i)
			}
		}()
	}
	for range r.config.Conns {
		<-done
	}
}

func (r *run) connectOnce(ctx context.Context, i int) {
	c := &client{run: r, user: r.user(i), index: i, shard: r.shard(i)}
	c.tracker.faults = &r.faults
	begin := time.Now()
	took, err := c.open(ctx)
	whole := time.Since(begin)
	if err != nil && ctx.Err() != nil {
		return // the end of the run, not of the connection
	}
	c.shard.mu.Lock()
	c.count(took, err)
	if err == nil {
		c.shard.operations++
		c.shard.time(kindService, whole)
	}
	c.shard.mu.Unlock()
	if err != nil {
		r.refusals.add(err)
		wait(ctx, retryWait)
		return
	}
	r.ever.Add(1)
	r.opened.Add(1)
	c.leave()
}

// retryWait keeps refused connections from becoming a flood of their own.
const retryWait = 100 * time.Millisecond

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// load warms up and measures.
func (r *run) load(ctx context.Context, s scenario, result *Result, before usage) {
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	r.issuing.Store(true)
	go func() {
		defer close(ended)
		if s.run != nil {
			s.run(ctx)
			return
		}
		r.drive(ctx)
	}()
	if r.config.Warmup > 0 {
		r.enter("warming up", r.config.Warmup)
		r.seconds(ctx, r.config.Warmup, nil)
	}
	r.collect(&r.total)
	r.total = tally{}
	r.late.Store(0)
	duration := r.config.Duration
	if r.open {
		duration = stagesLength(r.config.Stages)
	}
	r.enter("measuring", duration)
	begin, used := time.Now(), r.usage()
	r.seconds(ctx, duration, func(second Second) { result.Series = append(result.Series, second) })
	length := time.Since(begin)
	result.DurationS = length.Seconds()
	after := r.usage()
	r.issuing.Store(false)
	stop()
	<-ended
	r.unsent()
	result.Tester = after.tester.since(used.tester, before.tester, length, r)
	if after.bank.known && used.bank.known {
		use := after.bank.since(used.bank, before.bank, length, r)
		result.Bank = &use
	}
}

// drive has the clients send until the context ends: all at once in the closed model, where each answer brings the next
// command; by the schedule in the open one.
func (r *run) drive(ctx context.Context) {
	if r.compose == nil {
		return
	}
	if r.open {
		r.pace(ctx, newSchedule(r.config.Stages, r.config.Warmup))
		return
	}
	for _, c := range r.clients {
		c.mu.Lock()
		c.fill()
		c.mu.Unlock()
	}
	if r.config.Scenario == Watch {
		r.fan.drive(ctx, r.clients)
	}
}

// seconds collects the figures for so long, and tells each second. Without tell they are nobody's.
func (r *run) seconds(ctx context.Context, d time.Duration, tell func(Second)) {
	begin := time.Now()
	end := time.NewTimer(d)
	defer end.Stop()
	ticker := time.NewTicker(time.Second / ticks)
	defer ticker.Stop()
	var now tally
	used := r.usage()
	second := Second{}
	var lag time.Duration
	complete := func() {
		use := r.usage()
		took := use.at.Sub(used.at).Seconds()
		second = Second{
			At: time.Since(begin).Seconds(), Operations: now.operations, Errors: now.failures(), Open: int(r.opened.Load()),
			LatencyMs: now.latencies(), BankKB: use.bank.residentKB,
			TesterCPU: (use.tester.cpu - used.tester.cpu).Seconds() / took,
		}
		if use.bank.known {
			second.BankCPU = (use.bank.cpu - used.bank.cpu).Seconds() / took
		}
		second.LagMs = float64(lag.Microseconds()) / 1000
		lag = 0
		r.pressure.second(&second, time.Duration(r.handed.Swap(0)))
		used = use
		if tell != nil {
			tell(second)
		}
		r.total.add(&now)
		now.reset()
	}
	for tick := 1; ; tick++ {
		select {
		case <-ticker.C:
			r.collect(&now)
			if r.open {
				lag = max(lag, r.lag())
			}
			if tick%ticks == 0 {
				complete()
			}
			r.report(&second)
			continue
		case <-end.C:
		case <-ctx.Done():
		}
		r.collect(&now)
		if now.operations+now.failures() > 0 || time.Since(used.at) >= time.Second/ticks {
			complete()
		}
		return
	}
}

// usage is what both processes have used at a moment.
type usage struct {
	at           time.Time
	bank, tester processUse
}

type processUse struct {
	known      bool
	cpu        time.Duration
	residentKB uint64
}

func (r *run) usage() usage {
	return usage{at: time.Now(), bank: useOf(r.bankUse), tester: useOf(r.ownUse)}
}

func useOf(p *process) processUse {
	if p == nil {
		return processUse{}
	}
	cpu, resident, err := p.use()
	return processUse{known: err == nil, cpu: cpu, residentKB: resident}
}

// connectionKBMin is what a connection costs at least, in TLS and the kernel's bookkeeping of it alone. A process that grew by less
// had room left from before, and how much of it the connections took nobody sees.
const connectionKBMin = 2

// since is what was used since the measuring began; base is from before the first connection.
func (u processUse) since(begin, base processUse, length time.Duration, r *run) Use {
	use := Use{CPUSeconds: (u.cpu - begin.cpu).Seconds(), ResidentKB: u.residentKB}
	if held := float64(r.opened.Load()) * length.Seconds(); r.config.Scenario == Idle && held > 0 {
		use.CPUMicrosPerOperation = use.CPUSeconds * 1e6 / held
	} else if r.total.operations > 0 {
		use.CPUMicrosPerOperation = use.CPUSeconds * 1e6 / float64(r.total.operations)
	}
	if open := r.opened.Load(); open > 0 && u.residentKB > base.residentKB {
		if each := float64(u.residentKB-base.residentKB) / float64(open); each >= connectionKBMin {
			use.ResidentKBPerConnection = each
		}
	}
	return use
}

// remarks are what a reader must know.
func (r *run) remarks(result *Result) (notes []string) {
	note := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	if !r.open && r.compose != nil {
		note("closed model: each connection waits for answers before it sends more, so a stall of the bank also stops the load, and " +
			"few commands see it; --rate measures what people who do not wait would see")
	}
	if r.config.Scenario == Idle && r.bankUse != nil {
		note("memory is what a program grew by since before the first connection: a bank that was busy before has room already, so " +
			"measure one that has just started")
	}
	if most := r.inFlightMax(); r.compose != nil && r.config.InFlight > most && r.bank.known {
		note("the bank takes %d commands in flight on a connection, not %d: --commands-in-flight of the bank", most, r.config.InFlight)
	}
	if result.Connections.Lost > 0 {
		note("%d connections were cut, and opened again where the bank let them; orders without an answer were sent again with their keys",
			result.Connections.Lost)
	}
	if n := r.pressure.disturbed; n > 0 {
		note("in %d seconds something else on this machine kept the tester from its schedule for more than %v; the response times have it in them",
			n, handedMax)
	}
	if result.GeneratorLimited {
		note("this tester was the slower side in much of the run: the bank can do more than these figures say")
	}
	return notes
}
