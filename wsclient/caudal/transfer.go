package caudal

import (
	"context"
	"time"

	"caudal/models/clabe"
	"caudal/protocol"
)

// Order is a transfer to make.
type Order struct {
	From        string // CLABE of an own account
	To          string // CLABE
	AmountMinor int64
	Currency    string // ISO 4217, of both accounts
	Memo        string // at most 140 characters; the payee reads it
	Key         Key    // zero: a new one
}

// CashOrder is cash that a teller takes or gives.
type CashOrder struct {
	Account     string // CLABE of the holder
	AmountMinor int64
	Currency    string
	Memo        string
	Key         Key // zero: a new one
}

// Receipt is the bank's answer to an order that is committed.
type Receipt struct {
	TransferID   string // opaque
	Key          Key
	From, To     string // CLABEs
	AmountMinor  int64
	Currency     string
	Memo         string
	At           time.Time
	BalanceMinor int64  // just after, of the account that the order speaks of: the payer, or the holder of the cash
	Seq          uint64 // of that account's leg
	Head         Head   // of that account's chain
	Replay       bool   // the order had been carried out before; this is the original receipt
}

// Transfer moves money, once. Where the answer is cut off, or the bank does not know yet, or is busy, the same order is
// sent again with its key until it is answered or ctx ends.
//
// The error is an [*Error] where the bank refused: nothing has moved, and nothing will with this key unless Retryable.
// It is an [*OutcomeUnknownError] where ctx ended, or the connection for good, while the order may have been carried
// out; it has the key, and the same order with that key settles it, also from another Conn of the same user. Any other
// error means that the order was never sent. Only an order that came with a Key is always of unknown outcome then,
// because it may have been sent before.
func (c *Conn) Transfer(ctx context.Context, o Order) (*Receipt, error) {
	reply, err := c.order(ctx, o.Key, &protocol.Command{Request: &protocol.Command_Transfer{Transfer: &protocol.TransferRequest{
		From: o.From, To: o.To, AmountMinor: o.AmountMinor, Currency: o.Currency, Memo: o.Memo,
	}}})
	if err != nil {
		return nil, err
	}
	return c.receipt(reply, func(r *Receipt) bool {
		return r.From == o.From && r.To == o.To && r.AmountMinor == o.AmountMinor && r.Currency == o.Currency
	})
}

// Deposit puts cash on a holder's account. For tellers; as sure as [Conn.Transfer].
func (c *Conn) Deposit(ctx context.Context, o CashOrder) (*Receipt, error) {
	reply, err := c.order(ctx, o.Key, &protocol.Command{Request: &protocol.Command_Deposit{Deposit: &protocol.DepositRequest{
		Account: o.Account, AmountMinor: o.AmountMinor, Currency: o.Currency, Memo: o.Memo,
	}}})
	if err != nil {
		return nil, err
	}
	return c.receipt(reply, func(r *Receipt) bool {
		return r.To == o.Account && r.AmountMinor == o.AmountMinor && r.Currency == o.Currency
	})
}

// Withdraw pays cash out of a holder's account. For tellers; as sure as [Conn.Transfer].
func (c *Conn) Withdraw(ctx context.Context, o CashOrder) (*Receipt, error) {
	reply, err := c.order(ctx, o.Key, &protocol.Command{Request: &protocol.Command_Withdraw{Withdraw: &protocol.WithdrawRequest{
		Account: o.Account, AmountMinor: o.AmountMinor, Currency: o.Currency, Memo: o.Memo,
	}}})
	if err != nil {
		return nil, err
	}
	return c.receipt(reply, func(r *Receipt) bool {
		return r.From == o.Account && r.AmountMinor == o.AmountMinor && r.Currency == o.Currency
	})
}

// receipt reads the answer, and refuses one that speaks of something else than what was ordered.
func (c *Conn) receipt(reply *answer, ordered func(*Receipt) bool) (*Receipt, error) {
	result, ok := reply.GetResult().(*protocol.Reply_Receipt)
	if !ok {
		return nil, &OutcomeUnknownError{Key: reply.key, Cause: c.wrongResult("an order")}
	}
	raw := result.Receipt
	head, err := headOf(raw.GetHead())
	if err != nil {
		return nil, &OutcomeUnknownError{Key: reply.key, Cause: c.broken(err)}
	}
	r := &Receipt{
		TransferID: raw.GetTransferId(), Key: reply.key, From: raw.GetFrom(), To: raw.GetTo(),
		AmountMinor: raw.GetAmountMinor(), Currency: raw.GetCurrency(), Memo: raw.GetMemo(), At: micros(raw.GetAtUs()),
		BalanceMinor: raw.GetBalanceMinor(), Seq: raw.GetSeq(), Head: head, Replay: raw.GetReplay(),
	}
	_, fromErr := clabe.Parse(r.From)
	_, toErr := clabe.Parse(r.To)
	if string(raw.GetIdempotencyKey()) != string(reply.key[:]) || !ordered(r) || fromErr != nil || toErr != nil {
		return nil, &OutcomeUnknownError{Key: reply.key, Cause: c.broken(violation("a receipt is for another order"))}
	}
	return r, nil
}
