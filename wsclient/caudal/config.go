package caudal

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"

	"caudal/certs"
	"caudal/protocol"
)

// Config says which bank, and how it proves who it is. URL and one of Identity and Pins are required.
type Config struct {
	// URL is wss://HOST[:PORT]/PATH; a bank's path is /ws.
	URL string

	// Identity, where not nil, is the bank's and the only one that is accepted; Pins and Confirm are not used then. A bank
	// whose certificate proves that it succeeds this identity is accepted too, and Moved is told.
	Identity *certs.Identity
	// Pins remembers which identity each host has.
	Pins PinStore
	// Confirm is asked about a host without a pin, whose TLS certificate is trusted: does the person recognise the
	// fingerprint? True pins it. It takes as long as it takes, while no connection is open. Nil refuses.
	Confirm func(context.Context, Stranger) (bool, error)
	// Moved, where not nil, is told when the bank changed its identity and the old one vouches for the new one. The pin
	// has been moved. Tell the person.
	Moved func(from, to certs.Identity)

	// Roots are trusted for TLS; nil are the system's. See [Roots].
	Roots *x509.CertPool
	// Classic asks for the channel without ML-KEM. Nothing ever falls back to it by itself.
	Classic bool
	// Once ends the Conn with its first socket, instead of connecting again.
	Once bool
	// Client names the program and its version to the bank, such as "caudal-cli/1.0"; at most 64 bytes.
	Client string
	// DialContext opens the TCP connection; nil is net.Dialer's. The way through a proxy, where one is configured in the
	// environment, is HTTP's CONNECT.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// Log gets what happens to the connection, and nothing secret; nil is silent.
	Log *slog.Logger
}

// PinStore remembers identities; *certs.Pins is one. host is host:port.
type PinStore interface {
	// Lookup returns certs.ErrUnknownIdentity for a host without a pin; any other error refuses the host.
	Lookup(host string) (certs.Identity, error)
	// Add must not replace a pin.
	Add(host string, identity certs.Identity) error
	// Move replaces a pin by its successor.
	Move(host string, certificate *certs.ChannelCertificate) error
}

// Stranger is a bank that is not pinned, for a person to compare with what the bank has published.
type Stranger struct {
	Host     string         // host:port
	Name     string         // what it calls itself: free of control characters, and no proof of anything
	Identity certs.Identity // what it has proven to hold; String is the fingerprint
}

// caFileBytes bounds a file of roots: a system's whole bundle has a fifth of it.
const caFileBytes = 1 << 20

// Roots returns the system's roots and those in a PEM file, for Config.Roots.
func Roots(caFile string) (*x509.CertPool, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	f, err := os.Open(caFile)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	pem, err := io.ReadAll(io.LimitReader(f, caFileBytes))
	if err != nil {
		return nil, err
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: no certificate in it", caFile)
	}
	return pool, nil
}

// address checks the URL and returns the pin store's name of its host, host:port.
func (c *Config) address() (host string, err error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "wss" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return "", fmt.Errorf("%w, not %q", ErrURL, withoutUser(u, c.URL))
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port), nil
}

// withoutUser keeps a password that somebody put into a URL out of an error.
func withoutUser(u *url.URL, text string) string {
	if u == nil || u.User != nil {
		return "..."
	}
	return text
}

func (c *Config) check() error {
	if c.Identity == nil && c.Pins == nil {
		return errors.New("caudal: Config needs an Identity or Pins")
	}
	if len(c.Client) > protocol.ClientNameBytes {
		return fmt.Errorf("caudal: Config.Client is longer than %d bytes", protocol.ClientNameBytes)
	}
	return nil
}
