package ledger

import (
	"database/sql"

	"caudal/models/clabe"
)

// checkMarks compares the marks with those that the legs call for.
func (v *verification) checkMarks() error {
	for after := (markAt{}); ; {
		last := after
		err := each(v.db, func(rows *sql.Rows) error {
			var is marked
			var there sql.NullBool
			if err := rows.Scan(&last.account, &last.seq, &is.transfer, &is.at, &there); err != nil {
				return err
			}
			v.checkMark(last, is, there.Bool)
			return nil
		}, `SELECT m.account, m.seq, m.transfer, m.at,
				t.at = m.at AND (t.debit = m.account AND t.debit_seq = m.seq OR t.credit = m.account AND t.credit_seq = m.seq)
			FROM marks m LEFT JOIN transfers t ON t.id = m.transfer
			WHERE (m.account, m.seq) > (?, ?) ORDER BY m.account, m.seq LIMIT ?`, after.account, after.seq, verifyPage)
		if err != nil {
			return err
		}
		if last == after {
			break
		}
		after = last
	}
	for missing := range v.marks {
		v.report.add(ProblemMark, missing.account, 0, "leg %d has no mark", missing.seq)
	}
	return nil
}

// checkMark looks at one; there says that the transfer it names is there, and is that leg.
func (v *verification) checkMark(at markAt, is marked, there bool) {
	should, ok := v.marks[at]
	delete(v.marks, at)
	switch {
	case !ok && there && is.transfer > v.newest:
		return // after the snapshot
	case !ok:
		v.report.add(ProblemMark, at.account, is.transfer, "there is a mark at %d, and no such leg", at.seq)
	case is != should:
		v.report.add(ProblemMark, at.account, is.transfer, "the mark at %d should name transfer %d at %d", at.seq, should.transfer, should.at)
	}
	v.report.Marks++
}

// checkOutcomes makes sure that what an outcome names is there, and is the key's. That every transfer has its outcome,
// checkTransfers has asked.
func (v *verification) checkOutcomes() error {
	var key []byte
	for actor := int64(0); ; {
		read := 0
		err := each(v.db, func(rows *sql.Rows) error {
			read++
			return v.checkOutcome(rows, &key, &actor)
		}, `SELECT o.key, o.actor, o.transfer, o.refusal, o.account, t.key = o.key AND t.actor = o.actor, a.owner = o.actor
			FROM outcomes o LEFT JOIN transfers t ON t.id = o.transfer LEFT JOIN accounts a ON a.id = o.account
			WHERE (o.key, o.actor) > (?, ?) ORDER BY o.key, o.actor LIMIT ?`, nonNil(key), actor, verifyPage)
		if err != nil || read == 0 {
			return err
		}
	}
}

// nonNil keeps an empty key from becoming NULL, with which nothing compares.
func nonNil(key []byte) []byte {
	if key == nil {
		return []byte{}
	}
	return key
}

func (v *verification) checkOutcome(rows *sql.Rows, key *[]byte, actor *int64) error {
	var transfer, refusal, account sql.NullInt64
	var transferMatches, accountMatches sql.NullBool
	if err := rows.Scan(key, actor, &transfer, &refusal, &account, &transferMatches, &accountMatches); err != nil {
		return err
	}
	if transfer.Int64 <= v.newest { // else it came after the snapshot, with its transfer
		v.report.Outcomes++
	}
	switch {
	case transfer.Valid && !transferMatches.Bool:
		v.report.add(ProblemOutcome, 0, transfer.Int64, "an outcome of key %x names it, and it has another key or is not there", *key)
	case account.Valid && !accountMatches.Bool:
		v.report.add(ProblemOutcome, clabe.Number(account.Int64), 0,
			"an outcome of key %x names it, and it is another user's or not there", *key)
	case refusal.Valid:
		v.report.Refusals++
		if number := refusal.Int64; number <= 0 || number >= int64(len(refusals)) {
			v.report.add(ProblemOutcome, 0, 0, "an outcome of key %x has the unknown refusal %d", *key, number)
		}
	}
	return nil
}

// checkMemos finds memos of no transfer. The others have been compared with their transfers' hashes.
func (v *verification) checkMemos() error {
	for after := int64(0); ; {
		last := after
		err := each(v.db, func(rows *sql.Rows) error {
			var there bool
			if err := rows.Scan(&last, &there); err != nil {
				return err
			}
			if !there {
				v.report.add(ProblemMemo, 0, last, "there is a memo, and no transfer")
			}
			return nil
		}, `SELECT m.transfer, t.id IS NOT NULL FROM memos m LEFT JOIN transfers t ON t.id = m.transfer
			WHERE m.transfer > ? ORDER BY m.transfer LIMIT ?`, after, verifyPage)
		if err != nil {
			return err
		}
		if last == after {
			return nil
		}
		after = last
	}
}

// checkAudit makes sure that the audit log names every deposit and withdrawal, once, and no other.
func (v *verification) checkAudit() error {
	for after := int64(0); ; {
		last := after
		err := each(v.db, func(rows *sql.Rows) error {
			var transfer int64
			if err := rows.Scan(&last, &transfer); err != nil {
				return err
			}
			switch {
			case v.counter[transfer]:
				delete(v.counter, transfer)
			case transfer <= v.newest:
				v.report.add(ProblemAudit, 0, transfer, "entry %d names it, and it is none from the counter, or was named before", last)
			}
			return nil
		}, `SELECT id, coalesce(json_extract(detail, '$.transfer'), 0) FROM audit
			WHERE id > ? AND action IN ('deposit', 'withdraw') ORDER BY id LIMIT ?`, after, verifyPage)
		if err != nil {
			return err
		}
		if last == after {
			break
		}
		after = last
	}
	for transfer := range v.counter {
		v.report.add(ProblemAudit, 0, transfer, "no entry names it")
	}
	return nil
}
