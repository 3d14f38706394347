package ledger

import (
	"context"
	"testing"
)

// The schema holds what the ledger promises, whoever writes to the database.
func TestTheSchemaRefusesWhatTheLedgerNeverDoes(t *testing.T) {
	h := newHouse(t)
	ana, luis := h.holder(100_00), h.holder(0)
	order := ana.transfer(luis, 1_00)
	order.Memo = "memo"
	_, err := h.post(order)
	must(t, err)
	h.refuse(ana.transfer(luis, 500_00), ErrInsufficientFunds)
	before := h.heads()
	columns := `id, kind, debit, credit, amount_minor, currency, debit_seq, credit_seq, debit_balance_minor, credit_balance_minor,
		debit_prev, credit_prev, debit_head, credit_head, at, actor, key, memo_hash, encoding_version`
	for _, statement := range []string{
		"UPDATE transfers SET amount_minor = 2",
		"DELETE FROM transfers",
		"INSERT OR REPLACE INTO transfers (" + columns + ") SELECT " + columns + " FROM transfers WHERE id = 1",
		"REPLACE INTO transfers (" + columns + ") SELECT " + columns + " FROM transfers WHERE id = 2",
		"UPDATE OR REPLACE transfers SET id = 1 WHERE id = 2",
		"INSERT INTO transfers (" + columns + ") SELECT " + columns + " FROM transfers WHERE id = 1",
		"UPDATE memos SET text = 'another'",
		"UPDATE outcomes SET refusal = 1, transfer = NULL, digest = randomblob(32)",
		"DELETE FROM outcomes WHERE transfer IS NOT NULL",
		"DELETE FROM heads",
		"UPDATE heads SET account = account + 1",
		"UPDATE heads SET balance_minor = -1 WHERE balance_minor >= 0 AND floor_minor = 0",
		"UPDATE heads SET held_minor = balance_minor + 1 WHERE floor_minor = 0",
		"UPDATE heads SET head = x'00'",
		"UPDATE heads SET balance_minor = 'many'",
		"UPDATE heads SET balance_minor = 1.5",
		"INSERT INTO marks (account, seq, transfer, at) VALUES (1, 255, 1, 1)",
		"INSERT INTO outcomes (key, actor, at) VALUES (randomblob(16), 1, 1)",
		"INSERT INTO outcomes (key, actor, transfer, refusal, at) VALUES (randomblob(16), 1, 1, 1, 1)",
	} {
		err := h.store.Write(context.Background(), func(tx *gormDB) error { return tx.Exec(statement).Error })
		if err == nil {
			t.Errorf("done: %s", statement)
		}
	}
	if h.heads() != before {
		t.Error("heads have changed")
	}
	h.verify()
}
