package caudal

import (
	"context"
	"errors"
	"testing"

	"google.golang.org/protobuf/proto"

	"caudal/models/clabe"
	"caudal/protocol"
)

// FuzzServerFrame gives a link, and the loop behind it, whatever a bank could say. Nothing may panic or wait, and what
// cannot be understood is one of the errors there are.
func FuzzServerFrame(f *testing.F) {
	account := fakeCLABE(7)
	number, _ := clabe.Parse(account)
	first := protocol.FirstHead([32]byte{}, uint64(number), "MXN")
	add := func(messages ...*protocol.ServerMessage) {
		body, err := proto.Marshal(&protocol.ServerFrame{Messages: messages})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	event := func(e *protocol.Event) *protocol.ServerMessage {
		return &protocol.ServerMessage{Kind: &protocol.ServerMessage_Event{Event: e}}
	}
	add(&protocol.ServerMessage{Kind: &protocol.ServerMessage_Reply{Reply: &protocol.Reply{
		Id: 1, Result: &protocol.Reply_Ping{Ping: &protocol.PingResult{TimeUs: clockMin}},
	}}})
	add(event(&protocol.Event{Kind: &protocol.Event_Balance{Balance: &protocol.BalanceEvent{
		Account: account, Version: 5, Seq: 1, BalanceMinor: 7, AvailableMinor: 7, Currency: "MXN",
		Leg: &protocol.Leg{Seq: 1, AmountMinor: 7, BalanceMinor: 7, Counterparty: cash, Head: first[:], Memo: "x", MemoSalt: make([]byte, 16)},
	}}}))
	add(event(&protocol.Event{Kind: &protocol.Event_Heartbeat{Heartbeat: &protocol.HeartbeatEvent{TimeUs: clockMin}}}),
		event(&protocol.Event{Kind: &protocol.Event_DeviceAdded{DeviceAdded: &protocol.DeviceAddedEvent{Device: &protocol.Device{Id: make([]byte, 16)}}}}),
		event(&protocol.Event{Kind: &protocol.Event_DeviceRevoked{DeviceRevoked: &protocol.DeviceRevokedEvent{DeviceId: make([]byte, 16)}}}),
		event(&protocol.Event{Kind: &protocol.Event_AccountOpened{AccountOpened: &protocol.AccountOpenedEvent{Account: &protocol.Account{
			Clabe: fakeCLABE(8), Currency: "MXN", Head: make([]byte, 32),
		}}}}))
	add(event(&protocol.Event{Kind: &protocol.Event_AccountRenamed{AccountRenamed: &protocol.AccountRenamedEvent{Account: &protocol.Account{
		Clabe: account, Name: "Ahorro", Currency: "MXN", Version: 1, Head: first[:],
	}}}}),
		event(&protocol.Event{Kind: &protocol.Event_DeviceRenamed{DeviceRenamed: &protocol.DeviceRenamedEvent{DeviceId: make([]byte, 16), Name: "x"}}}))
	f.Fuzz(func(t *testing.T, body []byte) {
		ended := errors.New("ended")
		c := &Conn{currencies: map[string]string{}, changed: make(chan struct{}), err: ended}
		c.inbox = newInbox()
		l := newLink(nil, nil)
		l.clock, l.events = &c.clock, c.event
		l.pending[1] = &call{command: &protocol.Command{Id: 1}, done: make(chan result, 1), sent: true}
		if err := l.frame(body); err != nil && !errors.Is(err, ErrProtocol) {
			t.Errorf("an error of no kind: %v", err)
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		f := &follower{
			c: c, ctx: ctx, yield: func(Event, error) bool { return true }, box: c.inbox, link: l, begun: true,
			devices: map[DeviceID]string{}, accounts: map[string]*followed{account: {account: account, currency: "MXN"}},
		}
		items, _ := c.inbox.take()
		for _, i := range items {
			before := f.accounts[account].seq
			err := f.handle(i.event)
			if err != nil && !errors.Is(err, ErrProtocol) && !errors.Is(err, ErrDiverged) && !errors.Is(err, ended) && !errors.Is(err, context.Canceled) {
				t.Errorf("an error of no kind: %v", err)
			}
			if after := f.accounts[account].seq; after > before+1 {
				t.Errorf("from leg %d to leg %d", before, after)
			}
		}
	})
}
