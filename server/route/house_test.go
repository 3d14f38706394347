package route

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"caudal/certs"
	"caudal/models"
	"caudal/models/ledger"
	"caudal/models/money"
	"caudal/models/password"
	"caudal/protocol"
	"caudal/server/conn"
	"caudal/server/limit"
	"caudal/server/live"
	"caudal/server/opaque"
	"caudal/server/testclient"
)

// house is a whole bank behind a real TLS socket.
type house struct {
	t        testing.TB
	store    *models.Store
	ledger   *ledger.Ledger
	hub      *live.Hub
	router   *Router
	sockets  *conn.Server
	url      string
	identity certs.Identity
	log      *logBuffer
}

// testPassword and testMemo are watched for in the log of every test.
const (
	testPassword = "canary correct horse battery"
	testMemo     = "canary memo la comida"
)

// open opens a house; change may alter the router's configuration and the connections'.
func open(t testing.TB, change func(*Config, *conn.Config)) *house {
	t.Helper()
	return openFor(t, 8, change)
}

// openFor is open for so many connections of a user.
func openFor(t testing.TB, perUser int, change func(*Config, *conn.Config)) *house {
	t.Helper()
	h := &house{t: t, log: new(logBuffer)}
	level := slog.LevelDebug
	if _, measured := t.(*testing.B); measured {
		level = slog.LevelInfo
	}
	log := slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: level}))
	key := must(certs.NewIdentityKey())(t)
	keys := must(certs.NewChannelKeys(key, certs.ChannelConfig{Name: "Test", Options: certs.Options{Log: log}}))(t)
	h.identity = keys.Identity()
	ctx := context.Background()
	h.store = must(models.Open(ctx, models.Config{Dir: t.TempDir(), Identity: h.identity, Log: log, Fatal: func(err error) {
		t.Errorf("the store failed: %v", err)
	}}))(t)
	names := must(opaque.New(h.store.Bank().HandleKey))(t)
	h.hub = live.New(live.Config{TransferID: names.AppendTransfer, PerUser: perUser, Log: log})
	h.ledger = must(ledger.Open(ctx, h.store, ledger.Config{Sink: h.hub, Log: log}))(t)
	many := limit.Rate{Burst: 10_000, Every: time.Millisecond}
	config := Config{
		Store: h.store, Ledger: h.ledger, Hub: h.hub, Names: names, Server: "test/1", Log: log,
		Passwords:   must(password.New(password.Config{Params: password.Params{MemoryKiB: 64, Passes: 1, Lanes: 1}}))(t),
		IdleTimeout: time.Minute, Heartbeat: 30 * time.Second, CommandsInFlight: 64,
		Limits: Limits{
			SignIn: many, SignInAddress: many, Register: many, Misses: many, LookUps: many, Renames: many, DeskWorkers: 4, DeskQueue: 1000, PasswordQueue: 100,
		},
	}
	hosts := must(conn.ParseHosts([]string{"127.0.0.1"}))(t)
	sockets := conn.Config{
		Hosts: hosts, Keys: keys, Log: log,
		Limits: conn.Limits{PerSecond: 10_000, Burst: 10_000, InFlight: config.CommandsInFlight},
	}
	if change != nil {
		change(&config, &sockets)
	}
	h.router = must(New(config))(t)
	server := must(conn.New(sockets, h.router))(t)
	h.sockets = server
	web := httptest.NewUnstartedServer(server)
	web.TLS = &tls.Config{MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"}}
	web.Config.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelDebug)
	web.StartTLS()
	h.url = "wss://" + strings.TrimPrefix(web.URL, "https://") + "/ws"
	t.Cleanup(func() {
		drain, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		if err := server.Drain(drain); err != nil {
			t.Error(err)
		}
		web.Close()
		h.router.Close()
		h.ledger.Close()
		if err := h.store.Close(); err != nil {
			t.Error(err)
		}
		h.log.mustNotHold(t, testPassword, testMemo)
	})
	return h
}

// dial opens a channel and greets.
func (h *house) dial() *testclient.Client {
	h.t.Helper()
	c := testclient.Dial(h.t, h.url, h.identity)
	c.Hello()
	return c
}

// customer is a user on one connection.
type customer struct {
	*testclient.Client
	house    *house
	username string
	device   *testclient.Device
	account  string
}

// register makes a holder and signs in.
func (h *house) register(username string) *customer {
	h.t.Helper()
	c := &customer{Client: h.dial(), house: h, username: username, device: testclient.NewDevice(h.t)}
	reply := c.Do(c.Register(username, testPassword, c.device))
	if reply.GetError() != nil {
		h.t.Fatalf("register %s: %v", username, reply.GetError())
	}
	c.device.ID = reply.GetSignedIn().GetDevice().GetId()
	c.account = c.accounts()[0].GetClabe()
	return c
}

// rich is register with money in the account.
func (h *house) rich(username string, amountMinor int64) *customer {
	h.t.Helper()
	c := h.register(username)
	h.give(c.account, amountMinor)
	return c
}

// give puts cash on an account in the bank's own name.
func (h *house) give(account string, amountMinor int64) {
	h.t.Helper()
	order := ledger.Order{
		Kind: ledger.KindDeposit, Credit: must(parseNumber(account))(h.t), AmountMinor: amountMinor, Currency: money.MXN,
	}
	copy(order.Key[:], testclient.Key(time.Now()))
	if _, err := h.ledger.Post(context.Background(), order); err != nil {
		h.t.Fatal(err)
	}
}

// teller makes a teller and signs in.
func (h *house) teller(username string) *customer {
	h.t.Helper()
	return h.staff(username, models.RoleTeller)
}

func (h *house) staff(username string, role models.Role) *customer {
	h.t.Helper()
	hash := must(h.router.config.Passwords.Hash(context.Background(), testPassword))(h.t)
	if _, _, _, err := h.store.CreateUser(context.Background(), models.NewUser{
		Username: username, Owner: "Test " + username, PasswordHash: hash, Role: role,
	}); err != nil {
		h.t.Fatal(err)
	}
	return h.login(username)
}

// openAccount opens an account past the ledger's bound on how many a holder has.
func (h *house) openAccount(user int64, name string) {
	h.t.Helper()
	if err := h.store.Write(context.Background(), func(tx *gorm.DB) error {
		_, err := h.store.OpenAccount(tx, user, name, money.MXN)
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
}

// login signs in on a new connection by password, with a new device.
func (h *house) login(username string) *customer {
	h.t.Helper()
	c := &customer{Client: h.dial(), house: h, username: username, device: testclient.NewDevice(h.t)}
	reply := c.Do(c.Login(username, testPassword, c.device))
	if reply.GetError() != nil {
		h.t.Fatalf("login %s: %v", username, reply.GetError())
	}
	c.device.ID = reply.GetSignedIn().GetDevice().GetId()
	return c
}

// again signs in on a new connection with the same device.
func (c *customer) again() *customer {
	c.house.t.Helper()
	other := &customer{Client: c.house.dial(), house: c.house, username: c.username, device: c.device, account: c.account}
	if reply := other.Do(other.Resume(c.device)); reply.GetError() != nil {
		c.house.t.Fatalf("resume %s: %v", c.username, reply.GetError())
	}
	return other
}

func (c *customer) accounts() []*protocol.Account {
	c.house.t.Helper()
	return c.Do(&protocol.Command{Request: &protocol.Command_ListAccounts{ListAccounts: &protocol.ListAccountsRequest{}}}).
		GetListAccounts().GetAccounts()
}

func (c *customer) subscribe(positions ...*protocol.Position) *protocol.SubscribeResult {
	c.house.t.Helper()
	reply := c.Do(&protocol.Command{Request: &protocol.Command_Subscribe{Subscribe: &protocol.SubscribeRequest{Positions: positions}}})
	if reply.GetSubscribe() == nil {
		c.house.t.Fatalf("subscribe: %v", reply)
	}
	return reply.GetSubscribe()
}

// pay transfers and returns the receipt.
func (c *customer) pay(to string, amountMinor int64) *protocol.Receipt {
	c.house.t.Helper()
	reply := c.Do(testclient.Transfer(c.account, to, amountMinor))
	if reply.GetReceipt() == nil {
		c.house.t.Fatalf("transfer: %v", reply.GetError())
	}
	return reply.GetReceipt()
}

func (c *customer) balance() int64 {
	c.house.t.Helper()
	return c.accounts()[0].GetBalanceMinor()
}

func (c *customer) history(request *protocol.HistoryRequest) *protocol.Reply {
	c.house.t.Helper()
	return c.Do(&protocol.Command{Request: &protocol.Command_History{History: request}})
}

func resolve(username string) *protocol.Command {
	return &protocol.Command{Request: &protocol.Command_ResolvePayee{ResolvePayee: &protocol.ResolvePayeeRequest{
		Payee: &protocol.ResolvePayeeRequest_Username{Username: username},
	}}}
}

// must returns the value or fails the test.
func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// logBuffer is a log that tests can read.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *logBuffer) mustNotHold(t testing.TB, secrets ...string) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.text.Len() == 0 {
		t.Error("nothing was logged, so that the canaries prove nothing")
	}
	for _, secret := range secrets {
		if strings.Contains(b.text.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// eventually polls until the condition holds.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline:
			t.Fatalf("waited in vain until %s", what)
		case <-tick.C:
		}
	}
}

func randomBytes(n int) []byte {
	raw := make([]byte, n)
	_, _ = rand.Read(raw) // never fails
	return raw
}
