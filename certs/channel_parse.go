package certs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

var (
	// ErrMalformedCertificate is a channel certificate that breaks the layout: cut, too long, out of bounds, or with a
	// name that must not reach a screen.
	ErrMalformedCertificate = errors.New("malformed channel certificate")
	// ErrCriticalExtension is a certificate that may only be used by those who understand an extension that this program
	// does not know. A newer client may.
	ErrCriticalExtension = errors.New("channel certificate has an unknown critical extension")
)

// parseChannel reads the layout and proves nothing: see checkProofs. There is exactly one encoding of what it returns,
// but for extensions that it skips.
func parseChannel(raw []byte) (*ChannelCertificate, error) {
	if len(raw) == 0 {
		return nil, fmt.Errorf("%w: it is empty", ErrMalformedCertificate)
	}
	if raw[0] != channelVersion {
		return nil, fmt.Errorf("%w: %d", ErrCertificateVersion, raw[0])
	}
	var c ChannelCertificate
	r := fieldReader{rest: raw[1:]}
	notBefore, notAfter := r.int64(), r.int64()
	copy(c.Static[:], r.take(len(c.Static)))
	c.Name = string(r.take(int(r.uint8())))
	copy(c.Identity[:], r.take(len(c.Identity)))
	extensions := r.take(int(r.uint16()))
	r.take(signatureSize)
	if r.short {
		return nil, fmt.Errorf("%w: it is cut off", ErrMalformedCertificate)
	}
	if len(r.rest) != 0 {
		return nil, fmt.Errorf("%w: %d bytes follow the signature", ErrMalformedCertificate, len(r.rest))
	}
	if notBefore < 0 || notAfter > maxTime || notAfter <= notBefore ||
		notAfter-notBefore > int64(MaxChannelValidity/time.Second) {
		return nil, fmt.Errorf("%w: valid from %d to %d", ErrMalformedCertificate, notBefore, notAfter)
	}
	c.NotBefore, c.NotAfter = time.Unix(notBefore, 0).UTC(), time.Unix(notAfter, 0).UTC()
	if err := checkDisplayName(c.Name); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformedCertificate, err)
	}
	if !c.Identity.usable() {
		return nil, fmt.Errorf("%w: the identity is no usable Ed25519 key", ErrMalformedCertificate)
	}
	if len(extensions) > maxExtensions {
		return nil, fmt.Errorf("%w: %d bytes of extensions", ErrMalformedCertificate, len(extensions))
	}
	if err := c.parseExtensions(extensions); err != nil {
		return nil, err
	}
	return &c, nil
}

func (c *ChannelCertificate) parseExtensions(raw []byte) error {
	last := -1
	for r := (fieldReader{rest: raw}); len(r.rest) > 0; {
		kind := int(r.uint16())
		value := r.take(int(r.uint16()))
		switch {
		case r.short:
			return fmt.Errorf("%w: an extension is cut off", ErrMalformedCertificate)
		case kind <= last:
			return fmt.Errorf("%w: extension %d after %d", ErrMalformedCertificate, kind, last)
		case kind == extensionPredecessor:
			if len(value) != predecessorSize {
				return fmt.Errorf("%w: a predecessor of %d bytes", ErrMalformedCertificate, len(value))
			}
			c.Predecessor = predecessorFrom(value)
		case kind&extensionCritical != 0:
			return fmt.Errorf("%w: type %#04x", ErrCriticalExtension, kind)
		}
		last = kind
	}
	return nil
}

// fieldReader reads fields until they run short, and then zeros, so that a layout reads as one straight list.
type fieldReader struct {
	rest  []byte
	short bool
}

func (r *fieldReader) take(n int) []byte {
	if r.short || len(r.rest) < n {
		r.short = true
		return nil
	}
	field := r.rest[:n]
	r.rest = r.rest[n:]
	return field
}

func (r *fieldReader) number(size int) (n uint64) {
	var wide [8]byte
	copy(wide[8-size:], r.take(size))
	return binary.BigEndian.Uint64(wide[:])
}

func (r *fieldReader) uint8() uint8   { return uint8(r.number(1)) }
func (r *fieldReader) uint16() uint16 { return uint16(r.number(2)) }
func (r *fieldReader) int64() int64   { return int64(r.number(8)) }
