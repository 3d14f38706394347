package certs

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// ErrMalformedHost is a host that is not "name:port" or "address:port".
var ErrMalformedHost = errors.New("malformed host")

// pinFile is the text of a pin store: one line a host, of three fields, host:port, fingerprint, date. Lines that begin
// with '#' and empty lines are kept and mean nothing. Lines are never dropped but by [Pins.Forget].
type pinFile struct {
	lines []pinLine
}

// pinLine is one line. A damaged line stands for its host, where that can be read, and for every host without a pin: it may
// have been, or have swallowed, anybody's, and nobody may become unknown because of a damaged disk or a slip in an editor.
type pinLine struct {
	text     string // as it stands in the file, without the line's end
	kind     pinKind
	host     string // of pinGood and pinDamaged
	identity Identity
	since    string // a day, of pinDate's form
}

type pinKind int

const (
	pinNone    pinKind = iota // comment or empty
	pinGood                   // a host and its identity
	pinDamaged                // a host whose identity cannot be read
	pinUnknown                // even the host cannot be read, or there may be two
)

const (
	pinDate = time.DateOnly
	// maxPinLine bounds what is taken for a line with a host: 253 + port + fingerprint + date, and room for white space.
	maxPinLine = 1024
)

func parsePinFile(text []byte) pinFile {
	var f pinFile
	if len(text) == 0 {
		return f
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(string(text), "\n"), "\n") {
		f.lines = append(f.lines, parsePinLine(strings.TrimRight(line, "\r")))
	}
	return f
}

func parsePinLine(text string) pinLine {
	line := pinLine{text: text}
	if text = strings.Trim(text, " \t"); text == "" || text[0] == '#' {
		return line
	}
	line.kind = pinUnknown
	if len(text) > maxPinLine {
		return line
	}
	fields := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\t' })
	host, err := canonicalHost(fields[0])
	if err != nil || len(fields) > 3 { // more than one pin has: another line may have run into it
		return line
	}
	line.kind, line.host = pinDamaged, host
	if len(fields) != 3 {
		return line
	}
	identity, err := ParseIdentity(fields[1])
	if err != nil {
		return line
	}
	if _, err := time.Parse(pinDate, fields[2]); err != nil {
		return line
	}
	line.kind, line.identity, line.since = pinGood, identity, fields[2]
	return line
}

func newPinLine(host string, identity Identity, day time.Time) pinLine {
	return parsePinLine(fmt.Sprintf("%s %s %s", host, identity, day.UTC().Format(pinDate)))
}

func (f pinFile) bytes() []byte {
	var b bytes.Buffer
	for _, line := range f.lines {
		b.WriteString(line.text)
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// lookup wants exactly one good line for host, and no damaged one that is, or may be, its own. Numbers are of lines,
// from 1; index counts from 0.
func (f pinFile) lookup(host string) (index int, err error) {
	index = -1
	for i, line := range f.lines {
		switch {
		case line.host != host: // lines without a readable host too
		case line.kind == pinDamaged:
			return -1, fmt.Errorf("%w: line %d, for %s", ErrMalformedPin, i+1, host)
		case index >= 0:
			return -1, fmt.Errorf("%w: lines %d and %d are both for %s", ErrMalformedPin, index+1, i+1, host)
		default:
			index = i
		}
	}
	if index >= 0 {
		return index, nil
	}
	for i, line := range f.lines {
		if line.kind == pinDamaged || line.kind == pinUnknown {
			return -1, fmt.Errorf("%w: line %d is damaged, and may have held the pin of %s", ErrMalformedPin, i+1, host)
		}
	}
	return -1, fmt.Errorf("%w: %s", ErrUnknownIdentity, host)
}

// canonicalHost gives one spelling to a host: lower case, no dot at the end, addresses as netip writes them, port always
// there. International names come in their ASCII form.
func canonicalHost(hostport string) (string, error) {
	refuse := func(why string) (string, error) {
		return "", fmt.Errorf("%w: %s", ErrMalformedHost, why)
	}
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return refuse("it must be host:port")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
		return refuse("the port must be a number from 1 to 65535")
	}
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.Zone() != "" {
			return refuse("an address with a zone means another machine on each network")
		}
		return net.JoinHostPort(addr.Unmap().String(), port), nil
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "" || len(host) > 253 || strings.HasPrefix(hostport, "[") {
		return refuse("the name is empty or too long")
	}
	for _, r := range host {
		if !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-' || r == '.' || r == '_') {
			return refuse("the name has characters that no host name has; write an international name in its xn-- form")
		}
	}
	return net.JoinHostPort(host, port), nil
}
