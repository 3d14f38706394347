package certs

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// ErrACMEConfig is a configuration that cannot get a public certificate; its text says why.
var ErrACMEConfig = errors.New("ACME configuration")

// acmePoll is how often Run asks for the first certificate: CAs limit failures to a few an hour.
const acmePoll = time.Hour

// ACMEConfig is for one public name.
type ACMEConfig struct {
	Host         string // the one DNS name; nothing else is ever asked for
	CacheDir     string // account key and certificates, mode 0600 in a directory of mode 0700
	Email        string // optional: where the CA writes when something is wrong
	DirectoryURL string // of the CA (RFC 8555); empty: Let's Encrypt
	AcceptTerms  bool   // the operator's word that the CA's terms of service are accepted; must be true
}

// ACME gets a certificate for a public name by the challenge tls-alpn-01 (RFC 8737), which needs port 443 of that name
// to reach the listener, and renews it 30 days before its end. Run asks for the first one at once; a handshake that comes
// earlier waits for it.
func ACME(config ACMEConfig, o Options) (*TLS, error) {
	host, err := publicName(config.Host)
	if err != nil {
		return nil, err
	}
	if !config.AcceptTerms {
		return nil, fmt.Errorf("%w: the CA's terms of service have not been accepted", ErrACMEConfig)
	}
	if config.CacheDir == "" {
		return nil, fmt.Errorf("%w: without a cache folder each start would ask the CA again, until it refuses", ErrACMEConfig)
	}
	if err := makeDir(config.CacheDir, othersAny); err != nil {
		return nil, err
	}
	manager := &autocert.Manager{
		Prompt:     autocert.AcceptTOS,
		Cache:      autocert.DirCache(config.CacheDir),
		HostPolicy: exactHost(host),
		Email:      config.Email,
		Client:     &acme.Client{DirectoryURL: config.DirectoryURL},
	}
	tlsConfig := serverConfig(func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		// The CA's challenge names this protocol alone (RFC 8737 section 3). Whoever names others beside it is a client like
		// any other: handed over as it is, its hello would have the manager ask the CA for a second certificate, with RSA.
		if slices.Equal(hello.SupportedProtos, []string{acme.ALPNProto}) {
			return manager.GetCertificate(hello)
		}
		return manager.GetCertificate(ecdsaHello(hello.ServerName))
	})
	tlsConfig.NextProtos = append(tlsConfig.NextProtos, acme.ALPNProto)
	return &TLS{
		config:   tlsConfig,
		interval: acmePoll,
		look: func() { // once there is a certificate, the manager renews it by itself
			if _, err := manager.GetCertificate(ecdsaHello(host)); err != nil {
				o.log().Error("no certificate from the ACME CA", "host", host, "error", err)
			}
		},
	}, nil
}

func exactHost(host string) autocert.HostPolicy {
	return func(_ context.Context, asked string) error {
		if asked != host {
			return fmt.Errorf("%w: no certificates for %q", ErrACMEConfig, asked)
		}
		return nil
	}
}

// ecdsaHello asks for the ECDSA P-256 certificate, which every TLS 1.3 client must know how to verify (RFC 8446 section
// 9.1). Manager looks for ECDSA among the cipher suites, which do not name it any more in TLS 1.3, and would get a second
// certificate, with RSA, for those who speak only that.
func ecdsaHello(name string) *tls.ClientHelloInfo {
	return &tls.ClientHelloInfo{
		ServerName:   name,
		CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256},
	}
}

// publicName accepts a DNS name as a CA writes it: lower case, letters, digits and hyphens (RFC 1123), two labels or more.
func publicName(name string) (string, error) {
	refuse := func(why string) (string, error) {
		return "", fmt.Errorf("%w: %q %s", ErrACMEConfig, name, why)
	}
	host := strings.ToLower(name)
	if _, err := netip.ParseAddr(host); err == nil {
		return refuse("is an address; a name is needed")
	}
	labels := strings.Split(host, ".")
	if len(host) > 253 || len(labels) < 2 {
		return refuse("is no public name")
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return refuse("is no public name")
		}
	}
	switch labels[len(labels)-1] {
	case "localhost", "local", "internal", "test", "example", "invalid", "onion", "arpa":
		return refuse("is a name that no public CA certifies")
	}
	return host, nil
}
