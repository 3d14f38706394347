package ledger

import (
	"crypto/sha256"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"

	"caudal/models/clabe"
)

// digestLabel separates what stands for a refused order from every other hash.
const digestLabel = "caudal outcome v1"

// digest stands for what an order asks, in the outcome of a refusal.
func (o *Order) digest() [32]byte {
	b := make([]byte, 0, 128)
	b = append(b, digestLabel...)
	b = append(b, 0, byte(o.Kind))
	b = binary.BigEndian.AppendUint64(b, uint64(o.Debit))
	b = binary.BigEndian.AppendUint64(b, uint64(o.Credit))
	b = binary.BigEndian.AppendUint64(b, uint64(o.AmountMinor))
	b = binary.BigEndian.AppendUint32(b, uint32(len(o.Currency)))
	b = append(b, o.Currency...)
	b = append(b, o.Memo...)
	return sha256.Sum256(b)
}

// same tells whether two orders with one key ask for the same.
func (o *Order) same(other *Order) bool {
	return o.Kind == other.Kind && o.Debit == other.Debit && o.Credit == other.Credit &&
		o.AmountMinor == other.AmountMinor && o.Currency == other.Currency && o.Memo == other.Memo
}

// findOutcomes looks up every key of the batch, and finds the twins within it: orders with a key that is decided by the
// batch itself.
func (w *writer) findOutcomes(b *batch) error {
	found := func(row []driver.Value) error { return w.foundOutcome(b, row) }
	for i := range b.decisions {
		d := &b.decisions[i]
		if d.err != nil {
			continue
		}
		asked := ask{d.order.Key, d.order.Actor}
		if first, ok := b.twins[asked]; ok {
			d.twin = first
		} else {
			b.twins[asked] = i
		}
		args, err := w.st.findOutcomes.next(found)
		if err != nil {
			return err
		}
		d.key = d.order.Key[:]
		args[0].Value = d.key
		args[1].Value = d.actorValue()
		args[2].Value = int64(i)
	}
	return w.st.findOutcomes.flush(found)
}

// recorded is a row of outcomes.
type recorded struct {
	digest                     []byte
	transfer, refusal, account int64 // two of them 0
}

func recordedFrom(row []driver.Value) (r recorded) {
	r.digest, _ = row[0].([]byte)
	r.transfer, _ = row[1].(int64)
	r.refusal, _ = row[2].(int64)
	r.account, _ = row[3].(int64)
	return r
}

// foundOutcome answers an order whose key was decided before.
func (w *writer) foundOutcome(b *batch, row []driver.Value) error {
	d := &b.decisions[row[0].(int64)]
	d.twin = -1 // what is written stands, whatever else the batch has
	switch r := recordedFrom(row[1:]); {
	case r.transfer != 0:
		receipt, err := w.replay(d.order, r.transfer)
		if errors.Is(err, ErrKeyReused) {
			d.err = ErrKeyReused
			return nil
		}
		d.receipt = receipt
		return err
	case r.refusal != 0 && [32]byte(r.digest) == d.order.digest():
		d.err = refusalByNumber(r.refusal)
	default:
		d.err = ErrKeyReused
	}
	return nil
}

// replay returns the receipt of a transfer again, or ErrKeyReused where the order asks for something else.
func (w *writer) replay(o *Order, transfer int64) (*Receipt, error) {
	var receipt *Receipt
	same := false
	err := w.st.findTransfer.run(values(transfer), func(row []driver.Value) error {
		receipt, same = replayed(o, transfer, row)
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case receipt == nil:
		return nil, fmt.Errorf("ledger: transfer %d, an outcome, is missing", transfer)
	case !same:
		return nil, ErrKeyReused
	}
	return receipt, nil
}

// replayed reads a row of findTransfer, and compares it with the order.
func replayed(o *Order, transfer int64, row []driver.Value) (r *Receipt, same bool) {
	r = &Receipt{
		Transfer: transfer, Key: o.Key, Kind: Kind(row[0].(int64)),
		Debit: clabe.Number(row[1].(int64)), Credit: clabe.Number(row[2].(int64)),
		AmountMinor: row[3].(int64), Currency: currencyOf(row[4].(string)), At: row[11].(int64), Replay: true,
	}
	memo, kept := row[13].(string)
	r.Memo = memo
	if o.Kind == KindDeposit || o.Kind == KindGift {
		r.Account, r.Seq, r.BalanceMinor = r.Credit, uint64(row[6].(int64)), row[8].(int64)
		copy(r.Head[:], row[10].([]byte))
	} else {
		r.Account, r.Seq, r.BalanceMinor = r.Debit, uint64(row[5].(int64)), row[7].(int64)
		copy(r.Head[:], row[9].([]byte))
	}
	hadMemo := row[12] != nil
	sameMemo := hadMemo == (o.Memo != "") && (!kept || memo == o.Memo) // of an erased memo nothing else is known
	sameSides := r.Debit == o.Debit && r.Credit == o.Credit
	switch o.Kind {
	case KindDeposit, KindGift:
		sameSides = r.Credit == o.Credit && o.Debit == 0
	case KindWithdrawal:
		sameSides = r.Debit == o.Debit && o.Credit == 0
	}
	return r, r.Kind == o.Kind && sameSides && sameMemo && r.AmountMinor == o.AmountMinor && r.Currency == o.Currency
}
