package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"caudal/certs"
)

type pinJSON struct {
	Host     string `json:"host"`
	Identity string `json:"identity"`
	Since    string `json:"since"`
}

type pinsJSON struct {
	Pins []pinJSON `json:"pins"`
}

func (a *app) pinsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pins",
		Short: "The identities that this device has pinned",
		Args:  cobra.NoArgs,
		RunE: a.withPins(func(pins *certs.Pins, _ []string) error {
			list, err := pins.List()
			if err != nil {
				return explain(err)
			}
			answer := pinsJSON{Pins: make([]pinJSON, len(list))}
			rows := make([][]string, len(list))
			for i, pin := range list {
				answer.Pins[i] = pinJSON{pin.Host, pin.Identity.String(), pin.Since}
				rows[i] = []string{pin.Host, pin.Since, pin.Identity.String()}
			}
			return a.out.show(answer, func(p *page) {
				if len(list) == 0 {
					p.line("Nothing is pinned.")
					return
				}
				p.table([]column{{"bank", false}, {"since", false}, {"identity", false}}, rows)
			})
		}),
	}
	cmd.AddCommand(a.pinsListCommand(cmd), a.pinsAddCommand(), a.pinsForgetCommand())
	return cmd
}

func (a *app) pinsListCommand(parent *cobra.Command) *cobra.Command {
	return &cobra.Command{Use: "list", Short: parent.Short, Args: cobra.NoArgs, RunE: parent.RunE}
}

func (a *app) pinsAddCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "add HOST:PORT FINGERPRINT",
		Short:             "Pin an identity that the bank has published",
		Args:              cobra.ExactArgs(2),
		ValidArgsFunction: fixed(),
		RunE: a.withPins(func(pins *certs.Pins, args []string) error {
			identity, err := certs.ParseIdentity(args[1])
			if err != nil {
				return wrongUsage("%v", err)
			}
			if err := pins.Add(args[0], identity); err != nil {
				return pinFailure(err)
			}
			return a.out.show(map[string]string{"host": args[0], "identity": identity.String()}, func(p *page) {
				p.line("Pinned %s.", args[0])
			})
		}),
	}
}

func (a *app) pinsForgetCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "forget HOST:PORT",
		Short: "Forget a pinned identity, for a bank of which you know that it changed",
		Long: `Forget what is pinned for HOST:PORT, which has to be typed. Do it only when you have made sure, by another way
than this connection, that the bank did change its identity: the next one that answers there may be anybody.`,
		Args: cobra.ExactArgs(1),
		RunE: a.withPins(func(pins *certs.Pins, args []string) error {
			if err := pins.Forget(args[0]); err != nil {
				return pinFailure(err)
			}
			return a.out.show(map[string]string{"forgotten": args[0]}, func(p *page) {
				p.line("Forgotten: %s. Compare the next fingerprint with what the bank has published.", args[0])
			})
		}),
		// Nothing is offered: to forget whom one trusts should cost the typing of a name.
		ValidArgsFunction: fixed(),
	}
}

func (a *app) withPins(run func(pins *certs.Pins, args []string) error) func(*cobra.Command, []string) error {
	return func(_ *cobra.Command, args []string) error {
		dir, err := homeDir(a.flags.home, a.getenv)
		if err != nil {
			return fileFailure(err)
		}
		pins, err := certs.OpenPins(home{dir}.pins())
		if err != nil {
			return fileFailure(err)
		}
		return run(pins, args)
	}
}

func pinFailure(err error) error {
	switch {
	case errors.Is(err, certs.ErrMalformedHost):
		return wrongUsage("%v", err).trying("127.0.0.1:8443")
	case errors.Is(err, certs.ErrUnknownIdentity):
		return failed(codeFailed, "nothing is pinned for that host").trying("caudal pins")
	case errors.Is(err, certs.ErrIdentityChanged), errors.Is(err, certs.ErrMalformedPin):
		return explain(err)
	}
	return fileFailure(fmt.Errorf("the pins: %w", err))
}
