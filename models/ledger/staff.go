package ledger

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"

	"caudal/models"
	"caudal/models/money"
)

const usPerDay = int64(24 * time.Hour / time.Microsecond)

// withinLimits says whether a member of staff may move so much, and counts it towards the day where it does. An error that
// is not ErrLimitExceeded is the database's.
func (w *writer) withinLimits(b *batch, d *decision) error {
	o := d.order
	if o.Actor == 0 || o.Kind == KindTransfer {
		return nil
	}
	if o.AmountMinor > w.limits.OperationMinor {
		return ErrLimitExceeded
	}
	day := staffDay{o.Actor, b.nowUs / usPerDay, o.Currency, o.Kind}
	total, ok := b.staff[day]
	if !ok {
		var err error
		if total, err = w.staffTotal(day); err != nil {
			return err
		}
	}
	if total > w.limits.DayMinor-o.AmountMinor {
		return ErrLimitExceeded
	}
	b.staff[day] = total + o.AmountMinor
	return nil
}

func (w *writer) staffTotal(day staffDay) (total int64, err error) {
	args := values(day.actor, day.day, string(day.currency), int64(day.kind))
	err = w.st.findStaffTotal.run(args, func(row []driver.Value) error {
		total = row[0].(int64)
		return nil
	})
	return total, err
}

func (w *writer) writeStaff(b *batch) (rows int64, err error) {
	for day, total := range b.staff {
		args := values(day.actor, day.day, string(day.currency), int64(day.kind), total)
		if err := w.st.putStaffTotal.run(args, nil); err != nil {
			return 0, err
		}
		rows++
	}
	for i := range b.decisions {
		d := &b.decisions[i]
		if !audited(d) {
			continue
		}
		if err := w.writeAudit(b, d); err != nil {
			return 0, err
		}
		rows++
	}
	return rows, w.st.insertAudit.flush(nil)
}

// audited tells whether the decision belongs in the audit log: what staff and the bank itself did at the counter, and what
// staff was refused. Gifts are in the ledger, and a holder's vain attempts are in the outcomes.
func audited(d *decision) bool {
	if d.order.Kind != KindDeposit && d.order.Kind != KindWithdrawal {
		return false
	}
	return d.row >= 0 || d.binds && (d.order.Actor == 0 || d.actor.staff())
}

func (w *writer) writeAudit(b *batch, d *decision) error {
	o := d.order
	done, refused := models.ActionDeposit, models.ActionDepositRefused
	if o.Kind == KindWithdrawal {
		done, refused = models.ActionWithdrawal, models.ActionWithdrawalRefused
	}
	action := done
	detail := models.CounterDetail{Key: o.Key.String(), AmountMinor: o.AmountMinor, Currency: string(o.Currency)}
	if d.row >= 0 {
		detail.Transfer = b.rows[d.row].id
	} else {
		action = refused
		detail.Refusal = refusals[refusalNumber(d.err)].name
		detail.Currency = boundText(detail.Currency)
	}
	text, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("ledger: audit: %w", err)
	}
	args, err := w.st.insertAudit.next(nil)
	if err != nil {
		return err
	}
	args[0].Value = b.nowUs
	args[1].Value = o.Actor
	args[2].Value = action
	args[3].Value = o.subject().String()
	args[4].Value = string(text)
	return nil
}

// boundText keeps what a caller may have chosen freely from filling the log.
func boundText(text string) string {
	const most = 8
	if len(text) > most {
		return text[:most]
	}
	return text
}

// StaffDay is what a member of staff has moved of a currency since the day began (UTC), and may move: minor units.
type StaffDay struct {
	Limits
	DepositedMinor int64
	WithdrawnMinor int64
	EndsAt         int64 // microseconds since the Unix epoch
}

// StaffToday returns where a member of staff stands within the limits, as of the newest commit: exactly what the next
// deposit or withdrawal is held against. Who asks is the caller's to check.
//
// ErrCurrency: the bank has no such currency.
func (l *Ledger) StaffToday(ctx context.Context, actor int64, currency money.Currency) (StaffDay, error) {
	if !currency.Valid() {
		return StaffDay{}, ErrCurrency
	}
	day := l.cfg.Now().UnixMicro() / usPerDay
	var totals []models.StaffTotal
	err := l.store.Read().WithContext(ctx).Where("actor = ? AND day = ? AND currency = ?", actor, day, currency).Find(&totals).Error
	if err != nil {
		return StaffDay{}, fmt.Errorf("ledger: read a staff total: %w", err)
	}
	today := StaffDay{Limits: l.cfg.Limits, EndsAt: (day + 1) * usPerDay}
	for _, total := range totals {
		switch Kind(total.Kind) {
		case KindDeposit:
			today.DepositedMinor = total.AmountMinor
		case KindWithdrawal:
			today.WithdrawnMinor = total.AmountMinor
		}
	}
	return today, nil
}
