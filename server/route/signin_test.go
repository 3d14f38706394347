package route

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"caudal/models"
	"caudal/protocol"
	"caudal/server/conn"
	"caudal/server/limit"
	"caudal/server/testclient"
)

// every returns one empty command of each kind, by name.
func every() map[string]*protocol.Command {
	commands := make(map[string]*protocol.Command)
	requests := (&protocol.Command{}).ProtoReflect().Descriptor().Oneofs().ByName("request").Fields()
	for i := range requests.Len() {
		field := requests.Get(i)
		command := new(protocol.Command)
		command.ProtoReflect().Set(field, protoreflect.ValueOfMessage(command.ProtoReflect().NewField(field).Message()))
		commands[string(field.Name())] = command
	}
	return commands
}

func TestNothingIsDoneBeforeHello(t *testing.T) {
	h := open(t, nil)
	c := testclient.Dial(t, h.url, h.identity)
	for name, command := range every() {
		want := protocol.Code_CODE_HELLO_REQUIRED
		if name == "hello" {
			continue
		}
		if name == "ping" {
			want = protocol.Code_CODE_UNSPECIFIED
		}
		if got := c.Code(command); got != want {
			t.Errorf("%s before hello: %s", name, got)
		}
	}
}

func TestNothingIsDoneForStrangersOnceTheySaidHello(t *testing.T) {
	h := open(t, nil)
	c := h.dial()
	for name, command := range every() {
		if slices.Contains([]string{"hello", "ping", "register", "login", "resume"}, name) {
			continue
		}
		if got := c.Code(command); got != protocol.Code_CODE_UNAUTHENTICATED {
			t.Errorf("%s before a sign-in: %s", name, got)
		}
	}
}

func TestHelloTellsTheBoundsAndIsSaidOnce(t *testing.T) {
	h := open(t, nil)
	c := testclient.Dial(t, h.url, h.identity)
	hello := c.Hello()
	if hello.GetServer() != "test/1" || hello.GetVersion() != 1 || hello.GetCommandsInFlightMax() != 64 ||
		hello.GetHeartbeatMs() != 30_000 || hello.GetIdleTimeoutMs() != 60_000 || hello.GetDemo() ||
		time.Since(time.UnixMicro(hello.GetTimeUs())).Abs() > time.Minute {
		t.Errorf("hello says %v", hello)
	}
	again := &protocol.Command{Request: &protocol.Command_Hello{Hello: &protocol.HelloRequest{Client: "x", Version: 1}}}
	if got := c.Code(again); got != protocol.Code_CODE_INVALID_ARGUMENT {
		t.Errorf("a second hello: %s", got)
	}
	if got := c.Code(&protocol.Command{}); got != protocol.Code_CODE_UNIMPLEMENTED {
		t.Errorf("a command that this server does not know: %s", got)
	}
}

func TestAnotherVersionEndsTheConnection(t *testing.T) {
	h := open(t, nil)
	c := testclient.Dial(t, h.url, h.identity)
	got := c.Code(&protocol.Command{Request: &protocol.Command_Hello{Hello: &protocol.HelloRequest{Client: "x", Version: 2}}})
	if code := c.WaitClosed(); got != protocol.Code_CODE_INVALID_ARGUMENT || code != protocol.CloseVersion {
		t.Errorf("answered %s, closed by %s", got, code)
	}
}

func TestRegistrationsThatAreRefused(t *testing.T) {
	h := open(t, nil)
	ana := h.register("ana")
	for _, row := range []struct {
		name   string
		code   protocol.Code
		change func(*testclient.Client, *protocol.RegisterRequest)
	}{
		{"a taken name", protocol.Code_CODE_USERNAME_TAKEN, func(c *testclient.Client, r *protocol.RegisterRequest) {
			r.Username, r.Device = "ana", c.Enrolment("ana", testclient.NewDevice(t))
		}},
		{"a name in capitals", protocol.Code_CODE_INVALID_ARGUMENT, func(_ *testclient.Client, r *protocol.RegisterRequest) { r.Username = "Luis" }},
		{"an empty owner", protocol.Code_CODE_INVALID_ARGUMENT, func(_ *testclient.Client, r *protocol.RegisterRequest) { r.Owner = "" }},
		{"an owner with an escape", protocol.Code_CODE_INVALID_ARGUMENT, func(_ *testclient.Client, r *protocol.RegisterRequest) { r.Owner = "a\x1b[31m" }},
		{"a short password", protocol.Code_CODE_INVALID_PASSWORD, func(_ *testclient.Client, r *protocol.RegisterRequest) { r.Password = "hunter2" }},
		{"no device", protocol.Code_CODE_INVALID_ARGUMENT, func(_ *testclient.Client, r *protocol.RegisterRequest) { r.Device = nil }},
		{"a device name with a line break", protocol.Code_CODE_INVALID_ARGUMENT, func(_ *testclient.Client, r *protocol.RegisterRequest) { r.Device.Name = "a\nb" }},
		{"another's signature", protocol.Code_CODE_BAD_SIGNATURE, func(c *testclient.Client, r *protocol.RegisterRequest) {
			r.Device = c.Enrolment("somebody", testclient.NewDevice(t))
		}},
		{"a signature for another connection", protocol.Code_CODE_BAD_SIGNATURE, func(_ *testclient.Client, r *protocol.RegisterRequest) {
			r.Device = h.dial().Enrolment(r.Username, testclient.NewDevice(t))
		}},
		{"no signature", protocol.Code_CODE_BAD_SIGNATURE, func(_ *testclient.Client, r *protocol.RegisterRequest) { r.Device.Signature = nil }},
		{"another algorithm", protocol.Code_CODE_KEY_REFUSED, func(_ *testclient.Client, r *protocol.RegisterRequest) {
			r.Device.Algorithm = protocol.DeviceAlgorithm_DEVICE_ALGORITHM_ECDSA_P256
		}},
		{"no algorithm", protocol.Code_CODE_KEY_REFUSED, func(_ *testclient.Client, r *protocol.RegisterRequest) { r.Device.Algorithm = 0 }},
		{"a key of small order", protocol.Code_CODE_KEY_REFUSED, func(_ *testclient.Client, r *protocol.RegisterRequest) {
			r.Device.PublicKey = append([]byte{1}, make([]byte, 31)...)
		}},
		{"somebody's key", protocol.Code_CODE_KEY_REFUSED, func(c *testclient.Client, r *protocol.RegisterRequest) {
			r.Device = c.Enrolment(r.Username, ana.device)
		}},
	} {
		c := h.dial()
		command := c.Register("luis", testPassword, testclient.NewDevice(t))
		row.change(c, command.GetRegister())
		if got := c.Code(command); got != row.code {
			t.Errorf("%s: got %s, want %s", row.name, got, row.code)
		}
		if got := c.Code(resolve("ana")); got != protocol.Code_CODE_UNAUTHENTICATED {
			t.Errorf("%s: signed in all the same", row.name)
		}
	}
	h.register("luis") // none of it took the name
}

func TestAWrongPasswordAndAnUnknownUserAreTheSame(t *testing.T) {
	h := open(t, nil)
	h.register("ana")
	c := h.dial()
	wrong := c.Do(c.Login("ana", "not the password at all", testclient.NewDevice(t)))
	unknown := c.Do(c.Login("nobody", testPassword, testclient.NewDevice(t)))
	short := c.Do(c.Login("ana", "x", testclient.NewDevice(t)))
	for _, reply := range []*protocol.Reply{unknown, short} {
		reply.Id = wrong.Id
		if wrong.GetError().GetCode() != protocol.Code_CODE_BAD_CREDENTIALS || !proto.Equal(wrong, reply) {
			t.Errorf("a wrong password: %v; the other: %v", wrong, reply)
		}
	}
	if reply := c.Do(c.Login("ana", testPassword, testclient.NewDevice(t))); reply.GetSignedIn().GetUsername() != "ana" {
		t.Errorf("the right password after that: %v", reply)
	}
}

func TestOneSignInAConnection(t *testing.T) {
	h := open(t, nil)
	ana := h.register("ana")
	for name, command := range map[string]*protocol.Command{
		"register": ana.Register("luis", testPassword, testclient.NewDevice(t)),
		"login":    ana.Login("ana", testPassword, testclient.NewDevice(t)),
		"resume":   ana.Resume(ana.device),
	} {
		if got := ana.Code(command); got != protocol.Code_CODE_ALREADY_AUTHENTICATED {
			t.Errorf("%s: got %s", name, got)
		}
	}
	c := h.dial() // both in one frame: the second finds the first under way
	answers := c.Send(c.Register("luis", testPassword, testclient.NewDevice(t)), c.Register("mara", testPassword, testclient.NewDevice(t)))
	if first, second := <-answers[0], <-answers[1]; first.GetSignedIn() == nil || second.GetError().GetCode() != protocol.Code_CODE_ALREADY_AUTHENTICATED {
		t.Errorf("got %v and %v", first, second)
	}
}

func TestADeviceComesBackByItsKeyAlone(t *testing.T) {
	h := open(t, nil)
	ana, luis := h.register("ana"), h.register("luis")
	again := ana.again()
	if again.accounts()[0].GetClabe() != ana.account {
		t.Error("came back as somebody else")
	}
	for name, change := range map[string]func(*testclient.Client, *protocol.ResumeRequest){
		"another's key": func(c *testclient.Client, r *protocol.ResumeRequest) {
			r.DeviceId = ana.device.ID
			r.Signature = c.Resume(&testclient.Device{Private: luis.device.Private, ID: ana.device.ID}).GetResume().GetSignature()
		},
		"another's id":  func(_ *testclient.Client, r *protocol.ResumeRequest) { r.DeviceId = luis.device.ID },
		"an unknown id": func(_ *testclient.Client, r *protocol.ResumeRequest) { r.DeviceId = randomBytes(16) },
		"no id":         func(_ *testclient.Client, r *protocol.ResumeRequest) { r.DeviceId = nil },
		"another connection's": func(_ *testclient.Client, r *protocol.ResumeRequest) {
			r.Signature = h.dial().Resume(ana.device).GetResume().GetSignature()
		},
		"an enrolment's": func(c *testclient.Client, r *protocol.ResumeRequest) {
			r.Signature = c.Enrolment("ana", ana.device).GetSignature()
		},
		"another bank's": func(c *testclient.Client, r *protocol.ResumeRequest) {
			r.Signature = ed25519.Sign(ana.device.Private, protocol.ResumeMessage([32]byte{1}, [32]byte{2}, ana.device.ID))
		},
	} {
		c := h.dial()
		command := c.Resume(ana.device)
		change(c, command.GetResume())
		if got := c.Code(command); got != protocol.Code_CODE_BAD_SIGNATURE {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func TestAClosedUserIsToldSoOnlyWithTheRightProof(t *testing.T) {
	h := open(t, nil)
	ana := h.register("ana")
	if _, _, err := h.store.CloseUser(context.Background(), "ana"); err != nil {
		t.Fatal(err)
	}
	user := must(h.store.UserByUsername(context.Background(), "ana"))(t)
	h.hub.CloseUser(user.ID, protocol.CloseUserClosed)
	if code := ana.WaitClosed(); code != protocol.CloseUserClosed {
		t.Errorf("closed by %s", code)
	}
	c := h.dial()
	if got := c.Code(c.Login("ana", "not the password at all", testclient.NewDevice(t))); got != protocol.Code_CODE_BAD_CREDENTIALS {
		t.Errorf("a wrong password: %s", got)
	}
	if got := c.Code(c.Login("ana", testPassword, testclient.NewDevice(t))); got != protocol.Code_CODE_USER_CLOSED {
		t.Errorf("the right password: %s", got)
	}
	if got := c.Code(c.Resume(ana.device)); got != protocol.Code_CODE_DEVICE_REVOKED && got != protocol.Code_CODE_USER_CLOSED {
		t.Errorf("the device: %s", got)
	}
}

func TestPasswordsAreGuessedSlowlyAndNobodyLocksOutAnother(t *testing.T) {
	h := open(t, func(c *Config, _ *conn.Config) {
		c.Limits.SignIn = limit.Rate{Burst: 3, Every: time.Hour}
		c.Limits.SignInAddress = limit.Rate{Burst: 6, Every: time.Hour}
	})
	h.register("ana")
	h.register("luis")
	for range 5 { // successes cost nothing
		h.login("ana").Cut()
	}
	c := h.dial()
	for range 3 {
		if got := c.Code(c.Login("ana", "not the password at all", testclient.NewDevice(t))); got != protocol.Code_CODE_BAD_CREDENTIALS {
			t.Fatal(got)
		}
	}
	reply := c.Do(c.Login("ana", testPassword, testclient.NewDevice(t)))
	if e := reply.GetError(); e.GetCode() != protocol.Code_CODE_RATE_LIMITED || !e.GetRetryable() || e.GetRetryAfterMs() == 0 {
		t.Errorf("the fourth: %v", reply)
	}
	if got := h.dial().Code(c.Login("luis", testPassword, testclient.NewDevice(t))); got != protocol.Code_CODE_BAD_SIGNATURE {
		t.Fatalf("a signature of another connection: %s", got)
	}
	h.login("luis") // another name, same address
	for range 6 {   // now the address has tried enough
		c.Code(c.Login("luis", "not the password at all", testclient.NewDevice(t)))
	}
	if got := c.Code(c.Login("nobody", "not the password at all", testclient.NewDevice(t))); got != protocol.Code_CODE_RATE_LIMITED {
		t.Errorf("any name after that: %s", got)
	}
}

func TestRegistrationsOfOneAddressAreLimited(t *testing.T) {
	h := open(t, func(c *Config, _ *conn.Config) { c.Limits.Register = limit.Rate{Burst: 2, Every: time.Hour} })
	h.register("ana")
	h.register("luis")
	c := h.dial()
	if got := c.Code(c.Register("mara", testPassword, testclient.NewDevice(t))); got != protocol.Code_CODE_RATE_LIMITED {
		t.Errorf("the third: %s", got)
	}
}

func TestAUserHasAFewConnections(t *testing.T) {
	h := open(t, nil)
	ana := h.register("ana")
	for range 7 {
		ana.again()
	}
	c := h.dial()
	if got := c.Code(c.Resume(ana.device)); got != protocol.Code_CODE_TOO_MANY {
		t.Fatalf("the ninth: %s", got)
	}
	ana.Cut()
	eventually(t, "the place is free", func() bool { return c.Code(c.Resume(ana.device)) == protocol.Code_CODE_UNSPECIFIED })
}

func TestWhoIsWelcomedIsWelcomedBeforeTheAnswer(t *testing.T) {
	var welcomed []string
	h := open(t, func(c *Config, _ *conn.Config) {
		c.Welcome = func(_ context.Context, user *models.User) error {
			welcomed = append(welcomed, user.Username)
			return nil
		}
	})
	h.register("ana").again()
	h.teller("caja")
	if fmt.Sprint(welcomed) != "[ana ana]" {
		t.Errorf("welcomed %v", welcomed)
	}
}

func TestWhenDevicesWereSeenIsWrittenAtTheEnd(t *testing.T) {
	h := open(t, nil)
	ana := h.register("ana")
	before, _, err := h.store.DeviceByPublicID(context.Background(), ana.device.ID)
	if err != nil {
		t.Fatal(err)
	}
	ana.again()
	h.router.seen.write()
	after, _, err := h.store.DeviceByPublicID(context.Background(), ana.device.ID)
	if err != nil || after.LastSeenAt <= before.LastSeenAt {
		t.Errorf("seen at %d, then at %d: %v", before.LastSeenAt, after.LastSeenAt, err)
	}
}

func TestAFullDeskSaysBusyAtOnce(t *testing.T) {
	h := open(t, func(c *Config, _ *conn.Config) { c.Limits.DeskWorkers, c.Limits.DeskQueue = 1, 1 })
	ana := h.register("ana")
	started, release := make(chan struct{}), make(chan struct{})
	h.router.desk.submit(new(lane), func() { close(started); <-release })
	<-started
	h.router.desk.submit(new(lane), func() {})
	list := &protocol.Command{Request: &protocol.Command_ListAccounts{ListAccounts: &protocol.ListAccountsRequest{}}}
	reply := ana.Do(list)
	if e := reply.GetError(); e.GetCode() != protocol.Code_CODE_BUSY || !e.GetRetryable() || e.GetRetryAfterMs() == 0 {
		t.Errorf("got %v", reply)
	}
	c := h.dial()
	if got := c.Code(c.Resume(ana.device)); got != protocol.Code_CODE_BUSY {
		t.Errorf("a sign-in: %s", got)
	}
	if got := ana.Code(testclient.Transfer(ana.account, ana.account, 1)); got != protocol.Code_CODE_SAME_ACCOUNT {
		t.Errorf("a transfer, which needs no desk: %s", got)
	}
	close(release)
	eventually(t, "the desk is free", func() bool { return ana.Code(list) == protocol.Code_CODE_UNSPECIFIED })
	if got := c.Code(c.Resume(ana.device)); got != protocol.Code_CODE_UNSPECIFIED {
		t.Errorf("the sign-in again: %s", got)
	}
}

func TestAPanicEndsItsConnectionAlone(t *testing.T) {
	h := open(t, func(c *Config, _ *conn.Config) {
		c.Welcome = func(_ context.Context, user *models.User) error {
			if user.Username == "mara" {
				panic(testMemo) // a secret in a panic must not reach the log
			}
			return nil
		}
	})
	ana := h.register("ana")
	c := h.dial()
	if reply, err := c.Try(c.Register("mara", testPassword, testclient.NewDevice(t))); err == nil {
		t.Errorf("answered %v", reply)
	}
	if code := c.WaitClosed(); code != protocol.CloseInternal {
		t.Errorf("closed by %s", code)
	}
	ana.accounts()
}
