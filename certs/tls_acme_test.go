package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/acme"
)

const acmeHost = "bank.example.com"

// acmeCA is as much of RFC 8555 as one order needs. It proves the host as RFC 8737 says, by a handshake of its own with
// the server under test, and signs what is asked for. It does not verify requests' signatures: they are not under test.
type acmeCA struct {
	*httptest.Server
	t      *testing.T
	roots  *x509.CertPool
	ca     *x509.Certificate
	key    *ecdsa.PrivateKey
	target func() string // address of the server under test

	mu         sync.Mutex
	account    crypto.PublicKey
	proven     bool
	issued     []byte
	orders     []string // names that were asked for
	algorithms []x509.PublicKeyAlgorithm
}

const acmeToken = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"

func newACMECA(t *testing.T) *acmeCA {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	ca, err := sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: "Test CA"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour * 365),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, &key.PublicKey, key)
	must(t, err)
	a := &acmeCA{t: t, ca: ca, key: key, roots: x509.NewCertPool()}
	a.roots.AddCert(ca)
	a.Server = httptest.NewServer(a)
	t.Cleanup(a.Close)
	return a
}

func (a *acmeCA) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	w.Header().Set("Replay-Nonce", fmt.Sprint(time.Now().UnixNano()))
	reply := func(status int, location string, body any) {
		if location != "" {
			w.Header().Set("Location", a.URL+location)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(body)
	}
	order := func() map[string]any {
		status := "pending"
		if a.proven {
			status = "ready"
		}
		if a.issued != nil {
			status = "valid"
		}
		return map[string]any{"status": status, "identifiers": []any{map[string]string{"type": "dns", "value": acmeHost}},
			"authorizations": []string{a.URL + "/authz"}, "finalize": a.URL + "/finalize", "certificate": a.URL + "/certificate"}
	}
	authz := func() map[string]any {
		status := "pending"
		if a.proven {
			status = "valid"
		}
		return map[string]any{"status": status, "identifier": map[string]string{"type": "dns", "value": acmeHost},
			"challenges": []any{map[string]string{"type": "tls-alpn-01", "url": a.URL + "/challenge", "token": acmeToken, "status": status}}}
	}
	switch r.URL.Path {
	case "/directory":
		reply(200, "", map[string]any{"newNonce": a.URL + "/nonce", "newAccount": a.URL + "/account", "newOrder": a.URL + "/order",
			"meta": map[string]string{"termsOfService": a.URL + "/terms"}})
	case "/nonce":
	case "/account":
		if !a.register(r) {
			reply(400, "", map[string]string{"type": "urn:ietf:params:acme:error:accountDoesNotExist"})
			return
		}
		reply(201, "/account/1", map[string]string{"status": "valid"})
	case "/order":
		var asked struct{ Identifiers []struct{ Value string } }
		a.payload(r, &asked)
		for _, id := range asked.Identifiers {
			a.orders = append(a.orders, id.Value)
		}
		reply(201, "/order/1", order())
	case "/order/1":
		reply(200, "", order())
	case "/authz":
		reply(200, "", authz())
	case "/challenge":
		a.proven = a.prove()
		reply(200, "", map[string]string{"type": "tls-alpn-01", "url": a.URL + "/challenge", "token": acmeToken, "status": "processing"})
	case "/finalize":
		a.finalize(r)
		reply(200, "/order/1", order())
	case "/certificate":
		w.Header().Set("Content-Type", "application/pem-certificate-chain")
		w.Write(a.issued)
	default:
		http.NotFound(w, r)
	}
}

// payload reads the body of a JWS (RFC 7515) in its flattened form.
func (a *acmeCA) payload(r *http.Request, into any) (header []byte) {
	var jws struct{ Protected, Payload string }
	if err := json.NewDecoder(r.Body).Decode(&jws); err != nil {
		a.t.Error(err)
	}
	header, _ = base64.RawURLEncoding.DecodeString(jws.Protected)
	body, _ := base64.RawURLEncoding.DecodeString(jws.Payload)
	if err := json.Unmarshal(body, into); err != nil {
		a.t.Error(err)
	}
	return header
}

// register reports false where the client only asks whether it has an account already.
func (a *acmeCA) register(r *http.Request) bool {
	var asked struct{ TermsOfServiceAgreed, OnlyReturnExisting bool }
	var header struct{ JWK struct{ X, Y string } }
	if err := json.Unmarshal(a.payload(r, &asked), &header); err != nil {
		a.t.Error(err)
	}
	if asked.OnlyReturnExisting {
		return a.account != nil
	}
	if !asked.TermsOfServiceAgreed {
		a.t.Error("an account without the terms")
	}
	point := []byte{4} // uncompressed, SEC 1 section 2.3.3
	for _, coordinate := range []string{header.JWK.X, header.JWK.Y} {
		b, _ := base64.RawURLEncoding.DecodeString(coordinate)
		point = append(point, b...)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		a.t.Error(err)
	}
	a.account = key
	return true
}

// prove looks for the certificate of RFC 8737 section 3 at the address.
func (a *acmeCA) prove() bool {
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 10 * time.Second}, "tcp", a.target(), &tls.Config{
		ServerName: acmeHost, NextProtos: []string{acme.ALPNProto}, InsecureSkipVerify: true,
	})
	if err != nil {
		a.t.Error("challenge:", err)
		return false
	}
	defer conn.Close()
	thumbprint, err := acme.JWKThumbprint(a.account)
	if err != nil {
		a.t.Error(err)
	}
	want := sha256.Sum256([]byte(acmeToken + "." + thumbprint))
	for _, e := range conn.ConnectionState().PeerCertificates[0].Extensions {
		var got []byte
		if e.Id.Equal(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 31}) {
			_, err := asn1.Unmarshal(e.Value, &got)
			return err == nil && string(got) == string(want[:]) && conn.ConnectionState().NegotiatedProtocol == acme.ALPNProto
		}
	}
	return false
}

func (a *acmeCA) finalize(r *http.Request) {
	var body struct{ CSR string }
	a.payload(r, &body)
	der, _ := base64.RawURLEncoding.DecodeString(body.CSR)
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		a.t.Error(err)
		return
	}
	a.algorithms = append(a.algorithms, csr.PublicKeyAlgorithm)
	public, ok := csr.PublicKey.(*ecdsa.PublicKey)
	if !ok || !a.proven {
		a.t.Error("a certificate is asked for without proof, or not for ECDSA")
		return
	}
	leaf, err := sign(&x509.Certificate{DNSNames: csr.DNSNames, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, a.ca, public, a.key)
	if err != nil {
		a.t.Error(err)
		return
	}
	a.issued = append(encodePEM(certificatePEM, leaf.Raw), encodePEM(certificatePEM, a.ca.Raw)...)
}

func TestACMECertificateIsProvenIssuedAndKept(t *testing.T) {
	ca := newACMECA(t)
	book, log := newLog()
	config := ACMEConfig{Host: "BANK.example.com", CacheDir: newDir(t, "acme"), DirectoryURL: ca.URL + "/directory", AcceptTerms: true}
	server, err := ACME(config, Options{Log: log})
	must(t, err)
	address := serve(t, "tcp4", "127.0.0.1:0", server.Config())
	ca.target = address.String
	server.look()
	if book.count("no certificate") != 0 {
		t.Fatal(book)
	}

	// A client that speaks TLS 1.3 alone names no cipher suite with ECDSA, and must not cause a second order, for RSA.
	for _, minimum := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		state, err := dial(address, &tls.Config{RootCAs: ca.roots, ServerName: acmeHost, MinVersion: minimum, NextProtos: []string{"h2", "http/1.1"}})
		must(t, err)
		if state.NegotiatedProtocol != "http/1.1" || state.PeerCertificates[0].PublicKeyAlgorithm != x509.ECDSA {
			t.Errorf("%q, %v", state.NegotiatedProtocol, state.PeerCertificates[0].PublicKeyAlgorithm)
		}
	}
	// Nor may one that names the challenge's protocol beside another: the CA names it alone (RFC 8737 section 3).
	mixed := &tls.Config{RootCAs: ca.roots, ServerName: acmeHost, MinVersion: tls.VersionTLS13, NextProtos: []string{acme.ALPNProto, "http/1.1"}}
	state, err := dial(address, mixed)
	must(t, err)
	if state.PeerCertificates[0].PublicKeyAlgorithm != x509.ECDSA {
		t.Error(state.PeerCertificates[0].PublicKeyAlgorithm)
	}
	for _, name := range []string{"other.example.com", "www.bank.example.com", "bank.example.com.evil.org", "localhost"} {
		if _, err := dial(address, &tls.Config{RootCAs: ca.roots, ServerName: name}); err == nil {
			t.Errorf("%s: served", name)
		}
	}
	if _, err := dial(address, &tls.Config{InsecureSkipVerify: true}); err == nil {
		t.Error("a client that names nobody is served")
	}

	// A restart finds the certificate in the cache.
	server, err = ACME(config, Options{Log: log})
	must(t, err)
	_, err = dial(serve(t, "tcp4", "127.0.0.1:0", server.Config()), &tls.Config{RootCAs: ca.roots, ServerName: acmeHost})
	must(t, err)
	if strings.Join(ca.orders, " ") != acmeHost || len(ca.algorithms) != 1 {
		t.Errorf("orders %v, %v; want one", ca.orders, ca.algorithms)
	}
	mustMode(t, config.CacheDir, 0o700)
	entries, err := os.ReadDir(config.CacheDir)
	must(t, err)
	for _, entry := range entries {
		mustMode(t, filepath.Join(config.CacheDir, entry.Name()), 0o600)
	}
}

func TestACMEThatFailsIsToldAndTriedAgain(t *testing.T) {
	down := httptest.NewServer(http.NotFoundHandler())
	defer down.Close()
	book, log := newLog()
	server, err := ACME(ACMEConfig{Host: acmeHost, CacheDir: newDir(t, "acme"), DirectoryURL: down.URL, AcceptTerms: true}, Options{Log: log})
	must(t, err)
	server.look()
	if book.count("level=ERROR", "no certificate", acmeHost) != 1 {
		t.Errorf("\n%s", book)
	}
}

func TestACMEIsForOnePublicNameAndAcceptedTerms(t *testing.T) {
	dir := newDir(t, "acme")
	good := ACMEConfig{Host: acmeHost, CacheDir: dir, AcceptTerms: true}
	_, err := ACME(good, Options{})
	must(t, err)
	for _, host := range []string{"", "bank", "localhost", "bank.localhost", "bank.local", "127.0.0.1", "::1", "[::1]", "bank.example.com:443",
		"*.example.com", "bank..com", ".example.com", "bank.example.com.", "-bank.com", "bank-.com", "bänk.com", "bank_1.com", "a b.com",
		strings.Repeat("a", 64) + ".com", strings.Repeat("a.", 130) + "com"} {
		c := good
		c.Host = host
		_, err := ACME(c, Options{})
		if err == nil {
			t.Errorf("%q: accepted", host)
			continue
		}
		mustBe(t, err, ErrACMEConfig)
	}
	c := good
	c.AcceptTerms = false
	_, err = ACME(c, Options{})
	mustBe(t, err, ErrACMEConfig)
	c = good
	c.CacheDir = ""
	_, err = ACME(c, Options{})
	mustBe(t, err, ErrACMEConfig)
}
