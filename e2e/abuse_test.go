package e2e

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/proto"

	"caudal/protocol"
	"caudal/wsclient/caudal"
)

// request is a WebSocket upgrade as any HTTP client can send it, with the header changed.
func (b *bank) request(t testing.TB, host string, header http.Header) int {
	t.Helper()
	r := must[*http.Request](t)(http.NewRequest(http.MethodGet, "https://"+b.listen+"/ws", nil))
	r.Header = http.Header{
		"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"},
		"Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}, "Sec-Websocket-Protocol": {"caudal.v1"},
	}
	for name, values := range header {
		if values == nil {
			r.Header.Del(name)
		} else {
			r.Header[name] = values
		}
	}
	if host != "" {
		r.Host = host
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: anyTLS(), DisableKeepAlives: true}}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	return response.StatusCode
}

func TestTheEdgeRefusesBeforeTheUpgrade(t *testing.T) {
	b := startBank(t)
	for _, c := range []struct {
		name   string
		host   string
		header http.Header
		want   []int
	}{
		{"as it should be", "", nil, []int{101}},
		{"localhost", "localhost:8443", nil, []int{101}},
		{"another host, as DNS rebinding sends it", "evil.example", nil, []int{421, 403}},
		{"another host with our port", "evil.example:8443", nil, []int{421, 403}},
		{"another origin", "", http.Header{"Origin": {"https://evil.example"}}, []int{403}},
		{"another host and its own origin", "evil.example", http.Header{"Origin": {"https://evil.example"}}, []int{421, 403}},
		{"a null origin", "", http.Header{"Origin": {"null"}}, []int{403}},
		{"no subprotocol", "", http.Header{"Sec-Websocket-Protocol": nil}, []int{400}},
		{"another subprotocol", "", http.Header{"Sec-Websocket-Protocol": {"chat"}}, []int{400}},
		{"our subprotocol in capitals", "", http.Header{"Sec-Websocket-Protocol": {"CAUDAL.V1"}}, []int{400}},
		{"no upgrade", "", http.Header{"Connection": nil, "Upgrade": nil}, []int{400, 426}},
		{"forwarded for somebody by nobody trusted", "", http.Header{"X-Forwarded-For": {"203.0.113.9"}}, []int{101}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := b.request(t, c.host, c.header)
			for _, want := range c.want {
				if got == want {
					return
				}
			}
			t.Errorf("answered %d, want %v", got, c.want)
		})
	}
	t.Run("the admin listener refuses pages and other names", func(t *testing.T) {
		for name, change := range map[string]func(*http.Request){
			"an origin":  func(r *http.Request) { r.Header.Set("Origin", "http://"+b.admin) },
			"other host": func(r *http.Request) { r.Host = "evil.example" },
		} {
			r := must[*http.Request](t)(http.NewRequest(http.MethodGet, "http://"+b.admin+"/metrics", nil))
			change(r)
			response := must[*http.Response](t)(http.DefaultClient.Do(r))
			response.Body.Close()
			if response.StatusCode < 400 {
				t.Errorf("%s: answered %d", name, response.StatusCode)
			}
		}
		response := must[*http.Response](t)(http.Get("http://" + b.admin + "/debug/pprof/"))
		response.Body.Close()
		if response.StatusCode != http.StatusNotFound {
			t.Errorf("pprof is on without being asked for: %d", response.StatusCode)
		}
	})
}

// TestForwardedForFromNobodyTrustedDoesNotEscapeTheLimits: the per-address cap counts the socket's address, whatever a
// header says.
func TestForwardedForFromNobodyTrustedDoesNotEscapeTheLimits(t *testing.T) {
	b := startBank(t, "--connections-per-address", "20")
	var codes []int
	for i := range 40 {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		socket, response, err := websocket.Dial(ctx, b.url(), &websocket.DialOptions{
			HTTPClient:   &http.Client{Transport: &http.Transport{TLSClientConfig: anyTLS()}},
			HTTPHeader:   http.Header{"X-Forwarded-For": {fmt.Sprintf("203.0.113.%d", i)}},
			Subprotocols: []string{"caudal.v1"},
		})
		cancel()
		if err == nil {
			defer socket.CloseNow()
			continue
		}
		if response == nil {
			t.Fatal(err)
		}
		codes = append(codes, response.StatusCode)
	}
	if len(codes) != 20 {
		t.Fatalf("%d of 40 were refused, want 20", len(codes))
	}
	for _, code := range codes {
		if code != http.StatusTooManyRequests {
			t.Errorf("refused with %d, want 429", code)
		}
	}
}

// ends reads until the connection ends and returns the close record's code, or 0 where there was none.
func (s *stranger) ends() int {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	code := 0
	for {
		_, message, err := s.socket.Read(ctx)
		if err != nil {
			if ctx.Err() != nil {
				s.t.Fatal("the connection does not end")
			}
			return code
		}
		if plain, err := s.receiving.Decrypt(nil, nil, message); err == nil && plain[0] == 2 {
			code = int(binary.BigEndian.Uint16(plain[3:]))
		}
	}
}

func TestBadFramesEndTheirOwnConnectionWithTheDocumentedCode(t *testing.T) {
	b := startBank(t)
	witness := register(t, b.pinned(), "witness")
	valid := func(s *stranger) []byte { return s.sealed(1, []byte{0x0a, 0x02, 0x08, 0x01}) }
	cases := []struct {
		name string
		send func(*stranger) []byte
		want protocol.CloseCode
	}{
		{"garbage", func(*stranger) []byte { return bytes.Repeat([]byte{0xa5}, 80) }, protocol.CloseBadRecord},
		{"empty", func(*stranger) []byte { return nil }, protocol.CloseBadRecord},
		{"truncated", func(s *stranger) []byte { m := valid(s); return m[:len(m)-1] }, protocol.CloseBadRecord},
		{"one bit", func(s *stranger) []byte { m := valid(s); m[9] ^= 4; return m }, protocol.CloseBadRecord},
		{"no bucket", func(s *stranger) []byte {
			return must[[]byte](s.t)(s.sending.Encrypt(nil, nil, []byte{1, 0, 0, 0, 0}))
		}, protocol.CloseBadRecord},
		{"padding not zero", func(s *stranger) []byte {
			plain := make([]byte, 64)
			plain[0], plain[63] = 1, 1
			return must[[]byte](s.t)(s.sending.Encrypt(nil, nil, plain))
		}, protocol.CloseBadRecord},
		{"unknown type", func(s *stranger) []byte { return s.sealed(9, nil) }, protocol.CloseBadRecord},
		{"no protobuf", func(s *stranger) []byte { return s.sealed(1, []byte{0xff, 0xff, 0xff}) }, protocol.CloseBadFrame},
		{"invalid UTF-8", func(s *stranger) []byte {
			return s.sealed(1, []byte{0x0a, 0x08, 0x08, 0x01, 0x52, 0x04, 0x0a, 0x02, 0xc3, 0x28})
		}, protocol.CloseBadFrame},
		{"an id of zero", func(s *stranger) []byte { return s.sealed(1, []byte{0x0a, 0x03, 0xda, 0x01, 0x00}) }, protocol.CloseBadFrame},
		{"too many commands", func(s *stranger) []byte {
			return s.sealed(1, bytes.Repeat([]byte{0x0a, 0x05, 0x08, 0x01, 0xda, 0x01, 0x00}, protocol.CommandsPerFrame+1))
		}, protocol.CloseBadFrame},
		{"oversized", func(*stranger) []byte { return make([]byte, 1<<17) }, protocol.CloseTooLarge},
		{"wrong version", func(s *stranger) []byte {
			return s.sealed(1, []byte{0x0a, 0x06, 0x08, 0x01, 0x52, 0x02, 0x10, 0x63})
		}, protocol.CloseVersion},
	}
	for _, signedIn := range []bool{false, true} {
		for i, c := range cases {
			if signedIn && c.want == protocol.CloseVersion {
				continue // hello comes first only
			}
			t.Run(fmt.Sprintf("%s, signed in %t", c.name, signedIn), func(t *testing.T) {
				s := dialStranger(t, b)
				if signedIn {
					s.hello()
					if reply := s.register(username("bad", i), newKey()); reply.GetSignedIn() == nil {
						t.Fatal(reply)
					}
				}
				s.write(c.send(s))
				if got := protocol.CloseCode(s.ends()); got != c.want {
					t.Errorf("closed with %d %v, want %d %v", got, got, c.want, c.want)
				}
			})
		}
	}
	t.Run("a text message", func(t *testing.T) {
		s := dialStranger(t, b)
		if err := s.socket.Write(testContext(t), websocket.MessageText, []byte("hello")); err != nil {
			t.Fatal(err)
		}
		s.ends()
	})
	if got := witness.balance(); got != 10_000_00 {
		t.Errorf("the witness has %d", got)
	}
}

func TestCommandsBeforeTheirTimeAreRefused(t *testing.T) {
	b := startBank(t)
	s := dialStranger(t, b)
	want := func(code protocol.Code, reply *protocol.Reply) {
		t.Helper()
		if got := reply.GetError().GetCode(); got != code {
			t.Errorf("answered %v, want %v", reply, code)
		}
	}
	list := func() *protocol.Reply {
		return s.call(&protocol.Command{Request: &protocol.Command_ListAccounts{ListAccounts: &protocol.ListAccountsRequest{}}})
	}
	want(protocol.Code_CODE_HELLO_REQUIRED, list())
	want(protocol.Code_CODE_HELLO_REQUIRED, s.register("early", newKey()))
	s.hello()
	want(protocol.Code_CODE_UNAUTHENTICATED, list())
	want(protocol.Code_CODE_UNIMPLEMENTED, s.call(&protocol.Command{}))
	if reply := s.register("in_time", newKey()); reply.GetSignedIn() == nil {
		t.Fatal(reply)
	}
	want(protocol.Code_CODE_ALREADY_AUTHENTICATED, s.login("in_time", s.enrolment("in_time", newKey())))
	want(protocol.Code_CODE_PERMISSION_DENIED, s.call(&protocol.Command{
		IdempotencyKey: keyBytes(),
		Request:        &protocol.Command_Deposit{Deposit: &protocol.DepositRequest{Account: s.accounts()[0].Clabe, AmountMinor: 1, Currency: "MXN"}},
	}))
	want(protocol.Code_CODE_INVALID_ARGUMENT, s.call(&protocol.Command{Request: &protocol.Command_Transfer{Transfer: &protocol.TransferRequest{
		From: s.accounts()[0].Clabe, To: s.accounts()[0].Clabe, AmountMinor: 1, Currency: "MXN",
	}}})) // no idempotency key
}

func keyBytes() []byte { key := keyAt(time.Now()); return key[:] }

// residentKB is the memory of the server's process.
func (b *bank) residentKB(t testing.TB) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", b.process.Process.Pid))
	if err != nil {
		t.Skipf("memory is read from /proc: %v", err)
	}
	_, after, _ := strings.Cut(string(status), "VmRSS:")
	kb, err := strconv.Atoi(strings.Fields(after)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kb
}

// TestHalfOpenSocketsTakeNobodysPlaceForLong opens sockets by the thousand that stop at every stage of the way in, while
// customers go on paying.
func TestHalfOpenSocketsTakeNobodysPlaceForLong(t *testing.T) {
	sockets := 1000
	if long {
		sockets = 6000
	}
	b := startBank(t, "--handshake-timeout", "2s", "--sign-in-timeout", "2s")
	ana, luis := register(t, b.pinned(), "ana_open"), register(t, b.pinned(), "luis_open")
	before := b.residentKB(t)

	upgrade := "GET /ws HTTP/1.1\r\nHost: " + b.listen + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: caudal.v1\r\n\r\n"
	open := make([]net.Conn, 0, sockets)
	var mu sync.Mutex
	var opening sync.WaitGroup
	gate := make(chan struct{}, 64)
	for i := range sockets {
		opening.Go(func() {
			gate <- struct{}{}
			defer func() { <-gate }()
			conn, err := net.DialTimeout("tcp", b.listen, patience)
			if err != nil {
				t.Errorf("socket %d: %v", i, err)
				return
			}
			mu.Lock()
			open = append(open, conn)
			mu.Unlock()
			if i%4 == 0 {
				return // not even TLS
			}
			secure := tls.Client(conn, anyTLS())
			if err := secure.Handshake(); err != nil {
				return
			}
			switch i % 4 {
			case 1: // half a request
				io.WriteString(secure, upgrade[:40])
			case 2: // upgraded, no handshake
				io.WriteString(secure, upgrade)
			case 3: // upgraded, and the first bytes of a frame
				io.WriteString(secure, upgrade+"\x82\xfe")
			}
		})
	}
	opening.Wait()
	for range 50 {
		must[*caudal.Receipt](t)(ana.pay(testContext(t), luis, 1, ""))
	}
	grown := b.residentKB(t) - before
	if limit := 150*sockets + 64*1024; grown > limit {
		t.Errorf("%d half-open sockets cost %d KB, more than %d", sockets, grown, limit)
	}
	t.Logf("%d half-open sockets: %d KB", sockets, grown)
	for i, conn := range open {
		conn.SetReadDeadline(time.Now().Add(patience))
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("half-open socket %d stays", i)
		}
		conn.Close()
	}
	if got := luis.balance(); got != 10_000_50 {
		t.Errorf("luis has %d", got)
	}
}

// TestAReaderThatNeverReadsIsClosedAndCostsTheOthersNothing: its queue is bounded, its socket is closed, and everyone
// else sees every leg.
func TestAReaderThatNeverReadsIsClosedAndCostsTheOthersNothing(t *testing.T) {
	b := startBank(t, "--write-timeout", "1s")
	ana, luis := register(t, b.pinned(), "ana_slow"), register(t, b.pinned(), "luis_slow")
	heard := luis.listen()

	// The slow one signs in as luis, subscribes, and then takes nothing off the wire any more.
	slow := dialStranger(t, b)
	slow.hello()
	if reply := slow.login("luis_slow", slow.enrolment("luis_slow", newKey())); reply.GetSignedIn() == nil {
		t.Fatal(reply)
	}
	if reply := slow.call(&protocol.Command{Request: &protocol.Command_Subscribe{Subscribe: &protocol.SubscribeRequest{}}}); reply.GetSubscribe() == nil {
		t.Fatal(reply)
	}
	before := b.residentKB(t)
	const commandsAFrame = 128
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var writing sync.WaitGroup
	writing.Go(func() { // and asks for answers that it never reads
		for ctx.Err() == nil {
			slow.id += commandsAFrame
			frame := &protocol.ClientFrame{}
			for i := range uint64(commandsAFrame) {
				frame.Commands = append(frame.Commands, &protocol.Command{
					Id: slow.id + i, Request: &protocol.Command_ListAccounts{ListAccounts: &protocol.ListAccountsRequest{}},
				})
			}
			list, _ := proto.Marshal(frame)
			write, cancel := context.WithTimeout(ctx, patience)
			err := slow.socket.Write(write, websocket.MessageBinary, slow.sealed(1, list))
			cancel()
			if err != nil {
				return // closed, as it should be
			}
		}
	})
	const transfers = 1000
	var paying sync.WaitGroup
	for range 4 {
		payer := ana.again(b.pinned())
		paying.Go(func() {
			for range transfers / 4 {
				if _, err := payer.pay(testContext(t), luis, 1, strings.Repeat("m", protocol.MemoRunes)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	paying.Wait()
	heard.until(1 + transfers)
	writing.Wait() // ends when the server has closed the slow one
	if grown := b.residentKB(t) - before; grown > 96*1024 {
		t.Errorf("memory has grown by %d KB", grown)
	}
}

// TestSignInFloodsAreSlowedAndLockNobodyOut floods a name with wrong passwords: the flood gets rate_limited, and the
// name's owner still signs in from another address.
func TestSignInFloodsAreSlowedAndLockNobodyOut(t *testing.T) {
	b := startBank(t, "--sign-in-burst", "5", "--sign-in-every", "1h")
	owner := register(t, b.pinned(), "flooded")
	var limited, wrong int
	for range 12 {
		s := dialStranger(t, b)
		s.hello()
		enrolment := s.enrolment("flooded", newKey())
		reply := s.call(&protocol.Command{Request: &protocol.Command_Login{Login: &protocol.LoginRequest{
			Username: "flooded", Password: "not the password at all", Device: enrolment,
		}}})
		switch reply.GetError().GetCode() {
		case protocol.Code_CODE_BAD_CREDENTIALS:
			wrong++
		case protocol.Code_CODE_RATE_LIMITED:
			limited++
		default:
			t.Fatalf("answered %v", reply)
		}
	}
	if wrong != 5 || limited != 7 {
		t.Errorf("%d tries and %d refusals, want 5 and 7", wrong, limited)
	}
	// A device that is enrolled is not in the flood's way ...
	owner.again(b.pinned())
	// ... and the password works from elsewhere.
	config := b.pinned()
	config.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 77)}}
		return dialer.DialContext(ctx, network, address)
	}
	conn := must[*caudal.Conn](t)(caudal.Dial(testContext(t), config))
	defer conn.Close()
	device := must[*caudal.Device](t)(caudal.NewDevice("elsewhere"))
	must[*caudal.User](t)(conn.Login(testContext(t), "flooded", testPassword, device))
}
