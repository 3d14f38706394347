package conn

import (
	"bytes"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"caudal/protocol"
)

// Whatever repeats below a ClientFrame must be counted before it is decoded.
func TestEveryRepeatedFieldOfACommandIsBounded(t *testing.T) {
	bounded := map[protoreflect.FullName]bool{
		"caudal.v1.ClientFrame.commands":       true,
		"caudal.v1.SubscribeRequest.positions": true,
	}
	seen := map[protoreflect.FullName]bool{}
	var walk func(protoreflect.MessageDescriptor)
	walk = func(m protoreflect.MessageDescriptor) {
		if seen[m.FullName()] {
			return
		}
		seen[m.FullName()] = true
		for i := range m.Fields().Len() {
			f := m.Fields().Get(i)
			if (f.IsList() || f.IsMap()) && !bounded[f.FullName()] {
				t.Errorf("%s is not bounded", f.FullName())
			}
			if f.Message() != nil {
				walk(f.Message())
			}
		}
	}
	walk((&protocol.ClientFrame{}).ProtoReflect().Descriptor())
	for _, c := range []struct {
		in     proto.Message
		number protoreflect.FieldNumber
		name   protoreflect.Name
	}{
		{&protocol.ClientFrame{}, frameCommands, "commands"},
		{&protocol.Command{}, commandSubscribe, "subscribe"},
		{&protocol.SubscribeRequest{}, subscribePositions, "positions"},
		{&protocol.ServerFrame{}, frameMessages, "messages"},
		{&protocol.ServerMessage{}, messageReply, "reply"},
		{&protocol.ServerMessage{}, messageEvent, "event"},
	} {
		if f := c.in.ProtoReflect().Descriptor().Fields().ByNumber(c.number); f == nil || f.Name() != c.name {
			t.Errorf("field %d of %T is not %s", c.number, c.in, c.name)
		}
	}
}

func TestUnknownFieldsAreIgnored(t *testing.T) {
	body := append(pingFrame(3), 0x18, 5, 0xa2, 6, 3, 'a', 'b', 'c')
	commands, err := decodeFrame(body)
	if err != nil || len(commands) != 1 || commands[0].GetId() != 3 {
		t.Fatal(commands, err)
	}
}

// What clients send is read the short way: this and the fuzz test below, which compares both, belong together.
func TestAnOrdinaryTransferIsReadTheShortWay(t *testing.T) {
	want := &protocol.Command{Id: 300, IdempotencyKey: bytes.Repeat([]byte{9}, 16), Request: &protocol.Command_Transfer{
		Transfer: &protocol.TransferRequest{
			From: "032180000118359719", To: "002010077777777771", AmountMinor: 100_00, Currency: "MXN", Memo: "tacos & co.",
		},
	}}
	got := decodeTransfer(must(proto.Marshal(want)))
	if !proto.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	want.GetTransfer().Memo = ""
	if got := decodeTransfer(must(proto.Marshal(want))); !proto.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := decodeTransfer(must(proto.Marshal(&protocol.Command{Id: 1, Request: &protocol.Command_Ping{Ping: &protocol.PingRequest{}}}))); got != nil {
		t.Errorf("a ping is %v", got)
	}
}

// BenchmarkDecode measures the decoding of a frame of 16 transfers; the memo of the second is not plain, so that the library
// reads it.
func BenchmarkDecode(b *testing.B) {
	for _, memo := range []string{"tacos", "café"} {
		b.Run(memo, func(b *testing.B) {
			frame := new(protocol.ClientFrame)
			for i := range uint64(16) {
				frame.Commands = append(frame.Commands, &protocol.Command{
					Id: 1 + i, IdempotencyKey: make([]byte, 16), Request: &protocol.Command_Transfer{Transfer: &protocol.TransferRequest{
						From: "032180000118359719", To: "002010077777777771", AmountMinor: 100_00, Currency: "MXN", Memo: memo,
					}},
				})
			}
			body := must(proto.Marshal(frame))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := decodeFrame(body); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/16/float64(b.N), "ns/command")
		})
	}
}

// decodeFrame says what the protobuf library says, but for the bounds.
func FuzzDecodeFrame(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(pingFrame(1, 2, 3))
	f.Add(must(proto.Marshal(&protocol.ClientFrame{Commands: []*protocol.Command{
		{Id: 9, IdempotencyKey: make([]byte, 16), Request: &protocol.Command_Transfer{Transfer: &protocol.TransferRequest{
			From: "1", To: "2", AmountMinor: 5, Currency: "MXN", Memo: "ñ",
		}}},
		{Id: 10, Request: &protocol.Command_Subscribe{Subscribe: &protocol.SubscribeRequest{Positions: slicesOf(3)}}},
	}})))
	transfer := func(change func(*protocol.Command, *protocol.TransferRequest)) []byte {
		t := &protocol.TransferRequest{From: "032180000118359719", To: "002010077777777771", AmountMinor: 1_00, Currency: "MXN", Memo: "tacos"}
		c := &protocol.Command{Id: 7, IdempotencyKey: bytes.Repeat([]byte{0xfe}, 16), Request: &protocol.Command_Transfer{Transfer: t}}
		change(c, t)
		return must(proto.Marshal(&protocol.ClientFrame{Commands: []*protocol.Command{c, c}}))
	}
	f.Add(transfer(func(*protocol.Command, *protocol.TransferRequest) {}))
	f.Add(transfer(func(c *protocol.Command, _ *protocol.TransferRequest) { c.Id = 0 }))
	f.Add(transfer(func(c *protocol.Command, _ *protocol.TransferRequest) { c.IdempotencyKey = nil }))
	f.Add(transfer(func(_ *protocol.Command, t *protocol.TransferRequest) { t.From, t.AmountMinor = "", -1 }))
	f.Add(transfer(func(_ *protocol.Command, t *protocol.TransferRequest) { t.Memo = strings.Repeat("larga ", 100) }))
	f.Add(bytes.Replace(transfer(func(*protocol.Command, *protocol.TransferRequest) {}), []byte("tacos"), []byte("tac\xffs"), 1))
	twice := transfer(func(*protocol.Command, *protocol.TransferRequest) {})[2:]
	twice = append(twice[:len(twice)/2-1:len(twice)/2-1], twice[:len(twice)/2-1]...) // every field a second time
	f.Add(protowire.AppendBytes([]byte{0x0a}, twice))
	f.Add([]byte{0x0a, 0x02, 0x08, 0x00})
	f.Add([]byte{0x0b, 0x0c})
	f.Add([]byte{0x80, 0x80, 0x80, 0x80, 0x10, 0x00}) // field 2^29, one more than there may be
	f.Fuzz(func(t *testing.T, input []byte) {
		body := bytes.Clone(input) // a fuzz target leaves its input alone
		commands, err := decodeFrame(body)
		want := new(protocol.ClientFrame)
		refused := proto.UnmarshalOptions{DiscardUnknown: true}.Unmarshal(body, want) != nil
		if len(want.GetCommands()) > protocol.CommandsPerFrame {
			refused = true
		}
		for _, c := range want.GetCommands() {
			if c.GetId() == 0 {
				refused = true
			}
		}
		if (err != nil) != refused && !manyPositions(want) {
			t.Fatalf("decodeFrame says %v, the library says refused: %v", err, refused)
		}
		if err != nil {
			return
		}
		if len(commands) != len(want.GetCommands()) {
			t.Fatalf("%d commands, want %d", len(commands), len(want.GetCommands()))
		}
		for i := range commands {
			if !proto.Equal(commands[i], want.GetCommands()[i]) {
				t.Fatalf("command %d: %v, want %v", i, commands[i], want.GetCommands()[i])
			}
		}
		for i := range body { // the buffer goes to the next message
			body[i] = 0xaa
		}
		for i := range commands {
			if !proto.Equal(commands[i], want.GetCommands()[i]) {
				t.Fatal("a command shares the buffer's memory")
			}
		}
	})
}

func manyPositions(frame *protocol.ClientFrame) bool {
	for _, c := range frame.GetCommands() {
		if len(c.GetSubscribe().GetPositions()) > positionsMax {
			return true
		}
	}
	return false
}
