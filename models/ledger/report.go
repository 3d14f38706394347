package ledger

import (
	"fmt"
	"math/big"
	"time"

	"caudal/models/clabe"
	"caudal/models/money"
)

// ProblemKind says what is wrong with a ledger.
type ProblemKind string

// The kinds of problems.
const (
	ProblemSchema     ProblemKind = "schema"      // a table, index or trigger is missing, altered or too many
	ProblemRow        ProblemKind = "row"         // a row that the schema forbids, or that an index does not have
	ProblemAccount    ProblemKind = "account"     // an account, or its head, is missing, or is none that could take part
	ProblemSum        ProblemKind = "sum"         // a currency's money does not sum to zero
	ProblemSeq        ProblemKind = "seq"         // an account's legs are not numbered 1, 2, 3 ...
	ProblemLink       ProblemKind = "link"        // a leg does not link to the one before
	ProblemBalance    ProblemKind = "balance"     // a balance is not the one before and the amount
	ProblemCurrency   ProblemKind = "currency"    // a transfer has another currency than its account
	ProblemTime       ProblemKind = "time"        // a leg is older than the one before
	ProblemHash       ProblemKind = "hash"        // a head does not continue the one before
	ProblemHead       ProblemKind = "head"        // the row of heads is not where the account's legs end
	ProblemFloor      ProblemKind = "floor"       // a balance is below its floor, or the floor is not the overdraft
	ProblemMark       ProblemKind = "mark"        // a mark is missing, wrong, or too many
	ProblemMemo       ProblemKind = "memo"        // a memo is not the one that was hashed
	ProblemOutcome    ProblemKind = "outcome"     // a transfer has no outcome, or an outcome no transfer or account
	ProblemAudit      ProblemKind = "audit"       // what was done at the counter is not in the audit log, or the other way round
	ProblemStaffTotal ProblemKind = "staff_total" // a member of staff's total is not what was moved
)

// Problem is one thing that is wrong, and where.
type Problem struct {
	Kind     ProblemKind
	Account  clabe.Number // 0 where it is about none
	Transfer int64        // 0 where it is about none
	Detail   string       // holds no name and no memo
}

// String says the problem in a line.
func (p Problem) String() string {
	text := string(p.Kind) + ":"
	if p.Account != 0 {
		text += " account " + p.Account.String()
	}
	if p.Transfer != 0 {
		text += fmt.Sprintf(" transfer %d", p.Transfer)
	}
	return text + " " + p.Detail
}

// problemsMax bounds the problems that a report lists; all are counted.
const problemsMax = 1000

// Report is what Verify found.
type Report struct {
	Accounts    int64
	Transfers   int64
	Marks       int64
	Memos       int64
	MemosErased int64
	Outcomes    int64 // refusals among them
	Refusals    int64
	// HeldByHolders is the money on the holders' accounts; the bank's own accounts must have just as much below zero.
	HeldByHolders map[money.Currency]*big.Int
	Elapsed       time.Duration

	Problems []Problem // the first thousand
	Found    int       // all of them
}

// OK tells whether nothing is wrong.
func (r *Report) OK() bool { return r.Found == 0 }

func (r *Report) add(kind ProblemKind, account clabe.Number, transfer int64, format string, args ...any) {
	r.Found++
	if len(r.Problems) < problemsMax {
		r.Problems = append(r.Problems, Problem{kind, account, transfer, fmt.Sprintf(format, args...)})
	}
}
