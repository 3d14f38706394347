package models

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/sha256"
	"fmt"
	"math/big"
)

// signatureSize is the length of a device's signature in both algorithms.
const signatureSize = 64

// CheckDeviceKey tells whether a public key may be enrolled. It returns ErrDeviceKey for a length, an encoding or a point
// that does not fit the algorithm; of Ed25519's, points that are not canonical (RFC 8032, 5.1.3) and those of small order,
// for which a signature proves nothing, are refused too.
func CheckDeviceKey(algorithm DeviceAlgorithm, key []byte) error {
	switch algorithm {
	case Ed25519:
		return checkEd25519(key)
	case ECDSAP256:
		if _, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), key); err != nil {
			return fmt.Errorf("%w: not an uncompressed point of P-256", ErrDeviceKey)
		}
		return nil
	}
	return fmt.Errorf("%w: no such algorithm", ErrDeviceKey)
}

// VerifyDeviceSignature checks a device's signature of message. The algorithm and the key are those of the stored row, or
// at enrolment those that are about to be stored, never what a later message says. It returns nil, ErrDeviceKey or
// ErrSignature.
func VerifyDeviceSignature(algorithm DeviceAlgorithm, key, message, signature []byte) error {
	if err := CheckDeviceKey(algorithm, key); err != nil {
		return err
	}
	if len(signature) != signatureSize {
		return ErrSignature
	}
	valid := false
	switch algorithm {
	case Ed25519:
		valid = ed25519.Verify(key, message, signature)
	case ECDSAP256:
		public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), key)
		if err != nil {
			return fmt.Errorf("%w: not an uncompressed point of P-256", ErrDeviceKey)
		}
		digest := sha256.Sum256(message)
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		valid = ecdsa.Verify(public, digest[:], r, s) // refuses r or s of zero, or beyond the group's order
	}
	if !valid {
		return ErrSignature
	}
	return nil
}
