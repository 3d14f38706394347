package protocol

import (
	"crypto/sha256"
	"encoding/binary"
)

// Labels of the chain. See FirstHead, NextHead and MemoHash.
const (
	chainLabel = "caudal chain v1"
	memoLabel  = "caudal memo v1"
	// chainEncoding is the version of the layout in NextHead; rows keep it, so that it can change.
	chainEncoding = 1
)

// FirstHead returns the head of an account that has no legs yet:
//
//	SHA-256(label || 0 || identity (32) || account (8) || currency (3))
//
// account is the CLABE as a number. Integers here and below are big endian.
func FirstHead(identity [32]byte, account uint64, currency string) [32]byte {
	message := append([]byte(chainLabel), 0)
	message = append(message, identity[:]...)
	message = binary.BigEndian.AppendUint64(message, account)
	message = append(message, currency...)
	return sha256.Sum256(message)
}

// ChainLeg is what the chain binds of a leg, from the view of the account whose chain it is.
type ChainLeg struct {
	Kind         TransferKind
	Account      uint64 // CLABE as a number
	Counterparty uint64 // CLABE as a number
	Seq          uint64
	AmountMinor  int64 // signed
	BalanceMinor int64 // after
	AtUs         int64
	Currency     string   // ISO 4217, three letters
	MemoHash     [32]byte // zero without a memo
}

// NextHead returns the head after leg:
//
//	SHA-256(head before (32) || encoding = 1 (1) || kind (1) || account (8) || counterparty (8) || seq (8) ||
//	        amount (8, two's complement) || balance (8, two's complement) || at (8) || currency (3) || memo hash (32))
//
// 117 bytes. Whoever kept one head can tell whether anything before it was rewritten since.
func NextHead(head [32]byte, leg *ChainLeg) [32]byte {
	var message [117]byte
	b := append(message[:0], head[:]...)
	b = append(b, chainEncoding, byte(leg.Kind))
	b = binary.BigEndian.AppendUint64(b, leg.Account)
	b = binary.BigEndian.AppendUint64(b, leg.Counterparty)
	b = binary.BigEndian.AppendUint64(b, leg.Seq)
	b = binary.BigEndian.AppendUint64(b, uint64(leg.AmountMinor))
	b = binary.BigEndian.AppendUint64(b, uint64(leg.BalanceMinor))
	b = binary.BigEndian.AppendUint64(b, uint64(leg.AtUs))
	b = append(b, leg.Currency...)
	b = append(b, leg.MemoHash[:]...)
	return sha256.Sum256(b)
}

// MemoHash returns what stands for a memo in the chain, so that the memo itself can be erased:
//
//	SHA-256(label || 0 || salt (16) || memo)
func MemoHash(salt [16]byte, memo string) [32]byte {
	message := append([]byte(memoLabel), 0)
	message = append(message, salt[:]...)
	message = append(message, memo...)
	return sha256.Sum256(message)
}
