package conn

import (
	"google.golang.org/protobuf/encoding/protowire"

	"caudal/protocol"
)

// decodeTransfer reads a Command that is a transfer as clients make them: each field at most once and in the order of the
// numbers, texts in ASCII, a whole key, nothing else. It returns nil for everything else, which is the library's to read; that
// takes 1.0 us and 8 allocations where this takes 0.4 us and 2 (BenchmarkDecode). The fuzz test of decodeFrame holds both to one
// meaning.
func decodeTransfer(value []byte) *protocol.Command {
	if len(value) > transferBytesMax {
		return nil
	}
	s := scan{bytes: value}
	var id, amount uint64
	var key, from, to, currency, memo span
	if s.tag(1<<3 | varintType) {
		id = s.varint()
	}
	if s.tag(2<<3 | bytesType) {
		key = s.value()
	}
	if !s.tag(19<<3&0x7f|bytesType|0x80) || !s.tag(19>>4) { // a tag of two bytes
		return nil
	}
	if size := s.varint(); size != uint64(len(value)-s.at) { // in two steps: Go does not say which of them is first in one
		return nil
	}
	if s.tag(1<<3 | bytesType) {
		from = s.text()
	}
	if s.tag(2<<3 | bytesType) {
		to = s.text()
	}
	if s.tag(3<<3 | varintType) {
		amount = s.varint()
	}
	if s.tag(4<<3 | bytesType) {
		currency = s.text()
	}
	if s.tag(5<<3 | bytesType) {
		memo = s.text()
	}
	if s.unusual || s.at != len(value) || id == 0 || key.to-key.from != protocol.IdempotencyKeyBytes {
		return nil
	}
	t := &transferCommand{key: [protocol.IdempotencyKeyBytes]byte(value[key.from:key.to])}
	texts := string(value) // one for all, as long as a command
	t.transfer.From, t.transfer.To = texts[from.from:from.to], texts[to.from:to.to]
	t.transfer.AmountMinor = int64(amount)
	t.transfer.Currency, t.transfer.Memo = texts[currency.from:currency.to], texts[memo.from:memo.to]
	t.request.Transfer = &t.transfer
	t.command.Id, t.command.IdempotencyKey, t.command.Request = id, t.key[:], &t.request
	return &t.command
}

// transferBytesMax bounds what one kept memo keeps in memory beside itself.
const transferBytesMax = 512

// transferCommand is a command with all that it points to.
type transferCommand struct {
	command  protocol.Command
	request  protocol.Command_Transfer
	transfer protocol.TransferRequest
	key      [protocol.IdempotencyKeyBytes]byte
}

// Wire types, as a tag has them.
const (
	varintType = byte(protowire.VarintType)
	bytesType  = byte(protowire.BytesType)
)

// scan walks through a message. What it does not expect makes it unusual.
type scan struct {
	bytes   []byte
	at      int
	unusual bool
}

// span is where a value lies.
type span struct{ from, to int }

// tag steps over a byte, if it comes next.
func (s *scan) tag(b byte) bool {
	if s.at == len(s.bytes) || s.bytes[s.at] != b {
		return false
	}
	s.at++
	return true
}

func (s *scan) varint() uint64 {
	v, n := protowire.ConsumeVarint(s.bytes[s.at:])
	if n < 0 {
		s.unusual = true
		return 0
	}
	s.at += n
	return v
}

func (s *scan) value() span {
	n := s.varint()
	if n > uint64(len(s.bytes)-s.at) {
		s.unusual = true
		return span{}
	}
	from := s.at
	s.at += int(n)
	return span{from, s.at}
}

func (s *scan) text() span {
	v := s.value()
	for _, b := range s.bytes[v.from:v.to] {
		if b >= 0x80 {
			s.unusual = true
		}
	}
	return v
}
