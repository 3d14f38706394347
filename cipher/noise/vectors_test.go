package noise

import (
	"bytes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/mlkem"
	"crypto/mlkem/mlkemtest"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"
)

// Patterns and a cipher that Caudal does not speak, to hold the interpreter against vectors from outside.
var (
	patternNK = &Pattern{
		name: "NK_25519", responderKnown: true,
		messages: [][]token{{tokenE, tokenES}, {tokenE, tokenEE}},
	}
	patternXX = &Pattern{
		name:     "XX_25519",
		messages: [][]token{{tokenE}, {tokenE, tokenEE, tokenS, tokenES}, {tokenS, tokenSE}},
	}
	patternIX = &Pattern{
		name:     "IX_25519",
		messages: [][]token{{tokenE, tokenS}, {tokenE, tokenEE, tokenSE, tokenS, tokenES}},
	}
	patternXXhfs = &Pattern{
		name: "XXhfs_25519+MLKEM768",
		messages: [][]token{
			{tokenE, tokenE1},
			{tokenE, tokenEE, tokenEKEM1, tokenS, tokenES},
			{tokenS, tokenSE},
		},
	}
	chaChaPoly = &AEAD{
		Name: "ChaChaPoly",
		New: func(key *[KeySize]byte) cipher.AEAD {
			aead, err := chacha20poly1305.New(key[:])
			if err != nil {
				panic(err)
			}
			return aead
		},
		PutCounter: binary.LittleEndian.PutUint64,
	}
)

// fixedSource gives the secrets of a vector.
type fixedSource struct {
	ephemeral, kemSeed, encapsulation []byte
}

func (f fixedSource) X25519() (*ecdh.PrivateKey, error) {
	return ecdh.X25519().NewPrivateKey(f.ephemeral)
}

func (f fixedSource) MLKEM768() (*mlkem.DecapsulationKey768, error) {
	return mlkem.NewDecapsulationKey768(f.kemSeed)
}

func (f fixedSource) Encapsulate(to *mlkem.EncapsulationKey768) (shared, ciphertext []byte) {
	shared, ciphertext, err := mlkemtest.Encapsulate768(to, f.encapsulation)
	if err != nil {
		panic(err)
	}
	return shared, ciphertext
}

type hexBytes []byte

func (h *hexBytes) UnmarshalText(text []byte) error {
	raw, err := hex.DecodeString(string(text))
	*h = raw
	return err
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatal(err)
	}
}

func privateKey(t *testing.T, raw []byte) *ecdh.PrivateKey {
	t.Helper()
	if len(raw) == 0 {
		return nil
	}
	key, err := ecdh.X25519().NewPrivateKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func mustHandshake(t *testing.T, config Config) *Handshake {
	t.Helper()
	h, err := NewHandshake(config)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestMeetsCacophonyVectors(t *testing.T) {
	protocols := map[string]struct {
		pattern *Pattern
		aead    *AEAD
	}{
		"Noise_NX_25519_AESGCM_SHA256":     {NX, AESGCM},
		"Noise_NK_25519_AESGCM_SHA256":     {patternNK, AESGCM},
		"Noise_XX_25519_AESGCM_SHA256":     {patternXX, AESGCM},
		"Noise_IX_25519_AESGCM_SHA256":     {patternIX, AESGCM},
		"Noise_NX_25519_ChaChaPoly_SHA256": {NX, chaChaPoly},
	}
	var file struct {
		Vectors []cacophonyVector
	}
	readJSON(t, "testdata/noise-cacophony-subset.json", &file)
	met := 0
	for _, vector := range file.Vectors {
		protocol, ok := protocols[vector.Name]
		if !ok {
			continue // PSK patterns
		}
		met++
		t.Run(vector.Name, func(t *testing.T) {
			if got := protocol.pattern.ProtocolName(protocol.aead); got != vector.Name {
				t.Fatalf("the pattern calls itself %s", got)
			}
			vector.run(t, protocol.pattern, protocol.aead)
		})
	}
	if met != len(protocols) {
		t.Fatalf("met %d vectors, want %d", met, len(protocols))
	}
}

type cacophonyVector struct {
	Name             string   `json:"protocol_name"`
	InitPrologue     hexBytes `json:"init_prologue"`
	InitStatic       hexBytes `json:"init_static"`
	InitEphemeral    hexBytes `json:"init_ephemeral"`
	InitRemoteStatic hexBytes `json:"init_remote_static"`
	RespPrologue     hexBytes `json:"resp_prologue"`
	RespStatic       hexBytes `json:"resp_static"`
	RespEphemeral    hexBytes `json:"resp_ephemeral"`
	Hash             hexBytes `json:"handshake_hash"`
	Messages         []struct{ Payload, Ciphertext hexBytes }
}

func (v *cacophonyVector) run(t *testing.T, pattern *Pattern, aead *AEAD) {
	var known *ecdh.PublicKey
	if len(v.InitRemoteStatic) > 0 {
		var err error
		if known, err = ecdh.X25519().NewPublicKey(v.InitRemoteStatic); err != nil {
			t.Fatal(err)
		}
	}
	sides := [2]*Handshake{
		mustHandshake(t, Config{
			Pattern: pattern, AEAD: aead, Initiator: true, Prologue: v.InitPrologue,
			Static: privateKey(t, v.InitStatic), RemoteStatic: known, Source: fixedSource{ephemeral: v.InitEphemeral},
		}),
		mustHandshake(t, Config{
			Pattern: pattern, AEAD: aead, Prologue: v.RespPrologue,
			Static: privateKey(t, v.RespStatic), Source: fixedSource{ephemeral: v.RespEphemeral},
		}),
	}
	for i := range pattern.messages {
		message := v.Messages[i]
		written, err := sides[i%2].WriteMessage(nil, message.Payload)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(written, message.Ciphertext) {
			t.Fatalf("message %d is\n%x, want\n%x", i, written, message.Ciphertext)
		}
		payload, err := sides[1-i%2].ReadMessage(written)
		if err != nil || !bytes.Equal(payload, message.Payload) {
			t.Fatalf("message %d: payload %x, %v", i, payload, err)
		}
	}
	var send, receive [2]CipherState
	for i, side := range sides {
		if hash := side.Hash(); !bytes.Equal(hash[:], v.Hash) {
			t.Fatalf("side %d: handshake hash %x, want %x", i, hash, v.Hash)
		}
		var err error
		if send[i], receive[i], err = side.Split(); err != nil {
			t.Fatal(err)
		}
	}
	for i, message := range v.Messages[len(pattern.messages):] {
		from := (i + len(pattern.messages)) % 2
		sealed, err := send[from].Seal(nil, nil, message.Payload)
		if err != nil || !bytes.Equal(sealed, message.Ciphertext) {
			t.Fatalf("transport message %d is %x, %v, want %x", i, sealed, err, message.Ciphertext)
		}
		opened, err := receive[1-from].Open(nil, nil, sealed)
		if err != nil || !bytes.Equal(opened, message.Payload) {
			t.Fatalf("transport message %d opens to %x, %v", i, opened, err)
		}
	}
}

func TestMeetsTheHybridVector(t *testing.T) {
	var v struct {
		Name          string   `json:"protocol_name"`
		InitStatic    hexBytes `json:"init_static"`
		RespStatic    hexBytes `json:"resp_static"`
		InitEphemeral hexBytes `json:"init_ephemeral"`
		RespEphemeral hexBytes `json:"resp_ephemeral"`
		KEMSeed       hexBytes `json:"init_mlkem_seed_dz"`
		Encapsulation hexBytes `json:"encaps_m"`
		MessageLens   []int    `json:"msg_bytes"`
		Hash          hexBytes `json:"handshake_hash"`
		ToResponder   hexBytes `json:"k_initiator_to_responder"`
		ToInitiator   hexBytes `json:"k_responder_to_initiator"`
	}
	readJSON(t, "testdata/noise-libp2p-xxhfs-mlkem768-vector1.json", &v)
	if got := patternXXhfs.ProtocolName(chaChaPoly); got != v.Name {
		t.Fatalf("the pattern calls itself %s, the vector %s", got, v.Name)
	}
	initiator := mustHandshake(t, Config{
		Pattern: patternXXhfs, AEAD: chaChaPoly, Initiator: true, Static: privateKey(t, v.InitStatic),
		Source: fixedSource{ephemeral: v.InitEphemeral, kemSeed: v.KEMSeed},
	})
	responder := mustHandshake(t, Config{
		Pattern: patternXXhfs, AEAD: chaChaPoly, Static: privateKey(t, v.RespStatic),
		Source: fixedSource{ephemeral: v.RespEphemeral, encapsulation: v.Encapsulation},
	})
	writer, reader := initiator, responder
	for i, want := range v.MessageLens {
		message, err := writer.WriteMessage(nil, nil)
		if err != nil || len(message) != want {
			t.Fatalf("message %d has %d bytes, %v, want %d", i, len(message), err, want)
		}
		if _, err := reader.ReadMessage(message); err != nil {
			t.Fatal(err)
		}
		writer, reader = reader, writer
	}
	// The hash covers every byte on the wire, so it stands for the messages too.
	if hash := initiator.Hash(); !bytes.Equal(hash[:], v.Hash) {
		t.Fatalf("handshake hash %x, want %x", hash, v.Hash)
	}
	if initiator.Hash() != responder.Hash() {
		t.Fatal("the two sides have different hashes")
	}
	send, receive, err := initiator.Split()
	if err != nil {
		t.Fatal(err)
	}
	wantKey(t, "initiator to responder", &send, v.ToResponder)
	wantKey(t, "responder to initiator", &receive, v.ToInitiator)
}

// wantKey shows that state has this key, whose bytes it does not keep.
func wantKey(t *testing.T, name string, state *CipherState, key []byte) {
	t.Helper()
	fixed := [KeySize]byte(key)
	expected := newCipherState(chaChaPoly, &fixed)
	sealed, err := state.Seal(nil, nil, []byte("probe"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := expected.Open(nil, nil, sealed); err != nil {
		t.Errorf("%s: another key than the vector's", name)
	}
}
