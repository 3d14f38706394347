// Package testclient is the least client that speaks the whole protocol, for tests of the server: it hides nothing, repeats
// nothing and reconnects never.
package testclient

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/protobuf/proto"

	"caudal/certs"
	"caudal/cipher"
	"caudal/protocol"
)

// patience bounds every wait: far beyond what a loaded machine needs, so that only a hang reaches it.
const patience = 30 * time.Second

// eventsMax is how many events wait for a test that does not look at them.
const eventsMax = 4096

// Client is one connection.
type Client struct {
	// Events gets every event but heartbeats. It is closed when the connection has ended.
	Events chan *protocol.Event

	t        testing.TB
	identity certs.Identity
	ws       *websocket.Conn
	channel  *cipher.Channel

	sending sync.Mutex
	nextID  uint64

	mu      sync.Mutex
	waiting map[uint64]chan *protocol.Reply
	order   []string // what came, in its order: reply and event kinds
	code    protocol.CloseCode
	ended   chan struct{}
}

// Dial opens a channel to the bank with that identity at url (wss://HOST:PORT/ws). It says nothing yet.
func Dial(t testing.TB, url string, identity certs.Identity) *Client {
	t.Helper()
	c, err := TryDial(t, url, identity)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TryDial is Dial for a connection that may be refused.
func TryDial(t testing.TB, url string, identity certs.Identity) (*Client, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	offered := []string{cipher.Classic.Subprotocol()} // the cheaper one: what is tested here lies behind it
	transport := &http.Transport{TLSClientConfig: &tls.Config{
		InsecureSkipVerify: true, //nolint:gosec // the channel inside proves the bank, whatever the certificate outside
		MinVersion:         tls.VersionTLS13,
	}}
	ws, response, err := websocket.Dial(ctx, url, &websocket.DialOptions{ //nolint:bodyclose // the library closes it
		Subprotocols: offered, HTTPClient: &http.Client{Transport: transport},
	})
	if err != nil {
		if response != nil {
			return nil, fmt.Errorf("HTTP status %d", response.StatusCode)
		}
		return nil, err
	}
	ws.SetReadLimit(1 << 20)
	handshake, first, err := cipher.NewClient(cipher.ClientConfig{
		Suite: cipher.Classic, Offered: offered,
		Verify: func(static [32]byte, certificate []byte) error {
			_, err := certs.VerifyChannel(certificate, static, identity, time.Now())
			return err
		},
	})
	if err != nil {
		return nil, err
	}
	if err := ws.Write(ctx, websocket.MessageBinary, first); err != nil {
		return nil, err
	}
	_, second, err := ws.Read(ctx)
	if err != nil {
		return nil, err
	}
	channel, err := handshake.Finish(second)
	if err != nil {
		return nil, err
	}
	c := &Client{
		Events: make(chan *protocol.Event, eventsMax), t: t, identity: identity, ws: ws, channel: channel,
		waiting: make(map[uint64]chan *protocol.Reply), ended: make(chan struct{}),
	}
	go c.read()
	t.Cleanup(func() { c.Cut() })
	return c, nil
}

// Cut ends the socket without a word.
func (c *Client) Cut() {
	_ = c.ws.CloseNow()
	<-c.ended
}

// read hands out what comes until the connection ends.
func (c *Client) read() {
	defer close(c.ended)
	defer close(c.Events)
	defer func() { _ = c.ws.CloseNow() }()
	for {
		_, message, err := c.ws.Read(context.Background())
		if err != nil {
			return
		}
		record, err := c.channel.Open(nil, message)
		if err != nil {
			c.t.Errorf("a record does not open: %v", err)
			return
		}
		if record.Type == cipher.RecordClose {
			c.mu.Lock()
			c.code = protocol.CloseCode(record.Code)
			c.mu.Unlock()
			return
		}
		frame := new(protocol.ServerFrame)
		if err := proto.Unmarshal(record.Body, frame); err != nil {
			c.t.Errorf("a frame is malformed: %v", err)
			return
		}
		for _, message := range frame.Messages {
			c.deliver(message)
		}
	}
}

func (c *Client) deliver(message *protocol.ServerMessage) {
	if event := message.GetEvent(); event != nil {
		if event.GetHeartbeat() != nil {
			return
		}
		c.mu.Lock()
		c.order = append(c.order, fmt.Sprintf("%T", event.GetKind()))
		c.mu.Unlock()
		c.Events <- event
		return
	}
	reply := message.GetReply()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.order = append(c.order, fmt.Sprintf("%T", reply.GetResult()))
	wait := c.waiting[reply.GetId()]
	if wait == nil {
		c.t.Errorf("an answer to nothing: %d", reply.GetId())
		return
	}
	delete(c.waiting, reply.GetId())
	wait <- reply
}

// Order lists what has come, replies and events, as their Go types.
func (c *Client) Order() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.order...)
}

// Send sends commands in one frame; each answer comes on the channel in the same place. Commands get ids.
func (c *Client) Send(commands ...*protocol.Command) []chan *protocol.Reply {
	c.sending.Lock()
	defer c.sending.Unlock()
	answers := make([]chan *protocol.Reply, len(commands))
	c.mu.Lock()
	for i, command := range commands {
		c.nextID++
		command.Id = c.nextID
		answers[i] = make(chan *protocol.Reply, 1)
		c.waiting[command.Id] = answers[i]
	}
	c.mu.Unlock()
	body, err := proto.Marshal(&protocol.ClientFrame{Commands: commands})
	if err != nil {
		c.t.Error(err)
		return answers
	}
	sealed, err := c.channel.Seal(nil, body)
	if err != nil {
		c.t.Error(err)
		return answers
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = c.ws.Write(ctx, websocket.MessageBinary, sealed) // who waits for an answer sees the end
	return answers
}

// Do sends one command and returns its reply. It fails the test where the connection ends first.
func (c *Client) Do(command *protocol.Command) *protocol.Reply {
	c.t.Helper()
	reply, err := c.Try(command)
	if err != nil {
		c.t.Fatalf("%T: %v", command.GetRequest(), err)
	}
	return reply
}

// ErrEnded means that the connection ended before the answer.
var ErrEnded = errors.New("the connection ended")

// Try is Do for a connection that may end.
func (c *Client) Try(command *protocol.Command) (*protocol.Reply, error) {
	answer := c.Send(command)[0]
	select {
	case reply := <-answer:
		return reply, nil
	case <-c.ended:
		select {
		case reply := <-answer: // came with the end
			return reply, nil
		default:
			return nil, ErrEnded
		}
	case <-time.After(patience):
		return nil, errors.New("no answer")
	}
}

// Code sends a command and returns the code of its answer; CODE_UNSPECIFIED for no error.
func (c *Client) Code(command *protocol.Command) protocol.Code {
	c.t.Helper()
	return c.Do(command).GetError().GetCode()
}

// WaitClosed waits for the end and returns the close record's code; 0 where there was none.
func (c *Client) WaitClosed() protocol.CloseCode {
	c.t.Helper()
	select {
	case <-c.ended:
	case <-time.After(patience):
		c.t.Fatal("the connection does not end")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.code
}

// WaitEvent returns the next event.
func (c *Client) WaitEvent() *protocol.Event {
	c.t.Helper()
	select {
	case event, ok := <-c.Events:
		if !ok {
			c.t.Fatal("the connection ended before the event")
		}
		return event
	case <-time.After(patience):
		c.t.Fatal("no event comes")
	}
	return nil
}

// Hello greets.
func (c *Client) Hello() *protocol.HelloResult {
	c.t.Helper()
	return c.Do(&protocol.Command{Request: &protocol.Command_Hello{
		Hello: &protocol.HelloRequest{Client: "test", Version: protocol.Version},
	}}).GetHello()
}

// Device is a device's key.
type Device struct {
	Private ed25519.PrivateKey
	ID      []byte // once enrolled
}

// NewDevice makes a key.
func NewDevice(t testing.TB) *Device {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return &Device{Private: private}
}

// Enrolment signs device's key for username on this connection.
func (c *Client) Enrolment(username string, device *Device) *protocol.DeviceEnrolment {
	public := device.Private.Public().(ed25519.PublicKey)
	algorithm := protocol.DeviceAlgorithm_DEVICE_ALGORITHM_ED25519
	message := protocol.EnrolMessage(c.identity, c.channel.Hash(), username, algorithm, public)
	return &protocol.DeviceEnrolment{
		Name: "test device", Algorithm: algorithm, PublicKey: public, Signature: ed25519.Sign(device.Private, message),
	}
}

// Register is the command.
func (c *Client) Register(username, password string, device *Device) *protocol.Command {
	return &protocol.Command{Request: &protocol.Command_Register{Register: &protocol.RegisterRequest{
		Username: username, Owner: "Test " + username, Password: password, Device: c.Enrolment(username, device),
	}}}
}

// Login is the command.
func (c *Client) Login(username, password string, device *Device) *protocol.Command {
	return &protocol.Command{Request: &protocol.Command_Login{Login: &protocol.LoginRequest{
		Username: username, Password: password, Device: c.Enrolment(username, device),
	}}}
}

// Resume is the command.
func (c *Client) Resume(device *Device) *protocol.Command {
	message := protocol.ResumeMessage(c.identity, c.channel.Hash(), device.ID)
	return &protocol.Command{Request: &protocol.Command_Resume{Resume: &protocol.ResumeRequest{
		DeviceId: device.ID, Signature: ed25519.Sign(device.Private, message),
	}}}
}

// Key makes a UUIDv7 (RFC 9562, section 5.7) of a time.
func Key(at time.Time) []byte {
	key := make([]byte, 16)
	_, _ = rand.Read(key) // never fails
	ms := uint64(at.UnixMilli())
	binary.BigEndian.PutUint16(key[0:], uint16(ms>>32))
	binary.BigEndian.PutUint32(key[2:], uint32(ms))
	key[6], key[8] = 0x70|key[6]&0x0f, 0x80|key[8]&0x3f
	return key
}

// Transfer is the command, in MXN with a new key.
func Transfer(from, to string, amountMinor int64) *protocol.Command {
	return &protocol.Command{IdempotencyKey: Key(time.Now()), Request: &protocol.Command_Transfer{Transfer: &protocol.TransferRequest{
		From: from, To: to, AmountMinor: amountMinor, Currency: "MXN",
	}}}
}

// Ended is closed when the connection has ended.
func (c *Client) Ended() <-chan struct{} { return c.ended }
