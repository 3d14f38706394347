package conn

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"caudal/cipher"
	"caudal/protocol"
)

func random(n int) []byte {
	p := make([]byte, n)
	_, _ = rand.Read(p)
	return p
}

func TestABadFirstMessageEndsTheHandshake(t *testing.T) {
	var opened atomic.Int32
	b := newBank(t, &handler{opened: func(*Conn) { opened.Add(1) }}, nil)
	const classic, hybrid = 32, 1216
	for name, c := range map[string]struct {
		suite   cipher.Suite
		kind    websocket.MessageType
		message []byte
	}{
		"empty":                      {cipher.Hybrid, websocket.MessageBinary, nil},
		"one byte":                   {cipher.Hybrid, websocket.MessageBinary, []byte{1}},
		"a byte short":               {cipher.Hybrid, websocket.MessageBinary, random(hybrid - 1)},
		"a byte long":                {cipher.Hybrid, websocket.MessageBinary, random(hybrid + 1)},
		"long":                       {cipher.Hybrid, websocket.MessageBinary, random(60_000)},
		"longer than all":            {cipher.Hybrid, websocket.MessageBinary, random(200_000)},
		"an ML-KEM key that is none": {cipher.Hybrid, websocket.MessageBinary, bytes.Repeat([]byte{0xff}, hybrid)},
		"for the other suite":        {cipher.Hybrid, websocket.MessageBinary, random(classic)},
		"text":                       {cipher.Classic, websocket.MessageText, bytes.Repeat([]byte("a"), classic)},
		"a key of low order":         {cipher.Classic, websocket.MessageBinary, make([]byte, classic)},
		"a byte short, classic":      {cipher.Classic, websocket.MessageBinary, random(classic - 1)},
		"a byte long, classic":       {cipher.Classic, websocket.MessageBinary, random(classic + 1)},
	} {
		t.Run(name, func(t *testing.T) {
			ws, _, err := b.socketTo(t, dialling{offer: []string{c.suite.Subprotocol()}})
			if err != nil {
				t.Fatal(err)
			}
			defer ws.CloseNow()
			client := &client{t: t, ws: ws}
			_ = client.raw(c.kind, c.message)
			ctx, cancel := client.context()
			defer cancel()
			_, answer, err := ws.Read(ctx)
			if got := protocol.CloseCode(websocket.CloseStatus(err)); got != protocol.CloseHandshakeFailed {
				t.Errorf("got %d bytes, %v", len(answer), err)
			}
		})
	}
	eventually(t, "everybody has left", func() bool { return b.Stats().Open == 0 })
	if opened.Load() != 0 {
		t.Error("the handler heard of somebody")
	}
	if got := b.Stats(); got.HandshakesFailed != 12 || got.Closed[protocol.CloseHandshakeFailed] != 12 {
		t.Errorf("%+v", got)
	}
	if strings.Contains(b.log.String(), "ERROR") {
		t.Errorf("strangers write errors into the log: %s", b.log)
	}
}

func TestWhatNobodyWhoKnowsTheProtocolSendsEndsTheConnection(t *testing.T) {
	b := newBank(t, new(handler), nil)
	other := b.dial(t)
	for name, c := range map[string]struct {
		send func(*client)
		want protocol.CloseCode
	}{
		"garbage":              {func(c *client) { _ = c.raw(websocket.MessageBinary, random(80)) }, protocol.CloseBadRecord},
		"garbage of no bucket": {func(c *client) { _ = c.raw(websocket.MessageBinary, random(81)) }, protocol.CloseBadRecord},
		"an empty message":     {func(c *client) { _ = c.raw(websocket.MessageBinary, nil) }, protocol.CloseBadRecord},
		"the longest garbage":  {func(c *client) { _ = c.raw(websocket.MessageBinary, random(cipher.MaxMessage)) }, protocol.CloseBadRecord},
		"a byte too long":      {func(c *client) { _ = c.raw(websocket.MessageBinary, random(cipher.MaxMessage+1)) }, protocol.CloseTooLarge},
		"far too long":         {func(c *client) { _ = c.raw(websocket.MessageBinary, random(1<<20)) }, protocol.CloseTooLarge},
		"text":                 {func(c *client) { _ = c.raw(websocket.MessageText, []byte("hola")) }, protocol.CloseBadRecord},
		"another handshake":    {func(c *client) { _ = c.raw(websocket.MessageBinary, random(1216)) }, protocol.CloseBadRecord},
		"a record cut short": {func(c *client) {
			_ = c.raw(websocket.MessageBinary, must(c.channel.Seal(nil, pingFrame(1)))[:79])
		}, protocol.CloseBadRecord},
		"a record with a bit flipped": {func(c *client) {
			record := must(c.channel.Seal(nil, pingFrame(1)))
			record[9] ^= 4
			_ = c.raw(websocket.MessageBinary, record)
		}, protocol.CloseBadRecord},
		"a record twice": {func(c *client) {
			record := must(c.channel.Seal(nil, pingFrame(1)))
			_ = c.raw(websocket.MessageBinary, record)
			_ = c.raw(websocket.MessageBinary, record)
		}, protocol.CloseBadRecord},
		"a record left out": {func(c *client) {
			_, _ = c.channel.Seal(nil, pingFrame(1))
			c.body(pingFrame(2))
		}, protocol.CloseBadRecord},
		"a body that is no frame":  {func(c *client) { c.body([]byte("no protobuf at all")) }, protocol.CloseBadFrame},
		"a frame cut short":        {func(c *client) { f := pingFrame(1, 2); c.body(f[:len(f)-1]) }, protocol.CloseBadFrame},
		"too many commands":        {func(c *client) { c.ping(upTo(1, protocol.CommandsPerFrame+1)...) }, protocol.CloseBadFrame},
		"very many empty commands": {func(c *client) { c.body(bytes.Repeat([]byte{0x0a, 0}, 30_000)) }, protocol.CloseBadFrame},
		"a command without an id":  {func(c *client) { c.ping(0) }, protocol.CloseBadFrame},
		"text that is no UTF-8": {func(c *client) {
			hello := must(proto.Marshal(&protocol.Command{Id: 1, Request: &protocol.Command_Hello{Hello: &protocol.HelloRequest{Client: "x"}}}))
			c.body(protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), bytes.ReplaceAll(hello, []byte("x"), []byte{0xff})))
		}, protocol.CloseBadFrame},
		"very many positions": {func(c *client) {
			c.body(must(proto.Marshal(&protocol.ClientFrame{Commands: []*protocol.Command{{Id: 1, Request: &protocol.Command_Subscribe{
				Subscribe: &protocol.SubscribeRequest{Positions: slicesOf(20_000)},
			}}}})))
		}, protocol.CloseBadFrame},
	} {
		t.Run(name, func(t *testing.T) {
			client := b.dial(t)
			c.send(client)
			client.wantClose(c.want)
		})
	}
	eventually(t, "the others have left", func() bool { return b.Stats().Open == 1 })
	other.ping(1)
	other.reply()
	if strings.Contains(b.log.String(), "ERROR") {
		t.Errorf("strangers write errors into the log: %s", b.log)
	}
}

func slicesOf(n int) []*protocol.Position {
	positions := make([]*protocol.Position, n)
	for i := range positions {
		positions[i] = new(protocol.Position)
	}
	return positions
}

// A bad frame does nothing: not even what stands in it before the fault.
func TestNothingOfABadFrameIsDone(t *testing.T) {
	var began atomic.Int32
	b := newBank(t, &handler{command: func(*Conn, *protocol.Command) { began.Add(1) }}, nil)
	c := b.dial(t)
	c.ping(1, 2, 3, 0)
	c.wantClose(protocol.CloseBadFrame)
	if n := began.Load(); n != 0 {
		t.Errorf("%d commands began", n)
	}
}

func TestMessagesInPiecesAreReadWhole(t *testing.T) {
	b := newBank(t, new(handler), nil)
	for _, ids := range []uint64{1, 250} { // one that fits the first buffer, and one that needs larger ones
		c := b.dial(t)
		frame := pingFrame(upTo(1, ids)...)
		for _, piece := range []int{1, 7, 60, len(frame)} {
			ctx, cancel := c.context()
			w, err := c.ws.Writer(ctx, websocket.MessageBinary)
			if err != nil {
				t.Fatal(err)
			}
			record := must(c.channel.Seal(nil, frame))
			for rest := record; len(rest) > 0; rest = rest[min(piece, len(rest)):] {
				if _, err := w.Write(rest[:min(piece, len(rest))]); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			cancel()
			for range ids {
				c.reply()
			}
		}
	}
}

// What breaks WebSocket's own rules has no close record: the library ends it.
func TestFramesAgainstTheRulesOfWebSocketEndTheConnection(t *testing.T) {
	b := newBank(t, new(handler), nil)
	var endless bytes.Buffer
	endless.Write([]byte{0x82, 0x80 | 127})
	endless.Write(binary.BigEndian.AppendUint64(nil, 1<<62))
	for name, frame := range map[string][]byte{
		"not masked":                  {0x82, 2, 1, 2},
		"a continuation of nothing":   masked(0x80, []byte{1}),
		"an unknown opcode":           masked(0x83, []byte{1}),
		"compressed":                  masked(0xc2, []byte{1}),
		"a ping in pieces":            masked(0x09, nil),
		"a ping too long":             masked(0x89, make([]byte, 126)),
		"a length below zero":         append([]byte{0x82, 0xff}, bytes.Repeat([]byte{0xff}, 12)...),
		"a length that never comes":   append(endless.Bytes(), 0, 0, 0, 0, 1, 2, 3),
		"a close code that is none":   masked(0x88, []byte{0, 1}),
		"a close of half a code":      masked(0x88, []byte{1}),
		"a new message inside of one": append(masked(0x02, random(5)), masked(0x82, random(5))...),
	} {
		t.Run(name, func(t *testing.T) {
			raw := b.socket(t, "")
			channel := shake(t, b, raw)
			if _, err := raw.Write(frame); err != nil {
				t.Fatal(err)
			}
			if name == "a length that never comes" {
				_ = raw.CloseWrite()
			}
			rest, err := io.ReadAll(raw)
			if err != nil && !errors.Is(err, io.EOF) && errors.Is(err, errTimeout) {
				t.Errorf("still open: %v", err)
			}
			_, _ = channel, rest
		})
	}
	eventually(t, "everybody has left", func() bool { return b.Stats().Open == 0 })
}

// shake makes a channel on a raw socket.
func shake(t testing.TB, b *bank, raw io.ReadWriter) *cipher.Channel {
	t.Helper()
	offer := []string{cipher.Classic.Subprotocol()}
	lines := b.upgrade(map[string]string{"Sec-WebSocket-Protocol": "Sec-WebSocket-Protocol: " + offer[0]})
	if _, err := io.WriteString(raw, "GET /ws HTTP/1.1\r\n"+strings.Join(lines, "\r\n")+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	for header := ""; !strings.HasSuffix(header, "\r\n\r\n"); {
		one := make([]byte, 1)
		if _, err := raw.Read(one); err != nil {
			t.Fatal(err)
		}
		header += string(one)
	}
	hs, message1, err := cipher.NewClient(cipher.ClientConfig{
		Suite: cipher.Classic, Offered: offer, Verify: func([32]byte, []byte) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Write(masked(0x82, message1)); err != nil {
		t.Fatal(err)
	}
	return must(hs.Finish(frameOf(t, raw)))
}

func TestAThousandHalfOpenSocketsKeepNobodyOut(t *testing.T) {
	b := newBank(t, new(handler), func(c *Config) { c.Limits.PerAddress, c.Times.Handshake = 256, time.Hour })
	client := b.dial(t)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	request := "GET /ws HTTP/1.1\r\n" + strings.Join(b.upgrade(nil), "\r\n") + "\r\n\r\n"
	for i := range 1000 {
		raw := b.socket(t, fmt.Sprintf("127.0.1.%d", 1+i%5))
		if _, err := io.WriteString(raw, request); err != nil {
			t.Fatal(err)
		}
		if i%3 == 0 { // half a frame of half a handshake
			_, _ = raw.Write(masked(0x82, random(1216))[:600])
		}
	}
	eventually(t, "they hang", func() bool { return b.Stats().Handshaking == 1000 })
	runtime.GC()
	runtime.ReadMemStats(&after)
	if each := (after.HeapInuse + after.StackInuse - before.HeapInuse - before.StackInuse) / 1000; each > 100<<10 {
		t.Errorf("each takes %d KB, with its client", each>>10)
	}
	client.ping(1)
	client.reply()
	began := time.Now()
	another := b.dial(t)
	another.ping(1)
	another.reply()
	t.Logf("a newcomer was served in %v", time.Since(began))
}

// Whoever fills all places for handshakes keeps others out for a second at most: then the oldest goes.
func TestTheOldestHandshakeMakesRoom(t *testing.T) {
	g := newGate(Limits{Connections: 100, PerAddress: 100, Handshakes: 3, PerSecond: 100, Burst: 100})
	address, now := limitKey(must(parseAddressErr("192.0.2.1"))), time.Now()
	var cut []int
	var places []*place
	for i := range 3 {
		p, why := g.admit(address, now.Add(time.Duration(i)*100*time.Millisecond))
		if why != admitted {
			t.Fatal(why)
		}
		g.begun(p, func() { cut = append(cut, i) })
		places = append(places, p)
	}
	if _, why := g.admit(address, now.Add(900*time.Millisecond)); why != refusedHandshakes || len(cut) != 0 {
		t.Fatalf("%v, cut %v: the oldest had its second", why, cut)
	}
	if _, why := g.admit(address, now.Add(1050*time.Millisecond)); why != admitted || len(cut) != 1 || cut[0] != 0 {
		t.Fatalf("%v, cut %v", why, cut)
	}
	if _, why := g.admit(address, now.Add(1060*time.Millisecond)); why != refusedHandshakes {
		t.Fatalf("%v: the next oldest had its second", why)
	}
	g.shaken(places[1]) // it made it
	if _, why := g.admit(address, now.Add(1070*time.Millisecond)); why != admitted || len(cut) != 1 {
		t.Fatalf("%v, cut %v", why, cut)
	}
	for _, p := range places {
		g.leave(p)
	}
	if open, handshaking := g.counts(); open != 2 || handshaking != 2 {
		t.Errorf("%d open, %d handshaking", open, handshaking)
	}
}

func parseAddressErr(text string) (netip.Addr, error) {
	address, ok := parseAddress(text)
	if !ok {
		return address, errors.New("no address")
	}
	return address, nil
}

// The client asks and asks and never reads: what the server keeps for it is bounded, and in the end it is cut.
func TestAReaderThatNeverReadsCostsLittleAndGoes(t *testing.T) {
	answer := &protocol.Reply{Result: &protocol.Reply_Error{Error: &protocol.Error{Message: strings.Repeat("x", 20_000)}}}
	var connection atomic.Pointer[Conn]
	b := newBank(t, &handler{
		opened: func(c *Conn) { c.SignedIn(); connection.Store(c) },
		command: func(c *Conn, command *protocol.Command) {
			reply := proto.Clone(answer).(*protocol.Reply)
			reply.Id = command.GetId()
			c.Reply(reply)
		},
	}, func(c *Config) { c.Times.Write = 300 * time.Millisecond })
	raw := b.socket(t, "")
	channel := shake(t, b, raw)
	for id := uint64(1); ; id++ {
		if _, err := raw.Write(masked(0x82, must(channel.Seal(nil, pingFrame(id))))); err != nil {
			break // cut
		}
		if c := connection.Load(); c != nil {
			c.mu.Lock()
			waiting := c.waiting()
			c.mu.Unlock()
			if most := c.server.config.Limits.QueueBytes + c.server.config.Limits.InFlight*21_000; waiting > most {
				t.Fatalf("%d bytes wait", waiting)
			}
		}
	}
	eventually(t, "it is gone", func() bool { return b.Stats().Open == 0 })
	c := b.dial(t)
	c.ping(1)
	c.reply()
}

func TestPingsOfTheLibraryAreAnsweredButNotAFloodOfThem(t *testing.T) {
	b := newBank(t, new(handler), nil)
	raw := b.socket(t, "")
	shake(t, b, raw)
	for range 500 {
		if _, err := raw.Write(masked(0x89, []byte("p"))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := raw.Write(masked(0x88, []byte{0x03, 0xe8})); err != nil { // and closes
		t.Fatal(err)
	}
	heard, _ := io.ReadAll(raw)
	if n := bytes.Count(heard, []byte{0x8a, 1, 'p'}); n < 1 || n > 5 {
		t.Errorf("%d pongs for 500 pings", n)
	}
}
