package caudal

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"testing"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/proto"

	"caudal/cipher"
	"caudal/protocol"
)

// echoBank answers every ping and nothing else, in one frame for each that it gets: what is measured is the client, and
// a server that costs as little as one can. Hello is served by the fake bank.
func echoBank(b *testing.B) (*fakeBank, *Conn) {
	b.Helper()
	bank := newFakeBank(b)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(bank.fakeEndpoint.serve), TLSConfig: bank.server.TLSConfig}
	go server.ServeTLS(listener, "", "")
	b.Cleanup(func() { server.Close() })
	bank.echo = echo
	config := bank.config()
	config.URL = fmt.Sprintf("wss://%s/ws", listener.Addr())
	config.DialContext = nil
	conn, err := Dial(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	return bank, conn
}

func echo(c *fakeConn, commands []*protocol.Command, buffer []byte) []byte {
	frame := &protocol.ServerFrame{Messages: make([]*protocol.ServerMessage, 0, len(commands))}
	for _, command := range commands {
		frame.Messages = append(frame.Messages, &protocol.ServerMessage{Kind: &protocol.ServerMessage_Reply{Reply: &protocol.Reply{
			Id: command.GetId(), Result: &protocol.Reply_Ping{Ping: &protocol.PingResult{TimeUs: 1800000000_000000}},
		}}})
	}
	body, _ := proto.MarshalOptions{}.MarshalAppend(buffer[:0], frame)
	sealed, _ := c.channel.Seal(nil, body)
	c.ws.Write(context.Background(), websocket.MessageBinary, sealed)
	return body
}

// BenchmarkRoundTrips measures calls over TLS 1.3 on loopback, client and echo in one process on the same cores; both
// sides' allocations are counted, the client's alone are in BenchmarkClientAllocations.
func BenchmarkRoundTrips(b *testing.B) {
	for _, together := range []int{1, 16, 256} {
		b.Run(fmt.Sprintf("together=%d", together), func(b *testing.B) {
			bank, conn := echoBank(b)
			b.ReportAllocs()
			b.SetParallelism(max(1, together/runtime.GOMAXPROCS(0)))
			b.ResetTimer()
			if together == 1 {
				for b.Loop() {
					if _, err := conn.Ping(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
			} else {
				b.RunParallel(func(p *testing.PB) {
					for p.Next() {
						if _, err := conn.Ping(context.Background()); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
			b.ReportMetric(float64(b.N)/float64(bank.frames()), "calls/frame")
		})
	}
}

// BenchmarkClientAllocations is a call's way through the client without socket: queue, frame, seal, open, decode, answer.
func BenchmarkClientAllocations(b *testing.B) {
	client, server := channels(b)
	l := newLink(nil, client)
	l.clock, l.inFlight = &clock{}, 1
	var frame protocol.ClientFrame
	var plain, sealed, answered []byte
	reply, err := proto.Marshal(&protocol.ServerFrame{Messages: []*protocol.ServerMessage{{Kind: &protocol.ServerMessage_Reply{Reply: &protocol.Reply{
		Id: 1, Result: &protocol.Reply_Receipt{Receipt: &protocol.Receipt{
			TransferId: "aaaaaaaaaaaaaaaaaaaaaaaaaa", IdempotencyKey: make([]byte, 16), From: cash, To: cash, AmountMinor: 100,
			Currency: "MXN", BalanceMinor: 100, Seq: 5, Head: make([]byte, 32),
		}},
	}}}}})
	if err != nil {
		b.Fatal(err)
	}
	order := &protocol.Command{IdempotencyKey: make([]byte, 16), Request: &protocol.Command_Transfer{Transfer: &protocol.TransferRequest{
		From: cash, To: cash, AmountMinor: 100, Currency: "MXN",
	}}}
	b.ReportAllocs()
	for b.Loop() {
		c := &call{command: again(order), done: make(chan result, 1)}
		l.nextID = 0
		if err := l.enqueue(c); err != nil {
			b.Fatal(err)
		}
		if !l.take(&frame) {
			b.Fatal("nothing to send")
		}
		plain, _ = (proto.MarshalOptions{}).MarshalAppend(plain[:0], &frame)
		if sealed, err = client.Seal(sealed[:0], plain); err != nil {
			b.Fatal(err)
		}
		if answered, err = server.Seal(answered[:0], reply); err != nil {
			b.Fatal(err)
		}
		record, err := client.Open(answered[:0], answered)
		if err != nil {
			b.Fatal(err)
		}
		if err := l.frame(record.Body); err != nil {
			b.Fatal(err)
		}
		if r := <-c.done; r.err != nil {
			b.Fatal(r.err)
		}
	}
}

func channels(b *testing.B) (client, server *cipher.Channel) {
	b.Helper()
	offered := []string{cipher.Hybrid.Subprotocol()}
	handshake, message1, err := cipher.NewClient(cipher.ClientConfig{
		Suite: cipher.Hybrid, Offered: offered, Verify: func([32]byte, []byte) error { return nil },
	})
	if err != nil {
		b.Fatal(err)
	}
	static, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	server, message2, err := cipher.Accept(cipher.ServerConfig{Suite: cipher.Hybrid, Offered: offered, Static: static}, message1)
	if err != nil {
		b.Fatal(err)
	}
	if client, err = handshake.Finish(message2); err != nil {
		b.Fatal(err)
	}
	return client, server
}
