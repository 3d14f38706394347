package app

import (
	"bufio"
	"cmp"
	"crypto/subtle"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"caudal/certs"
	"caudal/server/config"
)

// identitySign certifies the channel key of a server that has no identity key, where that key is.
func (a *app) identitySign() *cobra.Command {
	var request, to, fingerprint string
	command := &cobra.Command{
		Use:   "sign --identity-dir DIR --request FILE --to FILE [--fingerprint TEXT]",
		Short: "Certify a channel key that a server without the identity key asks for",
		Long: `A server started with --identity-offline leaves channel-NAME.request in its --identity-dir, and logs the request's
fingerprint. Carry the file here, where the identity key is, compare the fingerprint with the one in the log (whoever
could change the file on its way would get a key of their own certified), and carry what this writes back as
channel-NAME.certificate.`,
		Args: args(cobra.NoArgs),
	}
	config.Flags(command.Flags(), "data", "identity_dir")
	command.Flags().StringVar(&request, "request", "", "the server's request")
	command.Flags().StringVar(&to, "to", "", "file to write the certificate to")
	command.Flags().StringVar(&fingerprint, "fingerprint", "", "the request's fingerprint, as the server's log has it; else it is asked")
	command.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := required(cmd, "request", "to"); err != nil {
			return err
		}
		c, err := a.settings(cmd)
		if err != nil {
			return err
		}
		if c.Data == "" && c.IdentityDir == "" {
			return usagef("say where the identity key is: --identity-dir DIR")
		}
		dir, err := a.identityDir(c)
		if err != nil {
			return err
		}
		return a.sign(dir, request, to, fingerprint)
	}
	return command
}

func (a *app) sign(dir, from, to, fingerprint string) error {
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		return cmp.Or(err, fmt.Errorf("%s is there already", to))
	}
	key, err := certs.LoadIdentity(filepath.Join(dir, identityFile))
	if err != nil {
		return err
	}
	text, err := readSmall(from)
	if err != nil {
		return err
	}
	request := new(certs.ChannelRequest)
	if err := request.UnmarshalText(text); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	if err := a.compare(request, fingerprint); err != nil {
		return err
	}
	before, err := predecessor(dir)
	if err != nil {
		return err
	}
	certificate, err := key.SignRequest(request, before, time.Now())
	if err != nil {
		return err
	}
	if err := writeWhole(to, certificate); err != nil {
		return err
	}
	return a.say("certified the key of %q until %s; carry %s back", request.Name,
		time.Now().Add(certs.ChannelLifetime).UTC().Format(time.DateTime+" MST"), to)
}

// errNotCompared is a request that nobody has vouched for.
var errNotCompared = errors.New("the request's fingerprint was not confirmed; nothing was signed")

// compare makes sure that the request is the one that the server made.
func (a *app) compare(request *certs.ChannelRequest, given string) error {
	bare := strings.NewReplacer("-", "", " ", "").Replace
	own := request.Fingerprint()
	if given != "" {
		if subtle.ConstantTimeCompare([]byte(strings.ToUpper(bare(given))), []byte(strings.ToUpper(bare(own)))) != 1 {
			return fmt.Errorf("the request has the fingerprint %s, not the one given; nothing was signed", own)
		}
		return nil
	}
	if !isTerminal(a.stdin) {
		return usagef("without a terminal the fingerprint must be given: --fingerprint")
	}
	_, _ = fmt.Fprintf(a.stderr, "The request of %q has the fingerprint\n\n  %s\n\nIs it the one in the server's log? Type yes: ", request.Name, own)
	line, err := bufio.NewReader(a.stdin).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != "yes" {
		return errNotCompared
	}
	return nil
}
