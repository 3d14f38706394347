package models

import (
	"fmt"
	"math/big"
	"slices"
)

// Constants of edwards25519, -x^2 + y^2 = 1 + d x^2 y^2 over the field of p = 2^255 - 19 (RFC 8032, 5.1).
var (
	fieldP, _ = new(big.Int).SetString("57896044618658097711785492504343953926634992332820282019728792003956564819949", 10)
	curveD, _ = new(big.Int).SetString("37095705934669439343138083508754565189542113879843219016388785533085940283555", 10)
	one       = big.NewInt(1)
)

// checkEd25519 refuses what is not the canonical encoding of a point of the curve whose order is more than 8. The numbers
// are public, so that big.Int's time, which depends on them, tells nobody anything; it is about 60 us.
func checkEd25519(key []byte) error {
	x, y, err := decodePoint(key)
	if err != nil {
		return err
	}
	for range 3 { // 8P is the neutral element (0, 1) where the order of P divides 8
		x, y = double(x, y)
	}
	if x.Sign() == 0 && y.Cmp(one) == 0 {
		return fmt.Errorf("%w: a point of small order", ErrDeviceKey)
	}
	return nil
}

// decodePoint reads a point as RFC 8032, 5.1.3 says: y in 255 bits, little endian, and the lowest bit of x.
func decodePoint(key []byte) (x, y *big.Int, err error) {
	if len(key) != 32 {
		return nil, nil, fmt.Errorf("%w: an Ed25519 key has 32 bytes", ErrDeviceKey)
	}
	bytes := slices.Clone(key)
	sign := uint(bytes[31] >> 7)
	bytes[31] &= 0x7f
	slices.Reverse(bytes)
	y = new(big.Int).SetBytes(bytes)
	if y.Cmp(fieldP) >= 0 {
		return nil, nil, fmt.Errorf("%w: not a canonical encoding", ErrDeviceKey)
	}
	// x^2 = (y^2 - 1) / (d y^2 + 1), whose denominator is never zero
	yy := mul(y, y)
	denominator := new(big.Int).Add(mul(curveD, yy), one)
	x = new(big.Int).ModSqrt(mul(new(big.Int).Sub(yy, one), new(big.Int).ModInverse(denominator, fieldP)), fieldP)
	if x == nil {
		return nil, nil, fmt.Errorf("%w: not a point of the curve", ErrDeviceKey)
	}
	if x.Sign() == 0 && sign == 1 {
		return nil, nil, fmt.Errorf("%w: not a canonical encoding", ErrDeviceKey)
	}
	if x.Bit(0) != sign {
		x.Sub(fieldP, x)
	}
	return x, y, nil
}

// double returns 2P: x = 2xy / (1 + d x^2 y^2), y = (y^2 + x^2) / (1 - d x^2 y^2).
func double(x, y *big.Int) (*big.Int, *big.Int) {
	xy := mul(x, y)
	dxxyy := mul(curveD, mul(xy, xy))
	sum := new(big.Int).Add(mul(y, y), mul(x, x))
	doubledX := mul(xy.Lsh(xy, 1), new(big.Int).ModInverse(new(big.Int).Add(one, dxxyy), fieldP))
	negated := new(big.Int).Sub(one, dxxyy)
	doubledY := mul(sum, new(big.Int).ModInverse(negated.Mod(negated, fieldP), fieldP))
	return doubledX, doubledY
}

// mul returns the product in the field, between 0 and p.
func mul(a, b *big.Int) *big.Int {
	product := new(big.Int).Mul(a, b)
	return product.Mod(product, fieldP)
}
