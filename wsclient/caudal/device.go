package caudal

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"

	"caudal/protocol"
)

// DeviceID is what the bank calls a device; its text is hexadecimal.
type DeviceID [protocol.DeviceIDBytes]byte

func (id DeviceID) String() string { return hex.EncodeToString(id[:]) }

// ParseDeviceID reads what DeviceID.String wrote.
func ParseDeviceID(text string) (DeviceID, error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(DeviceID{}) {
		return DeviceID{}, fmt.Errorf("a device's id has %d hexadecimal digits", 2*len(DeviceID{}))
	}
	return DeviceID(raw), nil
}

// DeviceInfo is a device as the bank knows it.
type DeviceInfo struct {
	ID        DeviceID
	Name      string
	PublicKey []byte
	Created   time.Time
	LastSeen  time.Time
	Current   bool // the one that this connection signed in with
}

// Device is a key pair that signs in for its owner. Register and Login enrol it with the bank, which gives it its ID;
// from then on Resume needs neither username nor password. The key signs on this machine and never leaves it.
//
// A Device is changed by the Register or Login that enrols it and by nothing else.
type Device struct {
	Name string // for people, at most 60 characters
	ID   DeviceID

	key       crypto.Signer
	algorithm protocol.DeviceAlgorithm
	public    []byte // as enrolled: 32 bytes (Ed25519) or an uncompressed point (P-256)
}

// NewDevice makes a device with a new Ed25519 key. It is not enrolled yet.
func NewDevice(name string) (*Device, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return DeviceWithKey(name, key)
}

// DeviceWithKey makes a device of a key that lives elsewhere, such as in a security chip: Ed25519, or ECDSA on P-256.
func DeviceWithKey(name string, key crypto.Signer) (*Device, error) {
	switch public := key.Public().(type) {
	case ed25519.PublicKey:
		return &Device{Name: name, key: key, algorithm: protocol.DeviceAlgorithm_DEVICE_ALGORITHM_ED25519, public: public}, nil
	case *ecdsa.PublicKey:
		if public.Curve != elliptic.P256() {
			return nil, fmt.Errorf("%w: of the ECDSA curves only P-256 is spoken", ErrDevice)
		}
		point, err := public.Bytes()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrDevice, err)
		}
		return &Device{Name: name, key: key, algorithm: protocol.DeviceAlgorithm_DEVICE_ALGORITHM_ECDSA_P256, public: point}, nil
	}
	return nil, fmt.Errorf("%w: a %T is neither Ed25519 nor ECDSA", ErrDevice, key.Public())
}

// Enrolled reports whether the bank knows the device.
func (d *Device) Enrolled() bool { return d.ID != DeviceID{} }

const (
	devicePEM       = "PRIVATE KEY" // RFC 7468
	deviceHeaderID  = "Caudal-Device"
	devicePEMName   = "Caudal-Device-Name"
	p256ScalarBytes = 32
)

// MarshalText writes the device with its private key (PEM, PKCS #8): a secret, for a file of mode 0600. A key that lives
// elsewhere cannot be written.
func (d *Device) MarshalText() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(d.key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDevice, err)
	}
	headers := map[string]string{devicePEMName: hex.EncodeToString([]byte(d.Name))}
	if d.Enrolled() {
		headers[deviceHeaderID] = d.ID.String()
	}
	return pem.EncodeToMemory(&pem.Block{Type: devicePEM, Headers: headers, Bytes: der}), nil
}

// UnmarshalText reads what MarshalText wrote. Every error is [ErrDevice].
func (d *Device) UnmarshalText(text []byte) error {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != devicePEM {
		return fmt.Errorf("%w: no PEM private key", ErrDevice)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDevice, err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return fmt.Errorf("%w: a %T does not sign", ErrDevice, key)
	}
	name, err := hex.DecodeString(block.Headers[devicePEMName])
	if err != nil {
		return fmt.Errorf("%w: its name is malformed", ErrDevice)
	}
	parsed, err := DeviceWithKey(string(name), signer)
	if err != nil {
		return err
	}
	if id := block.Headers[deviceHeaderID]; id != "" {
		if parsed.ID, err = ParseDeviceID(id); err != nil {
			return fmt.Errorf("%w: its id is malformed", ErrDevice)
		}
	}
	*d = *parsed
	return nil
}

// Format keeps the key out of logs, whatever the verb.
func (d *Device) Format(s fmt.State, _ rune) { _, _ = fmt.Fprintf(s, "device %v", d.ID) }

// enrolment proves possession of the key to this bank, on this channel, for this username.
func (d *Device) enrolment(identity, channel [32]byte, username string) (*protocol.DeviceEnrolment, error) {
	signature, err := d.sign(protocol.EnrolMessage(identity, channel, username, d.algorithm, d.public))
	if err != nil {
		return nil, err
	}
	return &protocol.DeviceEnrolment{Name: d.Name, Algorithm: d.algorithm, PublicKey: d.public, Signature: signature}, nil
}

func (d *Device) resumption(identity, channel [32]byte) (*protocol.ResumeRequest, error) {
	if !d.Enrolled() {
		return nil, fmt.Errorf("%w: it is not enrolled, sign in with the password first", ErrDevice)
	}
	signature, err := d.sign(protocol.ResumeMessage(identity, channel, d.ID[:]))
	if err != nil {
		return nil, err
	}
	return &protocol.ResumeRequest{DeviceId: d.ID[:], Signature: signature}, nil
}

func (d *Device) sign(message []byte) ([]byte, error) {
	if d.algorithm == protocol.DeviceAlgorithm_DEVICE_ALGORITHM_ED25519 {
		signature, err := d.key.Sign(rand.Reader, message, crypto.Hash(0))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrDevice, err)
		}
		return signature, nil
	}
	digest := sha256.Sum256(message)
	der, err := d.key.Sign(rand.Reader, digest[:], crypto.SHA256)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDevice, err)
	}
	return rawSignature(der)
}

// rawSignature turns ASN.1's ECDSA signature into r || s, 32 bytes each.
func rawSignature(der []byte) ([]byte, error) {
	var signature struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(der, &signature)
	if err != nil || len(rest) != 0 || signature.R.Sign() <= 0 || signature.S.Sign() <= 0 ||
		signature.R.BitLen() > 8*p256ScalarBytes || signature.S.BitLen() > 8*p256ScalarBytes {
		return nil, fmt.Errorf("%w: its signer made a malformed signature", ErrDevice)
	}
	raw := make([]byte, 2*p256ScalarBytes)
	signature.R.FillBytes(raw[:p256ScalarBytes])
	signature.S.FillBytes(raw[p256ScalarBytes:])
	return raw, nil
}

func deviceInfo(d *protocol.Device) (DeviceInfo, error) {
	id, err := readDeviceID(d.GetId())
	if err != nil {
		return DeviceInfo{}, err
	}
	return DeviceInfo{
		ID: id, Name: d.GetName(), PublicKey: d.GetPublicKey(),
		Created: micros(d.GetCreatedAtUs()), LastSeen: micros(d.GetLastSeenAtUs()), Current: d.GetCurrent(),
	}, nil
}

// micros reads the protocol's time; 0 is none.
func micros(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

func readDeviceID(raw []byte) (DeviceID, error) {
	if len(raw) != len(DeviceID{}) {
		return DeviceID{}, violation("a device's id has %d bytes", len(raw))
	}
	return DeviceID(raw), nil
}
