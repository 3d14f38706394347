package ledger

import (
	"context"
	"fmt"

	"gorm.io/gorm"
)

// sweepBite is how many refusals one commit forgets: orders that wait behind it wait for a few milliseconds.
const sweepBite = 500

// Sweep forgets the refusals that are older than 48 hours, and whose keys are as old by themselves, and returns how many
// there were: such a key is too old to be decided again. A key from the future that was refused stays until then. It takes
// small bites, between which orders go on, and stops when ctx ends.
func (l *Ledger) Sweep(ctx context.Context) (swept int64, err error) {
	for {
		var bite int64
		err := l.do(ctx, func(w *writer) ([]*Change, error) {
			before := w.now().Add(-refusalsStand).UnixMicro()
			oldest := firstKeyAt(before)
			return nil, w.transaction(func(tx *gorm.DB) error {
				result := tx.Exec(`DELETE FROM outcomes WHERE (key, actor) IN
					(SELECT key, actor FROM outcomes WHERE refusal IS NOT NULL AND at < ? AND key < ? ORDER BY at LIMIT ?)`,
					before, oldest[:], sweepBite)
				bite = result.RowsAffected
				if result.Error != nil {
					return fmt.Errorf("ledger: sweep refusals: %w", result.Error)
				}
				return nil
			})
		})
		if err != nil {
			return swept, err
		}
		swept += bite
		if bite < sweepBite {
			return swept, nil
		}
	}
}
