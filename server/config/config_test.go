package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// load runs Load with arguments, variables and the text of a file, which may be empty for none.
func load(t *testing.T, args []string, env map[string]string, file string) (*Config, error) {
	t.Helper()
	if file != "" {
		path := filepath.Join(t.TempDir(), "caudal.yaml")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append([]string{"--config", path}, args...)
	}
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	Flags(flags)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return Load(flags, func(name string) (string, bool) { v, ok := env[name]; return v, ok })
}

func mustLoad(t *testing.T, args []string, env map[string]string, file string) *Config {
	t.Helper()
	c, err := load(t, args, env, file)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestFlagsBeatTheEnvironmentWhichBeatsTheFileWhichBeatsDefaults(t *testing.T) {
	const file = "log_level: warn\n"
	env := map[string]string{"CAUDAL_LOG_LEVEL": "error"}
	args := []string{"--log-level", "debug"}
	for _, step := range []struct {
		args   []string
		env    map[string]string
		file   string
		level  string
		source Source
	}{
		{nil, nil, "", "info", Default},
		{nil, nil, file, "warn", File},
		{nil, env, file, "error", Environment},
		{args, env, file, "debug", Flag},
		{args, nil, "", "debug", Flag},
	} {
		c := mustLoad(t, step.args, step.env, step.file)
		if c.LogLevel != step.level || c.Source("log_level") != step.source {
			t.Errorf("got %s from %s, want %s from %s", c.LogLevel, c.Source("log_level"), step.level, step.source)
		}
	}
}

func TestEveryTypeOfSettingIsReadFromEverySource(t *testing.T) {
	want := func(t *testing.T, c *Config) {
		t.Helper()
		if !c.Pprof || c.Classic || c.Connections != 7 || c.Heartbeat != 5*time.Second || c.TellerDay != 123450 ||
			!reflect.DeepEqual(c.Hosts, []string{"a.example", "b.example"}) || c.Name != "Banco" {
			t.Errorf("got %+v", c)
		}
	}
	want(t, mustLoad(t, []string{"--pprof", "--classic=false", "--connections", "7", "--heartbeat", "5s", "--teller-day", "1234.50",
		"--hosts", "a.example, b.example", "--name", "Banco"}, nil, ""))
	want(t, mustLoad(t, nil, map[string]string{"CAUDAL_PPROF": "true", "CAUDAL_CLASSIC": "false", "CAUDAL_CONNECTIONS": "7",
		"CAUDAL_HEARTBEAT": "5s", "CAUDAL_TELLER_DAY": "1234.50", "CAUDAL_HOSTS": "a.example,b.example", "CAUDAL_NAME": "Banco"}, ""))
	want(t, mustLoad(t, nil, nil, "pprof: true\nclassic: false\nconnections: 7\nheartbeat: 5s\nteller_day: 1234.50\n"+
		"hosts: [a.example, b.example]\nname: Banco\n"))
}

func TestDemoRaisesCapsThatNobodySet(t *testing.T) {
	plain, demo := mustLoad(t, nil, nil, ""), mustLoad(t, []string{"--demo"}, nil, "")
	if demo.RegisterBurst <= plain.RegisterBurst || demo.ConnectionsPerAddress <= plain.ConnectionsPerAddress {
		t.Error("a demo's caps are in the way of a load tester on loopback")
	}
	if c := mustLoad(t, []string{"--demo", "--register-burst", "3"}, nil, ""); c.RegisterBurst != 3 {
		t.Errorf("a cap that was set became %d", c.RegisterBurst)
	}
	if c := mustLoad(t, nil, nil, "demo: true\nconnections: 3\n"); c.Connections != 3 || !c.Demo {
		t.Error("a cap that the file sets is lost in demo mode")
	}
}

func TestADemoBeyondLoopbackIsRefusedFromEverySource(t *testing.T) {
	for name, try := range map[string]func() (*Config, error){
		"flags": func() (*Config, error) { return load(t, []string{"--demo", "--listen", "0.0.0.0:8443"}, nil, "") },
		"environment": func() (*Config, error) {
			return load(t, nil, map[string]string{"CAUDAL_DEMO": "1", "CAUDAL_LISTEN": ":8443"}, "")
		},
		"file":  func() (*Config, error) { return load(t, nil, nil, "demo: true\nlisten: 192.0.2.1:8443\n") },
		"mixed": func() (*Config, error) { return load(t, []string{"--demo"}, nil, "listen: '[::]:8443'\n") },
		"a name": func() (*Config, error) {
			return load(t, []string{"--demo", "--listen", "bank.example:8443"}, nil, "")
		},
	} {
		if _, err := try(); !errors.Is(err, ErrDemoBeyondLoopback) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for _, listen := range []string{"127.0.0.1:0", "localhost:8443", "[::1]:8443", "127.9.9.9:1", "[::ffff:127.0.0.1]:80"} {
		if _, err := load(t, []string{"--demo", "--listen", listen}, nil, ""); err != nil {
			t.Errorf("%s: %v", listen, err)
		}
	}
}

func TestWhatCannotBeMeantIsAnError(t *testing.T) {
	for name, file := range map[string]string{
		"unknown key":              "lisen: 127.0.0.1:1\n",
		"a key twice":              "name: a\nname: b\n",
		"a nested value":           "name: {a: b}\n",
		"a null":                   "name:\n",
		"a list":                   "- name\n",
		"two documents":            "name: a\n---\nname: b\n",
		"not yaml":                 "name: [\n",
		"a word for a number":      "connections: many\n",
		"nothing of a cap":         "connections: 0\n",
		"a negative duration":      "heartbeat: -1s\n",
		"a duration without unit":  "heartbeat: 30\n",
		"an amount with 3 places":  "teller_day: 1.001\n",
		"a port that is none":      "listen: 127.0.0.1:99999\n",
		"an address without port":  "listen: 127.0.0.1\n",
		"admin beyond loopback":    "admin: 0.0.0.0:8444\n",
		"a certificate alone":      "tls_cert: a.pem\n",
		"ACME without terms":       "acme_host: bank.example\n",
		"a host with a port":       "hosts: [bank.example:443]\n",
		"an origin with a path":    "origins: [https://bank.example/x]\n",
		"proxies: the whole world": "trusted_proxies: [0.0.0.0/0]\n",
		"proxies: a name":          "trusted_proxies: [lb.example]\n",
		"a log level":              "log_level: loud\n",
		"heartbeat after idle":     "heartbeat: 2m\n",
	} {
		if c, err := load(t, nil, nil, file); err == nil {
			t.Errorf("%s: accepted as %+v", name, c)
		}
	}
	if _, err := load(t, []string{"--config", filepath.Join(t.TempDir(), "none.yaml")}, nil, ""); err == nil {
		t.Error("a file that is not there was taken for an empty one")
	}
}

func TestErrorsNameTheSettingAndItsSourceButNotTheValue(t *testing.T) {
	_, err := load(t, nil, map[string]string{"CAUDAL_CONNECTIONS": "hunter2"}, "")
	if err == nil || !strings.Contains(err.Error(), "CAUDAL_CONNECTIONS") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
}

func TestPrintedSettingsReadBackAsTheSame(t *testing.T) {
	c := mustLoad(t, []string{"--hosts", "a.example,b.example", "--name", `B"a: #n`, "--teller-day", "7.10", "--demo"}, nil, "")
	var printed strings.Builder
	if err := c.Print(&printed); err != nil {
		t.Fatal(err)
	}
	again := mustLoad(t, nil, nil, printed.String())
	if !c.Equal(again) {
		t.Errorf("read back as another:\n%s", printed.String())
	}
	if !strings.Contains(printed.String(), "name: \"B\\\"a: #n\" # flag\n") || !strings.Contains(printed.String(), "# default\n") {
		t.Errorf("sources are missing:\n%s", printed.String())
	}
}

func TestPasswordsInsideURLsAreNotPrinted(t *testing.T) {
	c := mustLoad(t, []string{"--acme-directory", "https://user:hunter2@ca.example/dir"}, nil, "")
	var printed strings.Builder
	if err := c.Print(&printed); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(printed.String(), "hunter2") || !strings.Contains(printed.String(), "ca.example") {
		t.Errorf("got:\n%s", printed.String())
	}
}

func TestEverySettingHasUsageAndAWellFormedDefault(t *testing.T) {
	for _, f := range fields {
		if f.usage == "" {
			t.Errorf("%s: no usage", f.key)
		}
		for _, initial := range []string{f.initial, f.initialDemo} {
			if initial == "" {
				continue
			}
			if err := f.set(new(Config), initial); err != nil {
				t.Errorf("%s: default %q: %v", f.key, initial, err)
			}
		}
	}
}

func FuzzFile(f *testing.F) {
	f.Add([]byte("name: x\nhosts: [a, b]\n"))
	f.Add([]byte("a: &x [*x]"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		settings, err := parseFile(raw)
		if err != nil {
			return
		}
		var plain map[string]any
		if err := yaml.Unmarshal(raw, &plain); err == nil && len(plain) != len(settings) {
			t.Errorf("read %d settings of %d", len(settings), len(plain))
		}
	})
}
