package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"caudal/wsclient/bench"
)

// marksFolder, where given, keeps what each run of the load tester said, as JSON, under the mark's name and a number.
var marksFolder = flag.String("marks", "", "keep the results of BenchmarkMarks and BenchmarkSoak in this `folder`")

// marks are the figures of docs/PERFORMANCE.md that the load tester measures: its scenario, and its flags. All of them have
// the bank and the tester on one machine, as processes of their own. The first of those that share users prepares them.
var marks = []struct{ name, flags string }{
	{"ping-1", "ping --conns 1 --in-flight 1"},
	{"ping-16x64", "ping --conns 16 --in-flight 64"},
	{"transfer-100x16", "transfer --conns 100 --in-flight 16"},
	{"transfer-100x64", "transfer --conns 100 --in-flight 64"},
	{"transfer-100x16-hot", "transfer --conns 100 --in-flight 16 --hot"},
	{"transfer-100x1", "transfer --conns 100 --in-flight 1"},
	{"transfer-100x16-10000", "transfer --conns 100 --in-flight 16 --accounts 10000"},
	{"transfer-100x1-10000", "transfer --conns 100 --in-flight 1 --accounts 10000"},
	{"connect-default", "connect --conns 16"},
	{"connect-plain-tls", "connect --conns 16 --plain-tls"},
	{"watch-1000", "watch --conns 1000 --rate 20"},
	{"idle-19000", "idle --conns 19000 --duration 20s"},
	{"transfer-10000-holders", "transfer --conns 10000 --users 10000 --rate 5000 --duration 20s"},
}

// BenchmarkMarks measures each of the marks once for each -count: rates, latencies, the processor time of the bank and of
// the tester for each operation, and the bank's memory for each connection. Every run has its money checked, and fails
// without that. Rates and times belong to the machine and its hour; what is comparable is in the result's machine part.
//
//	go test ./e2e -run '^$' -bench Marks -benchtime 1x -count 5 -timeout 2h
func BenchmarkMarks(b *testing.B) {
	bank := startBank(b)
	for _, mark := range marks {
		b.Run(mark.name, func(b *testing.B) {
			b.ReportMetric(0, "ns/op") // a run is as long as it was told to be
			for range b.N {
				report(b, loadTest(b, bank, mark.name, strings.Fields(mark.flags)))
			}
		})
	}
}

// loadTest runs the load tester on a bank and returns what it measured.
func loadTest(b *testing.B, bank *bank, name string, args []string) *bench.Result {
	b.Helper()
	args = append([]string{"bench"}, args...)
	if !slices.Contains(args, "--duration") {
		args = append(args, "--duration", "6s")
	}
	args = append(args, "--format", "json", "--server", bank.url(), "--identity", bank.identity.String())
	cmd := bank.command(args...)
	cmd.Args[0] = "caudal" // TestMain runs the program of this name
	cmd.Env = append(cmd.Env, "CAUDAL_HOME="+filepath.Join(bank.dir, "tester"))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		b.Fatalf("%s: %v\n%s%s", strings.Join(args, " "), err, stdout.String(), stderr.String())
	}
	r := new(bench.Result)
	if err := json.Unmarshal(stdout.Bytes(), r); err != nil {
		b.Fatal(err)
	}
	keep(b, name, stdout.Bytes())
	return r
}

// keep writes a result to the next free number of its name.
func keep(b *testing.B, name string, result []byte) {
	b.Helper()
	if *marksFolder == "" {
		return
	}
	if err := os.MkdirAll(*marksFolder, 0o755); err != nil {
		b.Fatal(err)
	}
	for n := 1; ; n++ {
		path := filepath.Join(*marksFolder, fmt.Sprintf("%s-%d.json", name, n))
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
		if os.IsExist(err) {
			continue
		}
		if err != nil {
			b.Fatal(err)
		}
		_, err = f.Write(result)
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
		if err != nil {
			b.Fatal(err)
		}
		return
	}
}

// report gives a result's figures to the benchmark, those that the scenario has.
func report(b *testing.B, r *bench.Result) {
	b.Helper()
	for code, n := range r.Errors {
		b.Logf("%d %s", n, code)
	}
	if r.GeneratorLimited {
		b.Log("the tester was what limited the rate")
	}
	figure := func(value float64, unit string) {
		if value != 0 {
			b.ReportMetric(value, unit)
		}
	}
	figure(r.RatePerS, "op/s")
	latency := bench.HistService
	if r.Model == "open" {
		latency = bench.HistResponse
	}
	figure(r.LatencyMs[latency].P50, "p50-ms")
	figure(r.LatencyMs[latency].P99, "p99-ms")
	figure(r.LatencyMs[bench.HistEvent].P99, "event-p99-ms")
	figure(r.Tester.CPUMicrosPerOperation, "tester-us/op")
	if r.Bank != nil {
		figure(r.Bank.CPUMicrosPerOperation, "bank-us/op")
		if r.Scenario == bench.Idle {
			figure(r.Bank.ResidentKBPerConnection, "bank-KB/conn")
		}
	}
	figure(r.Machine.FsyncUs, "fsync-us")
	figure(r.Machine.SHA256MBPerS, "sha256-MB/s")
}

// soak is how long BenchmarkSoak puts a bank under load.
var soak = flag.Duration("marks.soak", time.Minute, "how `long` BenchmarkSoak lasts")

// BenchmarkSoak asks for a steady 2,000 transfers a second from 1,000 connections, and reports what should not grow: the
// bank's memory (the median of the run's second quarter, and of its last), its goroutines (before the first connection and
// after the last), and what a transfer takes on the disk.
//
//	go test ./e2e -run '^$' -bench Soak -benchtime 1x -marks.soak 10m -timeout 1h
func BenchmarkSoak(b *testing.B) {
	bank := startBank(b)
	// The users are there, the caches and the files are made: what grows from here on grows with the transfers.
	loadTest(b, bank, "soak-before", strings.Fields("transfer --conns 1000 --users 250 --duration 5s"))
	b.ReportMetric(0, "ns/op")
	for range b.N {
		goroutines, bytes := bank.metric("go_goroutines"), bank.databaseBytes()
		r := loadTest(b, bank, "soak", append(strings.Fields("transfer --conns 1000 --users 250 --rate 2000 --duration"), soak.String()))
		report(b, r)
		quarter := len(r.Series) / 4
		b.ReportMetric(residentMB(r.Series[quarter:2*quarter]), "early-MB")
		b.ReportMetric(residentMB(r.Series[3*quarter:]), "late-MB")
		b.ReportMetric(goroutines, "goroutines-before")
		b.ReportMetric(bank.metric("go_goroutines"), "goroutines-after")
		b.ReportMetric((bank.databaseBytes()-bytes)/float64(r.Money.Transfers), "B/transfer")
	}
}

// residentMB is the median of what the bank had in memory.
func residentMB(seconds []bench.Second) float64 {
	sizes := make([]float64, 0, len(seconds))
	for _, second := range seconds {
		sizes = append(sizes, float64(second.BankKB)/1024)
	}
	slices.Sort(sizes)
	return sizes[len(sizes)/2]
}

// databaseBytes is the size of the database, with what waits in its log.
func (b *bank) databaseBytes() float64 {
	b.t.Helper()
	total := int64(0)
	files, err := filepath.Glob(filepath.Join(b.dir, "data", "caudal.db*"))
	if err != nil {
		b.t.Fatal(err)
	}
	for _, path := range files {
		info, err := os.Stat(path)
		if err != nil {
			b.t.Fatal(err)
		}
		total += info.Size()
	}
	return float64(total)
}

// metric reads one of the bank's metrics, which must have no labels.
func (b *bank) metric(name string) float64 {
	b.t.Helper()
	response, err := http.Get("http://" + b.admin + "/metrics")
	if err != nil {
		b.t.Fatal(err)
	}
	defer response.Body.Close()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			value, err := strconv.ParseFloat(text, 64)
			if err != nil {
				b.t.Fatal(err)
			}
			return value
		}
	}
	b.t.Fatalf("there is no metric %s", name)
	return 0
}
