package certs

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// checkDisplayName keeps what could deceive a reader or command a terminal out of the bank's name. Refused are: an empty
// name, more than maxDisplayName bytes, invalid UTF-8, space at either end, and the general categories Cc (controls,
// escapes), Cf (bidi controls, zero width), Co (private use), Zl, Zp, and Zs but for U+0020.
func checkDisplayName(name string) error {
	switch {
	case name == "":
		return errors.New("the display name is empty")
	case len(name) > maxDisplayName:
		return fmt.Errorf("the display name is longer than %d bytes", maxDisplayName)
	case !utf8.ValidString(name):
		return errors.New("the display name is not UTF-8")
	case name[0] == ' ' || name[len(name)-1] == ' ':
		return errors.New("the display name begins or ends with a space")
	}
	for _, r := range name {
		if r != ' ' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp, unicode.Zs) {
			return fmt.Errorf("the display name has a character that cannot be seen: %U", r)
		}
	}
	return nil
}
