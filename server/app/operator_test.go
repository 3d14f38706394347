package app

import (
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3"

	"caudal/certs"
	"caudal/models"
	"caudal/protocol"
	"caudal/server/testclient"
)

func (p *place) addUser(username, role string) string {
	p.t.Helper()
	return p.must(testPassword+"\n", "user", "add", "--data", p.data, "--username", username, "--owner", "Test "+username,
		"--role", role, "--password-stdin")
}

func deposit(account string, amountMinor int64) *protocol.Command {
	return &protocol.Command{IdempotencyKey: testclient.Key(time.Now()), Request: &protocol.Command_Deposit{
		Deposit: &protocol.DepositRequest{Account: account, AmountMinor: amountMinor, Currency: "MXN", Memo: testMemo},
	}}
}

func TestUsersAreAddedBeforeTheFirstStartAndWhileTheServerRuns(t *testing.T) {
	p := newPlace(t)
	if out := p.addUser("caja", "teller"); !strings.Contains(out, "added caja (Test caja), teller") {
		t.Errorf("got %q", out)
	}
	s := p.serve()
	wantMode(t, filepath.Join(p.data, "admin.sock"), 0o600)
	wantMode(t, filepath.Join(p.data, models.DatabaseFile), 0o600)
	if out := p.addUser("ana", "holder"); !strings.Contains(out, "added ana (Test ana), holder, account 999001") {
		t.Errorf("got %q", out)
	}
	caja, ana := s.login("caja", testPassword), s.login("ana", testPassword)
	if caja.account != "" {
		t.Error("a teller has an account")
	}
	if receipt := caja.Do(deposit(ana.account, 50_00)).GetReceipt(); receipt.GetBalanceMinor() != 50_00 {
		t.Errorf("deposit: %v", receipt)
	}
	for name, r := range map[string]result{
		"a taken name":     p.run(testPassword, "user", "add", "--data", p.data, "--username", "ana", "--owner", "X", "--password-stdin"),
		"a wrong name":     p.run(testPassword, "user", "add", "--data", p.data, "--username", "A B", "--owner", "X", "--password-stdin"),
		"a wrong role":     p.run(testPassword, "user", "add", "--data", p.data, "--username", "x_y", "--owner", "X", "--role", "king", "--password-stdin"),
		"a short password": p.run("short", "user", "add", "--data", p.data, "--username", "x_y", "--owner", "X", "--password-stdin"),
		"a hostile name":   p.run(testPassword, "user", "add", "--data", p.data, "--username", "x_y", "--owner", "\x1b[2J", "--password-stdin"),
	} {
		if r.code != exitFailure || r.stdout != "" || r.stderr == "" || strings.Contains(r.stderr, "\x1b") {
			t.Errorf("%s: %d %q %q", name, r.code, r.stdout, r.stderr)
		}
	}
	if r := p.run("", "user", "add", "--data", p.data, "--username", "x_y", "--owner", "X", "--password-stdin"); r.code != exitUsage {
		t.Errorf("no password: %d %s", r.code, r.stderr)
	}
	if log := s.stderr.String(); !strings.Contains(log, `"msg":"command"`) || !strings.Contains(log, `"msg":"operator"`) {
		t.Error("commands are not logged at the debug level, so that the canaries prove nothing")
	}
}

func TestAnOperatorEndsConnectionsAtOnce(t *testing.T) {
	p := newPlace(t)
	s := p.serve()
	ana, luis := s.register("ana"), s.register("luis")
	const another = "another canary horse battery"
	out := p.must(another, "user", "reset-password", "--data", p.data, "--username", "ana", "--password-stdin")
	if !strings.Contains(out, "devices revoked: 1") {
		t.Errorf("got %q", out)
	}
	if code := ana.WaitClosed(); code != protocol.CloseDeviceRevoked {
		t.Errorf("closed by %s", code)
	}
	s.login("ana", another)
	p.must("", "user", "close", "--data", p.data, "--username", "luis")
	if code := luis.WaitClosed(); code != protocol.CloseUserClosed {
		t.Errorf("closed by %s", code)
	}
	if r := p.run("", "user", "close", "--data", p.data, "--username", "nobody"); r.code != exitFailure || !strings.Contains(r.stderr, "no such user") {
		t.Errorf("got %d %s", r.code, r.stderr)
	}
	mara := s.register("mara")
	p.must("", "user", "role", "--data", p.data, "--username", "mara", "--role", "teller")
	if code := mara.WaitClosed(); code != protocol.CloseDeviceRevoked {
		t.Errorf("closed by %s", code)
	}
	if got := s.login("mara", testPassword).Code(deposit(ana.account, 1)); got != protocol.Code_CODE_UNSPECIFIED {
		t.Errorf("the new teller deposits: %s", got)
	}
	s.mustNotLog(another)
}

func TestAnOperatorFreezesAccountsAndLetsThemGoBelowZero(t *testing.T) {
	p := newPlace(t)
	s := p.serve()
	ana, luis := s.register("ana"), s.register("luis")
	if out := p.must("", "account", "overdraft", "--data", p.data, "--account", ana.account, "--amount", "500.00"); !strings.Contains(out, "available 500.00") {
		t.Errorf("got %q", out)
	}
	if got := ana.Code(testclient.Transfer(ana.account, luis.account, 200_00)); got != protocol.Code_CODE_UNSPECIFIED {
		t.Errorf("within the overdraft: %s", got)
	}
	if got := ana.Code(testclient.Transfer(ana.account, luis.account, 300_01)); got != protocol.Code_CODE_INSUFFICIENT_FUNDS {
		t.Errorf("beyond the overdraft: %s", got)
	}
	if out := p.must("", "account", "freeze", "--data", p.data, "--account", ana.account); !strings.Contains(out, "is frozen") {
		t.Errorf("got %q", out)
	}
	if got := luis.Code(testclient.Transfer(luis.account, ana.account, 1)); got != protocol.Code_CODE_ACCOUNT_FROZEN {
		t.Errorf("to a frozen account: %s", got)
	}
	p.must("", "account", "unfreeze", "--data", p.data, "--account", ana.account)
	if got := luis.Code(testclient.Transfer(luis.account, ana.account, 1)); got != protocol.Code_CODE_UNSPECIFIED {
		t.Errorf("thawed: %s", got)
	}
	for name, args := range map[string][]string{
		"no number":         {"account", "freeze", "--data", p.data, "--account", "12"},
		"no such account":   {"account", "freeze", "--data", p.data, "--account", "032180000118359719"},
		"no amount":         {"account", "overdraft", "--data", p.data, "--account", ana.account, "--amount", "-1"},
		"the bank's own":    {"account", "freeze", "--data", p.data, "--account", models.SystemAccount(models.ClassCash, "MXN", 0).String()},
		"another's decimal": {"account", "overdraft", "--data", p.data, "--account", ana.account, "--amount", "1,5"},
	} {
		if r := p.run("", args...); r.code != exitFailure {
			t.Errorf("%s: %d %s", name, r.code, r.stdout)
		}
	}
}

func TestVerifyAndBackupWorkWhileTheServerRunsAndAfter(t *testing.T) {
	p := newPlace(t)
	p.addUser("caja", "teller")
	s := p.serve()
	ana := s.register("ana")
	caja := s.login("caja", testPassword)
	for range 10 {
		if reply := caja.Do(deposit(ana.account, 100_00)); reply.GetReceipt() == nil {
			t.Fatal(reply)
		}
	}
	copied := filepath.Join(filepath.Dir(p.data), "copy", models.DatabaseFile)
	if err := os.Mkdir(filepath.Dir(copied), 0o700); err != nil {
		t.Fatal(err)
	}
	sound := func(data string) {
		t.Helper()
		out := p.must("", "verify", "--data", data)
		if !strings.HasPrefix(out, "sound:") || !strings.Contains(out, "transfers 10,") || !strings.Contains(out, "holders have 1000.00 MXN") {
			t.Errorf("got %s", out)
		}
	}
	sound(p.data)
	p.must("", "backup", "--data", p.data, "--to", copied)
	wantMode(t, copied, 0o600)
	if r := p.run("", "backup", "--data", p.data, "--to", copied); r.code != exitFailure {
		t.Error("a backup was overwritten")
	}
	s.halt()
	sound(p.data)
	sound(filepath.Dir(copied))
	if r := p.run("", "verify", "--data", filepath.Join(filepath.Dir(p.data), "nothing")); r.code != exitFailure || !strings.Contains(r.stderr, "no bank") {
		t.Errorf("verify of nothing: %d %s", r.code, r.stderr)
	}

	db, err := sql.Open("sqlite3", copied)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("UPDATE heads SET balance_minor = balance_minor + 1 WHERE balance_minor > 0"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	r := p.run("", "verify", "--data", filepath.Dir(copied))
	if r.code != exitFailure || !strings.HasPrefix(r.stdout, "NOT sound:") || !strings.Contains(r.stdout, ana.account) {
		t.Errorf("a centavo too many: %d %s", r.code, r.stdout)
	}
}

func TestIdentityIsTheFingerprintAlone(t *testing.T) {
	p := newPlace(t)
	before := p.must("", "identity", "--data", p.data)
	s := p.serve()
	while := p.must("", "identity", "--data", p.data)
	s.halt()
	after := p.must("", "identity", "--data", p.data)
	for _, out := range []string{before, while, after} {
		if got, err := certs.ParseIdentity(strings.TrimSuffix(out, "\n")); err != nil || got != s.identity || strings.Count(out, "\n") != 1 {
			t.Errorf("got %q: %v", out, err)
		}
	}
	q := newPlace(t).demo()
	s = q.serve("--demo")
	if out := q.must("", "identity", "--data", q.data); out != s.identity.String()+"\n" {
		t.Errorf("of a demo: %q", out)
	}
	s.halt()
	if out := q.must("", "verify", "--data", q.data); !strings.HasPrefix(out, "sound:") {
		t.Errorf("of a demo: %s", out)
	}
}

func TestAnOperatorsCommandsReachAFolderWithALongPath(t *testing.T) {
	p := newPlace(t)
	p.data = filepath.Join(p.data, strings.Repeat("long", 40))
	p.serve()
	p.addUser("ana", "holder")
	wantMode(t, filepath.Join(p.data, "admin.sock"), 0o600)
}
