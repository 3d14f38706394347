package cli

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// combiningMax is the most combining marks in a row that are shown: living languages use up to four, and a tower of them
// draws over the lines above and below.
const combiningMax = 4

// visible returns s as it may be written to a terminal. What a terminal would obey or a reader could not see stands as
// an escape such as \x1b or \u202e instead: controls (C0, C1, DEL, line breaks), bidirectional overrides and isolates,
// other formatting characters, fillers that look like nothing, private use, surrogates, and bytes that are not UTF-8.
// The bank refuses such text; a client must not depend on that.
func visible(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	combining := 0
	before := rune(0) // the character before, where it is shown as it is
	for at := 0; at < len(s); {
		r, size := utf8.DecodeRuneInString(s[at:])
		if r == utf8.RuneError && size == 1 {
			fmt.Fprintf(&b, `\x%02x`, s[at])
			at, before, combining = at+1, 0, 0
			continue
		}
		at += size
		combining = combiningAfter(combining, r)
		if !showable(before, r, next(s[at:])) || combining > combiningMax {
			b.WriteString(escaped(r))
			before = 0
			continue
		}
		b.WriteRune(r)
		before = r
	}
	return b.String()
}

// next is the first character of s; 0 where there is none, or none that is UTF-8.
func next(s string) rune {
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && size < 2 {
		return 0
	}
	return r
}

func combiningAfter(before int, r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me) {
		return before + 1
	}
	return 0
}

// plain reports printable ASCII only: nothing to look at closer.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// showable reports whether r, between its neighbours, is something that a person sees and a terminal merely draws.
func showable(before, r, after rune) bool {
	switch r {
	case '\u200c', '\u200d': // joiners change the shape of the letters and pictures that they stand between
		return joins(before, after)
	case '\ufe0e', '\ufe0f': // text or picture style of the character before
		return before > unicode.MaxASCII && unicode.In(before, unicode.L, unicode.S)
	}
	return seen(r)
}

// seen reports a character that shows something of itself.
func seen(r rune) bool {
	return unicode.IsPrint(r) && r != '\u2800' && // a braille pattern without dots
		!unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r) && !unicode.Is(unicode.Variation_Selector, r)
}

func joins(before, after rune) bool {
	return before > unicode.MaxASCII && unicode.In(before, unicode.L, unicode.M, unicode.So, unicode.Sk) &&
		after > unicode.MaxASCII && unicode.In(after, unicode.L, unicode.So) && seen(after)
}

func escaped(r rune) string {
	switch {
	case r < 0x20 || r == 0x7f:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}
