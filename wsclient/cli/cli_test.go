package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"

	"caudal/certs"
)

// typed is what a command line came to.
type typed struct {
	code           int
	stdout, stderr string
}

// run types a command line. env has pairs NAME=value; CAUDAL_HOME is a fresh folder unless given.
func run(t *testing.T, env []string, stdin string, args ...string) typed {
	t.Helper()
	environment := map[string]string{"CAUDAL_HOME": t.TempDir()}
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		environment[name] = value
	}
	var stdout, stderr bytes.Buffer
	code := Main(context.Background(), args, func(name string) string { return environment[name] },
		strings.NewReader(stdin), &stdout, &stderr)
	return typed{code, stdout.String(), stderr.String()}
}

const (
	validCLABE = "032180000118359719"
	nowhere    = "CAUDAL_SERVER=wss://127.0.0.1:1/ws" // nothing listens on port 1
)

func TestWrongUsageExitsWith2AndSendsNothing(t *testing.T) {
	for name, args := range map[string][]string{
		"no command":              {},
		"unknown command":         {"blance"},
		"unknown flag":            {"balance", "--acount", "1"},
		"surplus argument":        {"balance", "mine"},
		"unknown format":          {"balance", "--format", "yaml"},
		"no time to wait":         {"balance", "--timeout", "0s"},
		"register without owner":  {"register", "--username", "ana"},
		"login without username":  {"login"},
		"transfer without to":     {"transfer", "--amount", "1"},
		"transfer without amount": {"transfer", "--to", validCLABE},
		"amount with a sign":      {"transfer", "--to", validCLABE, "--amount=-5"},
		"amount with an exponent": {"transfer", "--to", validCLABE, "--amount", "1e3"},
		"amount with a comma":     {"transfer", "--to", validCLABE, "--amount", "1,5"},
		"amount in words":         {"transfer", "--to", validCLABE, "--amount", "much"},
		"wrong check digit":       {"transfer", "--to", "032180000118359718", "--amount", "1"},
		"nobody":                  {"transfer", "--to", "@", "--amount", "1"},
		"from nowhere":            {"transfer", "--from", "12", "--to", validCLABE, "--amount", "1"},
		"key of another version":  {"transfer", "--to", validCLABE, "--amount", "1", "--key", "123e4567-e89b-42d3-a456-426614174000"},
		"memo that is not text":   {"transfer", "--to", validCLABE, "--amount", "1", "--memo", "\xff"},
		"deposit to nobody":       {"deposit", "--account", "", "--amount", "1"},
		"history of no length":    {"history", "--limit", "0"},
		"history without end":     {"history", "--limit", "100001"},
		"a date that is none":     {"history", "--since", "yesterday"},
		"a 30th of February":      {"history", "--until", "2026-02-30"},
		"since after until":       {"history", "--since", "2026-07-02", "--until", "2026-07-01"},
		"revoke nothing":          {"devices", "revoke"},
		"forget nothing":          {"pins", "forget"},
		"currency of nowhere":     {"open", "--name", "x", "--currency", "EUR"},
	} {
		got := run(t, []string{nowhere}, "", args...)
		if got.code != exitUsage || got.stdout != "" || !strings.HasPrefix(got.stderr[strings.LastIndex(got.stderr, "caudal: "):], "caudal: ") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestAnErrorIsJSONWhereJSONWasAskedFor(t *testing.T) {
	for name, args := range map[string][]string{
		"a command's own":    {"history", "--limit", "0", "--format", "json"},
		"an unknown command": {"--format=json", "blance"},
		"an unknown flag":    {"balance", "--format", "json", "--nonsense"},
	} {
		got := run(t, []string{nowhere}, "", args...)
		var answer struct {
			Error struct {
				Code, Message *string
				Retryable     *bool
			}
		}
		if err := json.Unmarshal([]byte(got.stdout), &answer); err != nil {
			t.Errorf("%s: %v: %q", name, err, got.stdout)
			continue
		}
		e := answer.Error
		if got.code != exitUsage || got.stderr != "" || e.Code == nil || *e.Code != "usage" || e.Message == nil || e.Retryable == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestABankThatIsNotNamedOrNotOverTLSIsWrongUsage(t *testing.T) {
	for _, server := range []string{"", "ws://127.0.0.1:8443/ws", "https://bank.example", "wss://", "wss://ana:secret@bank.example/ws"} {
		got := run(t, []string{"CAUDAL_SERVER=" + server}, "", "ping")
		if got.code != exitUsage {
			t.Errorf("CAUDAL_SERVER=%q: %+v", server, got)
		}
		if strings.Contains(got.stderr, "secret") {
			t.Errorf("an error repeats a password: %q", got.stderr)
		}
	}
}

func TestABankThatIsNotThereExitsWith1(t *testing.T) {
	identity := newIdentity(t)
	got := run(t, []string{nowhere, "CAUDAL_IDENTITY=" + identity.String()}, "", "ping", "--format", "json")
	if got.code != exitElse || !strings.Contains(got.stdout, `"code": "unreachable"`) || !strings.Contains(got.stdout, `"retryable": true`) {
		t.Errorf("%+v", got)
	}
}

func TestWithoutASignInTheExitIs4(t *testing.T) {
	identity := newIdentity(t)
	for _, args := range [][]string{
		{"balance"}, {"accounts"}, {"whoami"}, {"devices"}, {"logout"}, {"listen"}, {"history"}, {"open", "--name", "x"},
		{"transfer", "--to", validCLABE, "--amount", "1"}, {"password", "--password-stdin"}, {"payee", validCLABE},
	} {
		got := run(t, []string{nowhere, "CAUDAL_IDENTITY=" + identity.String()}, "", args...)
		if got.code != exitSignIn || !strings.Contains(got.stderr, "caudal login") {
			t.Errorf("%v: %+v", args, got)
		}
	}
}

func TestIdentitiesThatAreMalformedOrContradictThePinExitWith5(t *testing.T) {
	dir := t.TempDir()
	pinned, other := newIdentity(t), newIdentity(t)
	home := "CAUDAL_HOME=" + dir
	if got := run(t, []string{home}, "", "pins", "add", "127.0.0.1:1", pinned.String()); got.code != exitDone {
		t.Fatalf("pins add: %+v", got)
	}
	mistyped := strings.Replace(pinned.String(), pinned.String()[:1], "7", 1)
	if mistyped == pinned.String() {
		mistyped = "A" + mistyped[1:]
	}
	for name, c := range map[string]struct{ identity, code string }{
		"another":  {other.String(), "identity_changed"},
		"mistyped": {mistyped, "malformed_identity"},
		"short":    {"AAAAA-BBBBB", "malformed_identity"},
	} {
		got := run(t, []string{home, nowhere, "CAUDAL_IDENTITY=" + c.identity}, "", "ping", "--format", "json")
		if got.code != exitIdentity || !strings.Contains(got.stdout, `"code": "`+c.code+`"`) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestPinsAreListedAddedAndForgottenByTheirName(t *testing.T) {
	env := []string{"CAUDAL_HOME=" + t.TempDir()}
	identity := newIdentity(t)
	steps := []struct {
		args []string
		code int
		want string // in stdout or stderr
	}{
		{[]string{"pins"}, exitDone, "Nothing is pinned."},
		{[]string{"pins", "--format", "json"}, exitDone, `{"pins": []}`},
		{[]string{"pins", "add", "bank.example:443", identity.String()}, exitDone, "Pinned"},
		{[]string{"pins", "list"}, exitDone, identity.String()},
		{[]string{"pins", "list", "--format", "json"}, exitDone, `"host": "bank.example:443"`},
		{[]string{"pins", "add", "bank.example:443", newIdentity(t).String()}, exitIdentity, "not the one that is pinned"},
		{[]string{"pins", "add", "bank.example:443", "AAAAA"}, exitUsage, "malformed"},
		{[]string{"pins", "forget", "bank.example"}, exitUsage, "host:port"},
		{[]string{"pins", "forget", "other.example:443"}, exitElse, "nothing is pinned"},
		{[]string{"pins", "forget", "bank.example:443"}, exitDone, "Forgotten"},
		{[]string{"pins"}, exitDone, "Nothing is pinned."},
	}
	for _, step := range steps {
		got := run(t, env, "", step.args...)
		if got.code != step.code || !strings.Contains(got.stdout+got.stderr, step.want) {
			t.Errorf("%v: %+v, want exit %d and %q", step.args, got, step.code, step.want)
		}
	}
}

func TestCompletionOffersCommandsFlagsAndValues(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if got := run(t, nil, "", "completion", shell); got.code != exitDone || !strings.Contains(got.stdout, "caudal") {
			t.Errorf("completion %s: %d %s", shell, got.code, got.stderr)
		}
	}
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"commands":    {[]string{"tr"}, []string{"transfer"}},
		"subcommands": {[]string{"devices", ""}, []string{"revoke"}},
		"formats":     {[]string{"balance", "--format", ""}, []string{"text", "json"}},
		"flags":       {[]string{"transfer", "--me"}, []string{"--memo"}},
	} {
		got := run(t, nil, "", append([]string{"__complete"}, c.args...)...)
		for _, word := range c.want {
			if got.code != exitDone || !strings.Contains(got.stdout, word) {
				t.Errorf("%s: %+v, want %q", name, got, word)
			}
		}
	}
	// Where the bank cannot be asked, nothing is offered and nothing is said.
	got := run(t, []string{nowhere}, "", "__complete", "balance", "--account", "")
	if got.code != exitDone || strings.TrimSpace(strings.SplitN(got.stdout, "\n", 2)[0]) != ":4" {
		t.Errorf("without a bank: %+v", got)
	}
}

func TestVersionIsJSONToo(t *testing.T) {
	got := run(t, nil, "", "version", "--format", "json")
	var answer struct {
		Version, Channel, Go string
		Protocol             int
	}
	if err := json.Unmarshal([]byte(got.stdout), &answer); err != nil || answer.Protocol != 1 || answer.Channel != "caudal.v1" {
		t.Errorf("%+v: %v", got, err)
	}
}

func newIdentity(t *testing.T) certs.Identity {
	t.Helper()
	key, err := certs.NewIdentityKey()
	if err != nil {
		t.Fatal(err)
	}
	return key.Public()
}
