package clabe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Digits is the length of a CLABE: bank 3, branch (plaza) 3, account 11, check digit 1.
const Digits = 18

// Bounds of a CLABE's parts.
const (
	MaxBank    = 999
	MaxBranch  = 999
	MaxAccount = 99_999_999_999
)

// ErrMalformed means that a text is not 18 digits with a right check digit.
var ErrMalformed = errors.New("clabe: not an account number")

// Number is a CLABE as a number: 18 digits fit an int64 with room to spare. Leading zeros belong to the text, see String.
//
// The check digit finds every single wrong digit, and neighbours that were swapped, except where the two differ by 5
// (weights 3, 7, 1 differ by 4, 6 and 2, and 5 times an even number is 0 modulo 10). So a right check digit is no proof
// of the right account: show the payer whom the number belongs to before money leaves.
type Number int64

// New puts a number together from its parts and the check digit. Parts out of their bounds are an error.
func New(bank, branch int, account int64) (Number, error) {
	if bank < 0 || bank > MaxBank || branch < 0 || branch > MaxBranch || account < 0 || account > MaxAccount {
		return 0, fmt.Errorf("%w: a part is out of bounds", ErrMalformed)
	}
	first17 := (int64(bank)*1000+int64(branch))*(MaxAccount+1) + account
	return Number(first17*10 + int64(CheckDigit(first17))), nil
}

// Random makes a number in a bank's branch whose 11 account digits are uniform, from random bytes: numbers that follow
// each other could be guessed. Whether it is taken already, the caller finds out.
func Random(random io.Reader, bank, branch int) (Number, error) {
	// The largest multiple of 10^11 that fits in a uint64: what lies above would favour small numbers.
	const accounts = MaxAccount + 1
	const limit = ^uint64(0) / accounts * accounts
	var raw [8]byte
	for {
		if _, err := io.ReadFull(random, raw[:]); err != nil {
			return 0, fmt.Errorf("clabe: random bytes: %w", err)
		}
		if n := binary.BigEndian.Uint64(raw[:]); n < limit {
			return New(bank, branch, int64(n%accounts))
		}
	}
}

// CheckDigit returns the digit that completes the first 17 digits (0 <= first17 < 10^17): weights 3, 7, 1 repeated from
// the left, each product modulo 10, and what is missing from their sum to the next ten.
func CheckDigit(first17 int64) int {
	weights := [3]int64{3, 7, 1}
	var sum int64
	for i := Digits - 2; i >= 0; i-- { // from the right: the 17th digit first
		sum += first17 % 10 * weights[i%3] % 10
		first17 /= 10
	}
	return int((10 - sum%10) % 10)
}

// Parse reads exactly 18 ASCII digits, nothing around or between them, and checks the last. See Clean for what people type.
func Parse(text string) (Number, error) {
	if len(text) != Digits {
		return 0, fmt.Errorf("%w: it has 18 digits", ErrMalformed)
	}
	var n int64
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, fmt.Errorf("%w: it has digits only", ErrMalformed)
		}
		n = n*10 + int64(text[i]-'0')
	}
	if !Number(n).Valid() {
		return 0, fmt.Errorf("%w: the check digit is wrong, so one of the digits is", ErrMalformed)
	}
	return Number(n), nil
}

// Clean drops the spaces and dashes by which people and Format group the digits, so that Parse can read the rest.
func Clean(text string) string {
	clean := make([]byte, 0, Digits)
	for i := range len(text) {
		if text[i] == ' ' || text[i] == '-' {
			continue
		}
		if len(clean) == Digits+1 { // already too long to be read
			break
		}
		clean = append(clean, text[i])
	}
	return string(clean)
}

// Valid tells whether n has at most 18 digits and its check digit is right.
func (n Number) Valid() bool {
	return n >= 0 && n < 1e18 && CheckDigit(int64(n/10)) == int(n%10)
}

// String returns the 18 digits.
func (n Number) String() string {
	if n < 0 || n >= 1e18 { // no CLABE: show what it is
		return fmt.Sprintf("%018d", int64(n))
	}
	var digits [Digits]byte
	n.digits(&digits)
	return string(digits[:])
}

// Append appends the 18 digits to dst. Every event and receipt has some.
func (n Number) Append(dst []byte) []byte {
	if n < 0 || n >= 1e18 {
		return append(dst, n.String()...)
	}
	var digits [Digits]byte
	n.digits(&digits)
	return append(dst, digits[:]...)
}

// digits writes both halves at once: a digit needs the one before, and a processor has time for two.
func (n Number) digits(to *[Digits]byte) {
	const half = Digits / 2
	left, right := uint32(n/1e9), uint32(n%1e9)
	for i := half - 1; i >= 0; i-- {
		to[i], to[half+i] = byte('0'+left%10), byte('0'+right%10)
		left, right = left/10, right/10
	}
}

// Format returns the digits grouped for people: bank, branch, account, check digit.
func (n Number) Format() string {
	s := n.String()
	return s[:3] + " " + s[3:6] + " " + s[6:17] + " " + s[17:]
}

// Bank returns the first three digits: which bank has the account.
func (n Number) Bank() int { return int(n / 1e15) }

// Branch returns the three digits of the branch.
func (n Number) Branch() int { return int(n / 1e12 % 1000) }

// Account returns the eleven digits of the account within its bank and branch.
func (n Number) Account() int64 { return int64(n / 10 % (MaxAccount + 1)) }
