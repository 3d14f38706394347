package models

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Bounds of texts, in characters after normalisation. The schema has them too.
const (
	MinUsername    = 3
	MaxUsername    = 30
	MaxOwner       = 80
	MaxAccountName = 60
	MaxDeviceName  = 60
	MaxMemo        = 140
)

const (
	// maxDecomposed bounds how much longer than its normal form a text may be before normalisation, so that nobody pays
	// for normalising what cannot be accepted: no character decomposes into more than 18, and a name's into 4.
	maxDecomposed = 4
	// maxMarks is how many combining marks may follow each other. Living scripts need three; towers of them are hostile.
	maxMarks = 4
)

// ErrText means that a text is not acceptable. It comes inside a [*TextError].
var ErrText = errors.New("models: text not acceptable")

// TextError says which text is not acceptable and why. It never repeats the text, which may do harm wherever it is shown.
type TextError struct {
	Field string // such as "memo"
	Why   string // such as "it has a control character (U+001B)"
}

func (e *TextError) Error() string { return "models: " + e.Field + ": " + e.Why }

// Unwrap makes errors.Is(err, ErrText) true.
func (e *TextError) Unwrap() error { return ErrText }

// CheckUsername accepts 3 to 30 of a-z, 0-9 and _, and nothing that could be taken for it.
func CheckUsername(username string) error {
	if len(username) < MinUsername || len(username) > MaxUsername {
		return &TextError{"username", fmt.Sprintf("it has %d to %d characters", MinUsername, MaxUsername)}
	}
	for i := range len(username) {
		if c := username[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return &TextError{"username", "it has small letters without accents, digits and _ only"}
		}
	}
	return nil
}

// CleanOwner returns a holder's name as it is kept, or a [*TextError]. See [CleanMemo] for the rules; spaces in a row
// become one, and there must be a letter.
func CleanOwner(owner string) (string, error) {
	clean, err := cleanName("owner", owner, MaxOwner)
	if err == nil && strings.IndexFunc(clean, unicode.IsLetter) < 0 {
		err = &TextError{"owner", "it has no letter"}
	}
	return clean, err
}

// CleanAccountName returns an account's name as it is kept, or a [*TextError].
func CleanAccountName(name string) (string, error) {
	return cleanName("account name", name, MaxAccountName)
}

// CleanDeviceName returns a device's name as it is kept, or a [*TextError].
func CleanDeviceName(name string) (string, error) {
	return cleanName("device name", name, MaxDeviceName)
}

// CleanMemo returns a memo as it is kept, or a [*TextError]; an empty one stays empty. What is kept is in Unicode's
// normal form C, with plain spaces, none at the ends, and can be shown anywhere without doing anything there. Refused are:
//
//   - invalid UTF-8, U+0000 and all other control characters, so line breaks and terminal escapes
//   - characters that turn the direction of what stands around them (bidi controls), or that nobody sees: zero-width ones,
//     fillers, tags, variation selectors. Joiners may stand where a script or an emoji needs them.
//   - private, unassigned and replacement characters
//   - more than four combining marks in a row, or one at the start
func CleanMemo(memo string) (string, error) {
	return cleanText("memo", memo, MaxMemo)
}

func cleanName(field, text string, maxRunes int) (string, error) {
	clean, err := cleanText(field, text, maxRunes)
	if err != nil {
		return "", err
	}
	if clean == "" {
		return "", &TextError{field, "it is empty"}
	}
	return strings.Join(strings.Fields(clean), " "), nil
}

func cleanText(field, text string, maxRunes int) (string, error) {
	refuse := func(why string) (string, error) { return "", &TextError{field, why} }
	tooLong := fmt.Sprintf("it has more than %d characters", maxRunes)
	if len(text) > maxRunes*maxDecomposed*utf8.UTFMax {
		return refuse(tooLong)
	}
	if !utf8.ValidString(text) {
		return refuse("it is not valid UTF-8")
	}
	runes := []rune(norm.NFC.String(text))
	marks := 0
	for i, r := range runes {
		if why := refused(runes, i); why != "" {
			return refuse(fmt.Sprintf("it has %s (U+%04X)", why, r))
		}
		if !unicode.Is(unicode.M, r) {
			marks = 0
		} else if marks++; marks > maxMarks || i == 0 {
			return refuse("it has combining marks in a row, or at the start")
		}
		if unicode.Is(unicode.Zs, r) {
			runes[i] = ' '
		}
	}
	clean := strings.Trim(string(runes), " ")
	if utf8.RuneCountInString(clean) > maxRunes {
		return refuse(tooLong)
	}
	if first, _ := utf8.DecodeRuneInString(clean); unicode.Is(unicode.M, first) {
		return refuse("it has combining marks in a row, or at the start")
	}
	return clean, nil
}

// visible are the general categories of what may be in a text, with the space. All else is a control, a format, private,
// a surrogate, a line separator, or not assigned.
var visible = []*unicode.RangeTable{unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Zs}

// blank are characters that count as letters, marks or symbols but show nothing.
var blank = []*unicode.RangeTable{
	unicode.Other_Default_Ignorable_Code_Point, // fillers, the grapheme joiner
	unicode.Variation_Selector,
	{R16: []unicode.Range16{{Lo: 0x2800, Hi: 0x2800, Stride: 1}, {Lo: 0xFFFC, Hi: 0xFFFD, Stride: 1}}, // braille blank, replacements
		R32: []unicode.Range32{{Lo: 0x1D159, Hi: 0x1D159, Stride: 1}}},
}

// needless are the scripts in which joiners change nothing, so that two names could look the same and differ.
var needless = []*unicode.RangeTable{
	unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
}

const (
	nonJoiner     = '\u200C'
	joiner        = '\u200D'
	textStyle     = '\uFE0E' // variation selectors that say how an emoji is drawn
	emojiStyle    = '\uFE0F'
	firstModifier = '\U0001F3FB' // skin tones
	lastModifier  = '\U0001F3FF'
)

// refused says what is wrong with the character at i, or "".
func refused(runes []rune, i int) string {
	r := runes[i]
	var before, after rune
	if i > 0 {
		before = runes[i-1]
	}
	if i+1 < len(runes) {
		after = runes[i+1]
	}
	switch r {
	case nonJoiner, joiner:
		if joinsLetters(before, after) || r == joiner && drawn(before) && unicode.Is(unicode.So, after) {
			return ""
		}
		return "an invisible joiner where none belongs"
	case textStyle, emojiStyle:
		if unicode.Is(unicode.So, before) {
			return ""
		}
		return "an invisible character"
	}
	switch {
	case unicode.Is(unicode.Cc, r):
		return "a control character"
	case unicode.Is(unicode.Bidi_Control, r):
		return "a character that turns the direction of writing"
	case !unicode.In(r, visible...):
		return "a character that shows nothing or is not assigned"
	case unicode.In(r, blank...):
		return "a character that shows nothing"
	}
	return ""
}

func joinsLetters(before, after rune) bool {
	return unicode.In(before, unicode.L, unicode.M) && unicode.In(after, unicode.L, unicode.M) &&
		!unicode.In(before, needless...) && !unicode.In(after, needless...)
}

// drawn tells whether r ends an emoji to which a joiner may add another.
func drawn(r rune) bool {
	return unicode.Is(unicode.So, r) || r == emojiStyle || r >= firstModifier && r <= lastModifier
}

// MaskName returns enough of a holder's name to recognise whom one means, and not enough to learn who it is: of each word
// the first two letters, of a word that has no more than two the first, and ***, which hides the length.
func MaskName(owner string) string {
	words := strings.Fields(owner)
	for i, word := range words {
		letters := clusters(word)
		shown := 2
		if len(letters) <= shown {
			shown = 1
		}
		words[i] = strings.Join(letters[:shown], "") + "***"
	}
	return strings.Join(words, " ")
}

// clusters cuts a word into letters, each with the marks and joiners that belong to it.
func clusters(word string) (letters []string) {
	for _, r := range word {
		if last := len(letters) - 1; last >= 0 && (unicode.Is(unicode.M, r) || r == joiner || r == nonJoiner) {
			letters[last] += string(r)
			continue
		}
		letters = append(letters, string(r))
	}
	return letters
}
