package certs

import (
	"encoding/binary"
	"fmt"
	"log/slog"
	"time"
)

// ChannelCertificate says that an identity stands behind an X25519 key for a while. It is the payload of the channel's
// second handshake message. One that a caller holds has been verified: [VerifyChannel] and [InspectChannel] are the
// only ways to it. Integers are big endian:
//
//	offset  bytes
//	     0      1  version, 1
//	     1      8  not before: seconds since 1970, signed, 0 .. 253402300799
//	     9      8  not after, the same; later than not before, by MaxChannelValidity at most
//	    17     32  static X25519 key of the channel
//	    49      1  n, length of the display name: 1 .. 128
//	    50      n  display name, UTF-8; what may be in it: checkDisplayName
//	  50+n     32  identity, Ed25519
//	  82+n      2  m, length of the extensions: 0 .. 8192
//	  84+n      m  extensions: type (2), length (2), value; types strictly ascending
//	84+n+m     64  Ed25519 signature over "caudal channel certificate v1\0" || all that stands before
//
// An extension whose type has the high bit set is critical: whoever does not know it refuses the certificate. Any other
// that is unknown is skipped. Type 1 is [Predecessor], 96 bytes. Nothing may follow the signature.
type ChannelCertificate struct {
	NotBefore, NotAfter time.Time // whole seconds, both inclusive
	Static              [32]byte  // X25519
	Name                string    // the bank's, to display
	Identity            Identity
	Predecessor         *Predecessor // nil where the identity has none
}

const (
	channelVersion = 1
	channelLabel   = "caudal channel certificate v1\x00"

	extensionPredecessor = 1
	extensionCritical    = 0x8000 // the bit

	// MaxChannelValidity is the longest that a client believes in one certificate, so that a stolen channel key dies soon
	// whatever its thief has had signed. Four times what the bank issues.
	MaxChannelValidity = 4*ChannelLifetime + channelBackdate

	// maxDisplayName (bytes) holds a cooperative's full legal name, and fits a line of a terminal.
	maxDisplayName = 128
	// maxExtensions (bytes) has room for a post-quantum key and signature (ML-DSA-65: 1,952 and 3,309).
	maxExtensions = 8192
	// maxTime is the last second of the year 9999, the last that RFC 3339 can write.
	maxTime = 253402300799

	signatureSize = 64
)

// SignChannel makes the certificate. Its fields are checked as a client would; Identity is set to the signer's.
func (k *IdentityKey) SignChannel(c ChannelCertificate) ([]byte, error) {
	if err := checkDisplayName(c.Name); err != nil {
		return nil, err
	}
	c.Identity = k.Public()
	body := c.appendBody(nil)
	raw := append(body, k.Sign(channelLabel, body)...)
	if parsed, err := parseChannel(raw); err != nil {
		return nil, err
	} else if err := parsed.checkProofs(raw); err != nil {
		return nil, err
	}
	return raw, nil
}

// appendBody writes what is signed.
func (c *ChannelCertificate) appendBody(b []byte) []byte {
	b = append(b, channelVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(c.NotBefore.Unix()))
	b = binary.BigEndian.AppendUint64(b, uint64(c.NotAfter.Unix()))
	b = append(b, c.Static[:]...)
	b = append(b, byte(len(c.Name)))
	b = append(b, c.Name...)
	b = append(b, c.Identity[:]...)
	if c.Predecessor == nil {
		return binary.BigEndian.AppendUint16(b, 0)
	}
	value := c.Predecessor.bytes()
	b = binary.BigEndian.AppendUint16(b, uint16(4+len(value)))
	b = binary.BigEndian.AppendUint16(b, extensionPredecessor)
	b = binary.BigEndian.AppendUint16(b, uint16(len(value)))
	return append(b, value...)
}

// String is for people: whom it certifies, and until when.
func (c *ChannelCertificate) String() string {
	return fmt.Sprintf("%q, %v, until %s", c.Name, c.Identity, c.NotAfter.UTC().Format(time.RFC3339))
}

// LogValue is the same for logs; those in JSON would spell out every field.
func (c *ChannelCertificate) LogValue() slog.Value { return slog.StringValue(c.String()) }
