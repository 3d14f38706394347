package cipher

import (
	"crypto/ecdh"
	"crypto/mlkem"
	"crypto/mlkem/mlkemtest"
	"crypto/sha512"
	"testing"
)

// fixedSource gives the same secrets each time: for vectors, for fuzzing, and to run one handshake many times over.
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

// seed is n bytes (at most 64) that a name stands for.
func seed(name string, n int) []byte {
	digest := sha512.Sum512([]byte("caudal test seed: " + name))
	return digest[:n]
}

func seededSource(name string) fixedSource {
	return fixedSource{
		ephemeral:     seed(name+" ephemeral", 32),
		kemSeed:       seed(name+" kem", mlkem.SeedSize),
		encapsulation: seed(name+" encapsulation", 32),
	}
}

func seededStatic(tb testing.TB, name string) *ecdh.PrivateKey {
	tb.Helper()
	key, err := ecdh.X25519().NewPrivateKey(seed(name+" static", 32))
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// halfway is an honest handshake that stopped before Finish, with all that is fixed in it.
type halfway struct {
	client             *Client
	config             ServerConfig
	server             *Channel
	message1, message2 []byte
}

func newHalfway(tb testing.TB, suite Suite) *halfway {
	tb.Helper()
	offered := []string{suite.Subprotocol()}
	h := &halfway{config: ServerConfig{
		Suite: suite, Offered: offered, Static: seededStatic(tb, "server"), Certificate: certificate,
	}}
	var err error
	clientConfig := ClientConfig{Suite: suite, Offered: offered, Verify: accepting}
	if h.client, h.message1, err = newClient(clientConfig, seededSource("client")); err != nil {
		tb.Fatal(err)
	}
	if h.server, h.message2, err = accept(h.config, h.message1, seededSource("server")); err != nil {
		tb.Fatal(err)
	}
	return h
}

// finish runs Finish on a copy of the client, so that there can be another.
func (h *halfway) finish(message2 []byte) (*Channel, error) {
	twin, handshake := *h.client, *h.client.handshake
	twin.handshake = &handshake
	return twin.Finish(message2)
}
