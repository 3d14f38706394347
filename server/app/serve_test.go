package app

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"caudal/certs"
	"caudal/models"
	"caudal/protocol"
	"caudal/server/config"
	"caudal/server/testclient"
)

func TestABankIsFoundedAndIsTheSameAfterARestart(t *testing.T) {
	p := newPlace(t)
	s := p.serve()
	ana := s.register("ana")
	if ana.balance() != 0 {
		t.Error("a bank that is no demo gives money away")
	}
	first := s.identity
	s.halt()
	if _, err := os.Stat(filepath.Join(p.data, "admin.sock")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the operator's socket is left behind: %v", err)
	}
	if _, err := os.Stat(filepath.Join(p.data, "ca.pem")); err != nil {
		t.Errorf("the CA is not where the operator looks: %v", err)
	}
	s = p.serve()
	if s.identity != first {
		t.Error("another bank after a restart")
	}
	c := testclient.Dial(t, s.url, s.identity)
	c.Hello()
	if reply := c.Do(c.Resume(ana.device)); reply.GetSignedIn().GetUsername() != "ana" {
		t.Errorf("ana came back to %v", reply)
	}
}

func TestASecondServerOnTheSameDataEnds(t *testing.T) {
	p := newPlace(t)
	p.serve()
	r := p.run("", "--data", p.data, "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0")
	if r.code != exitFailure || !strings.Contains(r.stderr, "in use by another server") {
		t.Errorf("ended with %d: %s", r.code, r.stderr)
	}
}

func TestWithoutItsIdentityABankDoesNotBecomeAnother(t *testing.T) {
	p := newPlace(t)
	p.serve().halt()
	if err := os.Remove(filepath.Join(p.data, "identity", "identity.pem")); err != nil {
		t.Fatal(err)
	}
	r := p.run("", "--data", p.data, "--listen", "127.0.0.1:0", "--admin", "")
	if r.code != exitFailure || !strings.Contains(r.stderr, "identity.pem is missing") {
		t.Errorf("ended with %d: %s", r.code, r.stderr)
	}
	if _, err := os.Stat(filepath.Join(p.data, "identity", "identity.pem")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("another identity was made: %v", err)
	}
}

func TestWrongUsage(t *testing.T) {
	p := newPlace(t)
	for name, args := range map[string][]string{
		"no folder":             nil,
		"an unknown flag":       {"--lisen", "x"},
		"an unknown command":    {"frobnicate"},
		"an unknown below user": {"user", "frobnicate"},
		"user alone":            {"user"},
		"a demo for the world":  {"--demo", "--listen", "0.0.0.0:0"},
		"a password in argv":    {"user", "add", "--data", p.data, "--username", "x", "--owner", "X", "--password", "hunter2hunter2"},
		"no username":           {"user", "add", "--data", p.data, "--owner", "X", "--password-stdin"},
		"verify where":          {"verify"},
		"an argument too many":  {"verify", "--data", p.data, "x"},
	} {
		if r := p.run("", args...); r.code != exitUsage || r.stderr == "" || r.stdout != "" {
			t.Errorf("%s: ended with %d: %q %q", name, r.code, r.stdout, r.stderr)
		}
	}
	if _, err := os.Stat(p.data); !errors.Is(err, fs.ErrNotExist) {
		t.Error("wrong usage made a data folder")
	}
}

func TestPrintConfigShowsEverySettingAndStartsNothing(t *testing.T) {
	p := newPlace(t)
	out := p.must("", "--print-config", "--data", p.data)
	for _, line := range []string{"log_level: \"debug\" # environment", "listen: \"127.0.0.1:8443\" # default", "# flag"} {
		if !strings.Contains(out, line) {
			t.Errorf("no %q in:\n%s", line, out)
		}
	}
	if _, err := os.Stat(p.data); !errors.Is(err, fs.ErrNotExist) {
		t.Error("printing made a data folder")
	}
}

func TestVersionSaysWhichProgram(t *testing.T) {
	if out := newPlace(t).must("", "version"); !strings.HasPrefix(out, "caudald "+version) {
		t.Errorf("got %q", out)
	}
}

func TestTheNextFreePortServesWhereNoneWasAskedFor(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	ctx := context.Background()
	if _, err := listen(ctx, taken.Addr().String(), false); err == nil {
		t.Error("a port that was asked for was replaced")
	}
	next, err := listen(ctx, taken.Addr().String(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	first, second := taken.Addr().(*net.TCPAddr), next.Addr().(*net.TCPAddr)
	if second.Port <= first.Port || second.Port >= first.Port+portsTried || !second.IP.IsLoopback() {
		t.Errorf("%s, then %s", first, second)
	}
}

func TestHealthIsForProgramsOnThisMachine(t *testing.T) {
	p := newPlace(t)
	s := p.serve()
	s.register("ana")
	for path, want := range map[string]int{
		"/healthz": 200, "/readyz": 200, "/metrics": 200, "/": 404, "/debug/pprof/": 404, "/debug/pprof/heap": 404, "/ws": 404,
	} {
		if got, body := s.get(path, nil); got != want {
			t.Errorf("%s: %d %s", path, got, body)
		}
	}
	_, metrics := s.get("/metrics", nil)
	for _, line := range []string{
		`caudal_commands_total{code="ok",command="register"} 1`, "caudal_connections_open 1", "caudal_ledger_waiting 0",
		"caudal_command_seconds_bucket", "caudal_channels_opened_total 1", "go_goroutines", "caudal_build_info",
		"caudal_ledger_batch_orders_count", "caudal_ledger_batch_seconds_bucket",
	} {
		if !strings.Contains(metrics, line) {
			t.Errorf("no %s", line)
		}
	}
	for name, change := range map[string]func(*http.Request){
		"a web page":     func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") },
		"no origin":      func(r *http.Request) { r.Header.Set("Origin", "null") },
		"this very host": func(r *http.Request) { r.Header.Set("Origin", s.admin) },
		"a rebound name": func(r *http.Request) { r.Host = "evil.example" },
	} {
		if got, body := s.get("/metrics", change); got != http.StatusForbidden && got != http.StatusMisdirectedRequest || strings.Contains(body, "caudal_") {
			t.Errorf("%s: %d", name, got)
		}
	}
}

func TestProfilesAreServedWhenAskedFor(t *testing.T) {
	s := newPlace(t).serve("--pprof")
	if got, _ := s.get("/debug/pprof/goroutine?debug=1", nil); got != http.StatusOK {
		t.Errorf("got %d", got)
	}
}

func TestThePublicListenerHasThePageAndNothingElse(t *testing.T) {
	s := newPlace(t).serve("--hosts", "bank.example")
	response, body := s.page("/", nil)
	if response.StatusCode != http.StatusOK || !strings.Contains(body, "Caudal") || response.TLS.Version != tls.VersionTLS13 ||
		!strings.HasPrefix(response.Header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("the page: %d, %v", response.StatusCode, response.Header)
	}
	for name, row := range map[string]struct {
		path   string
		change func(*http.Request)
		status int
	}{
		"another page":       {"/metrics", nil, http.StatusNotFound},
		"a file":             {"/index.html", nil, http.StatusNotFound},
		"a way out":          {"/../../etc/passwd", nil, http.StatusNotFound},
		"a form":             {"/", func(r *http.Request) { r.Method = http.MethodPost }, http.StatusMethodNotAllowed},
		"a rebound name":     {"/", func(r *http.Request) { r.Host = "evil.example" }, http.StatusMisdirectedRequest},
		"a name of its own":  {"/", func(r *http.Request) { r.Host = "bank.example" }, http.StatusOK},
		"no upgrade":         {"/ws", nil, http.StatusBadRequest},
		"an upgrade rebound": {"/ws", func(r *http.Request) { r.Host = "evil.example" }, http.StatusMisdirectedRequest},
	} {
		if response, body := s.page(row.path, row.change); response.StatusCode != row.status {
			t.Errorf("%s: %d %s", name, response.StatusCode, body)
		}
	}
	address := strings.TrimSuffix(strings.TrimPrefix(s.url, "wss://"), "/ws")
	if old, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12}); err == nil {
		old.Close()
		t.Error("TLS 1.2 is spoken")
	}
}

// An answer that says no is true for a moment only: a new version, or a name that is allowed, makes it wrong.
func TestNoRefusalIsKeptByACache(t *testing.T) {
	p := newPlace(t)
	s := p.serve()
	for name, row := range map[string]struct {
		path   string
		change func(*http.Request)
		status int
	}{
		"no page":             {"/metrics", nil, http.StatusNotFound},
		"no asset":            {"/assets/old-0123456789.js", nil, http.StatusNotFound},
		"no asset, HEAD":      {"/assets/old-0123456789.js", func(r *http.Request) { r.Method = http.MethodHead }, http.StatusNotFound},
		"a folder":            {"/assets/", nil, http.StatusNotFound},
		"a way out of assets": {"/assets/../index.html", nil, http.StatusNotFound},
		"an encoded way out":  {"/assets/%2e%2e/index.html", nil, http.StatusNotFound},
		"an encoded slash":    {"/assets%2f..%2findex.html", nil, http.StatusNotFound},
		"two slashes":         {"//", nil, http.StatusNotFound},
		"a backslash":         {"/assets/..%5cindex.html", nil, http.StatusNotFound},
		"a zero byte":         {"/licences.txt%00.html", nil, http.StatusNotFound},
		"no demo here":        {"/demo", nil, http.StatusNotFound},
		"a demo's file":       {"/demo.html", nil, http.StatusNotFound},
		"deleted":             {"/licences.txt", func(r *http.Request) { r.Method = http.MethodDelete }, http.StatusMethodNotAllowed},
		"traced":              {"/", func(r *http.Request) { r.Method = http.MethodTrace }, http.StatusMethodNotAllowed},
		"a socket's head":     {"/ws", func(r *http.Request) { r.Method = http.MethodHead }, http.StatusMethodNotAllowed},
		"an asset rebound":    {"/assets/x.js", func(r *http.Request) { r.Host = "evil.example" }, http.StatusMisdirectedRequest},
		"a form rebound":      {"/", func(r *http.Request) { r.Host, r.Method = "evil.example", http.MethodPost }, http.StatusMisdirectedRequest},
	} {
		response, _ := s.page(row.path, row.change)
		if h := response.Header; response.StatusCode != row.status || h.Get("Cache-Control") != "no-store" || h.Get("ETag") != "" ||
			h.Get("Content-Encoding") != "" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: %d %v", name, response.StatusCode, response.Header)
		}
	}
	get, body := s.page("/", nil)
	head, none := s.page("/", func(r *http.Request) { r.Method = http.MethodHead })
	if none != "" || head.ContentLength != int64(len(body)) || head.StatusCode != get.StatusCode ||
		head.Header.Get("ETag") != get.Header.Get("ETag") || get.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("GET %v, HEAD %v of %d bytes", get.Header, head.Header, head.ContentLength)
	}
}

func TestAStopUnderLoadAnswersEverythingAndLosesNothing(t *testing.T) {
	p := newPlace(t).demo()
	s := p.serve("--demo")
	ana, luis := s.register("ana2"), s.register("luis2")
	if reply := luis.Do(&protocol.Command{Request: &protocol.Command_Subscribe{Subscribe: &protocol.SubscribeRequest{}}}); reply.GetSubscribe() == nil {
		t.Fatal(reply)
	}
	var mu sync.Mutex
	paid := 0
	var paying sync.WaitGroup
	for range 4 {
		paying.Go(func() {
			for {
				var commands []*protocol.Command
				for range 8 {
					commands = append(commands, testclient.Transfer(ana.account, luis.account, 1))
				}
				for _, answer := range ana.Send(commands...) {
					select {
					case reply := <-answer:
						switch reply.GetError().GetCode() {
						case protocol.Code_CODE_UNSPECIFIED:
							mu.Lock()
							paid++
							mu.Unlock()
						case protocol.Code_CODE_DRAINING:
						default:
							t.Errorf("answered %v", reply)
						}
					case <-ana.Ended():
						return
					}
				}
			}
		})
	}
	eventually(t, "the load is on", func() bool { mu.Lock(); defer mu.Unlock(); return paid > 100 })
	s.stop()
	paying.Wait()
	if code := s.wait(); code != exitDone {
		t.Errorf("ended with %d", code)
	}
	if code := ana.WaitClosed(); code != protocol.CloseDraining {
		t.Errorf("closed by %s", code)
	}
	draining := false
	for event := range luis.Events {
		draining = draining || event.GetDraining().GetComeBackWithinMs() > 0
	}
	if !draining {
		t.Error("no drain notice came")
	}
	s = p.serve("--demo")
	c := testclient.Dial(t, s.url, s.identity)
	c.Hello()
	c.Do(c.Resume(luis.device))
	back := &customer{Client: c, t: t}
	if got := back.balance(); got < 10_000_00+int64(paid) {
		t.Errorf("%d were acknowledged, the balance is %d", paid, got)
	}
	if out := p.must("", "verify", "--data", p.data); !strings.HasPrefix(out, "sound:") {
		t.Error(out)
	}
}

func TestAServerThatDrainsIsNotReady(t *testing.T) {
	s := &server{}
	s.draining.Store(true)
	if err := s.ready(t.Context()); !errors.Is(err, errDraining) {
		t.Errorf("got %v", err)
	}
}

func TestAFailingDatabaseIsToldAtOnce(t *testing.T) {
	told := make(chan error, 1)
	p := newPlace(t)
	b, err := openBank(t.Context(), &config.Config{
		Data: p.data, LedgerQueue: 10, LedgerBatch: 10, AccountsPerUser: 1, PasswordQueue: 1, ConnectionsPerUser: 1,
		TellerOperation: 1, TellerDay: 1,
	}, certs.Identity{1}, slog.New(slog.DiscardHandler), func(err error) { told <- err }, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.close()
	b.store.Fail(errors.New("the disk is gone"))
	select {
	case err := <-told:
		if !strings.Contains(err.Error(), "the disk is gone") {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("nobody was told")
	}
}

func TestABankWhoseIdentityIsElsewhereServesWhatWasSignedThere(t *testing.T) {
	p := newPlace(t)
	vault := filepath.Join(filepath.Dir(p.data), "vault")
	key, err := certs.LoadOrCreateIdentity(vault)
	if err != nil {
		t.Fatal(err)
	}
	offline := []string{"--identity-offline", key.Public().String()}
	s := p.serve(offline...)
	if got, body := s.get("/readyz", nil); got != http.StatusServiceUnavailable {
		t.Errorf("ready without a certificate: %d %s", got, body)
	}
	if _, err := testclient.TryDial(t, s.url, s.identity); err == nil {
		t.Error("a channel was offered without a certificate")
	}
	s.halt()
	requests, err := filepath.Glob(filepath.Join(p.data, "identity", "*.request"))
	if err != nil || len(requests) != 1 {
		t.Fatalf("requests %v: %v", requests, err)
	}
	var request certs.ChannelRequest
	if err := request.UnmarshalText([]byte(mustRead(t, requests[0]))); err != nil {
		t.Fatal(err)
	}
	to := strings.TrimSuffix(requests[0], ".request") + ".certificate"
	sign := []string{"identity", "sign", "--identity-dir", vault, "--request", requests[0], "--to", to}
	if r := p.run("yes\n", sign...); r.code != exitUsage {
		t.Errorf("signed without a comparison: %d %s", r.code, r.stdout)
	}
	if r := p.run("", append(sign, "--fingerprint", strings.Repeat("A", 32))...); r.code != exitFailure {
		t.Errorf("signed with a wrong fingerprint: %d %s", r.code, r.stdout)
	}
	sign = append(sign, "--fingerprint", strings.ToLower(request.Fingerprint()))
	p.must("", sign...)
	certificate := mustRead(t, to)
	if r := p.run("", sign...); r.code != exitFailure || !strings.Contains(r.stderr, "there already") || mustRead(t, to) != certificate {
		t.Errorf("signed over a certificate: %d %s", r.code, r.stderr)
	}
	s = p.serve(offline...)
	s.register("ana")
	if got, body := s.get("/readyz", nil); got != http.StatusOK {
		t.Errorf("not ready: %d %s", got, body)
	}
}

func TestABankIsFoundWhateverItsFolderIsCalled(t *testing.T) {
	p := newPlace(t)
	p.data = filepath.Join(filepath.Dir(p.data), "a#b?c%41")
	s := p.serve()
	fingerprint := s.identity.String()
	s.halt()
	if err := os.Remove(filepath.Join(p.data, "identity", identityFile)); err != nil {
		t.Fatal(err)
	}
	if said := p.must("", "identity", "--data", p.data); strings.TrimSpace(said) != fingerprint {
		t.Errorf("the database says %s, the command %s", fingerprint, said)
	}
}

func TestAnotherModesDatabaseIsRefused(t *testing.T) {
	p := newPlace(t).demo()
	p.serve("--demo").halt()
	r := p.run("", "--data", p.data, "--listen", "127.0.0.1:0", "--admin", "")
	if r.code != exitFailure || !strings.Contains(r.stderr, strings.TrimPrefix(models.ErrDemoDatabase.Error(), "models: ")) {
		t.Errorf("a demo's database: %d %s", r.code, r.stderr)
	}
	p = newPlace(t)
	p.env["CAUDAL_IDENTITY_DIR"] = filepath.Join(filepath.Dir(p.data), "identity")
	p.serve().halt()
	before, err := os.Readlink(filepath.Join(p.data, "ca.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if r := p.run("", "--demo", "--data", p.data, "--listen", "127.0.0.1:0"); r.code != exitFailure || !strings.Contains(r.stderr, "real bank's") {
		t.Errorf("a real database: %d %s", r.code, r.stderr)
	}
	another := filepath.Join(filepath.Dir(p.data), "another") // where a demo keeps its own identity
	if _, err := certs.LoadOrCreateIdentity(another); err != nil {
		t.Fatal(err)
	}
	if r := p.run("", "--demo", "--data", p.data, "--identity-dir", another, "--listen", "127.0.0.1:0"); r.code != exitFailure {
		t.Errorf("a real database: %d %s", r.code, r.stderr)
	}
	if after, err := os.Readlink(filepath.Join(p.data, "ca.pem")); err != nil || after != before {
		t.Errorf("a demo that was refused has changed %s to %s: %v", before, after, err)
	}
}

func TestAServerThatListensEverywhereNamesItselfByItsHost(t *testing.T) {
	everywhere := must(net.Listen("tcp", "0.0.0.0:0"))(t)
	defer everywhere.Close()
	_, port, _ := net.SplitHostPort(everywhere.Addr().String())
	for want, hosts := range map[string][]string{"localhost:" + port: nil, "bank.example:" + port: {"bank.example", "other.example"}} {
		s := &server{listener: everywhere, config: &config.Config{Hosts: hosts}}
		if got := s.publicAddress(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestAnOperatorsOwnCertificateIsServed(t *testing.T) {
	p := newPlace(t)
	p.serve().halt() // makes a certificate to give
	pem := filepath.Join(p.data, "identity", "server.pem")
	own := filepath.Join(filepath.Dir(p.data), "own.pem")
	if err := os.WriteFile(own, []byte(mustRead(t, pem)), 0o600); err != nil {
		t.Fatal(err)
	}
	p.data = filepath.Join(filepath.Dir(p.data), "other")
	s := p.serve("--tls-cert", own, "--tls-key", own)
	s.register("ana")
	if _, err := os.Stat(filepath.Join(p.data, "identity", "server.pem")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a development certificate was made beside it: %v", err)
	}
}

func TestADemoIsQuietOnItsLog(t *testing.T) {
	p := newPlace(t).demo()
	delete(p.env, "CAUDAL_LOG_LEVEL")
	if out := p.must("", "--demo", "--print-config"); !strings.Contains(out, `log_level: "warn" # default`) {
		t.Error(out)
	}
}
