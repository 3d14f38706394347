package certs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"path/filepath"
	"time"
)

// ErrMalformedTLS is a TLS certificate or key file that holds something else.
var ErrMalformedTLS = errors.New("malformed TLS certificate or key")

const (
	caFile          = "ca.pem"     // the CA certificates, newest first
	serverFile      = "server.pem" // the server's certificate and key in one file, so that a crash cannot part them
	developmentLock = ".lock"

	// developmentLifetime stays under the 398 days that browsers accept from a public CA, some from any.
	developmentLifetime = 365 * 24 * time.Hour
	// developmentRenewal is how long before its end a certificate is replaced.
	developmentRenewal = 30 * 24 * time.Hour
	developmentPoll    = time.Hour

	// maxAuthorities bounds ca.pem: the newest, and those before it that have not ended.
	maxAuthorities = 4
)

// DevelopmentTLS serves localhost, 127.0.0.1 and ::1 under a CA of its own, which it makes at first start and again 30
// days before the end. Clients trust dir/ca.pem; dir/server.pem is the certificate and its key. Both are of mode 0600.
//
// The CA is constrained, critically, to localhost and loopback addresses. But RFC 5280 (section 6.1.1) leaves it open
// whether a verifier looks at constraints in a root that the user trusts, and some do not. So the CA's key signs one
// certificate and is forgotten: it is never stored, and nobody can ever sign another name with it. The price is that a
// browser's user imports the CA again after eleven months. Old and new CA stand in ca.pem while both are valid.
func DevelopmentTLS(dir string, o Options) (*TLS, error) {
	if err := makeDir(dir, othersWrite); err != nil {
		return nil, err
	}
	d := &developmentTLS{dir: dir, options: o}
	if err := d.refresh(); err != nil {
		return nil, err
	}
	return &TLS{
		config:   serverConfig(d.served.get),
		caFile:   d.path(caFile),
		interval: developmentPoll,
		look: func() {
			if err := d.refresh(); err != nil {
				o.log().Error("the development TLS certificate could not be renewed", "error", err)
			}
		},
	}, nil
}

type developmentTLS struct {
	dir     string
	options Options
	served  served
}

func (d *developmentTLS) path(name string) string { return filepath.Join(d.dir, name) }

// refresh loads what is there, or makes it where there is none or too little time left. Processes take turns.
func (d *developmentTLS) refresh() error {
	now := d.options.now()
	if c := d.served.certificate.Load(); c != nil && fresh(c.Leaf, now) {
		return nil
	}
	unlock, err := lock(d.path(developmentLock))
	if err != nil {
		return err
	}
	defer unlock()
	authorities, err := d.loadAuthorities()
	if err != nil {
		return err
	}
	certificate, err := d.loadServer()
	if err != nil {
		return err
	}
	if certificate == nil || !fresh(certificate.Leaf, now) || !known(certificate.Leaf, authorities, now) {
		if certificate, err = d.create(authorities, now); err != nil {
			return err
		}
		d.options.log().Info("development TLS certificate made", "ca", d.path(caFile), "until", certificate.Leaf.NotAfter)
	}
	d.served.certificate.Store(certificate)
	return nil
}

// fresh is false also where the clock was set back to before the start.
func fresh(leaf *x509.Certificate, now time.Time) bool {
	return !now.Before(leaf.NotBefore) && now.Before(leaf.NotAfter.Add(-developmentRenewal))
}

func known(leaf *x509.Certificate, authorities []*x509.Certificate, now time.Time) bool {
	roots := x509.NewCertPool()
	for _, ca := range authorities {
		roots.AddCert(ca)
	}
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: now, DNSName: "localhost"})
	return err == nil
}

// create stores the CAs before the certificate that needs the new one: at every instant ca.pem knows server.pem.
func (d *developmentTLS) create(before []*x509.Certificate, now time.Time) (*tls.Certificate, error) {
	ca, caKey, err := newDevelopmentCA(now)
	if err != nil {
		return nil, err
	}
	leaf, leafKey, err := signServer(ca, caKey, now, developmentNames())
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(leafKey)
	if err != nil {
		return nil, err
	}
	bundle := encodePEM(certificatePEM, ca.Raw)
	for i, old := range before {
		if i < maxAuthorities-1 && now.Before(old.NotAfter) {
			bundle = append(bundle, encodePEM(certificatePEM, old.Raw)...)
		}
	}
	if err := replaceFile(d.path(caFile), bundle); err != nil {
		return nil, err
	}
	pair := append(encodePEM(certificatePEM, leaf.Raw), encodePEM(privateKeyPEM, keyDER)...)
	if err := replaceFile(d.path(serverFile), pair); err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: leafKey, Leaf: leaf}, nil
}

const certificatePEM = "CERTIFICATE"

// loadServer returns nil where there is no file.
func (d *developmentTLS) loadServer() (*tls.Certificate, error) {
	text, err := readFile(d.path(serverFile), maxKeyFile, othersAny)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	certificate, err := tls.X509KeyPair(text, text)
	if err != nil {
		return nil, fmt.Errorf("%w: %s; delete it to have a new one made", ErrMalformedTLS, d.path(serverFile))
	}
	return &certificate, nil
}

// loadAuthorities returns none where there is no file.
func (d *developmentTLS) loadAuthorities() (list []*x509.Certificate, err error) {
	text, err := readFile(d.path(caFile), maxKeyFile, othersWrite)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for len(bytes.TrimSpace(text)) > 0 {
		block, rest := pem.Decode(text)
		if block == nil || block.Type != certificatePEM {
			return nil, fmt.Errorf("%w: %s; delete it to have a new one made", ErrMalformedTLS, d.path(caFile))
		}
		ca, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrMalformedTLS, d.path(caFile), err)
		}
		list, text = append(list, ca), rest
	}
	return list, nil
}

func newDevelopmentCA(now time.Time) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	ca, err := sign(&x509.Certificate{
		Subject:               pkix.Name{Organization: []string{"Caudal"}, CommonName: "Caudal development CA, this machine only"},
		NotBefore:             now.Add(-channelBackdate),
		NotAfter:              now.Add(developmentLifetime),
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},

		// Kinds of name without a permitted entry are unconstrained (RFC 5280 section 4.2.1.10), so each has one.
		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         []string{"localhost"},
		PermittedEmailAddresses:     []string{"localhost"},
		PermittedURIDomains:         []string{"localhost"},
		PermittedIPRanges: []*net.IPNet{
			{IP: net.IPv4(127, 0, 0, 0).To4(), Mask: net.CIDRMask(8, 32)},
			{IP: net.IPv6loopback, Mask: net.CIDRMask(128, 128)},
		},
	}, nil, &key.PublicKey, key)
	return ca, key, err
}

// developmentNames is what the server's certificate is for.
func developmentNames() *x509.Certificate {
	return &x509.Certificate{
		DNSNames:    []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1).To4(), net.IPv6loopback},
	}
}

// signServer fills in all but the names.
func signServer(ca *x509.Certificate, caKey *ecdsa.PrivateKey, now time.Time, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template.Subject = pkix.Name{Organization: []string{"Caudal"}, CommonName: "Caudal development server"}
	template.NotBefore, template.NotAfter = now.Add(-channelBackdate), ca.NotAfter
	template.BasicConstraintsValid = true
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	leaf, err := sign(template, ca, &key.PublicKey, caKey)
	return leaf, key, err
}

// sign makes a certificate; without a parent, self-signed. The serial number is random (chosen by crypto/x509).
func sign(template, parent *x509.Certificate, public *ecdsa.PublicKey, signer *ecdsa.PrivateKey) (*x509.Certificate, error) {
	if parent == nil {
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, signer)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}
