package bench

import (
	"errors"
	"runtime"
	"testing"
	"time"
)

func good() Config {
	return Config{Scenario: Ping, URL: "wss://127.0.0.1:8443/ws", Conns: 1, InFlight: 1, Duration: time.Second}
}

func TestARunOnThisMachineIsAllowed(t *testing.T) {
	for _, url := range []string{"wss://127.0.0.1:8443/ws", "wss://[::1]:8443/ws", "wss://127.9.9.9/ws", "wss://[::ffff:127.0.0.1]/ws"} {
		c := good()
		c.URL = url
		if err := Guard(t.Context(), &c, Permission{}); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestAnotherMachineNeedsAWord(t *testing.T) {
	for _, url := range []string{"wss://192.0.2.1/ws", "wss://[2001:db8::1]/ws", "wss://0.0.0.0/ws"} {
		c := good()
		c.URL = url
		if err := Guard(t.Context(), &c, Permission{}); !errors.Is(err, ErrNotOwned) {
			t.Errorf("%s: %v", url, err)
		}
		if err := Guard(t.Context(), &c, Permission{OwnHost: true}); err != nil {
			t.Errorf("%s, owned: %v", url, err)
		}
	}
}

func TestARunIsBounded(t *testing.T) {
	for what, spoil := range map[string]func(*Config){
		"scenario":  func(c *Config) { c.Scenario = "ddos" },
		"conns":     func(c *Config) { c.Conns = ConnsMax + 1 },
		"in-flight": func(c *Config) { c.InFlight = 0 },
		"accounts":  func(c *Config) { c.Accounts = AccountsMax + 1 },
		"duration":  func(c *Config) { c.Duration = DurationMax + 1 },
		"warmup":    func(c *Config) { c.Warmup = -1 },
		"stages":    func(c *Config) { c.Stages = []Stage{{0, RateMax + 1, time.Second}} },
	} {
		c := good()
		spoil(&c)
		bound, ok := errors.AsType[*BoundError](Guard(t.Context(), &c, Permission{}))
		if !ok || bound.What != what {
			t.Errorf("%s: %v", what, bound)
		}
	}
	c := good()
	c.Stages = []Stage{{1, 1, 40 * time.Minute}, {1, 1, 40 * time.Minute}}
	if err := Guard(t.Context(), &c, Permission{}); !errors.As(err, new(*BoundError)) {
		t.Errorf("stages of more than an hour: %v", err)
	}
	if err := Guard(t.Context(), &c, Permission{Long: true}); err != nil {
		t.Errorf("an hour and more that is meant: %v", err)
	}
}

func TestFilesAreCountedBeforeTheRun(t *testing.T) {
	c := good()
	if c.Conns = openFiles(); c.Conns > ConnsMax {
		t.Skip("this system lets a process open more files than a run may have")
	}
	files, ok := errors.AsType[*FilesError](Guard(t.Context(), &c, Permission{}))
	if !ok || files.Need <= files.May {
		t.Error(files)
	}
}

func TestSourcesFollowFromPorts(t *testing.T) {
	automatic := 0
	if runtime.GOOS == "linux" {
		automatic = 2
	}
	for _, of := range []struct {
		url            string
		n, conns, want int
	}{
		{"wss://127.0.0.1:8443/ws", 0, 100, 0},
		{"wss://127.0.0.1:8443/ws", 3, 1, 3},
		{"wss://127.0.0.1:8443/ws", 0, portsPerSource + 1, automatic},
		{"wss://[::1]:8443/ws", 0, portsPerSource + 1, 0},
		{"wss://192.0.2.1:8443/ws", 0, portsPerSource + 1, 0},
	} {
		c := good()
		c.URL, c.Conns = of.url, of.conns
		sources := c.SourcesFor(t.Context(), of.n)
		if len(sources) != of.want {
			t.Errorf("%v: %v", of, sources)
		}
		for _, source := range sources {
			if !source.IsLoopback() {
				t.Error(source)
			}
		}
	}
}
