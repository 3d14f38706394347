package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"
)

// completionTime is how long a shell may be kept waiting for words that only the bank knows.
const completionTime = 2 * time.Second

// complete offers words that the bank knows; none where it cannot be asked. It never asks a person anything.
func (a *app) complete(cmd *cobra.Command, words func(ctx context.Context, b *bank) []string) ([]string, cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(contextOf(cmd), completionTime)
	defer cancel()
	a.terminal.close()
	a.terminal = nil
	a.flags.timeout = completionTime
	b, err := a.signedIn(ctx)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	defer b.close()
	return words(ctx, b), cobra.ShellCompDirectiveNoFileComp
}

// required marks flags without which a command line is wrong.
func required(cmd *cobra.Command, flags ...string) {
	for _, flag := range flags {
		must(cmd.MarkFlagRequired(flag))
	}
}

// noFiles keeps a shell from offering file names as the values of flags.
func noFiles(cmd *cobra.Command, flags ...string) {
	for _, flag := range flags {
		must(cmd.RegisterFlagCompletionFunc(flag, fixed()))
	}
}

// must is for flags that the code above has just defined.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// contextOf is the command's context; cobra's completion may come without one.
func contextOf(cmd *cobra.Command) context.Context {
	if ctx := cmd.Context(); ctx != nil {
		return ctx
	}
	return context.Background()
}
