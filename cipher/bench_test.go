package cipher

import (
	"bytes"
	"crypto/aes"
	stdcipher "crypto/cipher"
	"encoding/binary"
	"fmt"
	"testing"

	flynn "github.com/flynn/noise"
)

// BenchmarkHandshake is the processor time of one side of one handshake: for the client NewClient and Finish, for the
// server Accept. No sockets, and no check of the certificate (one Ed25519 verification more for the client). The client's
// secrets come from fixed seeds, so that one message 2 serves all rounds: it leaves out reading 96 random bytes. The
// lines "flynn" are github.com/flynn/noise doing the classic suite's handshake.
func BenchmarkHandshake(b *testing.B) {
	for _, suite := range suites {
		honest := newHalfway(b, suite)
		b.Run(suite.Subprotocol()+"/client", func(b *testing.B) {
			config := ClientConfig{Suite: suite, Offered: honest.config.Offered, Verify: accepting}
			source := seededSource("client")
			b.ReportAllocs()
			for b.Loop() {
				client, _, err := newClient(config, source)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := client.Finish(honest.message2); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(suite.Subprotocol()+"/server", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := Accept(honest.config, honest.message1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	benchmarkFlynnHandshake(b)
}

func benchmarkFlynnHandshake(b *testing.B) {
	config := flynn.Config{
		CipherSuite: flynn.NewCipherSuite(flynn.DH25519, flynn.CipherAESGCM, flynn.HashSHA256),
		Pattern:     flynn.HandshakeNX,
		Prologue:    oraclePrologue([]string{"caudal.v1.classic"}, "caudal.v1.classic"),
	}
	static, err := config.CipherSuite.GenerateKeypair(nil)
	if err != nil {
		b.Fatal(err)
	}
	start := func(initiator bool) *flynn.HandshakeState {
		side := config
		if side.Initiator = initiator; initiator {
			side.Random = bytes.NewReader(seed("client ephemeral", 32))
		} else {
			side.StaticKeypair = static
		}
		handshake, err := flynn.NewHandshakeState(side)
		if err != nil {
			b.Fatal(err)
		}
		return handshake
	}
	initiate := func() (*flynn.HandshakeState, []byte) {
		client := start(true)
		message1, _, _, err := client.WriteMessage(nil, nil)
		if err != nil {
			b.Fatal(err)
		}
		return client, message1
	}
	respond := func(message1 []byte) []byte {
		server := start(false)
		if _, _, _, err := server.ReadMessage(nil, message1); err != nil {
			b.Fatal(err)
		}
		message2, _, _, err := server.WriteMessage(nil, certificate)
		if err != nil {
			b.Fatal(err)
		}
		return message2
	}
	_, message1 := initiate()
	message2 := respond(message1)
	b.Run("flynn/client", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			client, _ := initiate()
			if _, _, _, err := client.ReadMessage(nil, message2); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("flynn/server", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			respond(message1)
		}
	})
}

// BenchmarkSealOpen is one record sealed and opened, for bodies of several sizes. Beside it, on plaintexts of the same
// padded length: AES-256-GCM alone, which is the floor, and github.com/flynn/noise.
func BenchmarkSealOpen(b *testing.B) {
	for _, size := range []int{16, 200, 1000, 4000, MaxBody} {
		body, padded := make([]byte, size), make([]byte, bucket(headerLen+size))
		message, plaintext := make([]byte, 0, MaxMessage), make([]byte, 0, MaxMessage)
		run := func(name string, once func() error) {
			b.Run(fmt.Sprintf("%d/%s", size, name), func(b *testing.B) {
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					if err := once(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}

		client, server := newPair(b, Classic)
		run("channel", func() (err error) {
			if message, err = client.Seal(message[:0], body); err != nil {
				return err
			}
			_, err = server.Open(plaintext, message)
			return err
		})

		block, err := aes.NewCipher(make([]byte, 32))
		if err != nil {
			b.Fatal(err)
		}
		aead, err := stdcipher.NewGCM(block)
		if err != nil {
			b.Fatal(err)
		}
		nonce, counter := make([]byte, 12), uint64(0)
		run("aead", func() error {
			counter++
			binary.BigEndian.PutUint64(nonce[4:], counter)
			message = aead.Seal(message[:0], nonce, padded, nil)
			_, err := aead.Open(plaintext, nonce, message, nil)
			return err
		})

		peer, _ := withOracle(b, true)
		twin := flynn.UnsafeNewCipherState(flynn.NewCipherSuite(flynn.DH25519, flynn.CipherAESGCM, flynn.HashSHA256),
			peer.send.UnsafeKey(), 0)
		run("flynn", func() (err error) {
			if message, err = peer.send.Encrypt(message[:0], nil, padded); err != nil {
				return err
			}
			_, err = twin.Decrypt(plaintext, nil, message)
			return err
		})
	}
}
