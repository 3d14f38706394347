package live

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/ledger"
	"caudal/protocol"
	"caudal/server/conn"
)

// screen is a connection that keeps what it was told.
type screen struct {
	mu     sync.Mutex
	events []*protocol.Event
	slots  []conn.Event
	closed []protocol.CloseCode
}

func (s *screen) Event(e conn.Event) {
	frame := new(protocol.ServerFrame)
	if err := proto.Unmarshal(e.Encoded, frame); err != nil || len(frame.GetMessages()) != 1 {
		panic("not one message of a frame")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, frame.GetMessages()[0].GetEvent())
	s.slots = append(s.slots, e)
}

func (s *screen) GatherEvent(e conn.Event) (owed bool) {
	s.Event(e)
	return true
}

func (s *screen) Flush() {}

func (s *screen) Close(code protocol.CloseCode) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = append(s.closed, code)
}

// heard gives the events so far, each in a few letters: b for balance, o for opened, n for another name, + - and = for
// devices; account and version.
func (s *screen) heard() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []string
	for _, e := range s.events {
		switch e := e.GetKind().(type) {
		case *protocol.Event_Balance:
			list = append(list, fmt.Sprintf("b%d.%d", must(clabe.Parse(e.Balance.GetAccount())).Account(), e.Balance.GetVersion()))
		case *protocol.Event_AccountOpened:
			a := e.AccountOpened.GetAccount()
			list = append(list, fmt.Sprintf("o%d.%d", must(clabe.Parse(a.GetClabe())).Account(), a.GetVersion()))
		case *protocol.Event_AccountRenamed:
			a := e.AccountRenamed.GetAccount()
			list = append(list, fmt.Sprintf("n%d.%d", must(clabe.Parse(a.GetClabe())).Account(), a.GetVersion()))
		case *protocol.Event_DeviceRenamed:
			list = append(list, "="+string(e.DeviceRenamed.GetDeviceId())+" "+e.DeviceRenamed.GetName())
		case *protocol.Event_DeviceAdded:
			list = append(list, "+"+string(e.DeviceAdded.GetDevice().GetId()))
		case *protocol.Event_DeviceRevoked:
			list = append(list, "-"+string(e.DeviceRevoked.GetDeviceId()))
		case *protocol.Event_Draining:
			list = append(list, "draining")
		}
	}
	return list
}

func (s *screen) want(t *testing.T, want ...string) {
	t.Helper()
	if got := s.heard(); !slices.Equal(got, want) {
		t.Errorf("heard %v, want %v", got, want)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newHub() *Hub {
	return New(Config{TransferID: func(dst []byte, row int64) []byte { return fmt.Appendf(dst, "opaque-%d", row) }})
}

const (
	ana, luis     = 11, 22
	phone, laptop = 111, 112
)

// account is the CLABE of account n.
func account(n int64) clabe.Number { return must(clabe.New(999, 1, n)) }

func change(owner, n int64, version uint64) *ledger.Change {
	return &ledger.Change{
		Account: account(n), Owner: owner, Version: version, Seq: version, BalanceMinor: int64(version), AvailableMinor: int64(version) + 5,
		Currency: "MXN", Status: models.AccountActive,
		Leg: &ledger.Leg{
			Transfer: int64(version), Account: account(n), Seq: version, AmountMinor: 1, BalanceMinor: int64(version),
			Counterparty: account(99), Kind: ledger.KindTransfer, Actor: owner, Key: ledger.Key{1, 2, 3},
		},
	}
}

// signIn gives a connection that is subscribed and live.
func signIn(t *testing.T, h *Hub, user, device int64) *screen {
	t.Helper()
	s := new(screen)
	if err := h.SignIn(s, user, device); err != nil {
		t.Fatal(err)
	}
	h.Subscribe(s).Release(nil)
	return s
}

func TestAChangeReachesEveryConnectionOfItsOwnerAndNobodyElse(t *testing.T) {
	h := newHub()
	one, two, other := signIn(t, h, ana, phone), signIn(t, h, ana, laptop), signIn(t, h, luis, 221)
	deaf := new(screen) // signed in, not subscribed
	if err := h.SignIn(deaf, ana, phone); err != nil {
		t.Fatal(err)
	}
	h.Changed(change(ana, 1, 1))
	h.Changed(change(luis, 2, 1))
	h.Changed(change(0, 3, 1)) // a system account
	h.Changed(change(33, 4, 1))
	h.Changed(change(ana, 1, 2))
	one.want(t, "b1.1", "b1.2")
	two.want(t, "b1.1", "b1.2")
	other.want(t, "b2.1")
	deaf.want(t)
	if &one.slots[0].Encoded[0] != &two.slots[0].Encoded[0] {
		t.Error("an event was encoded more than once")
	}
	if s := one.slots[0]; s.Account != int64(account(1)) || s.Version != 1 {
		t.Errorf("superseded by account %d version %d", s.Account, s.Version)
	}
}

func TestABalanceEventSaysWhereTheAccountStands(t *testing.T) {
	h := newHub()
	s := signIn(t, h, ana, phone)
	c := change(ana, 1, 7)
	c.Status = models.AccountFrozen
	c.Head = [32]byte{9}
	c.Leg.CounterpartyName, c.Leg.Memo, c.Leg.MemoSalt, c.Leg.MemoHash = "L*** P***", "café", [16]byte{4}, [32]byte{5}
	c.Leg.At, c.Leg.Head, c.Leg.AmountMinor = 99, [32]byte{9}, -350
	h.Changed(c)
	c.Leg = nil
	c.Version = 8
	h.Changed(c)
	want := &protocol.BalanceEvent{
		Account: account(1).String(), Version: 7, Seq: 7, BalanceMinor: 7, AvailableMinor: 12, Currency: "MXN",
		Status: protocol.AccountStatus_ACCOUNT_STATUS_FROZEN,
		Leg: &protocol.Leg{
			TransferId: "opaque-7", Seq: 7, AmountMinor: -350, BalanceMinor: 7, Counterparty: account(99).String(),
			CounterpartyName: "L*** P***", Memo: "café", MemoSalt: append([]byte{4}, make([]byte, 15)...),
			MemoHash: append([]byte{5}, make([]byte, 31)...), AtUs: 99, Kind: protocol.TransferKind_TRANSFER_KIND_TRANSFER,
			IdempotencyKey: append([]byte{1, 2, 3}, make([]byte, 13)...), Head: append([]byte{9}, make([]byte, 31)...),
		},
	}
	if got := s.events[0].GetBalance(); !proto.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	want.Leg, want.Version = nil, 8
	if got := s.events[1].GetBalance(); !proto.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

func TestTheKeyIsShownToWhoeverGaveTheOrderAlone(t *testing.T) {
	leg := change(ana, 1, 1).Leg
	for name, c := range map[string]struct {
		actor, reader int64
		shown         bool
	}{
		"own":                {ana, ana, true},
		"paid by another":    {luis, ana, false},
		"ordered by a clerk": {77, ana, false},
		"given by the bank":  {0, ana, false},
		"nobody reads":       {0, 0, false},
	} {
		leg.Actor = c.actor
		if got := Leg(leg, c.reader, "x").GetIdempotencyKey(); (got != nil) != c.shown {
			t.Errorf("%s: key %s", name, hex.EncodeToString(got))
		}
	}
}

func TestALegWithoutAMemoHasNoSalt(t *testing.T) {
	leg := change(ana, 1, 1).Leg
	leg.MemoSalt = [16]byte{1}
	if m := Leg(leg, ana, "x"); m.GetMemoSalt() != nil || m.GetMemoHash() != nil {
		t.Errorf("%v", m)
	}
}

func TestWhatALegSaysDoesNotChangeWithTheLedgersMemory(t *testing.T) {
	h := newHub()
	s := signIn(t, h, ana, phone)
	c := change(ana, 1, 1)
	h.Changed(c)
	c.Leg.Head = [32]byte{0xff}
	c.Leg.Key = ledger.Key{0xff}
	leg := s.events[0].GetBalance().GetLeg()
	if leg.GetHead()[0] == 0xff || leg.GetIdempotencyKey()[0] == 0xff {
		t.Error("an event changed after it was sent")
	}
}

func TestANewAccountIsAnEventOfItsOwnThatNothingSupersedes(t *testing.T) {
	h := newHub()
	s := signIn(t, h, ana, phone)
	c := change(ana, 1, 1)
	c.Opened, c.Name = true, "Vacaciones"
	c.Leg = nil
	h.Changed(c)
	c = change(ana, 2, 1) // and one that is opened with money on it
	c.Opened = true
	h.Changed(c)
	s.want(t, "o1.1", "o2.1", "b2.1")
	if got := s.events[0].GetAccountOpened().GetAccount(); got.GetName() != "Vacaciones" || got.GetCurrency() != "MXN" {
		t.Errorf("opened %v", got)
	}
	if s.slots[0].Account != 0 || s.slots[2].Account == 0 {
		t.Error("a new account's event could be left out")
	}
}

func TestANewNameIsAnEventThatNothingSupersedesAndNothingDoubles(t *testing.T) {
	h := newHub()
	s := signIn(t, h, ana, phone)
	other := signIn(t, h, luis, 221)
	c := change(ana, 1, 7)
	c.Renamed, c.Name, c.Leg, c.Head = true, "Ahorro", nil, [32]byte{9}
	h.Changed(c)
	s.want(t, "n1.7")
	other.want(t)
	want := &protocol.Account{
		Clabe: account(1).String(), Name: "Ahorro", Currency: "MXN", BalanceMinor: 7, AvailableMinor: 12, Seq: 7, Version: 7,
		Head: append([]byte{9}, make([]byte, 31)...), Status: protocol.AccountStatus_ACCOUNT_STATUS_ACTIVE,
	}
	if got := s.events[0].GetAccountRenamed().GetAccount(); !proto.Equal(got, want) {
		t.Errorf("renamed %v, want %v", got, want)
	}
	if s.slots[0].Account != 0 {
		t.Error("a new name's event could be left out")
	}

	late := new(screen)
	if err := h.SignIn(late, ana, laptop); err != nil {
		t.Fatal(err)
	}
	subscription := h.Subscribe(late)
	h.Changed(c)
	newer := change(ana, 1, 8)
	newer.Renamed, newer.Name, newer.Leg = true, "Viaje", nil
	h.Changed(newer)
	subscription.Release(map[int64]uint64{int64(account(1)): 7})
	late.want(t, "n1.8")
}

func TestARenamedDeviceIsToldToTheOthers(t *testing.T) {
	h := newHub()
	one, two, other := signIn(t, h, ana, phone), signIn(t, h, ana, laptop), signIn(t, h, luis, 221)
	h.DeviceRenamed(ana, one, []byte("id"), "caja 2")
	one.want(t)
	two.want(t, "=id caja 2")
	other.want(t)
}

func TestEventsAreHeldBackUntilTheReplyAndDoublesDropped(t *testing.T) {
	h := newHub()
	s := new(screen)
	if err := h.SignIn(s, ana, phone); err != nil {
		t.Fatal(err)
	}
	h.Changed(change(ana, 1, 1)) // before: the state that is read has it
	sub := h.Subscribe(s)
	h.Changed(change(ana, 1, 2))
	h.Changed(change(ana, 2, 5))
	h.Changed(change(ana, 1, 3))
	h.DeviceAdded(ana, nil, &protocol.Device{Id: []byte("d")})
	s.want(t) // the state is being read: account 1 at version 2, account 2 at version 7, whose events are on their way
	sub.Release(map[int64]uint64{int64(account(1)): 2, int64(account(2)): 7})
	s.want(t, "b1.3", "+d")
	h.Changed(change(ana, 2, 6))
	h.Changed(change(ana, 2, 7))
	h.Changed(change(ana, 2, 8))
	h.Changed(change(ana, 1, 4))
	h.Changed(change(ana, 3, 1)) // opened after the reading
	s.want(t, "b1.3", "+d", "b2.8", "b1.4", "b3.1")
	sub.Release(nil) // again: nothing
	s.want(t, "b1.3", "+d", "b2.8", "b1.4", "b3.1")
}

func TestANewSubscriptionTakesTheOldOnesPlace(t *testing.T) {
	h := newHub()
	s := new(screen)
	if err := h.SignIn(s, ana, phone); err != nil {
		t.Fatal(err)
	}
	old := h.Subscribe(s)
	h.Changed(change(ana, 1, 1))
	sub := h.Subscribe(s)
	old.Release(nil)
	h.Changed(change(ana, 1, 2))
	s.want(t)
	sub.Release(nil)
	s.want(t, "b1.2")
	h.Unsubscribe(s)
	h.Unsubscribe(s)
	h.Changed(change(ana, 1, 3))
	s.want(t, "b1.2")
	if got := h.Stats(); got != (Stats{Users: 1, SignedIn: 1}) {
		t.Errorf("%+v", got)
	}
}

func TestWhoIsGoneHearsNothingAndLeavesNothing(t *testing.T) {
	h := newHub()
	s, other := signIn(t, h, ana, phone), signIn(t, h, ana, phone)
	h.Gone(s)
	h.Gone(s)
	h.Changed(change(ana, 1, 1))
	s.want(t)
	other.want(t, "b1.1")
	if h.Subscribe(s) != nil {
		t.Error("somebody who is gone subscribes")
	}
	held := h.Subscribe(other)
	h.Changed(change(ana, 1, 2))
	h.Gone(other)
	held.Release(nil)
	other.want(t, "b1.1")
	if len(h.users)+len(h.sessions)+len(h.devices) != 0 {
		t.Errorf("left behind: %d users, %d sessions, %d devices", len(h.users), len(h.sessions), len(h.devices))
	}
}

func TestOneSignInAConnectionAndSoManyConnectionsAUser(t *testing.T) {
	h := New(Config{TransferID: func(dst []byte, _ int64) []byte { return dst }, PerUser: 2})
	one := signIn(t, h, ana, phone)
	if err := h.SignIn(one, luis, 5); err == nil {
		t.Error("a connection signed in twice")
	}
	signIn(t, h, ana, laptop)
	if err := h.SignIn(new(screen), ana, phone); !errors.Is(err, ErrTooManyConnections) {
		t.Errorf("the third: %v", err)
	}
	signIn(t, h, luis, 6)
	h.Gone(one)
	signIn(t, h, ana, phone)
	if got := h.Stats(); got != (Stats{Users: 2, SignedIn: 3, Subscribed: 3}) {
		t.Errorf("%+v", got)
	}
}

func TestARevokedDevicesConnectionsCloseAndTheOthersAreTold(t *testing.T) {
	h := newHub()
	one, two, mine, other := signIn(t, h, ana, phone), signIn(t, h, ana, phone), signIn(t, h, ana, laptop), signIn(t, h, luis, 221)
	third := signIn(t, h, ana, 113)
	h.CloseDevice(phone, protocol.CloseDeviceRevoked)
	h.DeviceRevoked(ana, mine, []byte("phone"))
	for _, s := range []*screen{one, two} {
		if !slices.Equal(s.closed, []protocol.CloseCode{protocol.CloseDeviceRevoked}) {
			t.Errorf("closed with %v", s.closed)
		}
	}
	for _, s := range []*screen{mine, other, third} {
		if s.closed != nil {
			t.Error("closed with the others")
		}
	}
	third.want(t, "-phone")
	mine.want(t)
	other.want(t)
	h.CloseUser(ana, protocol.CloseUserClosed)
	if !slices.Equal(third.closed, []protocol.CloseCode{protocol.CloseUserClosed}) || other.closed != nil {
		t.Errorf("%v, %v", third.closed, other.closed)
	}
	h.CloseUser(987, protocol.CloseUserClosed)
	h.CloseDevice(987, protocol.CloseDeviceRevoked)
	h.Broadcast(&protocol.Event{Kind: &protocol.Event_Draining{Draining: &protocol.DrainingEvent{}}})
	other.want(t, "draining")
}

func TestWhatIsHeldBackIsBounded(t *testing.T) {
	h := newHub()
	s := new(screen)
	if err := h.SignIn(s, ana, phone); err != nil {
		t.Fatal(err)
	}
	sub := h.Subscribe(s)
	const newest = 5000
	for v := uint64(1); v <= newest; v++ {
		h.Changed(change(ana, 1, v))
		h.Changed(change(ana, 2, v))
		if sub.heldBytes > heldBytesMax {
			t.Fatalf("%d bytes are held", sub.heldBytes)
		}
	}
	bytes := 0
	for _, n := range sub.held {
		bytes += len(n.event.Encoded)
	}
	if bytes != sub.heldBytes {
		t.Errorf("%d bytes are held, %d counted", bytes, sub.heldBytes)
	}
	sub.Release(nil)
	heard := s.heard()
	if last := heard[len(heard)-2:]; !slices.Equal(last, []string{"b1.5000", "b2.5000"}) {
		t.Errorf("the newest that came: %v", last)
	}
	if s.closed != nil {
		t.Errorf("closed with %v", s.closed)
	}

	sub = h.Subscribe(s) // and what cannot be left out
	for range heldBytesMax/1000 + 10 {
		h.DeviceAdded(ana, nil, &protocol.Device{Id: make([]byte, 1000)})
	}
	if !slices.Equal(s.closed, []protocol.CloseCode{protocol.CloseSlowReader}) {
		t.Errorf("closed with %v", s.closed)
	}
	sub.Release(nil)
}

// What subscribers see whenever they come, as one publisher goes on: after the state that they read, every version, once.
func TestASubscriberMissesNothingWheneverItComes(t *testing.T) {
	h := newHub()
	const versions, subscribers = 1000, 20
	var mu sync.Mutex // what the database would be
	var committed uint64
	var done sync.WaitGroup
	done.Go(func() { // the ledger
		for v := uint64(1); v <= versions; v++ {
			mu.Lock()
			committed = v
			mu.Unlock()
			h.Changed(change(ana, 1, v))
		}
	})
	for i := range subscribers {
		done.Go(func() {
			s := new(screen)
			if err := h.SignIn(s, ana, int64(i)); err != nil {
				t.Error(err)
				return
			}
			for range rand.IntN(5) {
				h.Subscribe(s)
			}
			sub := h.Subscribe(s)
			mu.Lock()
			read := committed
			mu.Unlock()
			sub.Release(map[int64]uint64{int64(account(1)): read})
			t.Cleanup(func() {
				next := read + 1
				for _, e := range s.events {
					if got := e.GetBalance().GetVersion(); got != next {
						t.Errorf("version %d came, not %d", got, next)
						return
					}
					next++
				}
				if next != versions+1 {
					t.Errorf("the last that came was %d of %d", next-1, versions)
				}
			})
		})
	}
	done.Wait()
}

func TestEveryKindAndStatusHasItsNumberOnTheWire(t *testing.T) {
	for kind := ledger.KindTransfer; kind <= ledger.KindGift; kind++ {
		if got := Kind(kind); int32(got) != int32(kind) {
			t.Errorf("kind %d is %v", kind, got)
		}
	}
	if Kind(200) != 0 || Status("melted") != 0 {
		t.Error("what is unknown has a number")
	}
	if Status(models.AccountActive) != protocol.AccountStatus_ACCOUNT_STATUS_ACTIVE {
		t.Error("active is another")
	}
}

// BenchmarkChanged measures one change, encoded and handed to n connections of its owner, whose queues are left out.
func BenchmarkChanged(b *testing.B) {
	for _, n := range []int{0, 1, 4, 64} {
		b.Run(fmt.Sprintf("connections=%d", n), func(b *testing.B) {
			h := newHub()
			for i := range n {
				s := new(nobody)
				s.id = i
				if err := h.SignIn(s, ana, phone); err != nil {
					b.Fatal(err)
				}
				h.Subscribe(s).Release(nil)
			}
			c := change(ana, 1, 1)
			b.ReportAllocs()
			for b.Loop() {
				c.Version++
				h.Changed(c)
				h.Told()
			}
		})
	}
}

type nobody struct{ id int }

func (*nobody) Event(conn.Event)            {}
func (*nobody) GatherEvent(conn.Event) bool { return true }
func (*nobody) Flush()                      {}
func (*nobody) Close(protocol.CloseCode)    {}
