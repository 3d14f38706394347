package certs

import (
	"fmt"
	"strings"
)

// Pin is one host that a client remembers.
type Pin struct {
	Host     string // host:port
	Identity Identity
	Since    string // the day on which it was pinned, such as 2026-07-28
}

// List returns what is pinned, in the order of the file. A damaged line is [ErrMalformedPin].
func (p *Pins) List() ([]Pin, error) {
	f, err := p.read()
	if err != nil {
		return nil, err
	}
	var list []Pin
	for i, line := range f.lines {
		switch line.kind {
		case pinNone:
		case pinGood:
			fields := strings.Fields(line.text)
			list = append(list, Pin{Host: line.host, Identity: line.identity, Since: fields[len(fields)-1]})
		default:
			return nil, fmt.Errorf("%s: %w: line %d", p.path, ErrMalformedPin, i+1)
		}
	}
	return list, nil
}
