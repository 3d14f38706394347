package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// filePair is what a certificate program writes.
type filePair struct{ cert, key string }

func newFilePair(t testing.TB) filePair {
	dir := t.TempDir()
	return filePair{filepath.Join(dir, "fullchain.pem"), filepath.Join(dir, "privkey.pem")}
}

// issue makes a CA of its own and a certificate for localhost that is valid for a while from now.
func (p filePair) issue(t testing.TB, now time.Time, life time.Duration) (roots *x509.CertPool, cert, key []byte) {
	t.Helper()
	ca, caKey, err := newDevelopmentCA(now.Add(life - developmentLifetime)) // the server's end is the CA's
	must(t, err)
	leaf, leafKey, err := signServer(ca, caKey, now, developmentNames())
	must(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(leafKey)
	must(t, err)
	roots = x509.NewCertPool()
	roots.AddCert(ca)
	return roots, append(encodePEM(certificatePEM, leaf.Raw), encodePEM(certificatePEM, ca.Raw)...), encodePEM(privateKeyPEM, der)
}

func (p filePair) write(t testing.TB, cert, key []byte) {
	t.Helper()
	must(t, os.WriteFile(p.cert, cert, 0o644))
	must(t, os.WriteFile(p.key, key, 0o600))
}

func TestFilesAreServedAndReadAgain(t *testing.T) {
	clock := newClock()
	book, log := newLog()
	files := newFilePair(t)
	first, cert, key := files.issue(t, clock.Now(), 90*24*time.Hour)
	files.write(t, cert, key)
	server, err := FileTLS(files.cert, files.key, Options{Clock: clock.Now, Log: log})
	must(t, err)
	if server.CAFile() != "" {
		t.Error("a CA file of its own")
	}
	address := serve(t, "tcp4", "127.0.0.1:0", server.Config())
	trusts := func(roots *x509.CertPool) error {
		_, err := dial(address, &tls.Config{RootCAs: roots, ServerName: "localhost", Time: clock.Now})
		return err
	}
	must(t, trusts(first))

	clock.Advance(60 * 24 * time.Hour)
	second, cert, key := files.issue(t, clock.Now(), 90*24*time.Hour)
	// The certificate is there before its key: the old pair is served until both are.
	must(t, os.WriteFile(files.cert, cert, 0o644))
	server.look()
	must(t, trusts(first))
	if book.count("could not be read again") != 1 {
		t.Errorf("\n%s", book)
	}
	must(t, os.WriteFile(files.key, key, 0o600))
	server.look()
	must(t, trusts(second))
	if trusts(first) == nil {
		t.Error("the old certificate is still served")
	}

	// Neither damage nor a certificate of the past replaces one that works.
	_, past, pastKey := files.issue(t, clock.Now().Add(-100*24*time.Hour), 90*24*time.Hour)
	files.write(t, past, pastKey)
	server.look()
	must(t, trusts(second))
	must(t, os.Remove(files.cert))
	server.look()
	must(t, trusts(second))
}

// A CA that does not backdate, or a clock that is slow: the files do not change again when their time comes.
func TestFilesThatAreNotValidYetAreServedOnceTheyAre(t *testing.T) {
	clock := newClock()
	book, log := newLog()
	files := newFilePair(t)
	first, cert, key := files.issue(t, clock.Now(), 90*24*time.Hour)
	files.write(t, cert, key)
	server, err := FileTLS(files.cert, files.key, Options{Clock: clock.Now, Log: log})
	must(t, err)
	address := serve(t, "tcp4", "127.0.0.1:0", server.Config())
	trusts := func(roots *x509.CertPool) error {
		_, err := dial(address, &tls.Config{RootCAs: roots, ServerName: "localhost", Time: clock.Now})
		return err
	}

	second, cert, key := files.issue(t, clock.Now().Add(channelBackdate+10*time.Minute), 90*24*time.Hour)
	files.write(t, cert, key)
	for range 9 {
		server.look()
		clock.Advance(filePoll)
	}
	must(t, trusts(first))
	if n := book.count("level=WARN", "not valid now"); n != 1 {
		t.Errorf("told %d times:\n%s", n, book)
	}
	clock.Advance(filePoll)
	server.look()
	must(t, trusts(second))
}

func TestRunningServerSeesFilesChangeAndWarnsBeforeTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		book, log := newLog()
		files := newFilePair(t)
		_, cert, key := files.issue(t, time.Now(), 15*24*time.Hour)
		files.write(t, cert, key)
		server, err := FileTLS(files.cert, files.key, Options{Log: log})
		must(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { server.Run(ctx); close(done) }()

		pass(23 * time.Hour)
		if book.count("ends soon") != 0 {
			t.Errorf("\n%s", book)
		}
		pass(2 * time.Hour)
		if n := book.count("level=WARN", "ends soon"); n != 1 {
			t.Errorf("warned %d times:\n%s", n, book)
		}
		pass(14 * 24 * time.Hour)
		if book.count("level=ERROR", "has expired") == 0 {
			t.Errorf("expired in silence:\n%s", book)
		}

		old, _ := server.config.GetCertificate(nil)
		_, cert, key = files.issue(t, time.Now(), 90*24*time.Hour)
		files.write(t, cert, key)
		pass(filePoll)
		if now, _ := server.config.GetCertificate(nil); now == old {
			t.Error("the new files are not served")
		}
		cancel()
		<-done
	})
}

func TestFilesThatCannotBeServedAreRefusedAtStart(t *testing.T) {
	clock := newClock()
	book, log := newLog()
	options := Options{Clock: clock.Now, Log: log}
	files := newFilePair(t)
	_, cert, key := files.issue(t, clock.Now(), 90*24*time.Hour)
	_, otherCert, otherKey := files.issue(t, clock.Now(), 90*24*time.Hour)
	_, past, pastKey := files.issue(t, clock.Now().Add(-91*24*time.Hour), 90*24*time.Hour)
	_, future, futureKey := files.issue(t, clock.Now().Add(24*time.Hour), 90*24*time.Hour)
	for name, test := range map[string]struct {
		cert, key []byte
		want      error
	}{
		"another key":         {cert, otherKey, ErrMalformedTLS},
		"another certificate": {otherCert, key, ErrMalformedTLS},
		"swapped":             {key, cert, ErrMalformedTLS},
		"empty":               {nil, nil, ErrMalformedTLS},
		"expired":             {past, pastKey, ErrTLSValidity},
		"not valid yet":       {future, futureKey, ErrTLSValidity},
	} {
		files.write(t, test.cert, test.key)
		if _, err := FileTLS(files.cert, files.key, options); err == nil {
			t.Errorf("%s: served", name)
		} else {
			mustBe(t, err, test.want)
		}
	}
	_, err := FileTLS(files.cert, files.key+".missing", options)
	mustBe(t, err, os.ErrNotExist)

	files.write(t, cert, key)
	must(t, os.Chmod(files.key, 0o644))
	_, err = FileTLS(files.cert, files.key, options)
	must(t, err)
	if hasModes && book.count("level=WARN", "can be read by others", "chmod 600 "+files.key) != 1 {
		t.Errorf("a key that others can read is served in silence:\n%s", book)
	}
}
