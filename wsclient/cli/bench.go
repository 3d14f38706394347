package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"caudal/wsclient/bench"
	"caudal/wsclient/caudal"
)

const benchLong = `Put a bank of your own under load, and see how fast it is, how late, what fails, and whether all the money is still there.

Start one with "caudald --demo", which gives money to whoever registers and lets one machine open many connections, and
then, with CAUDAL_SERVER and CAUDAL_IDENTITY as it prints them:

  caudal bench transfer                              100 connections that pay each other as fast as they are answered
  caudal bench transfer --rate 2000 --duration 1m    2,000 payments a second, whether the bank keeps up or not
  caudal bench idle --conns 19000                    what a connection costs that only waits
  caudal bench compare before.json after.json        what changed beyond noise

Two models. Without --rate, each connection sends the next command when one is answered (closed): that finds the most
a bank can do, and hides how late it is, because a bank that stalls is asked less. With --rate or --stages, commands are
due by a schedule (open), and "response" counts from when a command was due: a stall counts for all that it held up.
For how long people wait, believe the open model below the rate that the closed one finds.

The tester runs on the same machine as the bank, and what it takes of the processor the bank does not have. It says so
when it is itself what is slow.

Users, accounts and money are made where they are missing, and kept for the next run. Afterwards the money is counted:
the total, every event that was seen, every transfer that was acknowledged. If that does not agree with the ledger the
exit code is 7, however fast it was.`

// scenarioText is what a person reads of a scenario.
var scenarioText = map[string]struct{ short, long string }{
	bench.Connect: {"Open connections, sign in, close, again and again", `Each connection dials, does TLS and the channel's handshake, signs in by its device's key, closes, and begins anew:
what a crowd costs that comes back after a cut. One operation is one connection, from the dial to the sign-in's answer.`},
	bench.Idle: {"Open many connections and hold them", `Opens all connections, signed in and subscribed to their accounts, and holds them: what memory and processor a
connection costs that only waits.`},
	bench.Ping: {"Ask and answer, without the ledger", `Encrypted pings: what the way costs without what the bank does at its end. Compare it with transfer.`},
	bench.Transfer: {"Move money between the users' accounts", `Money goes back and forth between the accounts of the connections' users, who are told of it on all their connections.
"service" is from an order to its receipt, which comes after the commit. --hot sends everything to one account.`},
	bench.Watch: {"One account, watched on all connections", `One holder with all the connections, paid by another: how long it takes from a commit until the last screen shows it.
One operation is one event that arrived.`},
	bench.Mix: {"A day in a bank: watching, some transfers, some history", `Most connections watch, some pay, some read their history: nearer to a real day than any of the others.`},
}

func (a *app) benchCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Load-test a bank of your own, and count its money afterwards",
		Long:  benchLong,
		Args:  unknownCommand,

		SuggestionsMinimumDistance: 2,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.SetOut(a.stderr)
			_ = cmd.Help() // always nil
			return wrongUsage("a scenario is missing")
		},
	}
	for _, scenario := range bench.Scenarios() {
		cmd.AddCommand(a.scenarioCommand(scenario))
	}
	cmd.AddCommand(a.compareCommand())
	return cmd
}

func (a *app) scenarioCommand(scenario string) *cobra.Command {
	f := &benchFlags{scenario: scenario}
	cmd := &cobra.Command{
		Use:   scenario,
		Short: scenarioText[scenario].short,
		Long:  scenarioText[scenario].long,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			plan, err := f.plan(cmd)
			if err != nil {
				return err
			}
			return a.bench(cmd.Context(), plan)
		},
	}
	f.define(cmd)
	return cmd
}

// bench prepares a run, does it, and says what came of it.
func (a *app) bench(ctx context.Context, plan *benchPlan) error {
	b, err := a.remembered()
	if err != nil {
		return err
	}
	plan.URL = b.server
	if err := bench.Guard(ctx, &plan.Config, plan.permission); err != nil {
		return explainBench(err, &plan.Config)
	}
	plan.Sources = plan.SourcesFor(ctx, plan.sources)
	if err := b.meet(ctx, a, plan); err != nil {
		return err
	}
	if plan.teller, err = tellerOf(plan.tellerHome, b.server); err != nil {
		return err
	}
	panel := a.newPanel(&plan.Config)
	plan.Users, err = bench.Prepare(ctx, b.preparation(a, plan, panel))
	if err != nil {
		panel.close()
		return explainBench(err, &plan.Config)
	}
	if panel != nil {
		plan.Progress = panel.show
	}
	result, err := bench.Run(ctx, plan.Config)
	panel.close()
	if err != nil {
		return explainBench(err, &plan.Config)
	}
	for _, t := range plan.thresholds {
		result.Thresholds = append(result.Thresholds, t.Judge(result))
	}
	if err := a.showResult(result); err != nil {
		return err
	}
	if err := plan.outputs.write(a, result); err != nil {
		return err
	}
	if err := judge(result); err != nil {
		return err
	}
	return cutShort(ctx, result)
}

// cutShort keeps a script from taking for a whole run what somebody has ended early.
func cutShort(ctx context.Context, r *bench.Result) error {
	if ctx.Err() == nil {
		return nil
	}
	f := interrupted()
	f.message, f.answered = fmt.Sprintf("interrupted: these are the figures of %.1f s", r.DurationS), true
	return f
}

// meet makes sure that the bank is the one that is meant, and that it may be put under load.
func (b *bank) meet(ctx context.Context, a *app, plan *benchPlan) error {
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	if err := b.connect(ctx, a); err != nil {
		return err
	}
	defer b.close()
	who := b.Bank()
	if !who.Demo && !plan.permission.OwnHost {
		return wrongUsage("%s is no demo: what a load test makes there stays for ever", b.server).
			trying("start a demo: caudald --demo", "or, if the bank is yours to put under load: --i-own-this-host")
	}
	plan.Identity = who.Identity
	return nil
}

func (b *bank) preparation(a *app, plan *benchPlan, panel *benchPanel) bench.Preparation {
	p := bench.Preparation{
		URL: plan.URL, Identity: plan.Identity,
		File:  b.home.benchPath(b.server, plan.Identity),
		Users: plan.users, AccountsEach: plan.accountsEach, Funded: plan.funded,
		Teller: plan.teller,
		Note:   func(text string) { panel.clear(); a.note("%s", text) },
	}
	if panel != nil {
		p.Progress = panel.preparing
	}
	return p
}

// tellerOf is the key by which a teller has signed in from a home of their own; nil where none is named.
func tellerOf(folder, server string) (*caudal.Device, error) {
	if folder == "" {
		return nil, nil
	}
	session, err := home{folder}.session(server)
	if err != nil {
		return nil, err
	}
	if session == nil {
		return nil, wrongUsage("--teller: nobody has signed in at %s from %s", server, folder).
			trying("caudal login --home " + folder + " --username TELLER")
	}
	return session.Device, nil
}

func (a *app) showResult(r *bench.Result) error {
	if a.out.json {
		return a.out.show(r, nil)
	}
	return writeFailure(bench.WriteText(a.stdout, r))
}

// judge is the exit code of a run that was carried out. Money comes before speed.
func judge(r *bench.Result) error {
	if !r.MoneyGood() {
		return &failure{exit: exitMoney, code: "money_check", message: "the money check failed: " + r.MoneyCheck, answered: true}
	}
	var missed []string
	for _, verdict := range r.Thresholds {
		if !verdict.Met {
			missed = append(missed, verdict.String())
		}
	}
	if len(missed) == 0 {
		return nil
	}
	return &failure{
		exit: exitThreshold, code: "threshold", answered: true, facts: missed,
		message: fmt.Sprintf("%d of %d thresholds were not met", len(missed), len(r.Thresholds)),
	}
}

// explainBench says what a person can do about what keeps a load test from running.
func explainBench(err error, c *bench.Config) error {
	if bound, ok := errors.AsType[*bench.BoundError](err); ok {
		f := wrongUsage("--%s is %s", bound.What, bound.Text)
		if bound.What == "duration" && c.Duration > bench.DurationMax {
			f = f.trying("--long, if you mean it")
		}
		return f
	}
	if files, ok := errors.AsType[*bench.FilesError](err); ok {
		return wrongUsage("%d connections need %d open files, and this process may have %d", c.Conns, files.Need, files.May).
			trying(fmt.Sprintf("ulimit -n %d (the bank needs as many, in its own terminal)", files.Need), fmt.Sprintf("or --conns %d", max(c.Conns-(files.Need-files.May), 1)))
	}
	switch {
	case errors.Is(err, bench.ErrNotOwned):
		return wrongUsage("%v", err).trying("if the machine is yours, and nobody else depends on it: --i-own-this-host")
	case errors.Is(err, bench.ErrNoFunds):
		return wrongUsage("%v", err).trying("sign a teller in: caudal login --home FOLDER --username TELLER", "then: --teller FOLDER")
	case errors.As(err, new(*os.PathError)), errors.As(err, new(*os.LinkError)):
		return fileFailure(err)
	}
	return explain(err)
}

// compareCommand puts two results side by side.
func (a *app) compareCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "compare BEFORE.json AFTER.json",
		Short: "Say what changed between two runs, beyond noise",
		Long: `Compare two results that "caudal bench SCENARIO --format json" has printed: which figures differ by more than the runs
themselves vary from second to second, and whether they can be compared at all (same scenario, flags and machine).`,
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			var results [2]*bench.Result
			for i, path := range args {
				var err error
				if results[i], err = bench.ReadResult(path); err != nil {
					return fileFailure(err)
				}
			}
			comparison := bench.Compare(results[0], results[1])
			if a.out.json {
				return a.out.show(comparison, nil)
			}
			return writeFailure(comparison.WriteText(a.stdout))
		},
	}
}

// outputs are the files that a run leaves.
type outputs struct {
	csv, hgrm, report, picture string
}

// check refuses a folder that is not there before the run, not after it.
func (o *outputs) check() error {
	for _, path := range []string{o.csv, o.hgrm, o.report, o.picture} {
		if path == "" {
			continue
		}
		if info, err := os.Stat(filepath.Dir(path)); err != nil || !info.IsDir() {
			return wrongUsage("%s: there is no such folder", filepath.Dir(path))
		}
	}
	return nil
}

func (o *outputs) write(a *app, r *bench.Result) error {
	for _, file := range []struct {
		path  string
		write func(*os.File) error
	}{
		{o.csv, func(f *os.File) error { return bench.WriteCSV(f, r) }},
		{o.report, func(f *os.File) error { return bench.WriteReport(f, r) }},
		{o.picture, func(f *os.File) error { return bench.WritePicture(f, r) }},
	} {
		if file.path == "" {
			continue
		}
		if err := writeFile(file.path, file.write); err != nil {
			return fileFailure(err)
		}
		a.note("written: %s", file.path)
	}
	if o.hgrm == "" {
		return nil
	}
	written, err := bench.WriteHGRM(o.hgrm, r)
	for _, path := range written {
		a.note("written: %s", path)
	}
	if err != nil {
		return fileFailure(err)
	}
	return nil
}

func writeFile(path string, write func(*os.File) error) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return write(f)
}
