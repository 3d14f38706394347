package ledger

import (
	"caudal/models/clabe"
	"caudal/models/money"
)

// simple is a ledger as one would write it on a page: no batches, no database, no cache. It decides one order at a time.
type simple struct {
	accounts map[clabe.Number]*simpleAccount
	staff    map[int64]bool
	devices  map[int64]int64 // live ones, to their user
	limits   Limits
	today    map[staffDay]int64
	bound    map[ask]simpleOutcome
}

type simpleAccount struct {
	owner     int64
	currency  money.Currency
	balance   int64
	overdraft int64
	frozen    bool
	seq       uint64
	changes   uint64 // that moved no money
}

type simpleOutcome struct {
	order   Order
	err     error
	balance int64
	seq     uint64
}

// post decides an order; replay says that it was decided before.
func (s *simple) post(o Order) (outcome simpleOutcome, replay bool) {
	if o.Actor != 0 && s.devices[o.Device] != o.Actor {
		return simpleOutcome{err: ErrDeviceRevoked}, false
	}
	key := ask{o.Key, o.Actor}
	content := o
	content.Device = 0
	if before, ok := s.bound[key]; ok {
		if before.order != content {
			return simpleOutcome{err: ErrKeyReused}, false
		}
		return before, true
	}
	outcome.err = s.decide(o)
	if outcome.err == nil {
		outcome.balance, outcome.seq = s.move(o)
	}
	outcome.order = content
	s.bound[key] = outcome
	return outcome, false
}

func (s *simple) decide(o Order) error {
	if o.AmountMinor <= 0 || o.AmountMinor > money.MaxAmountMinor {
		return ErrInvalidAmount
	}
	if o.Memo == badMemo {
		return ErrMemo
	}
	payer, payee := s.accounts[o.Debit], s.accounts[o.Credit]
	switch o.Kind {
	case KindTransfer:
		switch {
		case payer == nil || payer.owner != o.Actor:
			return ErrNotFound
		case payer == payee:
			return ErrSameAccount
		case payee == nil:
			return ErrPayeeNotFound
		}
	case KindDeposit, KindWithdrawal:
		subject := payer
		if o.Kind == KindDeposit {
			subject = payee
		}
		switch {
		case o.Actor != 0 && !s.staff[o.Actor]:
			return ErrNotPermitted
		case subject == nil:
			return ErrNotFound
		case o.Actor == subject.owner:
			return ErrNotPermitted
		}
	case KindGift:
		switch {
		case o.Actor != 0:
			return ErrNotPermitted
		case payee == nil:
			return ErrNotFound
		}
	}
	for _, side := range []*simpleAccount{payer, payee} {
		if side != nil && side.frozen {
			return ErrAccountFrozen
		}
	}
	for _, side := range []*simpleAccount{payer, payee} {
		if side != nil && side.currency != o.Currency {
			return ErrCurrencyMismatch
		}
	}
	if payer != nil && payer.balance+payer.overdraft < o.AmountMinor {
		return ErrInsufficientFunds
	}
	if payee != nil && payee.balance+o.AmountMinor > money.MaxAmountMinor {
		return ErrBalanceOverflow
	}
	if o.Actor != 0 && (o.Kind == KindDeposit || o.Kind == KindWithdrawal) {
		day := staffDay{actor: o.Actor, currency: o.Currency, kind: o.Kind}
		if o.AmountMinor > s.limits.OperationMinor || s.today[day]+o.AmountMinor > s.limits.DayMinor {
			return ErrLimitExceeded
		}
		s.today[day] += o.AmountMinor
	}
	return nil
}

func (s *simple) move(o Order) (balance int64, seq uint64) {
	if payer := s.accounts[o.Debit]; payer != nil {
		payer.balance -= o.AmountMinor
		payer.seq++
		balance, seq = payer.balance, payer.seq
	}
	if payee := s.accounts[o.Credit]; payee != nil {
		payee.balance += o.AmountMinor
		payee.seq++
		if s.accounts[o.Debit] == nil {
			balance, seq = payee.balance, payee.seq
		}
	}
	return balance, seq
}

const badMemo = "bad \x07"
