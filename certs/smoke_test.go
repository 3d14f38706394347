package certs

import (
	"errors"
	"path/filepath"
	"testing"
	"time"
)

func TestAChannelKeyIsCertifiedAndPinned(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "identity")
	key, err := LoadOrCreateIdentity(dir)
	if err != nil {
		t.Fatal(err)
	}
	again, err := LoadOrCreateIdentity(dir)
	if err != nil || again.Public() != key.Public() {
		t.Fatal(again, err)
	}
	keys, err := NewChannelKeys(key, ChannelConfig{Name: "Banco Caudal"})
	if err != nil {
		t.Fatal(err)
	}
	static, raw, err := keys.Current()
	if err != nil {
		t.Fatal(err)
	}
	pins, err := OpenPins(filepath.Join(t.TempDir(), "pins"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pins.Lookup("localhost:8443"); !errors.Is(err, ErrUnknownIdentity) {
		t.Fatal(err)
	}
	if err := pins.Add("localhost:8443", key.Public()); err != nil {
		t.Fatal(err)
	}
	pin, err := pins.Lookup("localhost:8443")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := VerifyChannel(raw, [32]byte(static.PublicKey().Bytes()), pin, time.Now()); err != nil {
		t.Fatal(err)
	}
	tls, err := DevelopmentTLS(filepath.Join(t.TempDir(), "tls"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	_ = tls.Config()
}
