package ledger

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"strings"

	"github.com/mattn/go-sqlite3"
)

// statement is prepared once on the writer's connection. It is run by the driver's Query, also where it returns nothing:
// Query hands all arguments over in one call into C, Exec makes one call for each of them.
type statement struct {
	query driver.StmtQueryContext
	close func() error
}

func prepare(conn *sqlite3.SQLiteConn, text string) (*statement, error) {
	prepared, err := conn.PrepareContext(context.Background(), text)
	if err != nil {
		return nil, fmt.Errorf("ledger: prepare %q: %w", text, err)
	}
	query, ok := prepared.(driver.StmtQueryContext)
	if !ok {
		return nil, errors.New("ledger: the driver has no QueryContext")
	}
	return &statement{query, prepared.Close}, nil
}

// run carries the statement out and gives each row to fn, which must not keep the slice. The context never ends: an
// interrupt meant for one statement could strike another.
func (s *statement) run(args []driver.NamedValue, fn func(row []driver.Value) error) error {
	rows, err := s.query.QueryContext(context.Background(), args)
	if err != nil {
		return err
	}
	if fn == nil {
		return rows.Close()
	}
	row := make([]driver.Value, len(rows.Columns()))
	for {
		err := rows.Next(row)
		if err == nil {
			err = fn(row)
		}
		if err != nil {
			return errors.Join(ignore(err, io.EOF), rows.Close())
		}
	}
}

func ignore(err, expected error) error {
	if errors.Is(err, expected) {
		return nil
	}
	return err
}

const (
	// bulkRowsLog2 and bulkRows bound the rows of one statement. More gains nothing: the call is a small part by then.
	bulkRowsLog2 = 5
	bulkRows     = 1 << bulkRowsLog2
)

// bulk runs one statement for many rows of arguments, in pieces of a power of two.
type bulk struct {
	conn    *sqlite3.SQLiteConn
	text    func(values string) string
	row     string // the placeholders of one row
	columns int
	sized   [bulkRowsLog2 + 1]*statement // by the logarithm of the rows
	args    []driver.NamedValue
	rows    int // filled in args
}

// newBulk takes the statement as a function of its VALUES.
func newBulk(conn *sqlite3.SQLiteConn, columns int, text func(values string) string) *bulk {
	b := &bulk{
		conn: conn, text: text, columns: columns,
		row:  "(" + strings.Repeat("?,", columns-1) + "?)",
		args: make([]driver.NamedValue, bulkRows*columns),
	}
	for i := range b.args {
		b.args[i].Ordinal = i + 1
	}
	return b
}

func insertInto(table string, columns ...string) (int, func(values string) string) {
	return len(columns), func(values string) string {
		return "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES " + values
	}
}

// next returns the arguments of the next row, to be filled; where enough rows are full, it runs the statement first.
func (b *bulk) next(fn func(row []driver.Value) error) ([]driver.NamedValue, error) {
	if b.rows == bulkRows {
		if err := b.flush(fn); err != nil {
			return nil, err
		}
	}
	row := b.args[b.rows*b.columns : (b.rows+1)*b.columns]
	b.rows++
	return row, nil
}

// flush runs the statement for the rows that are left.
func (b *bulk) flush(fn func(row []driver.Value) error) error {
	args := b.args[:b.rows*b.columns]
	for rows := b.rows; rows > 0; {
		size := bits.Len(uint(rows)) - 1
		statement, err := b.prepared(size)
		if err != nil {
			return err
		}
		n := b.columns << size
		if err := statement.run(renumber(args[:n]), fn); err != nil {
			return err
		}
		args = args[n:]
		rows -= 1 << size
	}
	for i := range b.args[:b.rows*b.columns] {
		b.args[i] = driver.NamedValue{Ordinal: i + 1}
	}
	b.rows = 0
	return nil
}

// reset forgets the rows that were filled and not run. A flush that failed has left the later ones with other ordinals,
// which would bind the next batch's values to the wrong places.
func (b *bulk) reset() {
	for i := range b.args {
		b.args[i] = driver.NamedValue{Ordinal: i + 1}
	}
	b.rows = 0
}

func (b *bulk) prepared(size int) (*statement, error) {
	if b.sized[size] == nil {
		values := strings.Repeat(b.row+", ", 1<<size-1) + b.row
		statement, err := prepare(b.conn, b.text(values))
		if err != nil {
			return nil, err
		}
		b.sized[size] = statement
	}
	return b.sized[size], nil
}

func renumber(args []driver.NamedValue) []driver.NamedValue {
	if len(args) > 0 && args[0].Ordinal != 1 {
		for i := range args {
			args[i].Ordinal = i + 1
		}
	}
	return args
}

// statements are all that a batch needs. The first error of preparing ends the opening of the ledger.
type statements struct {
	conn                    *sqlite3.SQLiteConn
	begin, commit, rollback *statement
	changes                 *statement
	findHead                *statement
	findTransfer            *statement
	findStaffTotal          *statement
	putStaffTotal           *statement
	findAccounts            *bulk
	findUsers               *bulk
	findDevices             *bulk
	findOutcomes            *bulk
	updateHeads             *bulk
	insertTransfers         *bulk
	insertMemos             *bulk
	insertMarks             *bulk
	insertOutcomes          *bulk
	insertAudit             *bulk
}

func prepareAll(conn *sqlite3.SQLiteConn) (*statements, error) {
	s := &statements{conn: conn}
	for _, single := range []struct {
		to   **statement
		text string
	}{
		{&s.begin, "BEGIN IMMEDIATE"},
		{&s.commit, "COMMIT"},
		{&s.rollback, "ROLLBACK"},
		{&s.changes, "SELECT total_changes()"},
		{&s.findHead, "SELECT account FROM heads WHERE account = ? AND seq = ? AND version = ?"},
		{&s.findTransfer, `SELECT t.kind, t.debit, t.credit, t.amount_minor, t.currency, t.debit_seq, t.credit_seq,
			t.debit_balance_minor, t.credit_balance_minor, t.debit_head, t.credit_head, t.at, t.memo_hash, m.text
			FROM transfers t LEFT JOIN memos m ON m.transfer = t.id WHERE t.id = ?`},
		{&s.findStaffTotal, "SELECT amount_minor FROM staff_totals WHERE actor = ? AND day = ? AND currency = ? AND kind = ?"},
		{&s.putStaffTotal, `INSERT INTO staff_totals (actor, day, currency, kind, amount_minor) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO UPDATE SET amount_minor = excluded.amount_minor`},
	} {
		var err error
		if *single.to, err = prepare(conn, single.text); err != nil {
			return nil, err
		}
	}
	bulkOf := func(columns int, text func(values string) string) *bulk { return newBulk(conn, columns, text) }
	s.findAccounts = bulkOf(1, func(values string) string {
		return `SELECT a.id, a.class, a.currency, a.status, a.opened_at, h.balance_minor, h.held_minor, h.floor_minor,
			h.seq, h.version, h.last, h.last_at, h.head, u.id, u.owner, u.role, u.status
			FROM (VALUES ` + values + `) v JOIN accounts a ON a.id = v.column1 JOIN heads h ON h.account = a.id
			LEFT JOIN users u ON u.id = a.owner`
	})
	s.findUsers = bulkOf(1, func(values string) string {
		return "SELECT u.id, u.owner, u.role, u.status FROM (VALUES " + values + ") v JOIN users u ON u.id = v.column1"
	})
	s.findDevices = bulkOf(1, func(values string) string {
		return "SELECT d.id, d.user_id, d.revoked_at FROM (VALUES " + values + ") v JOIN devices d ON d.id = v.column1"
	})
	s.findOutcomes = bulkOf(3, func(values string) string {
		return `SELECT v.column3, o.digest, o.transfer, o.refusal, o.account
			FROM (VALUES ` + values + `) v JOIN outcomes o ON o.key = v.column1 AND o.actor = v.column2`
	})
	s.updateHeads = bulkOf(9, func(values string) string {
		return `UPDATE heads SET balance_minor = v.column1, seq = v.column2, version = v.column3, last = v.column4,
			last_at = v.column5, head = v.column6
			FROM (VALUES ` + values + `) v
			WHERE heads.account = v.column7 AND heads.seq = v.column8 AND heads.version = v.column9`
	})
	s.insertTransfers = bulkOf(insertInto("transfers", "id", "kind", "debit", "credit", "amount_minor", "currency",
		"debit_seq", "credit_seq", "debit_balance_minor", "credit_balance_minor", "debit_prev", "credit_prev",
		"debit_head", "credit_head", "at", "actor", "key", "memo_hash", "encoding_version"))
	s.insertMemos = bulkOf(insertInto("memos", "transfer", "salt", "text"))
	s.insertMarks = bulkOf(insertInto("marks", "account", "seq", "transfer", "at"))
	s.insertOutcomes = bulkOf(insertInto("outcomes", "key", "actor", "digest", "transfer", "refusal", "account", "at"))
	s.insertAudit = bulkOf(insertInto("audit", "at", "actor", "action", "subject", "detail"))
	return s, nil
}

// bulks returns those that a batch fills.
func (s *statements) bulks() []*bulk {
	return []*bulk{s.findAccounts, s.findUsers, s.findDevices, s.findOutcomes, s.updateHeads,
		s.insertTransfers, s.insertMemos, s.insertMarks, s.insertOutcomes, s.insertAudit}
}

// close ends the statements. SQLite must not be inside one: hold the connection.
func (s *statements) close() {
	for _, b := range s.bulks() {
		for _, sized := range b.sized {
			if sized != nil {
				_ = sized.close() // nothing is done with them any more
			}
		}
	}
	for _, single := range s.singles() {
		_ = single.close()
	}
}

func (s *statements) singles() []*statement {
	return []*statement{s.begin, s.commit, s.rollback, s.changes, s.findHead, s.findTransfer, s.findStaffTotal,
		s.putStaffTotal}
}

// values makes arguments of a statement that is run for one row.
func values(values ...driver.Value) []driver.NamedValue {
	args := make([]driver.NamedValue, len(values))
	for i, value := range values {
		args[i] = driver.NamedValue{Ordinal: i + 1, Value: value}
	}
	return args
}
