package certs

import (
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"
)

func TestFingerprintIsWhatIsDocumented(t *testing.T) {
	// The public key of RFC 8032 section 7.1, test 1.
	raw, err := hex.DecodeString("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
	must(t, err)
	id := Identity(raw)
	const want = "25NJQ-AMCWE-FLPVK-L73J4-SZAHH-IHOC4-XT3KT-CGJNP-AINGR-5YHKE-NIJHI"
	if got := id.String(); got != want {
		t.Fatalf("fingerprint is %s, want %s", got, want)
	}
	for _, text := range []string{
		want,
		strings.ToLower(want),
		strings.ReplaceAll(want, "-", ""),
		" " + strings.ReplaceAll(want, "-", " \n") + "\t",
	} {
		if got, err := ParseIdentity(text); err != nil || got != id {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
}

func TestFingerprintGoesThroughTextAndJSON(t *testing.T) {
	id := mustKey(t).Public()
	text, err := json.Marshal(map[string]Identity{"identity": id})
	must(t, err)
	var back map[string]Identity
	must(t, json.Unmarshal(text, &back))
	if back["identity"] != id {
		t.Fatal(string(text))
	}
	mustBe(t, json.Unmarshal([]byte(`{"identity":"AAAA"}`), &back), ErrMalformedFingerprint)
}

func TestMistypedFingerprintIsMalformedAndNotChanged(t *testing.T) {
	good := strings.ReplaceAll(mustKey(t).Public().String(), "-", "")
	bad := map[string]string{
		"empty":               "",
		"one short":           good[1:],
		"one long":            good + "A",
		"padded":              good + "=",
		"digit of no base32":  "1" + good[1:],
		"letter beyond ASCII": "Á" + good[2:],
		"long":                strings.Repeat(" ", maxFingerprintText) + good,
	}
	for name, text := range bad {
		_, err := ParseIdentity(text)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		mustBe(t, err, ErrMalformedFingerprint)
	}
}

// The checksum has 16 bits, so that one slip in 65,536 may pass; with a fixed key, none of these does.
func TestEveryWrongCharacterIsNoticed(t *testing.T) {
	raw, _ := hex.DecodeString("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
	good := strings.ReplaceAll(Identity(raw).String(), "-", "")
	for i := range good {
		for _, c := range "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" {
			text := good[:i] + string(c) + good[i+1:]
			if _, err := ParseIdentity(text); (err == nil) != (text == good) {
				t.Errorf("%s at %d: %v", string(c), i, err)
			}
		}
		if i > 0 && good[i] != good[i-1] {
			swapped := good[:i-1] + string(good[i]) + string(good[i-1]) + good[i+1:]
			if _, err := ParseIdentity(swapped); err == nil {
				t.Errorf("swapped at %d: accepted", i)
			}
		}
	}
}

// Under a point of small order, "signatures" can be made without a secret: that is why they are refused, and the test
// shows that the standard library does not do it by itself.
func TestKeysOfSmallOrderAreNoIdentities(t *testing.T) {
	forgeable := 0
	for _, y := range smallOrder {
		for _, sign := range []byte{0, 0x80} {
			id := Identity(y)
			id[31] |= sign
			if id.usable() {
				t.Errorf("%x is taken for usable", id)
			}
			message, forged, ok := forge(id)
			if !ok {
				continue // x = 0 has no negative, so this is no point at all
			}
			forgeable++
			if id.Verify("label\x00", message, forged) {
				t.Errorf("a forged signature of %x is accepted", id)
			}
			if _, err := ParseIdentity(id.String()); err == nil {
				t.Errorf("the fingerprint of %x is accepted", id)
			}
		}
	}
	if forgeable < 8 {
		t.Errorf("%d of the points let anybody sign, expected 8 or more", forgeable)
	}
}

// forge looks for a message that the signature (R = neutral element, S = 0) fits: the hash must be a multiple of the
// point's order.
func forge(id Identity) (message, signature []byte, ok bool) {
	signature = make([]byte, ed25519.SignatureSize)
	signature[0] = 1
	for i := range 256 {
		message = []byte{byte(i)}
		if ed25519.Verify(id[:], append([]byte("label\x00"), message...), signature) {
			return message, signature, true
		}
	}
	return nil, nil, false
}

func TestUnreducedKeysAreNoIdentities(t *testing.T) {
	for low := 0xed; low <= 0xff; low++ {
		for _, high := range []byte{0x7f, 0xff} {
			var id Identity
			for i := range id {
				id[i] = 0xff
			}
			id[0], id[31] = byte(low), high
			if id.usable() {
				t.Errorf("%x is taken for usable", id)
			}
		}
	}
}

func TestSignatureServesOnePurpose(t *testing.T) {
	key := mustKey(t)
	signature := key.Sign("one\x00", []byte("message"))
	if !key.Public().Verify("one\x00", []byte("message"), signature) {
		t.Fatal("refused")
	}
	if key.Public().Verify("two\x00", []byte("message"), signature) {
		t.Error("accepted under another label")
	}
	if key.Public().Verify("one\x00", []byte("message"), signature[:63]) {
		t.Error("accepted though cut")
	}
	for _, label := range []string{"", "\x00", "open", "one\x00two\x00", "one\x00two"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("label %q did not panic", label)
				}
			}()
			key.Sign(label, nil)
		}()
	}
}

func FuzzParseIdentity(f *testing.F) {
	seed := sha512.Sum512_256([]byte("seed"))
	f.Add(Identity(ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)).String())
	f.Add("")
	f.Add("25njq amcwe")
	f.Fuzz(func(t *testing.T, text string) {
		id, err := ParseIdentity(text)
		if err != nil {
			mustBe(t, err, ErrMalformedFingerprint)
			return
		}
		// Whatever is accepted is one spelling of what is written.
		compact := strings.NewReplacer("-", "", " ", "", "\t", "", "\r", "", "\n", "").Replace(strings.ToUpper(text))
		if strings.ReplaceAll(id.String(), "-", "") != compact {
			t.Fatalf("%q was read as %s", text, id)
		}
	})
}
