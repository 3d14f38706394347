package route

import (
	"bufio"
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"caudal/cipher"
	"caudal/protocol"
)

// crowdEnv holds a crowdPlan for the test binary that is to be a crowd.
const crowdEnv = "CAUDAL_TEST_CROWD"

// crowdPlan is what a crowd does before it says that it is ready.
type crowdPlan struct {
	Address     string
	Identity    []byte
	Connections int
	OneHolder   bool // all connections are one holder's; else each is another's
}

// crowdWork is one round of payments. Payees is whom to pay, at random; with one payee, the payee pays nobody.
type crowdWork struct {
	Transfers, InFlight int
	Payees              []string
	Await               int // events, where nothing is to be paid
}

// crowdDone is how a round went.
type crowdDone struct {
	Accounts []string `json:",omitempty"` // of the connections, once: ready
	CPU      time.Duration
	Took     time.Duration
	P50, P99 time.Duration // from the sending of a command to its reply
	Events   int
}

// crowd is many clients in a process of their own, so that what the server's process uses is the server's alone. The clients
// do as little as clients can: commands are bytes that are patched, replies and events are counted and not decoded.
type crowd struct {
	b        *testing.B
	in       io.WriteCloser
	out      *json.Decoder
	accounts []string
}

// newCrowd starts a crowd and waits until all are signed in and subscribed.
func (h *house) newCrowd(b *testing.B, plan crowdPlan) *crowd {
	b.Helper()
	plan.Address = strings.TrimSuffix(strings.TrimPrefix(h.url, "wss://"), "/ws")
	plan.Identity = h.identity[:]
	child := exec.CommandContext(context.Background(), os.Args[0])
	child.Env = append(os.Environ(), crowdEnv+"="+string(must(json.Marshal(plan))(b)))
	child.Stderr = os.Stderr
	c := &crowd{b: b, in: must(child.StdinPipe())(b)}
	c.out = json.NewDecoder(must(child.StdoutPipe())(b))
	if err := child.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = c.in.Close() // which ends it
		if err := child.Wait(); err != nil {
			b.Error(err)
		}
	})
	c.accounts = c.hear().Accounts
	return c
}

func (c *crowd) hear() (done crowdDone) {
	c.b.Helper()
	if err := c.out.Decode(&done); err != nil {
		c.b.Fatal("the crowd: ", err)
	}
	return done
}

// do has a round done.
func (c *crowd) do(work crowdWork) crowdDone {
	c.b.Helper()
	if err := json.NewEncoder(c.in).Encode(work); err != nil {
		c.b.Fatal(err)
	}
	return c.hear()
}

// cpuTime is what this process has used so far.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage) // cannot fail for oneself
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// beCrowd is the other process.
func beCrowd(text string) int {
	if err := crowded(text); err != nil {
		fmt.Fprintln(os.Stderr, "crowd:", err)
		return 1
	}
	return 0
}

func crowded(text string) error {
	debug.SetGCPercent(400)
	var plan crowdPlan
	if err := json.Unmarshal([]byte(text), &plan); err != nil {
		return err
	}
	all := &crowdClients{ended: make(chan error, plan.Connections)}
	var shared *crowdDevice
	ready := crowdDone{}
	for i := range plan.Connections {
		c, err := dialCrowd(all, plan.Address)
		if err != nil {
			return err
		}
		if shared == nil || !plan.OneHolder {
			shared = &crowdDevice{username: fmt.Sprintf("crowd_%d", i)}
		}
		if err := c.enter(shared, [32]byte(plan.Identity)); err != nil {
			return err
		}
		all.conns = append(all.conns, c)
		ready.Accounts = append(ready.Accounts, c.account)
		go func() { all.ended <- c.read() }()
	}
	answers := json.NewEncoder(os.Stdout)
	if err := answers.Encode(ready); err != nil {
		return err
	}
	for orders := json.NewDecoder(os.Stdin); ; {
		var work crowdWork
		if err := orders.Decode(&work); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		done, err := all.do(work)
		if err != nil {
			return err
		}
		if err := answers.Encode(done); err != nil {
			return err
		}
	}
}

// crowdClients are the connections of a crowd.
type crowdClients struct {
	conns  []*crowdClient
	ended  chan error
	payers sync.WaitGroup

	mu     sync.Mutex
	events int // so far
	target int // events at which enough is closed
	enough chan struct{}
}

func (all *crowdClients) do(work crowdWork) (crowdDone, error) {
	began, used, enough := time.Now(), cpuTime(), make(chan struct{})
	events := all.await(work.Await, enough)
	var payers []*crowdClient
	for _, c := range all.conns {
		if work.Transfers > 0 && (len(work.Payees) > 1 || work.Payees[0] != c.account) {
			payers = append(payers, c)
		}
	}
	for i, c := range payers {
		share := work.Transfers*(i+1)/len(payers) - work.Transfers*i/len(payers)
		all.payers.Add(1)
		c.begin(&work, share)
	}
	go func() {
		all.payers.Wait()
		if work.Await == 0 {
			close(enough)
		}
	}()
	select {
	case <-enough:
	case err := <-all.ended:
		return crowdDone{}, err
	}
	done := crowdDone{Took: time.Since(began), CPU: cpuTime() - used, Events: all.await(0, nil) - events}
	var waits []time.Duration
	for _, c := range payers {
		waits = append(waits, c.waits...)
	}
	if slices.Sort(waits); len(waits) > 0 {
		done.P50, done.P99 = waits[len(waits)/2], waits[len(waits)*99/100]
	}
	return done, nil
}

// await closes enough once n events more than were awaited before have come, and returns how many have come.
func (all *crowdClients) await(n int, enough chan struct{}) int {
	all.mu.Lock()
	defer all.mu.Unlock()
	if n > 0 {
		all.target, all.enough = all.target+n, enough
		all.check()
	}
	return all.events
}

// heard counts events.
func (all *crowdClients) heard(events int) {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.events += events
	all.check()
}

func (all *crowdClients) check() {
	if all.enough != nil && all.events >= all.target {
		close(all.enough)
		all.enough = nil
	}
}

// crowdDevice signs in: the first time by registering.
type crowdDevice struct {
	username string
	key      ed25519.PrivateKey
	id       []byte
}

// crowdClient is one connection. Its frames are made by hand.
type crowdClient struct {
	all     *crowdClients
	raw     *tls.Conn
	reader  *bufio.Reader
	channel *cipher.Channel
	in      []byte
	account string

	mu       sync.Mutex
	out      []byte // a record's frame, and behind it
	body     []byte // what it says
	command  []byte // a transfer to be patched
	lastID   uint32
	left     int // transfers to be sent
	inFlight int
	work     *crowdWork
	random   *mathrand.Rand
	sent     [256]time.Time // by id
	waits    []time.Duration
}

// dialCrowd opens a channel.
func dialCrowd(all *crowdClients, address string) (*crowdClient, error) {
	raw, err := tls.Dial("tcp", address, &tls.Config{
		InsecureSkipVerify: true, // nothing of worth is said
		MinVersion:         tls.VersionTLS13,
	})
	if err != nil {
		return nil, err
	}
	c := &crowdClient{
		all: all, raw: raw, reader: bufio.NewReaderSize(raw, 16<<10), in: make([]byte, cipher.MaxMessage),
		random: mathrand.New(mathrand.NewPCG(uint64(time.Now().UnixNano()), 1)),
	}
	offered := []string{cipher.Classic.Subprotocol()}
	fmt.Fprintf(raw, "GET /ws HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"+
		"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: %s\r\n\r\n", address, offered[0])
	for line := ""; line != "\r\n"; {
		if line, err = c.reader.ReadString('\n'); err != nil {
			return nil, err
		}
	}
	handshake, first, err := cipher.NewClient(cipher.ClientConfig{
		Suite: cipher.Classic, Offered: offered, Verify: func([32]byte, []byte) error { return nil },
	})
	if err != nil {
		return nil, err
	}
	if _, err := raw.Write(append(appendClientHeader(nil, len(first)), first...)); err != nil {
		return nil, err
	}
	second, err := c.frame()
	if err != nil {
		return nil, err
	}
	c.channel, err = handshake.Finish(second)
	return c, err
}

// appendClientHeader appends the header of a binary frame, masked with zeros.
func appendClientHeader(dst []byte, n int) []byte {
	if n < 126 {
		dst = append(dst, 0x82, 0x80|byte(n))
	} else {
		dst = append(dst, 0x82, 0x80|126, byte(n>>8), byte(n))
	}
	return append(dst, 0, 0, 0, 0)
}

// frame reads one frame of the server's.
func (c *crowdClient) frame() ([]byte, error) {
	header, err := c.reader.Peek(2)
	if err != nil {
		return nil, err
	}
	n, skip := int(header[1]), 2
	if n == 126 {
		if header, err = c.reader.Peek(4); err != nil {
			return nil, err
		}
		n, skip = int(binary.BigEndian.Uint16(header[2:])), 4
	}
	_, _ = c.reader.Discard(skip)
	_, err = io.ReadFull(c.reader, c.in[:n])
	return c.in[:n], err
}

// send sends what is in body.
func (c *crowdClient) send() error {
	out, err := c.channel.Seal(appendClientHeader(c.out[:0], cipher.SealedLen(len(c.body))), c.body)
	if err != nil {
		return err
	}
	c.out, c.body = out, c.body[:0]
	_, err = c.raw.Write(out)
	return err
}

func (c *crowdClient) record() ([]byte, error) {
	message, err := c.frame()
	if err != nil {
		return nil, err
	}
	record, err := c.channel.Open(message[:0], message)
	if err == nil && record.Type == cipher.RecordClose {
		err = fmt.Errorf("closed: %s", protocol.CloseCode(record.Code))
	}
	return record.Body, err
}

// ask says one thing and returns its answer.
func (c *crowdClient) ask(command *protocol.Command) (*protocol.Reply, error) {
	command.Id = math.MaxUint32
	var err error
	if c.body, err = proto.Marshal(&protocol.ClientFrame{Commands: []*protocol.Command{command}}); err != nil {
		return nil, err
	}
	if err := c.send(); err != nil {
		return nil, err
	}
	for {
		body, err := c.record()
		if err != nil {
			return nil, err
		}
		frame := new(protocol.ServerFrame)
		if err := proto.Unmarshal(body, frame); err != nil {
			return nil, err
		}
		for _, message := range frame.GetMessages() {
			if reply := message.GetReply(); reply != nil {
				if refusal := reply.GetError(); refusal != nil {
					return nil, errors.New(refusal.GetMessage())
				}
				return reply, nil
			}
		}
	}
}

// enter signs in, learns the account and subscribes.
func (c *crowdClient) enter(d *crowdDevice, identity [32]byte) error {
	if _, err := c.ask(&protocol.Command{Request: &protocol.Command_Hello{
		Hello: &protocol.HelloRequest{Client: "crowd", Version: protocol.Version},
	}}); err != nil {
		return err
	}
	var err error
	if d.id == nil {
		err = c.register(d, identity)
	} else {
		_, err = c.ask(&protocol.Command{Request: &protocol.Command_Resume{Resume: &protocol.ResumeRequest{
			DeviceId: d.id, Signature: ed25519.Sign(d.key, protocol.ResumeMessage(identity, c.channel.Hash(), d.id)),
		}}})
	}
	if err != nil {
		return err
	}
	reply, err := c.ask(&protocol.Command{Request: &protocol.Command_Subscribe{Subscribe: &protocol.SubscribeRequest{}}})
	if err != nil {
		return err
	}
	c.account = reply.GetSubscribe().GetAccounts()[0].GetAccount().GetClabe()
	c.command, err = proto.Marshal(&protocol.ClientFrame{Commands: []*protocol.Command{{
		Id: 1 << 28, IdempotencyKey: make([]byte, protocol.IdempotencyKeyBytes),
		Request: &protocol.Command_Transfer{Transfer: &protocol.TransferRequest{
			From: c.account, To: strings.Repeat("?", 18), AmountMinor: 1, Currency: "MXN",
		}},
	}}})
	return err
}

func (c *crowdClient) register(d *crowdDevice, identity [32]byte) error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	algorithm := protocol.DeviceAlgorithm_DEVICE_ALGORITHM_ED25519
	message := protocol.EnrolMessage(identity, c.channel.Hash(), d.username, algorithm, public)
	reply, err := c.ask(&protocol.Command{Request: &protocol.Command_Register{Register: &protocol.RegisterRequest{
		Username: d.username, Owner: "Crowd", Password: testPassword, Device: &protocol.DeviceEnrolment{
			Name: "crowd", Algorithm: algorithm, PublicKey: public, Signature: ed25519.Sign(private, message),
		},
	}}})
	d.key, d.id = private, reply.GetSignedIn().GetDevice().GetId()
	return err
}

// begin sends the first transfers of a round; each answer sends another one.
func (c *crowdClient) begin(work *crowdWork, share int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.work, c.left, c.inFlight, c.waits = work, share, 0, c.waits[:0]
	if share == 0 {
		c.all.payers.Done()
		return
	}
	if err := c.pay(min(share, work.InFlight), time.Now()); err != nil {
		c.all.ended <- err
	}
}

// Where in command the id (a varint of five bytes), the key and the payee are.
const (
	crowdIDAt  = 3
	crowdKeyAt = crowdIDAt + 5 + 2
	crowdToAt  = crowdKeyAt + 16 + 3 + 2 + 18 + 2
)

// pay sends n transfers in one record; called with mu held.
func (c *crowdClient) pay(n int, now time.Time) error {
	for range n {
		c.lastID = (c.lastID + 1) % (1 << 28)
		id := c.lastID | 1<<28
		for i, shift := 0, id; i < 5; i, shift = i+1, shift>>7 {
			c.command[crowdIDAt+i] = byte(shift)&0x7f | 0x80
		}
		c.command[crowdIDAt+4] &= 0x7f
		key := c.command[crowdKeyAt:]
		binary.BigEndian.PutUint64(key, uint64(now.UnixMilli())<<16|0x7000|c.random.Uint64()&0xfff)
		binary.BigEndian.PutUint64(key[8:], c.random.Uint64()>>2|1<<63)
		to := c.account
		for to == c.account {
			to = c.work.Payees[c.random.IntN(len(c.work.Payees))]
		}
		copy(c.command[crowdToAt:], to)
		c.body = append(c.body, c.command...)
		c.sent[id%uint32(len(c.sent))] = now
	}
	c.left -= n
	c.inFlight += n
	return c.send()
}

// read hears the connection to its end.
func (c *crowdClient) read() error {
	for {
		body, err := c.record()
		if err != nil {
			return err
		}
		if err := c.hear(body, time.Now()); err != nil {
			return err
		}
	}
}

func (c *crowdClient) hear(body []byte, now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	replies, events := 0, 0
	for len(body) > 0 {
		_, _, tag := protowire.ConsumeTag(body)
		message, n := protowire.ConsumeBytes(body[tag:])
		if n < 0 || len(message) == 0 {
			return errors.New("a malformed frame")
		}
		body = body[tag+n:]
		if message[0] != 0x0a { // no reply
			events++
			continue
		}
		reply, _ := protowire.ConsumeBytes(message[1:])
		id, n := protowire.ConsumeVarint(reply[1:])
		if reply[1+n] != 0x9a { // no receipt (field 19)
			whole := new(protocol.Reply)
			return cmp.Or(proto.Unmarshal(reply, whole), errors.New(whole.GetError().GetMessage()))
		}
		c.waits = append(c.waits, now.Sub(c.sent[id%uint64(len(c.sent))]))
		replies++
	}
	if events > 0 {
		c.all.heard(events)
	}
	if c.inFlight -= replies; replies == 0 {
		return nil
	}
	if c.left > 0 {
		return c.pay(min(replies, c.left), now)
	}
	if c.inFlight == 0 {
		c.all.payers.Done()
	}
	return nil
}
