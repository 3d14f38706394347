package bench

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"caudal/protocol"
)

// paying is a client of a run whose socket nobody needs, with one transfer in flight.
func paying(t *testing.T) (*client, *slot) {
	t.Helper()
	r := &run{config: &Config{Scenario: Transfer}, start: time.Now(), payees: &payees{moved: make([]atomic.Int64, 2)}}
	c := &client{run: r, shard: r.shard(0), slots: make([]slot, 1)}
	c.tracker.faults = &r.faults
	c.slots[0] = slot{op: opTransfer, busy: true, order: order{from: "032180000118359719", fromNumber: 0, toNumber: 1, amountMinor: 7}}
	return c, &c.slots[0]
}

func TestAStallCountsFromWhenACommandWasDue(t *testing.T) {
	c, s := paying(t)
	const ms = int64(time.Millisecond)
	s.dueAt, s.sentAt = 100*ms, 390*ms // the bank stood still, and there was no room to send it before
	c.answered(&reply{id: 1}, 400*ms)
	for k, want := range map[kind]float64{kindService: 10, kindResponse: 300} {
		if got := inShort(c.shard.histograms[k]).Max; got < want || got > want*1.001 {
			t.Errorf("%s: %v ms, want %v", kindNames[k], got, want)
		}
	}
	if p := c.run.payees; p.moved[0].Load() != -7 || p.moved[1].Load() != 7 {
		t.Error("an acknowledged order is not in the books")
	}
}

func TestABankThatAnswersTwiceIsFoundOut(t *testing.T) {
	c, s := paying(t)
	busy := &reply{id: 1, code: protocol.Code_CODE_BUSY, retryAfter: uint32(time.Minute / time.Millisecond)}
	c.gone = true // so that it is never sent again
	for range 1000 {
		c.answered(busy, 1)
	}
	if !s.waits || c.shard.errors["busy"] != 1 || len(c.run.faults.list) == 0 {
		t.Errorf("waits %v, errors %v, faults %v", s.waits, c.shard.errors, c.run.faults.list)
	}
}

func TestARefusalIsToldInTheBanksOwnWords(t *testing.T) {
	r := &run{}
	for range 3 {
		r.refusals.add(&openError{"http_503", refusal{"http_503", "the server is full\x1b[2J"}})
		r.refusals.add(&openError{"dial", errors.New("connection refused")})
	}
	r.caps(map[string]uint64{"http_503": 3, "busy": 2, "dial": 3})
	want := []string{
		`the bank would not have more connections: "the server is full?[2J"; see its --connections and --handshakes, which --demo sets high`,
		`busy, 2 times, is a cap of the bank's: see its --ledger-queue and --desk-queue`,
	}
	if len(r.notes) != len(want) || r.notes[0] != want[0] || r.notes[1] != want[1] {
		t.Errorf("%q", r.notes)
	}
	for range 100 {
		r.refusals.add(&openError{"x", refusal{"x", time.Now().String()}})
	}
	if len(r.refusals.list) > refusalsMax {
		t.Errorf("%d refusals are kept", len(r.refusals.list))
	}
}

func TestTheHotAccountPaysBackWhatComesIn(t *testing.T) {
	users := []User{{Accounts: []string{"a", "b"}}, {Accounts: []string{"c"}}, {Accounts: []string{"d"}}}
	p, err := newPayees(&Config{Users: users, Conns: 9, Hot: true})
	if err != nil {
		t.Fatal(err)
	}
	if from := p.ofUser(&users[0]); len(from) != 1 || from[0].clabe != "a" {
		t.Errorf("the holder pays from %v", from)
	}
	if from := p.ofUser(&users[1]); len(from) != 1 || from[0].clabe != "c" || from[0].number != p.numbers["c"] {
		t.Errorf("another one pays from %v", from)
	}
	if p.backMinor != 2 { // six connections pay 1 each, three pay back
		t.Errorf("%d are paid back at a time", p.backMinor)
	}
}
