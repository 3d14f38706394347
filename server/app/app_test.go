package app

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"caudal/certs"
	"caudal/protocol"
	"caudal/server/testclient"
)

// patience bounds every wait: far beyond what a loaded machine needs.
const patience = 60 * time.Second

// testPassword and testMemo are watched for in the log of every server that a test starts.
const (
	testPassword = "canary correct horse battery"
	testMemo     = "canary memo la comida"
)

// place is the machine that a test has for itself: folders, and the environment of the programs on it.
type place struct {
	t    *testing.T
	data string
	env  map[string]string
}

func newPlace(t *testing.T) *place {
	t.Helper()
	dir := t.TempDir()
	return &place{t: t, data: filepath.Join(dir, "data"), env: map[string]string{"CAUDAL_LOG_LEVEL": "debug"}}
}

// demoEnv keeps a demo's identity inside the test's folder.
func (p *place) demo() *place {
	p.env["CAUDAL_IDENTITY_DIR"] = filepath.Join(filepath.Dir(p.data), "identity")
	return p
}

// result is a command that has ended.
type result struct {
	code           int
	stdout, stderr string
}

// run runs a command to its end.
func (p *place) run(stdin string, args ...string) result {
	p.t.Helper()
	var stdout, stderr lockedBuffer
	a := &app{
		getenv: func(name string) string { return p.env[name] }, stdin: strings.NewReader(stdin), stdout: &stdout, stderr: &stderr,
		exit: func(code int) { p.t.Errorf("ended the process with %d", code) },
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	code := a.run(ctx, args)
	r := result{code, stdout.String(), stderr.String()}
	for _, secret := range []string{testPassword, testMemo} {
		if strings.Contains(r.stdout+r.stderr, secret) {
			p.t.Errorf("%v shows %q", args, secret)
		}
	}
	return r
}

// must runs a command that must succeed and returns what it printed.
func (p *place) must(stdin string, args ...string) string {
	p.t.Helper()
	r := p.run(stdin, args...)
	if r.code != exitDone {
		p.t.Fatalf("%v ended with %d: %s%s", args, r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

// serving is a server that runs.
type serving struct {
	t        *testing.T
	place    *place
	url      string
	admin    string
	identity certs.Identity
	stdout   *lockedBuffer
	stderr   *lockedBuffer
	stop     context.CancelFunc
	ended    chan int
}

// serve starts a server on the place's data and waits until it answers.
func (p *place) serve(args ...string) *serving {
	p.t.Helper()
	s := &serving{t: p.t, place: p, stdout: new(lockedBuffer), stderr: new(lockedBuffer), ended: make(chan int, 1)}
	out, in := io.Pipe()
	a := &app{
		getenv: func(name string) string { return p.env[name] }, stdin: strings.NewReader(""), stdout: in, stderr: s.stderr,
		exit: func(code int) { p.t.Errorf("ended the process with %d", code) },
	}
	var ctx context.Context
	ctx, s.stop = context.WithCancel(context.Background())
	go func() {
		defer in.Close()
		s.ended <- a.run(ctx, append([]string{"--data=" + p.data, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}, args...))
	}()
	announced := make(chan error, 1)
	go func() {
		_, err := io.Copy(s.stdout, out) // ends with the server
		announced <- err
	}()
	where := regexp.MustCompile(`CAUDAL_SERVER=(wss://\S+/ws) CAUDAL_IDENTITY=([A-Z2-7-]+)`)
	eventually(p.t, "the server says where it is", func() bool {
		select {
		case code := <-s.ended:
			p.t.Fatalf("the server ended with %d: %s", code, s.stderr)
		default:
		}
		found := where.FindStringSubmatch(s.stdout.String())
		if found == nil {
			return false
		}
		s.url = found[1]
		var err error
		if s.identity, err = certs.ParseIdentity(found[2]); err != nil {
			p.t.Fatal(err)
		}
		return true
	})
	admin := regexp.MustCompile(`"admin":"([^"]+)"`).FindStringSubmatch(s.stderr.String())
	if admin == nil {
		p.t.Fatalf("the log does not say where the admin listener is: %s", s.stderr)
	}
	s.admin = "http://" + admin[1]
	p.t.Cleanup(func() {
		s.stop()
		s.wait()
		s.mustNotLog(testPassword, testMemo)
	})
	return s
}

// wait returns the server's exit code once it has ended.
func (s *serving) wait() int {
	s.t.Helper()
	select {
	case code := <-s.ended:
		s.ended <- code
		return code
	case <-time.After(patience):
		s.t.Fatal("the server does not end")
		return 0
	}
}

// halt stops the server in order.
func (s *serving) halt() {
	s.t.Helper()
	s.stop()
	if code := s.wait(); code != exitDone {
		s.t.Fatalf("ended with %d: %s", code, s.stderr)
	}
}

func (s *serving) mustNotLog(secrets ...string) {
	s.t.Helper()
	log := s.stderr.String()
	if !strings.Contains(log, `"msg":"ready"`) {
		s.t.Error("nothing was logged, so that the canaries prove nothing")
	}
	for _, secret := range secrets {
		if strings.Contains(log, secret) {
			s.t.Errorf("the log holds %q", secret)
		}
	}
}

// get asks the admin listener.
func (s *serving) get(path string, change func(*http.Request)) (status int, body string) {
	s.t.Helper()
	request, err := http.NewRequest(http.MethodGet, s.admin+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if change != nil {
		change(request)
	}
	return ask(s.t, http.DefaultClient, request)
}

// page asks the public listener over TLS that trusts nobody but the server's own CA.
func (s *serving) page(path string, change func(*http.Request)) (response *http.Response, body string) {
	s.t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	request, err := http.NewRequest(http.MethodGet, "https"+strings.TrimSuffix(strings.TrimPrefix(s.url, "wss"), "/ws")+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if change != nil {
		change(request)
	}
	response, err = client.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response, string(raw)
}

func ask(t *testing.T, client *http.Client, request *http.Request) (status int, body string) {
	t.Helper()
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(raw)
}

// customer is a user on a connection.
type customer struct {
	*testclient.Client
	t       *testing.T
	device  *testclient.Device
	account string
}

func (s *serving) register(username string) *customer {
	s.t.Helper()
	return s.enter(func(c *testclient.Client, d *testclient.Device) *protocol.Command {
		return c.Register(username, testPassword, d)
	})
}

func (s *serving) login(username, password string) *customer {
	s.t.Helper()
	return s.enter(func(c *testclient.Client, d *testclient.Device) *protocol.Command {
		return c.Login(username, password, d)
	})
}

func (s *serving) enter(command func(*testclient.Client, *testclient.Device) *protocol.Command) *customer {
	s.t.Helper()
	c := &customer{Client: testclient.Dial(s.t, s.url, s.identity), t: s.t, device: testclient.NewDevice(s.t)}
	c.Hello()
	reply := c.Do(command(c.Client, c.device))
	if reply.GetSignedIn() == nil {
		s.t.Fatalf("signing in: %v", reply.GetError())
	}
	c.device.ID = reply.GetSignedIn().GetDevice().GetId()
	if accounts := c.accounts(); len(accounts) > 0 {
		c.account = accounts[0].GetClabe()
	}
	return c
}

func (c *customer) accounts() []*protocol.Account {
	c.t.Helper()
	return c.Do(&protocol.Command{Request: &protocol.Command_ListAccounts{ListAccounts: &protocol.ListAccountsRequest{}}}).
		GetListAccounts().GetAccounts()
}

func (c *customer) balance() int64 {
	c.t.Helper()
	return c.accounts()[0].GetBalanceMinor()
}

// lockedBuffer is a buffer for several goroutines.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// eventually polls until the condition holds.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(patience)
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

func mustRead(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func wantMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprintf("%o", info.Mode().Perm()); got != fmt.Sprintf("%o", want) {
		t.Errorf("%s has mode %s", path, got)
	}
}

// must returns the value or fails the test.
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
