package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"runtime"
	"slices"
	"time"
)

// Bounds of a run: far beyond what one machine does, and short of what a slip of the finger can ask for.
const (
	ConnsMax    = 100_000
	UsersMax    = 12_000
	AccountsMax = UsersMax * AccountsEachMax
	InFlightMax = 1_024
	RateMax     = 1_000_000.0
	SourcesMax  = 250
	StagesMax   = 64
	// AccountsEachMax is what a demo lets one user open.
	AccountsEachMax = 32
	// DurationMax bounds a run unless it is said to be meant.
	DurationMax = time.Hour
)

// filesKept are for everything but the connections of a run: the program's own files, and the few connections that
// prepare it and check the money.
const filesKept = 64

// portsPerSource is how many connections leave from one local address: the ports that systems give out by themselves are
// some 28,000 (Linux) or 16,000 (others).
const portsPerSource = 15_000

// ErrNotOwned is a bank on another machine, which may be somebody else's.
var ErrNotOwned = errors.New("the bank is not on this machine: a load test of what is not yours is an attack")

// BoundError is a figure outside of its bounds.
type BoundError struct {
	What string // such as "conns"
	Text string // what it may be
}

func (e *BoundError) Error() string { return e.What + ": " + e.Text }

// FilesError is a process that may not open as many files as there are connections.
type FilesError struct{ Need, May int }

func (e *FilesError) Error() string {
	return fmt.Sprintf("%d open files are needed, and this process may have %d", e.Need, e.May)
}

// Permission is what a person has said that they mean.
type Permission struct {
	OwnHost bool // the bank is on another machine, and theirs
	Long    bool // the run may last longer than DurationMax
}

// Guard refuses a run that cannot be, or must not be without a word from whoever is responsible. It asks nothing of the bank.
//
// Errors: [*BoundError], [ErrNotOwned], [*FilesError], and those of looking the bank's name up.
func Guard(ctx context.Context, c *Config, may Permission) error {
	if err := c.bounds(may); err != nil {
		return err
	}
	if _, err := c.loopback(ctx); err != nil && !(errors.Is(err, ErrNotOwned) && may.OwnHost) {
		return err
	}
	if need, files := c.Conns+filesKept, openFiles(); need > files {
		return &FilesError{Need: need, May: files}
	}
	return nil
}

func (c *Config) bounds(may Permission) error {
	outside := func(what, format string, args ...any) error { return &BoundError{what, fmt.Sprintf(format, args...)} }
	switch {
	case !slices.Contains(Scenarios(), c.Scenario):
		return outside("scenario", "one of %v, not %q", Scenarios(), c.Scenario)
	case c.Conns < 1 || c.Conns > ConnsMax:
		return outside("conns", "from 1 to %d", ConnsMax)
	case c.InFlight < 1 || c.InFlight > InFlightMax:
		return outside("in-flight", "from 1 to %d", InFlightMax)
	case c.Accounts < 0 || c.Accounts > AccountsMax:
		return outside("accounts", "from 1 to %d", AccountsMax)
	case c.Duration <= 0:
		return outside("duration", "longer than nothing")
	case c.Warmup < 0 || c.Warmup > DurationMax:
		return outside("warmup", "from 0 to %v", DurationMax)
	case len(c.Stages) > StagesMax:
		return outside("stages", "at most %d", StagesMax)
	}
	total := c.Duration
	if len(c.Stages) > 0 {
		total = 0
	}
	for _, stage := range c.Stages {
		if min(stage.FromPerS, stage.ToPerS) < 0 || max(stage.FromPerS, stage.ToPerS) > RateMax || stage.For <= 0 || stage.For > maxDuration-total {
			return outside("stages", "rates up to %.0f a second, each for longer than nothing", RateMax)
		}
		total += stage.For
	}
	if total > DurationMax && !may.Long {
		return outside("duration", "at most %v, unless you say that you mean it", DurationMax)
	}
	return nil
}

const maxDuration = 365 * 24 * time.Hour

// Scenarios are the names of all scenarios.
func Scenarios() []string { return []string{Connect, Idle, Ping, Transfer, Watch, Mix} }

// loopback returns the bank's address, or ErrNotOwned where it is not on loopback, whatever it is called.
func (c *Config) loopback(ctx context.Context) (netip.AddrPort, error) {
	u, err := url.Parse(c.URL)
	if err != nil {
		return netip.AddrPort{}, err
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	number, err := net.DefaultResolver.LookupPort(ctx, "tcp", port)
	if err != nil {
		return netip.AddrPort{}, err
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	if err != nil {
		return netip.AddrPort{}, err
	}
	for _, address := range addresses {
		if !address.Unmap().IsLoopback() {
			return netip.AddrPort{}, ErrNotOwned
		}
	}
	return netip.AddrPortFrom(addresses[0].Unmap(), uint16(number)), nil
}

// SourcesFor returns the local addresses to connect from: n of 127.0.0.0/8, or, for n = 0, as many as the connections need, which
// is none where one address has ports enough, or where others would not do: for a bank that is not on 127.0.0.1, and on systems
// that do not answer for all of 127.0.0.0/8.
func (c *Config) SourcesFor(ctx context.Context, n int) (sources []netip.Addr) {
	if n == 0 && c.Conns > portsPerSource && runtime.GOOS == "linux" {
		if bank, err := c.loopback(ctx); err == nil && bank.Addr().Is4() {
			n = (c.Conns + portsPerSource - 1) / portsPerSource
		}
	}
	for i := range min(n, SourcesMax) {
		sources = append(sources, netip.AddrFrom4([4]byte{127, 0, 0, byte(2 + i)}))
	}
	return sources
}
