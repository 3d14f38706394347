package route

import (
	"google.golang.org/protobuf/encoding/protowire"

	"caudal/models/ledger"
	"caudal/protocol"
	"caudal/server/conn"
	"caudal/server/live"
)

// A receipt answers every transfer, so it is made by hand. A test holds each of its bytes against the schema's.

// Fields of Reply and Receipt.
const (
	replyID      protowire.Number = 1
	replyReceipt protowire.Number = 19

	receiptTransferID     protowire.Number = 1
	receiptIdempotencyKey protowire.Number = 2
	receiptFrom           protowire.Number = 3
	receiptTo             protowire.Number = 4
	receiptAmountMinor    protowire.Number = 5
	receiptCurrency       protowire.Number = 6
	receiptMemo           protowire.Number = 7
	receiptAtUs           protowire.Number = 8
	receiptBalanceMinor   protowire.Number = 9
	receiptSeq            protowire.Number = 10
	receiptHead           protowire.Number = 11
	receiptReplay         protowire.Number = 12
)

// receipt answers the call with one, on the ledger's publisher goroutine.
func (c call) receipt(receipt *ledger.Receipt) {
	c.said = appendReceipt(c.said[:0], c.id, receipt, c.config.Hub.TransferID(receipt.Transfer))
	c.config.Hub.Reply(c.session.conn, c.said)
	c.done(protocol.Code_CODE_UNSPECIFIED)
}

// appendReceipt appends a Reply, as conn.Conn.GatherReply takes it. It does without the account and the kind, which whoever gave
// the order knows.
func appendReceipt(dst []byte, id uint64, receipt *ledger.Receipt, transferID []byte) []byte {
	dst, reply := conn.BeginReply(dst)
	dst = protocol.AppendUint(dst, replyID, id)
	dst, result := protocol.Begin(dst, replyReceipt)
	dst = protocol.AppendText(dst, receiptTransferID, transferID)
	dst = protocol.AppendText(dst, receiptIdempotencyKey, receipt.Key[:])
	dst = live.AppendNumber(dst, receiptFrom, receipt.Debit)
	dst = live.AppendNumber(dst, receiptTo, receipt.Credit)
	dst = protocol.AppendUint(dst, receiptAmountMinor, uint64(receipt.AmountMinor))
	dst = protocol.AppendText(dst, receiptCurrency, receipt.Currency)
	dst = protocol.AppendText(dst, receiptMemo, receipt.Memo)
	dst = protocol.AppendUint(dst, receiptAtUs, uint64(receipt.At))
	dst = protocol.AppendUint(dst, receiptBalanceMinor, uint64(receipt.BalanceMinor))
	dst = protocol.AppendUint(dst, receiptSeq, receipt.Seq)
	dst = protocol.AppendText(dst, receiptHead, receipt.Head[:])
	if receipt.Replay {
		dst = protocol.AppendUint(dst, receiptReplay, 1)
	}
	return reply.End(protocol.End(dst, result))
}
