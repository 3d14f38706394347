package e2e

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"caudal/cipher"
	"caudal/wsclient/caudal"
)

// middlebox ends TLS itself, with a certificate of its own, and has every message in its hands.
type middlebox struct {
	bank *bank
	http *httptest.Server
	// tamper gets each message, with its number from 0 on this connection and direction, and returns what to send on.
	tamper func(direction string, n int, message []byte) [][]byte
	// offer changes the subprotocols on the way to the bank; answer the one on the way back.
	offer  func([]string) []string
	answer func(string) string

	mu    sync.Mutex
	seen  [][]byte
	links []context.CancelFunc // of the sockets to bank
}

const (
	up   = "to the bank"
	down = "to the client"
)

func startMiddlebox(t testing.TB, b *bank) *middlebox {
	t.Helper()
	return startMiddleboxAs(t, b, selfSigned(t))
}

// startMiddleboxAs starts a middlebox that shows the certificate.
func startMiddleboxAs(t testing.TB, b *bank, certificate tls.Certificate) *middlebox {
	t.Helper()
	m := &middlebox{bank: b,
		tamper: func(_ string, _ int, message []byte) [][]byte { return [][]byte{message} },
		offer:  func(names []string) []string { return names },
		answer: func(name string) string { return name },
	}
	m.http = httptest.NewUnstartedServer(http.HandlerFunc(m.serve))
	m.http.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS13}
	m.http.StartTLS()
	t.Cleanup(func() { m.http.CloseClientConnections(); m.http.Close() })
	return m
}

func (m *middlebox) config() caudal.Config {
	return caudal.Config{URL: "wss" + strings.TrimPrefix(m.http.URL, "https") + "/ws", Identity: &m.bank.identity}
}

// page is the address of the dashboard behind the middlebox.
func (m *middlebox) page() string { return m.http.URL + "/" }

// lead puts another bank behind the middlebox, and cuts what leads to the one before.
func (m *middlebox) lead(b *bank) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bank = b
	for _, cut := range m.links {
		cut()
	}
	m.links = nil
}

func (m *middlebox) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/ws" {
		m.serveFile(w, r)
		return
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	m.mu.Lock()
	target := m.bank
	m.links = append(m.links, cancel)
	m.mu.Unlock()
	var offered []string
	for _, name := range strings.Split(r.Header.Get("Sec-WebSocket-Protocol"), ",") {
		offered = append(offered, strings.TrimSpace(name))
	}
	bank, _, err := websocket.Dial(ctx, target.url(), &websocket.DialOptions{
		HTTPClient:   &http.Client{Transport: &http.Transport{TLSClientConfig: anyTLS()}},
		Subprotocols: m.offer(offered),
	})
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer bank.CloseNow()
	client, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{m.answer(bank.Subprotocol())}})
	if err != nil {
		return
	}
	defer client.CloseNow()
	bank.SetReadLimit(1 << 20)
	client.SetReadLimit(1 << 20)
	go func() { defer cancel(); m.pump(ctx, up, client, bank) }()
	m.pump(ctx, down, bank, client)
}

// serveFile passes a page or one of its files through as it is.
func (m *middlebox) serveFile(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	target := &url.URL{Scheme: "https", Host: m.bank.listen}
	m.mu.Unlock()
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(request *httputil.ProxyRequest) { request.SetURL(target) },
		Transport: &http.Transport{TLSClientConfig: anyTLS(), DisableKeepAlives: true},
		ErrorLog:  log.New(io.Discard, "", 0), // a bank that is down answers nothing: 502
	}
	proxy.ServeHTTP(w, r)
}

func (m *middlebox) pump(ctx context.Context, direction string, from, to *websocket.Conn) {
	for n := 0; ; n++ {
		_, message, err := from.Read(ctx)
		if err != nil {
			return
		}
		m.mu.Lock()
		if ctx.Err() != nil { // cut while this message was under way
			m.mu.Unlock()
			return
		}
		m.seen = append(m.seen, bytes.Clone(message))
		out := m.tamper(direction, n, message)
		m.mu.Unlock()
		for _, message := range out {
			if to.Write(ctx, websocket.MessageBinary, message) != nil {
				return
			}
		}
	}
}

func selfSigned(t testing.TB) tls.Certificate {
	t.Helper()
	key := must[*ecdsa.PrivateKey](t)(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
	}
	der := must[[]byte](t)(x509.CreateCertificate(rand.Reader, template, template, key.Public(), key))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestAMiddleboxLearnsNothingOfWhatAFrameHolds(t *testing.T) {
	b := startBank(t)
	m := startMiddlebox(t, b)
	ana, luis := register(t, m.config(), "ana_box"), register(t, m.config(), "luis_box")
	heard := luis.listen()
	must[*caudal.Receipt](t)(ana.pay(testContext(t), luis, 123_45, "a memo that nobody else reads"))
	heard.until(2)

	m.mu.Lock()
	defer m.mu.Unlock()
	secrets := []string{"ana_box", "luis_box", testPassword, "Someone Called", "nobody else", ana.account, luis.account, "MXN"}
	for i, message := range m.seen {
		for _, secret := range secrets {
			if bytes.Contains(message, []byte(secret)) {
				t.Errorf("message %d shows %q", i, secret)
			}
		}
	}
	// Beyond the two handshake messages of each connection, a length is one of the buckets.
	var records int
	for _, message := range m.seen {
		if n := len(message) - 16; n == 64 || n == 128 || n == 256 || n == 512 || n == 1024 || n == 2048 || n%4096 == 0 {
			records++
		}
	}
	if handshakes := 2 * 2; records != len(m.seen)-handshakes {
		t.Errorf("%d of %d messages have a bucket's length", records, len(m.seen))
	}
}

// Each attack strikes once, at the n-th message of a direction. Whatever it does, the client comes back over a new
// connection, the transfer happens exactly once, and both sides show the figures of the ledger.
func TestNothingAMiddleboxChangesIsEverAccepted(t *testing.T) {
	attacks := map[string]func(held *[]byte, message []byte) [][]byte{
		"flips a bit": func(_ *[]byte, message []byte) [][]byte {
			message[len(message)/2] ^= 1
			return [][]byte{message}
		},
		"flips the last bit": func(_ *[]byte, message []byte) [][]byte {
			message[len(message)-1] ^= 0x80
			return [][]byte{message}
		},
		"cuts a byte off": func(_ *[]byte, message []byte) [][]byte { return [][]byte{message[:len(message)-1]} },
		"adds a byte":     func(_ *[]byte, message []byte) [][]byte { return [][]byte{append(message, 0)} },
		"doubles":         func(_ *[]byte, message []byte) [][]byte { return [][]byte{message, message} },
		"makes one up":    func(_ *[]byte, message []byte) [][]byte { return [][]byte{make([]byte, 80), message} },
		"swaps two": func(held *[]byte, message []byte) [][]byte {
			if *held == nil {
				*held = bytes.Clone(message)
				return nil
			}
			return [][]byte{message, *held}
		},
	}
	// Swapping waits for a second message: with these a silent connection has one soon.
	b := startBank(t, "--heartbeat", "1s", "--idle-timeout", "3s")
	number := 0
	for name, attack := range attacks {
		for _, direction := range []string{up, down} {
			number++
			n := number
			t.Run(name+" "+direction, func(t *testing.T) {
				t.Parallel()
				m := startMiddlebox(t, b)
				ana, luis := register(t, m.config(), username("ana", n)), register(t, m.config(), username("luis", n))
				heard := luis.listen()
				for strike := range 3 { // the next messages after now: the order itself, its reply, an event ...
					var held []byte
					done, skip := false, strike
					m.mu.Lock()
					m.tamper = func(d string, _ int, message []byte) [][]byte {
						if d != direction || done {
							return [][]byte{message}
						}
						if skip > 0 {
							skip--
							return [][]byte{message}
						}
						out := attack(&held, message)
						done = out != nil
						return out
					}
					m.mu.Unlock()
					must[*caudal.Receipt](t)(ana.pay(testContext(t), luis, 1_00, "once"))
					m.mu.Lock()
					m.tamper = func(_ string, _ int, message []byte) [][]byte { return [][]byte{message} }
					m.mu.Unlock()
				}
				if got := luis.balance(); got != 10_003_00 {
					t.Errorf("luis has %d after three transfers of 100", got)
				}
				if got := ana.balance(); got != 9_997_00 {
					t.Errorf("ana has %d after three transfers of 100", got)
				}
				heard.until(4)
			})
		}
	}
	t.Cleanup(b.verify)
}

func TestAMiddleboxThatDropsAMessageCutsTheConnectionAndNothingElse(t *testing.T) {
	b := startBank(t)
	m := startMiddlebox(t, b)
	ana, luis := register(t, m.config(), "ana_drop"), register(t, m.config(), "luis_drop")
	for _, direction := range []string{up, down} {
		dropped := false
		m.mu.Lock()
		m.tamper = func(d string, _ int, message []byte) [][]byte {
			if d == direction && !dropped {
				dropped = true
				return nil
			}
			return [][]byte{message}
		}
		m.mu.Unlock()
		// The next message after the gap does not open, on either side; a ping makes sure that there is one.
		paid := make(chan error, 1)
		go func() { _, err := ana.pay(testContext(t), luis, 1_00, ""); paid <- err }()
		eventually(t, "the transfer is settled", func() bool {
			select {
			case err := <-paid:
				if err != nil {
					t.Error(err)
				}
				return true
			default:
				ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
				defer cancel()
				ana.Ping(ctx)
				return false
			}
		})
	}
	if got := luis.balance(); got != 10_002_00 {
		t.Errorf("luis has %d", got)
	}
}

func TestAStrippedSubprotocolNeverWeakensTheChannel(t *testing.T) {
	b := startBank(t)
	hybrid, classic := cipher.Hybrid.Subprotocol(), cipher.Classic.Subprotocol()

	t.Run("our client offers one and takes no other", func(t *testing.T) {
		m := startMiddlebox(t, b)
		m.offer = func([]string) []string { return []string{classic} }
		for _, answer := range []string{classic, hybrid, ""} {
			m.answer = func(string) string { return answer }
			config := m.config()
			config.Once = true
			if conn, err := caudal.Dial(testContext(t), config); err == nil {
				conn.Close()
				t.Errorf("a client talks through a middlebox that says %q", answer)
			}
		}
	})
	t.Run("a client that offers both notices", func(t *testing.T) {
		for _, stripped := range []bool{false, true} {
			m := startMiddlebox(t, b)
			if stripped {
				m.offer = func(names []string) []string {
					return slices.DeleteFunc(names, func(n string) bool { return n == hybrid })
				}
			}
			ctx := testContext(t)
			socket, _, err := websocket.Dial(ctx, m.config().URL, &websocket.DialOptions{
				HTTPClient:   &http.Client{Transport: &http.Transport{TLSClientConfig: anyTLS()}},
				Subprotocols: []string{hybrid, classic},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer socket.CloseNow()
			suite, _ := cipher.SuiteBySubprotocol(socket.Subprotocol())
			client, message1, err := cipher.NewClient(cipher.ClientConfig{
				Suite: suite, Offered: []string{hybrid, classic}, Verify: func([32]byte, []byte) error { return nil },
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := socket.Write(ctx, websocket.MessageBinary, message1); err != nil {
				t.Fatal(err)
			}
			socket.SetReadLimit(1 << 17)
			_, message2, err := socket.Read(ctx)
			if err == nil {
				_, err = client.Finish(message2)
			}
			if stripped == (err == nil) {
				t.Errorf("stripped %t: the handshake ends with %v", stripped, err)
			}
		}
	})
}
