package ledger

import (
	"crypto/sha256"
	"encoding/binary"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
)

const (
	// memoLabel separates the hashes of memos from every other hash.
	memoLabel = "caudal memo v1"
	// encodingVersion is the layout of chainLeg.next. Rows keep theirs.
	encodingVersion = 1
	// chainBytes is the size of that layout.
	chainBytes = 117
)

// chainLeg is what the chain binds of a leg, from the view of the account whose chain it is.
type chainLeg struct {
	kind         Kind
	account      clabe.Number
	counterparty clabe.Number
	seq          uint64
	amountMinor  int64 // signed
	balanceMinor int64 // after
	at           int64
	currency     money.Currency
	memoHash     *[32]byte // zero without a memo
}

// next returns the account's head after the leg:
//
//	SHA-256(head before (32) || encoding = 1 (1) || kind (1) || account (8) || counterparty (8) || seq (8) ||
//	        amount (8, two's complement) || balance (8, two's complement) || at (8) || currency (3) || memo hash (32))
//
// Integers are big endian. Whoever kept one head can tell whether anything before it was rewritten since.
func (leg *chainLeg) next(head *[32]byte) [32]byte {
	var layout [chainBytes]byte
	b := append(layout[:0], head[:]...)
	b = append(b, encodingVersion, byte(leg.kind))
	b = binary.BigEndian.AppendUint64(b, uint64(leg.account))
	b = binary.BigEndian.AppendUint64(b, uint64(leg.counterparty))
	b = binary.BigEndian.AppendUint64(b, leg.seq)
	b = binary.BigEndian.AppendUint64(b, uint64(leg.amountMinor))
	b = binary.BigEndian.AppendUint64(b, uint64(leg.balanceMinor))
	b = binary.BigEndian.AppendUint64(b, uint64(leg.at))
	b = append(b, leg.currency...)
	b = append(b, leg.memoHash[:]...)
	return sha256.Sum256(b)
}

// hashMemo returns what stands for a memo in the row and in the chain, so that the memo itself can be erased:
//
//	SHA-256(label || 0 || salt (16) || memo)
func hashMemo(salt *[16]byte, memo string) [32]byte {
	var room [len(memoLabel) + 1 + 16 + 4*models.MaxMemo]byte
	b := append(room[:0], memoLabel...)
	b = append(b, 0)
	b = append(b, salt[:]...)
	b = append(b, memo...)
	return sha256.Sum256(b)
}
