package cli

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"caudal/wsclient/bench"
	"caudal/wsclient/caudal"
)

// benchFlags are those of every scenario.
type benchFlags struct {
	scenario string

	conns, users, accounts, inFlight, sources int
	hot                                       bool
	duration, warmup                          time.Duration
	rate                                      float64
	stages                                    string
	seed                                      uint64
	classic, plainTLS                         bool
	thresholds                                []string
	teller                                    string
	outputs                                   outputs
	ownHost, long                             bool
}

// benchPlan is a run as it was asked for.
type benchPlan struct {
	bench.Config
	users, accountsEach int
	sources             int // local addresses; 0 is as many as are needed
	funded              bool
	tellerHome          string
	teller              *caudal.Device
	thresholds          []bench.Threshold
	outputs             outputs
	permission          bench.Permission
}

// scenarioDefaults are what a scenario has where nothing is said: a run of ten seconds that shows something.
var scenarioDefaults = map[string]struct{ conns, inFlight, users int }{
	bench.Connect:  {conns: 32, inFlight: 1, users: 32},
	bench.Idle:     {conns: 1000, inFlight: 1, users: 100},
	bench.Ping:     {conns: 100, inFlight: 1, users: 32},
	bench.Transfer: {conns: 100, inFlight: 16, users: 100},
	bench.Watch:    {conns: 1000, inFlight: 1, users: 2},
	bench.Mix:      {conns: 1000, inFlight: 1, users: 250},
}

// commands reports that the scenario sends commands.
func (f *benchFlags) commands() bool { return f.scenario != bench.Connect && f.scenario != bench.Idle }

func (f *benchFlags) define(cmd *cobra.Command) {
	d, flags := scenarioDefaults[f.scenario], cmd.Flags()
	flags.IntVar(&f.conns, "conns", d.conns, "connections open at once")
	flags.DurationVar(&f.duration, "duration", 10*time.Second, "how long is measured, an hour at most")
	flags.DurationVar(&f.warmup, "warmup", time.Second, "what goes before, and does not count")
	flags.IntVar(&f.users, "users", 0, "users that the connections belong to (default: up to one a connection)")
	flags.IntVar(&f.sources, "sources", 0, "local addresses (127.0.0.0/8) to connect from (default: as the ports require)")
	flags.BoolVar(&f.classic, "classic", false, "the channel without ML-KEM")
	flags.BoolVar(&f.plainTLS, "plain-tls", false, "TLS without ML-KEM; the channel inside keeps its own")
	flags.Uint64Var(&f.seed, "seed", 1, "decides who pays whom")
	if f.commands() {
		flags.IntVar(&f.inFlight, "in-flight", d.inFlight, "commands on each connection that wait for an answer")
		flags.Float64Var(&f.rate, "rate", 0, "operations a second by a schedule (the open model)")
		flags.StringVar(&f.stages, "stages", "", "a schedule in parts, such as 0:500@10s,500@1m: up to 500 a second, then that for a minute")
	}
	switch f.scenario {
	case bench.Transfer, bench.Mix:
		flags.IntVar(&f.accounts, "accounts", 0, "accounts that are paid (default: one a user)")
		flags.BoolVar(&f.hot, "hot", false, "pay one account only, whose holder pays back")
	}
	flags.StringArrayVar(&f.thresholds, "threshold", nil, "a condition such as 'p99<50ms' or 'errors==0', else exit code 6; again for more")
	flags.StringVar(&f.outputs.report, "report", "", "write a page with curves and figures to this `file` (.html)")
	flags.StringVar(&f.outputs.picture, "picture", "", "write a picture of the run to this `file` (.svg)")
	flags.StringVar(&f.outputs.csv, "csv", "", "write one line a second to this `file`")
	flags.StringVar(&f.outputs.hgrm, "hgrm", "", "write the latencies for HdrHistogram's plotter to this `file`")
	flags.StringVar(&f.teller, "teller", "", "the home `folder` of a teller who deposits money where the bank gives none")
	flags.BoolVar(&f.ownHost, "i-own-this-host", false, "the bank is on another machine, or no demo, and yours to put under load")
	flags.BoolVar(&f.long, "long", false, "more than an hour is meant")

	for _, flag := range []string{"report", "picture", "csv", "hgrm"} {
		must(cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)))
	}
	must(cmd.RegisterFlagCompletionFunc("teller", cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)))
	must(cmd.RegisterFlagCompletionFunc("threshold", fixed("errors==0", "p99<50ms", "money_check==ok")))
	flags.VisitAll(func(flag *pflag.Flag) {
		if _, ok := cmd.GetFlagCompletionFunc(flag.Name); !ok {
			noFiles(cmd, flag.Name)
		}
	})
}

// plan reads the flags. What only the bank, or this machine, can refuse is refused later.
func (f *benchFlags) plan(cmd *cobra.Command) (*benchPlan, error) {
	d := scenarioDefaults[f.scenario]
	p := &benchPlan{
		Config: bench.Config{
			Scenario: f.scenario, Conns: f.conns, InFlight: f.inFlight, Accounts: f.accounts, Hot: f.hot,
			Duration: f.duration, Warmup: f.warmup, Seed: f.seed, Classic: f.classic, PlainTLS: f.plainTLS,
		},
		users:      cmp.Or(f.users, max(min(d.users, f.conns), 1)),
		tellerHome: f.teller,
		outputs:    f.outputs,
		permission: bench.Permission{OwnHost: f.ownHost, Long: f.long},
		funded:     f.scenario == bench.Transfer || f.scenario == bench.Watch || f.scenario == bench.Mix,
	}
	if !f.commands() {
		p.InFlight = 1
	}
	if err := f.load(p); err != nil {
		return nil, err
	}
	if err := f.crowd(p); err != nil {
		return nil, err
	}
	p.Flags = f.remarkable(cmd, p)
	for _, text := range f.thresholds {
		t, err := bench.ParseThreshold(text)
		if err != nil {
			return nil, wrongUsage("--threshold: %v", err)
		}
		p.thresholds = append(p.thresholds, t)
	}
	return p, p.outputs.check()
}

// unremarkable flags say where things are, not what is measured.
var unremarkable = []string{"report", "picture", "csv", "hgrm", "threshold", "teller", "i-own-this-host", "long", "help"}

// remarkable are the scenario's flags as they count in a result: those that were given, and those that are always something.
func (f *benchFlags) remarkable(cmd *cobra.Command, p *benchPlan) map[string]string {
	values := map[string]string{}
	cmd.LocalNonPersistentFlags().VisitAll(func(flag *pflag.Flag) {
		if value := flag.Value.String(); !slices.Contains(unremarkable, flag.Name) && value != "" && value != "0" && value != "false" {
			values[flag.Name] = value
		}
	})
	values["users"] = strconv.Itoa(p.users)
	if f.stages != "" {
		delete(values, "duration") // they have their own
	}
	return values
}

// load is the schedule, where there is one.
func (f *benchFlags) load(p *benchPlan) (err error) {
	switch {
	case f.rate != 0 && f.stages != "":
		return wrongUsage("--rate and --stages are two ways to say the same: give one of them")
	case !(f.rate >= 0 && f.rate <= bench.RateMax): // NaN is neither
		return wrongUsage("--rate is up to %.0f a second", bench.RateMax)
	case f.rate > 0:
		p.Stages = []bench.Stage{{FromPerS: f.rate, ToPerS: f.rate, For: f.duration}}
	case f.stages != "":
		if p.Stages, err = bench.ParseStages(f.stages); err != nil {
			return wrongUsage("--stages: %v", err)
		}
	}
	return nil
}

// crowd is how many users and accounts the run needs.
func (f *benchFlags) crowd(p *benchPlan) error {
	switch {
	case f.conns < 1 || f.conns > bench.ConnsMax:
		return wrongUsage("--conns is from 1 to %d", bench.ConnsMax)
	case f.users < 0 || p.users > bench.UsersMax:
		return wrongUsage("--users is from 1 to %d", bench.UsersMax)
	case f.accounts < 0 || f.accounts == 1 || f.accounts > bench.AccountsMax:
		return wrongUsage("--accounts is from 2 to %d: one pays the other", bench.AccountsMax)
	case f.sources < 0 || f.sources > bench.SourcesMax:
		return wrongUsage("--sources is from 1 to %d", bench.SourcesMax)
	}
	if f.users == 0 {
		p.users = max(p.users, (f.accounts+bench.AccountsEachMax-1)/bench.AccountsEachMax)
	}
	// In transfer, those without a connection are paid, and their accounts are read before and after like all others.
	if p.users > p.Conns && f.scenario != bench.Watch && f.scenario != bench.Transfer {
		return wrongUsage("--conns is at least --users, which are %d: each user has a connection", p.users)
	}
	if f.scenario == bench.Watch && p.users < 2 {
		return wrongUsage("--users is at least 2: one watches, another pays")
	}
	p.accountsEach = max((f.accounts+p.users-1)/p.users, 1)
	if p.funded && p.users*p.accountsEach < 2 {
		p.accountsEach = 2 // one pays the other
	}
	if p.accountsEach > bench.AccountsEachMax {
		return wrongUsage("%d accounts for %d users are more than %d each, which a demo allows", f.accounts, p.users, bench.AccountsEachMax)
	}
	p.sources = f.sources
	return nil
}
