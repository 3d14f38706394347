package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Params are what argon2id costs.
type Params struct {
	MemoryKiB uint32
	Passes    uint32
	Lanes     uint8
}

// DefaultParams are OWASP's minimum for argon2id and RFC 9106's shape for a server: 19 MiB, two passes, one lane; about
// 20 ms of one core.
var DefaultParams = Params{MemoryKiB: 19 * 1024, Passes: 2, Lanes: 1}

// Bounds of what a stored hash may ask for, so that a row that somebody altered cannot stop the server.
const (
	maxMemoryKiB = 256 * 1024
	maxPasses    = 16
	maxLanes     = 16
	minSalt      = 8
	maxSalt      = 64
	minTag       = 16
	maxTag       = 64
	maxPHC       = 256
)

const (
	saltSize = 16
	tagSize  = 32
)

// ErrMalformed means that a stored hash is not an argon2id PHC string within bounds. It is the bank's fault, not the
// user's.
var ErrMalformed = errors.New("password: the stored hash is malformed")

// hashed is a parsed PHC string.
type hashed struct {
	params    Params
	salt, tag []byte
}

func (p Params) valid() bool {
	return p.Passes >= 1 && p.Passes <= maxPasses && p.Lanes >= 1 && p.Lanes <= maxLanes &&
		p.MemoryKiB >= 8*uint32(p.Lanes) && p.MemoryKiB <= maxMemoryKiB
}

func (p Params) tag(password string, salt []byte, size int) []byte {
	return argon2.IDKey([]byte(password), salt, p.Passes, p.MemoryKiB, p.Lanes, uint32(size))
}

// String writes the PHC string format: $argon2id$v=19$m=19456,t=2,p=1$SALT$TAG, base64 without padding.
func (h hashed) String() string {
	encode := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, h.params.MemoryKiB, h.params.Passes, h.params.Lanes, encode(h.salt), encode(h.tag))
}

// parse accepts exactly what String writes, within bounds; so each hash has one spelling.
func parse(phc string) (hashed, error) {
	fields := strings.Split(phc, "$")
	if len(phc) > maxPHC || len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" {
		return hashed{}, ErrMalformed
	}
	var h hashed
	var err error
	if h.params, err = parseParams(fields[3]); err != nil {
		return hashed{}, err
	}
	decoder := base64.RawStdEncoding.Strict()
	if h.salt, err = decoder.DecodeString(fields[4]); err != nil {
		return hashed{}, ErrMalformed
	}
	if h.tag, err = decoder.DecodeString(fields[5]); err != nil {
		return hashed{}, ErrMalformed
	}
	if len(h.salt) < minSalt || len(h.salt) > maxSalt || len(h.tag) < minTag || len(h.tag) > maxTag || h.String() != phc {
		return hashed{}, ErrMalformed
	}
	return h, nil
}

func parseParams(text string) (Params, error) {
	values := strings.Split(text, ",")
	if len(values) != 3 {
		return Params{}, ErrMalformed
	}
	var numbers [3]uint64
	for i, name := range [3]string{"m=", "t=", "p="} {
		digits, ok := strings.CutPrefix(values[i], name)
		number, err := strconv.ParseUint(digits, 10, 32)
		if !ok || err != nil {
			return Params{}, ErrMalformed
		}
		numbers[i] = number
	}
	if numbers[2] > maxLanes { // before it is cut to 8 bits
		return Params{}, ErrMalformed
	}
	p := Params{MemoryKiB: uint32(numbers[0]), Passes: uint32(numbers[1]), Lanes: uint8(numbers[2])}
	if !p.valid() {
		return Params{}, ErrMalformed
	}
	return p, nil
}
