package money

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// MaxAmountMinor is the largest amount of one transfer, and the largest balance of one account, in minor units: 2^53 - 1,
// 90 million million pesos. Two of them, and any sum that the ledger forms of a balance, a hold, an overdraft and an
// amount, stay far inside an int64, and it is the largest integer that JavaScript's numbers hold exactly.
const MaxAmountMinor = 1<<53 - 1

// maxText bounds what ParseAmount looks at: the largest amount, fully grouped, has 24 characters.
const maxText = 32

// ErrAmount means that a text is not an amount of money. Errors of ParseAmount wrap it and say what is wrong.
var ErrAmount = errors.New("money: not an amount")

// ParseAmount reads an amount such as 125.5, 125.50 or 1,250.50 and returns it in minor units, exactly.
//
// A dot separates decimals, of which there are at most as many as the currency has; digits stand on both sides of it.
// Commas are accepted only where they group thousands, all of them: 1,250 but neither 1,25 nor 1250,000. Signs, exponents,
// spaces, other digits than ASCII's and amounts over MaxAmountMinor are refused. Zero is read as zero; whether it may be
// paid is the ledger's to say.
func ParseAmount(text string, currency Currency) (minor int64, err error) {
	if !currency.Valid() {
		return 0, ErrCurrency
	}
	if len(text) > maxText {
		return 0, fmt.Errorf("%w: it is too long", ErrAmount)
	}
	whole, decimals, dot := strings.Cut(text, ".")
	if dot && decimals == "" {
		return 0, fmt.Errorf("%w: digits are missing after the dot", ErrAmount)
	}
	exponent := currency.Exponent()
	if len(decimals) > exponent {
		return 0, fmt.Errorf("%w: %s has %d decimals", ErrAmount, currency, exponent)
	}
	digits, err := ungroup(whole)
	if err != nil {
		return 0, err
	}
	digits += decimals + strings.Repeat("0", exponent-len(decimals))
	for i := range len(digits) {
		d := digits[i]
		if d < '0' || d > '9' {
			return 0, fmt.Errorf("%w: it has digits, at most one dot, and commas between thousands", ErrAmount)
		}
		minor = minor*10 + int64(d-'0')
		if minor > MaxAmountMinor {
			return 0, fmt.Errorf("%w: it is more than %s %s", ErrAmount, Format(MaxAmountMinor, currency), currency)
		}
	}
	return minor, nil
}

// ungroup drops commas between thousands. Without a comma the text comes back as it is.
func ungroup(whole string) (string, error) {
	if whole == "" {
		return "", fmt.Errorf("%w: digits are missing before the dot", ErrAmount)
	}
	groups := strings.Split(whole, ",")
	if len(groups) == 1 {
		return whole, nil
	}
	for i, group := range groups {
		if first := i == 0; first && (group == "" || len(group) > 3) || !first && len(group) != 3 {
			return "", fmt.Errorf("%w: commas stand between thousands only", ErrAmount)
		}
	}
	return strings.Join(groups, ""), nil
}

// Format returns the amount as plain decimal text with all decimals of the currency: 125.50, -0.05. ParseAmount reads
// it back where it is not negative. It panics on a currency that is not Valid.
func Format(minor int64, currency Currency) string {
	exponent := currency.Exponent()
	sign, magnitude := "", uint64(minor)
	if minor < 0 {
		sign, magnitude = "-", -uint64(minor) // two's complement: right for the smallest int64 too
	}
	digits := strconv.FormatUint(magnitude, 10)
	if exponent == 0 {
		return sign + digits
	}
	if missing := exponent + 1 - len(digits); missing > 0 {
		digits = strings.Repeat("0", missing) + digits
	}
	dot := len(digits) - exponent
	return sign + digits[:dot] + "." + digits[dot:]
}

// FormatGrouped returns the amount for people, with commas between thousands: 1,250.50.
func FormatGrouped(minor int64, currency Currency) string {
	plain := Format(minor, currency)
	sign := ""
	if minor < 0 {
		sign, plain = "-", plain[1:]
	}
	whole, decimals, dot := strings.Cut(plain, ".")
	var grouped strings.Builder
	grouped.WriteString(sign)
	for i, digit := range []byte(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			grouped.WriteByte(',')
		}
		grouped.WriteByte(digit)
	}
	if dot {
		grouped.WriteByte('.')
		grouped.WriteString(decimals)
	}
	return grouped.String()
}
