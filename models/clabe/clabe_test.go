package clabe_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"strings"
	"testing"

	"caudal/models/clabe"
)

// The standard's own example, and one that Mexican banks' documentation uses.
var examples = []string{"032180000118359719", "002010077777777771"}

func TestExamples(t *testing.T) {
	for _, text := range examples {
		n, err := clabe.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if n.String() != text || !n.Valid() {
			t.Fatal(n)
		}
		again, err := clabe.New(n.Bank(), n.Branch(), n.Account())
		if err != nil || again != n {
			t.Fatal(again, err)
		}
	}
	n, _ := clabe.Parse(examples[0])
	if n.Bank() != 32 || n.Branch() != 180 || n.Account() != 11835971 || n.Format() != "032 180 00011835971 9" {
		t.Fatal(n.Bank(), n.Branch(), n.Account(), n.Format())
	}
	if clabe.CheckDigit(3218000011835971) != 9 || clabe.CheckDigit(201007777777777) != 1 {
		t.Fatal("check digits")
	}
}

func TestParseTakes18DigitsAndNothingElse(t *testing.T) {
	for _, text := range []string{
		"", "0", "03218000011835971", "0321800001183597190", "032180000118359710", " 032180000118359719", "032180000118359719\n",
		"032 180 00011835971 9", "-32180000118359719", "+32180000118359719", "0x2180000118359719", "03218000011835971٩",
		"032180000118359719\x00", strings.Repeat("9", 1<<16), "99999999999999999", "٠٣٢١٨٠٠٠٠١١٨٣٥٩٧١٩",
	} {
		if n, err := clabe.Parse(text); !errors.Is(err, clabe.ErrMalformed) || n != 0 {
			t.Errorf("%.40q: %d, %v", text, n, err)
		}
	}
	for _, n := range []clabe.Number{-1, 1, 1e18, 1<<63 - 1, -1 << 63} {
		if n.Valid() {
			t.Errorf("%d is valid", int64(n))
		}
	}
	for _, bad := range [][3]int64{{-1, 0, 0}, {1000, 0, 0}, {0, -1, 0}, {0, 1000, 0}, {0, 0, -1}, {0, 0, 1e11}} {
		if n, err := clabe.New(int(bad[0]), int(bad[1]), bad[2]); !errors.Is(err, clabe.ErrMalformed) {
			t.Errorf("%v: %d, %v", bad, n, err)
		}
	}
}

func TestCleanUndoesFormat(t *testing.T) {
	for _, typed := range []string{"032 180 00011835971 9", "032-180-00011835971-9", "  032180000118359719  "} {
		if clabe.Clean(typed) != examples[0] {
			t.Errorf("%q: %q", typed, clabe.Clean(typed))
		}
	}
	if n := len(clabe.Clean(strings.Repeat("9", 1<<16))); n > 32 {
		t.Fatal(n)
	}
	if _, err := clabe.Parse(clabe.Clean("032180000118359719" + "9")); err == nil {
		t.Fatal("a digit too many was dropped")
	}
}

// Every wrong digit is found, and every swap of neighbours but those that differ by 5, which none is.
func TestWhatTheCheckDigitFinds(t *testing.T) {
	random := mathrand.New(mathrand.NewPCG(1, 2))
	missed := 0
	for range 2000 {
		n, err := clabe.New(random.IntN(1000), random.IntN(1000), random.Int64N(1e11))
		if err != nil {
			t.Fatal(err)
		}
		text := n.String()
		if parsed, err := clabe.Parse(text); err != nil || parsed != n {
			t.Fatal(text, err)
		}
		for i := range clabe.Digits {
			for d := byte('0'); d <= '9'; d++ {
				wrong := []byte(text)
				wrong[i] = d
				if _, err := clabe.Parse(string(wrong)); (err == nil) != (d == text[i]) {
					t.Fatalf("%s for %s: %v", wrong, text, err)
				}
			}
		}
		for i := range clabe.Digits - 2 { // within the 17 that have weights
			swapped := []byte(text)
			swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
			difference := int(text[i]) - int(text[i+1])
			_, err := clabe.Parse(string(swapped))
			if same := difference == 0 || difference == 5 || difference == -5; (err == nil) != same {
				t.Fatalf("%s for %s: %v", swapped, text, err)
			}
			if err == nil && difference != 0 {
				missed++
			}
		}
	}
	if missed == 0 {
		t.Fatal("no swap that differs by 5 was tried")
	}
}

func TestRandomNumbersAreValidAndSpreadOut(t *testing.T) {
	seen := map[clabe.Number]bool{}
	var first [10]int
	for range 10_000 {
		n, err := clabe.Random(rand.Reader, 999, 1)
		if err != nil || !n.Valid() || n.Bank() != 999 || n.Branch() != 1 {
			t.Fatal(n, err)
		}
		seen[n] = true
		first[n.Account()/1e10]++
	}
	if len(seen) < 9_990 {
		t.Fatal("numbers repeat", len(seen))
	}
	for digit, count := range first { // 1,000 expected, standard deviation 30
		if count < 700 || count > 1300 {
			t.Fatalf("%d numbers begin with %d", count, digit)
		}
	}
}

func TestRandomSkipsWhatWouldFavourSmallNumbersAndSaysWhenThereIsNone(t *testing.T) {
	source := bytes.NewReader(append(bytes.Repeat([]byte{0xff}, 8), 0, 0, 0, 0, 0, 0, 0, 7))
	n, err := clabe.Random(source, 999, 1)
	if err != nil || n.Account() != 7 {
		t.Fatal(n, err)
	}
	if _, err := clabe.Random(source, 999, 1); err == nil {
		t.Fatal("made of nothing")
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range examples {
		f.Add(text)
	}
	f.Add("000000000000000000")
	f.Add("999999999999999999")
	f.Fuzz(func(t *testing.T, text string) {
		n, err := clabe.Parse(text)
		if err != nil {
			if n != 0 {
				t.Fatal("a number comes with an error")
			}
			return
		}
		if n.String() != text || !n.Valid() || clabe.Clean(n.Format()) != text {
			t.Fatalf("%q was read as %s", text, n)
		}
		if again, err := clabe.New(n.Bank(), n.Branch(), n.Account()); err != nil || again != n {
			t.Fatal(again, err)
		}
	})
}

func ExampleNumber_Format() {
	n, _ := clabe.Parse("032180000118359719")
	fmt.Println(n.Format())
	// Output: 032 180 00011835971 9
}

func BenchmarkString(b *testing.B) {
	b.Run("by hand", func(b *testing.B) {
		for i := range b.N {
			_ = clabe.Number(2010077777777771 + i).String()
		}
	})
	b.Run("Sprintf", func(b *testing.B) {
		for i := range b.N {
			_ = fmt.Sprintf("%018d", 2010077777777771+i)
		}
	})
}
