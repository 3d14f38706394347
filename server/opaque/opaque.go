// Package opaque gives rows names that show neither how many there are nor their order.
//
// A name is one AES block: the row's number and what it must be used with. It says nothing to whoever has no key, and one
// that the bank did not make opens with a probability of 2^-64. It is no proof of ownership: whoever opens one still asks
// whose the row is.
package opaque

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"slices"
)

// Labels from which each purpose's key is derived: a name made for one purpose opens for no other.
const (
	transferLabel    = "caudal opaque transfer v1"
	cursorLabel      = "caudal opaque cursor v1"
	auditLabel       = "caudal opaque audit v1"
	auditCursorLabel = "caudal opaque audit cursor v1"
)

// nameLen is the length of a name: 16 bytes in base32.
const nameLen = 26

// ErrName means that a text is no name that this bank made for this purpose.
var ErrName = errors.New("opaque: no such name")

// letters are base32's (RFC 4648) in lower case: names can be read aloud, and fit a URL.
var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Names makes and opens names under one bank's key. Its methods may be called from any goroutine.
type Names struct {
	transfers, cursors, audits, auditCursors cipher.Block
}

// New derives the purposes' keys from the bank's handle key (32 bytes) by HKDF-SHA256 (RFC 5869).
func New(handleKey []byte) (*Names, error) {
	n := new(Names)
	for _, purpose := range []struct {
		label string
		block *cipher.Block
	}{{transferLabel, &n.transfers}, {cursorLabel, &n.cursors}, {auditLabel, &n.audits}, {auditCursorLabel, &n.auditCursors}} {
		var err error
		if *purpose.block, err = block(handleKey, purpose.label); err != nil {
			return nil, err
		}
	}
	return n, nil
}

func block(handleKey []byte, label string) (cipher.Block, error) {
	if len(handleKey) != 32 {
		return nil, errors.New("opaque: the handle key has 32 bytes")
	}
	key, err := hkdf.Key(sha256.New, handleKey, nil, label, 16)
	if err != nil {
		return nil, err
	}
	return aes.NewCipher(key)
}

// Transfer names the transfer with this row id; both its holders see the same name.
func (n *Names) Transfer(id int64) string { return seal(n.transfers, uint64(id), 0) }

// AppendTransfer appends the name of the transfer with this row id to dst.
func (n *Names) AppendTransfer(dst []byte, id int64) []byte {
	return appendSealed(dst, n.transfers, uint64(id), 0)
}

// OpenTransfer returns the row id that Transfer was given.
func (n *Names) OpenTransfer(name string) (int64, error) {
	id, err := open(n.transfers, name, 0)
	return int64(id), err
}

// Cursor names a place in an account's history: the legs before seq.
func (n *Names) Cursor(account int64, seq uint64) string {
	return seal(n.cursors, seq, uint64(account))
}

// OpenCursor returns the seq that Cursor was given. A cursor of another account is ErrName.
func (n *Names) OpenCursor(account int64, name string) (uint64, error) {
	return open(n.cursors, name, uint64(account))
}

// Audit names an entry of the audit log.
func (n *Names) Audit(id int64) string { return seal(n.audits, uint64(id), 0) }

// AuditCursor names a place in the audit log as one user reads it: the entries before the one with this row id.
func (n *Names) AuditCursor(user, id int64) string {
	return seal(n.auditCursors, uint64(id), uint64(user))
}

// OpenAuditCursor returns the row id that AuditCursor was given. A cursor of another user is ErrName.
func (n *Names) OpenAuditCursor(user int64, name string) (int64, error) {
	id, err := open(n.auditCursors, name, uint64(user))
	return int64(id), err
}

func seal(block cipher.Block, id, tag uint64) string {
	return string(appendSealed(make([]byte, 0, sealRoom), block, id, tag))
}

// sealRoom is what appendSealed needs: the name, and the block behind it on its way there.
const sealRoom = nameLen + aes.BlockSize

func appendSealed(dst []byte, block cipher.Block, id, tag uint64) []byte {
	dst = slices.Grow(dst, sealRoom)
	name, raw := dst[len(dst):len(dst)+nameLen], dst[len(dst)+nameLen:len(dst)+sealRoom]
	binary.BigEndian.PutUint64(raw[:8], id)
	binary.BigEndian.PutUint64(raw[8:], tag)
	block.Encrypt(raw, raw)
	letters.Encode(name, raw)
	return dst[:len(dst)+nameLen]
}

func open(block cipher.Block, name string, tag uint64) (uint64, error) {
	if len(name) != nameLen {
		return 0, ErrName
	}
	raw, err := letters.DecodeString(name)
	if err != nil || letters.EncodeToString(raw) != name { // one name a row: spare bits are zero
		return 0, ErrName
	}
	block.Decrypt(raw, raw)
	if binary.BigEndian.Uint64(raw[8:]) != tag {
		return 0, ErrName
	}
	return binary.BigEndian.Uint64(raw[:8]), nil
}
