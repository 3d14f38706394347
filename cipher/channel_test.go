package cipher

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"errors"
	"testing"
)

var suites = []Suite{Hybrid, Classic}

var certificate = bytes.Repeat([]byte("certificate "), 12)

func accepting([32]byte, []byte) error { return nil }

func newStatic(tb testing.TB) *ecdh.PrivateKey {
	tb.Helper()
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// newPair runs an honest handshake.
func newPair(tb testing.TB, suite Suite) (client, server *Channel) {
	tb.Helper()
	offered := []string{suite.Subprotocol()}
	dialing, message1, err := NewClient(ClientConfig{Suite: suite, Offered: offered, Verify: accepting})
	if err != nil {
		tb.Fatal(err)
	}
	config := ServerConfig{Suite: suite, Offered: offered, Static: newStatic(tb), Certificate: certificate}
	server, message2, err := Accept(config, message1)
	if err != nil {
		tb.Fatal(err)
	}
	client, err = dialing.Finish(message2)
	if err != nil {
		tb.Fatal(err)
	}
	return client, server
}

func mustSeal(tb testing.TB, c *Channel, body string) []byte {
	tb.Helper()
	message, err := c.Seal(nil, []byte(body))
	if err != nil {
		tb.Fatal(err)
	}
	return message
}

func mustOpen(tb testing.TB, c *Channel, message []byte, body string) {
	tb.Helper()
	record, err := c.Open(nil, message)
	if err != nil {
		tb.Fatal(err)
	}
	if record.Type != RecordData || string(record.Body) != body {
		tb.Fatalf("opened type %d %q, want data %q", record.Type, record.Body, body)
	}
}

// fork is a second channel in the same state: to attack without using the first one up.
func fork(c *Channel) *Channel {
	twin := &Channel{
		hash:    c.hash,
		sending: sendingHalf{cipher: c.sending.cipher, closed: c.sending.closed},
		opening: openingHalf{cipher: c.opening.cipher, end: c.opening.end, code: c.opening.code},
	}
	twin.sending.records.Store(c.sending.records.Load())
	twin.opening.records.Store(c.opening.records.Load())
	return twin
}

// forEachPair runs the test on a fresh pair of each suite, once with the client sending and once with the server.
func forEachPair(t *testing.T, test func(t *testing.T, from, to *Channel)) {
	for _, suite := range suites {
		t.Run(suite.Subprotocol()+"/client to server", func(t *testing.T) {
			client, server := newPair(t, suite)
			test(t, client, server)
		})
		t.Run(suite.Subprotocol()+"/server to client", func(t *testing.T) {
			client, server := newPair(t, suite)
			test(t, server, client)
		})
	}
}

func TestRecordsArriveInOrderBothWays(t *testing.T) {
	forEachPair(t, func(t *testing.T, from, to *Channel) {
		if from.Hash() != to.Hash() || from.Hash() == ([32]byte{}) {
			t.Fatal("the two sides name the channel differently")
		}
		for _, body := range []string{"", "one", "two", "two"} {
			mustOpen(t, to, mustSeal(t, from, body), body)
			mustOpen(t, from, mustSeal(t, to, "re: "+body), "re: "+body)
		}
		if got, want := from.Stats(), (Stats{Sealed: 4, Opened: 4}); got != want {
			t.Fatalf("stats %+v, want %+v", got, want)
		}
	})
}

func TestReplayReorderLossAndReflectionAreRefusedForGood(t *testing.T) {
	forEachPair(t, func(t *testing.T, from, to *Channel) {
		first, second := mustSeal(t, from, "first"), mustSeal(t, from, "second")
		attacks := map[string]func(*Channel) error{
			"replay": func(c *Channel) error {
				mustOpen(t, c, first, "first")
				_, err := c.Open(nil, first)
				return err
			},
			"reorder": func(c *Channel) error { _, err := c.Open(nil, second); return err },
			"reflection": func(c *Channel) error {
				own := fork(from) // a message of the very channel that sent it
				_, err := own.Open(nil, first)
				return err
			},
		}
		for name, attack := range attacks {
			victim := fork(to)
			if err := attack(victim); !errors.Is(err, ErrAuthentication) {
				t.Errorf("%s: %v, want ErrAuthentication", name, err)
			}
		}
		if _, err := to.Open(nil, second); !errors.Is(err, ErrAuthentication) {
			t.Fatalf("a lost record: %v, want ErrAuthentication", err)
		}
		if _, err := to.Open(nil, first); !errors.Is(err, ErrDead) {
			t.Fatalf("the right record after an error: %v, want ErrDead", err)
		}
		if to.Stats().Opened != 0 {
			t.Fatal("a refused record was counted")
		}
		mustOpen(t, from, mustSeal(t, to, "still alive"), "still alive")
	})
}

func TestCleanCloseDiffersFromCut(t *testing.T) {
	forEachPair(t, func(t *testing.T, from, to *Channel) {
		mustOpen(t, to, mustSeal(t, from, "last"), "last")
		if err := to.End(); !errors.Is(err, ErrCut) {
			t.Fatalf("no close record: %v, want ErrCut", err)
		}
		message, err := from.SealClose(nil, 4001)
		if err != nil {
			t.Fatal(err)
		}
		record, err := to.Open(nil, message)
		if err != nil || record.Type != RecordClose || record.Code != 4001 || record.Body != nil {
			t.Fatalf("close record: %+v, %v", record, err)
		}
		var closed *CloseError
		if err := to.End(); !errors.As(err, &closed) || closed.Code != 4001 || errors.Is(err, ErrCut) {
			t.Fatalf("after a close record: %v", err)
		}
	})
}

func TestNothingFollowsACloseRecord(t *testing.T) {
	forEachPair(t, func(t *testing.T, from, to *Channel) {
		careless := fork(from) // a peer that goes on sealing with the key it should have dropped
		message, err := from.SealClose(nil, 4500)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := from.Seal(nil, []byte("more")); !errors.Is(err, ErrClosed) {
			t.Fatalf("Seal after SealClose: %v", err)
		}
		if _, err := from.SealClose(nil, 4501); !errors.Is(err, ErrClosed) {
			t.Fatalf("SealClose after SealClose: %v", err)
		}
		if _, err := careless.SealClose(nil, 4500); err != nil {
			t.Fatal(err)
		}
		if _, err := to.Open(nil, message); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if _, err := to.Open(nil, message); !errors.Is(err, ErrClosed) {
				t.Fatalf("Open after a close record: %v", err)
			}
		}
		mustOpen(t, from, mustSeal(t, to, "the other way is open"), "the other way is open")
		if errors.Is(to.End(), ErrCut) {
			t.Fatal("what came after the close record made it a cut")
		}
	})
}

func TestSealAndOpenDoNotAllocate(t *testing.T) {
	for _, suite := range suites {
		for _, size := range []int{0, 200, MaxBody} {
			client, server := newPair(t, suite)
			body, message, plaintext := make([]byte, size), make([]byte, 0, MaxMessage), make([]byte, 0, MaxMessage)
			runs := 1000
			allocs := testing.AllocsPerRun(runs, func() {
				var err error
				if message, err = client.Seal(message[:0], body); err != nil {
					t.Fatal(err)
				}
				if _, err = server.Open(plaintext, message); err != nil {
					t.Fatal(err)
				}
			})
			if allocs != 0 {
				t.Errorf("%v, %d bytes: %v allocations a record", suite, size, allocs)
			}
			allocs = testing.AllocsPerRun(runs, func() {
				sealed, err := server.Seal(message[:0], body)
				if err != nil {
					t.Fatal(err)
				}
				if _, err = client.Open(sealed[:0], sealed); err != nil {
					t.Fatal(err)
				}
			})
			if allocs != 0 {
				t.Errorf("%v, %d bytes in place: %v allocations a record", suite, size, allocs)
			}
		}
	}
}
