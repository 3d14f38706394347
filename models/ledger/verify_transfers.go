package ledger

import (
	"database/sql"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
)

// scanned is a transfer as Verify reads it, with its memo and the outcome of its key.
type scanned struct {
	id            int64
	kind          Kind
	debit, credit clabe.Number
	amountMinor   int64
	currency      money.Currency
	debitLeg      scannedLeg
	creditLeg     scannedLeg
	at, actor     int64
	memoHash      []byte
	salt          []byte
	memo          sql.NullString
	outcome       sql.NullInt64 // the transfer that it names
	outcomeAt     sql.NullInt64
	encoding      int
	apart         bool // it names a group or a reversal
}

type scannedLeg struct {
	seq          uint64
	balanceMinor int64
	prev         int64
	hash         []byte
}

const verifyTransfersSQL = `
SELECT t.id, t.kind, t.debit, t.credit, t.amount_minor, t.currency, t.debit_seq, t.credit_seq,
	t.debit_balance_minor, t.credit_balance_minor, t.debit_prev, t.credit_prev, t.debit_head, t.credit_head,
	t.at, t.actor, t.memo_hash, t.encoding_version, m.salt, m.text, o.transfer, o.at,
	t.group_id IS NOT NULL OR t.reverses IS NOT NULL
FROM transfers t LEFT JOIN memos m ON m.transfer = t.id LEFT JOIN outcomes o ON o.key = t.key AND o.actor = t.actor
WHERE t.id > ? AND t.id <= ? ORDER BY t.id LIMIT ?`

// checkTransfers follows every account's legs at once, in the order of the transfers' ids: the ledger gives them out in the
// order in which it decides, so each account's legs come in theirs.
func (v *verification) checkTransfers() error {
	for after := int64(0); ; {
		last := after
		err := each(v.db, func(rows *sql.Rows) error {
			var t scanned
			var currency string
			err := rows.Scan(&t.id, &t.kind, &t.debit, &t.credit, &t.amountMinor, &currency,
				&t.debitLeg.seq, &t.creditLeg.seq, &t.debitLeg.balanceMinor, &t.creditLeg.balanceMinor,
				&t.debitLeg.prev, &t.creditLeg.prev, &t.debitLeg.hash, &t.creditLeg.hash,
				&t.at, &t.actor, &t.memoHash, &t.encoding, &t.salt, &t.memo, &t.outcome, &t.outcomeAt, &t.apart)
			if err != nil {
				return err
			}
			t.currency = currencyOf(currency)
			last = t.id
			v.checkTransfer(&t)
			return nil
		}, verifyTransfersSQL, after, v.newest, verifyPage)
		if err != nil {
			return err
		}
		if last == after {
			return nil
		}
		after = last
	}
}

func (v *verification) checkTransfer(t *scanned) {
	v.report.Transfers++
	if t.encoding != encodingVersion {
		v.report.add(ProblemHash, 0, t.id, "encoding version %d is unknown", t.encoding)
	}
	v.checkLeg(t, t.debit, t.credit, -t.amountMinor, &t.debitLeg)
	v.checkLeg(t, t.credit, t.debit, t.amountMinor, &t.creditLeg)
	v.checkMemo(t)
	v.checkParties(t)
	if t.apart {
		v.report.add(ProblemLink, 0, t.id, "it names a group or a reversal, which nothing makes")
	}
	if !t.outcome.Valid || t.outcome.Int64 != t.id {
		v.report.add(ProblemOutcome, 0, t.id, "its key has no outcome that names it")
		return
	}
	if t.outcomeAt.Int64 > t.at {
		v.report.add(ProblemOutcome, 0, t.id, "it was decided at %d, and took place at %d before", t.outcomeAt.Int64, t.at)
	}
	if t.kind == KindDeposit || t.kind == KindWithdrawal {
		v.counter[t.id] = true
		if t.actor != 0 {
			v.staff[staffDay{t.actor, t.outcomeAt.Int64 / usPerDay, t.currency, t.kind}] += t.amountMinor
		}
	}
}

// checkParties makes sure that money went where its kind lets it go, by whom it lets.
func (v *verification) checkParties(t *scanned) {
	debit, credit := v.accounts[t.debit], v.accounts[t.credit]
	if debit == nil || credit == nil {
		return // checkLeg says so
	}
	right := false
	switch t.kind {
	case KindTransfer:
		right = !debit.system() && debit.owner == t.actor && !credit.system()
	case KindDeposit:
		right = debit.class == models.ClassCash && !credit.system() && credit.owner != t.actor
	case KindWithdrawal:
		right = !debit.system() && debit.owner != t.actor && credit.class == models.ClassCash
	case KindGift:
		right = debit.class == models.ClassGifts && !credit.system() && t.actor == 0
	}
	if !right {
		v.report.add(ProblemAccount, t.debit, t.id, "kind %d by user %d does not lead from here to account %s", t.kind, t.actor, t.credit)
	}
}

// checkLeg compares a leg with the account's leg before, and goes on from what it says itself: one wrong row is one
// problem, not one for each row after it.
func (v *verification) checkLeg(t *scanned, id, counterparty clabe.Number, amountMinor int64, l *scannedLeg) {
	s, ok := v.accounts[id]
	if !ok {
		v.report.add(ProblemAccount, id, t.id, "there is no such account")
		return
	}
	before := &s.reached
	wrong := func(kind ProblemKind, what string, has, want any) {
		v.report.add(kind, id, t.id, "%s is %v, should be %v", what, has, want)
	}
	if l.seq != before.seq+1 {
		wrong(ProblemSeq, "seq", l.seq, before.seq+1)
	}
	if l.prev != before.last {
		wrong(ProblemLink, "the transfer before", l.prev, before.last)
	}
	if want := before.balanceMinor + amountMinor; l.balanceMinor != want {
		wrong(ProblemBalance, "the balance", l.balanceMinor, want)
	}
	if t.at < before.lastAt {
		wrong(ProblemTime, "the time", t.at, before.lastAt)
	}
	if t.currency != s.currency {
		wrong(ProblemCurrency, "the currency", t.currency, s.currency)
	}
	var memoHash, hash [32]byte
	copy(memoHash[:], t.memoHash)
	copy(hash[:], l.hash)
	leg := chainLeg{
		kind: t.kind, account: id, counterparty: counterparty, seq: l.seq, amountMinor: amountMinor,
		balanceMinor: l.balanceMinor, at: t.at, currency: t.currency, memoHash: &memoHash,
	}
	if leg.next(&before.hash) != hash {
		v.report.add(ProblemHash, id, t.id, "the head after leg %d does not follow from the one before and the leg", l.seq)
	}
	before.seq, before.last, before.lastAt, before.balanceMinor, before.hash = l.seq, t.id, t.at, l.balanceMinor, hash
	if l.seq%markEvery == 0 {
		v.marks[markAt{id, l.seq}] = marked{t.id, t.at}
	}
}

func (v *verification) checkMemo(t *scanned) {
	switch {
	case t.memoHash == nil && !t.memo.Valid:
	case t.memoHash == nil:
		v.report.add(ProblemMemo, 0, t.id, "there is a memo, and no hash of it")
	case !t.memo.Valid:
		v.report.MemosErased++
	default:
		v.report.Memos++
		var salt [16]byte
		copy(salt[:], t.salt)
		if hash := hashMemo(&salt, t.memo.String); string(hash[:]) != string(t.memoHash) {
			v.report.add(ProblemMemo, 0, t.id, "the memo is not the one that was hashed")
		}
	}
}
