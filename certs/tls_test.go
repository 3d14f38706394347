package certs

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// serve answers TLS handshakes on a loopback address until the test ends; who connects gets one byte.
func serve(t testing.TB, network, address string, config *tls.Config) net.Addr {
	t.Helper()
	listener, err := net.Listen(network, address)
	if err != nil && network == "tcp6" {
		t.Skip("no IPv6 here")
	}
	must(t, err)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				server := tls.Server(conn, config)
				server.SetDeadline(time.Now().Add(30 * time.Second))
				server.Write([]byte{1})
			}()
		}
	}()
	return listener.Addr()
}

// dial makes a handshake and reads the byte (in TLS 1.3 the client is done before the server has agreed).
func dial(address net.Addr, config *tls.Config) (tls.ConnectionState, error) {
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: 30 * time.Second}, "tcp", address.String(), config)
	if err != nil {
		return tls.ConnectionState{}, err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	_, err = io.ReadFull(conn, make([]byte, 1))
	return conn.ConnectionState(), err
}

func pool(t testing.TB, path string) *x509.CertPool {
	t.Helper()
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(mustRead(t, path)) {
		t.Fatalf("no certificate in %s", path)
	}
	return roots
}

func client(t testing.TB, server *TLS, clock *manualClock, name string) *tls.Config {
	return &tls.Config{RootCAs: pool(t, server.CAFile()), ServerName: name, Time: clock.Now}
}

func TestOnlyTLS13AndOnlyHTTP1(t *testing.T) {
	clock := newClock()
	_, log := newLog()
	server, err := DevelopmentTLS(newDir(t, "tls"), Options{Clock: clock.Now, Log: log})
	must(t, err)
	address := serve(t, "tcp4", "127.0.0.1:0", server.Config())

	config := client(t, server, clock, "localhost")
	config.NextProtos = []string{"h2", "http/1.1"}
	state, err := dial(address, config)
	must(t, err)
	if state.Version != tls.VersionTLS13 || state.NegotiatedProtocol != "http/1.1" {
		t.Errorf("version %x, protocol %q", state.Version, state.NegotiatedProtocol)
	}

	config = client(t, server, clock, "localhost")
	config.NextProtos = []string{"h2"}
	if _, err := dial(address, config); err == nil {
		t.Error("a client of HTTP/2 alone is let in")
	}
	config = client(t, server, clock, "localhost")
	config.MaxVersion = tls.VersionTLS12
	if _, err := dial(address, config); err == nil {
		t.Error("TLS 1.2 is let in")
	}
}

func TestConfigIsACopy(t *testing.T) {
	server, err := DevelopmentTLS(newDir(t, "tls"), Options{})
	must(t, err)
	server.Config().NextProtos[0] = "h2"
	server.Config().MinVersion = tls.VersionTLS10
	if c := server.Config(); c.MinVersion != tls.VersionTLS13 {
		t.Error("a caller changed the version for others")
	} else if c.NextProtos[0] != "http/1.1" {
		t.Error("a caller changed the protocols for others")
	}
}

// mustRefuse wants the client to refuse the server's certificate for a reason of the given type.
func mustRefuse[E error](t *testing.T, err error) {
	t.Helper()
	var want E
	if !errors.As(err, &want) {
		t.Errorf("error is %v, want %T", err, want)
	}
}
