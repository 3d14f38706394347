package route

import (
	"testing"
	"time"

	"caudal/protocol"
	"caudal/server/conn"
	"caudal/server/limit"
	"caudal/server/testclient"
)

// What hostile customers and neighbours try against the limits.

func TestTheRightPasswordWithoutASignInCostsAttempts(t *testing.T) {
	h := open(t, func(c *Config, _ *conn.Config) { c.Limits.SignIn = limit.Rate{Burst: 3, Every: time.Hour} })
	ana := h.register("ana")
	c := h.dial()
	for range 3 {
		if got := c.Code(c.Login("ana", testPassword, ana.device)); got != protocol.Code_CODE_KEY_REFUSED {
			t.Fatalf("a key that is enrolled already: %s", got)
		}
	}
	if got := c.Code(c.Login("ana", testPassword, ana.device)); got != protocol.Code_CODE_RATE_LIMITED {
		t.Errorf("a fourth time: %s", got)
	}
}

func TestPasswordsAreNotChangedWithoutEnd(t *testing.T) {
	h := open(t, func(c *Config, _ *conn.Config) { c.Limits.SignIn = limit.Rate{Burst: 3, Every: time.Hour} })
	ana := h.register("ana")
	change := &protocol.Command{Request: &protocol.Command_ChangePassword{ChangePassword: &protocol.ChangePasswordRequest{
		OldPassword: testPassword, NewPassword: testPassword,
	}}}
	for range 3 {
		if got := ana.Code(change); got != protocol.Code_CODE_UNSPECIFIED {
			t.Fatal(got)
		}
	}
	if got := ana.Code(change); got != protocol.Code_CODE_RATE_LIMITED {
		t.Errorf("a fourth time: %s", got)
	}
}

func TestANeighbourLocksOutNoDevice(t *testing.T) {
	h := open(t, func(c *Config, _ *conn.Config) { c.Limits.SignInAddress = limit.Rate{Burst: 3, Every: time.Hour} })
	ana := h.register("ana")
	neighbour, nobody := h.dial(), testclient.NewDevice(t)
	nobody.ID = randomBytes(protocol.DeviceIDBytes)
	for i := range 5 {
		want := protocol.Code_CODE_BAD_SIGNATURE
		if i >= 3 {
			want = protocol.Code_CODE_RATE_LIMITED
		}
		if got := neighbour.Code(neighbour.Resume(nobody)); got != want {
			t.Fatalf("guess %d: %s", i, got)
		}
	}
	stolen := testclient.NewDevice(t)
	stolen.ID = ana.device.ID
	if got := neighbour.Code(neighbour.Resume(stolen)); got != protocol.Code_CODE_RATE_LIMITED {
		t.Errorf("a device that there is tells itself apart: %s", got)
	}
	ana.again()
}

func TestAnAttemptThatItsNameRefusesCostsTheAddressNothing(t *testing.T) {
	h := open(t, func(c *Config, _ *conn.Config) {
		c.Limits.SignIn = limit.Rate{Burst: 1, Every: time.Hour}
		c.Limits.SignInAddress = limit.Rate{Burst: 3, Every: time.Hour}
	})
	h.register("ana")
	h.register("luis")
	c := h.dial()
	for i := range 10 {
		want := protocol.Code_CODE_BAD_CREDENTIALS
		if i > 0 {
			want = protocol.Code_CODE_RATE_LIMITED
		}
		if got := c.Code(c.Login("ana", "not the password at all", testclient.NewDevice(t))); got != want {
			t.Fatalf("attempt %d: %s", i, got)
		}
	}
	h.login("luis")
}

func TestMissesThatComeAtOnceAreAllCounted(t *testing.T) {
	h := open(t, func(c *Config, _ *conn.Config) { c.Limits.Misses = limit.Rate{Burst: 2, Every: time.Hour} })
	ana := h.rich("ana", 100)
	const atOnce = 40
	orders := make([]*protocol.Command, atOnce)
	for i := range orders {
		orders[i] = testclient.Transfer(ana.account, "002010077777777771", 1)
	}
	missed := 0
	for _, answer := range ana.Send(orders...) {
		if reply := <-answer; reply.GetError().GetCode() == protocol.Code_CODE_NOT_FOUND {
			missed++
		}
	}
	limited := ana.Do(testclient.Transfer(ana.account, "002010077777777771", 1)).GetError()
	wait := time.Duration(limited.GetRetryAfterMs()) * time.Millisecond
	if least := time.Duration(missed-2) * time.Hour; limited.GetCode() != protocol.Code_CODE_RATE_LIMITED || wait < least {
		t.Errorf("after %d misses: %v, to wait %s; want %s at least", missed, limited, wait, least)
	}
}
