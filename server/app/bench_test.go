package app

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"caudal/certs"
	"caudal/cipher"
	"caudal/models"
	"caudal/models/money"
	"caudal/protocol"
	"caudal/server/route"
)

// The benchmarks below run the program as a process of its own, so that what it uses can be told from what its clients use.
const (
	// serverEnv makes this binary that process; its value is how many users the bank begins with.
	serverEnv = "CAUDAL_TEST_SERVER"
	// connectionsEnv is how many connections BenchmarkIdle opens.
	connectionsEnv = "CAUDAL_BENCH_CONNECTIONS"
	// profilesEnv is a folder for profiles of the server; empty for none.
	profilesEnv = "CAUDAL_BENCH_PROFILES"
)

func TestMain(m *testing.M) {
	if users := os.Getenv(serverEnv); users != "" {
		if os.Getenv(profilesEnv) != "" {
			runtime.MemProfileRate = 8 << 10 // else a hundred samples speak for all connections
		}
		if users == serverEcho {
			os.Exit(beEcho())
		}
		os.Exit(beServer(users))
	}
	os.Exit(m.Run())
}

// BenchmarkIdle reports what the server's process keeps for each signed-in, subscribed connection of a user of its own, one
// ping in half a minute: resident memory once the last has come, after a minute's share of pings, and after a forced
// collection; the stacks and the heap in it. What the kernel keeps for a socket is not in it.
func BenchmarkIdle(b *testing.B) {
	count := 2000
	if n, err := strconv.Atoi(os.Getenv(connectionsEnv)); err == nil {
		count = n
	}
	for range b.N {
		p := startServer(b, count)
		p.open(b, 0, signedIn).hold()
		before := p.resident(b)
		start, used := time.Now(), p.cpu(b)
		clients := p.openAll(b, count, subscribed)
		b.ReportMetric(float64(count)/time.Since(start).Seconds(), "opened/s")
		b.ReportMetric(float64((p.cpu(b)-used).Microseconds())/float64(count), "server-us/open")
		report := func(name string) { b.ReportMetric(float64(p.resident(b)-before)/float64(count), name) }
		report("KB/conn-first")
		p.profileCPU("steady", 18)
		used = p.cpu(b)
		const round = 30 * time.Second // a ping of each
		for start, i := time.Now(), 0; i < 2*count/3; i++ {
			if ahead := round*time.Duration(i)/time.Duration(count) - time.Since(start); ahead > 0 {
				<-time.After(ahead)
			}
			clients[i].ping(1)
		}
		b.ReportMetric(float64((p.cpu(b)-used).Microseconds())/float64(2*count/3), "server-us/lone-ping")
		report("KB/conn-steady")
		p.profile("heap-steady", "/debug/pprof/heap")
		m := p.metrics()
		b.ReportMetric(m["go_memstats_heap_inuse_bytes"]/1024/float64(count), "heap-KB/conn-steady")
		p.profile("heap", "/debug/pprof/heap?gc=1")
		p.profile("goroutines", "/debug/pprof/goroutine?debug=1")
		m = p.metrics()
		report("KB/conn-after-gc")
		b.ReportMetric(m["go_memstats_heap_alloc_bytes"]/1024/float64(count), "heap-KB/conn")
		b.ReportMetric(m["go_memstats_stack_inuse_bytes"]/1024/float64(count), "stack-KB/conn")
		p.stop(b)
	}
}

// BenchmarkOpen reports the server's CPU for a connection, up to three stages: TLS and the WebSocket; the channel, hybrid; a
// device signed in. Eight clients at once, on the same processors.
func BenchmarkOpen(b *testing.B) {
	for _, to := range []stage{upgraded, channelled, signedIn} {
		b.Run(to.String(), func(b *testing.B) {
			p := startServer(b, 64)
			p.openAll(b, 64, to)
			start, used, before := time.Now(), p.cpu(b), p.metrics()
			p.profileCPU("open-"+to.String(), 2)
			b.ResetTimer()
			p.openAll(b, b.N, to)
			b.StopTimer()
			b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "opened/s")
			b.ReportMetric(float64((p.cpu(b)-used).Microseconds())/float64(b.N), "server-us/open")
			b.ReportMetric((p.metrics()["go_memstats_mallocs_total"]-before["go_memstats_mallocs_total"])/float64(b.N), "server-allocs/open")
			b.ReportMetric(0, "ns/op")
			p.stop(b)
		})
	}
}

// BenchmarkPing reports the server's CPU and allocations for each of n pings in one record, one record in flight.
func BenchmarkPing(b *testing.B) {
	for _, n := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("pings=%d", n), func(b *testing.B) {
			p := startServer(b, 1)
			c := p.open(b, 0, subscribed)
			for range 1000 {
				c.ping(n)
			}
			used, before := p.cpu(b), p.metrics()
			p.profileCPU(fmt.Sprintf("ping-%d", n), 2)
			b.ResetTimer()
			for range b.N {
				c.ping(n)
			}
			b.StopTimer()
			each := float64(b.N * n)
			b.ReportMetric(float64((p.cpu(b)-used).Nanoseconds())/each, "server-ns/ping")
			b.ReportMetric((p.metrics()["go_memstats_mallocs_total"]-before["go_memstats_mallocs_total"])/each, "server-allocs/ping")
			p.stop(b)
		})
	}
}

// TestAQuietConnectionKeepsLittle: no stack, and a heap of which TLS has one half and the channel and the WebSocket the other.
// The bound is what a mistake costs, not what is measured: see BenchmarkIdle.
func TestAQuietConnectionKeepsLittle(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere a quiet connection has a stack")
	}
	const count, boundKB = 300, 18
	p := startServer(t, count)
	p.openAll(t, 64, subscribed) // what the first ones bring about
	kept := func() float64 {
		p.get("/debug/pprof/heap?gc=1")
		m := p.metrics()
		return (m["go_memstats_heap_alloc_bytes"] + m["go_memstats_stack_inuse_bytes"]) / 1024
	}
	before := kept()
	p.openAll(t, count, subscribed)
	eventually(t, "a connection keeps little", func() bool { return (kept()-before)/count < boundKB })
	p.stop(t)
}

// beServer is the program on a new bank in the working folder, until standard input ends. It prints its users' device ids.
func beServer(users string) int {
	a := &app{getenv: os.Getenv, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, exit: os.Exit}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if err := a.benchServer(ctx, users); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitFailure
	}
	return exitDone
}

func (a *app) benchServer(ctx context.Context, users string) error {
	root := a.root()
	if err := root.ParseFlags([]string{
		"--data=data", "--listen=127.0.0.1:0", "--admin=127.0.0.1:0", "--pprof", "--connections-per-address=1000000",
		"--handshakes-per-second=1000000", "--handshakes-burst=1000000", "--handshakes=20000",
	}); err != nil {
		return err
	}
	c, err := a.settings(root)
	if err != nil {
		return err
	}
	if err := makeData(c.Data); err != nil {
		return err
	}
	s := &server{config: c, log: newLog(c, a.stderr), failed: make(chan error, 2)}
	defer s.closeListeners()
	if err := s.listen(ctx); err != nil {
		return err
	}
	dir, err := a.identityDir(c)
	if err != nil {
		return err
	}
	if err := a.prove(ctx, s, dir); err != nil {
		return err
	}
	s.metrics = s.newMetrics()
	if s.bank, err = openBank(ctx, c, s.keys.Identity(), s.log, func(err error) { panic(err) }, s.metrics.ObserveBatch); err != nil {
		return err
	}
	count, err := strconv.Atoi(users)
	if err != nil {
		return err
	}
	for i := range count {
		_, device, _, err := s.bank.store.CreateUser(ctx, models.NewUser{
			Username: fmt.Sprintf("user_%d", i), Owner: "Somebody", PasswordHash: "$argon2id$of nothing", AccountName: route.FirstAccount, Currency: money.MXN,
			Device: &models.NewDevice{
				Algorithm: models.Ed25519, PublicKey: deviceKey(i).Public().(ed25519.PublicKey), Name: "a device",
			},
		})
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(a.stdout, "DEVICE %x\n", device.PublicID); err != nil {
			return err
		}
	}
	return a.runBank(ctx, s)
}

func deviceKey(user int) ed25519.PrivateKey {
	seed := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(user)))
	return ed25519.NewKeyFromSeed(seed[:])
}

// process is the server's.
type process struct {
	command  *exec.Cmd
	stdin    io.Closer
	address  string
	admin    string
	identity certs.Identity
	devices  [][]byte
	log      lockedBuffer // of standard error
}

// launch starts this binary as what the environment says, in a folder of its own.
func launch(b testing.TB, environment ...string) (p *process, stdout io.Reader) {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	p = &process{command: exec.Command(self)}
	p.command.Dir = b.TempDir()
	p.command.Env = append(os.Environ(), environment...)
	p.command.Stderr = &p.log
	if p.stdin, err = p.command.StdinPipe(); err != nil {
		b.Fatal(err)
	}
	if stdout, err = p.command.StdoutPipe(); err != nil {
		b.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		b.Fatal(err)
	}
	return p, stdout
}

func startServer(b testing.TB, users int) *process {
	b.Helper()
	p, stdout := launch(b, fmt.Sprintf("%s=%d", serverEnv, users), "CAUDAL_LOG_FORMAT=json")
	where := regexp.MustCompile(`CAUDAL_SERVER=wss://(\S+)/ws CAUDAL_IDENTITY=([A-Z2-7-]+)`)
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		if id, ok := strings.CutPrefix(lines.Text(), "DEVICE "); ok {
			raw, err := hex.DecodeString(id)
			if err != nil {
				b.Fatal(err)
			}
			p.devices = append(p.devices, raw)
			continue
		}
		if found := where.FindStringSubmatch(lines.Text()); found != nil {
			p.address = found[1]
			var err error
			if p.identity, err = certs.ParseIdentity(found[2]); err != nil {
				b.Fatal(err)
			}
			break
		}
	}
	admin := regexp.MustCompile(`"admin":"([^"]+)"`)
	for end := time.Now().Add(patience); p.admin == ""; <-time.After(time.Millisecond) { // the log comes by another pipe
		if found := admin.FindStringSubmatch(p.log.String()); found != nil {
			p.admin = "http://" + found[1]
		} else if time.Now().After(end) {
			b.Fatalf("the server does not start: %s", p.log.String())
		}
	}
	return p
}

func (p *process) stop(b testing.TB) {
	b.Helper()
	_ = p.stdin.Close()
	if err := p.command.Wait(); err != nil {
		b.Errorf("the server ended: %v", err)
	}
}

// resident is the process's resident memory, in KB.
func (p *process) resident(b testing.TB) int {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		b.Skipf("needs /proc: %v", err)
	}
	found := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(status)
	kb, err := strconv.Atoi(string(found[1]))
	if err != nil {
		b.Fatal(err)
	}
	return kb
}

// cpu is what the process has used so far, to 10 ms (proc(5): fields 14 and 15 of stat).
func (p *process) cpu(b testing.TB) time.Duration {
	b.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.command.Process.Pid))
	if err != nil {
		b.Skipf("needs /proc: %v", err)
	}
	var ticks int64
	for _, field := range strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))[11:13] {
		n, err := strconv.Atoi(field)
		if err != nil {
			b.Fatal(err)
		}
		ticks += int64(n)
	}
	return time.Duration(ticks * 10e6)
}

// metrics are the numbers without labels that the server shows its operator.
func (p *process) metrics() map[string]float64 {
	numbers := make(map[string]float64)
	for line := range strings.Lines(string(p.get("/metrics"))) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.ParseFloat(value, 64); err == nil {
			numbers[name] = n
		}
	}
	return numbers
}

func (p *process) get(path string) []byte {
	response, err := http.Get(p.admin + path)
	sure(0, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	sure(0, err)
	if response.StatusCode != http.StatusOK {
		sure(0, errors.New(response.Status))
	}
	return body
}

func (p *process) profile(name, path string) {
	profile := p.get(path)
	if dir := os.Getenv(profilesEnv); dir != "" {
		sure(0, os.WriteFile(filepath.Join(dir, name+".pb.gz"), profile, 0o600))
	}
}

// profileCPU samples the seconds that follow, where somebody wants to see them; a server that ends before gives none.
func (p *process) profileCPU(name string, seconds int) {
	dir := os.Getenv(profilesEnv)
	if dir == "" {
		return
	}
	go func() {
		response, err := http.Get(fmt.Sprintf("%s/debug/pprof/profile?seconds=%d", p.admin, seconds))
		if err != nil {
			return
		}
		defer response.Body.Close()
		if profile, err := io.ReadAll(response.Body); err == nil {
			sure(0, os.WriteFile(filepath.Join(dir, name+".pb.gz"), profile, 0o600))
		}
	}()
}

// stage is how far a connection is opened.
type stage int

const (
	upgraded stage = iota
	channelled
	signedIn
	subscribed
)

func (s stage) String() string {
	return [...]string{"socket", "channel", "sign-in", "subscribed"}[s]
}

// caller is a client that costs little: its frames are made by hand, and it reads only when it expects something.
type caller struct {
	socket  *tls.Conn
	reader  *bufio.Reader
	channel *cipher.Channel
	out, in []byte
}

// openAll opens connections, of one user after the other, eight at a time.
func (p *process) openAll(b testing.TB, count int, to stage) []*caller {
	b.Helper()
	clients := make([]*caller, count)
	var openers sync.WaitGroup
	for first := range 8 {
		openers.Go(func() {
			for i := first; i < count; i += 8 {
				clients[i] = p.open(b, i, to)
				clients[i].hold()
			}
		})
	}
	openers.Wait()
	return clients
}

func (p *process) open(b testing.TB, user int, to stage) *caller {
	raw, err := tls.Dial("tcp", p.address, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13})
	sure(0, err)
	b.Cleanup(func() { _ = raw.NetConn().Close() })
	c := &caller{socket: raw, reader: bufio.NewReaderSize(raw, 4<<10), in: make([]byte, 64<<10), out: make([]byte, 0, 8<<10)}
	offered := []string{cipher.Hybrid.Subprotocol()}
	request := "GET /ws HTTP/1.1\r\nHost: " + p.address + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: " + base64.StdEncoding.EncodeToString(make([]byte, 16)) + "\r\nSec-WebSocket-Protocol: " + offered[0] + "\r\n\r\n"
	sure(c.socket.Write([]byte(request)))
	response, err := http.ReadResponse(c.reader, nil)
	sure(0, err)
	if response.StatusCode != http.StatusSwitchingProtocols {
		sure(0, errors.New(response.Status))
	}
	if to == upgraded {
		return c
	}
	handshake, first, err := cipher.NewClient(cipher.ClientConfig{
		Suite: cipher.Hybrid, Offered: offered,
		Verify: func(static [32]byte, certificate []byte) error {
			_, err := certs.VerifyChannel(certificate, static, p.identity, time.Now())
			return err
		},
	})
	sure(0, err)
	sure(c.socket.Write(append(appendClientHeader(nil, len(first)), first...)))
	c.channel, err = handshake.Finish(c.frame())
	sure(0, err)
	if to == channelled {
		return c
	}
	id := p.devices[user%len(p.devices)]
	signature := ed25519.Sign(deviceKey(user%len(p.devices)), protocol.ResumeMessage(p.identity, c.channel.Hash(), id))
	c.ask(
		&protocol.Command{Request: &protocol.Command_Hello{Hello: &protocol.HelloRequest{Client: "bench", Version: protocol.Version}}},
		&protocol.Command{Request: &protocol.Command_Resume{Resume: &protocol.ResumeRequest{DeviceId: id, Signature: signature}}},
	)
	if to == subscribed {
		c.ask(&protocol.Command{Request: &protocol.Command_Subscribe{Subscribe: &protocol.SubscribeRequest{}}})
	}
	return c
}

// hold lets go of what an idle client does not need: thousands are in one process.
func (c *caller) hold() {
	c.reader, c.in, c.out = nil, nil, nil
}

// sure ends a benchmark from whatever goroutine: without its clients it measures nothing.
func sure(_ int, err error) {
	if err != nil {
		panic(err)
	}
}

// ping sends n pings in one record and waits for their answers.
func (c *caller) ping(n int) {
	if c.reader == nil {
		c.reader, c.in, c.out = bufio.NewReaderSize(c.socket, 512), make([]byte, 4<<10), make([]byte, 0, 512)
		defer c.hold()
	}
	pings := make([]*protocol.Command, n)
	for i := range pings {
		pings[i] = &protocol.Command{Request: &protocol.Command_Ping{Ping: &protocol.PingRequest{}}}
	}
	c.ask(pings...)
}

// ask sends commands in one record and waits for as many replies, none of them an error.
func (c *caller) ask(commands ...*protocol.Command) {
	for i := range commands {
		commands[i].Id = uint64(i + 1)
	}
	body, err := proto.Marshal(&protocol.ClientFrame{Commands: commands})
	sure(0, err)
	c.out = appendClientHeader(c.out[:0], cipher.SealedLen(len(body)))
	c.out, err = c.channel.Seal(c.out, body)
	sure(0, err)
	sure(c.socket.Write(c.out))
	for heard := 0; heard < len(commands); {
		message := c.frame()
		record, err := c.channel.Open(message[:0], message)
		sure(0, err)
		frame := new(protocol.ServerFrame)
		sure(0, proto.Unmarshal(record.Body, frame))
		for _, m := range frame.Messages {
			if m.GetReply().GetError() != nil {
				sure(0, errors.New(m.GetReply().GetError().String()))
			}
			if m.GetReply() != nil {
				heard++
			}
		}
	}
}

// appendClientHeader appends the header of a client's final binary frame, masked with zeros (RFC 6455, section 5.2).
func appendClientHeader(dst []byte, n int) []byte {
	if n < 126 {
		dst = append(dst, 0x82, 0x80|byte(n))
	} else {
		dst = binary.BigEndian.AppendUint16(append(dst, 0x82, 0x80|126), uint16(n))
	}
	return append(dst, 0, 0, 0, 0)
}

// frame reads one frame of the server.
func (c *caller) frame() []byte {
	header := make([]byte, 2, 4)
	sure(io.ReadFull(c.reader, header))
	n := int(header[1])
	if n == 126 {
		sure(io.ReadFull(c.reader, header[2:4]))
		n = int(binary.BigEndian.Uint16(header[2:4]))
	}
	sure(io.ReadFull(c.reader, c.in[:n]))
	return c.in[:n]
}
