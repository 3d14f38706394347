package e2e

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/flynn/noise"
	"google.golang.org/protobuf/proto"

	"caudal/certs"
	"caudal/protocol"
)

const classic = "caudal.v1.classic"

// stranger is a client in about a page, on a Noise library that is not ours, as PROTOCOL.md tells it: no caudal/cipher,
// no SDK.
type stranger struct {
	t                  testing.TB
	socket             *websocket.Conn
	sending, receiving *noise.CipherState
	hash               [32]byte
	identity           [32]byte
	id                 uint64
}

func dialStranger(t testing.TB, b *bank) *stranger {
	t.Helper()
	s := &stranger{t: t, socket: dialSocket(t, b, classic)}
	prologue := "\x11caudal channel v1" + "\x01" + "\x11" + classic + "\x11" + classic
	handshake := must[*noise.HandshakeState](t)(noise.NewHandshakeState(noise.Config{
		CipherSuite: noise.NewCipherSuite(noise.DH25519, noise.CipherAESGCM, noise.HashSHA256),
		Pattern:     noise.HandshakeNX, Initiator: true, Prologue: []byte(prologue),
	}))
	message1, _, _, err := handshake.WriteMessage(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	s.write(message1)
	certificate, sending, receiving, err := handshake.ReadMessage(nil, s.read())
	if err != nil {
		t.Fatal(err)
	}
	s.sending, s.receiving, s.hash = sending, receiving, [32]byte(handshake.ChannelBinding())
	if _, err := certs.VerifyChannel(certificate, [32]byte(handshake.PeerStatic()), b.identity, time.Now()); err != nil {
		t.Fatal(err)
	}
	s.identity = b.identity
	return s
}

// dialSocket opens the WebSocket alone.
func dialSocket(t testing.TB, b *bank, subprotocols ...string) *websocket.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	socket, _, err := websocket.Dial(ctx, b.url(), &websocket.DialOptions{
		HTTPClient:   &http.Client{Transport: &http.Transport{TLSClientConfig: anyTLS()}},
		Subprotocols: subprotocols,
	})
	if err != nil {
		t.Fatal(err)
	}
	socket.SetReadLimit(1 << 17)
	t.Cleanup(func() { socket.CloseNow() })
	return socket
}

func (s *stranger) write(message []byte) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.socket.Write(ctx, websocket.MessageBinary, message); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stranger) read() []byte {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, message, err := s.socket.Read(ctx)
	if err != nil {
		s.t.Fatal(err)
	}
	return message
}

// sealed makes a record by PROTOCOL.md, section 4.
func (s *stranger) sealed(kind byte, body []byte) []byte {
	plain := append([]byte{kind, 0, 0}, body...)
	binary.BigEndian.PutUint16(plain[1:], uint16(len(body)))
	bucket := 64
	for bucket < len(plain) && bucket < 4096 {
		bucket *= 2
	}
	for bucket < len(plain) {
		bucket += 4096
	}
	return must[[]byte](s.t)(s.sending.Encrypt(nil, nil, append(plain, make([]byte, bucket-len(plain))...)))
}

// call sends one command and returns its reply, skipping events.
func (s *stranger) call(command *protocol.Command) *protocol.Reply {
	s.t.Helper()
	s.id++
	command.Id = s.id
	frame := must[[]byte](s.t)(proto.Marshal(&protocol.ClientFrame{Commands: []*protocol.Command{command}}))
	s.write(s.sealed(1, frame))
	for {
		plain := must[[]byte](s.t)(s.receiving.Decrypt(nil, nil, s.read()))
		if plain[0] != 1 {
			s.t.Fatalf("closed with %d", binary.BigEndian.Uint16(plain[3:]))
		}
		var frame protocol.ServerFrame
		if err := proto.Unmarshal(plain[3:3+binary.BigEndian.Uint16(plain[1:])], &frame); err != nil {
			s.t.Fatal(err)
		}
		for _, message := range frame.Messages {
			if reply := message.GetReply(); reply.GetId() == s.id {
				return reply
			}
		}
	}
}

func (s *stranger) hello() {
	s.t.Helper()
	reply := s.call(&protocol.Command{Request: &protocol.Command_Hello{Hello: &protocol.HelloRequest{Client: "stranger/1", Version: 1}}})
	if reply.GetHello().GetVersion() != 1 {
		s.t.Fatalf("hello: %v", reply)
	}
}

// enrolment signs what a new device signs.
func (s *stranger) enrolment(username string, key ed25519.PrivateKey) *protocol.DeviceEnrolment {
	algorithm := protocol.DeviceAlgorithm_DEVICE_ALGORITHM_ED25519
	public := []byte(key.Public().(ed25519.PublicKey))
	return &protocol.DeviceEnrolment{
		Name: "stranger", Algorithm: algorithm, PublicKey: public,
		Signature: ed25519.Sign(key, protocol.EnrolMessage(s.identity, s.hash, username, algorithm, public)),
	}
}

func (s *stranger) register(username string, key ed25519.PrivateKey) *protocol.Reply {
	s.t.Helper()
	return s.call(&protocol.Command{Request: &protocol.Command_Register{Register: &protocol.RegisterRequest{
		Username: username, Owner: "Some Body", Password: testPassword, Device: s.enrolment(username, key),
	}}})
}

func (s *stranger) accounts() []*protocol.Account {
	s.t.Helper()
	reply := s.call(&protocol.Command{Request: &protocol.Command_ListAccounts{ListAccounts: &protocol.ListAccountsRequest{}}})
	if reply.GetListAccounts() == nil {
		s.t.Fatalf("list accounts: %v", reply)
	}
	return reply.GetListAccounts().Accounts
}

func TestAStrangersNoiseLibraryIsEnough(t *testing.T) {
	b := startBank(t)
	s := dialStranger(t, b)
	s.hello()
	_, key := must2(ed25519.GenerateKey(rand.Reader))
	if reply := s.register("stranger", key); reply.GetSignedIn().GetUsername() != "stranger" {
		t.Fatalf("register: %v", reply)
	}
	accounts := s.accounts()
	if len(accounts) != 1 || accounts[0].BalanceMinor != 10_000_00 {
		t.Fatalf("accounts: %v", accounts)
	}
}

// TestAStrangerInPythonIsEnough runs testdata/stranger.py, which knows PROTOCOL.md and Debian's python3-dissononce.
func TestAStrangerInPythonIsEnough(t *testing.T) {
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import dissononce, cryptography").Run(); err != nil {
		t.Skip("no python3 with dissononce and cryptography (Debian: python3-dissononce)")
	}
	b := startBank(t)
	socket := dialSocket(t, b, classic)
	ctx := testContext(t)
	cmd := exec.CommandContext(ctx, python, "testdata/stranger.py", hex.EncodeToString(b.identity[:]))
	stdin := must[io.WriteCloser](t)(cmd.StdinPipe())
	stdout := must[io.ReadCloser](t)(cmd.StdoutPipe())
	var said strings.Builder
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { // socket to the client
		for {
			_, message, err := socket.Read(ctx)
			if err != nil {
				return
			}
			stdin.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(message))), message...))
		}
	}()
	for { // client to the socket
		var length [4]byte
		if _, err := io.ReadFull(stdout, length[:]); err != nil {
			break
		}
		message := make([]byte, binary.BigEndian.Uint32(length[:]))
		if _, err := io.ReadFull(stdout, message); err != nil {
			break
		}
		if err := socket.Write(ctx, websocket.MessageBinary, message); err != nil {
			break
		}
	}
	if err := cmd.Wait(); err != nil || strings.TrimSpace(said.String()) != "ok" {
		t.Fatalf("the stranger in Python: %v\n%s", err, said.String())
	}
}

func must2[A, B any](a A, b B, err error) (A, B) {
	if err != nil {
		panic(err)
	}
	return a, b
}
