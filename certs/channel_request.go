package certs

import (
	"crypto/ecdh"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"
)

// ErrMalformedRequest is a certification request that is damaged or out of bounds.
var ErrMalformedRequest = errors.New("malformed channel certification request")

// ErrRequestIdentity is a request for another identity than the signer's.
var ErrRequestIdentity = errors.New("the channel certification request is for another identity")

const (
	requestVersion = 1
	requestLabel   = "caudal channel request v1\x00"
	requestPEM     = "CAUDAL CHANNEL REQUEST"
	certPEM        = "CAUDAL CHANNEL CERTIFICATE"

	requestFingerprint = 20 // bytes of SHA-256, 32 characters: more than anybody can find a second request for
	requestGroup       = 4
)

// ChannelRequest is what a server without an identity key asks its operator to sign elsewhere. Text form: PEM of
//
//	offset  bytes
//	     0      1  version, 1
//	     1     32  static X25519 key
//	    33     32  identity that shall sign
//	    65      1  n, length of the display name: 1 .. 128
//	    66      n  display name
//
// A request proves nothing by itself: whoever can change it on its way gets a key of their own certified. So its
// Fingerprint is shown where it is made and where it is signed, and must be compared.
type ChannelRequest struct {
	Static   [32]byte
	Identity Identity
	Name     string
}

// Fingerprint returns base32 of the first 20 bytes of SHA-256("caudal channel request v1\0" || request), in 8 groups of 4.
func (r *ChannelRequest) Fingerprint() string {
	sum := sha256.Sum256(append([]byte(requestLabel), r.bytes()...))
	return grouped(fingerprintEncoding.EncodeToString(sum[:requestFingerprint]), requestGroup)
}

// MarshalText returns PEM, for a file.
func (r ChannelRequest) MarshalText() ([]byte, error) { return encodePEM(requestPEM, r.bytes()), nil }

// UnmarshalText reads PEM. Every error is [ErrMalformedRequest].
func (r *ChannelRequest) UnmarshalText(text []byte) error {
	raw, err := decodePEM(text, requestPEM)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformedRequest, err)
	}
	var parsed ChannelRequest
	f := fieldReader{rest: raw}
	version := f.uint8()
	copy(parsed.Static[:], f.take(len(parsed.Static)))
	copy(parsed.Identity[:], f.take(len(parsed.Identity)))
	parsed.Name = string(f.take(int(f.uint8())))
	switch {
	case f.short:
		return fmt.Errorf("%w: it is cut off", ErrMalformedRequest)
	case version != requestVersion:
		return fmt.Errorf("%w: unknown version %d", ErrMalformedRequest, version)
	case len(f.rest) != 0:
		return fmt.Errorf("%w: %d bytes too many", ErrMalformedRequest, len(f.rest))
	case !parsed.Identity.usable():
		return fmt.Errorf("%w: the identity is no usable Ed25519 key", ErrMalformedRequest)
	}
	if err := checkDisplayName(parsed.Name); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformedRequest, err)
	}
	*r = parsed
	return nil
}

func (r *ChannelRequest) bytes() []byte {
	b := append([]byte{requestVersion}, r.Static[:]...)
	b = append(b, r.Identity[:]...)
	b = append(b, byte(len(r.Name)))
	return append(b, r.Name...)
}

// SignRequest certifies the requested key for a [ChannelLifetime] from now, and returns the PEM text to carry back. The
// predecessor, where there is one, is the operator's to add: requests cannot ask for it.
func (k *IdentityKey) SignRequest(r *ChannelRequest, predecessor *Predecessor, now time.Time) ([]byte, error) {
	if !r.Identity.equal(k.Public()) {
		return nil, fmt.Errorf("%w: asks for %v, this is %v", ErrRequestIdentity, r.Identity, k.Public())
	}
	static, err := ecdh.X25519().NewPublicKey(r.Static[:])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformedRequest, err)
	}
	raw, err := k.certify(static, ChannelConfig{Name: r.Name, Predecessor: predecessor}, now)
	if err != nil {
		return nil, err
	}
	return encodePEM(certPEM, raw), nil
}
