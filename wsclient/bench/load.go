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
		r.fan.init(r.config.Conns)
		r.payees = payees{accounts: r.config.Users[0].Accounts[:1]}
		pays := func(c *client) bool { return c.index == r.config.Conns }
		return scenario{clients: true, subscribed: true, money: true, more: 1, sends: pays}, nil
	case Mix:
		r.compose = mixed
		r.payees, err = newPayees(r.config)
		return scenario{clients: true, subscribed: true, money: true, sends: sends}, err
	}
	return s, fmt.Errorf("there is no scenario %q", r.config.Scenario)
}

// payees are the accounts that money goes to.
type payees struct {
	accounts []string // in the order of users: the first of each, the second of each ...
	circle   map[string]bool
	hot      bool
}

func newPayees(c *Config) (payees, error) {
	p := payees{hot: c.Hot}
	for i, more := 0, true; more; i++ {
		more = false
		for u := range c.Users {
			if accounts := c.Users[u].Accounts; i < len(accounts) {
				p.accounts, more = append(p.accounts, accounts[i]), true
			}
		}
	}
	if len(p.accounts) < 2 {
		return p, errors.New("transfers need two accounts at least")
	}
	if c.Accounts > 0 {
		p.accounts = p.accounts[:min(max(c.Accounts, 2), len(p.accounts))]
	}
	p.circle = make(map[string]bool, len(p.accounts))
	for _, account := range p.accounts {
		p.circle[account] = true
	}
	return p, nil
}

// ofUser returns the accounts that a user pays from: those in the circle, or the first one.
func (p *payees) ofUser(u *User) (from []string) {
	for _, account := range u.Accounts {
		if p.circle[account] && !(p.hot && account == p.accounts[0]) {
			from = append(from, account)
		}
	}
	if len(from) == 0 && len(u.Accounts) > 0 && !(p.hot && u.Accounts[0] == p.accounts[0]) {
		from = u.Accounts[:1]
	}
	return from
}

// amountMax bounds one transfer, in minor units: little, so that nobody runs dry.
const amountMax = 100

// transfer has the client's user pay somebody: everybody alike, or the one hot account.
func transfer(c *client, s *slot) bool {
	p := &c.run.payees
	from := c.from[c.random.IntN(len(c.from))]
	to := p.accounts[0]
	if !p.hot {
		for to = from; to == from; {
			to = p.accounts[c.random.IntN(len(p.accounts))]
		}
	}
	c.pay(s, from, to)
	return true
}

// pay fills a slot with a payment.
func (c *client) pay(s *slot, from, to string) {
	s.op = opTransfer
	s.order = order{
		key:  c.keys.key(c.run.bankTime(c.run.now()) / 1000),
		from: from, to: to, amountMinor: 1 + c.random.Int64N(amountMax),
	}
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
		duration = length(r.config.Stages)
	}
	r.enter("measuring", duration)
	begin, used := time.Now(), r.usage()
	r.seconds(ctx, duration, func(second Second) { result.Series = append(result.Series, second) })
	result.DurationS = time.Since(begin).Seconds()
	after := r.usage()
	r.issuing.Store(false)
	stop()
	<-ended
	r.unsent()
	var rest tally
	r.collect(&rest) // answered since
	result.Tester = after.tester.since(used.tester, before.tester, r)
	if after.bank.known && used.bank.known {
		use := after.bank.since(used.bank, before.bank, r)
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
		if r.open {
			second.LagMs = float64(r.lag().Microseconds()) / 1000
		}
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

// since is what was used since the measuring began; base is from before the first connection.
func (u processUse) since(begin, base processUse, r *run) Use {
	use := Use{CPUSeconds: (u.cpu - begin.cpu).Seconds(), ResidentKB: u.residentKB}
	if r.total.operations > 0 {
		use.CPUMicrosPerOperation = use.CPUSeconds * 1e6 / float64(r.total.operations)
	}
	if open := r.opened.Load(); open > 0 && u.residentKB > base.residentKB {
		use.ResidentKBPerConnection = float64(u.residentKB-base.residentKB) / float64(open)
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
	if most := r.inFlightMax(); r.compose != nil && r.config.InFlight > most && r.bank.known {
		note("the bank takes %d commands in flight on a connection, not %d: --commands-in-flight of the bank", most, r.config.InFlight)
	}
	if n := result.Errors["http_429"] + result.Errors["closed_4004"] + result.Errors["rate_limited"] + result.Errors["http_503"]; n > 0 {
		note("%d attempts met a cap or a rate of the bank's configuration; --demo sets them high", n)
	}
	if result.Errors["busy"] > 0 {
		note("the bank was full %d times and was asked again with the same key; --ledger-queue and --desk-queue of the bank", result.Errors["busy"])
	}
	if result.GeneratorLimited {
		note("this tester was the slower side in much of the run: the bank can do more than these figures say")
	}
	return notes
}
