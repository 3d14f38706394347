package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"caudal/certs"
	"caudal/wsclient/caudal"
)

// bank is a connection to a bank that has proven its identity, and what this device remembers of it.
type bank struct {
	*caudal.Conn
	home    home
	server  string   // the URL
	host    string   // host:port, by which identities are pinned
	session *session // nil where nothing signs in
	user    *caudal.User
}

// dial connects to the bank that the flags and the environment name. Nobody is signed in yet.
func (a *app) dial(ctx context.Context) (*bank, error) {
	b, err := a.remembered()
	if err != nil {
		return nil, err
	}
	return b, b.connect(ctx, a)
}

// remembered is what this device knows of the bank before it connects.
func (a *app) remembered() (*bank, error) {
	server, host, err := a.server()
	if err != nil {
		return nil, err
	}
	dir, err := homeDir(a.flags.home, a.getenv)
	if err != nil {
		return nil, fileFailure(err).trying("set CAUDAL_HOME to a folder of yours")
	}
	b := &bank{home: home{dir}, server: server, host: host}
	b.session, err = b.home.session(server)
	return b, err
}

func (b *bank) connect(ctx context.Context, a *app) (err error) {
	config := caudal.Config{URL: b.server, Client: "caudal-cli/" + version(), Moved: b.moved(a)}
	if config.Identity, config.Pins, err = a.whom(b.home, b.host); err != nil {
		return err
	}
	if a.terminal != nil {
		config.Confirm = a.confirmStranger
	}
	if a.flags.tlsCA != "" {
		if config.Roots, err = caudal.Roots(a.flags.tlsCA); err != nil {
			return wrongUsage("--tls-ca: %v", err)
		}
	}
	if b.Conn, err = caudal.Dial(ctx, config); err != nil {
		return b.hint(explain(err))
	}
	return nil
}

// server returns the address in the one spelling by which sessions are kept, and its host:port.
func (a *app) server() (address, host string, err error) {
	text := a.setting(a.flags.server, "CAUDAL_SERVER")
	if text == "" {
		return "", "", wrongUsage("no bank is named").
			trying("export CAUDAL_SERVER=wss://127.0.0.1:8443/ws", "or --server wss://bank.example/ws")
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "wss" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", "", wrongUsage("the bank's address must be wss://HOST[:PORT]/PATH, always over TLS")
	}
	u.Host = strings.ToLower(u.Host)
	port := u.Port()
	if port == "" {
		port = "443"
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/ws"
	}
	return u.String(), net.JoinHostPort(u.Hostname(), port), nil
}

// whom says which identity is expected: the one that was given, which must not contradict the pinned one, or the pinned
// one, or, through the store, whoever a person confirms.
func (a *app) whom(h home, host string) (*certs.Identity, caudal.PinStore, error) {
	pins, err := certs.OpenPins(h.pins())
	if err != nil {
		return nil, nil, fileFailure(err)
	}
	text := a.setting(a.flags.identity, "CAUDAL_IDENTITY")
	if text == "" {
		return nil, pins, nil
	}
	given, err := certs.ParseIdentity(text)
	if err != nil {
		f := &failure{exit: exitIdentity, code: "malformed_identity", message: fmt.Sprintf("--identity or CAUDAL_IDENTITY: %v", err)}
		return nil, nil, f.trying("copy the fingerprint again; it is 11 groups of 5 letters and digits")
	}
	pinned, err := pins.Lookup(host)
	switch {
	case errors.Is(err, certs.ErrUnknownIdentity):
		return &given, nil, nil
	case err != nil:
		return nil, nil, explain(err)
	case pinned != given:
		f := &failure{exit: exitIdentity, code: codeIdentityChanged, message: fmt.Sprintf("the identity that was given is not "+
			"the one that is pinned for %s", host), facts: []string{fmt.Sprintf("pinned  %v", pinned), fmt.Sprintf("given   %v", given)}}
		return nil, nil, f.trying("ask the bank which one is right", "only if the pinned one is wrong: caudal pins forget "+host)
	}
	return &given, nil, nil
}

// confirmStranger asks a person about a bank that is not pinned.
func (a *app) confirmStranger(ctx context.Context, s caudal.Stranger) (bool, error) {
	answer, err := a.terminal.question(ctx, fmt.Sprintf(`
%s is not known to this device. It calls itself %q and has proven this identity:

  %v

Compare it with what the bank has published. If somebody sits between you
and the bank now, this is their identity, and they would get your password.

Trust it from now on? [y/N] `, visible(s.Host), visible(s.Name), s.Identity))
	return err == nil && yes(answer), err
}

// moved tells the person that the bank has a new identity, which the one expected before has signed.
func (b *bank) moved(a *app) func(from, to certs.Identity) {
	return func(from, to certs.Identity) {
		a.note("caudal: %s has changed its identity, and the old one vouches for the new one:", b.host)
		a.note("  from %v", from)
		a.note("  to   %v", to)
		if a.setting(a.flags.identity, "CAUDAL_IDENTITY") != "" {
			a.note("  set CAUDAL_IDENTITY to the new one")
		}
		if b.session != nil && b.session.Identity == from {
			b.session.Identity = to
			if err := b.home.keep(b.session); err != nil {
				a.note("caudal: %v", err)
			}
		}
	}
}

// hint puts into words about a bank's identity which bank it is, and what this home knows of it.
func (b *bank) hint(err error) error {
	f, ok := errors.AsType[*failure](err)
	if !ok || f.exit != exitIdentity {
		return err
	}
	for i := range f.try {
		f.try[i] = strings.ReplaceAll(f.try[i], "HOST:PORT", b.host)
	}
	if f.code == codeIdentityUnknown && b.session != nil {
		f.try = append(f.try, fmt.Sprintf("this device has signed in there before, to %v", b.session.Identity))
	}
	return f
}

// signedIn connects and signs in by the key that register or login left in home.
func (a *app) signedIn(ctx context.Context) (*bank, error) {
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	b, err := a.remembered()
	if err != nil {
		return nil, err
	}
	// Who the bank is comes before who the customer is, so it is asked even where nobody has signed in.
	err = b.connect(ctx, a)
	if b.session == nil && !isIdentityFailure(err) {
		b.close()
		return nil, signInNeeded("nobody has signed in at %s from here", b.server)
	}
	if err != nil {
		return nil, err
	}
	if b.session.Identity != b.Bank().Identity {
		b.close()
		return nil, signInNeeded("the key that is kept for %s belongs to a bank with another identity", b.server)
	}
	if b.user, err = b.Resume(ctx, b.session.Device); err != nil {
		b.close()
		return nil, explain(err)
	}
	return b, nil
}

func isIdentityFailure(err error) bool {
	f, ok := errors.AsType[*failure](err)
	return ok && f.exit == exitIdentity
}

// goodbye is how long a bank may take to answer a good-bye. One that does not answer is not waited for longer: the
// program ends, and its sockets with it.
const goodbye = 500 * time.Millisecond

func (b *bank) close() {
	if b.Conn == nil {
		return
	}
	done := make(chan struct{})
	go func() {
		_ = b.Conn.Close() // always nil
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(goodbye):
	}
}

// bounded ends what a command waits for after --timeout.
func (a *app) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, a.flags.timeout)
}

// deviceName is what a device is called unless its owner says otherwise: the machine's name.
func deviceName() string {
	name, err := os.Hostname()
	if err != nil || name == "" || !plain(name) {
		return "terminal"
	}
	return fmt.Sprintf("%.60s", filepath.Base(name))
}
