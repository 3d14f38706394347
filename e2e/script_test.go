package e2e

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3" // sqlCommand
	"github.com/rogpeppe/go-internal/testscript"

	"caudal/server/app"
	"caudal/wsclient/cli"
)

// TestMain makes this test binary the two programs, by the name under which it is started, so that every test here runs
// them as processes of their own.
func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){"caudald": program(app.Main), "caudal": program(cli.Main)})
}

// program does what the programs' main functions do.
func program(run func(context.Context, []string, func(string) string, io.Reader, io.Writer, io.Writer) int) func() {
	return func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		context.AfterFunc(ctx, stop)
		os.Exit(run(ctx, os.Args[1:], os.Getenv, os.Stdin, os.Stdout, os.Stderr))
	}
}

// TestScripts runs testdata/script: the two programs as a person types them. Besides testscript's own commands there are
//
//	bank NAME [-at OTHER] [-plain] [FLAG...]
//	                          start a server (--demo, but for -plain) on ports that stay NAME's, or are OTHER's; the first
//	                          one sets CAUDAL_SERVER and CAUDAL_IDENTITY, and each sets NAME_SERVER, NAME_HOST,
//	                          NAME_IDENTITY, NAME_DATA and NAME_CA
//	[!] bankstop NAME         SIGTERM, and the exit code must (not) be 0
//	exits CODE PROGRAM ARG... run a program that must end with exactly this code
//	watch NAME PROGRAM ARG... start a program in the background
//	expect NAME PATTERN       wait until what it has printed matches
//	unwatch NAME [CODE]       SIGINT (with CODE: nothing), and wait for the exit code, which must be CODE or 0
//	save VARIABLE PATTERN     set a variable to what the first group matches in the last standard output
//	json PATH VALUE           the last standard output is one JSON object and has this at PATH (accounts.0.clabe)
//	keys PATH NAME...         the object at PATH (. is the whole) has exactly these keys
//	sql FILE STATEMENT        run a statement on a database, past the program
//	lines NAME PATTERN N      what a watched program has printed has N lines that match
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, "config"))
			e.Setenv("CAUDAL_HOME", filepath.Join(e.WorkDir, "home"))
			e.Setenv("TZ", "UTC")
			e.Setenv("NO_COLOR", "1")
			e.Values[theatreKey{}] = &theatre{processes: map[string]*process{}, ports: map[string][2]string{}}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"bank": bankCommand, "bankstop": bankStopCommand, "exits": exitsCommand,
			"watch": watchCommand, "expect": expectCommand, "unwatch": unwatchCommand, "lines": linesCommand,
			"save": saveCommand, "json": jsonCommand, "keys": keysCommand, "sql": sqlCommand,
		},
	})
}

// theatre is what a script has running.
type theatre struct {
	processes map[string]*process
	ports     map[string][2]string // of a bank: for clients, for its operator
}

type theatreKey struct{}

func theatreOf(ts *testscript.TestScript) *theatre { return ts.Value(theatreKey{}).(*theatre) }

// process is a program in the background and what it has printed.
type process struct {
	cmd    *exec.Cmd
	exited chan struct{}

	mu     sync.Mutex
	output strings.Builder
}

func (p *process) printed() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.String()
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.output.Write(b)
}

// launch starts a program with the script's environment, and makes sure that it does not outlive the script.
func launch(ts *testscript.TestScript, name, program string, args ...string) *process {
	stage := theatreOf(ts)
	if old := stage.processes[name]; old != nil {
		select {
		case <-old.exited:
		default:
			ts.Fatalf("%s runs already", name)
		}
	}
	path, err := exec.LookPath(program)
	ts.Check(err)
	p := &process{cmd: exec.Command(path, args...), exited: make(chan struct{})}
	p.cmd.Dir = ts.MkAbs(".")
	p.cmd.Env = environment(ts)
	p.cmd.Stdout, p.cmd.Stderr = p, p
	ts.Check(p.cmd.Start())
	go func() {
		p.cmd.Wait()
		close(p.exited)
	}()
	stage.processes[name] = p
	ts.Defer(func() {
		p.cmd.Process.Kill()
		<-p.exited
		ts.Logf("[%s]\n%s", name, tail(p.printed()))
	})
	return p
}

// tail keeps the log of a script that fails readable.
func tail(text string) string {
	const bytes = 2048
	if len(text) <= bytes {
		return text
	}
	return "..." + text[len(text)-bytes:]
}

// scriptVariables are those that the programs look at.
var scriptVariables = []string{
	"PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", "TZ", "NO_COLOR",
	"CAUDAL_HOME", "CAUDAL_SERVER", "CAUDAL_IDENTITY",
}

func environment(ts *testscript.TestScript) []string {
	var list []string
	for _, name := range scriptVariables {
		if value := ts.Getenv(name); value != "" {
			list = append(list, name+"="+value)
		}
	}
	return list
}

// until polls a condition of a process that must go on running.
func until(ts *testscript.TestScript, p *process, what string, condition func() bool) {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-p.exited:
			if condition() {
				return
			}
			ts.Fatalf("it ended (%v) before %s:\n%s", p.cmd.ProcessState, what, p.printed())
		case <-deadline.C:
			ts.Fatalf("waited %v in vain until %s:\n%s", patience, what, p.printed())
		case <-tick.C:
		}
	}
}

func bankCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: bank NAME [-at OTHER] [-plain] [FLAG...]")
	}
	name, args := args[0], args[1:]
	stage, mode := theatreOf(ts), []string{"--demo"}
	if len(args) > 1 && args[0] == "-at" {
		stage.ports[name], args = stage.ports[args[1]], args[2:]
	}
	if len(args) > 0 && args[0] == "-plain" {
		mode, args = nil, args[1:]
	}
	ports, again := stage.ports[name]
	if !again {
		ports = [2]string{unusedAddress(ts), unusedAddress(ts)}
		stage.ports[name] = ports
	}
	data := ts.MkAbs(name)
	p := launch(ts, name, "caudald", slices.Concat(mode, []string{"--data", data, "--listen", ports[0], "--admin", ports[1]}, args)...)
	until(ts, p, "the bank is ready", func() bool {
		response, err := http.Get("http://" + ports[1] + "/readyz")
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	identity := identityOf(ts, p, mode == nil, data)
	ts.Setenv(name+"_SERVER", "wss://"+ports[0]+"/ws")
	ts.Setenv(name+"_HOST", ports[0])
	ts.Setenv(name+"_IDENTITY", identity)
	ts.Setenv(name+"_DATA", data)
	ts.Setenv(name+"_CA", filepath.Join(data, "identity", "ca.pem"))
	if mode != nil { // a demo keeps its keys with its user
		ts.Setenv(name+"_CA", filepath.Join(ts.Getenv("XDG_CONFIG_HOME"), "caudal", "demo", "ca.pem"))
	}
	if ts.Getenv("CAUDAL_SERVER") == "" {
		ts.Setenv("CAUDAL_SERVER", "wss://"+ports[0]+"/ws")
		ts.Setenv("CAUDAL_IDENTITY", identity)
	}
}

// identityOf is the fingerprint: a demo prints it, other banks are asked for it.
func identityOf(ts *testscript.TestScript, p *process, plain bool, data string) string {
	if plain {
		cmd := exec.Command("caudald", "identity", "--data", data)
		cmd.Env = environment(ts)
		out, err := cmd.Output()
		ts.Check(err)
		return strings.TrimSpace(string(out))
	}
	pattern := regexp.MustCompile(`CAUDAL_IDENTITY=([A-Z2-7-]+)`)
	until(ts, p, "the demo prints its identity", func() bool { return pattern.MatchString(p.printed()) })
	return pattern.FindStringSubmatch(p.printed())[1]
}

func bankStopCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: [!] bankstop NAME")
	}
	p := running(ts, args[0])
	ts.Check(p.cmd.Process.Signal(syscall.SIGTERM))
	if code := exitCode(ts, p); (code == 0) == neg {
		ts.Fatalf("exit code %d", code)
	}
}

func exitsCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func watchCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: watch NAME PROGRAM [ARG...]")
	}
	launch(ts, args[0], args[1], args[2:]...)
}

func expectCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: expect NAME PATTERN")
	}
	pattern, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	p := running(ts, args[0])
	until(ts, p, "it prints "+args[1], func() bool { return pattern.MatchString(p.printed()) })
}

func linesCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: lines NAME PATTERN N")
	}
	pattern, err := regexp.Compile(args[1])
	ts.Check(err)
	want, err := strconv.Atoi(args[2])
	ts.Check(err)
	got := 0
	for lines := bufio.NewScanner(strings.NewReader(running(ts, args[0]).printed())); lines.Scan(); {
		if pattern.MatchString(lines.Text()) {
			got++
		}
	}
	if got != want {
		ts.Fatalf("%d lines match %s, want %d", got, args[1], want)
	}
}

func unwatchCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: unwatch NAME [CODE]")
	}
	p, want := running(ts, args[0]), 0
	if len(args) == 2 {
		var err error
		want, err = strconv.Atoi(args[1])
		ts.Check(err)
	} else {
		ts.Check(p.cmd.Process.Signal(os.Interrupt))
	}
	if code := exitCode(ts, p); code != want {
		ts.Fatalf("exit code %d, want %d:\n%s", code, want, p.printed())
	}
}

func running(ts *testscript.TestScript, name string) *process {
	p := theatreOf(ts).processes[name]
	if p == nil {
		ts.Fatalf("there is no %s", name)
	}
	return p
}

func exitCode(ts *testscript.TestScript, p *process) int {
	select {
	case <-p.exited:
	case <-time.After(patience):
		ts.Fatalf("it does not end:\n%s", p.printed())
	}
	return p.cmd.ProcessState.ExitCode()
}

func saveCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: save VARIABLE PATTERN")
	}
	pattern, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	found := pattern.FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) < 2 {
		ts.Fatalf("nothing matches %s in %q", args[1], ts.ReadFile("stdout"))
	}
	ts.Setenv(args[0], found[1])
}

func jsonCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] json PATH VALUE")
	}
	if got := fmt.Sprint(lookup(ts, args[0])); (got == args[1]) == neg {
		ts.Fatalf("%s is %s", args[0], got)
	}
}

func keysCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: keys PATH NAME...")
	}
	object, ok := lookup(ts, args[0]).(map[string]any)
	if !ok {
		ts.Fatalf("%s is no object", args[0])
	}
	var got []string
	for key := range object {
		got = append(got, key)
	}
	want := slices.Clone(args[1:])
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		ts.Fatalf("keys %v, want %v", got, want)
	}
}

// lookup walks the last standard output, which must be one JSON object on one line.
func lookup(ts *testscript.TestScript, path string) any {
	text := ts.ReadFile("stdout")
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil || strings.Count(text, "\n") != 1 {
		ts.Fatalf("not one line of JSON (%v): %q", err, text)
	}
	for step := range strings.SplitSeq(strings.Trim(path, "."), ".") {
		switch at := value.(type) {
		case map[string]any:
			if step == "" {
				continue
			}
			next, ok := at[step]
			if !ok {
				ts.Fatalf("there is no %s (of %s)", step, path)
			}
			value = next
		case []any:
			i, err := strconv.Atoi(step)
			if step == "length" {
				value = len(at)
				continue
			}
			if err != nil || i >= len(at) {
				ts.Fatalf("there is no %s (of %s) in %d", step, path, len(at))
			}
			value = at[i]
		default:
			ts.Fatalf("there is no %s (of %s)", step, path)
		}
	}
	return value
}

// unusedAddress is a loopback address that nobody listened on a moment ago.
func unusedAddress(ts *testscript.TestScript) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	defer listener.Close()
	return listener.Addr().String()
}

// sqlCommand does to a bank's database what only somebody with the file can do.
func sqlCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sql FILE STATEMENT")
	}
	db, err := sql.Open("sqlite3", ts.MkAbs(args[0]))
	ts.Check(err)
	defer db.Close()
	_, err = db.Exec(args[1])
	ts.Check(err)
}
