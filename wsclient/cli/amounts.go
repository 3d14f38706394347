package cli

import (
	"strconv"

	"caudal/models/money"
)

// plainMoney is an amount for programs: "125.50". A currency that this version does not know has no decimals to put.
func plainMoney(minor int64, currency string) string {
	if c := money.Currency(currency); c.Valid() {
		return money.Format(minor, c)
	}
	return strconv.FormatInt(minor, 10)
}

// people is an amount to read: "1,250.50".
func people(minor int64, currency string) string {
	if c := money.Currency(currency); c.Valid() {
		return money.FormatGrouped(minor, c)
	}
	return strconv.FormatInt(minor, 10) + " minor units"
}

// signed is an amount with its direction: "+1,250.50", "-3.00".
func signed(minor int64, currency string) string {
	if minor > 0 {
		return "+" + people(minor, currency)
	}
	return people(minor, currency)
}
