package certs

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func newDevelopmentTLS(t testing.TB, dir string, clock *manualClock) *TLS {
	t.Helper()
	_, log := newLog()
	server, err := DevelopmentTLS(dir, Options{Clock: clock.Now, Log: log})
	must(t, err)
	return server
}

func TestDevelopmentCertificateServesLoopbackOnly(t *testing.T) {
	clock := newClock()
	server := newDevelopmentTLS(t, newDir(t, "tls"), clock)
	address := serve(t, "tcp4", "127.0.0.1:0", server.Config())
	for _, name := range []string{"localhost", "127.0.0.1", "::1"} {
		if _, err := dial(address, client(t, server, clock, name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"example.com", "127.0.0.2", "::2", "a.localhost"} {
		_, err := dial(address, client(t, server, clock, name))
		mustRefuse[x509.HostnameError](t, err)
	}
	system := &tls.Config{ServerName: "localhost", Time: clock.Now, RootCAs: x509.NewCertPool()}
	_, err := dial(address, system)
	mustRefuse[x509.UnknownAuthorityError](t, err)

	six := serve(t, "tcp6", "[::1]:0", server.Config())
	if _, err := dial(six, client(t, server, clock, "::1")); err != nil {
		t.Error(err)
	}
}

// Even with the CA's key, which nobody has, no other name would be believed.
func TestDevelopmentCARefusesOtherNames(t *testing.T) {
	now := time.Now()
	ca, key, err := newDevelopmentCA(now)
	must(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	serveNames := func(names *x509.Certificate) net.Addr {
		leaf, leafKey, err := signServer(ca, key, now, names)
		must(t, err)
		return serve(t, "tcp4", "127.0.0.1:0", serverConfig(func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			return &tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: leafKey}, nil
		}))
	}
	_, err = dial(serveNames(developmentNames()), &tls.Config{RootCAs: roots, ServerName: "localhost"})
	must(t, err)
	allowed := &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 200, 3, 4).To4()}}
	_, err = dial(serveNames(allowed), &tls.Config{RootCAs: roots, ServerName: "127.200.3.4"})
	must(t, err)

	for name, names := range map[string]*x509.Certificate{
		"example.com":   {DNSNames: []string{"example.com"}},
		"localhost.com": {DNSNames: []string{"localhost.com"}},
		"10.0.0.1":      {IPAddresses: []net.IP{net.IPv4(10, 0, 0, 1).To4()}},
		"128.0.0.1":     {IPAddresses: []net.IP{net.IPv4(128, 0, 0, 1).To4()}},
		"::2":           {IPAddresses: []net.IP{net.ParseIP("::2")}},
		"localhost":     {DNSNames: []string{"localhost", "example.com"}}, // one allowed name does not carry another
		"127.0.0.1": {IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1).To4()},
			EmailAddresses: []string{"root@example.com"}},
		"127.0.0.9": {IPAddresses: []net.IP{net.IPv4(127, 0, 0, 9).To4()},
			URIs: []*url.URL{{Scheme: "https", Host: "example.com"}}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := dial(serveNames(names), &tls.Config{RootCAs: roots, ServerName: name})
			mustRefuse[x509.CertificateInvalidError](t, err)
			if err != nil && !strings.Contains(err.Error(), "constraint") {
				t.Errorf("refused for another reason: %v", err)
			}
		})
	}
}

func TestDevelopmentCAIsWhatItShouldBe(t *testing.T) {
	ca, key, err := newDevelopmentCA(time.Now())
	must(t, err)
	if ca.PublicKey.(*ecdsa.PublicKey).Curve != elliptic.P256() || !ca.IsCA || !ca.MaxPathLenZero || ca.MaxPathLen != 0 ||
		ca.KeyUsage != x509.KeyUsageCertSign || !ca.PermittedDNSDomainsCritical {
		t.Errorf("%+v", ca)
	}
	critical := map[string]bool{}
	for _, e := range ca.Extensions {
		critical[e.Id.String()] = e.Critical
	}
	for name, id := range map[string]asn1.ObjectIdentifier{
		"basic constraints": {2, 5, 29, 19}, "key usage": {2, 5, 29, 15}, "name constraints": {2, 5, 29, 30},
	} {
		if !critical[id.String()] {
			t.Errorf("%s: missing, or not critical", name)
		}
	}
	leaf, _, err := signServer(ca, key, time.Now(), developmentNames())
	must(t, err)
	if leaf.PublicKey.(*ecdsa.PublicKey).Curve != elliptic.P256() || leaf.IsCA || leaf.KeyUsage != x509.KeyUsageDigitalSignature ||
		len(leaf.ExtKeyUsage) != 1 || leaf.ExtKeyUsage[0] != x509.ExtKeyUsageServerAuth {
		t.Errorf("%+v", leaf)
	}
	if life := leaf.NotAfter.Sub(leaf.NotBefore); life > 398*24*time.Hour {
		t.Errorf("lives %v, longer than browsers accept", life)
	}
}

func TestDevelopmentFilesArePrivateAndTheCAKeyIsNotAmongThem(t *testing.T) {
	dir, clock := newDir(t, "tls"), newClock()
	server := newDevelopmentTLS(t, dir, clock)
	mustMode(t, dir, 0o700)
	entries, err := os.ReadDir(dir)
	must(t, err)
	keys := 0
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		mustMode(t, path, 0o600)
		keys += strings.Count(string(mustRead(t, path)), "PRIVATE KEY-----") / 2
	}
	if keys != 1 {
		t.Errorf("%d private keys stored, want the server's alone", keys)
	}
	if server.CAFile() != filepath.Join(dir, "ca.pem") {
		t.Error(server.CAFile())
	}
	ca, _ := pem.Decode(mustRead(t, server.CAFile()))
	certificate, err := x509.ParseCertificate(ca.Bytes)
	must(t, err)
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, serverFile), filepath.Join(dir, serverFile))
	must(t, err)
	if certificate.PublicKey.(*ecdsa.PublicKey).Equal(pair.PrivateKey.(*ecdsa.PrivateKey).Public()) {
		t.Error("the CA's key is the server's")
	}
}

func TestDevelopmentCertificateStaysOverRestarts(t *testing.T) {
	dir, clock := newDir(t, "tls"), newClock()
	newDevelopmentTLS(t, dir, clock)
	ca, leaf := string(mustRead(t, filepath.Join(dir, caFile))), string(mustRead(t, filepath.Join(dir, serverFile)))
	clock.Advance(developmentLifetime - developmentRenewal - time.Minute)
	newDevelopmentTLS(t, dir, clock)
	if ca != string(mustRead(t, filepath.Join(dir, caFile))) || leaf != string(mustRead(t, filepath.Join(dir, serverFile))) {
		t.Fatal("made again without need")
	}
	clock.Advance(2 * time.Minute)
	server := newDevelopmentTLS(t, dir, clock)
	if leaf == string(mustRead(t, filepath.Join(dir, serverFile))) {
		t.Fatal("not made again 30 days before the end")
	}
	// Who has loaded the CA that was there before is told by name, and the file still knows both.
	if after := string(mustRead(t, server.CAFile())); !strings.HasSuffix(after, ca) || len(after) <= len(ca) {
		t.Error("the CA before is not kept beside the new one")
	}
	_, err := dial(serve(t, "tcp4", "127.0.0.1:0", server.Config()), client(t, server, clock, "localhost"))
	must(t, err)
}

func TestDevelopmentCertificateIsRenewedWhileRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, log := newLog()
		server, err := DevelopmentTLS(newDir(t, "tls"), Options{Log: log})
		must(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { server.Run(ctx); close(done) }()
		var last *tls.Certificate
		for range 30 { // months
			now, err := server.config.GetCertificate(nil)
			must(t, err)
			if left := time.Until(now.Leaf.NotAfter); left < developmentRenewal-2*developmentPoll {
				t.Fatalf("only %v left", left)
			}
			if _, err := now.Leaf.Verify(x509.VerifyOptions{Roots: pool(t, server.CAFile()), DNSName: "localhost"}); err != nil {
				t.Fatal(err)
			}
			last = now
			pass(30 * 24 * time.Hour)
		}
		if n := strings.Count(string(mustRead(t, server.CAFile())), "BEGIN"); n > maxAuthorities {
			t.Errorf("ca.pem grows: %d", n)
		}
		if last.Leaf.NotAfter.Year() < 2002 {
			t.Errorf("ends %v", last.Leaf.NotAfter)
		}
		cancel()
		<-done
	})
}

func TestDevelopmentTLSMakesAnewWhatDoesNotFitAndKeepsItsHandsOffDamage(t *testing.T) {
	clock := newClock()
	t.Run("clock set back", func(t *testing.T) {
		dir := newDir(t, "tls")
		newDevelopmentTLS(t, dir, clock)
		early := &manualClock{now: clock.Now().Add(-100 * 24 * time.Hour)}
		server := newDevelopmentTLS(t, dir, early)
		_, err := dial(serve(t, "tcp4", "127.0.0.1:0", server.Config()), client(t, server, early, "localhost"))
		must(t, err)
	})
	t.Run("CA file lost", func(t *testing.T) {
		dir := newDir(t, "tls")
		newDevelopmentTLS(t, dir, clock)
		must(t, os.Remove(filepath.Join(dir, caFile)))
		server := newDevelopmentTLS(t, dir, clock)
		_, err := dial(serve(t, "tcp4", "127.0.0.1:0", server.Config()), client(t, server, clock, "localhost"))
		must(t, err)
	})
	for _, name := range []string{caFile, serverFile} {
		t.Run(name+" damaged", func(t *testing.T) {
			dir := newDir(t, "tls")
			newDevelopmentTLS(t, dir, clock)
			must(t, os.WriteFile(filepath.Join(dir, name), []byte("damaged"), 0o600))
			_, err := DevelopmentTLS(dir, Options{Clock: clock.Now})
			mustBe(t, err, ErrMalformedTLS)
		})
	}
	if hasModes {
		dir := newDir(t, "tls")
		newDevelopmentTLS(t, dir, clock)
		must(t, os.Chmod(filepath.Join(dir, serverFile), 0o644))
		_, err := DevelopmentTLS(dir, Options{Clock: clock.Now})
		mustBe(t, err, ErrPermissions)
		must(t, os.Chmod(filepath.Join(dir, serverFile), 0o600))
		must(t, os.Chmod(dir, 0o777))
		_, err = DevelopmentTLS(dir, Options{Clock: clock.Now})
		mustBe(t, err, ErrPermissions)
	}
}
