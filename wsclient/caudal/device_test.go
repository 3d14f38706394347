package caudal

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"caudal/protocol"
)

func p256Device(t testing.TB) (*Device, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	device, err := DeviceWithKey("chip", key)
	if err != nil {
		t.Fatal(err)
	}
	return device, key
}

func TestDevicesSignForOneBankOneChannelOneUser(t *testing.T) {
	identity, channel := [32]byte{1}, [32]byte{2}
	edwards, err := NewDevice("laptop")
	if err != nil {
		t.Fatal(err)
	}
	chip, key := p256Device(t)
	for _, d := range []*Device{edwards, chip} {
		enrolment, err := d.enrolment(identity, channel, "ana")
		if err != nil {
			t.Fatal(err)
		}
		message := protocol.EnrolMessage(identity, channel, "ana", enrolment.GetAlgorithm(), enrolment.GetPublicKey())
		if !verifies(d, key, message, enrolment.GetSignature()) {
			t.Errorf("%v: its enrolment does not verify", d.algorithm)
		}
		if verifies(d, key, protocol.EnrolMessage(identity, channel, "luis", enrolment.GetAlgorithm(), enrolment.GetPublicKey()), enrolment.GetSignature()) {
			t.Errorf("%v: its enrolment is good for another user", d.algorithm)
		}
		if _, err := d.resumption(identity, channel); !errors.Is(err, ErrDevice) {
			t.Errorf("%v: not enrolled, and resumes: %v", d.algorithm, err)
		}
		d.ID = DeviceID{9}
		resumption, err := d.resumption(identity, channel)
		if err != nil || !verifies(d, key, protocol.ResumeMessage(identity, channel, d.ID[:]), resumption.GetSignature()) {
			t.Errorf("%v: its resumption does not verify: %v", d.algorithm, err)
		}
	}
}

func verifies(d *Device, p256 *ecdsa.PrivateKey, message, signature []byte) bool {
	if len(signature) != 64 {
		return false
	}
	if d.algorithm == protocol.DeviceAlgorithm_DEVICE_ALGORITHM_ED25519 {
		return ed25519.Verify(d.public, message, signature)
	}
	digest := sha256.Sum256(message)
	return ecdsa.Verify(&p256.PublicKey, digest[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
}

func TestOnlyKeysThatTheBankKnowsAreTaken(t *testing.T) {
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := DeviceWithKey("x", p384); !errors.Is(err, ErrDevice) {
		t.Errorf("P-384: %v", err)
	}
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := DeviceWithKey("x", other); !errors.Is(err, ErrDevice) {
		t.Errorf("RSA: %v", err)
	}
}

func TestADeviceIsReadAsItIsWritten(t *testing.T) {
	edwards, err := NewDevice("portátil de Ana")
	if err != nil {
		t.Fatal(err)
	}
	chip, _ := p256Device(t)
	chip.ID = DeviceID{1, 2, 3}
	for _, d := range []*Device{edwards, chip} {
		text, err := d.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var read Device
		if err := read.UnmarshalText(text); err != nil {
			t.Fatal(err)
		}
		if read.Name != d.Name || read.ID != d.ID || read.Enrolled() != d.Enrolled() || string(read.public) != string(d.public) || read.algorithm != d.algorithm {
			t.Errorf("%+v", read)
		}
	}
	var d Device
	for _, bad := range []string{"", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if err := d.UnmarshalText([]byte(bad)); !errors.Is(err, ErrDevice) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestADevicePrintsNothingSecret(t *testing.T) {
	d, err := NewDevice("laptop")
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		if got := fmt.Sprintf(format, d); !strings.HasPrefix(got, "device 0000") || len(got) > 60 {
			t.Errorf("%s: %s", format, got)
		}
	}
}

func TestADeviceIsEnrolledOnce(t *testing.T) {
	d, err := NewDevice("laptop")
	if err != nil {
		t.Fatal(err)
	}
	d.ID = DeviceID{1}
	conn := &Conn{}
	if _, err := conn.Login(t.Context(), "ana", "password", d); !errors.Is(err, ErrDevice) {
		t.Errorf("enrolled before: %v", err)
	}
	for _, none := range []*Device{nil, {}} {
		if _, err := conn.Login(t.Context(), "ana", "password", none); !errors.Is(err, ErrDevice) {
			t.Errorf("no key: %v", err)
		}
	}
}

func FuzzDevice(f *testing.F) {
	d, err := NewDevice("laptop")
	if err != nil {
		f.Fatal(err)
	}
	d.ID = DeviceID{5}
	text, err := d.MarshalText()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		var d Device
		if err := d.UnmarshalText(text); err != nil {
			if !errors.Is(err, ErrDevice) || d.key != nil {
				t.Errorf("%v, %+v", err, d)
			}
			return
		}
		if _, err := d.MarshalText(); err != nil {
			t.Error(err)
		}
	})
}

func FuzzRawSignature(f *testing.F) {
	_, key := p256Device(f)
	digest := sha256.Sum256([]byte("x"))
	der, err := ecdsa.SignASN1(rand.Reader, key, digest[:])
	if err != nil {
		f.Fatal(err)
	}
	f.Add(der)
	f.Fuzz(func(t *testing.T, der []byte) {
		if raw, err := rawSignature(der); err == nil && len(raw) != 64 {
			t.Errorf("%d bytes", len(raw))
		}
	})
}
