package certs

import (
	"context"
	"crypto/tls"
	"slices"
	"sync/atomic"
	"time"
)

// TLS is the server's side of TLS: a certificate that is renewed or read again while Run runs.
type TLS struct {
	config   *tls.Config
	caFile   string
	interval time.Duration // between looks
	look     func()        // renews or reads again what has to be, and logs what fails
}

// Config returns a copy of the configuration: TLS 1.3 only, ALPN http/1.1 only. Wrap a listener with [tls.NewListener];
// http.Server.ServeTLS would add h2 by itself.
//
// HTTP/2 is not offered, because a WebSocket starts as an HTTP/1.1 Upgrade that takes over the connection (RFC 6455);
// over HTTP/2 that is another protocol (RFC 8441), which net/http cannot hijack. A client that offers ALPN without
// http/1.1 fails in the handshake (RFC 7301 section 3.2).
func (t *TLS) Config() *tls.Config {
	c := t.config.Clone()
	c.NextProtos = slices.Clone(c.NextProtos)
	return c
}

// Run renews until the context ends; call it once. A renewal that fails is logged and tried again; what is served stays
// served.
func (t *TLS) Run(ctx context.Context) {
	t.look()
	every(ctx, t.interval, t.look)
}

// CAFile is the PEM file that a client trusts to know this server; empty where the system's roots should know it.
func (t *TLS) CAFile() string { return t.caFile }

const alpnHTTP1 = "http/1.1"

func serverConfig(get func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS13,
		NextProtos:     []string{alpnHTTP1},
		GetCertificate: get,
	}
}

// served is the certificate that handshakes get, replaced as a whole.
type served struct {
	certificate atomic.Pointer[tls.Certificate]
}

func (s *served) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return s.certificate.Load(), nil
}
