package conn

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"caudal/cipher"
	"caudal/protocol"
)

// ask sends a request as it is written, with these header lines, and gives the answer. The socket stays open until the
// test ends.
func (b *bank) ask(t testing.TB, from string, lines ...string) *http.Response {
	t.Helper()
	raw := b.socket(t, from)
	request := "GET /ws HTTP/1.1\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n"
	if _, err := raw.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(raw), nil)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func (b *bank) socket(t testing.TB, from string) *tls.Conn {
	t.Helper()
	dialer := &net.Dialer{Timeout: patience}
	if from != "" {
		dialer.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	raw, err := tls.DialWithDialer(dialer, "tcp", b.address(), b.tls)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = raw.Close() })
	if err := raw.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return raw
}

func (b *bank) address() string {
	return strings.TrimSuffix(strings.TrimPrefix(b.url, "wss://"), "/ws")
}

// upgrade is the header lines of a good request, with some of them replaced, or left out where the line is empty.
func (b *bank) upgrade(change map[string]string) []string {
	lines := []string{
		"Host: " + b.address(), "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Protocol: caudal.v1",
	}
	kept := lines[:0]
	for _, line := range lines {
		name, _, _ := strings.Cut(line, ":")
		if with, ok := change[name]; ok {
			delete(change, name)
			if line = with; line == "" {
				continue
			}
		}
		kept = append(kept, line)
	}
	for _, line := range change {
		kept = append(kept, line)
	}
	return kept
}

func TestWhoMayConnect(t *testing.T) {
	b := newBank(t, new(handler), func(c *Config) {
		c.Hosts = must(ParseHosts([]string{"127.0.0.1", "Bank.example", "two.example:99", "[::1]"}))
	})
	port := b.address()[strings.LastIndex(b.address(), ":"):]
	for name, c := range map[string]struct {
		header, line string
		want         int
	}{
		"as it should be":          {"Host", "Host: 127.0.0.1" + port, 101},
		"without a port":           {"Host", "Host: 127.0.0.1", 101},
		"in other letters":         {"Host", "Host: bank.EXAMPLE" + port, 101},
		"by IPv6":                  {"Host", "Host: [::1]" + port, 101},
		"another spelling of IPv6": {"Host", "Host: [0:0::1]", 101},
		"a name with its port":     {"Host", "Host: two.example:99", 101},
		"and with another":         {"Host", "Host: two.example" + port, 421},
		"a name rebound to here":   {"Host", "Host: evil.example" + port, 421},
		"a longer name":            {"Host", "Host: 127.0.0.1.evil.example", 421},
		"a name inside":            {"Host", "Host: a.bank.example", 421},
		"a name with a dot":        {"Host", "Host: bank.example.", 421},
		"a user":                   {"Host", "Host: bank.example@evil.example", 400},
		"no name":                  {"Host", "Host:", 421},
		"a port that is none":      {"Host", "Host: bank.example:https", 421},

		"our own page":              {"Origin", "Origin: https://bank.example", 101},
		"with the default port":     {"Origin", "Origin: https://bank.example:443", 101},
		"in other letters, Origin":  {"Origin", "Origin: HTTPS://BANK.example", 101},
		"without TLS":               {"Origin", "Origin: http://bank.example", 403},
		"on another port":           {"Origin", "Origin: https://bank.example:8443", 403},
		"another page":              {"Origin", "Origin: https://evil.example", 403},
		"a page of the same ending": {"Origin", "Origin: https://notbank.example", 403},
		"a sandboxed page":          {"Origin", "Origin: null", 403},
		"an empty one":              {"Origin", "Origin:", 403},
		"two":                       {"Origin", "Origin: https://bank.example\r\nOrigin: https://evil.example", 403},
		"two in one":                {"Origin", "Origin: https://bank.example, https://evil.example", 403},
		"with a path":               {"Origin", "Origin: https://bank.example/", 403},
		"the request's own name":    {"Origin", "Origin: https://127.0.0.1" + port, 403},

		"both suites":                 {"Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: caudal.v1.classic,caudal.v1", 101},
		"among others":                {"Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Protocol: \tcaudal.v1 ", 101},
		"no subprotocol":              {"Sec-WebSocket-Protocol", "", 400},
		"only others":                 {"Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: mqtt, caudal.v2", 400},
		"ours in other letters":       {"Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: CAUDAL.V1", 400},
		"ours with one other":         {"Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: Caudal.v1, caudal.V1", 400},
		"the same twice":              {"Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: caudal.v1, caudal.v1", 400},
		"an empty name":               {"Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: caudal.v1,", 400},
		"no token":                    {"Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: caudal.v1, a b", 400},
		"more than the prologue has":  {"Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: caudal.v1" + many(32), 400},
		"as many as the prologue has": {"Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: caudal.v1" + many(31), 101},
		"a name too long":             {"Sec-WebSocket-Protocol", "Sec-WebSocket-Protocol: caudal.v1, " + strings.Repeat("a", 256), 400},

		"no WebSocket": {"Upgrade", "", 426},
		"no key":       {"Sec-WebSocket-Key", "", 400},
		"an old one":   {"Sec-WebSocket-Version", "Sec-WebSocket-Version: 8", 400},
		"with a body":  {"Content-Length", "Content-Length: 2", 400},
		"in chunks":    {"Transfer-Encoding", "Transfer-Encoding: chunked", 400},
		"compression":  {"Sec-WebSocket-Extensions", "Sec-WebSocket-Extensions: permessage-deflate", 101},
	} {
		t.Run(name, func(t *testing.T) {
			response := b.ask(t, "", b.upgrade(map[string]string{c.header: c.line})...)
			if response.StatusCode != c.want {
				t.Errorf("%q: %s, want %d", c.line, response.Status, c.want)
			}
			if extension := response.Header.Get("Sec-WebSocket-Extensions"); extension != "" {
				t.Errorf("the server agreed to %q", extension)
			}
			if chosen := response.Header.Get("Sec-WebSocket-Protocol"); c.want == 101 && chosen != "caudal.v1" {
				t.Errorf("the server chose %q", chosen)
			}
		})
	}
}

func many(n int) string {
	var names strings.Builder
	for i := range n {
		fmt.Fprintf(&names, ", x%d", i)
	}
	return names.String()
}

// The library would echo the client's spelling, which is not in its prologue.
func TestTheNameChosenIsOursWhateverElseIsOffered(t *testing.T) {
	b := newBank(t, new(handler), nil)
	c, err := b.tryDial(t, dialling{offer: []string{"CAUDAL.V1", "Caudal.v1.classic", "caudal.v1"}})
	if err != nil {
		t.Fatal(err)
	}
	c.ping(1)
	c.reply()
}

func TestClassicAloneIsRefusedWhereTheBankSaysSo(t *testing.T) {
	b := newBank(t, new(handler), func(c *Config) { c.RefuseClassic = true })
	classic, hybrid := cipher.Classic.Subprotocol(), cipher.Hybrid.Subprotocol()
	if _, response, err := b.socketTo(t, dialling{offer: []string{classic}}); err == nil || response.StatusCode != 400 {
		t.Errorf("the classic suite was let in: %v", err)
	}
	c, err := b.tryDial(t, dialling{offer: []string{classic, hybrid}})
	if err != nil {
		t.Fatal(err)
	}
	if chosen := c.ws.Subprotocol(); chosen != hybrid {
		t.Errorf("chose %q", chosen)
	}
}

func TestABankWithoutACertificateOffersNoChannel(t *testing.T) {
	b := newBank(t, new(handler), func(c *Config) { c.Keys = keys{err: errors.New("expired")} })
	if _, response, err := b.socketTo(t, dialling{}); err == nil || response.StatusCode != 503 {
		t.Errorf("got %v, %v", response, err)
	}
	if open := b.Stats().Open; open != 0 {
		t.Errorf("%d places are taken", open)
	}
}

func TestOneAddressCannotTakeEveryPlace(t *testing.T) {
	b := newBank(t, new(handler), func(c *Config) { c.Limits.PerAddress = 3 })
	for range 3 {
		if _, err := b.tryDial(t, dialling{from: "127.0.0.2"}); err != nil {
			t.Fatal(err)
		}
	}
	response := b.ask(t, "127.0.0.2", b.upgrade(nil)...)
	if response.StatusCode != 429 || response.Header.Get("Retry-After") == "" {
		t.Errorf("the fourth was answered %s", response.Status)
	}
	c, err := b.tryDial(t, dialling{from: "127.0.0.3"})
	if err != nil {
		t.Fatalf("another address: %v", err)
	}
	c.ping(1)
	c.reply()
}

func TestAllPlacesTakenMeansFullAndLeavingMakesRoom(t *testing.T) {
	b := newBank(t, new(handler), func(c *Config) { c.Limits.Connections = 2 })
	first, second := b.dial(t), b.dial(t)
	if response := b.ask(t, "", b.upgrade(nil)...); response.StatusCode != 503 {
		t.Fatalf("the third was answered %s", response.Status)
	}
	_ = first.ws.CloseNow()
	eventually(t, "the place is free", func() bool { return b.Stats().Open == 1 })
	b.dial(t)
	second.ping(1)
	second.reply()
}

func TestConnectingTooFastIsRefused(t *testing.T) {
	b := newBank(t, new(handler), func(c *Config) { c.Limits.Burst, c.Limits.PerSecond = 5, 1 })
	refused := 0
	for range 12 {
		// Refused for the name, too: attempts count, whatever comes of them.
		if b.ask(t, "127.0.0.2", b.upgrade(map[string]string{"Host": "Host: evil.example"})...).StatusCode == 429 {
			refused++
		}
	}
	if refused == 0 {
		t.Error("twelve at once passed a burst of five")
	}
	if _, err := b.tryDial(t, dialling{from: "127.0.0.3"}); err != nil {
		t.Errorf("another address: %v", err)
	}
}

func TestForwardedForIsBelievedOfTrustedProxiesOnly(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("127.0.0.9/32"), netip.MustParsePrefix("10.0.0.0/8")}
	for name, c := range map[string]struct {
		peer, want string
		header     []string
	}{
		"no proxy":                   {"192.0.2.1:99", "192.0.2.1", nil},
		"nobody trusted":             {"192.0.2.1:99", "192.0.2.1", []string{"203.0.113.7"}},
		"a proxy":                    {"127.0.0.9:99", "203.0.113.7", []string{"203.0.113.7"}},
		"what the client invented":   {"127.0.0.9:99", "203.0.113.7", []string{"198.51.100.1, 10.0.0.4, 203.0.113.7"}},
		"two proxies":                {"127.0.0.9:99", "203.0.113.7", []string{"198.51.100.1", "203.0.113.7, 10.1.2.3"}},
		"an empty header":            {"127.0.0.9:99", "127.0.0.9", []string{""}},
		"no header":                  {"127.0.0.9:99", "127.0.0.9", nil},
		"nonsense to the left of it": {"127.0.0.9:99", "10.1.2.3", []string{"evil, 10.1.2.3"}},
		"nonsense":                   {"127.0.0.9:99", "127.0.0.9", []string{"203.0.113.7, _hidden"}},
		"with a port":                {"127.0.0.9:99", "203.0.113.7", []string{"203.0.113.7:1234"}},
		"IPv6":                       {"127.0.0.9:99", "2001:db8::1", []string{"[2001:db8::1]:1234"}},
		"IPv4 in IPv6":               {"[::ffff:127.0.0.9]:99", "203.0.113.7", []string{"::ffff:203.0.113.7"}},
		"all are proxies":            {"127.0.0.9:99", "10.0.0.1", []string{"10.0.0.1, 10.0.0.2"}},
	} {
		r := &http.Request{RemoteAddr: c.peer, Header: http.Header{"X-Forwarded-For": c.header}}
		if got, ok := clientAddress(r, proxies); !ok || got.String() != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}

func TestWhoForwardsForOthersUninvitedIsCountedThemselves(t *testing.T) {
	addresses := make(chan netip.Addr, 8)
	b := newBank(t, &handler{opened: func(c *Conn) { addresses <- c.Client() }}, func(c *Config) { c.Limits.PerAddress = 2 })
	for i := range 3 {
		_, err := b.tryDial(t, dialling{from: "127.0.0.2", header: http.Header{"X-Forwarded-For": {fmt.Sprintf("203.0.113.%d", i)}}})
		if (err == nil) != (i < 2) {
			t.Fatalf("connection %d: %v", i, err)
		}
	}
	if got := <-addresses; got.String() != "127.0.0.2" {
		t.Errorf("the client is %v", got)
	}
}

func TestIPv6IsCountedByNetwork(t *testing.T) {
	a, b, c := netip.MustParseAddr("2001:db8:1:2::1"), netip.MustParseAddr("2001:db8:1:2:ffff::9"), netip.MustParseAddr("2001:db8:1:3::1")
	if limitKey(a) != limitKey(b) {
		t.Error("one /64 has two keys")
	}
	if limitKey(a) == limitKey(c) {
		t.Error("two /64s have one key")
	}
	if v4 := netip.MustParseAddr("192.0.2.1"); limitKey(v4) != v4 {
		t.Error("an IPv4 address is its own key")
	}
}

func TestTheGateForgetsWhoLeftAndRemembersWhoIsThere(t *testing.T) {
	g := newGate(Limits{Connections: 10, PerAddress: 10, Handshakes: 10, PerSecond: 1, Burst: 2})
	here, gone, now := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"), time.Now()
	_, _ = g.admit(here, now)
	p, _ := g.admit(gone, now)
	g.leave(p)
	g.forget(now)
	if len(g.addresses) != 2 {
		t.Error("an address whose rate has not recovered was forgotten")
	}
	g.forget(now.Add(time.Minute))
	if _, ok := g.addresses[here]; !ok || len(g.addresses) != 1 {
		t.Errorf("remembers %d addresses", len(g.addresses))
	}
}

func TestAddressesThatDoNotFitShareOneLimit(t *testing.T) {
	g := newGate(Limits{Connections: 1 << 20, PerAddress: 2, Handshakes: 1 << 20, PerSecond: 1, Burst: 1 << 20})
	now := time.Now()
	address := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}) }
	for i := range addressesMax {
		if _, why := g.admit(address(i), now); why != admitted {
			t.Fatal("refused", i)
		}
	}
	var last *place
	for i := range 2 {
		var why refusal
		if last, why = g.admit(address(addressesMax+i), now); why != admitted {
			t.Fatal("the crowd has no place")
		}
	}
	if _, why := g.admit(address(addressesMax+2), now); why != refusedAddress {
		t.Error("the crowd is not bounded")
	}
	g.leave(last)
	if _, why := g.admit(address(addressesMax+3), now); why != admitted {
		t.Error("the place was not given back")
	}
	if len(g.addresses) > addressesMax {
		t.Error("the memory of addresses is not bounded")
	}
}

// A client may send its first message behind the request without waiting for the answer; net/http has then read it.
func TestBytesThatCameBehindTheRequestAreNotLost(t *testing.T) {
	b := newBank(t, new(handler), nil)
	for _, suite := range []cipher.Suite{cipher.Classic, cipher.Hybrid} { // 38 bytes, and more than our buffer holds
		raw := b.socket(t, "")
		offer := []string{suite.Subprotocol()}
		hs, message1, err := cipher.NewClient(cipher.ClientConfig{
			Suite: suite, Offered: offer, Verify: func([32]byte, []byte) error { return nil },
		})
		if err != nil {
			t.Fatal(err)
		}
		lines := b.upgrade(map[string]string{"Sec-WebSocket-Protocol": "Sec-WebSocket-Protocol: " + offer[0]})
		request := "GET /ws HTTP/1.1\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n"
		if _, err := raw.Write(append([]byte(request), masked(0x82, message1)...)); err != nil { // one TLS record
			t.Fatal(err)
		}
		reader := bufio.NewReader(raw)
		response, err := http.ReadResponse(reader, nil)
		if err != nil || response.StatusCode != 101 {
			t.Fatal(response, err)
		}
		message2 := frameOf(t, reader)
		channel, err := hs.Finish(message2)
		if err != nil {
			t.Fatalf("%v: %v", suite, err)
		}
		if _, err := raw.Write(masked(0x82, must(channel.Seal(nil, pingFrame(7))))); err != nil {
			t.Fatal(err)
		}
		if record, err := channel.Open(nil, frameOf(t, reader)); err != nil || !bytes.Contains(record.Body, []byte{7}) {
			t.Fatal(record, err)
		}
	}
}

func TestAGuardedListenerBoundsSocketsThatSayNothing(t *testing.T) {
	s := must(New(Config{Hosts: Hosts{"x": true}, Keys: newKeys(t), Limits: Limits{PerAddress: 1}}, new(handler)))
	defer func() { _ = s.Drain(t.Context()) }()
	inner := must(net.Listen("tcp", "127.0.0.1:0"))
	listener := s.Guard(inner)
	accepted := make(chan net.Conn, 1000)
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				close(accepted)
				return
			}
			accepted <- c
		}
	}()
	const most = 1 + spareSocketsPerAddress
	var last net.Conn
	for i := range most {
		c := must(net.Dial("tcp", inner.Addr().String()))
		defer c.Close()
		if last = <-accepted; last == nil {
			t.Fatal("refused", i)
		}
	}
	over := must(net.Dial("tcp", inner.Addr().String()))
	defer over.Close()
	_ = over.SetReadDeadline(time.Now().Add(patience))
	if n, err := over.Read(make([]byte, 1)); err == nil || errors.Is(err, errTimeout) {
		t.Fatalf("one too many reads %d, %v", n, err)
	}
	if got := s.Stats().Refused["socket"]; got != 1 {
		t.Errorf("counted %d", got)
	}
	elsewhere := must((&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}).Dial("tcp", inner.Addr().String()))
	defer elsewhere.Close()
	if c := <-accepted; c == nil {
		t.Fatal("another address is refused")
	}
	_, _ = last.Close(), last.Close() // the second does not give the place back again
	again := must(net.Dial("tcp", inner.Addr().String()))
	defer again.Close()
	if c := <-accepted; c == nil {
		t.Fatal("the place was not given back")
	}
	if got := listener.(*guard).open; got != most+1 {
		t.Errorf("%d sockets are counted", got)
	}
	_ = listener.Close()
	for range accepted {
	}
}

func TestStatsTellEveryCodeAndReason(t *testing.T) {
	var n counts
	for code := protocol.CloseCode(0); code < 5000; code++ {
		if code.String() == "unknown" && code != 0 {
			continue
		}
		if got := closeCode(closeIndex(code)); got != code {
			t.Errorf("%v is counted as %v", code, got)
		}
		n.closed(code)
	}
	for why := admitted + 1; why < refusals; why++ {
		if refusalAnswers[why].name == "" {
			t.Errorf("refusal %d has no name", why)
		}
	}
}
