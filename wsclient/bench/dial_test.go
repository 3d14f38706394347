package bench

import (
	"bytes"
	"errors"
	"log/slog"
	"testing"
	"time"

	"caudal/certs"
)

func TestABankThatWasProvenIsVerifiedAgainWhenAnythingDiffers(t *testing.T) {
	key, err := certs.NewIdentityKey()
	if err != nil {
		t.Fatal(err)
	}
	keys, err := certs.NewChannelKeys(key, certs.ChannelConfig{Name: "Banco", Options: certs.Options{Log: slog.New(slog.DiscardHandler)}})
	if err != nil {
		t.Fatal(err)
	}
	private, certificate, err := keys.Current()
	if err != nil {
		t.Fatal(err)
	}
	static := [32]byte(private.PublicKey().Bytes())
	d := dialer{identity: keys.Identity()}
	now := time.Now()
	for range 2 {
		if err := d.verify(static, certificate, now); err != nil {
			t.Fatal(err)
		}
	}
	forged := bytes.Clone(certificate)
	forged[len(forged)-1] ^= 1
	if err := d.verify(static, forged, now); !errors.Is(err, certs.ErrCertificateSignature) {
		t.Errorf("a signature that differs in a bit: %v", err)
	}
	if err := d.verify([32]byte{1}, certificate, now); !errors.Is(err, certs.ErrStaticMismatch) {
		t.Errorf("another key: %v", err)
	}
	if err := d.verify(static, certificate, keys.Expires().Add(time.Minute)); !errors.Is(err, certs.ErrCertificateExpired) {
		t.Errorf("a minute after its end: %v", err)
	}
	if err := d.verify(static, certificate, now.Add(-30*24*time.Hour)); !errors.Is(err, certs.ErrCertificateNotYetValid) {
		t.Errorf("before its beginning: %v", err)
	}
}
