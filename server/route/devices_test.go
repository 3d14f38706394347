package route

import (
	"bytes"
	"context"
	"testing"

	"caudal/models"
	"caudal/protocol"
	"caudal/server/testclient"
)

func revoke(id []byte) *protocol.Command {
	return &protocol.Command{Request: &protocol.Command_RevokeDevice{RevokeDevice: &protocol.RevokeDeviceRequest{DeviceId: id}}}
}

func (c *customer) devices() []*protocol.Device {
	c.house.t.Helper()
	return c.Do(&protocol.Command{Request: &protocol.Command_ListDevices{ListDevices: &protocol.ListDevicesRequest{}}}).
		GetListDevices().GetDevices()
}

func TestARevokedDeviceIsOutAtOnceAndTheOthersHearOfIt(t *testing.T) {
	h := open(t, nil)
	laptop := h.register("ana")
	laptop.subscribe()
	phone := h.login("ana")
	if added := laptop.WaitEvent().GetDeviceAdded().GetDevice(); !bytes.Equal(added.GetId(), phone.device.ID) || added.GetName() != "test device" {
		t.Errorf("the laptop hears of %v", added)
	}
	tablet := h.login("ana")
	laptop.WaitEvent()
	tablet.subscribe()
	second := phone.again()
	if got := len(laptop.devices()); got != 3 {
		t.Errorf("%d devices", got)
	}
	if got := laptop.Code(revoke(phone.device.ID)); got != protocol.Code_CODE_UNSPECIFIED {
		t.Fatal(got)
	}
	for _, c := range []*customer{phone, second} {
		if code := c.WaitClosed(); code != protocol.CloseDeviceRevoked {
			t.Errorf("closed by %s", code)
		}
	}
	if id := tablet.WaitEvent().GetDeviceRevoked().GetDeviceId(); !bytes.Equal(id, phone.device.ID) {
		t.Errorf("the tablet hears of %x", id)
	}
	c := h.dial()
	if got := c.Code(c.Resume(phone.device)); got != protocol.Code_CODE_DEVICE_REVOKED {
		t.Errorf("the phone comes back: %s", got)
	}
	if got := laptop.Code(revoke(phone.device.ID)); got != protocol.Code_CODE_NOT_FOUND {
		t.Errorf("revoked twice: %s", got)
	}
}

func TestADeviceThatRevokesItselfGetsItsAnswer(t *testing.T) {
	h := open(t, nil)
	ana := h.register("ana")
	if got := ana.Code(revoke(ana.device.ID)); got != protocol.Code_CODE_UNSPECIFIED {
		t.Fatal(got)
	}
	if code := ana.WaitClosed(); code != protocol.CloseDeviceRevoked {
		t.Errorf("closed by %s", code)
	}
}

func TestNobodyRevokesAnothersDevice(t *testing.T) {
	h := open(t, nil)
	ana, luis := h.register("ana"), h.register("luis")
	foreign, missing := ana.Do(revoke(luis.device.ID)), ana.Do(revoke(randomBytes(16)))
	if foreign.GetError().GetCode() != protocol.Code_CODE_NOT_FOUND || foreign.GetError().String() != missing.GetError().String() {
		t.Errorf("foreign: %v; missing: %v", foreign.GetError(), missing.GetError())
	}
	if got := ana.Code(revoke([]byte("x"))); got != protocol.Code_CODE_NOT_FOUND {
		t.Errorf("no id: %s", got)
	}
	luis.accounts()
}

func TestLogoutEndsTheConnectionAndWhereAskedTheDevice(t *testing.T) {
	h := open(t, nil)
	ana := h.register("ana")
	out := func(revoke bool) *protocol.Command {
		return &protocol.Command{Request: &protocol.Command_Logout{Logout: &protocol.LogoutRequest{RevokeDevice: revoke}}}
	}
	if reply := ana.Do(out(false)); reply.GetLogout() == nil {
		t.Fatal(reply)
	}
	if code := ana.WaitClosed(); code != protocol.CloseLoggedOut {
		t.Errorf("closed by %s", code)
	}
	ana = ana.again()
	other := ana.again()
	if reply := ana.Do(out(true)); reply.GetLogout() == nil {
		t.Fatal(reply)
	}
	if code := ana.WaitClosed(); code != protocol.CloseLoggedOut {
		t.Errorf("closed by %s", code)
	}
	if code := other.WaitClosed(); code != protocol.CloseDeviceRevoked {
		t.Errorf("its other connection closed by %s", code)
	}
	c := h.dial()
	if got := c.Code(c.Resume(ana.device)); got != protocol.Code_CODE_DEVICE_REVOKED {
		t.Errorf("came back: %s", got)
	}
}

func TestAChangedPasswordRevokesTheOtherDevices(t *testing.T) {
	h := open(t, nil)
	ana := h.register("ana")
	phone := h.login("ana")
	change := func(old, new string) *protocol.Command {
		return &protocol.Command{Request: &protocol.Command_ChangePassword{ChangePassword: &protocol.ChangePasswordRequest{
			OldPassword: old, NewPassword: new,
		}}}
	}
	const newPassword = "another correct horse battery"
	if got := ana.Code(change("not the password at all", newPassword)); got != protocol.Code_CODE_BAD_CREDENTIALS {
		t.Errorf("a wrong one: %s", got)
	}
	if got := ana.Code(change(testPassword, "short")); got != protocol.Code_CODE_INVALID_PASSWORD {
		t.Errorf("a weak one: %s", got)
	}
	phone.accounts() // still there
	reply := ana.Do(change(testPassword, newPassword))
	if reply.GetChangePassword().GetDevicesRevoked() != 1 {
		t.Errorf("got %v", reply)
	}
	if code := phone.WaitClosed(); code != protocol.CloseDeviceRevoked {
		t.Errorf("the phone closed by %s", code)
	}
	ana.accounts()
	c := h.dial()
	if got := c.Code(c.Login("ana", testPassword, testclient.NewDevice(t))); got != protocol.Code_CODE_BAD_CREDENTIALS {
		t.Errorf("the old password: %s", got)
	}
	if got := c.Code(c.Login("ana", newPassword, testclient.NewDevice(t))); got != protocol.Code_CODE_UNSPECIFIED {
		t.Errorf("the new password: %s", got)
	}
}

func TestThereAreTooManyDevicesAtSomePoint(t *testing.T) {
	h := open(t, nil)
	ana := h.register("ana")
	for range models.MaxDevices - 1 {
		h.login("ana").Cut()
		eventually(t, "the connection is gone", func() bool { return h.hub.Stats().SignedIn == 1 })
	}
	c := h.dial()
	if got := c.Code(c.Login("ana", testPassword, testclient.NewDevice(t))); got != protocol.Code_CODE_TOO_MANY {
		t.Errorf("one too many: %s", got)
	}
	if got := len(ana.devices()); got != models.MaxDevices {
		t.Errorf("%d devices", got)
	}
}

func TestAConnectionThatEndsWhileItSignsInLeavesNothingInTheHub(t *testing.T) {
	release, started := make(chan struct{}), make(chan struct{})
	h := open(t, nil)
	ana := h.register("ana")
	h.router.config.Welcome = func(context.Context, *models.User) error {
		close(started)
		<-release
		return nil
	}
	c := h.dial()
	c.Send(c.Resume(ana.device))
	<-started
	c.Cut()
	eventually(t, "the hub has forgotten it", func() bool { return h.hub.Stats().SignedIn == 1 })
	close(release)
	ana.accounts()
	if got := h.hub.Stats().SignedIn; got != 1 {
		t.Errorf("%d connections are signed in", got)
	}
}
