package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"caudal/protocol"
	"caudal/wsclient/caudal"
)

const (
	// dialers is how many connections open at once: a TLS handshake and the channel's are some 2 ms of both sides' time, so more
	// would only wait for each other.
	dialers = 32
	// settleTime bounds the wait for what is in flight when the measuring ends, and for the events that must still come.
	settleTime = 30 * time.Second
	// checkTime bounds the money check, which reads thousands of accounts and their newest legs.
	checkTime = 10 * time.Minute
	// ticks are how many times a second the figures are collected.
	ticks = 4
	// historyLegs is what a page of a dashboard shows.
	historyLegs = 20
)

// ErrNoConnection is a run in which no connection could be opened; it wraps why the last one could not.
var ErrNoConnection = errors.New("no connection could be opened")

// run is one run, while it runs.
type run struct {
	config *Config
	dialer *dialer
	recorder
	open    bool // model
	start   time.Time
	compose func(*client, *slot) bool // what a client does next; nil where it only listens

	clients []*client
	issuing atomic.Bool
	opened  atomic.Int64 // connections open now
	ever    atomic.Int64
	lost    atomic.Int64
	money   bool // it moves
	// alive ends when connections are no longer opened again; reopening bounds how many are at once.
	alive     context.Context
	reopening chan struct{}
	refusals  refusals
	late      atomic.Uint64 // commands that were due and not sent before the end
	handed    atomic.Int64  // open model: the tester's own delay at most, since it was last looked at; nanoseconds
	fan       fan
	payees    *payees
	faults    faults

	bank     bankFacts
	bankUse  *process
	ownUse   *process
	pressure pressure
	phase    phase
	notes    []string
}

// phase is what Progress tells of the part of the run that goes on.
type phase struct {
	name  string
	start time.Time
	total time.Duration
}

// Run runs, and returns what came of it. A context that ends stops the measuring early; what was measured until then, and the
// money check, are the result all the same.
//
// Errors: those of a Config that cannot be, of a bank that cannot be asked for its accounts before the first connection, and
// [ErrNoConnection].
func Run(ctx context.Context, config Config) (*Result, error) {
	dialer, err := newDialer(&config)
	if err != nil {
		return nil, err
	}
	r := &run{config: &config, dialer: dialer, start: time.Now(), open: len(config.Stages) > 0, ownUse: ownProcess()}
	if address, err := config.loopback(ctx); err == nil {
		r.bankUse = listenerOf(address)
	}
	scenario, err := r.scenario()
	if err != nil {
		return nil, err
	}
	r.money, r.reopening = scenario.money, make(chan struct{}, dialers)
	var ending context.CancelFunc
	r.alive, ending = context.WithCancel(context.WithoutCancel(ctx))
	defer ending()
	result := &Result{
		Scenario: config.Scenario, Flags: config.Flags, Started: time.Now(), Model: "closed",
		MoneyCheck: "not done: no money moves in this scenario", Machine: measureMachine(""),
	}
	var books *books
	if scenario.money {
		r.enter("reading the accounts", 0)
		r.report(nil)
		if books, err = moneyBefore(ctx, &config); err != nil {
			return nil, err
		}
	}
	if r.open {
		result.Model = "open"
	}
	before := r.usage()
	if scenario.clients {
		if err := r.connect(ctx, scenario); err != nil {
			return nil, err
		}
	}
	stop := r.keepAlive(ctx)
	defer stop()
	r.load(ctx, scenario, result, before)
	r.settle(ctx)
	var rest tally
	r.collect(&rest)
	saw := r.witness()
	ending()
	for _, c := range r.clients { // a bank that is full has no room for who checks
		c.leave()
	}
	if books != nil {
		r.enter("checking the money", 0)
		r.report(nil)
		check, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTime)
		defer cancel()
		result.MoneyCheck, result.Money = books.moneyAfter(check, &config, saw)
	}
	r.finish(result, &rest)
	return result, nil
}

// now is the run's clock, in nanoseconds since it began.
func (r *run) now() int64 { return int64(time.Since(r.start)) }

// bankFacts are what the bank said of itself in its greetings.
type bankFacts struct {
	mu        sync.Mutex
	known     bool
	server    string
	inFlight  int
	idle      time.Duration
	heartbeat time.Duration
	demo      bool
	roundTrip time.Duration
	offset    atomic.Int64 // of its clock from this machine's, microseconds
}

// greeted takes what the bank says at the beginning of a connection. The shortest round trip tells its clock best; an offset
// within that trip is none that could be seen.
func (r *run) greeted(hello *protocol.HelloResult, asked, answered time.Time) {
	b := &r.bank
	b.mu.Lock()
	defer b.mu.Unlock()
	b.server = hello.GetServer()
	b.inFlight = int(hello.GetCommandsInFlightMax())
	b.idle = time.Duration(hello.GetIdleTimeoutMs()) * time.Millisecond
	b.heartbeat = time.Duration(hello.GetHeartbeatMs()) * time.Millisecond
	b.demo = hello.GetDemo()
	trip := answered.Sub(asked)
	if b.known && trip >= b.roundTrip {
		return
	}
	b.known, b.roundTrip = true, trip
	offset := time.UnixMicro(hello.GetTimeUs()).Sub(asked.Add(trip / 2))
	if offset.Abs() <= trip {
		offset = 0
	}
	b.offset.Store(offset.Microseconds())
}

// bankTime is the bank's clock at a moment of the run's, in microseconds since 1970.
func (r *run) bankTime(now int64) int64 {
	return r.start.UnixMicro() + now/1000 + r.bank.offset.Load()
}

// heard takes the event of money that came in; legs are those that it stands for.
func (r *run) heard(c *client, m *movement, now int64, legs uint64) {
	if r.config.Scenario == Watch {
		c.shard.operations++
		r.fan.heard(legs)
	}
	c.shard.time(kindEvent, time.Duration(r.bankTime(now)-m.atUs)*time.Microsecond)
}

// connect opens all connections. Those that cannot be opened are counted; with none at all there is no run.
func (r *run) connect(ctx context.Context, s scenario) error {
	r.enter("connecting", 0)
	r.clients = make([]*client, 0, r.config.Conns)
	var mu sync.Mutex // clients, last
	var last error
	var next atomic.Int64
	var workers sync.WaitGroup
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	count := r.config.Conns + s.more
	for range min(dialers, count) {
		workers.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= count {
					return
				}
				if r.config.Scenario == Watch { // whoever pays comes first: a bank may be full before all are in
					i = (i + r.config.Conns) % count
				}
				c, err := r.client(ctx, i, s)
				mu.Lock()
				if err != nil {
					last = err
				} else {
					r.clients = append(r.clients, c)
				}
				mu.Unlock()
			}
		})
	}
	r.watchWhile(&workers)
	r.collect(&r.before)
	debug.FreeOSMemory() // what thousands of handshakes left behind: the bank has a use for it
	if len(r.clients) == 0 {
		if last == nil {
			last = context.Cause(ctx)
		}
		return fmt.Errorf("%w: %w", ErrNoConnection, last)
	}
	return nil
}

// watchWhile reports until the workers have ended.
func (r *run) watchWhile(workers *sync.WaitGroup) {
	done := make(chan struct{})
	go func() { workers.Wait(); close(done) }()
	ticker := time.NewTicker(time.Second / ticks)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case <-ticker.C:
			r.report(nil)
		}
	}
}

// user is whose the i-th connection is: the first connections have one user after the other. In watch all are the first
// user's, but for the last, which pays.
func (r *run) user(i int) *User {
	users := r.config.Users
	switch {
	case r.config.Scenario != Watch:
		return &users[i%len(users)]
	case i < r.config.Conns:
		return &users[0]
	}
	return &users[1]
}

// client opens the i-th connection.
func (r *run) client(ctx context.Context, i int, s scenario) (*client, error) {
	// The first connection of each user hears events; where the others did too, one payment would be told to each of them.
	c, err := r.openClient(ctx, i, s.subscribed || s.heard && i < len(r.config.Users))
	if err != nil {
		return nil, err
	}
	c.from = r.payees.ofUser(c.user)
	if c.watches() {
		r.fan.found()
	}
	if r.compose != nil && (s.sends == nil || s.sends(c)) && (len(c.from) > 0 || !s.money) {
		c.arm(min(r.config.InFlight, bankInFlight, r.inFlightMax()))
	}
	go c.serve()
	return c, nil
}

// open opens the socket and signs in. The deadline on the socket stays.
func (c *client) open(ctx context.Context) (took opening, err error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	if c.socket, took, err = c.run.dialer.dial(ctx); err != nil {
		return took, err
	}
	begin := time.Now()
	if err := c.signIn(); err != nil {
		c.socket.cut()
		return took, err
	}
	took.signIn = time.Since(begin)
	return took, nil
}

// count counts how a connection opened, with shard held.
func (c *client) count(took opening, err error) {
	var failed *openError
	if errors.As(err, &failed) {
		c.shard.fail(failed.step)
	} else if err != nil {
		c.shard.fail("dial")
	}
	for k, d := range [...]time.Duration{kindTLS: took.tls, kindChannel: took.channel, kindSignIn: took.signIn} {
		if d > 0 {
			c.shard.time(kind(k), d)
		}
	}
}

// arm gives a client room for commands.
func (c *client) arm(inFlight int) {
	c.slots = make([]slot, inFlight)
	c.free = make([]uint16, inFlight)
	for i := range c.free {
		c.free[i] = uint16(i)
	}
	c.keys = newKeyMint()
	c.random = rand.New(rand.NewPCG(c.run.config.Seed, uint64(c.index)))
}

func (r *run) inFlightMax() int {
	r.bank.mu.Lock()
	defer r.bank.mu.Unlock()
	return max(r.bank.inFlight, 1)
}

// keepAlive has quiet connections say something now and then, until stop is called.
func (r *run) keepAlive(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	r.bank.mu.Lock()
	quiet := r.bank.idle / 3
	r.bank.mu.Unlock()
	if quiet <= 0 || len(r.clients) == 0 {
		cancel()
		return cancel
	}
	go func() {
		defer close(done)
		// Each client is looked at once a round, the clients of a round evenly apart.
		step := max(quiet/2/time.Duration(len(r.clients)), 100*time.Microsecond)
		ticker := time.NewTicker(max(step, 10*time.Millisecond))
		defer ticker.Stop()
		each := max(1, int(10*time.Millisecond/step))
		for next := 0; ; {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
			for range min(each, len(r.clients)) {
				r.clients[next].keepAlive(quiet)
				next = (next + 1) % len(r.clients)
			}
		}
	}()
	return func() { cancel(); <-done }
}

// settle waits until everything has been answered, and until every event has come.
func (r *run) settle(ctx context.Context) {
	r.enter("settling", 0)
	deadline, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	ticker := time.NewTicker(time.Second / 100)
	defer ticker.Stop()
	for _, c := range r.clients {
		for c.pending() && deadline.Err() == nil {
			select {
			case <-ticker.C:
				r.report(nil)
			case <-deadline.Done():
			}
		}
	}
	for _, c := range r.clients {
		c.settle()
	}
	for _, c := range r.clients {
		select {
		case <-c.settled:
		case <-deadline.Done():
			r.faults.add("a connection of %s did not hear of everything within %v", c.user.Username, settleTime)
			return
		}
	}
}

// witness is what all connections saw.
func (r *run) witness() *witness {
	w := &witness{stands: map[string]standing{}, moved: r.payees.net(), mayMove: map[string]span{}}
	for _, c := range r.clients {
		c.mu.Lock()
		w.transfers += c.acknowledged
		for i := range c.slots {
			if s := &c.slots[i]; s.busy && s.op == opTransfer {
				w.unknown++
				r.payees.unsettled(&s.order, w.mayMove)
			}
		}
		w.events += c.events
		w.superseded += c.superseded
		for i := range c.tracks {
			a := &c.tracks[i]
			if c.gone || a.seq < a.target {
				continue
			}
			if len(a.told) > 0 {
				r.faults.add("leg %d of account %018d was receipted, and no event told of it", a.told[0].seq, a.account)
			}
			name := fmt.Sprintf("%018d", a.account)
			stands := standing{seq: a.seq, balanceMinor: a.balanceMinor, head: caudal.Head(a.head)}
			if other, ok := w.stands[name]; ok && other != stands {
				r.faults.add("two connections saw account %s at leg %d and at leg %d", name, other.seq, stands.seq)
			}
			w.stands[name] = stands
		}
		c.mu.Unlock()
	}
	r.faults.mu.Lock()
	defer r.faults.mu.Unlock()
	w.faults, w.faultsMore = r.faults.list, r.faults.more
	return w
}

// unanswered is how many commands never had an answer.
func (r *run) unanswered() (n uint64) {
	for _, c := range r.clients {
		c.mu.Lock()
		n += uint64(len(c.slots) - len(c.free))
		c.mu.Unlock()
	}
	return n
}

// note has the result say what a reader must know.
func (r *run) note(format string, args ...any) {
	r.notes = append(r.notes, fmt.Sprintf(format, args...))
}

// enter begins a phase.
func (r *run) enter(name string, total time.Duration) {
	r.phase = phase{name: name, start: time.Now(), total: total}
}

// report tells whoever watches how the run stands; second is the newest one, nil where none is measured.
func (r *run) report(second *Second) {
	if r.config.Progress == nil {
		return
	}
	p := Progress{
		Phase: r.phase.name, Elapsed: time.Since(r.phase.start), Total: r.phase.total,
		Open: int(r.opened.Load()), Conns: r.config.Conns, Operations: r.total.operations,
		Errors: r.errors(), GeneratorLimited: r.pressure.now,
	}
	if second != nil {
		p.RatePerS = float64(second.Operations)
		p.Latency = second.LatencyMs[r.headline()]
		p.Lag = time.Duration(second.LagMs * float64(time.Millisecond))
	}
	r.config.Progress(p)
}

// headline is the histogram by which the scenario is judged.
func (r *run) headline() string {
	switch {
	case r.config.Scenario == Watch:
		return HistEvent
	case r.open:
		return HistResponse
	}
	return HistService
}

// finish fills in what is known at the end.
func (r *run) finish(result *Result, rest *tally) {
	result.Operations = r.total.operations
	result.Machine.Bank = r.bank.server
	if result.DurationS > 0 {
		result.RatePerS = float64(result.Operations) / result.DurationS
	}
	if r.open { // what was due before the end has a time, whenever it was answered
		afterwards := rest.operations
		rest.operations = 0
		r.total.add(rest)
		if afterwards > 0 && r.config.Scenario != Watch {
			r.note("%d operations were due before the end and answered after it: their times count, they themselves do not", afterwards)
		}
	}
	result.Errors = r.errors()
	if n := r.unanswered(); n > 0 {
		result.Errors["unanswered"] = n
	}
	if late := r.late.Load(); late > 0 {
		result.Errors["late"] = late
	}
	r.opening(result)
	result.Connections = Connections{Asked: r.config.Conns, Opened: int(r.ever.Load()), Lost: int(r.lost.Load())}
	result.GeneratorLimited = r.pressure.notable()
	r.caps(result.Errors)
	result.Notes = append(r.notes, r.remarks(result)...)
	if result.Notes == nil {
		result.Notes = []string{}
	}
}

// opening puts the histograms together: of how connections opened, and of what was measured.
func (r *run) opening(result *Result) {
	for k := range r.total.histograms {
		if h := r.before.histograms[k]; h != nil && kind(k) <= kindSignIn {
			if r.total.histograms[k] == nil {
				r.total.histograms[k] = newHistogram()
			}
			r.total.histograms[k].Merge(h)
		}
	}
	result.LatencyMs = r.total.latencies()
	result.Histograms, result.histograms = map[string]string{}, map[string]*hdrhistogram.Histogram{}
	for k, h := range r.total.histograms {
		if h == nil || h.TotalCount() == 0 {
			continue
		}
		result.histograms[kindNames[k]] = h
		if encoded, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase); err == nil { // a buffer takes everything
			result.Histograms[kindNames[k]] = string(encoded)
		}
	}
}
