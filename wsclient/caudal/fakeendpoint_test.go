package caudal

import (
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/proto"

	"caudal/certs"
	"caudal/cipher"
	"caudal/protocol"
)

// fakeEndpoint is TLS, WebSocket and channel of the fake bank, over pipes in memory, so that tests can have their own
// time; what it does wrong is what a test sets.
type fakeEndpoint struct {
	t        testing.TB
	bank     *fakeBank
	identity *certs.IdentityKey
	roots    *x509.CertPool
	listener *pipeListener
	server   *http.Server

	// upgrade answers the HTTP request in place of the bank, where set.
	upgrade func(http.ResponseWriter, *http.Request) bool
	// subprotocol is what is answered, where set, whatever was offered.
	subprotocol string
	// certificate changes the channel certificate before it is signed.
	certificate func(*certs.ChannelCertificate)
	// static, where set, is used in the handshake in place of the certified key.
	static *ecdh.PrivateKey
	// echo answers frames in the bank's place, where set, once the bank has answered the first; it gets and returns a buffer.
	echo func(*fakeConn, []*protocol.Command, []byte) []byte
	// message2 changes the second message of the handshake.
	message2 func([]byte) []byte

	connMu sync.Mutex
	conns  []*fakeConn
	dials  int
}

// fakeConn is a connection as the fake bank sees it.
type fakeConn struct {
	bank     *fakeBank
	ws       *websocket.Conn
	raw      net.Conn
	channel  *cipher.Channel
	device   *protocol.Device
	signedIn bool

	mu         sync.Mutex
	subscribed bool
	gone       bool
	received   int // frames
}

func (e *fakeEndpoint) init(t testing.TB, bank *fakeBank) {
	e.t, e.bank = t, bank
	var err error
	if e.identity, err = certs.NewIdentityKey(); err != nil {
		t.Fatal(err)
	}
	certificate, roots := fakeTLS(t)
	e.roots = roots
	e.listener = newPipeListener()
	e.server = &http.Server{
		Handler:  http.HandlerFunc(e.serve),
		ErrorLog: log.New(io.Discard, "", 0),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, rawConnKey{}, c)
		},
	}
	e.server.TLSConfig = &tls.Config{
		Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13, SessionTicketsDisabled: true,
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		e.server.Serve(tls.NewListener(e.listener, e.server.TLSConfig))
	}()
	t.Cleanup(func() {
		e.server.Close()
		e.cut()
		<-served
	})
}

type rawConnKey struct{}

// config reaches the fake bank, pinned.
func (e *fakeEndpoint) config() Config {
	identity := e.identity.Public()
	return Config{URL: "wss://127.0.0.1:8443/ws", Identity: &identity, Client: "test/1.0", DialContext: e.dial}
}

func (e *fakeEndpoint) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	e.connMu.Lock()
	e.dials++
	e.connMu.Unlock()
	return e.listener.dial(ctx)
}

// attempts counts how often a client has tried to connect.
func (e *fakeEndpoint) attempts() int {
	e.connMu.Lock()
	defer e.connMu.Unlock()
	return e.dials
}

func (e *fakeEndpoint) serve(w http.ResponseWriter, r *http.Request) {
	if e.upgrade != nil && e.upgrade(w, r) {
		return
	}
	offered := strings.Split(r.Header.Get("Sec-WebSocket-Protocol"), ",")
	chosen := offered[0]
	if e.subprotocol != "" {
		r.Header.Set("Sec-WebSocket-Protocol", e.subprotocol) // the library answers what it believes was offered
		chosen = e.subprotocol
	}
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{chosen}})
	if err != nil {
		return
	}
	defer ws.CloseNow()
	ws.SetReadLimit(cipher.MaxMessage)
	raw, _ := r.Context().Value(rawConnKey{}).(net.Conn)
	c := &fakeConn{bank: e.bank, ws: ws, raw: raw}
	suite, ok := cipher.SuiteBySubprotocol(offered[0])
	if !ok || !c.shake(e, suite, offered) {
		return
	}
	e.connMu.Lock()
	e.conns = append(e.conns, c)
	e.connMu.Unlock()
	c.serve()
}

// shake is the server's side of the handshake.
func (c *fakeConn) shake(e *fakeEndpoint, suite cipher.Suite, offered []string) bool {
	_, message1, err := c.ws.Read(context.Background())
	if err != nil {
		return false
	}
	static, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		e.t.Error(err)
		return false
	}
	now := time.Now()
	certificate := certs.ChannelCertificate{
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour), Name: "Banco de Prueba",
		Static: [32]byte(static.PublicKey().Bytes()),
	}
	if e.certificate != nil {
		e.certificate(&certificate)
	}
	signed, err := e.identity.SignChannel(certificate)
	if err != nil {
		e.t.Error(err)
		return false
	}
	if e.static != nil {
		static = e.static
	}
	channel, message2, err := cipher.Accept(cipher.ServerConfig{Suite: suite, Offered: offered, Static: static, Certificate: signed}, message1)
	if err != nil {
		return false
	}
	if e.message2 != nil {
		message2 = e.message2(message2)
	}
	c.channel = channel
	return c.ws.Write(context.Background(), websocket.MessageBinary, message2) == nil
}

// serve takes frames until the connection ends.
func (c *fakeConn) serve() {
	var buffer []byte
	for greeted := false; ; greeted = true {
		_, message, err := c.ws.Read(context.Background())
		if err != nil {
			c.cut()
			return
		}
		record, err := c.channel.Open(nil, message)
		if err != nil || record.Type == cipher.RecordClose {
			c.cut()
			return
		}
		var frame protocol.ClientFrame
		if err := proto.Unmarshal(record.Body, &frame); err != nil {
			c.bank.t.Errorf("the client sent a malformed frame: %v", err)
			return
		}
		c.mu.Lock()
		c.received++
		c.mu.Unlock()
		if greeted && c.bank.echo != nil {
			buffer = c.bank.echo(c, frame.GetCommands(), buffer)
			continue
		}
		for _, command := range frame.GetCommands() {
			c.bank.command(c, command)
		}
	}
}

func (c *fakeConn) reply(r *protocol.Reply) {
	c.send(&protocol.ServerMessage{Kind: &protocol.ServerMessage_Reply{Reply: r}})
}

func (c *fakeConn) event(e *protocol.Event) {
	c.send(&protocol.ServerMessage{Kind: &protocol.ServerMessage_Event{Event: e}})
}

func (c *fakeConn) send(message *protocol.ServerMessage) {
	messages := []*protocol.ServerMessage{message}
	if c.bank.outgoing != nil {
		messages = c.bank.outgoing(c, message)
	}
	if len(messages) > 0 {
		body, err := proto.Marshal(&protocol.ServerFrame{Messages: messages})
		if err != nil {
			c.bank.t.Error(err)
		}
		c.sendBody(body)
	}
}

// sendBody seals whatever the test wants.
func (c *fakeConn) sendBody(body []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.gone {
		return
	}
	message, err := c.channel.Seal(nil, body)
	if err != nil {
		c.bank.t.Error(err)
		return
	}
	c.ws.Write(context.Background(), websocket.MessageBinary, message)
}

// sendRaw bypasses the channel.
func (c *fakeConn) sendRaw(kind websocket.MessageType, message []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ws.Write(context.Background(), kind, message)
}

// close says good-bye with an authentic code.
func (c *fakeConn) close(code protocol.CloseCode) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if record, err := c.channel.SealClose(nil, uint16(code)); err == nil {
		c.ws.Write(context.Background(), websocket.MessageBinary, record)
	}
	c.gone = true
}

// cut ends the socket without a word.
func (c *fakeConn) cut() {
	if c.raw != nil {
		c.raw.(*tls.Conn).NetConn().Close()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.gone = true
}

// cut ends all sockets without a word.
func (e *fakeEndpoint) cut() {
	e.connMu.Lock()
	conns := e.conns
	e.conns = nil
	e.connMu.Unlock()
	for _, c := range conns {
		c.cut()
	}
}

// standing counts the connections.
func (e *fakeEndpoint) standing() (n int) {
	e.each(func(c *fakeConn) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if !c.gone {
			n++
		}
	})
	return n
}

// frames counts those received.
func (e *fakeEndpoint) frames() (n int) {
	e.each(func(c *fakeConn) {
		c.mu.Lock()
		defer c.mu.Unlock()
		n += c.received
	})
	return n
}

// each calls f for each connection there was since the last cut.
func (e *fakeEndpoint) each(f func(*fakeConn)) {
	e.connMu.Lock()
	conns := slices.Clone(e.conns)
	e.connMu.Unlock()
	for _, c := range conns {
		f(c)
	}
}

func (e *fakeEndpoint) subscribed() (list []*fakeConn) {
	e.each(func(c *fakeConn) {
		if c.subscribed {
			list = append(list, c)
		}
	})
	return list
}

// fakeTLS is a certificate for 127.0.0.1, and the roots that know it. Its time holds in every test's own time.
func fakeTLS(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotBefore: time.Unix(0, 0), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, roots
}
