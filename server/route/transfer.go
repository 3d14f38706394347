package route

import (
	"caudal/models/clabe"
	"caudal/models/ledger"
	"caudal/models/money"
	"caudal/protocol"
)

// transfer moves money between holders: the hot path, on the connection's reading goroutine straight into the ledger's
// queue. The ledger checks everything that bears on the decision, in the commit itself.
func transfer(c call, request *protocol.Command) {
	r := request.GetTransfer()
	from, err := clabe.Parse(r.GetFrom())
	if err != nil {
		c.fail(err)
		return
	}
	to, err := clabe.Parse(r.GetTo())
	if err != nil {
		c.fail(err)
		return
	}
	c.order(request, ledger.KindTransfer, from, to, r)
}

// deposit takes in cash, for a teller.
func deposit(c call, request *protocol.Command) {
	r := request.GetDeposit()
	account, err := clabe.Parse(r.GetAccount())
	if err != nil {
		c.fail(err)
		return
	}
	c.order(request, ledger.KindDeposit, 0, account, r)
}

// withdraw pays out cash, for a teller.
func withdraw(c call, request *protocol.Command) {
	r := request.GetWithdraw()
	account, err := clabe.Parse(r.GetAccount())
	if err != nil {
		c.fail(err)
		return
	}
	c.order(request, ledger.KindWithdrawal, account, 0, r)
}

// amounted is what all three requests have.
type amounted interface {
	GetAmountMinor() int64
	GetCurrency() string
	GetMemo() string
}

// order gives an order to the ledger. It does not wait.
func (c call) order(request *protocol.Command, kind ledger.Kind, debit, credit clabe.Number, r amounted) {
	key, err := keyOf(request)
	if err != nil {
		c.fail(err)
		return
	}
	memo, err := memoOf(r.GetMemo())
	if err != nil {
		c.fail(err)
		return
	}
	if len(r.GetCurrency()) > currencyBytesMax {
		c.fail(ledger.ErrCurrencyMismatch)
		return
	}
	who := c.person()
	if err := c.limits.mayMiss(who.user); err != nil {
		c.fail(err)
		return
	}
	o := &pendingOrder{call: c, order: ledger.Order{
		Key: key, Actor: who.user, Device: who.device, Kind: kind, Debit: debit, Credit: credit,
		AmountMinor: r.GetAmountMinor(), Currency: money.Currency(r.GetCurrency()), Memo: memo,
	}}
	if err := c.config.Ledger.Submit(&o.order, o); err != nil {
		c.fail(err)
	}
}

// pendingOrder is an order that the ledger has, and the call that waits for it: one allocation a transfer.
type pendingOrder struct {
	call  call
	order ledger.Order
}

// Decided answers the call, on the ledger's publisher goroutine: nothing here waits. What the same commit tells the same
// connection goes out with it.
func (o *pendingOrder) Decided(_ *ledger.Order, receipt *ledger.Receipt, err error) {
	if err != nil {
		o.call.fail(err)
		return
	}
	o.call.receipt(receipt)
}
