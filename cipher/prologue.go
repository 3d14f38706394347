package cipher

import (
	"fmt"
	"slices"
)

// label separates this protocol's handshakes from every other use of the same keys.
const label = "caudal channel v1"

// Bounds of the offer. Both names of ours and two or three experiments fit ten times over; a name is an HTTP token.
const (
	maxOffered        = 32
	maxSubprotocolLen = 255
)

// prologue is what both sides must have seen alike for the handshake to succeed: so a middlebox that strips or alters
// an offered subprotocol, to get the weaker one, gets a failed handshake.
//
//	u8  17                      length of the label
//	..  "caudal channel v1"
//	u8  n                       how many subprotocols the client offered, 1 to 32
//	n times, in the order offered, byte for byte as they stood in the request:
//	    u8  length, 1 to 255
//	    ..  name
//	u8  length                  of the subprotocol chosen
//	..  name
func prologue(offered []string, chosen string) ([]byte, error) {
	if !slices.Contains(offered, chosen) {
		return nil, fmt.Errorf("%w: %q is not among the subprotocols offered", ErrConfig, chosen)
	}
	if len(offered) > maxOffered {
		return nil, fmt.Errorf("%w: more than %d subprotocols offered", ErrConfig, maxOffered)
	}
	out := appendShort(make([]byte, 0, 64), label)
	out = append(out, byte(len(offered)))
	for _, name := range offered {
		if len(name) == 0 || len(name) > maxSubprotocolLen {
			return nil, fmt.Errorf("%w: an offered subprotocol has %d bytes", ErrConfig, len(name))
		}
		out = appendShort(out, name)
	}
	return appendShort(out, chosen), nil
}

// appendShort appends a string of at most 255 bytes behind its length.
func appendShort(dst []byte, s string) []byte {
	return append(append(dst, byte(len(s))), s...)
}
