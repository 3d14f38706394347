package cipher

import (
	"encoding/binary"
	"slices"
	"sync/atomic"

	"caudal/cipher/noise"
)

// rekeyInterval is after how many records a direction takes its next key. It is far below AES-GCM's limits (RFC 8446,
// section 5.5: 2^24.5 full records) and small enough that a key stolen from memory opens the last records, not the
// whole past of a connection.
const rekeyInterval = 1 << 16

// Channel is one side of an established channel. One goroutine may seal while another opens; each half by itself is for
// one goroutine at a time, and what was sealed must be written in that order.
//
// Confidentiality and integrity hold for each record and for their order; a clean end is told from a cut. Keys are
// forward-secret from the handshake on, and within a direction from one rekeying to the next. Lengths show only their
// bucket; times and numbers of records are not hidden. What is delivered was sent; that it was sent does not mean that
// it is delivered.
type Channel struct {
	hash    [noise.HashSize]byte
	sending sendingHalf
	opening openingHalf
}

type sendingHalf struct {
	cipher  noise.CipherState
	records atomic.Uint64 // equals the cipher's counter; apart, so that Stats may read it at any time
	closed  bool
}

type openingHalf struct {
	cipher  noise.CipherState
	records atomic.Uint64
	end     ending
	code    uint16 // of the close record
}

// ending is why an opening half opens no more.
type ending uint8

const (
	endingNot ending = iota
	endingClosed
	endingDead
)

// newChannel takes the transport keys out of a finished handshake.
func newChannel(handshake *noise.Handshake) (*Channel, error) {
	c := &Channel{hash: handshake.Hash()}
	var err error
	c.sending.cipher, c.opening.cipher, err = handshake.Split()
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Hash is the Noise handshake hash: the channel's name. It commits to both ephemeral keys, the server's static key, its
// certificate and the prologue. It is the same on both sides, no secret, and constant, so nothing should sign it alone.
func (c *Channel) Hash() [32]byte { return c.hash }

// Seal appends one data record to dst, SealedLen(len(body)) bytes, in one message for the transport. It allocates
// nothing where dst has room, but for a few small objects once in 2^16 records, when the key changes. body may lie
// anywhere. Errors change nothing: ErrTooLarge, ErrClosed, ErrExhausted.
func (c *Channel) Seal(dst, body []byte) ([]byte, error) {
	return c.sending.seal(dst, RecordData, body)
}

// SealClose appends the close record, the last that this side makes. code says why; what codes mean is the caller's.
func (c *Channel) SealClose(dst []byte, code uint16) ([]byte, error) {
	var body [closeBodyLen]byte
	binary.BigEndian.PutUint16(body[:], code)
	out, err := c.sending.seal(dst, RecordClose, body[:])
	if err != nil {
		return nil, err
	}
	c.sending.closed = true
	c.sending.cipher = noise.CipherState{}
	return out, nil
}

func (h *sendingHalf) seal(dst []byte, kind RecordType, body []byte) ([]byte, error) {
	if h.closed {
		return nil, ErrClosed
	}
	if len(body) > MaxBody {
		return nil, ErrTooLarge
	}
	start, padded := len(dst), bucket(headerLen+len(body))
	dst = slices.Grow(dst, padded+noise.TagSize)
	plaintext := dst[start : start+padded]
	putRecord(plaintext, kind, body)
	out, err := h.cipher.Seal(dst, nil, plaintext)
	if err != nil {
		clear(plaintext)
		return nil, err
	}
	h.records.Store(advance(&h.cipher))
	return out, nil
}

// Open reads the next message. The record's body lies in dst's spare room, or in a new slice where that is too small;
// message[:0] is a good dst, and then message is overwritten. Nothing is allocated where dst has room for the message
// without its tag, but when the key changes.
//
// Any error kills the receiving half for good: ErrAuthentication, ErrMalformedRecord, ErrExhausted, ErrClosed after a
// close record, ErrDead after an earlier error. The sending half lives, so that the peer can be told by SealClose.
func (c *Channel) Open(dst, message []byte) (Record, error) {
	return c.opening.open(dst, message)
}

func (h *openingHalf) open(dst, message []byte) (Record, error) {
	switch h.end {
	case endingClosed:
		return Record{}, ErrClosed
	case endingDead:
		return Record{}, ErrDead
	}
	record, err := h.decrypt(dst, message)
	if err != nil {
		h.finish(endingDead)
		return Record{}, err
	}
	if record.Type == RecordClose {
		h.code = record.Code
		h.finish(endingClosed)
	}
	return record, nil
}

func (h *openingHalf) decrypt(dst, message []byte) (Record, error) {
	padded := len(message) - noise.TagSize
	if padded < minBucket || padded > maxPlaintext || padded != bucket(padded) {
		return Record{}, ErrMalformedRecord
	}
	start := len(dst)
	out, err := h.cipher.Open(dst, nil, message)
	if err != nil {
		return Record{}, err
	}
	record, err := parseRecord(out[start:])
	if err != nil {
		clear(out[start:])
		return Record{}, err
	}
	h.records.Store(advance(&h.cipher))
	return record, nil
}

// finish drops the key: there is nothing left that it may open.
func (h *openingHalf) finish(end ending) {
	h.end = end
	h.cipher = noise.CipherState{}
}

// advance changes the key after every rekeyInterval-th record and gives the number of records so far.
func advance(cipher *noise.CipherState) uint64 {
	records := cipher.Counter()
	if records%rekeyInterval == 0 {
		cipher.Rekey()
	}
	return records
}

// End says what it means that the transport has ended now: *CloseError after the peer's close record, else ErrCut. It
// belongs to the goroutine that opens.
func (c *Channel) End() error {
	if c.opening.end == endingClosed {
		return &CloseError{Code: c.opening.code}
	}
	return ErrCut
}

// Stats counts records, close records included, and the changes of key, in each direction.
type Stats struct {
	Sealed, Opened             uint64
	SealedRekeys, OpenedRekeys uint64
}

// Stats may be called at any time, by anyone.
func (c *Channel) Stats() Stats {
	sealed, opened := c.sending.records.Load(), c.opening.records.Load()
	return Stats{
		Sealed: sealed, SealedRekeys: sealed / rekeyInterval,
		Opened: opened, OpenedRekeys: opened / rekeyInterval,
	}
}
