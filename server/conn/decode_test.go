package conn

import (
	"bytes"
	"testing"

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
