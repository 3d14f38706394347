package ledger

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"caudal/models"
	"caudal/models/money"
)

// altered is a bank with something of everything, and legs enough for marks.
func altered(t *testing.T) (h *house, ana, luis, teller holder) {
	h = newHouse(t)
	ana, luis = h.holder(10_000_00), h.holder(10_000_00)
	teller = h.person(models.RoleTeller, money.MXN, 0)
	answers := new(waiters)
	for i := range 600 {
		o := ana.transfer(luis, 1)
		if i%10 == 0 {
			o.Memo = fmt.Sprint("memo ", i)
		}
		answers.submit(h, o)
	}
	answers.wait(t)
	_, err := h.post(Order{Key: newKey(), Actor: teller.user, Device: teller.device, Kind: KindDeposit, Credit: ana.account, AmountMinor: 7, Currency: money.MXN})
	must(t, err)
	h.refuse(ana.transfer(luis, 1<<40), ErrInsufficientFunds)
	_, err = h.ledger.OpenAccount(context.Background(), NewAccount{Key: newKey(), Actor: ana.user, Device: ana.device, Name: "Otra", Currency: "USD"})
	must(t, err)
	return h, ana, luis, teller
}

func TestVerifyCountsWhatThereIs(t *testing.T) {
	h, _, _, _ := altered(t)
	report, err := Verify(context.Background(), h.store)
	must(t, err)
	if !report.OK() {
		t.Fatal(report.Problems)
	}
	if report.Transfers != 603 || report.Outcomes != 605 || report.Refusals != 1 || report.Memos != 60 || report.MemosErased != 0 ||
		report.Marks != 4 || report.Accounts != 96+4 || report.HeldByHolders[money.MXN].Int64() != 20_000_07 {
		t.Fatalf("report: %+v", report)
	}
	must(t, h.store.Write(context.Background(), func(tx *gormDB) error { return tx.Exec("DELETE FROM memos WHERE transfer % 4 = 1").Error }))
	report, err = Verify(context.Background(), h.store)
	must(t, err)
	if !report.OK() || report.Memos+report.MemosErased != 60 || report.MemosErased == 0 {
		t.Fatalf("after erasing: %+v", report)
	}
}

// Each way to corrupt a ledger is tried on one of its own, with the triggers out of the way and put back.
func TestVerifyFindsEveryCorruption(t *testing.T) {
	h, ana, luis, teller := altered(t)
	for _, c := range []struct {
		name      string
		kind      ProblemKind
		statement string
	}{
		{"an amount", ProblemBalance, "UPDATE transfers SET amount_minor = 2 WHERE id = 300"},
		{"an amount's chain", ProblemHash, "UPDATE transfers SET amount_minor = 2 WHERE id = 300"},
		{"a balance", ProblemBalance, "UPDATE transfers SET debit_balance_minor = debit_balance_minor + 5 WHERE id = 300"},
		{"a payee", ProblemSeq, fmt.Sprintf("UPDATE transfers SET credit = %d WHERE id = 300", teller.account)},
		{"a payee that is not there", ProblemAccount, "UPDATE transfers SET credit = 5 WHERE id = 300"},
		{"a kind", ProblemHash, "UPDATE transfers SET kind = 4 WHERE id = 300"},
		{"a time", ProblemHash, "UPDATE transfers SET at = at + 1 WHERE id = 300"},
		{"a time turned back", ProblemTime, "UPDATE transfers SET at = 1 WHERE id = 300"},
		{"a currency", ProblemCurrency, "UPDATE transfers SET currency = 'USD' WHERE id = 300"},
		{"a seq", ProblemSeq, "UPDATE transfers SET debit_seq = debit_seq + 1 WHERE id = 300"},
		{"a link", ProblemLink, "UPDATE transfers SET credit_prev = credit_prev - 1 WHERE id = 300"},
		{"a leg's head", ProblemHash, "UPDATE transfers SET debit_head = randomblob(32) WHERE id = 300"},
		{"a memo's hash", ProblemHash, "UPDATE transfers SET memo_hash = randomblob(32) WHERE id = 300"},
		{"a memo's hash taken away", ProblemMemo, "UPDATE transfers SET memo_hash = NULL WHERE id IN (SELECT transfer FROM memos)"},
		{"a key", ProblemOutcome, "UPDATE transfers SET key = randomblob(16) WHERE id = 300"},
		{"an actor", ProblemOutcome, "UPDATE transfers SET actor = actor + 1 WHERE id = 300"},
		{"an encoding", ProblemHash, "PRAGMA ignore_check_constraints = on; UPDATE transfers SET encoding_version = 2 WHERE id = 300"},
		{"a transfer gone", ProblemSeq, "DELETE FROM transfers WHERE id = 300"},
		{"the last transfer gone", ProblemHead, "DELETE FROM transfers WHERE id = (SELECT max(id) FROM transfers)"},
		{"two transfers swapped", ProblemSeq, "UPDATE transfers SET id = 99999 WHERE id = 300; UPDATE transfers SET id = 300 WHERE id = 301; UPDATE transfers SET id = 301 WHERE id = 99999"},
		{"a head's balance", ProblemSum, fmt.Sprintf("UPDATE heads SET balance_minor = balance_minor + 100 WHERE account = %d", ana.account)},
		{"money moved between heads", ProblemHead, fmt.Sprintf(
			"UPDATE heads SET balance_minor = balance_minor + CASE account WHEN %d THEN 100 ELSE -100 END WHERE account IN (%d, %d)",
			ana.account, ana.account, luis.account)},
		{"a head's seq", ProblemHead, fmt.Sprintf("UPDATE heads SET seq = seq - 1 WHERE account = %d", ana.account)},
		{"a head's version", ProblemHead, fmt.Sprintf("PRAGMA ignore_check_constraints = on; UPDATE heads SET version = 0 WHERE account = %d", ana.account)},
		{"a head's transfer", ProblemHead, fmt.Sprintf("UPDATE heads SET last = last - 1 WHERE account = %d", ana.account)},
		{"a head's time", ProblemHead, fmt.Sprintf("UPDATE heads SET last_at = last_at + 1 WHERE account = %d", ana.account)},
		{"a head's hash", ProblemHash, fmt.Sprintf("UPDATE heads SET head = randomblob(32) WHERE account = %d", ana.account)},
		{"the first head of an account without legs", ProblemHash, "UPDATE heads SET head = randomblob(32) WHERE seq = 0"},
		{"a hold out of nowhere", ProblemHead, fmt.Sprintf("UPDATE heads SET held_minor = 1 WHERE account = %d", ana.account)},
		{"a floor", ProblemFloor, fmt.Sprintf("UPDATE heads SET floor_minor = -1000 WHERE account = %d", ana.account)},
		{"a balance below its floor", ProblemFloor, fmt.Sprintf("PRAGMA ignore_check_constraints = on; UPDATE heads SET balance_minor = -1 WHERE account = %d", ana.account)},
		{"an overdraft", ProblemFloor, fmt.Sprintf("UPDATE accounts SET overdraft_minor = 1000 WHERE id = %d", ana.account)},
		{"a head gone", ProblemAccount, fmt.Sprintf("DELETE FROM heads WHERE account = %d", luis.account)},
		{"an account gone", ProblemAccount, fmt.Sprintf("DELETE FROM accounts WHERE id = %d", luis.account)},
		{"an account's currency", ProblemCurrency, fmt.Sprintf("UPDATE accounts SET currency = 'USD' WHERE id = %d", luis.account)},
		{"a mark gone", ProblemMark, fmt.Sprintf("DELETE FROM marks WHERE account = %d AND seq = 256", ana.account)},
		{"a mark's transfer", ProblemMark, fmt.Sprintf("UPDATE marks SET transfer = transfer + 1 WHERE account = %d AND seq = 256", ana.account)},
		{"a mark's time", ProblemMark, fmt.Sprintf("UPDATE marks SET at = at + 1 WHERE account = %d AND seq = 256", ana.account)},
		{"a mark too many", ProblemMark, fmt.Sprintf("INSERT INTO marks (account, seq, transfer, at) VALUES (%d, 256, 5, 5)", teller.account)},
		{"a memo", ProblemMemo, "UPDATE memos SET text = 'another' WHERE transfer = (SELECT min(transfer) FROM memos)"},
		{"a memo's salt", ProblemMemo, "UPDATE memos SET salt = randomblob(16) WHERE transfer = (SELECT min(transfer) FROM memos)"},
		{"a memo of no transfer", ProblemMemo, "INSERT INTO memos (transfer, salt, text) VALUES (99999, randomblob(16), 'x')"},
		{"a memo where there was none", ProblemMemo, "INSERT INTO memos (transfer, salt, text) SELECT id, randomblob(16), 'x' FROM transfers WHERE memo_hash IS NULL LIMIT 1"},
		{"an outcome gone", ProblemOutcome, "DELETE FROM outcomes WHERE transfer = 300"},
		{"an outcome's transfer", ProblemOutcome, "UPDATE outcomes SET transfer = 301 WHERE transfer = 300"},
		{"an outcome of no transfer", ProblemOutcome, "INSERT INTO outcomes (key, actor, transfer, at) VALUES (randomblob(16), 1, 99999, 1)"},
		{"an outcome of no account", ProblemOutcome, "UPDATE outcomes SET account = 5 WHERE account IS NOT NULL"},
		{"an outcome turned to a refusal", ProblemOutcome, "UPDATE outcomes SET transfer = NULL, refusal = 8, digest = randomblob(32) WHERE transfer = 300"},
		{"an unknown refusal", ProblemOutcome, "UPDATE outcomes SET refusal = 99 WHERE refusal IS NOT NULL"},
		{"a staff total", ProblemStaffTotal, "UPDATE staff_totals SET amount_minor = 1"},
		{"a staff total gone", ProblemStaffTotal, "DELETE FROM staff_totals"},
		{"a staff total too many", ProblemStaffTotal, "INSERT INTO staff_totals (actor, day, currency, kind, amount_minor) VALUES (1, 5, 'MXN', 2, 5)"},
		{"an owner", ProblemAccount, fmt.Sprintf("UPDATE accounts SET owner = %d WHERE id = %d", luis.user, ana.account)},
		{"a frozen account of the bank", ProblemAccount, "UPDATE accounts SET status = 'frozen' WHERE class = 'cash' AND shard = 0"},
		{"a group", ProblemLink, "UPDATE transfers SET group_id = 1 WHERE id = 300"},
		{"a mark of what is to come", ProblemMark, fmt.Sprintf("INSERT INTO marks (account, seq, transfer, at) VALUES (%d, 2560, 99999, 5)", ana.account)},
		{"an outcome from later", ProblemOutcome, "UPDATE outcomes SET at = at + 1000000 WHERE transfer = 300"},
		{"a deposit that is not in the audit log", ProblemAudit, "DELETE FROM audit WHERE action = 'deposit'"},
		{"a deposit that is twice in the audit log", ProblemAudit, "INSERT INTO audit (at, actor, action, subject, detail) SELECT at, actor, action, subject, detail FROM audit WHERE action = 'deposit'"},
		{"a role that there is not", ProblemRow, "PRAGMA ignore_check_constraints = on; UPDATE users SET role = 'root'"},
		{"a device of nobody", ProblemRow, "INSERT INTO devices (public_id, user_id, algorithm, public_key, name, created_at, last_seen_at) " +
			"VALUES (randomblob(16), 77, 1, randomblob(32), 'x', 1, 1)"},
		{"an index without its rows", ProblemRow, "PRAGMA writable_schema = on; UPDATE sqlite_schema SET rootpage = " +
			"(SELECT rootpage FROM sqlite_schema WHERE name = 'transfers_reverses') WHERE name = 'marks_date'"},
		{"a trigger gone", ProblemSchema, "DROP TRIGGER transfers_no_delete"},
		{"a trigger replaced", ProblemSchema, "DROP TRIGGER transfers_no_delete; CREATE TRIGGER transfers_no_delete BEFORE DELETE ON transfers BEGIN SELECT 1; END"},
		{"a trigger too many", ProblemSchema, "CREATE TRIGGER skim AFTER INSERT ON transfers BEGIN SELECT 1; END"},
		{"an index gone", ProblemSchema, "DROP INDEX transfers_reverses"},
	} {
		t.Run(c.name, func(t *testing.T) {
			copied := h.copy(t)
			if c.kind == ProblemSchema {
				copied.exec(c.statement)
			} else {
				copied.alter(c.statement)
			}
			report := copied.verifyFile()
			for _, problem := range report.Problems {
				if problem.Kind == c.kind {
					if strings.Contains(problem.String(), "memo 0") {
						t.Errorf("the report tells a memo: %s", problem)
					}
					return
				}
			}
			t.Fatalf("not found; what was found: %v", report.Problems)
		})
	}
	h.verify()
}

// A report of a ledger that is wrong all over stays small, and counts.
func TestAReportIsBounded(t *testing.T) {
	h, _, _, _ := altered(t)
	copied := h.copy(t)
	copied.alter("UPDATE transfers SET amount_minor = amount_minor + 1, debit_head = randomblob(32), currency = 'USD'")
	report := copied.verifyFile()
	if len(report.Problems) != problemsMax || report.Found <= problemsMax || report.OK() {
		t.Fatalf("%d of %d problems", len(report.Problems), report.Found)
	}
}

// Verify works while money moves, and finds nothing wrong that is right.
func TestVerifyWorksOnALiveBank(t *testing.T) {
	h := newHouse(t)
	const people, rounds, each = 6, 60, 50
	var crowd []holder
	for range people {
		crowd = append(crowd, h.holder(1_000_000))
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := range rounds {
			answers := new(waiters)
			for j := range each {
				o := crowd[(i+j)%people].transfer(crowd[(i+j+1+j%(people-1))%people], 1)
				o.Memo = "m"
				answers.submit(h, o)
			}
			for _, answer := range answers.pending {
				if got := <-answer; got.err != nil {
					t.Error(got.err)
				}
			}
		}
	}()
	for moving, checked := true, int64(0); moving; {
		select {
		case <-done: // once more, with all of it
			moving = false
		default:
		}
		report, err := Verify(context.Background(), h.store)
		must(t, err)
		if !report.OK() {
			t.Fatal(report.Problems)
		}
		if report.Transfers < checked || !moving && report.Transfers != people+rounds*each {
			t.Fatalf("%d transfers after %d", report.Transfers, checked)
		}
		checked = report.Transfers
	}
}
