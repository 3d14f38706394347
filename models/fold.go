package models

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	// maxWord bounds one word that a holder is found by, in characters, as the schema does.
	maxWord = 80
	// maxWords bounds how many a holder has: the username, and forty words of one letter each in a name of eighty characters.
	// Beyond it are only names of single characters that stand for whole phrases.
	maxWords = 41
)

// foldedLetters are letters that people write by others, though Unicode does not take them apart; and letters that look like
// apostrophes, which people type as such.
var foldedLetters = strings.NewReplacer(
	"ß", "ss", "æ", "ae", "œ", "oe", "ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ħ", "h", "ŧ", "t", "ŋ", "n",
	"ʹ", "'", "ʻ", "'", "ʼ", "'", "ʽ", "'", "ʾ", "'", "ʿ", "'", "ꞌ", "'",
)

// fold returns a text as look-ups compare it: compatibility forms are resolved, and case, accents and joiners are gone.
func fold(text string) string {
	folded := strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
			return -1
		}
		return unicode.ToLower(unicode.ToUpper(r)) // by way of the capital, where two small letters are one: ς and σ
	}, norm.NFKD.String(text))
	return foldedLetters.Replace(folded)
}

// foldedWords cuts a text into folded words, each once. What is no letter, digit or underscore stands between words.
func foldedWords(text string) (words []string) {
	for _, word := range strings.FieldsFunc(fold(text), func(r rune) bool {
		return r != '_' && !unicode.In(r, unicode.L, unicode.N, unicode.M)
	}) {
		if utf8.RuneCountInString(word) > maxWord {
			word = string([]rune(word)[:maxWord])
		}
		if len(words) < maxWords && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	return words
}

// holderWords are the words by which a user is found.
func holderWords(username, owner string) []string {
	words := foldedWords(username + " " + owner)
	slices.Sort(words)
	return words
}
