package money

import (
	"errors"
	"fmt"
)

// Currency is an ISO 4217 code: three capital letters.
type Currency string

// The currencies in which this bank keeps accounts.
const (
	MXN Currency = "MXN"
	USD Currency = "USD"
)

// ErrCurrency means a currency that this bank does not keep accounts in.
var ErrCurrency = errors.New("money: not a currency of this bank")

// iso4217 has what the standard says of the currencies here: the numeric code, and how many decimals the minor unit is.
var iso4217 = map[Currency]struct{ numeric, exponent int }{
	MXN: {484, 2},
	USD: {840, 2},
}

// Currencies returns the currencies of this bank in a fixed order.
func Currencies() []Currency { return []Currency{MXN, USD} }

// ParseCurrency reads a code exactly as ISO 4217 writes it.
func ParseCurrency(code string) (Currency, error) {
	if c := Currency(code); c.Valid() {
		return c, nil
	}
	return "", fmt.Errorf("%w: it has MXN and USD", ErrCurrency)
}

// Valid tells whether this bank keeps accounts in the currency.
func (c Currency) Valid() bool {
	_, ok := iso4217[c]
	return ok
}

// Exponent returns the number of decimals: 2 where 100 minor units are 1. It panics on a currency that is not Valid.
func (c Currency) Exponent() int { return c.mustKnow().exponent }

// Numeric returns the ISO 4217 numeric code. It panics on a currency that is not Valid.
func (c Currency) Numeric() int { return c.mustKnow().numeric }

func (c Currency) mustKnow() struct{ numeric, exponent int } {
	known, ok := iso4217[c]
	if !ok {
		panic("money: unknown currency " + string(c))
	}
	return known
}
