package noise

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"testing"
)

func generate(t *testing.T, curve ecdh.Curve) *ecdh.PrivateKey {
	t.Helper()
	key, err := curve.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestConfigurationsThatCannotRunAreRefused(t *testing.T) {
	x25519, p256 := generate(t, ecdh.X25519()), generate(t, ecdh.P256())
	for name, config := range map[string]Config{
		"no pattern":                     {AEAD: AESGCM, Static: x25519},
		"no AEAD":                        {Pattern: NX, Static: x25519},
		"responder without static key":   {Pattern: NX, AEAD: AESGCM},
		"known responder without key":    {Pattern: patternNK, AEAD: AESGCM},
		"initiator without static key":   {Pattern: patternXX, AEAD: AESGCM, Initiator: true},
		"initiator without remote key":   {Pattern: patternNK, AEAD: AESGCM, Initiator: true},
		"static key on another curve":    {Pattern: NX, AEAD: AESGCM, Static: p256},
		"remote static on another curve": {Pattern: patternNK, AEAD: AESGCM, Initiator: true, RemoteStatic: p256.PublicKey()},
	} {
		if _, err := NewHandshake(config); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v, want ErrConfig", name, err)
		}
	}
}

func TestCallsOutOfTurnAreRefused(t *testing.T) {
	initiator := mustHandshake(t, Config{Pattern: NX, AEAD: AESGCM, Initiator: true})
	responder := mustHandshake(t, Config{Pattern: NX, AEAD: AESGCM, Static: generate(t, ecdh.X25519())})
	wantState := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, ErrState) {
			t.Errorf("%s: %v, want ErrState", what, err)
		}
	}
	_, err := initiator.ReadMessage(make([]byte, 100))
	wantState("the initiator reads first", err)
	_, err = responder.WriteMessage(nil, nil)
	wantState("the responder writes first", err)
	_, _, err = initiator.Split()
	wantState("split before the end", err)

	message1, err := initiator.WriteMessage(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = initiator.WriteMessage(nil, nil)
	wantState("the initiator writes twice", err)
	if _, err := responder.ReadMessage(message1); err != nil {
		t.Fatal(err)
	}
	message2, err := responder.WriteMessage(nil, []byte("payload"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := initiator.ReadMessage(message2); err != nil {
		t.Fatal(err)
	}
	_, err = initiator.WriteMessage(nil, nil)
	wantState("a third message", err)
	if _, _, err = initiator.Split(); err != nil {
		t.Fatal(err)
	}
	_, _, err = initiator.Split()
	wantState("split twice", err)
}

func TestAnErrorKillsTheHandshakeAndDropsItsSecrets(t *testing.T) {
	initiator := mustHandshake(t, Config{Pattern: NXhfs, AEAD: AESGCM, Initiator: true})
	responder := mustHandshake(t, Config{Pattern: NXhfs, AEAD: AESGCM, Static: generate(t, ecdh.X25519())})
	message1, err := initiator.WriteMessage(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := responder.ReadMessage(message1); err != nil {
		t.Fatal(err)
	}
	message2, err := responder.WriteMessage(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	forged := bytes.Clone(message2)
	forged[len(forged)-1] ^= 1
	if _, err := initiator.ReadMessage(forged); !errors.Is(err, ErrAuthentication) {
		t.Fatalf("forged message: %v", err)
	}
	if _, err := initiator.ReadMessage(message2); !errors.Is(err, ErrState) {
		t.Fatalf("the good message after a forged one: %v, want ErrState", err)
	}
	if initiator.ephemeral != nil || initiator.kem != nil || initiator.cipher.HasKey() ||
		initiator.chainingKey != ([HashSize]byte{}) {
		t.Fatal("a dead handshake holds secrets")
	}
}

// lowOrderPoints are the X25519 encodings whose product with any key is zero, beside their high-bit twins: 0, 1, two of
// order 8, p-1, p and p+1 (https://cr.yp.to/ecdh.html, section "validate").
var lowOrderPoints = []string{
	"0000000000000000000000000000000000000000000000000000000000000000",
	"0100000000000000000000000000000000000000000000000000000000000000",
	"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
	"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
	"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
}

func forEachLowOrderPoint(t *testing.T, test func(t *testing.T, point []byte)) {
	for _, text := range lowOrderPoints {
		for _, highBit := range []byte{0, 0x80} {
			point, err := hex.DecodeString(text)
			if err != nil {
				t.Fatal(err)
			}
			point[31] |= highBit
			t.Run(hex.EncodeToString(point), func(t *testing.T) { test(t, point) })
		}
	}
}

func TestLowOrderEphemeralOfTheInitiatorIsRefused(t *testing.T) {
	static := generate(t, ecdh.X25519())
	forEachLowOrderPoint(t, func(t *testing.T, point []byte) {
		responder := mustHandshake(t, Config{Pattern: NX, AEAD: AESGCM, Static: static})
		_, err := responder.ReadMessage(point)
		if err == nil {
			_, err = responder.WriteMessage(nil, nil)
		}
		if !errors.Is(err, ErrLowOrder) {
			t.Fatalf("%v, want ErrLowOrder", err)
		}
	})
}

func TestLowOrderEphemeralOfTheResponderIsRefused(t *testing.T) {
	forEachLowOrderPoint(t, func(t *testing.T, point []byte) {
		initiator := mustHandshake(t, Config{Pattern: NX, AEAD: AESGCM, Initiator: true})
		if _, err := initiator.WriteMessage(nil, nil); err != nil {
			t.Fatal(err)
		}
		if _, err := initiator.ReadMessage(append(point, make([]byte, 100)...)); !errors.Is(err, ErrLowOrder) {
			t.Fatalf("%v, want ErrLowOrder", err)
		}
	})
}

// A responder that shows a low-order static key would "prove" a key that nobody holds.
func TestLowOrderStaticOfTheResponderIsRefused(t *testing.T) {
	forEachLowOrderPoint(t, func(t *testing.T, point []byte) {
		initiator := mustHandshake(t, Config{Pattern: NX, AEAD: AESGCM, Initiator: true})
		forger := mustHandshake(t, Config{Pattern: NX, AEAD: AESGCM, Static: generate(t, ecdh.X25519())})
		message1, err := initiator.WriteMessage(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := forger.ReadMessage(message1); err != nil {
			t.Fatal(err)
		}
		// Message 2 by hand: e, ee, then the point as s, then es with the zero that everybody knows.
		forger.ephemeral = generate(t, ecdh.X25519())
		public := forger.ephemeral.PublicKey().Bytes()
		forger.mixHash(public)
		if err := forger.mixDH(tokenEE); err != nil {
			t.Fatal(err)
		}
		message2, err := forger.encryptAndHash(public, point)
		if err != nil {
			t.Fatal(err)
		}
		forger.mixKey(make([]byte, 32))
		if message2, err = forger.encryptAndHash(message2, []byte("certificate")); err != nil {
			t.Fatal(err)
		}
		if _, err := initiator.ReadMessage(message2); !errors.Is(err, ErrLowOrder) {
			t.Fatalf("%v, want ErrLowOrder", err)
		}
	})
}

func newState() CipherState {
	return newCipherState(AESGCM, &[KeySize]byte{1, 2, 3})
}

func TestAUsedUpCounterIsRefused(t *testing.T) {
	sender, receiver := newState(), newState()
	sender.counter, receiver.counter = rekeyCounter-1, rekeyCounter-1
	sealed, err := sender.Seal(nil, nil, []byte("the last one"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := receiver.Open(nil, nil, sealed); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := sender.Seal(nil, nil, []byte("one more")); !errors.Is(err, ErrExhausted) {
			t.Fatalf("Seal: %v, want ErrExhausted", err)
		}
		if _, err := receiver.Open(nil, nil, sealed); !errors.Is(err, ErrExhausted) {
			t.Fatalf("Open: %v, want ErrExhausted", err)
		}
	}
}

func TestAFailedOpenLeavesNoPlaintextAndDoesNotCount(t *testing.T) {
	sender, receiver := newState(), newState()
	sealed, err := sender.Seal(nil, nil, []byte("plaintext"))
	if err != nil {
		t.Fatal(err)
	}
	forged := bytes.Clone(sealed)
	forged[len(forged)-1] ^= 1
	buffer := bytes.Repeat([]byte{0xaa}, 64)
	if _, err := receiver.Open(buffer[:0], nil, forged); !errors.Is(err, ErrAuthentication) {
		t.Fatal(err)
	}
	if bytes.Contains(buffer, []byte("plain")) {
		t.Fatal("unauthenticated plaintext was left in the buffer")
	}
	if opened, err := receiver.Open(nil, nil, sealed); err != nil || string(opened) != "plaintext" {
		t.Fatalf("the right message at its place: %q, %v", opened, err)
	}
}

// REKEY by the letter of the specification: k' is the first 32 bytes of ENCRYPT(k, 2^64-1, "", 32 zeros).
func TestRekeyFollowsTheSpecification(t *testing.T) {
	key := [KeySize]byte{1, 2, 3}
	state := newState()
	state.counter = 77
	state.Rekey()

	nonce := [12]byte{0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255}
	next := [KeySize]byte(newAESGCM(&key).Seal(nil, nonce[:], make([]byte, 32), nil))
	binaryCounter := [12]byte{11: 77}
	want := newAESGCM(&next).Seal(nil, binaryCounter[:], []byte("after"), nil)
	got, err := state.Seal(nil, nil, []byte("after"))
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("after REKEY %x, %v, want %x", got, err, want)
	}
}

func TestKeysAreWipedWhereTheyAreTakenOver(t *testing.T) {
	key := [KeySize]byte{1, 2, 3}
	newCipherState(AESGCM, &key)
	if key != ([KeySize]byte{}) {
		t.Error("newCipherState left the key")
	}
	s := newSymmetric("Noise_NX_25519_AESGCM_SHA256", AESGCM)
	secret := bytes.Repeat([]byte{7}, 32)
	s.mixKey(secret)
	if !bytes.Equal(secret, make([]byte, 32)) {
		t.Error("mixKey left the secret")
	}
	s.split()
	if s.chainingKey != ([HashSize]byte{}) || s.cipher.HasKey() {
		t.Error("split left the chaining key")
	}
}

func TestMessagesBeyondNoisesBoundAreRefused(t *testing.T) {
	initiator := mustHandshake(t, Config{Pattern: NX, AEAD: AESGCM, Initiator: true})
	if _, err := initiator.WriteMessage(nil, make([]byte, MaxMessage)); !errors.Is(err, ErrMalformed) {
		t.Fatalf("write: %v", err)
	}
	responder := mustHandshake(t, Config{Pattern: NX, AEAD: AESGCM, Static: generate(t, ecdh.X25519())})
	if _, err := responder.ReadMessage(make([]byte, MaxMessage+1)); !errors.Is(err, ErrMalformed) {
		t.Fatalf("read: %v", err)
	}
}
