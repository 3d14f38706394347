package caudal

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"caudal/cipher"
	"caudal/protocol"
)

// TestABankThatBreaksTheProtocolIsLeftForGood: inside the channel it is the bank that speaks, and a second connection
// would not make it another one.
func TestABankThatBreaksTheProtocolIsLeftForGood(t *testing.T) {
	frame := func(messages ...*protocol.ServerMessage) []byte {
		body, err := proto.Marshal(&protocol.ServerFrame{Messages: messages})
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	reply := func(r *protocol.Reply) []byte {
		return frame(&protocol.ServerMessage{Kind: &protocol.ServerMessage_Reply{Reply: r}})
	}
	ping := &protocol.Reply_Ping{Ping: &protocol.PingResult{TimeUs: clockMin}}
	badText := protowire.AppendString(protowire.AppendTag(nil, 2, protowire.BytesType), "\xff\xfe")
	cases := map[string][]byte{
		"a reply to nothing":      reply(&protocol.Reply{Id: 1 << 60, Result: ping}),
		"a reply to zero":         reply(&protocol.Reply{Result: ping}),
		"a frame of garbage":      bytes.Repeat([]byte{0xff}, 100),
		"a frame that is cut":     reply(&protocol.Reply{Id: 1 << 60, Result: ping})[:5],
		"text that is not UTF-8":  appendField(nil, 1, appendField(nil, 1, appendField(nil, 2, badText))),
		"a clock of long ago":     frame(&protocol.ServerMessage{Kind: &protocol.ServerMessage_Event{Event: &protocol.Event{Kind: &protocol.Event_Heartbeat{Heartbeat: &protocol.HeartbeatEvent{TimeUs: -1}}}}}),
		"the largest frame there": bytes.Repeat([]byte{0xff}, cipher.MaxBody),
	}
	for name, body := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bank := newFakeBank(t)
				conn := signedInTo(t, bank)
				bank.each(func(c *fakeConn) { c.sendBody(body) })
				settle()
				if _, err := conn.Accounts(t.Context()); !errors.Is(err, ErrProtocol) {
					t.Errorf("got %v", err)
				}
				if n := bank.attempts(); n != 1 {
					t.Errorf("%d attempts to connect", n)
				}
				if bank.standing() > 0 {
					t.Error("the connection stands")
				}
			})
		})
	}
}

func appendField(b []byte, number protowire.Number, body []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, number, protowire.BytesType), body)
}

// TestDamageOnTheWayIsACut: whoever sits on the way can end a connection, and nothing else.
func TestDamageOnTheWayIsACut(t *testing.T) {
	cases := map[string]func(*fakeConn){
		"a text message":         func(c *fakeConn) { c.sendRaw(websocket.MessageText, []byte("hello")) },
		"an empty message":       func(c *fakeConn) { c.sendRaw(websocket.MessageBinary, nil) },
		"a message that is none": func(c *fakeConn) { c.sendRaw(websocket.MessageBinary, make([]byte, 80)) },
		"a message too long":     func(c *fakeConn) { c.sendRaw(websocket.MessageBinary, make([]byte, cipher.MaxMessage+1)) },
		"a message far too long": func(c *fakeConn) { c.sendRaw(websocket.MessageBinary, make([]byte, 300_000)) },
		"a forged close code":    func(c *fakeConn) { c.ws.Close(websocket.StatusCode(protocol.CloseDeviceRevoked), "") },
		"a forged good-bye":      func(c *fakeConn) { c.ws.Close(websocket.StatusNormalClosure, "") },
		"a cut":                  func(c *fakeConn) { c.cut() },
	}
	for name, damage := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bank := newFakeBank(t)
				account := bank.open(7, 500)
				conn := signedInTo(t, bank)
				w := watch(t, conn)
				synctest.Wait()
				bank.each(damage)
				settle()
				bank.pay(account, 5)
				settle()
				w.reached(bank)
				if _, err := conn.Accounts(t.Context()); err != nil {
					t.Error(err)
				}
				if n := bank.attempts(); n != 2 {
					t.Errorf("%d attempts to connect", n)
				}
			})
		})
	}
}

func TestAWrongAnswerIsNotBelieved(t *testing.T) {
	calls := map[string]func(context.Context, *Conn) error{
		"accounts": func(ctx context.Context, c *Conn) error { _, err := c.Accounts(ctx); return err },
		"open_account": func(ctx context.Context, c *Conn) error {
			_, err := c.OpenAccount(ctx, NewAccount{Name: "x"})
			return err
		},
		"resolve_payee":   func(ctx context.Context, c *Conn) error { _, err := c.ResolvePayee(ctx, "@luis"); return err },
		"transfer":        func(ctx context.Context, c *Conn) error { _, err := c.Transfer(ctx, Order{}); return err },
		"deposit":         func(ctx context.Context, c *Conn) error { _, err := c.Deposit(ctx, CashOrder{}); return err },
		"withdraw":        func(ctx context.Context, c *Conn) error { _, err := c.Withdraw(ctx, CashOrder{}); return err },
		"devices":         func(ctx context.Context, c *Conn) error { _, err := c.Devices(ctx); return err },
		"revoke_device":   func(ctx context.Context, c *Conn) error { return c.RevokeDevice(ctx, DeviceID{}) },
		"change_password": func(ctx context.Context, c *Conn) error { _, err := c.ChangePassword(ctx, "a", "b"); return err },
		"logout":          func(ctx context.Context, c *Conn) error { return c.Logout(ctx, false) },
		"rename_account": func(ctx context.Context, c *Conn) error {
			_, err := c.RenameAccount(ctx, fakeCLABE(7), "x")
			return err
		},
		"rename_device": func(ctx context.Context, c *Conn) error { _, err := c.RenameDevice(ctx, DeviceID{}, "x"); return err },
		"find_holders":  func(ctx context.Context, c *Conn) error { _, err := c.FindHolders(ctx, "ana"); return err },
		"list_audit":    func(ctx context.Context, c *Conn) error { _, err := c.Audit(ctx, AuditQuery{}); return err },
		"teller_limits": func(ctx context.Context, c *Conn) error { _, err := c.TellerLimits(ctx, ""); return err },
		"ping":          func(ctx context.Context, c *Conn) error { _, err := c.Ping(ctx); return err },
		"events": func(ctx context.Context, c *Conn) error {
			for _, err := range c.Events(ctx) {
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bank := newFakeBank(t)
				conn := signedInTo(t, bank)
				bank.intercept = func(c *fakeConn, command *protocol.Command) bool {
					c.reply(&protocol.Reply{Id: command.GetId(), Result: &protocol.Reply_Hello{Hello: bank.hello}})
					return true
				}
				if err := call(t.Context(), conn); !errors.Is(err, ErrProtocol) {
					t.Errorf("answered by something else: %v", err)
				}
				settle()
				if bank.standing() > 0 {
					t.Error("the connection stands")
				}
			})
		})
	}
}

func TestMalformedInsidesAreRefused(t *testing.T) {
	everything := func(ctx context.Context, c *Conn) error {
		_, err := c.Accounts(ctx)
		if err == nil {
			_, err = c.History(ctx, HistoryQuery{Account: fakeCLABE(7)})
		}
		if err == nil {
			_, err = c.Devices(ctx)
		}
		if err == nil {
			_, err = c.ResolvePayee(ctx, fakeCLABE(7))
		}
		if err == nil {
			_, err = c.FindHolders(ctx, "ana")
		}
		if err == nil {
			_, err = c.Audit(ctx, AuditQuery{Cursor: "x"})
		}
		if err == nil {
			_, err = c.TellerLimits(ctx, "MXN")
		}
		if err == nil {
			_, err = c.RenameAccount(ctx, fakeCLABE(7), "Cuenta 7")
		}
		if err == nil {
			_, err = c.RenameDevice(ctx, c.Whoami().Device.ID, "laptop")
		}
		return err
	}
	cases := map[string]func(*protocol.Reply){
		"an account's number": func(r *protocol.Reply) {
			each(r.GetListAccounts().GetAccounts(), func(a *protocol.Account) { a.Clabe = "\x1b[31m1" })
		},
		"an account's head": func(r *protocol.Reply) {
			each(r.GetListAccounts().GetAccounts(), func(a *protocol.Account) { a.Head = nil })
		},
		"an account's currency": func(r *protocol.Reply) {
			each(r.GetListAccounts().GetAccounts(), func(a *protocol.Account) { a.Currency = "pesos" })
		},
		"a leg's head":   func(r *protocol.Reply) { each(r.GetHistory().GetLegs(), func(l *protocol.Leg) { l.Head = l.Head[:5] }) },
		"a leg's number": func(r *protocol.Reply) { each(r.GetHistory().GetLegs(), func(l *protocol.Leg) { l.Seq = 0 }) },
		"a leg's counterparty": func(r *protocol.Reply) {
			each(r.GetHistory().GetLegs(), func(l *protocol.Leg) { l.Counterparty = "me" })
		},
		"a leg's key": func(r *protocol.Reply) {
			each(r.GetHistory().GetLegs(), func(l *protocol.Leg) { l.IdempotencyKey = []byte{1} })
		},
		"a leg's memo hash": func(r *protocol.Reply) {
			each(r.GetHistory().GetLegs(), func(l *protocol.Leg) { l.MemoHash = []byte{1} })
		},
		"a leg's memo salt": func(r *protocol.Reply) {
			each(r.GetHistory().GetLegs(), func(l *protocol.Leg) { l.Memo, l.MemoSalt = "x", nil })
		},
		"a cursor": func(r *protocol.Reply) {
			if h := r.GetHistory(); h != nil {
				h.Next = strings.Repeat("x", cursorBytes+1)
			}
		},
		"too many legs": func(r *protocol.Reply) {
			if h := r.GetHistory(); h != nil {
				for len(h.Legs) <= protocol.HistoryLegs {
					h.Legs = append(h.Legs, h.Legs[0])
				}
			}
		},
		"a device's id": func(r *protocol.Reply) {
			each(r.GetListDevices().GetDevices(), func(d *protocol.Device) { d.Id = nil })
		},
		"a holder's account": func(r *protocol.Reply) {
			each(r.GetFindHolders().GetHolders(), func(h *protocol.Holder) { h.Accounts[0].Clabe = "1" })
		},
		"too many holders": func(r *protocol.Reply) {
			if f := r.GetFindHolders(); f != nil {
				for len(f.Holders) <= protocol.HoldersFound {
					f.Holders = append(f.Holders, f.Holders[0])
				}
			}
		},
		"an entry's account": func(r *protocol.Reply) {
			each(r.GetListAudit().GetEntries(), func(e *protocol.AuditEntry) { e.Account = "\x1b[31m1" })
		},
		"an entry's currency": func(r *protocol.Reply) {
			each(r.GetListAudit().GetEntries(), func(e *protocol.AuditEntry) { e.Currency = "pesos" })
		},
		"an entry's key": func(r *protocol.Reply) {
			each(r.GetListAudit().GetEntries(), func(e *protocol.AuditEntry) { e.IdempotencyKey = []byte{1} })
		},
		"too many entries": func(r *protocol.Reply) {
			if a := r.GetListAudit(); a != nil {
				for len(a.Entries) <= protocol.AuditEntries {
					a.Entries = append(a.Entries, a.Entries[0])
				}
			}
		},
		"an audit cursor": func(r *protocol.Reply) {
			if a := r.GetListAudit(); a != nil {
				a.Next = strings.Repeat("x", cursorBytes+1)
			}
		},
		"a page of nothing that leads on": func(r *protocol.Reply) {
			if a := r.GetListAudit(); a != nil {
				a.Entries = nil
			}
		},
		"a page that leads to itself": func(r *protocol.Reply) {
			if a := r.GetListAudit(); a != nil {
				a.Next = "x"
			}
		},
		"limits of another currency": func(r *protocol.Reply) {
			if l := r.GetTellerLimits(); l != nil {
				l.Currency = "USD"
			}
		},
		"another account's name": func(r *protocol.Reply) {
			if a := r.GetAccount(); a != nil {
				a.Clabe = fakeCLABE(8)
			}
		},
		"another device's name": func(r *protocol.Reply) {
			if d := r.GetDevice(); d != nil {
				d.Id = make([]byte, 16)
			}
		},
		"a payee's number": func(r *protocol.Reply) {
			if p := r.GetPayee(); p != nil {
				p.Clabe = "12"
			}
		},
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bank := newFakeBank(t)
				bank.open(7, 500)
				conn := signedInTo(t, bank)
				if err := everything(t.Context(), conn); err != nil {
					t.Fatal(err)
				}
				bank.outgoing = func(_ *fakeConn, m *protocol.ServerMessage) []*protocol.ServerMessage {
					spoil(m.GetReply())
					return []*protocol.ServerMessage{m}
				}
				if err := everything(t.Context(), conn); !errors.Is(err, ErrProtocol) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func each[T any](list []T, f func(T)) {
	for _, v := range list {
		f(v)
	}
}

func TestHistoryThatDoesNotAddUpIsAnAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		account := bank.open(7, 500)
		for i := range int64(12) {
			bank.pay(account, i+1)
		}
		conn := signedInTo(t, bank)
		seq := uint64(13)
		for leg, err := range conn.Legs(t.Context(), HistoryQuery{Account: account, Limit: 3}) {
			if err != nil || leg.Seq != seq {
				t.Fatalf("leg %d: %+v, %v", seq, leg, err)
			}
			seq--
		}
		if seq != 0 {
			t.Fatalf("the history ended at leg %d", seq+1)
		}
		bank.outgoing = func(_ *fakeConn, m *protocol.ServerMessage) []*protocol.ServerMessage {
			each(m.GetReply().GetHistory().GetLegs(), func(l *protocol.Leg) {
				if l.GetSeq() == 9 {
					l.AmountMinor += 1
				}
			})
			return []*protocol.ServerMessage{m}
		}
		var last error
		for _, err := range conn.Legs(t.Context(), HistoryQuery{Account: account}) {
			last = err
		}
		if diverged, ok := errors.AsType[*DivergedError](last); !ok || diverged.Account != account || diverged.Seq != 8 {
			t.Errorf("got %v", last)
		}
		if _, err := conn.History(t.Context(), HistoryQuery{Account: fakeCLABE(9)}); CodeOf(err) != protocol.Code_CODE_NOT_FOUND {
			t.Errorf("an account of nobody's: %v", err)
		}
	})
}

func TestAHistoryThatGoesInACircleEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		account := bank.open(7, 500)
		conn := signedInTo(t, bank)
		bank.outgoing = func(_ *fakeConn, m *protocol.ServerMessage) []*protocol.ServerMessage {
			if h := m.GetReply().GetHistory(); h != nil {
				h.Legs, h.Next = nil, "again"
			}
			return []*protocol.ServerMessage{m}
		}
		var last error
		for _, err := range conn.Legs(t.Context(), HistoryQuery{Account: account}) {
			last = err
		}
		if !errors.Is(last, ErrProtocol) {
			t.Errorf("got %v", last)
		}
	})
}

func TestARefusalsTextObeysNoTerminal(t *testing.T) {
	e := refusal(&protocol.Error{Code: protocol.Code_CODE_BUSY, Message: "a\x1b[31mb\u202ec\r\nd\x00é" + strings.Repeat("x", 1000)})
	if strings.ContainsAny(e.Message, "\x1b\u202e\r\n\x00") || !strings.HasPrefix(e.Message, "a[31mbcdéx") || len([]rune(e.Message)) > messageRunes {
		t.Errorf("%q", e.Message)
	}
	if (&Error{Code: protocol.Code_CODE_BUSY}).Error() != "busy" {
		t.Error("a refusal without words is not named")
	}
}

func TestAHelloThatIsNotOursIsRefused(t *testing.T) {
	cases := map[string]struct {
		change func(*protocol.HelloResult)
		want   error
	}{
		"another version":             {func(h *protocol.HelloResult) { h.Version = 2 }, ErrProtocol},
		"a clock of the year 292,000": {func(h *protocol.HelloResult) { h.TimeUs = 1<<63 - 1 }, ErrProtocol},
		"nothing said of life": {func(h *protocol.HelloResult) {
			h.HeartbeatMs, h.IdleTimeoutMs, h.CommandsInFlightMax = 0, 0, 0
		}, nil},
		"a life of an instant": {func(h *protocol.HelloResult) { h.HeartbeatMs, h.IdleTimeoutMs = 1, 1 }, nil},
		"a life of ages": {func(h *protocol.HelloResult) {
			h.HeartbeatMs, h.IdleTimeoutMs, h.CommandsInFlightMax = 1<<32-1, 1<<32-1, 1<<32-1
		}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bank := newFakeBank(t)
				c.change(bank.hello)
				conn, err := Dial(t.Context(), bank.config())
				if !errors.Is(err, c.want) {
					t.Fatalf("got %v", err)
				}
				if err == nil {
					defer conn.Close()
					if _, err := conn.Ping(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		})
	}
}

func TestADialThatNobodyAnswersEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		bank.intercept = func(*fakeConn, *protocol.Command) bool { return true }
		started := time.Now()
		_, err := Dial(t.Context(), bank.config())
		if !errors.Is(err, ErrDisconnected) || time.Since(started) > openTimeout+farewell {
			t.Errorf("after %v: %v", time.Since(started), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := Dial(ctx, bank.config()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("its context: %v", err)
		}
	})
}
