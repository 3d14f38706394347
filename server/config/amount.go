package config

import (
	"errors"

	"caudal/models/money"
)

// Amount is a sum of money in minor units, written with two decimals. It holds for each currency alike.
type Amount int64

// parse reads a decimal amount such as 50000.00.
func (a *Amount) parse(text string) error {
	minor, err := money.ParseAmount(text, money.MXN)
	if err != nil {
		return errors.New("must be an amount such as 50000.00")
	}
	*a = Amount(minor)
	return nil
}

// String writes the amount as parse reads it.
func (a Amount) String() string { return money.Format(int64(a), money.MXN) }
