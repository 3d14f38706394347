package bench

import (
	"bytes"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"google.golang.org/protobuf/proto"

	"caudal/protocol"
)

// What is written by hand is what the generated code reads.
func TestCommandsAreTheSchemas(t *testing.T) {
	o := order{from: "032180000118359719", to: "002010077777777771", amountMinor: 12_345}
	for i := range o.key {
		o.key[i] = byte(i)
	}
	const wide = 1 << 20
	frame := appendPing(nil, 1)
	frame = o.appendTransfer(frame, 300)
	frame = appendHistory(frame, wide, o.from, historyLegs)
	var got protocol.ClientFrame
	if err := proto.Unmarshal(frame, &got); err != nil {
		t.Fatal(err)
	}
	want := &protocol.ClientFrame{Commands: []*protocol.Command{
		{Id: 1, Request: &protocol.Command_Ping{Ping: &protocol.PingRequest{}}},
		{Id: 300, IdempotencyKey: o.key[:], Request: &protocol.Command_Transfer{Transfer: &protocol.TransferRequest{
			From: o.from, To: o.to, AmountMinor: o.amountMinor, Currency: currency,
		}}},
		{Id: wide, Request: &protocol.Command_History{History: &protocol.HistoryRequest{Account: o.from, Limit: historyLegs}}},
	}}
	if !proto.Equal(&got, want) {
		t.Errorf("got %v, want %v", &got, want)
	}
}

func headOf(b byte) []byte { return bytes.Repeat([]byte{b}, 32) }

// What is read by hand is what the generated code writes.
func TestRepliesAndEventsAreTheSchemas(t *testing.T) {
	raw := func(m proto.Message) []byte {
		b, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var r reply
	if err := r.read(raw(&protocol.Reply{Id: 7, Result: &protocol.Reply_Receipt{Receipt: &protocol.Receipt{
		TransferId: "t", From: "032180000118359719", AmountMinor: 5, AtUs: 9, BalanceMinor: -3, Seq: 12, Head: headOf(4),
	}}})); err != nil {
		t.Fatal(err)
	}
	if r.id != 7 || r.code != 0 || r.receipt != (receipt{balanceMinor: -3, seq: 12, head: [32]byte(headOf(4))}) {
		t.Errorf("a receipt is read as %+v", r)
	}
	if err := r.read(raw(&protocol.Reply{Id: 8, Result: &protocol.Reply_Error{Error: &protocol.Error{
		Code: protocol.Code_CODE_BUSY, Message: "busy", Retryable: true, RetryAfterMs: 100,
	}}})); err != nil {
		t.Fatal(err)
	}
	if r.id != 8 || r.code != protocol.Code_CODE_BUSY || r.retryAfter != 100 {
		t.Errorf("a refusal is read as %+v", r)
	}
	var m movement
	if err := m.read(raw(&protocol.BalanceEvent{
		Account: "032180000118359719", Version: 3, Seq: 2, BalanceMinor: 900, Currency: currency,
		Leg: &protocol.Leg{
			Seq: 2, AmountMinor: -100, BalanceMinor: 900, AtUs: 77, Kind: 2, Counterparty: "002010077777777771", Head: headOf(6),
			Memo: strings.Repeat("m", 140), MemoHash: headOf(7),
		},
	})); err != nil {
		t.Fatal(err)
	}
	want := movement{account: 32180000118359719, seq: 2, balanceMinor: 900, leg: true, amountMinor: -100, leavesMinor: 900, atUs: 77,
		kind: 2, other: 2010077777777771, memo: true, head: [32]byte(headOf(6))}
	if m != want {
		t.Errorf("an event is read as %+v, want %+v", m, want)
	}
}

// FuzzTake feeds a client what a bank could send: it may refuse, and must not break.
func FuzzTake(f *testing.F) {
	frame, err := proto.Marshal(&protocol.ServerFrame{Messages: []*protocol.ServerMessage{
		{Kind: &protocol.ServerMessage_Reply{Reply: &protocol.Reply{Id: 1, Result: &protocol.Reply_Receipt{Receipt: &protocol.Receipt{
			Seq: 1, BalanceMinor: 90, Head: headOf(1),
		}}}}},
		{Kind: &protocol.ServerMessage_Event{Event: &protocol.Event{Kind: &protocol.Event_Balance{Balance: &protocol.BalanceEvent{
			Account: "032180000118359719", Seq: 1, BalanceMinor: 90, Leg: &protocol.Leg{Seq: 1, AmountMinor: -10, Head: headOf(1)},
		}}}}},
	}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(frame)
	f.Add([]byte{0x0a, 0x02, 0x0a, 0xff})
	f.Fuzz(func(_ *testing.T, body []byte) {
		r := &run{config: &Config{Scenario: Transfer}, start: time.Now()}
		r.payees = &payees{moved: make([]atomic.Int64, 1)}
		c := &client{run: r, shard: r.shard(0), slots: make([]slot, 2), gone: true}
		c.tracker.faults = &r.faults
		c.tracks = []track{{account: 32180000118359719, balanceMinor: 100}}
		c.slots[0] = slot{op: opTransfer, busy: true, order: order{from: "032180000118359719"}}
		_, _ = c.take(body, r.now(), subscribeID) // refusing is fine
	})
}

func TestKeysAreUUIDsOfTheBanksClock(t *testing.T) {
	mint := newKeyMint()
	const ms = 1_767_225_600_000
	seen := map[[16]byte]bool{}
	for range 1000 {
		key := mint.key(ms)
		id := uuid.UUID(key)
		seconds, nanos := id.Time().UnixTime()
		if id.Version() != 7 || id.Variant() != uuid.RFC4122 || seconds*1000+nanos/1e6 != ms || seen[key] {
			t.Fatalf("%v is no new key of its time", id)
		}
		seen[key] = true
	}
}

func BenchmarkReadEvent(b *testing.B) {
	raw, err := proto.Marshal(&protocol.BalanceEvent{
		Account: "032180000118359719", Version: 3, Seq: 2, BalanceMinor: 900, AvailableMinor: 900, Currency: currency, Status: 1,
		Leg: &protocol.Leg{TransferId: "abcdefghijklmnop", Seq: 2, AmountMinor: -100, BalanceMinor: 900, Counterparty: "002010077777777771",
			CounterpartyName: "Load T***", AtUs: 1_767_225_600_000_000, Kind: 1, IdempotencyKey: make([]byte, 16), Head: headOf(6)},
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Run("by hand", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var m movement
			if err := m.read(raw); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("generated", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := proto.Unmarshal(raw, new(protocol.BalanceEvent)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
