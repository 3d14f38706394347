package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"caudal/server/config"
)

// Exit codes.
const (
	exitDone    = 0
	exitFailure = 1
	exitUsage   = 2
	// exitFatal: the database failed under the ledger. What was under way is unknown until the next start.
	exitFatal = 3
)

// app is one run of the program: what it was given from outside.
type app struct {
	getenv func(string) string
	stdin  io.Reader
	stdout io.Writer
	stderr io.Writer
	// exit ends the process at once; os.Exit but in tests.
	exit func(code int)
}

// Main runs the program as if args (without its name) had been typed, and returns its exit code: 0 done, 1 failure, 2 wrong
// usage, 3 a failing database. getenv is asked for CAUDAL_ and the setting's name. When ctx ends, a server drains.
//
// Where the database fails under the ledger, Main does not return: the process ends with code 3, so that nothing is
// answered that may not be true.
func Main(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{getenv: getenv, stdin: stdin, stdout: stdout, stderr: stderr, exit: os.Exit}
	return a.run(ctx, args)
}

func (a *app) run(ctx context.Context, args []string) int {
	root := a.root()
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	switch err := root.ExecuteContext(ctx); {
	case err == nil:
		return exitDone
	case errors.As(err, new(usage)):
		_, _ = fmt.Fprintf(a.stderr, "caudald: %v\nSee --help.\n", err) // nowhere else to say it
		return exitUsage
	default:
		_, _ = fmt.Fprintf(a.stderr, "caudald: %v\n", err) // nowhere else to say it
		return exitFailure
	}
}

// usage is an error of whoever typed the command.
type usage struct{ error }

// Unwrap returns what is wrong.
func (u usage) Unwrap() error { return u.error }

func usagef(format string, args ...any) error { return usage{fmt.Errorf(format, args...)} }

// root is the server itself; everything else is below it.
func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "caudald",
		Short: "A real-time bank that runs as one program",
		Long: `caudald is the bank's server. --demo starts a playground on this machine that prints all it takes to use it;
--data DIR starts the bank in a folder, and founds it there the first time.

Every flag is also CAUDAL_... in the environment and a key in the --config file; --print-config shows the outcome.`,
		Args:          args(cobra.NoArgs),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage{err} })
	config.Flags(root.Flags())
	show := root.Flags().Bool("print-config", false, "print every setting and where it came from, and end")
	root.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := a.settings(cmd)
		if err != nil {
			return err
		}
		if *show {
			return c.Print(a.stdout)
		}
		return a.serve(cmd.Context(), c)
	}
	root.AddCommand(a.userCommand(), a.accountCommand(), a.backupCommand(), a.verifyCommand(), a.identityCommand(), a.versionCommand())
	return root
}

// args makes what cobra says of arguments an error of usage.
func args(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, given []string) error {
		if err := check(cmd, given); err != nil {
			return usage{err}
		}
		return nil
	}
}

// settings reads the configuration by the command's flags.
func (a *app) settings(cmd *cobra.Command) (*config.Config, error) {
	c, err := config.Load(cmd.Flags(), func(name string) (string, bool) {
		value := a.getenv(name)
		return value, value != ""
	})
	if err != nil {
		return nil, usage{err}
	}
	return c, nil
}
