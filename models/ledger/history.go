package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"

	"gorm.io/gorm"

	"caudal/models"
	"caudal/models/clabe"
)

// HistoryMax is the most legs of one page.
const HistoryMax = 500

// HistoryQuery asks for a page of an account's legs, newest first.
type HistoryQuery struct {
	Account clabe.Number
	Before  uint64 // only legs with a smaller seq: what the page before said; 0 for the newest
	Limit   int    // 1 to HistoryMax; what is outside is brought inside
	Since   int64  // not before; 0 for no bound
	Until   int64  // before; 0 for no bound
}

// History returns a page of legs, and the Before of the next page, or 0 at the end. Whose account it is, the caller has
// asked. The page starts at the nearest mark above, wherever it lies: the walk to its first leg is at most markEvery long.
//
// ErrNotFound: no such account.
func (l *Ledger) History(ctx context.Context, q HistoryQuery) (legs []Leg, next uint64, err error) {
	q.Limit = min(max(q.Limit, 1), HistoryMax)
	if q.Until == 0 {
		q.Until = math.MaxInt64
	}
	db := l.store.Read().WithContext(ctx)
	top, err := headPoint(db, q.Account)
	if err != nil {
		return nil, 0, err
	}
	newest := top.Seq
	if q.Before > 0 {
		newest = min(newest, q.Before-1)
	}
	if newest == 0 {
		return nil, 0, nil
	}
	start, err := nearestMark(db, top, newest)
	if err != nil {
		return nil, 0, err
	}
	if start, err = markBefore(db, start, q.Until); err != nil {
		return nil, 0, err
	}
	if legs, err = walk(db, start, newest, q); err != nil {
		return nil, 0, err
	}
	if len(legs) > q.Limit {
		legs = legs[:q.Limit]
		next = legs[q.Limit-1].Seq
	}
	return legs, next, nil
}

// point is a place on an account's chain of links.
type point struct {
	Account  clabe.Number
	Seq      uint64
	Transfer int64
}

// headPoint returns where the account's legs end now.
func headPoint(db *gorm.DB, account clabe.Number) (point, error) {
	var head models.Head
	err := db.Select("account", "seq", "last").Take(&head, account).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return point{}, ErrNotFound
	}
	if err != nil {
		return point{}, fmt.Errorf("ledger: read a head: %w", err)
	}
	return point{account, head.Seq, head.Last}, nil
}

// nearestMark returns the lowest known place at or above seq: a mark, or the top itself.
func nearestMark(db *gorm.DB, top point, seq uint64) (point, error) {
	var marks []models.Mark
	err := db.Where("account = ? AND seq >= ?", top.Account, seq).Order("seq").Limit(1).Find(&marks).Error
	return lower(top, marks, err)
}

// markBefore returns the lowest known place from which on no leg is before until, or start where that is lower still.
func markBefore(db *gorm.DB, start point, until int64) (point, error) {
	if until == math.MaxInt64 {
		return start, nil
	}
	var marks []models.Mark
	err := db.Where("account = ? AND at >= ?", start.Account, until).Order("at, seq").Limit(1).Find(&marks).Error
	return lower(start, marks, err)
}

func lower(start point, marks []models.Mark, err error) (point, error) {
	if err != nil {
		return point{}, fmt.Errorf("ledger: read a mark: %w", err)
	}
	if len(marks) == 1 && marks[0].Seq < start.Seq {
		return point{start.Account, marks[0].Seq, marks[0].Transfer}, nil
	}
	return start, nil
}

// walkSQL follows the links of account ?1 from transfer ?2 downwards, at most ?3 legs, and not past the time ?4. It keeps the
// legs up to seq ?5 and before the time ?6, ?7 at most. Each comes with its memo, and with who stands on both sides.
const walkSQL = `
WITH RECURSIVE walk(step, id) AS (
	SELECT 1, ?2
	UNION ALL
	SELECT step + 1, CASE t.debit WHEN ?1 THEN t.debit_prev ELSE t.credit_prev END
	FROM walk JOIN transfers t ON t.id = walk.id
	WHERE step < ?3 AND t.at >= ?4 AND CASE t.debit WHEN ?1 THEN t.debit_prev ELSE t.credit_prev END <> 0
)
SELECT t.id, t.kind, t.debit, t.credit, t.amount_minor, CASE t.debit WHEN ?1 THEN t.debit_seq ELSE t.credit_seq END AS seq,
	CASE t.debit WHEN ?1 THEN t.debit_balance_minor ELSE t.credit_balance_minor END,
	CASE t.debit WHEN ?1 THEN t.debit_head ELSE t.credit_head END,
	t.at, t.actor, t.key, t.memo_hash, m.salt, coalesce(m.text, ''),
	coalesce(d.owner, 0), coalesce(c.owner, 0), coalesce(du.owner, d.class), coalesce(cu.owner, c.class)
FROM walk CROSS JOIN transfers t ON t.id = walk.id
	LEFT JOIN memos m ON t.memo_hash IS NOT NULL AND m.transfer = t.id
	LEFT JOIN accounts d ON d.id = t.debit LEFT JOIN users du ON du.id = d.owner
	LEFT JOIN accounts c ON c.id = t.credit LEFT JOIN users cu ON cu.id = c.owner
WHERE seq <= ?5 AND t.at >= ?4 AND t.at < ?6
ORDER BY walk.step LIMIT ?7`

// walk returns up to one leg more than the limit, so that it is known whether there is a next page.
func walk(db *gorm.DB, start point, newest uint64, q HistoryQuery) (legs []Leg, err error) {
	steps := q.Limit + 1
	if start.Seq > newest {
		steps += int(start.Seq - newest)
	}
	if q.Until != math.MaxInt64 {
		steps += markEvery
	}
	legs = make([]Leg, 0, q.Limit+1)
	err = each(db, func(rows *sql.Rows) error {
		leg, err := scanLeg(rows, q.Account)
		legs = append(legs, leg)
		return err
	}, walkSQL, q.Account, start.Transfer, steps, q.Since, newest, q.Until, q.Limit+1)
	if err != nil {
		return nil, fmt.Errorf("ledger: read a history: %w", err)
	}
	return legs, nil
}

// scanLeg reads a row of walkSQL, from the view of one of its accounts.
func scanLeg(rows *sql.Rows, account clabe.Number) (leg Leg, err error) {
	var debit, credit clabe.Number
	var amountMinor, payerID, payeeID int64
	var payer, payee string
	var head, key, memoHash, salt sql.RawBytes
	err = rows.Scan(&leg.Transfer, &leg.Kind, &debit, &credit, &amountMinor, &leg.Seq, &leg.BalanceMinor, &head,
		&leg.At, &leg.Actor, &key, &memoHash, &salt, &leg.Memo, &payerID, &payeeID, &payer, &payee)
	if err != nil {
		return leg, err
	}
	leg.Account = account
	copy(leg.Head[:], head)
	copy(leg.Key[:], key)
	copy(leg.MemoHash[:], memoHash)
	copy(leg.MemoSalt[:], salt)
	if credit == account {
		leg.AmountMinor, leg.Counterparty, leg.CounterpartyName = amountMinor, debit, payer
		return leg, nil
	}
	leg.AmountMinor, leg.Counterparty, leg.CounterpartyName = -amountMinor, credit, payee
	if payeeID != 0 && payeeID != payerID { // as names does it for a new transfer
		leg.CounterpartyName = models.MaskName(payee)
	}
	return leg, nil
}
