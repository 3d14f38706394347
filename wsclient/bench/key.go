package bench

import (
	"crypto/rand"
	"encoding/binary"

	"caudal/protocol"
)

// keyMint makes idempotency keys: UUIDv7 (RFC 9562) of the bank's clock. Their random bits are drawn once and count up
// from there: connections of one user have 74 bits not to meet in the same millisecond.
type keyMint struct {
	high uint16
	low  uint64
}

func newKeyMint() keyMint {
	var random [10]byte
	rand.Read(random[:]) // never fails
	return keyMint{high: binary.BigEndian.Uint16(random[:]), low: binary.BigEndian.Uint64(random[2:])}
}

func (m *keyMint) key(bankMs int64) (key [protocol.IdempotencyKeyBytes]byte) {
	m.low++
	binary.BigEndian.PutUint64(key[:], uint64(bankMs)<<16|7<<12|uint64(m.high&0x0fff))
	binary.BigEndian.PutUint64(key[8:], m.low&(1<<62-1)|1<<63)
	return key
}
