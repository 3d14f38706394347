package live

import (
	"google.golang.org/protobuf/encoding/protowire"

	"caudal/models/clabe"
	"caudal/models/ledger"
	"caudal/protocol"
	"caudal/server/conn"
)

// The balance event is the one that every transfer makes two of, so it is made by hand. A test holds each of its bytes against
// the message that Leg and the schema make of the same change.

// Fields of Event, BalanceEvent and Leg.
const (
	eventBalance protowire.Number = 1

	balanceAccount        protowire.Number = 1
	balanceVersion        protowire.Number = 2
	balanceSeq            protowire.Number = 3
	balanceBalanceMinor   protowire.Number = 4
	balanceAvailableMinor protowire.Number = 5
	balanceCurrency       protowire.Number = 6
	balanceStatus         protowire.Number = 7
	balanceLeg            protowire.Number = 8

	legTransferID       protowire.Number = 1
	legSeq              protowire.Number = 2
	legAmountMinor      protowire.Number = 3
	legBalanceMinor     protowire.Number = 4
	legCounterparty     protowire.Number = 5
	legCounterpartyName protowire.Number = 6
	legMemo             protowire.Number = 7
	legAtUs             protowire.Number = 8
	legKind             protowire.Number = 9
	legIdempotencyKey   protowire.Number = 10
	legHead             protowire.Number = 11
	legMemoSalt         protowire.Number = 12
	legMemoHash         protowire.Number = 13
)

// appendBalance appends the event of a change, as conn.Event.Encoded has it.
func (h *Hub) appendBalance(dst []byte, change *ledger.Change) []byte {
	dst, event := conn.BeginEvent(dst)
	dst, balance := protocol.Begin(dst, eventBalance)
	dst = AppendNumber(dst, balanceAccount, change.Account)
	dst = protocol.AppendUint(dst, balanceVersion, change.Version)
	dst = protocol.AppendUint(dst, balanceSeq, change.Seq)
	dst = protocol.AppendUint(dst, balanceBalanceMinor, uint64(change.BalanceMinor))
	dst = protocol.AppendUint(dst, balanceAvailableMinor, uint64(change.AvailableMinor))
	dst = protocol.AppendText(dst, balanceCurrency, change.Currency)
	dst = protocol.AppendUint(dst, balanceStatus, uint64(Status(change.Status)))
	if change.Leg != nil {
		begun, leg := protocol.Begin(dst, balanceLeg)
		dst = protocol.End(appendLeg(begun, change.Leg, change.Owner, h.TransferID(change.Leg.Transfer)), leg)
	}
	return event.End(protocol.End(dst, balance))
}

// appendLeg appends what Leg returns.
func appendLeg(dst []byte, leg *ledger.Leg, user int64, transferID []byte) []byte {
	dst = protocol.AppendText(dst, legTransferID, transferID)
	dst = protocol.AppendUint(dst, legSeq, leg.Seq)
	dst = protocol.AppendSint(dst, legAmountMinor, leg.AmountMinor)
	dst = protocol.AppendUint(dst, legBalanceMinor, uint64(leg.BalanceMinor))
	dst = AppendNumber(dst, legCounterparty, leg.Counterparty)
	dst = protocol.AppendText(dst, legCounterpartyName, leg.CounterpartyName)
	dst = protocol.AppendText(dst, legMemo, leg.Memo)
	dst = protocol.AppendUint(dst, legAtUs, uint64(leg.At))
	dst = protocol.AppendUint(dst, legKind, uint64(Kind(leg.Kind)))
	if showsKey(leg, user) {
		dst = protocol.AppendText(dst, legIdempotencyKey, leg.Key[:])
	}
	dst = protocol.AppendText(dst, legHead, leg.Head[:])
	if hasMemoHash(leg) {
		dst = protocol.AppendText(dst, legMemoSalt, leg.MemoSalt[:])
		dst = protocol.AppendText(dst, legMemoHash, leg.MemoHash[:])
	}
	return dst
}

// AppendNumber appends an account number as the text that it is outside.
func AppendNumber(dst []byte, field protowire.Number, n clabe.Number) []byte {
	var text [clabe.Digits + 2]byte // and two for what is no CLABE, such as 0 with a sign
	return protocol.AppendText(dst, field, n.Append(text[:0]))
}
