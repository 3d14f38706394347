package cipher

import (
	"bytes"
	"crypto/ecdh"
	"crypto/mlkem"
	"crypto/rand"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"caudal/cipher/noise"
)

func TestHandshakeDeliversTheCertificateAndTheProvenKey(t *testing.T) {
	for _, suite := range suites {
		t.Run(suite.String(), func(t *testing.T) {
			static := newStatic(t)
			var gotStatic [32]byte
			var gotCertificate []byte
			verify := func(static [32]byte, certificate []byte) error {
				gotStatic, gotCertificate = static, certificate
				return nil
			}
			offered := []string{suite.Subprotocol(), "something.else"}
			client, message1, err := NewClient(ClientConfig{Suite: suite, Offered: offered, Verify: verify})
			if err != nil {
				t.Fatal(err)
			}
			config := ServerConfig{Suite: suite, Offered: offered, Static: static, Certificate: certificate}
			server, message2, err := Accept(config, message1)
			if err != nil {
				t.Fatal(err)
			}
			if len(message1) != suite.Message1Len() || len(message2) != suite.Message2Len(len(certificate)) {
				t.Fatalf("messages of %d and %d bytes", len(message1), len(message2))
			}
			channel, err := client.Finish(message2)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(gotStatic[:], static.PublicKey().Bytes()) || !bytes.Equal(gotCertificate, certificate) {
				t.Fatal("Verify saw another key or another certificate than the server has")
			}
			if bytes.Contains(message2, certificate[:16]) || bytes.Contains(message2, gotStatic[:]) {
				t.Fatal("the certificate or the static key went in the clear")
			}
			if channel.Hash() != server.Hash() {
				t.Fatal("the two sides name the channel differently")
			}
		})
	}
}

func TestEachHandshakeMakesAnotherChannel(t *testing.T) {
	for _, suite := range suites {
		first, _ := newPair(t, suite)
		second, _ := newPair(t, suite)
		if first.Hash() == second.Hash() || bytes.Equal(mustSeal(t, first, ""), mustSeal(t, second, "")) {
			t.Errorf("%v: two handshakes made the same channel", suite)
		}
	}
}

// forEachBit calls test with every bit of message flipped, on all cores. Under -short only with every 31st.
func forEachBit(message []byte, test func(bit int, flipped []byte)) {
	stride := 1
	if testing.Short() {
		stride = 31
	}
	var workers sync.WaitGroup
	n := runtime.GOMAXPROCS(0)
	for worker := range n {
		workers.Go(func() {
			flipped := bytes.Clone(message)
			for bit := worker * stride; bit < 8*len(message); bit += n * stride {
				flipped[bit/8] ^= 1 << (bit % 8)
				test(bit, flipped)
				flipped[bit/8] ^= 1 << (bit % 8)
			}
		})
	}
	workers.Wait()
}

func TestEveryBitOfMessage1Counts(t *testing.T) {
	for _, suite := range suites {
		t.Run(suite.String(), func(t *testing.T) {
			honest := newHalfway(t, suite)
			forEachBit(honest.message1, func(bit int, flipped []byte) {
				server, message2, err := Accept(honest.config, flipped)
				if err != nil {
					if !errors.Is(err, ErrMalformedHandshake) && !errors.Is(err, ErrLowOrder) {
						t.Errorf("bit %d: the server says %v", bit, err)
					}
					return
				}
				if server.Hash() == honest.server.Hash() {
					t.Errorf("bit %d is not in the handshake hash", bit)
				}
				if channel, err := honest.finish(message2); channel != nil || !errors.Is(err, ErrAuthentication) {
					t.Errorf("bit %d: the client says %v", bit, err)
				}
			})
		})
	}
}

func TestEveryBitOfMessage2Counts(t *testing.T) {
	for _, suite := range suites {
		t.Run(suite.String(), func(t *testing.T) {
			honest := newHalfway(t, suite)
			if _, err := honest.finish(honest.message2); err != nil {
				t.Fatal(err)
			}
			forEachBit(honest.message2, func(bit int, flipped []byte) {
				channel, err := honest.finish(flipped)
				if channel != nil || !errors.Is(err, ErrAuthentication) && !errors.Is(err, ErrLowOrder) {
					t.Errorf("bit %d: %v", bit, err)
				}
			})
		})
	}
}

func TestTruncatedAndExtendedHandshakeMessagesAreRefused(t *testing.T) {
	for _, suite := range suites {
		honest := newHalfway(t, suite)
		refusedBoth := func(what string, message1, message2 []byte) {
			t.Helper()
			if _, _, err := Accept(honest.config, message1); !errors.Is(err, ErrMalformedHandshake) {
				t.Errorf("%v: message 1 %s: %v", suite, what, err)
			}
			_, err := honest.finish(message2)
			if !errors.Is(err, ErrMalformedHandshake) && !errors.Is(err, ErrAuthentication) {
				t.Errorf("%v: message 2 %s: %v", suite, what, err)
			}
		}
		for n := range honest.message2 {
			refusedBoth("truncated", honest.message1[:min(n, len(honest.message1)-1)], honest.message2[:n])
		}
		for _, extra := range []int{1, 2, 15, 16, 17, 96, 1000, 70000} {
			tail := bytes.Repeat([]byte{0x5a}, extra)
			refusedBoth("extended", slices.Concat(honest.message1, tail), slices.Concat(honest.message2, tail))
			refusedBoth("shifted", slices.Concat(tail, honest.message1), slices.Concat(tail, honest.message2))
		}
	}
}

func TestHandshakeMessagesOfAnotherHandshakeAreRefused(t *testing.T) {
	for _, suite := range suites {
		honest := newHalfway(t, suite)
		t.Run(suite.String(), func(t *testing.T) {
			other, _, err := NewClient(ClientConfig{Suite: suite, Offered: honest.config.Offered, Verify: accepting})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := other.Finish(honest.message2); !errors.Is(err, ErrAuthentication) {
				t.Errorf("message 2 replayed to another client: %v", err)
			}
			if _, err := honest.finish(honest.message1); err == nil {
				t.Error("message 1 reflected to its client was taken")
			}
			// A replayed message 1 gets a channel with other keys: the recorded client records do not open in it.
			client, err := honest.finish(honest.message2)
			if err != nil {
				t.Fatal(err)
			}
			recorded := mustSeal(t, client, "pay")
			replayed, _, err := Accept(honest.config, honest.message1)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := replayed.Open(nil, recorded); !errors.Is(err, ErrAuthentication) {
				t.Errorf("a recorded session replayed: %v", err)
			}
		})
	}
}

func TestSuitesDoNotMix(t *testing.T) {
	hybrid, classic := newHalfway(t, Hybrid), newHalfway(t, Classic)
	if _, _, err := Accept(hybrid.config, classic.message1); !errors.Is(err, ErrMalformedHandshake) {
		t.Errorf("classic message 1 to the hybrid suite: %v", err)
	}
	if _, _, err := Accept(classic.config, hybrid.message1); !errors.Is(err, ErrMalformedHandshake) {
		t.Errorf("hybrid message 1 to the classic suite: %v", err)
	}
	// The hybrid message cut down to what a classic server takes: the downgrade itself.
	_, message2, err := Accept(classic.config, hybrid.message1[:32])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hybrid.finish(message2); err == nil {
		t.Error("a hybrid client took a classic server")
	}
}

func TestAnotherViewOfTheOfferFailsTheHandshake(t *testing.T) {
	both := []string{"caudal.v1", "caudal.v1.classic"}
	for name, seen := range map[string][]string{
		"the better one stripped": {"caudal.v1.classic"},
		"reordered":               {"caudal.v1.classic", "caudal.v1"},
		"one added":               {"caudal.v1", "caudal.v1.classic", "x"},
		"one doubled":             {"caudal.v1", "caudal.v1", "caudal.v1.classic"},
		"case changed":            {"Caudal.v1", "caudal.v1.classic"},
		"joined":                  {"caudal.v1,caudal.v1.classic", "caudal.v1.classic"},
	} {
		client, message1, err := NewClient(ClientConfig{Suite: Classic, Offered: both, Verify: accepting})
		if err != nil {
			t.Fatal(err)
		}
		_, message2, err := Accept(ServerConfig{Suite: Classic, Offered: seen, Static: newStatic(t)}, message1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Finish(message2); !errors.Is(err, ErrAuthentication) {
			t.Errorf("%s: %v, want ErrAuthentication", name, err)
		}
	}
}

func TestARefusedCertificateEndsTheHandshake(t *testing.T) {
	refusal := errors.New("not the bank I know")
	for _, suite := range suites {
		honest := newHalfway(t, suite)
		honest.client.verify = func([32]byte, []byte) error { return refusal }
		channel, err := honest.client.Finish(honest.message2)
		if channel != nil || !errors.Is(err, ErrCertificateRefused) || !errors.Is(err, refusal) {
			t.Errorf("%v: %v", suite, err)
		}
		honest.client.verify = accepting
		if _, err := honest.client.Finish(honest.message2); !errors.Is(err, ErrHandshakeDone) {
			t.Errorf("%v: a second Finish: %v, want ErrHandshakeDone", suite, err)
		}
	}
}

func TestVerifyIsNotAskedAboutWhatIsNotProven(t *testing.T) {
	honest := newHalfway(t, Hybrid)
	honest.client.verify = func([32]byte, []byte) error { t.Error("Verify was called"); return nil }
	honest.message2[len(honest.message2)-1] ^= 1
	if _, err := honest.finish(honest.message2); !errors.Is(err, ErrAuthentication) {
		t.Fatal(err)
	}
}

func TestAClientWithoutVerifyPanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Fatal("no panic")
		}
	}()
	_, _, _ = NewClient(ClientConfig{Suite: Hybrid, Offered: []string{"caudal.v1"}})
}

func TestLowOrderClientKeysAreRefused(t *testing.T) {
	for _, suite := range suites {
		honest := newHalfway(t, suite)
		clear(honest.message1[:32])
		if _, _, err := Accept(honest.config, honest.message1); !errors.Is(err, ErrLowOrder) {
			t.Errorf("%v: %v, want ErrLowOrder", suite, err)
		}
		clear(honest.message2[:32])
		if _, err := honest.finish(honest.message2); !errors.Is(err, ErrLowOrder) {
			t.Errorf("%v: %v, want ErrLowOrder", suite, err)
		}
	}
}

func TestAnEncapsulationKeyOutOfRangeIsRefused(t *testing.T) {
	honest := newHalfway(t, Hybrid)
	// FIPS 203, section 7.2: coefficients are 12 bits and must be below 3329.
	copy(honest.message1[32:], bytes.Repeat([]byte{0xff}, mlkem.EncapsulationKeySize768-32))
	if _, _, err := Accept(honest.config, honest.message1); !errors.Is(err, ErrMalformedHandshake) {
		t.Fatalf("%v, want ErrMalformedHandshake", err)
	}
}

func TestConfigurationsThatCannotRunAreRefused(t *testing.T) {
	p256, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	static, v1 := newStatic(t), []string{"caudal.v1"}
	honest := newHalfway(t, Hybrid)
	for name, config := range map[string]ServerConfig{
		"no suite":                  {Offered: v1, Static: static},
		"unknown suite":             {Suite: 9, Offered: v1, Static: static},
		"suite not offered":         {Suite: Hybrid, Offered: []string{"caudal.v1.classic"}, Static: static},
		"nothing offered":           {Suite: Hybrid, Static: static},
		"empty name":                {Suite: Hybrid, Offered: []string{"caudal.v1", ""}, Static: static},
		"long name":                 {Suite: Hybrid, Offered: []string{"caudal.v1", strings.Repeat("x", 256)}, Static: static},
		"too many":                  {Suite: Hybrid, Offered: append(make([]string, maxOffered), v1...), Static: static},
		"no static key":             {Suite: Hybrid, Offered: v1},
		"static key of other curve": {Suite: Hybrid, Offered: v1, Static: p256},
		"certificate too long":      {Suite: Hybrid, Offered: v1, Static: static, Certificate: make([]byte, MaxCertificate+1)},
	} {
		if _, _, err := Accept(config, honest.message1); !errors.Is(err, ErrConfig) {
			t.Errorf("server, %s: %v, want ErrConfig", name, err)
		}
		if config.Static != static || len(config.Certificate) > 0 {
			continue
		}
		client := ClientConfig{Suite: config.Suite, Offered: config.Offered, Verify: accepting}
		if _, _, err := NewClient(client); !errors.Is(err, ErrConfig) {
			t.Errorf("client, %s: %v, want ErrConfig", name, err)
		}
	}
}

func TestTheLongestCertificatePasses(t *testing.T) {
	for _, suite := range suites {
		offered := []string{suite.Subprotocol()}
		client, message1, err := NewClient(ClientConfig{Suite: suite, Offered: offered, Verify: accepting})
		if err != nil {
			t.Fatal(err)
		}
		config := ServerConfig{Suite: suite, Offered: offered, Static: newStatic(t), Certificate: make([]byte, MaxCertificate)}
		_, message2, err := Accept(config, message1)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Finish(message2); err != nil {
			t.Errorf("%v: %v", suite, err)
		}
	}
}

// A server that does not keep to the bound, with a handshake that is right otherwise.
func TestAClientRefusesALongerCertificate(t *testing.T) {
	for _, suite := range suites {
		honest := newHalfway(t, suite)
		server, err := newHandshake(suite, honest.config.Offered, noise.Config{Static: honest.config.Static})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := server.ReadMessage(honest.message1); err != nil {
			t.Fatal(err)
		}
		message2, err := server.WriteMessage(nil, make([]byte, MaxCertificate+1))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := honest.finish(message2); !errors.Is(err, ErrMalformedHandshake) {
			t.Errorf("%v: %v, want ErrMalformedHandshake", suite, err)
		}
	}
}

func TestSubprotocolNamesAreMatchedExactly(t *testing.T) {
	for _, suite := range suites {
		if got, ok := SuiteBySubprotocol(suite.Subprotocol()); !ok || got != suite {
			t.Errorf("%q: %v, %v", suite.Subprotocol(), got, ok)
		}
	}
	for _, name := range []string{"", "caudal", "Caudal.v1", "caudal.v1 ", "caudal.v1.Classic", "caudal.v2"} {
		if suite, ok := SuiteBySubprotocol(name); ok {
			t.Errorf("%q is taken for %v", name, suite)
		}
	}
	if Hybrid.String() != "Noise_NXhfs_25519+MLKEM768_AESGCM_SHA256" || Classic.String() != "Noise_NX_25519_AESGCM_SHA256" {
		t.Errorf("the suites call themselves %v and %v", Hybrid, Classic)
	}
}

func TestPrologueHasItsPublishedLayout(t *testing.T) {
	got, err := prologue([]string{"caudal.v1", "caudal.v1.classic"}, "caudal.v1.classic")
	want := "\x11caudal channel v1" + "\x02" + "\x09caudal.v1" + "\x11caudal.v1.classic" + "\x11caudal.v1.classic"
	if err != nil || string(got) != want {
		t.Fatalf("%q, %v, want %q", got, err, want)
	}
}
