package bench

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // RFC 6455, section 4.2.2: it proves that the server read the request, and nothing else
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"caudal/certs"
	"caudal/cipher"
)

const (
	// openTimeout bounds everything from the dial to the sign-in. A bank that is slower than this under its load is counted
	// as failing.
	openTimeout = 30 * time.Second
	// upgradeBytes bounds what a server may answer to the upgrade.
	upgradeBytes = 4096
)

// openError says at which step a connection failed to open.
type openError struct {
	step string // by which errors are counted: "dial", "tls", "channel", "http_STATUS", "sign_in" or a code's name
	err  error
}

func (e *openError) Error() string { return e.step + ": " + e.err.Error() }

func (e *openError) Unwrap() error { return e.err }

// dialer opens sockets to one bank.
type dialer struct {
	host     string // host:port
	path     string
	tls      *tls.Config
	sources  []netip.Addr
	next     atomic.Uint32
	suite    cipher.Suite
	identity certs.Identity
	proven   atomic.Pointer[proven]
}

// proven is what a bank showed last that held: it shows the same for hours, and signatures are dear.
type proven struct {
	static      [32]byte
	certificate []byte
	from, until time.Time
}

func newDialer(c *Config) (*dialer, error) {
	u, err := url.Parse(c.URL)
	if err != nil || u.Scheme != "wss" || u.Hostname() == "" || u.User != nil {
		return nil, errors.New("the bank's address must be wss://HOST[:PORT]/PATH")
	}
	port := u.Port()
	if port == "" {
		port = "443"
	}
	d := &dialer{
		host: net.JoinHostPort(u.Hostname(), port), path: u.RequestURI(),
		sources: c.Sources, suite: cipher.Hybrid, identity: c.Identity,
		tls: &tls.Config{
			MinVersion: tls.VersionTLS13, ServerName: u.Hostname(),
			// As in the SDK where an identity is pinned: the channel inside proves who the bank is.
			InsecureSkipVerify: true, //nolint:gosec // see above
		},
	}
	if c.Classic {
		d.suite = cipher.Classic
	}
	if c.PlainTLS {
		d.tls.CurvePreferences = []tls.CurveID{tls.X25519}
	}
	return d, nil
}

// opening are the steps' times.
type opening struct {
	tls, channel, signIn time.Duration
}

// dial opens a socket with its channel. Nobody has signed in yet.
func (d *dialer) dial(ctx context.Context) (s *socket, took opening, err error) {
	begin := time.Now()
	network := net.Dialer{}
	if n := len(d.sources); n > 0 {
		source := d.sources[int(d.next.Add(1))%n]
		network.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(source, 0))
	}
	raw, err := network.DialContext(ctx, "tcp", d.host)
	if err != nil {
		return nil, took, &openError{"dial", err}
	}
	secured := tls.Client(raw, d.tls)
	if err := secured.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, took, &openError{"tls", err}
	}
	took.tls = time.Since(begin)
	begin = time.Now()
	if deadline, ok := ctx.Deadline(); ok {
		_ = secured.SetDeadline(deadline) // an error shows when it is used
	}
	s = &socket{conn: secured}
	if err := d.upgrade(s); err != nil {
		raw.Close()
		return nil, took, err
	}
	if err := d.shake(s); err != nil {
		raw.Close()
		return nil, took, &openError{"channel", err}
	}
	took.channel = time.Since(begin)
	return s, took, nil
}

// upgrade makes a WebSocket of the connection (RFC 6455, section 4). What the server sent behind its answer stays in s.
func (d *dialer) upgrade(s *socket) error {
	var nonce [16]byte
	rand.Read(nonce[:]) // never fails
	key := base64.StdEncoding.EncodeToString(nonce[:])
	request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
		d.path, d.host, key, d.suite.Subprotocol())
	if _, err := io.WriteString(s.conn, request); err != nil {
		return &openError{"channel", err}
	}
	end, err := s.readHead()
	if err != nil {
		return &openError{"channel", err}
	}
	response, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(s.in[:end])), &http.Request{Method: http.MethodGet})
	if err != nil {
		return &openError{"channel", err}
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusSwitchingProtocols {
		return &openError{fmt.Sprintf("http_%d", response.StatusCode), fmt.Errorf("the bank answers %s", response.Status)}
	}
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) //nolint:gosec // see the import
	if response.Header.Get("Sec-WebSocket-Accept") != base64.StdEncoding.EncodeToString(sum[:]) ||
		!strings.EqualFold(response.Header.Get("Upgrade"), "websocket") {
		return &openError{"channel", errors.New("no WebSocket answers")}
	}
	if got := response.Header.Values("Sec-WebSocket-Protocol"); len(got) != 1 || got[0] != d.suite.Subprotocol() {
		return &openError{"channel", fmt.Errorf("%q was offered, %q chosen", d.suite.Subprotocol(), got)}
	}
	s.begin = end
	return nil
}

// shake runs the channel's handshake.
func (d *dialer) shake(s *socket) error {
	handshake, message1, err := cipher.NewClient(cipher.ClientConfig{
		Suite: d.suite, Offered: []string{d.suite.Subprotocol()},
		Verify: func(static [32]byte, certificate []byte) error { return d.verify(static, certificate, time.Now()) },
	})
	if err != nil {
		return err
	}
	out := s.beginMessage(make([]byte, 0, frameHeaderMax+len(message1)))
	if err := s.writeMessage(append(out, message1...)); err != nil {
		return err
	}
	message2, err := s.message()
	if err != nil {
		return err
	}
	s.channel, err = handshake.Finish(message2)
	return err
}

// verify lets nobody but the one identity pass. The same key with the same certificate is not verified again while it is valid.
func (d *dialer) verify(static [32]byte, certificate []byte, now time.Time) error {
	if p := d.proven.Load(); p != nil && p.static == static && bytes.Equal(p.certificate, certificate) &&
		!now.Before(p.from) && now.Before(p.until) {
		return nil
	}
	c, err := certs.VerifyChannel(certificate, static, d.identity, now)
	if err != nil {
		return err
	}
	d.proven.Store(&proven{static: static, certificate: bytes.Clone(certificate), from: c.NotBefore, until: c.NotAfter})
	return nil
}
