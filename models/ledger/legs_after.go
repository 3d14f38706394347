package ledger

import (
	"context"
	"crypto/subtle"
	"fmt"
	"math"
	"slices"

	"gorm.io/gorm"

	"caudal/models"
	"caudal/models/clabe"
)

// LegsAfter returns the legs after seq, oldest first, to somebody who has the account as far as seq, where its chain has
// head. Where there are more than limit (1 to HistoryMax), more is true and legs is empty: History has them.
//
// diverged: the bank does not have that seq, or has another head there. It was restored from a backup, or its past was
// rewritten. A zero head at seq 0 says nothing, and so does not diverge.
//
// ErrNotFound: no such account.
func (l *Ledger) LegsAfter(ctx context.Context, account clabe.Number, seq uint64, head [32]byte, limit int) (
	legs []Leg, diverged, more bool, err error,
) {
	limit = min(max(limit, 1), HistoryMax)
	db := l.store.Read().WithContext(ctx)
	top, err := headPoint(db, account)
	if err != nil {
		return nil, false, false, err
	}
	if seq > top.Seq {
		return nil, true, false, nil
	}
	known, err := l.headAt(db, top, seq)
	if err != nil {
		return nil, false, false, err
	}
	if subtle.ConstantTimeCompare(known[:], head[:]) == 0 && (seq != 0 || head != [32]byte{}) {
		return nil, true, false, nil
	}
	if top.Seq == seq {
		return nil, false, false, nil
	}
	if top.Seq-seq > uint64(limit) {
		return nil, false, true, nil
	}
	query := HistoryQuery{Account: account, Limit: int(top.Seq-seq) - 1, Until: math.MaxInt64} // walk adds the one
	if legs, err = walk(db, top, top.Seq, query); err != nil {
		return nil, false, false, err
	}
	slices.Reverse(legs)
	return legs, false, false, nil
}

// headAt returns the account's chain head after leg seq, which must be there.
func (l *Ledger) headAt(db *gorm.DB, top point, seq uint64) (head [32]byte, err error) {
	if seq == 0 {
		var account models.Account
		if err := db.Select("currency").Take(&account, top.Account).Error; err != nil {
			return head, fmt.Errorf("ledger: read an account: %w", err)
		}
		return models.FirstHead(l.store.Identity(), top.Account, account.Currency), nil
	}
	start, err := nearestMark(db, top, seq)
	if err != nil {
		return head, err
	}
	legs, err := walk(db, start, seq, HistoryQuery{Account: top.Account, Until: math.MaxInt64})
	if err != nil {
		return head, err
	}
	if len(legs) == 0 || legs[0].Seq != seq {
		return head, fmt.Errorf("ledger: account %s has no leg %d", top.Account, seq)
	}
	return legs[0].Head, nil
}
