package ledger

import (
	"context"
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
	rows, err := walk(db, start, newest, q)
	if err != nil {
		return nil, 0, err
	}
	for i := range rows {
		if len(legs) == q.Limit {
			return legs, legs[len(legs)-1].Seq, nil
		}
		legs = append(legs, rows[i].leg(q.Account))
	}
	return legs, 0, nil
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

// walked is a row on the walk, with the names of both sides.
type walked struct {
	models.Transfer
	Salt        []byte
	Text        string
	DebitOwner  *int64
	CreditOwner *int64
	DebitClass  string
	CreditClass string
	DebitName   string
	CreditName  string
}

// walkSQL follows the links of @account from @start downwards, at most @steps legs, and not past @since. It keeps what is
// asked for.
const walkSQL = `
WITH RECURSIVE walk(step, id) AS (
	SELECT 1, @start
	UNION ALL
	SELECT step + 1, CASE t.debit WHEN @account THEN t.debit_prev ELSE t.credit_prev END
	FROM walk JOIN transfers t ON t.id = walk.id
	WHERE step < @steps AND t.at >= @since AND CASE t.debit WHEN @account THEN t.debit_prev ELSE t.credit_prev END <> 0
)
SELECT t.*, m.salt, coalesce(m.text, '') AS text,
	d.owner AS debit_owner, c.owner AS credit_owner,
	coalesce(d.class, '') AS debit_class, coalesce(c.class, '') AS credit_class,
	coalesce(du.owner, '') AS debit_name, coalesce(cu.owner, '') AS credit_name
FROM walk JOIN transfers t ON t.id = walk.id
	LEFT JOIN memos m ON m.transfer = t.id
	LEFT JOIN accounts d ON d.id = t.debit LEFT JOIN users du ON du.id = d.owner
	LEFT JOIN accounts c ON c.id = t.credit LEFT JOIN users cu ON cu.id = c.owner
WHERE CASE t.debit WHEN @account THEN t.debit_seq ELSE t.credit_seq END <= @newest AND t.at >= @since AND t.at < @until
ORDER BY walk.step LIMIT @limit`

// walk returns up to one leg more than the limit, so that it is known whether there is a next page.
func walk(db *gorm.DB, start point, newest uint64, q HistoryQuery) (rows []walked, err error) {
	steps := q.Limit + 1
	if start.Seq > newest {
		steps += int(start.Seq - newest)
	}
	if q.Until != math.MaxInt64 {
		steps += markEvery
	}
	err = db.Raw(walkSQL, map[string]any{
		"account": q.Account, "start": start.Transfer, "newest": newest, "since": q.Since, "until": q.Until,
		"steps": steps, "limit": q.Limit + 1,
	}).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("ledger: read a history: %w", err)
	}
	return rows, nil
}

// leg is the row from the view of one of its accounts.
func (r *walked) leg(account clabe.Number) Leg {
	leg := Leg{
		Transfer: r.ID, Account: account, Memo: r.Text, At: r.At, Kind: Kind(r.Kind), Actor: r.Actor, Key: Key(r.Key),
	}
	copy(leg.MemoSalt[:], r.Salt)
	copy(leg.MemoHash[:], r.MemoHash)
	if r.Debit == account {
		leg.Seq, leg.AmountMinor, leg.BalanceMinor, leg.Counterparty = r.DebitSeq, -r.AmountMinor, r.DebitBalanceMinor, r.Credit
		leg.Head = [32]byte(r.DebitHead)
	} else {
		leg.Seq, leg.AmountMinor, leg.BalanceMinor, leg.Counterparty = r.CreditSeq, r.AmountMinor, r.CreditBalanceMinor, r.Debit
		leg.Head = [32]byte(r.CreditHead)
	}
	leg.CounterpartyName = r.counterpartyName(account)
	return leg
}

// counterpartyName names the payer to the payee, and masks the payee to the payer, as names does for a new transfer.
func (r *walked) counterpartyName(account clabe.Number) string {
	switch {
	case r.Credit == account && r.DebitClass != "":
		return r.DebitClass
	case r.Credit == account:
		return r.DebitName
	case r.CreditClass != "":
		return r.CreditClass
	case r.DebitOwner != nil && r.CreditOwner != nil && *r.DebitOwner == *r.CreditOwner:
		return r.CreditName
	}
	return models.MaskName(r.CreditName)
}
