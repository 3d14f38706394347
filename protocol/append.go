package protocol

import (
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// What follows makes messages field by field, for the few that are made so often that building and walking a message would
// be most of the work. Like proto.Marshal it leaves out what is zero; given fields in the order of their numbers it makes the
// same bytes, which tests hold against it. Field numbers are below 2^28.

// AppendUint appends an integer, a bool or an enum that is not zero. An int64 is given as uint64.
func AppendUint(dst []byte, field protowire.Number, value uint64) []byte {
	if value == 0 {
		return dst
	}
	return protowire.AppendVarint(protowire.AppendTag(dst, field, protowire.VarintType), value)
}

// AppendSint appends a sint64 that is not zero.
func AppendSint(dst []byte, field protowire.Number, value int64) []byte {
	return AppendUint(dst, field, protowire.EncodeZigZag(value))
}

// AppendText appends a string or bytes that are not empty.
func AppendText[T ~string | ~[]byte](dst []byte, field protowire.Number, value T) []byte {
	if len(value) == 0 {
		return dst
	}
	dst = protowire.AppendTag(dst, field, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(len(value)))
	return append(dst, value...)
}

// Begin begins a field that has a length: what is appended until End with the mark is its value.
func Begin(dst []byte, field protowire.Number) (_ []byte, mark int) {
	dst = protowire.AppendTag(dst, field, protowire.BytesType)
	return append(dst, 0), len(dst)
}

// End ends what Begin began. The length is known only now: where it takes more than a byte, the value makes room.
func End(dst []byte, mark int) []byte {
	size := len(dst) - mark - 1
	if more := protowire.SizeVarint(uint64(size)) - 1; more > 0 {
		dst = slices.Grow(dst, more)[:len(dst)+more]
		copy(dst[mark+1+more:], dst[mark+1:])
	}
	protowire.AppendVarint(dst[:mark], uint64(size))
	return dst
}
