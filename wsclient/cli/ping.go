package cli

import (
	"time"

	"github.com/spf13/cobra"
)

type pingJSON struct {
	Server      string  `json:"server"`
	Name        string  `json:"name"`
	Identity    string  `json:"identity"`
	Program     string  `json:"program"`
	Channel     string  `json:"channel"`
	TrustedTLS  bool    `json:"trusted_tls"`
	Demo        bool    `json:"demo"`
	RoundTripMS float64 `json:"round_trip_ms"`
}

func (a *app) pingCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "ping",
		Short: "Ask whether the bank is there, who it is, and how far away",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b, err := a.dialBounded(cmd.Context())
			if err != nil {
				return err
			}
			defer b.close()
			ctx, cancel := a.bounded(cmd.Context())
			defer cancel()
			took, err := b.Ping(ctx)
			if err != nil {
				return explain(err)
			}
			who := b.Bank()
			answer := pingJSON{
				Server: b.server, Name: who.Name, Identity: who.Identity.String(), Program: who.Server, Channel: who.Channel,
				TrustedTLS: who.TrustedTLS, Demo: who.Demo, RoundTripMS: float64(took.Microseconds()) / 1000,
			}
			return a.out.show(answer, func(p *page) {
				p.line("%s at %s answers in %s", who.Name, b.server, took.Round(10*time.Microsecond))
				p.line("identity  %v", who.Identity)
				p.line("channel   %s", who.Channel)
				if !who.TrustedTLS {
					p.line("tls       not known to this system; the channel inside has proven the identity")
				}
				if who.Demo {
					p.line("This is a demo: its money is none.")
				}
			})
		},
	}
}
