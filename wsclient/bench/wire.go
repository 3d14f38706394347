package bench

import (
	"encoding/binary"
	"errors"

	"google.golang.org/protobuf/encoding/protowire"

	"caudal/protocol"
)

// The few messages that a load has by the hundred thousand, written and read by hand; whatever comes once a connection goes
// through the generated code. A test holds both against each other. Numbers are the schema's.

var errWire = errors.New("a message is malformed")

// Fields of a command.
const (
	commandsField     = 1<<3 | 2 // ClientFrame.commands
	commandIDField    = 1 << 3
	commandKeyField   = 2<<3 | 2
	commandTransfer   = 19<<3 | 2
	commandHistory    = 20<<3 | 2
	commandPing       = 27<<3 | 2
	transferFrom      = 1<<3 | 2
	transferTo        = 2<<3 | 2
	transferAmount    = 3 << 3
	transferCurrency  = 4<<3 | 2
	historyAccount    = 1<<3 | 2
	historyLimit      = 2 << 3
	commandLengthsMax = 1 // a command is shorter than 128 bytes: its length takes one
)

// appendCommand appends a command to a frame; body appends what follows its id, and must leave it shorter than 128 bytes.
func appendCommand(frame []byte, id uint64, body func([]byte) []byte) []byte {
	frame = append(frame, commandsField, 0)
	start := len(frame)
	frame = append(frame, commandIDField)
	frame = protowire.AppendVarint(frame, id)
	frame = body(frame)
	frame[start-commandLengthsMax] = byte(len(frame) - start)
	return frame
}

func appendPing(frame []byte, id uint64) []byte {
	return appendCommand(frame, id, func(b []byte) []byte {
		return append(protowire.AppendVarint(b, commandPing), 0)
	})
}

// order is a transfer in the tester's own words.
type order struct {
	key         [protocol.IdempotencyKeyBytes]byte
	from, to    string // CLABEs
	fromNumber  int32  // in the run's payees
	toNumber    int32
	amountMinor int64
}

const currency = "MXN"

func (o *order) appendTransfer(frame []byte, id uint64) []byte {
	return appendCommand(frame, id, func(b []byte) []byte {
		b = append(b, commandKeyField, byte(len(o.key)))
		b = append(b, o.key[:]...)
		b = append(protowire.AppendVarint(b, commandTransfer), 0)
		start := len(b)
		b = append(append(b, transferFrom, byte(len(o.from))), o.from...)
		b = append(append(b, transferTo, byte(len(o.to))), o.to...)
		b = protowire.AppendVarint(append(b, transferAmount), uint64(o.amountMinor))
		b = append(append(b, transferCurrency, byte(len(currency))), currency...)
		b[start-1] = byte(len(b) - start)
		return b
	})
}

func appendHistory(frame []byte, id uint64, account string, limit uint64) []byte {
	return appendCommand(frame, id, func(b []byte) []byte {
		b = append(protowire.AppendVarint(b, commandHistory), 0)
		start := len(b)
		b = append(append(b, historyAccount, byte(len(account))), account...)
		b = protowire.AppendVarint(append(b, historyLimit), limit)
		b[start-1] = byte(len(b) - start)
		return b
	})
}

// Fields of what the bank says.
const (
	messagesField protowire.Number = 1 // ServerFrame.messages
	messageReply  protowire.Number = 1
	messageEvent  protowire.Number = 2

	replyID      protowire.Number = 1
	replyError   protowire.Number = 2
	replyReceipt protowire.Number = 19
	replyPing    protowire.Number = 27

	errorCode       protowire.Number = 1
	errorRetryAfter protowire.Number = 4

	receiptBalance protowire.Number = 9
	receiptSeq     protowire.Number = 10
	receiptHead    protowire.Number = 11
	receiptReplay  protowire.Number = 12

	eventBalance  protowire.Number = 1
	eventDraining protowire.Number = 4

	balanceAccount protowire.Number = 1
	balanceSeq     protowire.Number = 3
	balanceMinor   protowire.Number = 4
	balanceLeg     protowire.Number = 8

	legSeq    protowire.Number = 2
	legAmount protowire.Number = 3
	legLeaves protowire.Number = 4
	legOther  protowire.Number = 5
	legAtUs   protowire.Number = 8
	legKind   protowire.Number = 9
	legHead   protowire.Number = 11
	legMemo   protowire.Number = 13
)

// field is one field of a message: a number in value, or bytes.
type field struct {
	number protowire.Number
	value  uint64
	bytes  []byte
}

// next takes the first field off a message. It costs a few nanoseconds: the common tags and lengths have one byte.
func (f *field) next(message []byte) (rest []byte, err error) {
	tag, n := uvarint(message)
	if n <= 0 || tag>>3 == 0 || tag>>3 > uint64(protowire.MaxValidNumber) {
		return nil, errWire
	}
	message = message[n:]
	f.number, f.bytes, f.value = protowire.Number(tag>>3), nil, 0
	switch kind := protowire.Type(tag & 7); kind {
	case protowire.VarintType:
		if f.value, n = uvarint(message); n <= 0 {
			return nil, errWire
		}
		return message[n:], nil
	case protowire.BytesType:
		length, n := uvarint(message)
		if n <= 0 || length > uint64(len(message)-n) {
			return nil, errWire
		}
		end := n + int(length)
		f.bytes = message[n:end:end]
		return message[end:], nil
	default: // nothing that is read here is of another kind
		n := protowire.ConsumeFieldValue(f.number, kind, message)
		if n < 0 {
			return nil, errWire
		}
		f.number = 0
		return message[n:], nil
	}
}

func uvarint(b []byte) (uint64, int) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), 1
	}
	return binary.Uvarint(b)
}

// reply is what the tester reads of a Reply.
type reply struct {
	id         uint64
	code       protocol.Code
	retryAfter uint32 // ms
	receipt    receipt
	raw        []byte // the whole Reply, for what is not read by hand
}

type receipt struct {
	balanceMinor int64
	seq          uint64
	head         [32]byte
	replay       bool
}

func (r *reply) read(raw []byte) error {
	*r = reply{raw: raw}
	var f field
	for rest := raw; len(rest) > 0; {
		var err error
		if rest, err = f.next(rest); err != nil {
			return err
		}
		switch f.number {
		case replyID:
			r.id = f.value
		case replyError:
			err = r.readError(f.bytes)
		case replyReceipt:
			err = r.receipt.read(f.bytes)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *reply) readError(raw []byte) error {
	r.code = protocol.Code_CODE_INTERNAL // an error without a code is none of the bank's refusals
	var f field
	for len(raw) > 0 {
		var err error
		if raw, err = f.next(raw); err != nil {
			return err
		}
		switch f.number {
		case errorCode:
			r.code = protocol.Code(f.value)
		case errorRetryAfter:
			r.retryAfter = uint32(f.value)
		}
	}
	return nil
}

func (r *receipt) read(raw []byte) error {
	var f field
	for len(raw) > 0 {
		var err error
		if raw, err = f.next(raw); err != nil {
			return err
		}
		switch f.number {
		case receiptBalance:
			r.balanceMinor = int64(f.value)
		case receiptSeq:
			r.seq = f.value
		case receiptHead:
			if copy(r.head[:], f.bytes) != len(r.head) {
				return errWire
			}
		case receiptReplay:
			r.replay = f.value != 0
		}
	}
	return nil
}

// movement is what the tester reads of a BalanceEvent.
type movement struct {
	account      uint64 // CLABE as a number
	seq          uint64
	balanceMinor int64
	leg          bool // money moved
	amountMinor  int64
	leavesMinor  int64 // the balance, as the leg has it
	atUs         int64
	head         [32]byte
	other        uint64 // the counterparty's CLABE as a number
	kind         protocol.TransferKind
	memo         bool
}

// chainLeg is what the account's chain binds of a movement without a memo.
func (m *movement) chainLeg() *protocol.ChainLeg {
	return &protocol.ChainLeg{
		Kind: m.kind, Account: m.account, Counterparty: m.other, Seq: m.seq,
		AmountMinor: m.amountMinor, BalanceMinor: m.balanceMinor, AtUs: m.atUs, Currency: currency,
	}
}

func (m *movement) read(raw []byte) error {
	*m = movement{}
	var f field
	for len(raw) > 0 {
		var err error
		if raw, err = f.next(raw); err != nil {
			return err
		}
		switch f.number {
		case balanceAccount:
			m.account, err = accountNumber(f.bytes)
		case balanceSeq:
			m.seq = f.value
		case balanceMinor:
			m.balanceMinor = int64(f.value)
		case balanceLeg:
			m.leg = true
			err = m.readLeg(f.bytes)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *movement) readLeg(raw []byte) error {
	var f field
	for len(raw) > 0 {
		var err error
		if raw, err = f.next(raw); err != nil {
			return err
		}
		switch f.number {
		case legSeq:
			if f.value != m.seq {
				return errWire
			}
		case legAmount:
			m.amountMinor = protowire.DecodeZigZag(f.value)
		case legLeaves:
			m.leavesMinor = int64(f.value)
		case legAtUs:
			m.atUs = int64(f.value)
		case legHead:
			if copy(m.head[:], f.bytes) != len(m.head) {
				return errWire
			}
		case legOther:
			m.other, err = accountNumber(f.bytes)
		case legKind:
			m.kind = protocol.TransferKind(f.value)
		case legMemo:
			m.memo = true
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// clabeDigits is the length of a CLABE.
const clabeDigits = 18

// accountNumber is a CLABE as a number.
func accountNumber[text string | []byte](clabe text) (n uint64, err error) {
	if len(clabe) != clabeDigits {
		return 0, errWire
	}
	for i := range clabeDigits {
		digit := clabe[i] - '0'
		if digit > 9 {
			return 0, errWire
		}
		n = n*10 + uint64(digit)
	}
	return n, nil
}
