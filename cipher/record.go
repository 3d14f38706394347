package cipher

import (
	"encoding/binary"
	"math/bits"

	"caudal/cipher/noise"
)

// A record is one transport message: the AES-256-GCM ciphertext, with no associated data, of this plaintext, and the
// 16-byte tag behind it. Its nonce is four zero bytes and the direction's counter (u64, big endian), which is not sent.
//
//	0  u8   type: 1 data, 2 close
//	1  u16  length of the body, big endian
//	3  ..   body
//	   ..   zeros up to the bucket: the smallest of 64, 128, 256, 512, 1024, 2048, 4096, 8192, 12288 ... 61440
//	        that holds header and body
//
// The body of a close record is its code (u16, big endian) and nothing else.

// RecordType is the first byte of a record.
type RecordType uint8

// The types there are. A receiver refuses every other.
const (
	RecordData  RecordType = 1
	RecordClose RecordType = 2
)

const (
	headerLen    = 3
	closeBodyLen = 2

	// minBucket holds most of a bank's messages, so that their lengths are all alike.
	minBucket = 64
	// pageBucket is where buckets stop doubling: above it doubling would waste more than it hides.
	pageBucket = 4096
	// maxPlaintext is the largest multiple of pageBucket that fits into a Noise message (65,535 bytes) with its tag.
	maxPlaintext = 61440

	// MaxBody is the longest body of a record, in bytes.
	MaxBody = maxPlaintext - headerLen
	// MaxMessage is the longest message that the channel makes or takes, in bytes, handshake included.
	MaxMessage = maxPlaintext + noise.TagSize
)

// Record is what one message had inside.
type Record struct {
	Type RecordType
	Body []byte // of a data record; lies in the buffer that Open was given
	Code uint16 // of a close record
}

// SealedLen is the length of the message that Seal makes of a body of so many bytes (0 to MaxBody).
func SealedLen(bodyLen int) int {
	return bucket(headerLen+bodyLen) + noise.TagSize
}

// bucket is the padded length of n plaintext bytes.
func bucket(n int) int {
	switch {
	case n <= minBucket:
		return minBucket
	case n <= pageBucket:
		return 1 << bits.Len(uint(n-1))
	default:
		return (n + pageBucket - 1) / pageBucket * pageBucket
	}
}

// putRecord fills plaintext, whose length is the bucket. The body goes first: it may lie in the same buffer.
func putRecord(plaintext []byte, kind RecordType, body []byte) {
	copy(plaintext[headerLen:], body)
	clear(plaintext[headerLen+len(body):])
	plaintext[0] = byte(kind)
	binary.BigEndian.PutUint16(plaintext[1:], uint16(len(body)))
}

// parseRecord reads an authentic plaintext. There is one valid padding for each body, and everything else is
// ErrMalformedRecord, so that padding can carry no second channel and no two peers can read one record differently.
func parseRecord(plaintext []byte) (Record, error) {
	if len(plaintext) < headerLen {
		return Record{}, ErrMalformedRecord
	}
	length := int(binary.BigEndian.Uint16(plaintext[1:]))
	if headerLen+length > len(plaintext) || bucket(headerLen+length) != len(plaintext) || len(plaintext) > maxPlaintext {
		return Record{}, ErrMalformedRecord
	}
	if !allZero(plaintext[headerLen+length:]) {
		return Record{}, ErrMalformedRecord
	}
	body := plaintext[headerLen : headerLen+length : headerLen+length]
	switch kind := RecordType(plaintext[0]); kind {
	case RecordData:
		return Record{Type: kind, Body: body}, nil
	case RecordClose:
		if length != closeBodyLen {
			return Record{}, ErrMalformedRecord
		}
		return Record{Type: kind, Code: binary.BigEndian.Uint16(body)}, nil
	}
	return Record{}, ErrMalformedRecord
}

func allZero(b []byte) bool {
	for len(b) >= 8 {
		if binary.NativeEndian.Uint64(b) != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}
