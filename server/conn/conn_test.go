package conn

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/labstack/echo/v4"
	"google.golang.org/protobuf/proto"

	"caudal/cipher"
	"caudal/protocol"
)

// patience bounds what a test waits for; nothing takes that long unless it is broken.
const patience = 20 * time.Second

// keys is a bank's channel key with a certificate that only has the right kind of length.
type keys struct {
	static *ecdh.PrivateKey
	err    error
}

func (k keys) Current() (*ecdh.PrivateKey, []byte, error) {
	return k.static, bytes.Repeat([]byte{7}, 200), k.err
}

func newKeys(t testing.TB) keys {
	static, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return keys{static: static}
}

// handler is a Handler made of functions; the zero value signs everybody in and answers each command at once.
type handler struct {
	opened  func(*Conn)
	command func(*Conn, *protocol.Command)
	closed  func(*Conn)
}

func (h *handler) Opened(c *Conn) {
	if h.opened != nil {
		h.opened(c)
		return
	}
	c.SignedIn()
}

func (h *handler) Command(c *Conn, command *protocol.Command) {
	if h.command != nil {
		h.command(c, command)
		return
	}
	c.Reply(pong(command.GetId()))
}

func (h *handler) Closed(c *Conn) {
	if h.closed != nil {
		h.closed(c)
	}
}

func pong(id uint64) *protocol.Reply {
	return &protocol.Reply{Id: id, Result: &protocol.Reply_Ping{Ping: &protocol.PingResult{TimeUs: 1}}}
}

// logged is a log that a test can read while it is written.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// bank is a server under test, behind Echo and TLS on 127.0.0.1 as in the program.
type bank struct {
	*Server
	url string
	tls *tls.Config
	log *logged
}

func newBank(t testing.TB, h Handler, change func(*Config)) *bank {
	t.Helper()
	log := new(logged)
	config := Config{
		Hosts: must(ParseHosts([]string{"127.0.0.1"})), Origins: must(ParseOrigins([]string{"https://bank.example"})), Keys: newKeys(t),
		Times: Times{Linger: 200 * time.Millisecond},
		Log:   slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	config.Limits.Burst, config.Limits.PerSecond = 1e6, 1e6
	if change != nil {
		change(&config)
	}
	s, err := New(config, h)
	if err != nil {
		t.Fatal(err)
	}
	e := echo.New()
	e.HideBanner = true
	e.GET("/ws", echo.WrapHandler(s))
	ts := httptest.NewUnstartedServer(e)
	ts.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	ts.TLS = &tls.Config{Certificates: []tls.Certificate{ecdsaCertificate(t)}, MinVersion: tls.VersionTLS13}
	ts.StartTLS()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if !s.isDraining() {
			if err := s.Drain(ctx); err != nil {
				t.Errorf("drain at the end: %v", err)
			}
		}
		ts.Close()
	})
	return &bank{Server: s, url: "wss" + strings.TrimPrefix(ts.URL, "https") + "/ws", tls: &tls.Config{InsecureSkipVerify: true}, log: log}
}

func (s *Server) isDraining() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining
}

// dialling is how a test client comes.
type dialling struct {
	offer  []string
	header http.Header
	host   string
	from   string // local address
}

// socketTo opens a WebSocket, without the channel.
func (b *bank) socketTo(t testing.TB, d dialling) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	dialer := &net.Dialer{}
	if d.from != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(d.from)}
	}
	if d.offer == nil {
		d.offer = []string{cipher.Hybrid.Subprotocol()}
	}
	config := b.tls.Clone()
	config.ServerName = "127.0.0.1"
	return websocket.Dial(ctx, b.url, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: &http.Transport{TLSClientConfig: config, DialContext: dialer.DialContext, DisableKeepAlives: true}},
		HTTPHeader: d.header, Host: d.host, Subprotocols: d.offer,
	})
}

// client is a client of Caudal with no more than the tests need.
type client struct {
	t       testing.TB
	patient bool // waits for ever: in a bubble, where a wait that nothing ends is an error by itself
	ws      *websocket.Conn
	channel *cipher.Channel
	queue   []*protocol.ServerMessage
	ended   error // how the socket ended
}

func (b *bank) dial(t testing.TB) *client {
	t.Helper()
	c, err := b.tryDial(t, dialling{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (b *bank) tryDial(t testing.TB, d dialling) (*client, error) {
	t.Helper()
	ws, _, err := b.socketTo(t, d)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = ws.CloseNow() })
	ws.SetReadLimit(cipher.MaxMessage)
	offer := d.offer
	if offer == nil {
		offer = []string{cipher.Hybrid.Subprotocol()}
	}
	suite, ok := cipher.SuiteBySubprotocol(ws.Subprotocol())
	if !ok {
		t.Fatalf("the server chose %q", ws.Subprotocol())
	}
	hs, message1, err := cipher.NewClient(cipher.ClientConfig{
		Suite: suite, Offered: offer, Verify: func([32]byte, []byte) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := ws.Write(ctx, websocket.MessageBinary, message1); err != nil {
		return nil, err
	}
	_, message2, err := ws.Read(ctx)
	if err != nil {
		return nil, err
	}
	channel, err := hs.Finish(message2)
	if err != nil {
		t.Fatal(err)
	}
	return &client{t: t, ws: ws, channel: channel}, nil
}

func (c *client) context() (context.Context, context.CancelFunc) {
	if c.patient {
		return context.WithCancel(context.Background())
	}
	return context.WithTimeout(context.Background(), patience)
}

// raw sends a message as it is.
func (c *client) raw(kind websocket.MessageType, message []byte) error {
	ctx, cancel := c.context()
	defer cancel()
	return c.ws.Write(ctx, kind, message)
}

// body sends a record with this body.
func (c *client) body(body []byte) {
	c.t.Helper()
	message, err := c.channel.Seal(nil, body)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := c.raw(websocket.MessageBinary, message); err != nil {
		c.t.Fatal(err)
	}
}

// ping sends pings with these ids in one frame.
func (c *client) ping(ids ...uint64) {
	c.t.Helper()
	c.body(pingFrame(ids...))
}

// next gives the next message, or the error that ended the connection: *cipher.CloseError after a close record.
func (c *client) next() (*protocol.ServerMessage, error) {
	for len(c.queue) == 0 {
		ctx, cancel := c.context()
		kind, message, err := c.ws.Read(ctx)
		cancel()
		if err != nil {
			c.ended = err
			if end := c.channel.End(); !errors.Is(end, cipher.ErrCut) {
				return nil, end
			}
			return nil, err
		}
		if kind != websocket.MessageBinary {
			c.t.Error("a message of the server is not binary")
		}
		record, err := c.channel.Open(nil, message)
		if err != nil {
			return nil, err
		}
		if record.Type == cipher.RecordClose {
			continue // the WebSocket's close frame follows
		}
		frame := new(protocol.ServerFrame)
		if err := proto.Unmarshal(record.Body, frame); err != nil {
			return nil, err
		}
		c.queue = frame.Messages
	}
	message := c.queue[0]
	c.queue = c.queue[1:]
	return message, nil
}

// reply gives the next reply, past any events.
func (c *client) reply() *protocol.Reply {
	c.t.Helper()
	for {
		message, err := c.next()
		if err != nil {
			c.t.Fatalf("no reply: %v", err)
		}
		if reply := message.GetReply(); reply != nil {
			return reply
		}
	}
}

// closing reads to the end and gives the codes of the close record and of the close frame.
func (c *client) closing() (protocol.CloseCode, websocket.StatusCode) {
	c.t.Helper()
	for {
		_, err := c.next()
		var closed *cipher.CloseError
		if errors.As(err, &closed) {
			return protocol.CloseCode(closed.Code), websocket.CloseStatus(c.ended)
		}
		if err != nil {
			c.t.Fatalf("ended without a close record: %v", err)
		}
	}
}

// wantClose fails unless the connection ends in this way.
func (c *client) wantClose(want protocol.CloseCode) {
	c.t.Helper()
	if record, frame := c.closing(); record != want || frame != websocket.StatusCode(want) {
		c.t.Fatalf("closed by record %v (%d), frame %d, want %v", record, record, frame, want)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// eventually waits for a condition that other goroutines bring about.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !condition(); {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
		<-time.After(time.Millisecond)
	}
}

func TestACommandIsAnsweredOnBothSuites(t *testing.T) {
	b := newBank(t, new(handler), nil)
	for _, suite := range []cipher.Suite{cipher.Hybrid, cipher.Classic} {
		c, err := b.tryDial(t, dialling{offer: []string{suite.Subprotocol()}})
		if err != nil {
			t.Fatal(err)
		}
		c.ping(5, 6)
		if a, b := c.reply().GetId(), c.reply().GetId(); a != 5 || b != 6 {
			t.Errorf("%v: answered %d, %d", suite, a, b)
		}
	}
}

func TestAClientThatSaysByeIsAnsweredInKind(t *testing.T) {
	closed := make(chan *Conn, 1)
	b := newBank(t, &handler{closed: func(c *Conn) { closed <- c }}, nil)
	c := b.dial(t)
	record := must(c.channel.SealClose(nil, uint16(protocol.CloseBye)))
	if err := c.raw(websocket.MessageBinary, record); err != nil {
		t.Fatal(err)
	}
	c.wantClose(protocol.CloseBye)
	<-closed
	eventually(t, "the place is given back", func() bool { return b.Stats().Open == 0 })
}

// errTimeout is what a read past its deadline gives.
var errTimeout = os.ErrDeadlineExceeded

// masked is a client's frame as it is on the wire: final, with this first byte, masked with zeros.
func masked(first byte, payload []byte) []byte {
	frame := []byte{first}
	switch n := len(payload); {
	case n < 126:
		frame = append(frame, 0x80|byte(n))
	case n < 1<<16:
		frame = binary.BigEndian.AppendUint16(append(frame, 0x80|126), uint16(n))
	default:
		frame = binary.BigEndian.AppendUint64(append(frame, 0x80|127), uint64(n))
	}
	return append(append(frame, 0, 0, 0, 0), payload...)
}

// frameOf reads one unmasked binary frame.
func frameOf(t testing.TB, r io.Reader) []byte {
	t.Helper()
	read := func(n int) []byte {
		p := make([]byte, n)
		if _, err := io.ReadFull(r, p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	header := read(2)
	if header[0] != 0x82 {
		t.Fatalf("a frame begins with %#x", header[0])
	}
	n := int(header[1])
	switch n {
	case 126:
		n = int(binary.BigEndian.Uint16(read(2)))
	case 127:
		n = int(binary.BigEndian.Uint64(read(8)))
	}
	return read(n)
}

func pingFrame(ids ...uint64) []byte {
	frame := new(protocol.ClientFrame)
	for _, id := range ids {
		frame.Commands = append(frame.Commands, &protocol.Command{Id: id, Request: &protocol.Command_Ping{Ping: &protocol.PingRequest{}}})
	}
	return must(proto.Marshal(frame))
}

// ecdsaCertificate is of the kind that the server makes: httptest's own has an RSA key, which is ten times the work.
func ecdsaCertificate(t testing.TB) tls.Certificate {
	key := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
