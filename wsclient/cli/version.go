package cli

import (
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"caudal/cipher"
	"caudal/protocol"
)

// version is the module's, where it was built as one; a build of a working tree says so.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

type versionJSON struct {
	Version  string `json:"version"`
	Protocol int    `json:"protocol"`
	Channel  string `json:"channel"`
	Go       string `json:"go"`
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Which version this is",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			answer := versionJSON{version(), protocol.Version, cipher.Hybrid.Subprotocol(), runtime.Version()}
			return a.out.show(answer, func(p *page) {
				p.line("caudal %s (protocol %d, channel %s: %v, %s)",
					answer.Version, answer.Protocol, answer.Channel, cipher.Hybrid, answer.Go)
			})
		},
	}
}
