package route

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
	"caudal/protocol"
	"caudal/server/conn"
	"caudal/server/limit"
)

func renameAccountCommand(account, name string) *protocol.Command {
	return &protocol.Command{Request: &protocol.Command_RenameAccount{RenameAccount: &protocol.RenameAccountRequest{Account: account, Name: name}}}
}

func renameDeviceCommand(id []byte, name string) *protocol.Command {
	return &protocol.Command{Request: &protocol.Command_RenameDevice{RenameDevice: &protocol.RenameDeviceRequest{DeviceId: id, Name: name}}}
}

func TestAnAccountsNewNameReachesEveryConnectionOfItsHolder(t *testing.T) {
	h := open(t, nil)
	ana, luis := h.rich("ana", 10_00), h.register("luis")
	phone := ana.again()
	for _, c := range []*customer{ana, phone, luis} {
		c.subscribe()
	}
	before := ana.accounts()[0]
	account := ana.Do(renameAccountCommand(ana.account, "  Ahorro   para el viaje ")).GetAccount()
	want := proto.Clone(before).(*protocol.Account)
	want.Name, want.Version = "Ahorro para el viaje", before.GetVersion()+1
	if !proto.Equal(account, want) {
		t.Fatalf("got %v, want %v", account, want)
	}
	for _, c := range []*customer{ana, phone} {
		if got := c.WaitEvent().GetAccountRenamed().GetAccount(); !proto.Equal(got, want) {
			t.Errorf("heard %v, want %v", got, want)
		}
	}
	if got := ana.Do(renameAccountCommand(ana.account, "Ahorro para el viaje")).GetAccount(); !proto.Equal(got, want) {
		t.Errorf("the name that it has: %v", got)
	}
	ana.pay(luis.account, 1_00) // its event is the next thing that all of them hear
	for _, c := range []*customer{ana, phone, luis} {
		event := c.WaitEvent()
		if event.GetBalance() == nil || c != luis && event.GetBalance().GetVersion() != want.GetVersion()+1 {
			t.Errorf("heard %v", event)
		}
	}
	if got := phone.subscribe().GetAccounts()[0].GetAccount().GetName(); got != want.GetName() {
		t.Errorf("kept as %q", got)
	}
}

func TestRefusedRenamesChangeNothing(t *testing.T) {
	h := open(t, nil)
	ana, luis, caja := h.register("ana"), h.register("luis"), h.teller("caja")
	missing := must(clabe.New(999, 1, 5))(t).String()
	for _, row := range []struct {
		what    string
		who     *customer
		command *protocol.Command
		code    protocol.Code
	}{
		{"another's account", luis, renameAccountCommand(ana.account, "mine"), protocol.Code_CODE_NOT_FOUND},
		{"a teller", caja, renameAccountCommand(ana.account, "mine"), protocol.Code_CODE_NOT_FOUND},
		{"no account", ana, renameAccountCommand(missing, "x"), protocol.Code_CODE_NOT_FOUND},
		{"the bank's", ana, renameAccountCommand(models.SystemAccount(models.ClassCash, money.MXN, 0).String(), "x"), protocol.Code_CODE_NOT_FOUND},
		{"no number", ana, renameAccountCommand("1", "x"), protocol.Code_CODE_INVALID_ARGUMENT},
		{"no name", ana, renameAccountCommand(ana.account, " "), protocol.Code_CODE_INVALID_ARGUMENT},
		{"a long name", ana, renameAccountCommand(ana.account, strings.Repeat("x", 61)), protocol.Code_CODE_INVALID_ARGUMENT},
		{"an escape", ana, renameAccountCommand(ana.account, "\x1b[2J"), protocol.Code_CODE_INVALID_ARGUMENT},
		{"another's device", luis, renameDeviceCommand(ana.device.ID, "mine"), protocol.Code_CODE_NOT_FOUND},
		{"no device", ana, renameDeviceCommand(randomBytes(16), "x"), protocol.Code_CODE_NOT_FOUND},
		{"no id", ana, renameDeviceCommand([]byte("x"), "x"), protocol.Code_CODE_NOT_FOUND},
		{"a device's no name", ana, renameDeviceCommand(ana.device.ID, ""), protocol.Code_CODE_INVALID_ARGUMENT},
		{"a device's long name", ana, renameDeviceCommand(ana.device.ID, strings.Repeat("x", 61)), protocol.Code_CODE_INVALID_ARGUMENT},
		{"a device's escape", ana, renameDeviceCommand(ana.device.ID, "\u202ex"), protocol.Code_CODE_INVALID_ARGUMENT},
	} {
		if got := row.who.Code(row.command); got != row.code {
			t.Errorf("%s: got %s, want %s", row.what, got, row.code)
		}
	}
	foreign, none := luis.Do(renameAccountCommand(ana.account, "mine")), luis.Do(renameAccountCommand(missing, "mine"))
	if foreign.GetError().String() != none.GetError().String() {
		t.Errorf("foreign: %v; missing: %v", foreign.GetError(), none.GetError())
	}
	if got := ana.accounts()[0]; got.GetName() != FirstAccount || got.GetVersion() != 1 {
		t.Errorf("a refusal changed %v", got)
	}
	if got := ana.devices()[0].GetName(); got != "test device" {
		t.Errorf("a refusal changed a device to %q", got)
	}
}

func TestADevicesNewNameReachesTheOthers(t *testing.T) {
	h := open(t, nil)
	laptop := h.register("ana")
	phone := h.login("ana")
	second := phone.again()
	for _, c := range []*customer{laptop, phone, second} {
		c.subscribe()
	}
	device := laptop.Do(renameDeviceCommand(phone.device.ID, "Teléfono")).GetDevice()
	if device.GetName() != "Teléfono" || device.GetCurrent() || !bytes.Equal(device.GetId(), phone.device.ID) {
		t.Errorf("got %v", device)
	}
	for _, c := range []*customer{phone, second} { // one of them is the device itself
		if got := c.WaitEvent().GetDeviceRenamed(); got.GetName() != "Teléfono" || !bytes.Equal(got.GetDeviceId(), phone.device.ID) {
			t.Errorf("heard %v", got)
		}
	}
	if device = phone.Do(renameDeviceCommand(phone.device.ID, "Otro")).GetDevice(); !device.GetCurrent() {
		t.Errorf("got %v", device)
	}
	if got := laptop.WaitEvent().GetDeviceRenamed().GetName(); got != "Otro" { // nothing came for the first, which it asked for
		t.Errorf("heard %q", got)
	}
}

// Names have no version, so the last one that is heard must be the one that the bank has.
func TestTheLastNameOfADeviceThatIsHeardIsTheOneItHas(t *testing.T) {
	h := open(t, nil)
	laptop := h.register("ana")
	phone, tablet := h.login("ana"), h.login("ana")
	tablet.subscribe()
	const rounds = 100
	for round := range rounds {
		var answers []chan *protocol.Reply
		for i, c := range []*customer{laptop, phone} {
			for j := range 2 {
				answers = append(answers, c.Send(renameDeviceCommand(phone.device.ID, fmt.Sprintf("name %d %d %d", round, i, j)))...)
			}
		}
		for _, answer := range answers {
			if reply := <-answer; reply.GetDevice() == nil {
				t.Fatal(reply)
			}
		}
		var heard string
		for range answers {
			heard = tablet.WaitEvent().GetDeviceRenamed().GetName()
		}
		for _, device := range tablet.devices() {
			if bytes.Equal(device.GetId(), phone.device.ID) && device.GetName() != heard {
				t.Fatalf("round %d: heard %q, is called %q", round, heard, device.GetName())
			}
		}
	}
}

func TestRenamesAreLimited(t *testing.T) {
	h := open(t, func(c *Config, _ *conn.Config) { c.Limits.Renames = limit.Rate{Burst: 2, Every: time.Hour} })
	ana, luis := h.register("ana"), h.register("luis")
	for i, command := range []*protocol.Command{
		renameAccountCommand(ana.account, "one"), renameDeviceCommand(ana.device.ID, "two"),
		renameAccountCommand(ana.account, "three"), renameDeviceCommand(ana.device.ID, "four"),
	} {
		want := protocol.Code_CODE_UNSPECIFIED
		if i >= 2 {
			want = protocol.Code_CODE_RATE_LIMITED
		}
		if got := ana.Code(command); got != want {
			t.Errorf("rename %d: %s", i, got)
		}
	}
	if got := luis.Code(renameAccountCommand(luis.account, "one")); got != protocol.Code_CODE_UNSPECIFIED {
		t.Errorf("somebody else: %s", got)
	}
	if got := ana.accounts()[0].GetName(); got != "one" {
		t.Errorf("named %q", got)
	}
}
