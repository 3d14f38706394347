package money

import (
	"errors"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestParseAmount(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "0.0": 0, "0.01": 1, "0.1": 10, "1": 100, "125.5": 12550, "125.50": 12550, "007": 700,
		"1,250.50": 125050, "1250.50": 125050, "12,250": 1225000, "123,456,789.01": 12345678901, "0,001": 100,
		"90071992547409.91": MaxAmountMinor, "90,071,992,547,409.91": MaxAmountMinor, "0000000000000000000000000.01": 1,
	} {
		if got, err := ParseAmount(text, MXN); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
}

func TestParseAmountRefuses(t *testing.T) {
	for _, text := range []string{
		"", " ", ".", ",", ".5", "5.", "-1", "+1", "-0", "1e3", "1E3", "0x10", "1_000", "NaN", "Inf", "1.2.3", "1..2",
		"0.001", "1.000", "1.234", "125.505", // more decimals than centavos, whatever they are
		"1,25", "1,2500", "1250,000", ",250", "1,,250", "1,250,", "1.2,5", "1.,25", "1,250.5,0", "1,25.00", "1.250,50",
		"1 250", " 1", "1 ", "1\n", "1\x00", "１２", "١٢", "$1", "1MXN", "½", "1\u00a0250",
		"90071992547409.92", "90,071,992,547,409.92", "92233720368547758.08", "184467440737095516.17", "99999999999999999999999",
		strings.Repeat("0", 33), strings.Repeat("9", 1<<20),
	} {
		if got, err := ParseAmount(text, MXN); !errors.Is(err, ErrAmount) || got != 0 {
			t.Errorf("%.40q: %d, %v", text, got, err)
		}
	}
	for _, currency := range []Currency{"", "EUR", "mxn", "MXN ", "JPY"} {
		if _, err := ParseAmount("1", currency); !errors.Is(err, ErrCurrency) {
			t.Errorf("%q: %v", currency, err)
		}
	}
}

func TestFormat(t *testing.T) {
	for _, c := range []struct {
		minor          int64
		plain, grouped string
	}{
		{0, "0.00", "0.00"},
		{1, "0.01", "0.01"},
		{-5, "-0.05", "-0.05"},
		{12550, "125.50", "125.50"},
		{99999, "999.99", "999.99"},
		{100000, "1000.00", "1,000.00"},
		{-12345678901, "-123456789.01", "-123,456,789.01"},
		{-100000, "-1000.00", "-1,000.00"},
		{MaxAmountMinor, "90071992547409.91", "90,071,992,547,409.91"},
		{math.MaxInt64, "92233720368547758.07", "92,233,720,368,547,758.07"},
		{math.MinInt64, "-92233720368547758.08", "-92,233,720,368,547,758.08"},
	} {
		if got := Format(c.minor, MXN); got != c.plain {
			t.Errorf("%d: %s", c.minor, got)
		}
		if got := FormatGrouped(c.minor, USD); got != c.grouped {
			t.Errorf("%d: %s", c.minor, got)
		}
	}
}

// ISO 4217, list one: code, numeric code, minor unit.
func TestCurrencies(t *testing.T) {
	for _, c := range []struct {
		code              string
		numeric, exponent int
	}{{"MXN", 484, 2}, {"USD", 840, 2}} {
		currency, err := ParseCurrency(c.code)
		if err != nil || currency.Numeric() != c.numeric || currency.Exponent() != c.exponent {
			t.Error(currency, err)
		}
	}
	if len(Currencies()) != len(iso4217) {
		t.Error("a currency is missing from the list")
	}
	for _, code := range []string{"", "mxn", "MX", "EUR", "MXN\x00"} {
		if _, err := ParseCurrency(code); !errors.Is(err, ErrCurrency) {
			t.Errorf("%q: %v", code, err)
		}
	}
}

func TestNoSumThatTheLedgerFormsOverflows(t *testing.T) {
	const limit = int64(MaxAmountMinor)
	if limit > math.MaxInt64/4 {
		t.Fatal("balance, hold, overdraft and amount do not fit together")
	}
	if float64(limit) != 9007199254740991 || int64(float64(limit)) != limit {
		t.Fatal("JavaScript's Number.MAX_SAFE_INTEGER is another")
	}
}

func TestWhatIsFormattedIsReadBack(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		minor := random.Int64N(MaxAmountMinor+1) >> random.IntN(53)
		for _, text := range []string{Format(minor, MXN), FormatGrouped(minor, MXN)} {
			if got, err := ParseAmount(text, MXN); err != nil || got != minor {
				t.Fatalf("%d: %q is %d, %v", minor, text, got, err)
			}
		}
	}
}

// Whatever is accepted is what exact rational arithmetic says of the text without its commas.
func FuzzParseAmount(f *testing.F) {
	for _, text := range []string{"1,250.50", "0.1", "90071992547409.91", "1,25", "-1", "1e3", "0,000,001.10"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		minor, err := ParseAmount(text, MXN)
		if err != nil {
			if minor != 0 {
				t.Fatal("an amount comes with an error")
			}
			return
		}
		exact, ok := new(big.Rat).SetString(strings.ReplaceAll(text, ",", ""))
		if !ok || exact.Mul(exact, big.NewRat(100, 1)).Cmp(new(big.Rat).SetInt64(minor)) != 0 {
			t.Fatalf("%q was read as %d", text, minor)
		}
		if minor < 0 || minor > MaxAmountMinor {
			t.Fatal(minor)
		}
		if again, err := ParseAmount(Format(minor, MXN), MXN); err != nil || again != minor {
			t.Fatal(again, err)
		}
	})
}
