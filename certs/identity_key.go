package certs

import (
	"crypto/ed25519"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"strings"
)

// ErrMalformedIdentityKey is an identity key file that holds something else.
var ErrMalformedIdentityKey = errors.New("malformed identity key")

const (
	identityKeyFile = "identity.pem"
	privateKeyPEM   = "PRIVATE KEY" // PKCS#8, RFC 5958

	// maxKeyFile bounds a key or certificate file that is read: 100 times what one needs.
	maxKeyFile = 64 << 10
)

// IdentityKey is the private half of an [Identity]. Whoever has it is the bank. No formatting verb and no log shows it,
// nor a copy of it.
type IdentityKey struct {
	private ed25519.PrivateKey
}

// NewIdentityKey makes a key that is in memory only.
func NewIdentityKey() (*IdentityKey, error) {
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, err
	}
	return &IdentityKey{private}, nil
}

// LoadIdentity reads a PKCS#8 PEM file. It refuses, with [ErrPermissions], a file or a directory that others than the
// owner have any access to. A file that is not there is fs.ErrNotExist.
func LoadIdentity(path string) (*IdentityKey, error) {
	if err := checkDir(filepath.Dir(path), othersAny); err != nil {
		return nil, err
	}
	text, err := readFile(path, maxKeyFile, othersAny)
	if err != nil {
		return nil, err
	}
	der, err := decodePEM(text, privateKeyPEM)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrMalformedIdentityKey, path, err)
	}
	// What the parser says of the bytes is not passed on: they are the secret.
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %s is no PKCS#8 key", ErrMalformedIdentityKey, path)
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%w: %s holds %T instead of an Ed25519 key", ErrMalformedIdentityKey, path, parsed)
	}
	return &IdentityKey{private}, nil
}

// CreateIdentity makes a key and stores it at path, mode 0600, in a directory of mode 0700, which it makes where there
// is none. It never replaces: if something is there already, the error is fs.ErrExist. When it returns without an
// error, file and directory entry have been synced; a crash at any point leaves the whole file or none.
func CreateIdentity(path string) (*IdentityKey, error) {
	if err := makeDir(filepath.Dir(path), othersAny); err != nil {
		return nil, err
	}
	key, err := NewIdentityKey()
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key.private)
	if err != nil {
		return nil, err
	}
	if err := createFile(path, encodePEM(privateKeyPEM, der)); err != nil {
		return nil, err
	}
	return key, nil
}

// LoadOrCreateIdentity loads dir/identity.pem, or creates it. Of processes that race to create, all get the same key.
func LoadOrCreateIdentity(dir string) (*IdentityKey, error) {
	path := filepath.Join(dir, identityKeyFile)
	key, err := LoadIdentity(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	key, err = CreateIdentity(path)
	if errors.Is(err, fs.ErrExist) {
		return LoadIdentity(path)
	}
	return key, err
}

// Public returns the identity to pin.
func (k *IdentityKey) Public() Identity {
	return Identity(k.private.Public().(ed25519.PublicKey))
}

// Sign signs label || message. A label names one purpose and ends in its only zero byte, so that none is the beginning of
// another; anything else is a programmer's mistake and panics, because a signature without a purpose can be replayed for
// another.
func (k *IdentityKey) Sign(label string, message []byte) []byte {
	if len(label) < 2 || strings.IndexByte(label, 0) != len(label)-1 {
		panic("certs: a signature label is not empty and ends in its only zero byte")
	}
	return ed25519.Sign(k.private, append([]byte(label), message...))
}

// Format shows the fingerprint for every verb, so that the key cannot be printed by mistake.
func (k IdentityKey) Format(s fmt.State, _ rune) {
	_, _ = io.WriteString(s, "identity key of "+k.Public().String())
}

// LogValue shows the fingerprint.
func (k IdentityKey) LogValue() slog.Value { return slog.StringValue(k.Public().String()) }
