package cli

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestHostileTextIsMadeVisible(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"plain":               {"Ana Torres", "Ana Torres"},
		"accents":             {"Núñez, Zoë", "Núñez, Zoë"},
		"escape sequence":     {"\x1b[2J\x1b]0;owned\x07", `\x1b[2J\x1b]0;owned\x07`},
		"C1 introducer":       {"\u009b31m", `\u009b31m`},
		"raw C1 byte":         {"\x9b31m", `\x9b31m`},
		"line break":          {"a\nb\rc", `a\x0ab\x0dc`},
		"separators":          {"a\u2028b\u2029", `a\u2028b\u2029`},
		"delete":              {"a\x7f", `a\x7f`},
		"nul":                 {"a\x00b", `a\x00b`},
		"override":            {"pay \u202e05.2", `pay \u202e05.2`},
		"isolates":            {"\u2066x\u2069", `\u2066x\u2069`},
		"marks":               {"\u200ex\u200f\u061c", `\u200ex\u200f\u061c`},
		"zero width":          {"a\u200bb\ufeff", `a\u200bb\ufeff`},
		"joiner in a picture": {"👩\u200d🚀", "👩\u200d🚀"},
		"joiner in letters":   {"می\u200cخواهم", "می\u200cخواهم"},
		"joiner after ascii":  {"a\u200db", `a\u200db`},
		"picture style":       {"❤\ufe0f", "❤\ufe0f"},
		"hangul filler":       {"x\u3164", `x\u3164`},
		"empty braille":       {"x\u2800", `x\u2800`},
		"no-break space":      {"a\u00a0b", `a\u00a0b`},
		"tag characters":      {"x\U000e0041", `x\U000e0041`},
		"private use":         {"\ue000", `\ue000`},
		"not utf-8":           {"a\xffb", `a\xffb`},
		"replacement itself":  {"a\ufffdb", "a\ufffdb"},
		"tower of marks":      {"a" + strings.Repeat("\u0301", 6), "a" + strings.Repeat("\u0301", 4) + `\u0301\u0301`},
	} {
		if got := visible(c.in); got != c.want {
			t.Errorf("%s: visible(%q) = %q, want %q", name, c.in, got, c.want)
		}
	}
}

func FuzzVisible(f *testing.F) {
	for _, s := range []string{"", "a", "\x1b[0m", "\u202e", "👩\u200d🚀", "\xff\xfe", strings.Repeat("\u0300", 9)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := visible(s)
		if !utf8.ValidString(got) {
			t.Fatalf("visible(%q) = %q is not UTF-8", s, got)
		}
		for _, r := range got {
			if unicode.In(r, unicode.Cc, unicode.Bidi_Control, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs) {
				t.Fatalf("visible(%q) = %q lets %U through", s, got, r)
			}
		}
		if visible(got) != got {
			t.Fatalf("visible(%q) = %q is not stable", s, got)
		}
	})
}
