package cli

import (
	"bufio"
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// app is one run of the program: what it was given from outside, and what the flags say.
type app struct {
	getenv   func(string) string
	stdin    io.Reader
	stdout   io.Writer
	stderr   io.Writer
	input    *bufio.Reader // the one reader of stdin, so that no line is lost between two questions
	terminal *terminal     // nil where nobody sits
	now      func() time.Time
	zone     *time.Location

	flags flags
	out   output
}

// flags are the ones that every command has.
type flags struct {
	server   string
	identity string
	tlsCA    string
	home     string
	format   string
	timeout  time.Duration
}

// timeoutDefault is how long a command waits for the bank: time enough for a few reconnections, and short enough that a
// person still knows what was asked.
const timeoutDefault = 30 * time.Second

// Main runs the program as if args (without its name) had been typed, and returns its exit code: 0 done, 1 anything
// else, 2 wrong usage, 3 refused by the bank, 4 sign-in needed or failed, 5 the bank's identity is unknown or changed, 6 a load
// test missed a threshold, 7 its money check failed.
// getenv is asked for CAUDAL_SERVER, CAUDAL_IDENTITY, CAUDAL_HOME and what a terminal goes by. When ctx ends, the
// program ends in order; nothing that was sent is forgotten silently.
func Main(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	input := bufio.NewReaderSize(stdin, 512)
	a := &app{
		getenv:   getenv,
		stdin:    stdin,
		stdout:   stdout,
		stderr:   stderr,
		input:    input,
		terminal: openTerminal(stdin, stderr, input),
		now:      time.Now,
		zone:     time.Local,
	}
	defer a.terminal.close()
	return a.run(ctx, args)
}

func (a *app) run(ctx context.Context, args []string) int {
	root := a.command()
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	f := asFailure(err, cmd.CommandPath())
	report(f, wantsJSON(args), a.stdout, a.stderr)
	return f.exit
}

// wantsJSON looks for the flag by hand: a command line that cannot be parsed is answered in the format it asked for, too.
func wantsJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	asked := false
	for i, arg := range args {
		switch {
		case strings.HasPrefix(arg, "--format="):
			asked = strings.TrimPrefix(arg, "--format=") == "json"
		case arg == "--format" && i+1 < len(args):
			asked = args[i+1] == "json"
		}
	}
	return asked
}

const long = `caudal is your account at a Caudal bank: balances, transfers, and money that shows the moment it arrives.

The bank is named by --server or CAUDAL_SERVER, such as wss://127.0.0.1:8443/ws, and known by its identity: the
fingerprint in --identity or CAUDAL_IDENTITY, or the one that was pinned before. What this device remembers (pinned
identities, the key that signs it in) is in CAUDAL_HOME, by default "caudal" in your configuration folder.

Exit codes: 0 done; 1 anything else; 2 wrong usage; 3 refused by the bank; 4 sign-in needed or failed; 5 the bank's
identity is unknown or has changed; 6 a load test missed a threshold; 7 a load test's money does not add up.`

// command builds the tree of commands.
func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:                        "caudal",
		Short:                      "Your account at a Caudal bank",
		Long:                       long,
		Args:                       unknownCommand,
		SilenceErrors:              true,
		SilenceUsage:               true,
		DisableAutoGenTag:          true,
		PersistentPreRunE:          func(*cobra.Command, []string) error { return a.check() },
		SuggestionsMinimumDistance: 2,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cmd.SetOut(a.stderr)
			_ = cmd.Help() // always nil
			return wrongUsage("a command is missing")
		},
	}
	f := root.PersistentFlags()
	f.StringVar(&a.flags.server, "server", "", "the bank's address, such as wss://bank.example/ws (CAUDAL_SERVER)")
	f.StringVar(&a.flags.identity, "identity", "", "the bank's identity `fingerprint` (CAUDAL_IDENTITY)")
	f.StringVar(&a.flags.tlsCA, "tls-ca", "", "a `file` of certificates (PEM) to trust for TLS, beside the system's")
	f.StringVar(&a.flags.home, "home", "", "the `folder` in which this device remembers (CAUDAL_HOME)")
	f.StringVar(&a.flags.format, "format", "text", "how answers are printed: text or json")
	f.DurationVar(&a.flags.timeout, "timeout", timeoutDefault, "how long to wait for the bank")
	must(root.RegisterFlagCompletionFunc("format", fixed("text", "json")))
	must(root.RegisterFlagCompletionFunc("tls-ca", cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)))
	must(root.RegisterFlagCompletionFunc("home", cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)))
	for _, name := range []string{"server", "identity", "timeout"} {
		must(root.RegisterFlagCompletionFunc(name, fixed()))
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return wrongUsage("%v", err).trying(cmd.CommandPath() + " --help")
	})
	root.AddCommand(
		a.registerCommand(), a.loginCommand(), a.logoutCommand(), a.whoamiCommand(), a.passwordCommand(),
		a.accountsCommand(), a.balanceCommand(), a.openCommand(), a.historyCommand(), a.listenCommand(),
		a.transferCommand(), a.payeeCommand(), a.depositCommand(), a.withdrawCommand(), a.tellerCommand(),
		a.devicesCommand(), a.pinsCommand(), a.pingCommand(), a.benchCommand(), a.versionCommand(),
	)
	return root
}

// unknownCommand names what was probably meant.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	f := wrongUsage("there is no command %q", args[0])
	for _, name := range cmd.SuggestionsFor(args[0]) {
		f.try = append(f.try, cmd.CommandPath()+" "+name)
	}
	return f.trying(cmd.CommandPath() + " --help")
}

// check looks at the flags that every command has.
func (a *app) check() error {
	if a.flags.timeout <= 0 {
		return wrongUsage("--timeout is a time such as 30s")
	}
	switch a.flags.format {
	case "text", "json":
		a.out = output{w: a.stdout, json: a.flags.format == "json"}
		return nil
	}
	return wrongUsage("--format is text or json, not %q", a.flags.format)
}

// setting returns a flag, or the environment variable that stands for it.
func (a *app) setting(flag, variable string) string {
	if flag != "" {
		return flag
	}
	return a.getenv(variable)
}

// note tells a person something beside the answer, on standard error, where no program reads it.
func (a *app) note(format string, args ...any) {
	p := &page{}
	p.line(format, args...)
	_, _ = a.stderr.Write(p.buf.Bytes()) // a note that cannot be shown is no reason to stop
}

func fixed(words ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)
}
