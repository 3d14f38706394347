package cipher

import (
	"bytes"
	"math/rand/v2"
	"testing"

	flynn "github.com/flynn/noise"
)

// The oracle is a peer of the classic suite on a Noise library that shares no code with ours, with prologue and records
// written again from their published layouts.
type oracle struct {
	handshake     *flynn.HandshakeState
	send, receive *flynn.CipherState
}

func newOracle(tb testing.TB, initiator bool, offered []string, static []byte) *oracle {
	tb.Helper()
	config := flynn.Config{
		CipherSuite: flynn.NewCipherSuite(flynn.DH25519, flynn.CipherAESGCM, flynn.HashSHA256),
		Pattern:     flynn.HandshakeNX,
		Initiator:   initiator,
		Prologue:    oraclePrologue(offered, "caudal.v1.classic"),
	}
	if static != nil {
		key, err := flynn.DH25519.GenerateKeypair(bytes.NewReader(static))
		if err != nil {
			tb.Fatal(err)
		}
		config.StaticKeypair = key
	}
	handshake, err := flynn.NewHandshakeState(config)
	if err != nil {
		tb.Fatal(err)
	}
	return &oracle{handshake: handshake}
}

func oraclePrologue(offered []string, chosen string) []byte {
	text := string(rune(17)) + "caudal channel v1" + string(rune(len(offered)))
	for _, name := range append(append([]string{}, offered...), chosen) {
		text += string(rune(len(name))) + name
	}
	return []byte(text)
}

func (o *oracle) seal(tb testing.TB, kind byte, body []byte) []byte {
	tb.Helper()
	padded := 64
	for padded < len(body)+3 {
		if padded < 4096 {
			padded *= 2
		} else {
			padded += 4096
		}
	}
	plaintext := make([]byte, padded)
	plaintext[0], plaintext[1], plaintext[2] = kind, byte(len(body)>>8), byte(len(body))
	copy(plaintext[3:], body)
	message, err := o.send.Encrypt(nil, nil, plaintext)
	if err != nil {
		tb.Fatal(err)
	}
	if o.send.Nonce()%65536 == 0 {
		o.send.Rekey()
	}
	return message
}

func (o *oracle) open(tb testing.TB, message []byte) (kind byte, body []byte) {
	tb.Helper()
	plaintext, err := o.receive.Decrypt(nil, nil, message)
	if err != nil {
		tb.Fatal(err)
	}
	if o.receive.Nonce()%65536 == 0 {
		o.receive.Rekey()
	}
	return plaintext[0], plaintext[3 : 3+int(plaintext[1])<<8+int(plaintext[2])]
}

// withOracle runs the handshake with the oracle in one role and ours in the other.
func withOracle(tb testing.TB, oracleDials bool) (*oracle, *Channel) {
	tb.Helper()
	offered := []string{"caudal.v1", "caudal.v1.classic"}
	static := newStatic(tb)
	if !oracleDials {
		peer := newOracle(tb, false, offered, static.Bytes())
		verify := func(got [32]byte, gotCertificate []byte) error {
			if !bytes.Equal(got[:], static.PublicKey().Bytes()) || !bytes.Equal(gotCertificate, certificate) {
				tb.Error("the oracle's key or certificate arrived as another")
			}
			return nil
		}
		client, message1, err := NewClient(ClientConfig{Suite: Classic, Offered: offered, Verify: verify})
		if err != nil {
			tb.Fatal(err)
		}
		if _, _, _, err := peer.handshake.ReadMessage(nil, message1); err != nil {
			tb.Fatal(err)
		}
		message2, toServer, toClient, err := peer.handshake.WriteMessage(nil, certificate)
		if err != nil {
			tb.Fatal(err)
		}
		peer.send, peer.receive = toClient, toServer
		channel, err := client.Finish(message2)
		if err != nil {
			tb.Fatal(err)
		}
		return peer, channel
	}
	peer := newOracle(tb, true, offered, nil)
	message1, _, _, err := peer.handshake.WriteMessage(nil, nil)
	if err != nil {
		tb.Fatal(err)
	}
	config := ServerConfig{Suite: Classic, Offered: offered, Static: static, Certificate: certificate}
	channel, message2, err := Accept(config, message1)
	if err != nil {
		tb.Fatal(err)
	}
	payload, toServer, toClient, err := peer.handshake.ReadMessage(nil, message2)
	if err != nil {
		tb.Fatal(err)
	}
	if !bytes.Equal(payload, certificate) || !bytes.Equal(peer.handshake.PeerStatic(), static.PublicKey().Bytes()) {
		tb.Fatal("the oracle saw another key or certificate")
	}
	peer.send, peer.receive = toServer, toClient
	return peer, channel
}

func TestClassicSpeaksWithAnotherNoiseLibraryInBothRoles(t *testing.T) {
	for name, oracleDials := range map[string]bool{"oracle dials": true, "oracle accepts": false} {
		t.Run(name, func(t *testing.T) {
			peer, channel := withOracle(t, oracleDials)
			if hash := channel.Hash(); !bytes.Equal(hash[:], peer.handshake.ChannelBinding()) {
				t.Fatal("the handshake hashes differ")
			}
			random := rand.New(rand.NewPCG(1, 2))
			message, plaintext := make([]byte, 0, MaxMessage), make([]byte, 0, MaxMessage)
			// Past the change of key in both directions.
			for n := range rekeyInterval + 10 {
				length := random.IntN(60)
				if n%1000 == 999 {
					length = random.IntN(MaxBody + 1)
				}
				body := bytes.Repeat([]byte{byte(n)}, length)
				var err error
				if message, err = channel.Seal(message[:0], body); err != nil {
					t.Fatal(err)
				}
				if kind, got := peer.open(t, message); kind != 1 || !bytes.Equal(got, body) {
					t.Fatalf("record %d reached the oracle as type %d, %d bytes", n, kind, len(got))
				}
				record, err := channel.Open(plaintext, peer.seal(t, 1, body))
				if err != nil || record.Type != RecordData || !bytes.Equal(record.Body, body) {
					t.Fatalf("record %d of the oracle: %v", n, err)
				}
			}
			if got := channel.Stats(); got.SealedRekeys != 1 || got.OpenedRekeys != 1 {
				t.Fatalf("%+v: the key did not change", got)
			}
			record, err := channel.Open(nil, peer.seal(t, 2, []byte{0x0f, 0xa1}))
			if err != nil || record.Type != RecordClose || record.Code != 4001 {
				t.Fatalf("the oracle's close record: %+v, %v", record, err)
			}
			closing, err := channel.SealClose(nil, 4500)
			if err != nil {
				t.Fatal(err)
			}
			if kind, body := peer.open(t, closing); kind != 2 || !bytes.Equal(body, []byte{0x11, 0x94}) {
				t.Fatalf("our close record reached the oracle as type %d, %x", kind, body)
			}
		})
	}
}
