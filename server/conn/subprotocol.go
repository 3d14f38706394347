package conn

import (
	"net/http"
	"slices"
	"strings"

	"caudal/cipher"
)

// Bounds of an offer; the prologue of the handshake holds no more.
const (
	offeredMax     = 32
	offeredNameMax = 255
)

// offered reads the subprotocols of an upgrade request, in order, byte for byte. Both sides hash them into the handshake, so
// what cannot be read in exactly one way is refused: empty names, names that are no token (RFC 9110, section 5.6.2), doubles.
func offered(header http.Header) ([]string, bool) {
	var names []string
	for _, line := range header.Values("Sec-WebSocket-Protocol") {
		for name := range strings.SplitSeq(line, ",") {
			name = strings.Trim(name, " \t")
			if !isToken(name) || len(name) > offeredNameMax || len(names) == offeredMax || slices.Contains(names, name) {
				return nil, false
			}
			names = append(names, name)
		}
	}
	return names, true
}

func isToken(name string) bool {
	if name == "" {
		return false
	}
	for i := range len(name) {
		c := name[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return true
}

// choose takes the strongest suite offered under its exact name.
func choose(names []string, refuseClassic bool) (cipher.Suite, bool) {
	if slices.Contains(names, cipher.Hybrid.Subprotocol()) {
		return cipher.Hybrid, true
	}
	if !refuseClassic && slices.Contains(names, cipher.Classic.Subprotocol()) {
		return cipher.Classic, true
	}
	return 0, false
}
