package noise

import (
	"crypto/ecdh"
	"crypto/mlkem"
	"crypto/rand"
)

// Source makes the fresh secrets of one handshake. Only tests with fixed vectors have one of their own: two handshakes
// with the same ephemeral keys are broken.
type Source interface {
	X25519() (*ecdh.PrivateKey, error)
	MLKEM768() (*mlkem.DecapsulationKey768, error)
	Encapsulate(to *mlkem.EncapsulationKey768) (shared, ciphertext []byte)
}

// systemSource is the operating system's randomness.
type systemSource struct{}

func (systemSource) X25519() (*ecdh.PrivateKey, error) { return ecdh.X25519().GenerateKey(rand.Reader) }

func (systemSource) MLKEM768() (*mlkem.DecapsulationKey768, error) { return mlkem.GenerateKey768() }

func (systemSource) Encapsulate(to *mlkem.EncapsulationKey768) (shared, ciphertext []byte) {
	return to.Encapsulate()
}
