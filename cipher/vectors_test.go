package cipher

import (
	"bytes"
	"crypto/ecdh"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

// The vectors are published for other implementations, and theirs are checked here: every testdata/vectors*.json, and
// the file that the environment variable CAUDAL_VECTORS names.
var update = flag.Bool("update", false, "write testdata/vectors.json anew")

const (
	vectorsPath   = "testdata/vectors.json"
	vectorsFormat = "caudal channel vectors v1"
)

type vectorFile struct {
	Format      string            `json:"format"`
	Made        string            `json:"made_by"`
	Description map[string]string `json:"description"`
	Vectors     []vector          `json:"vectors"`
}

type vector struct {
	Name            string         `json:"name"`
	Protocol        string         `json:"protocol_name"`
	Offered         []string       `json:"offered"`
	Chosen          string         `json:"chosen"`
	ServerStatic    hexBytes       `json:"server_static"`
	Certificate     hexBytes       `json:"certificate"`
	ClientEphemeral hexBytes       `json:"client_ephemeral"`
	ClientKEMSeed   hexBytes       `json:"client_mlkem768_seed,omitempty"`
	ServerEphemeral hexBytes       `json:"server_ephemeral"`
	ServerEncaps    hexBytes       `json:"server_mlkem768_encapsulation,omitempty"`
	Prologue        hexBytes       `json:"prologue"`
	Message1        hexBytes       `json:"message_1"`
	Message2        hexBytes       `json:"message_2"`
	Hash            hexBytes       `json:"handshake_hash"`
	Records         []vectorRecord `json:"records"`
}

type vectorRecord struct {
	From    string   `json:"from"`
	Counter uint64   `json:"counter"`
	Type    string   `json:"type"`
	Body    hexBytes `json:"body,omitempty"`
	Code    uint16   `json:"code,omitempty"`
	Message hexBytes `json:"message"`
}

// vectorDescription makes the file readable without this package.
var vectorDescription = map[string]string{
	"":                              "Test vectors of the channel. All bytes in hexadecimal. Seeds and private keys are for tests only.",
	"protocol_name":                 "Noise protocol name",
	"offered":                       "WebSocket subprotocols that the client offers, in order",
	"chosen":                        "the subprotocol chosen, which names the suite",
	"server_static":                 "the server's static X25519 private key (32 bytes, clamped when used)",
	"certificate":                   "payload of message 2; opaque here, not a real certificate",
	"client_ephemeral":              "the client's ephemeral X25519 private key",
	"client_mlkem768_seed":          "the client's ML-KEM-768 key as its 64-byte seed d || z (FIPS 203, 7.1); hybrid suite only",
	"server_ephemeral":              "the server's ephemeral X25519 private key",
	"server_mlkem768_encapsulation": "the 32-byte randomness m of the server's encapsulation (FIPS 203, 6.2); hybrid suite only",
	"prologue":                      "u8 17 | 'caudal channel v1' | u8 number of offered | each: u8 length, name | chosen: u8 length, name",
	"message_1":                     "client to server, payload empty",
	"message_2":                     "server to client, payload certificate",
	"handshake_hash":                "Noise's h after message 2: the channel's name",
	"records": "some records, in an order in which they may be sent. from: client or server. counter: the record's number in its " +
		"direction, its nonce. Each counter that is left out before a listed one is a data record with an empty body. After " +
		"every 65,536th record of a direction (counters 65535, 131071 ...) comes Noise's REKEY, and the counter goes on. type: data, " +
		"with body (absent: empty), or close, with code. message: the whole record as sent.",
}

type hexBytes []byte

func (h hexBytes) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }

func (h *hexBytes) UnmarshalText(text []byte) error {
	raw, err := hex.DecodeString(string(text))
	*h = raw
	return err
}

// vectorInputs are what the published vectors are made of: everything but the results.
func vectorInputs() []vector {
	v1, classic := Hybrid.Subprotocol(), Classic.Subprotocol()
	records := func() []vectorRecord {
		ascending := make([]byte, 5000)
		for i := range ascending {
			ascending[i] = byte(i)
		}
		return []vectorRecord{
			{From: "client", Counter: 0, Type: "data", Body: []byte("hello")},
			{From: "server", Counter: 0, Type: "data", Body: []byte("welcome")},
			{From: "server", Counter: 1, Type: "data"},
			{From: "client", Counter: 1, Type: "data", Body: ascending[:61]},
			{From: "client", Counter: 2, Type: "data", Body: ascending[:62]},
			{From: "server", Counter: 2, Type: "data", Body: ascending[:1021]},
			{From: "server", Counter: 3, Type: "data", Body: ascending[:4094]},
			{From: "client", Counter: 65535, Type: "data", Body: []byte("last under the first key")},
			{From: "client", Counter: 65536, Type: "data", Body: []byte("first under the second key")},
			{From: "server", Counter: 65535, Type: "data", Body: []byte("last under the first key")},
			{From: "server", Counter: 65536, Type: "data", Body: []byte("first under the second key")},
			{From: "client", Counter: 131071, Type: "data", Body: []byte("last under the second key")},
			{From: "client", Counter: 131072, Type: "data", Body: []byte("first under the third key")},
			{From: "server", Counter: 65537, Type: "close", Code: 4001},
			{From: "client", Counter: 131073, Type: "close", Code: 4500},
		}
	}
	fresh := func(name string, suite Suite, offered []string, certificate []byte) vector {
		v := vector{
			Name: name, Protocol: suite.String(), Offered: offered, Chosen: suite.Subprotocol(),
			ServerStatic: seed(name+" server static", 32), Certificate: certificate,
			ClientEphemeral: seed(name+" client ephemeral", 32), ServerEphemeral: seed(name+" server ephemeral", 32),
			Records: records(),
		}
		if suite == Hybrid {
			v.ClientKEMSeed = seed(name+" client mlkem768", 64)
			v.ServerEncaps = seed(name+" server encapsulation", 32)
		}
		return v
	}
	return []vector{
		fresh("hybrid", Hybrid, []string{v1}, []byte("an opaque certificate")),
		fresh("hybrid, both offered, empty certificate", Hybrid, []string{v1, classic}, nil),
		fresh("classic", Classic, []string{classic}, []byte("an opaque certificate")),
		fresh("classic, both offered, others between", Classic, []string{v1, "x", classic}, bytes.Repeat([]byte{0xc5}, 300)),
	}
}

// run executes a vector. What it holds is compared; where fill is set, results are written into it instead.
func (v *vector) run(t *testing.T, fill bool) {
	t.Helper()
	meet := func(what string, field *hexBytes, got []byte) {
		t.Helper()
		if fill {
			*field = bytes.Clone(got)
		} else if !bytes.Equal(*field, got) {
			t.Fatalf("%s is\n%x, want\n%x", what, got, *field)
		}
	}
	suite, ok := SuiteBySubprotocol(v.Chosen)
	if !ok || suite.String() != v.Protocol {
		t.Fatalf("%q is %v, the vector says %s", v.Chosen, suite, v.Protocol)
	}
	static, err := ecdh.X25519().NewPrivateKey(v.ServerStatic)
	if err != nil {
		t.Fatal(err)
	}
	before, err := prologue(v.Offered, v.Chosen)
	if err != nil {
		t.Fatal(err)
	}
	meet("prologue", &v.Prologue, before)

	var certified []byte
	verify := func(key [32]byte, certificate []byte) error {
		certified = certificate
		if !bytes.Equal(key[:], static.PublicKey().Bytes()) {
			t.Error("another static key arrived")
		}
		return nil
	}
	client, message1, err := newClient(ClientConfig{Suite: suite, Offered: v.Offered, Verify: verify},
		fixedSource{ephemeral: v.ClientEphemeral, kemSeed: v.ClientKEMSeed})
	if err != nil {
		t.Fatal(err)
	}
	meet("message 1", &v.Message1, message1)
	config := ServerConfig{Suite: suite, Offered: v.Offered, Static: static, Certificate: v.Certificate}
	accepted, message2, err := accept(config, v.Message1,
		fixedSource{ephemeral: v.ServerEphemeral, encapsulation: v.ServerEncaps})
	if err != nil {
		t.Fatal(err)
	}
	meet("message 2", &v.Message2, message2)
	dialled, err := client.Finish(v.Message2)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(certified, v.Certificate) {
		t.Fatalf("certificate %x, want %x", certified, v.Certificate)
	}
	for _, side := range []*Channel{dialled, accepted} {
		hash := side.Hash()
		meet("handshake hash", &v.Hash, hash[:])
	}
	for i := range v.Records {
		switch record := &v.Records[i]; record.From {
		case "client":
			record.run(t, dialled, accepted, meet)
		case "server":
			record.run(t, accepted, dialled, meet)
		default:
			t.Fatalf("record %d is from %q", i, record.From)
		}
	}
}

func (r *vectorRecord) run(t *testing.T, from, to *Channel, meet func(string, *hexBytes, []byte)) {
	t.Helper()
	buffer := make([]byte, 0, MaxMessage)
	for from.Stats().Sealed < r.Counter {
		filler, err := from.Seal(buffer, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := to.Open(filler[:0], filler); err != nil {
			t.Fatal(err)
		}
	}
	if got := from.Stats().Sealed; got != r.Counter {
		t.Fatalf("the %s is at counter %d already, the record says %d", r.From, got, r.Counter)
	}
	var message []byte
	var err error
	want := Record{Type: RecordData, Body: r.Body}
	switch r.Type {
	case "data":
		message, err = from.Seal(nil, r.Body)
	case "close":
		message, err = from.SealClose(nil, r.Code)
		want = Record{Type: RecordClose, Code: r.Code}
	default:
		t.Fatalf("%s's record %d is of type %q", r.From, r.Counter, r.Type)
	}
	if err != nil {
		t.Fatal(err)
	}
	meet(r.From+"'s record", &r.Message, message)
	got, err := to.Open(nil, r.Message)
	if err != nil || got.Type != want.Type || got.Code != want.Code || !bytes.Equal(got.Body, want.Body) {
		t.Fatalf("%s's record %d opens as %+v, %v", r.From, r.Counter, got, err)
	}
}

func TestMeetsThePublishedVectors(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	paths, err := filepath.Glob("testdata/vectors*.json")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no vectors: %v", err)
	}
	if path := os.Getenv("CAUDAL_VECTORS"); path != "" {
		paths = append(paths, path)
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var file vectorFile
		if err := json.Unmarshal(raw, &file); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if file.Format != vectorsFormat || len(file.Vectors) == 0 {
			t.Fatalf("%s: format %q with %d vectors", path, file.Format, len(file.Vectors))
		}
		for _, v := range file.Vectors {
			t.Run(filepath.Base(path)+"/"+v.Name, func(t *testing.T) { v.run(t, false) })
		}
	}
}

func writeVectors(t *testing.T) {
	t.Helper()
	vectors := vectorInputs()
	for i := range vectors {
		vectors[i].run(t, true)
	}
	file := vectorFile{Format: vectorsFormat, Made: "Go", Description: vectorDescription, Vectors: vectors}
	raw, err := json.MarshalIndent(file, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(vectorsPath, append(raw, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
