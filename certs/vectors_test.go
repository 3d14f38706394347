package certs

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"slices"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the vectors again")

const vectorFile = "testdata/channel-certificates.json"

// vectors are for clients in other languages; they have the form of the file.
type vectors struct {
	Comment      string            `json:"comment"`
	Fingerprints []fingerprintCase `json:"fingerprints"`
	Certificates []certificateCase `json:"certificates"`
}

type fingerprintCase struct {
	Text  string `json:"text"`
	Key   string `json:"key,omitempty"` // hex; missing where the text is malformed
	Valid bool   `json:"valid"`
}

type certificateCase struct {
	Name        string `json:"name"`
	Raw         string `json:"certificate"` // hex
	Static      string `json:"static"`      // hex; what the handshake delivered
	Pin         string `json:"pin"`         // fingerprint
	Now         int64  `json:"now"`
	Result      string `json:"result"` // "ok", or which check fails
	Display     string `json:"display_name,omitempty"`
	Predecessor string `json:"predecessor,omitempty"` // fingerprint
}

var results = map[string]error{
	"malformed":     ErrMalformedCertificate,
	"version":       ErrCertificateVersion,
	"critical":      ErrCriticalExtension,
	"static":        ErrStaticMismatch,
	"signature":     ErrCertificateSignature,
	"predecessor":   ErrPredecessorSignature,
	"expired":       ErrCertificateExpired,
	"not_yet_valid": ErrCertificateNotYetValid,
	"changed":       ErrIdentityChanged,
}

func TestPublishedVectors(t *testing.T) {
	if *update {
		text, err := json.MarshalIndent(makeVectors(), "", "  ")
		must(t, err)
		must(t, os.WriteFile(vectorFile, append(text, '\n'), 0o644))
	}
	var v vectors
	must(t, json.Unmarshal(mustRead(t, vectorFile), &v))
	if len(v.Fingerprints) < 5 || len(v.Certificates) < 15 {
		t.Fatal("vectors are missing")
	}
	for _, c := range v.Fingerprints {
		id, err := ParseIdentity(c.Text)
		if (err == nil) != c.Valid || c.Valid && hex.EncodeToString(id[:]) != c.Key {
			t.Errorf("%s: %x, %v", c.Text, id, err)
		}
	}
	for _, c := range v.Certificates {
		t.Run(c.Name, func(t *testing.T) { checkVector(t, c) })
	}
}

func checkVector(t *testing.T, c certificateCase) {
	raw, err := hex.DecodeString(c.Raw)
	must(t, err)
	static, err := hex.DecodeString(c.Static)
	must(t, err)
	pin, err := ParseIdentity(c.Pin)
	must(t, err)
	got, err := VerifyChannel(raw, [32]byte(static), pin, time.Unix(c.Now, 0))
	if c.Result != "ok" {
		if want := results[c.Result]; want == nil || !errors.Is(err, want) {
			t.Fatalf("%v, want %s", err, c.Result)
		}
		return
	}
	must(t, err)
	predecessor := ""
	if got.Predecessor != nil {
		predecessor = got.Predecessor.Old.String()
	}
	if got.Name != c.Display || predecessor != c.Predecessor {
		t.Fatalf("%v, predecessor %q", got, predecessor)
	}
}

func vectorKey(fill byte) *IdentityKey {
	seed := make([]byte, ed25519.SeedSize)
	for i := range seed {
		seed[i] = fill
	}
	return &IdentityKey{ed25519.NewKeyFromSeed(seed)}
}

// makeVectors is deterministic, as Ed25519 is.
func makeVectors() vectors {
	key, old, other := vectorKey(1), vectorKey(2), vectorKey(3)
	now := time.Unix(1_772_366_400, 0)
	var static [32]byte
	for i := range static {
		static[i] = byte(i)
	}
	honest := ChannelCertificate{NotBefore: now.Add(-channelBackdate), NotAfter: now.Add(ChannelLifetime), Static: static, Name: "Banco Caudal"}
	succession := old.Succeed(key.Public())
	with := func(edit func(*ChannelCertificate)) ChannelCertificate {
		c := honest
		edit(&c)
		return c
	}
	raw := craft(key, honest, nil)
	flipped := func(at int) []byte {
		b := slices.Clone(raw)
		b[at] ^= 1
		return b
	}
	v := vectors{Comment: "Channel certificates and fingerprints of the identity; section 3 of PROTOCOL.md. Seeds of the " +
		"Ed25519 keys are 32 times the byte 01 (bank), 02 (its predecessor), 03 (another)."}
	fingerprint := func(text string) {
		id, err := ParseIdentity(text)
		c := fingerprintCase{Text: text, Valid: err == nil}
		if c.Valid {
			c.Key = hex.EncodeToString(id[:])
		}
		v.Fingerprints = append(v.Fingerprints, c)
	}
	good := key.Public().String()
	fingerprint(good)
	fingerprint(old.Public().String())
	fingerprint("rkeoh xlubn ycsv2 2")
	fingerprint(" " + good[:20] + " " + good[20:] + "\n")
	fingerprint("A" + good[1:])
	fingerprint(good[:len(good)-1] + "B")
	fingerprint(Identity{1}.String())

	add := func(name, result string, raw []byte, edit func(*certificateCase)) {
		c := certificateCase{Name: name, Raw: hex.EncodeToString(raw), Static: hex.EncodeToString(static[:]),
			Pin: good, Now: now.Unix(), Result: result}
		if result == "ok" {
			c.Display = "Banco Caudal"
		}
		if edit != nil {
			edit(&c)
		}
		v.Certificates = append(v.Certificates, c)
	}
	add("plain", "ok", raw, nil)
	add("first second", "ok", raw, func(c *certificateCase) { c.Now = honest.NotBefore.Unix() })
	add("last second", "ok", raw, func(c *certificateCase) { c.Now = honest.NotAfter.Unix() })
	add("with a predecessor", "ok", craft(key, honest, extension(1, succession.bytes())), func(c *certificateCase) {
		c.Predecessor = old.Public().String()
	})
	add("unknown extension", "ok", craft(key, honest, extension(2, []byte("skip me"))), nil)
	add("name beyond ASCII", "ok", craft(key, with(func(c *ChannelCertificate) { c.Name = "Caja Ñandú 銀行" }), nil), func(c *certificateCase) {
		c.Display = "Caja Ñandú 銀行"
	})
	add("before the start", "not_yet_valid", raw, func(c *certificateCase) { c.Now = honest.NotBefore.Unix() - 1 })
	add("after the end", "expired", raw, func(c *certificateCase) { c.Now = honest.NotAfter.Unix() + 1 })
	add("version 2", "version", append([]byte{2}, raw[1:]...), nil)
	add("replayed under another channel key", "static", raw, func(c *certificateCase) { c.Static = hex.EncodeToString(make([]byte, 32)) })
	add("another bank", "changed", craft(other, honest, nil), nil)
	add("signature flipped", "signature", flipped(len(raw)-1), nil)
	add("name flipped", "signature", flipped(50), nil)
	add("predecessor did not sign", "predecessor", craft(key, honest, extension(1, append(old.Public().bytes(), make([]byte, 64)...))), nil)
	add("unknown critical extension", "critical", craft(key, honest, extension(0x8002, nil)), nil)
	add("extension twice", "malformed", craft(key, honest, append(extension(2, nil), extension(2, nil)...)), nil)
	add("extension cut", "malformed", craft(key, honest, []byte{0, 2, 0, 1}), nil)
	add("cut", "malformed", raw[:len(raw)-1], nil)
	add("a byte too many", "malformed", append(slices.Clone(raw), 0), nil)
	add("no name", "malformed", craft(key, with(func(c *ChannelCertificate) { c.Name = "" }), nil), nil)
	add("bidi control in the name", "malformed", craft(key, with(func(c *ChannelCertificate) { c.Name = "Banco\u202e" }), nil), nil)
	add("name is not UTF-8", "malformed", craft(key, with(func(c *ChannelCertificate) { c.Name = "Banco\xff" }), nil), nil)
	add("valid for too long", "malformed", craft(key, with(func(c *ChannelCertificate) {
		c.NotAfter = c.NotBefore.Add(MaxChannelValidity + time.Second)
	}), nil), nil)
	add("ends before it starts", "malformed", craft(key, with(func(c *ChannelCertificate) { c.NotAfter = c.NotBefore }), nil), nil)
	return v
}

func (id Identity) bytes() []byte { return id[:] }
