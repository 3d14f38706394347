package ledger

import (
	"crypto/rand"
	"unicode/utf8"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
)

// decide says whether the order may be carried out, by what stands in the batch so far. What it returns binds the key.
func (w *writer) decide(b *batch, d *decision) error {
	o := d.order
	if o.AmountMinor <= 0 || o.AmountMinor > money.MaxAmountMinor {
		return ErrInvalidAmount
	}
	if !cleanMemo(o.Memo) {
		return ErrMemo
	}
	if err := permitted(d); err != nil {
		return err
	}
	if !o.Currency.Valid() {
		return ErrCurrencyMismatch
	}
	if err := parties(d); err != nil {
		return err
	}
	if d.debit.frozen || d.credit.frozen {
		return ErrAccountFrozen
	}
	if d.debit.currency != o.Currency || d.credit.currency != o.Currency {
		return ErrCurrencyMismatch
	}
	debit, credit := d.debit.standing(), d.credit.standing()
	if debit.availableMinor() < o.AmountMinor {
		if d.debit.system() {
			return ErrBalanceOverflow
		}
		return ErrInsufficientFunds
	}
	if credit.balanceMinor > balanceMaxMinor(d.credit)-o.AmountMinor {
		return ErrBalanceOverflow
	}
	return nil
}

// systemMaxMinor is how much a system account may hold: as far above zero as its floor is below.
const systemMaxMinor = 1 << 62

func balanceMaxMinor(a *account) int64 {
	if a.system() {
		return systemMaxMinor
	}
	return money.MaxAmountMinor
}

// permitted says whether the actor may give an order of this kind at all.
func permitted(d *decision) error {
	o := d.order
	switch o.Kind {
	case KindTransfer:
		if o.Actor == 0 {
			return ErrNotPermitted // the bank gives no orders in a holder's name
		}
		return nil
	case KindDeposit, KindWithdrawal:
		if o.Actor == 0 || d.actor.staff() {
			return nil
		}
	case KindGift:
		if o.Actor == 0 {
			return nil
		}
	}
	return ErrNotPermitted
}

// parties says whether both accounts are there for this actor.
func parties(d *decision) error {
	o := d.order
	if o.Kind == KindTransfer {
		if d.debit == nil || d.debit.ownerID != o.Actor || d.debit.system() {
			return ErrNotFound
		}
		if o.Debit == o.Credit {
			return ErrSameAccount
		}
		if d.credit == nil || d.credit.system() || !d.credit.owner.open {
			return ErrPayeeNotFound
		}
		return nil
	}
	subject, other := d.credit, o.Debit
	if o.Kind == KindWithdrawal {
		subject, other = d.debit, o.Credit
	}
	if other != 0 { // the bank's side is the ledger's to choose
		return ErrNotPermitted
	}
	if subject == nil || subject.system() || !subject.owner.open {
		return ErrNotFound
	}
	if o.Actor != 0 && subject.ownerID == o.Actor { // nobody serves themselves
		return ErrNotPermitted
	}
	return nil
}

// cleanMemo tells whether the memo is as it is kept. Most memos are plain, and that is seen at once.
func cleanMemo(memo string) bool {
	if memo == "" {
		return true
	}
	if len(memo) <= models.MaxMemo && memo[0] != ' ' && memo[len(memo)-1] != ' ' {
		plain := true
		for i := range len(memo) {
			if memo[i] < ' ' || memo[i] >= 0x7f {
				plain = false
				break
			}
		}
		if plain {
			return true
		}
	}
	if len(memo) > models.MaxMemo*utf8.UTFMax {
		return false
	}
	clean, err := models.CleanMemo(memo)
	return err == nil && clean == memo
}

// systemSide returns the account of the bank on the other side of the order, or 0 where the order has two holders' or no
// acceptable currency. The counterparty chooses the shard, so that no row is in every batch.
func systemSide(o *Order) clabe.Number {
	if o.Kind == KindTransfer || !o.Currency.Valid() {
		return 0
	}
	class := models.ClassCash
	if o.Kind == KindGift {
		class = models.ClassGifts
	}
	shard := uint64(o.subject()/10) % models.SystemShards // without the check digit; numbers are random
	return models.SystemAccount(class, o.Currency, int(shard))
}

// move carries a decision out in memory: both legs, their seqs, balances and links. Their heads are chain's.
func (w *writer) move(b *batch, d *decision, index int) {
	o := d.order
	debit, credit := b.next(d.debit), b.next(d.credit)
	d.row = len(b.rows)
	b.rows = append(b.rows, row{})
	r := &b.rows[d.row]
	r.id, r.decision, r.debit, r.credit = w.nextID+int64(d.row), index, d.debit, d.credit
	r.value, r.at = r.id, max(b.nowUs, debit.lastAt, credit.lastAt)
	if w.publisher.sink != nil {
		r.payer, r.payee = names(d.debit, d.credit)
	}
	if o.Memo != "" {
		rand.Read(r.memoSalt[:]) // never fails, see crypto/rand
	}
	r.debitLeg.prev, r.creditLeg.prev = debit.last, credit.last
	advance(debit, r, -o.AmountMinor)
	advance(credit, r, o.AmountMinor)
	r.debitLeg.head, r.creditLeg.head = *debit, *credit
}

func advance(h *head, r *row, amountMinor int64) {
	h.balanceMinor += amountMinor
	h.seq++
	h.version++
	h.last = r.id
	h.lastAt = r.at
}

// names returns what the payee's leg calls the payer, and the payer's leg the payee.
func names(debit, credit *account) (payer, payee string) {
	payer, payee = string(debit.class), string(credit.class)
	if debit.owner != nil {
		payer = debit.owner.name
	}
	if credit.owner != nil {
		payee = credit.owner.maskedName()
		if credit.ownerID == debit.ownerID {
			payee = credit.owner.name
		}
	}
	return payer, payee
}
