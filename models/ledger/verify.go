package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"math/big"
	"time"

	"gorm.io/gorm"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
)

// verifyPage is how many rows one read of Verify takes. A long read would keep SQLite from folding its WAL.
const verifyPage = 2000

// Verify walks the whole ledger and reports everything that is wrong with it: sums, seqs, links, balances, times, chains,
// heads, floors, marks, memos, outcomes, staff totals, audit log, schema. It works on a live bank: it takes the heads as they stand at
// one moment, then reads the rows up to them, a page at a time. Memory grows with the accounts, about 300 bytes each,
// and by a few dozen bytes with each mark, deposit and withdrawal.
//
// An error means that the bank could not be read, and says nothing of the ledger.
func Verify(ctx context.Context, store *models.Store) (*Report, error) {
	return verify(store.Read().WithContext(ctx), store.Identity())
}

func verify(db *gorm.DB, identity [32]byte) (*Report, error) {
	started := time.Now()
	v := &verification{
		db:       db,
		identity: identity,
		report:   &Report{HeldByHolders: make(map[money.Currency]*big.Int)},
		accounts: make(map[clabe.Number]*standing),
		marks:    make(map[markAt]marked),
		staff:    make(map[staffDay]int64),
		counter:  make(map[int64]bool),
	}
	for _, step := range []func() error{
		v.checkSchema, v.checkRows, v.snapshot, v.checkTransfers, v.checkHeads, v.checkMarks, v.checkOutcomes, v.checkMemos, v.checkAudit,
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("ledger: verify: %w", err)
		}
	}
	v.checkSums()
	v.checkStaff()
	v.report.Elapsed = time.Since(started)
	return v.report, nil
}

// verification is the state of one Verify.
type verification struct {
	db       *gorm.DB
	identity [32]byte
	report   *Report
	accounts map[clabe.Number]*standing
	marks    map[markAt]marked // those that there should be
	staff    map[staffDay]int64
	counter  map[int64]bool // transfers that the audit log must name
	totals   []models.StaffTotal
	newest   int64 // the last transfer at the snapshot
}

// standing is an account: its head at the snapshot, and where the legs that were read so far have taken it.
type standing struct {
	owner     int64        // 0 for a system account
	class     models.Class // empty for a holder's
	currency  money.Currency
	status    models.AccountStatus
	overdraft int64
	hasHead   bool
	snapshot  head
	reached   head
}

func (s *standing) system() bool { return s.owner == 0 }

// markAt names a mark.
type markAt struct {
	account clabe.Number
	seq     uint64
}

// marked is what a mark should say.
type marked struct{ transfer, at int64 }

// snapshot reads heads, accounts and totals as they stand at one moment.
func (v *verification) snapshot() error {
	return v.db.Transaction(func(tx *gorm.DB) error {
		if err := tx.Raw("SELECT coalesce(max(id), 0) FROM transfers").Scan(&v.newest).Error; err != nil {
			return err
		}
		if err := tx.Find(&v.totals).Error; err != nil {
			return err
		}
		err := each(tx, func(rows *sql.Rows) error {
			var id clabe.Number
			var class, currency string
			s := &standing{}
			if err := rows.Scan(&id, &s.owner, &class, &currency, &s.status, &s.overdraft); err != nil {
				return err
			}
			s.class, s.currency = classOf(class), currencyOf(currency)
			s.reached.hash = models.FirstHead(v.identity, id, s.currency)
			v.accounts[id] = s
			return nil
		}, "SELECT id, coalesce(owner, 0), coalesce(class, ''), currency, status, overdraft_minor FROM accounts")
		if err != nil {
			return err
		}
		v.report.Accounts = int64(len(v.accounts))
		return each(tx, v.snapshotHead, `SELECT account, balance_minor, held_minor, floor_minor, seq, version, last, last_at, head
			FROM heads`)
	})
}

func (v *verification) snapshotHead(rows *sql.Rows) error {
	var id clabe.Number
	var h head
	var hash []byte
	err := rows.Scan(&id, &h.balanceMinor, &h.heldMinor, &h.floorMinor, &h.seq, &h.version, &h.last, &h.lastAt, &hash)
	if err != nil {
		return err
	}
	copy(h.hash[:], hash)
	s, ok := v.accounts[id]
	if !ok {
		v.report.add(ProblemAccount, id, 0, "there is a head, and no account")
		return nil
	}
	s.hasHead, s.snapshot = true, h
	return nil
}

// each calls fn for every row of a statement. It asks GORM's connection itself: GORM would take a key for a list of bytes.
func each(db *gorm.DB, fn func(*sql.Rows) error, statement string, args ...any) error {
	rows, err := db.Statement.ConnPool.QueryContext(db.Statement.Context, statement, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// checkHeads compares where the legs end with what the heads say.
func (v *verification) checkHeads() error {
	for id, s := range v.accounts {
		if !s.hasHead {
			v.report.add(ProblemAccount, id, 0, "there is no head")
			continue
		}
		h, reached := &s.snapshot, &s.reached
		wrong := func(kind ProblemKind, what string, has, want any) {
			v.report.add(kind, id, 0, "%s is %v, should be %v", what, has, want)
		}
		if h.seq != reached.seq {
			wrong(ProblemHead, "the head's seq", h.seq, reached.seq)
		}
		if h.balanceMinor != reached.balanceMinor {
			wrong(ProblemHead, "the head's balance", h.balanceMinor, reached.balanceMinor)
		}
		if h.last != reached.last {
			wrong(ProblemHead, "the head's transfer", h.last, reached.last)
		}
		if h.lastAt != reached.lastAt {
			wrong(ProblemHead, "the head's time", h.lastAt, reached.lastAt)
		}
		if h.hash != reached.hash {
			v.report.add(ProblemHash, id, 0, "the head is not that of leg %d", reached.seq)
		}
		if h.version <= h.seq {
			v.report.add(ProblemHead, id, 0, "version %d has not been raised by every one of %d legs", h.version, h.seq)
		}
		if h.heldMinor != 0 {
			wrong(ProblemHead, "held", h.heldMinor, 0)
		}
		if floor := floorOf(s); h.floorMinor != floor {
			wrong(ProblemFloor, "the floor", h.floorMinor, floor)
		}
		if s.system() && s.status != models.AccountActive {
			wrong(ProblemAccount, "the status of one of the bank's own", s.status, models.AccountActive)
		}
		if h.availableMinor() < 0 {
			v.report.add(ProblemFloor, id, 0, "the balance %d is below the floor %d", h.balanceMinor, h.floorMinor)
		}
	}
	return nil
}

func floorOf(s *standing) int64 {
	if s.system() {
		return -systemMaxMinor
	}
	return -s.overdraft
}

// checkSums makes sure that in each currency all money is somewhere, and none came from nowhere.
func (v *verification) checkSums() {
	sums := make(map[money.Currency]*big.Int)
	add := func(to map[money.Currency]*big.Int, currency money.Currency, minor int64) {
		if to[currency] == nil {
			to[currency] = new(big.Int)
		}
		to[currency].Add(to[currency], big.NewInt(minor))
	}
	for _, s := range v.accounts {
		add(sums, s.currency, s.snapshot.balanceMinor)
		if !s.system() {
			add(v.report.HeldByHolders, s.currency, s.snapshot.balanceMinor)
		}
	}
	for currency, sum := range sums {
		if sum.Sign() != 0 {
			v.report.add(ProblemSum, 0, 0, "all %s together are %s minor units, should be 0", currency, sum)
		}
	}
}

// checkStaff compares what staff moved with what was counted towards their days.
func (v *verification) checkStaff() {
	for _, total := range v.totals {
		day := staffDay{total.Actor, total.Day, currencyOf(string(total.Currency)), Kind(total.Kind)}
		if v.staff[day] != total.AmountMinor {
			v.report.add(ProblemStaffTotal, 0, 0, "user %d, day %d, kind %d, %s: counted %d, moved %d",
				day.actor, day.day, day.kind, day.currency, total.AmountMinor, v.staff[day])
		}
		delete(v.staff, day)
	}
	for day, moved := range v.staff {
		v.report.add(ProblemStaffTotal, 0, 0, "user %d, day %d, kind %d, %s: counted nothing, moved %d",
			day.actor, day.day, day.kind, day.currency, moved)
	}
}
