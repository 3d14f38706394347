package models

import (
	"fmt"
	"math/big"
	"slices"
)

// Constants of edwards25519, -x^2 + y^2 = 1 + d x^2 y^2 over the field of p = 2^255 - 19 (RFC 8032, 5.1).
var (
	fieldP = decimal("57896044618658097711785492504343953926634992332820282019728792003956564819949")
	curveD = decimal("37095705934669439343138083508754565189542113879843219016388785533085940283555")
	one    = big.NewInt(1)
)

// smallOrder are the y coordinates of the eight points whose order divides 8. Each but the first two has two points, x
// and -x.
var smallOrder = []*big.Int{
	one,                           // order 1
	new(big.Int).Sub(fieldP, one), // order 2
	new(big.Int),                  // order 4
	decimal("2707385501144840649318225287225658788936804267575313519463743609750303402022"),  // order 8
	decimal("55188659117513257062467267217118295137698188065244968500265048394206261417927"), // order 8
}

// checkEd25519 refuses what is not the canonical encoding (RFC 8032, 5.1.3) of a point of the curve whose order is more
// than 8. The numbers are public, so that big.Int's time, which depends on them, tells nobody anything.
func checkEd25519(key []byte) error {
	if len(key) != 32 {
		return fmt.Errorf("%w: an Ed25519 key has 32 bytes", ErrDeviceKey)
	}
	encoded := slices.Clone(key)
	encoded[31] &= 0x7f // y in 255 bits, little endian; the highest bit is the sign of x
	slices.Reverse(encoded)
	y := new(big.Int).SetBytes(encoded)
	if y.Cmp(fieldP) >= 0 {
		return fmt.Errorf("%w: not a canonical encoding", ErrDeviceKey)
	}
	for _, small := range smallOrder { // with y = 1 and y = -1 goes x = 0, whose sign would be a second encoding
		if y.Cmp(small) == 0 {
			return fmt.Errorf("%w: a point of small order", ErrDeviceKey)
		}
	}
	// There is an x where x^2 = (y^2 - 1) / (d y^2 + 1) is a square, and so where numerator times denominator is.
	yy := new(big.Int).Mul(y, y)
	numerator := new(big.Int).Sub(yy, one)
	denominator := new(big.Int).Mul(curveD, yy)
	square := numerator.Mul(numerator, denominator.Add(denominator, one))
	if big.Jacobi(square.Mod(square, fieldP), fieldP) != 1 {
		return fmt.Errorf("%w: not a point of the curve", ErrDeviceKey)
	}
	return nil
}

// decimal reads a constant.
func decimal(digits string) *big.Int {
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		panic("models: not a number: " + digits)
	}
	return n
}
