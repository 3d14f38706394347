package caudal

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"caudal/cipher"
)

const (
	// openTimeout bounds everything from the TCP connection to the sign-in.
	openTimeout = 20 * time.Second
	// headerBytes bounds what a server can make a client read before it has proven anything.
	headerBytes = 16 << 10
	// retryAfterMax bounds a Retry-After that is taken seriously.
	retryAfterMax = time.Hour
)

// socket is a WebSocket inside TLS 1.3, with the one subprotocol that was offered.
type socket struct {
	ws         *websocket.Conn
	trustedTLS bool
}

// open connects. Without a pin the TLS certificate must be one that the roots know; with one it may be any, since the
// channel inside proves who the bank is.
func (c *Conn) open(ctx context.Context, pinned bool) (*socket, error) {
	var trusted atomic.Bool
	// Go verifies nothing by itself here, so that VerifyConnection can let an unknown certificate pass where, and only
	// where, an identity is pinned.
	tlsConfig := &tls.Config{
		MinVersion:         tls.VersionTLS13,
		InsecureSkipVerify: true, //nolint:gosec // VerifyConnection verifies
		VerifyConnection: func(state tls.ConnectionState) error {
			err := verifyTLS(state, c.hostname(), c.config.Roots)
			trusted.Store(err == nil)
			if err != nil && !pinned {
				return &strangerError{host: c.host, cause: fmt.Errorf("%w: %w", ErrUntrustedTLS, err)}
			}
			return nil
		},
	}
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            c.config.DialContext,
		TLSClientConfig:        tlsConfig,
		TLSNextProto:           map[string]func(string, *tls.Conn) http.RoundTripper{}, // HTTP/1.1: WebSocket's upgrade
		MaxResponseHeaderBytes: headerBytes,
		DisableKeepAlives:      true,
		DisableCompression:     true,
	}
	defer transport.CloseIdleConnections()
	suite := c.suite()
	ws, response, err := websocket.Dial(ctx, c.config.URL, &websocket.DialOptions{ //nolint:bodyclose // the library closes it
		HTTPClient: &http.Client{
			Transport:     transport,
			CheckRedirect: func(*http.Request, []*http.Request) error { return ErrRedirect },
		},
		Subprotocols:    []string{suite.Subprotocol()},
		CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		return nil, openError(response, err)
	}
	if got := response.Header.Values("Sec-WebSocket-Protocol"); len(got) != 1 || got[0] != suite.Subprotocol() {
		_ = ws.CloseNow()
		return nil, fmt.Errorf("%w: %q was offered, %q chosen", ErrSubprotocol, suite.Subprotocol(), got)
	}
	ws.SetReadLimit(cipher.MaxMessage + 1) // the reader of messages says what is wrong with a longer one
	return &socket{ws: ws, trustedTLS: trusted.Load()}, nil
}

func (c *Conn) suite() cipher.Suite {
	if c.config.Classic {
		return cipher.Classic
	}
	return cipher.Hybrid
}

func (c *Conn) hostname() string {
	u, err := url.Parse(c.config.URL)
	if err != nil {
		return "" // checked by Dial; no certificate has this name
	}
	return u.Hostname()
}

// verifyTLS is what crypto/tls does when it is not told to skip it.
func verifyTLS(state tls.ConnectionState, host string, roots *x509.CertPool) error {
	if len(state.PeerCertificates) == 0 {
		return errors.New("no certificate")
	}
	intermediates := x509.NewCertPool()
	for _, certificate := range state.PeerCertificates[1:] {
		intermediates.AddCert(certificate)
	}
	if host == "" {
		return errors.New("no name to verify")
	}
	_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{
		DNSName: host, Roots: roots, Intermediates: intermediates, CurrentTime: time.Now(),
	})
	return err
}

// openError says what an attempt has come to. Nothing that comes before the channel's handshake is proof of anything.
func openError(response *http.Response, err error) error {
	switch {
	case errors.Is(err, ErrRedirect):
		return ErrRedirect
	case response == nil:
		return fmt.Errorf("%w: %w", ErrDisconnected, err)
	case response.StatusCode == http.StatusSwitchingProtocols:
		return fmt.Errorf("%w: %w", ErrSubprotocol, err)
	case response.StatusCode/100 == 3:
		return ErrRedirect
	}
	refused := &RefusedError{Status: response.StatusCode}
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
		refused.After = min(time.Duration(min(seconds, int(retryAfterMax/time.Second)))*time.Second, retryAfterMax)
	}
	return fmt.Errorf("%w: %w", ErrDisconnected, refused)
}
