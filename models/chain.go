package models

import (
	"crypto/sha256"
	"encoding/binary"

	"caudal/models/clabe"
	"caudal/models/money"
)

// chainLabel separates the hashes of the chain from every other hash.
const chainLabel = "caudal chain v1"

// FirstHead returns the head of an account that has no legs yet, with which its hash chain starts:
//
//	SHA-256(label || 0 || identity (32) || account (8, big endian) || currency (3))
func FirstHead(identity [32]byte, account clabe.Number, currency money.Currency) [32]byte {
	message := append([]byte(chainLabel), 0)
	message = append(message, identity[:]...)
	message = binary.BigEndian.AppendUint64(message, uint64(account))
	message = append(message, currency...)
	return sha256.Sum256(message)
}
