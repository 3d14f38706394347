package certs

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"time"
)

var (
	// ErrUnknownIdentity is a host without a pin.
	ErrUnknownIdentity = errors.New("no identity is pinned for this host")
	// ErrMalformedPin is a damaged line in the pin store that is the host's, or may be: where a host has no pin, that is every
	// damaged line. It is never taken for a host without a pin: else damaging a file would be enough to change whom a user
	// trusts.
	ErrMalformedPin = errors.New("malformed pin")
)

// maxPinFile bounds the store: more than ten thousand hosts.
const maxPinFile = 1 << 20

// Pins is a client's memory of which identity each host has, in the manner of known_hosts: a text file of mode 0600 with
// one line a host. A host is host:port. All methods read the file anew, so that programs that run for long see what
// others add, and changes are atomic under a lock file beside it, so that none is lost. All may be called concurrently.
type Pins struct {
	path string
	now  func() time.Time // dates the lines; decides nothing
}

// OpenPins checks that the store at path, if there is one, can be read and written by its owner alone, and makes its
// directory (mode 0700) where there is none.
func OpenPins(path string) (*Pins, error) {
	if err := makeDir(filepath.Dir(path), othersWrite); err != nil {
		return nil, err
	}
	p := &Pins{path: path, now: time.Now}
	_, err := p.read()
	return p, err
}

// Lookup returns the identity pinned for host; else [ErrUnknownIdentity], [ErrMalformedPin] or [ErrMalformedHost].
func (p *Pins) Lookup(host string) (Identity, error) {
	host, err := canonicalHost(host)
	if err != nil {
		return Identity{}, err
	}
	f, err := p.read()
	if err != nil {
		return Identity{}, err
	}
	i, err := f.lookup(host)
	if err != nil {
		return Identity{}, fmt.Errorf("%s: %w", p.path, err)
	}
	return f.lines[i].identity, nil
}

// Pin is one host of the store.
type Pin struct {
	Host     string
	Identity Identity
	Since    string // the day when it was pinned or moved, YYYY-MM-DD
}

// List returns the pins in the order of the file. Where lines are damaged it returns the others, and [ErrMalformedPin].
func (p *Pins) List() ([]Pin, error) {
	f, err := p.read()
	if err != nil {
		return nil, err
	}
	var pins []Pin
	for i, line := range f.lines {
		switch line.kind {
		case pinGood:
			if _, doubled := f.lookup(line.host); doubled != nil {
				err = doubled
			} else {
				pins = append(pins, Pin{line.host, line.identity, line.since})
			}
		case pinDamaged, pinUnknown:
			err = fmt.Errorf("%w: line %d", ErrMalformedPin, i+1)
		}
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", p.path, err)
	}
	return pins, err
}

// Add pins an identity for a host that has none. Where the same is pinned already nothing changes; where another is, the
// error is an [*IdentityChangedError]; a damaged line is [ErrMalformedPin]. Nothing is ever overwritten.
func (p *Pins) Add(host string, identity Identity) error {
	if !identity.usable() {
		return ErrMalformedFingerprint
	}
	return p.change(host, func(f *pinFile, host string) error {
		i, err := f.lookup(host)
		switch {
		case errors.Is(err, ErrUnknownIdentity):
			f.lines = append(f.lines, newPinLine(host, identity, p.now()))
			return nil
		case err != nil:
			return err
		case !f.lines[i].identity.equal(identity):
			return &IdentityChangedError{Pinned: f.lines[i].identity, Presented: identity}
		}
		return nil
	})
}

// Forget removes what is pinned for host, damaged lines of its too, but none that may be of two hosts: that one is
// [ErrMalformedPin], and for an editor. It is for a user who has made sure, by another way
// than this connection, that the bank did change. Nothing pinned is [ErrUnknownIdentity].
func (p *Pins) Forget(host string) error {
	return p.change(host, func(f *pinFile, host string) error {
		before := len(f.lines)
		f.lines = slices.DeleteFunc(f.lines, func(line pinLine) bool {
			return line.kind != pinNone && line.host == host
		})
		if len(f.lines) == before {
			_, err := f.lookup(host)
			return err
		}
		return nil
	})
}

// Move replaces the pin of host by the identity of a certificate whose predecessor is the pinned one. Without a
// predecessor that is pinned, and that signed this very identity, the error is an [*IdentityChangedError]. Tell the user
// what was done.
func (p *Pins) Move(host string, certificate *ChannelCertificate) error {
	return p.change(host, func(f *pinFile, host string) error {
		i, err := f.lookup(host)
		if err != nil {
			return err
		}
		pinned, next, proof := f.lines[i].identity, certificate.Identity, certificate.Predecessor
		if pinned.equal(next) { // another program was faster
			return nil
		}
		if proof == nil || !proof.Old.equal(pinned) || !proof.Vouches(next) {
			return &IdentityChangedError{Pinned: pinned, Presented: next}
		}
		f.lines[i] = newPinLine(host, next, p.now())
		return nil
	})
}

// change rewrites the file under the lock, unless edit fails or changes nothing.
func (p *Pins) change(host string, edit func(f *pinFile, host string) error) error {
	host, err := canonicalHost(host)
	if err != nil {
		return err
	}
	unlock, err := lock(p.path + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	f, err := p.read()
	if err != nil {
		return err
	}
	before := string(f.bytes())
	if err := edit(&f, host); err != nil {
		return fmt.Errorf("%s: %w", p.path, err)
	}
	after := f.bytes()
	if string(after) == before {
		return nil
	}
	if len(after) > maxPinFile {
		return fmt.Errorf("%s would be larger than %d bytes", p.path, maxPinFile)
	}
	return replaceFile(p.path, after)
}

// read returns an empty store where there is no file.
func (p *Pins) read() (pinFile, error) {
	text, err := readFile(p.path, maxPinFile, othersWrite)
	if errors.Is(err, fs.ErrNotExist) {
		return pinFile{}, nil
	}
	return parsePinFile(text), err
}
