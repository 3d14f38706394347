package models

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"caudal/models/clabe"
	"caudal/models/money"
)

// TrailMax is the most entries of one page of a trail.
const TrailMax = 500

// TrailAction is what an entry of the audit log tells of. What was refused is its own entry, of the same action.
type TrailAction uint8

// The actions.
const (
	TrailOther TrailAction = iota // of another version of this program
	TrailDeposit
	TrailWithdrawal
	TrailFindHolders
	TrailCreateUser
	TrailChangePassword
	TrailResetPassword
	TrailSetRole
	TrailCloseUser
	TrailRevokeDevice
	TrailSetAccountStatus
	TrailSetOverdraft
)

var trailActions = map[string]TrailAction{
	ActionDeposit: TrailDeposit, ActionDepositRefused: TrailDeposit,
	ActionWithdrawal: TrailWithdrawal, ActionWithdrawalRefused: TrailWithdrawal,
	actionFindHolders: TrailFindHolders, actionCreateUser: TrailCreateUser, actionChangePassword: TrailChangePassword,
	actionResetPassword: TrailResetPassword, actionSetRole: TrailSetRole, actionCloseUser: TrailCloseUser,
	actionRevokeDevice: TrailRevokeDevice, ActionSetAccountStatus: TrailSetAccountStatus, ActionSetOverdraft: TrailSetOverdraft,
}

// TrailEntry is an entry of the audit log with what it names looked up. What does not belong to its action is zero.
type TrailEntry struct {
	ID        int64
	At        int64
	Action    TrailAction
	Actor     int64        // user; 0 for the bank itself
	ActorName string       // username; empty for the bank itself
	Holder    string       // username of whom it was done to
	Account   clabe.Number // that it was done to

	AmountMinor int64
	Currency    money.Currency // empty where what was ordered is none
	Memo        string         // empty too where it was erased
	Transfer    int64          // row id; 0 where it was refused
	Key         []byte         // 16; the actor's: nobody else is shown it
	Refusal     string         // by the ledger's name; empty where it was carried out

	Query string // of a look-up
	Found int
	More  bool

	Before, After string // role, status, or overdraft in minor units
}

// TrailQuery asks for a page of the audit log, newest first.
type TrailQuery struct {
	By     Staff
	Before int64 // only entries whose id is smaller: the last one of the page before; 0 for the newest
	Limit  int   // 1 to TrailMax; what is outside is brought inside
}

// Trail returns a page of what staff may see of the audit log: a teller what they did themself, an admin everything. more
// says that there are older entries.
//
// Errors: ErrUserClosed, ErrDeviceRevoked, ErrNotStaff.
func (s *Store) Trail(ctx context.Context, q TrailQuery) (page []TrailEntry, more bool, err error) {
	q.Limit = min(max(q.Limit, 1), TrailMax)
	err = s.Read().WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		role, err := stillStaff(tx, userWhere, q.By)
		if err != nil {
			return err
		}
		query := tx.Order("id DESC").Limit(q.Limit + 1)
		if role != RoleAdmin {
			query = query.Where("actor = ?", q.By.User)
		}
		if q.Before > 0 {
			query = query.Where("id < ?", q.Before)
		}
		var entries []AuditEntry
		if err := query.Find(&entries).Error; err != nil {
			return fmt.Errorf("models: read the audit log: %w", err)
		}
		if more = len(entries) > q.Limit; more {
			entries = entries[:q.Limit]
		}
		page, err = trailOf(tx, entries)
		return err
	})
	if err != nil {
		return nil, false, err
	}
	return page, more, nil
}

// trailOf looks up what the entries name, each table once.
func trailOf(tx *gorm.DB, entries []AuditEntry) ([]TrailEntry, error) {
	page := make([]TrailEntry, len(entries))
	subjects := make([]int64, len(entries)) // users whom the entries name
	names := make(map[int64]string)
	owners := make(map[clabe.Number]int64)
	memos := make(map[int64]string)
	for i := range entries {
		page[i], subjects[i] = readEntry(&entries[i])
		e := &page[i]
		names[e.Actor], names[subjects[i]] = "", ""
		if e.Account != 0 {
			owners[e.Account] = 0
		}
		if e.Transfer != 0 {
			memos[e.Transfer] = ""
		}
	}
	if err := lookUpOwners(tx, owners, names); err != nil {
		return nil, err
	}
	if err := lookUpMemos(tx, memos); err != nil {
		return nil, err
	}
	if err := lookUpNames(tx, names); err != nil {
		return nil, err
	}
	for i := range page {
		e := &page[i]
		e.ActorName, e.Memo = names[e.Actor], memos[e.Transfer]
		if e.Account != 0 {
			subjects[i] = owners[e.Account]
		}
		e.Holder = names[subjects[i]]
	}
	return page, nil
}

// readEntry reads what an entry says by itself, and the user whom it names, if any. What it does not understand it leaves
// out: the log is older than this program, and newer.
func readEntry(entry *AuditEntry) (e TrailEntry, subject int64) {
	e = TrailEntry{ID: entry.ID, At: entry.At, Action: trailActions[entry.Action], Actor: entry.Actor}
	if user, ok := strings.CutPrefix(entry.Subject, "user:"); ok {
		subject, _ = strconv.ParseInt(user, 10, 64) // 0 is nobody
	}
	if number, err := clabe.Parse(entry.Subject); err == nil {
		e.Account = number
	}
	var detail struct {
		CounterDetail
		Query     string `json:"query"`
		Found     int    `json:"found"`
		More      bool   `json:"more"`
		From      string `json:"from"`
		To        string `json:"to"`
		Role      string `json:"role"`
		FromMinor *int64 `json:"from_minor"`
		ToMinor   *int64 `json:"to_minor"`
	}
	if err := json.Unmarshal([]byte(entry.Detail), &detail); err != nil {
		return e, subject
	}
	switch e.Action {
	case TrailDeposit, TrailWithdrawal:
		e.AmountMinor, e.Transfer, e.Refusal = detail.AmountMinor, detail.Transfer, detail.Refusal
		if currency := money.Currency(detail.Currency); currency.Valid() {
			e.Currency = currency
		}
		if key, err := hex.DecodeString(strings.ReplaceAll(detail.Key, "-", "")); err == nil {
			e.Key = key
		}
	case TrailFindHolders:
		e.Query, e.Found, e.More = detail.Query, detail.Found, detail.More
	case TrailCreateUser:
		e.After = detail.Role
	case TrailSetRole, TrailSetAccountStatus:
		e.Before, e.After = detail.From, detail.To
	case TrailSetOverdraft:
		if detail.FromMinor != nil && detail.ToMinor != nil {
			e.Before, e.After = strconv.FormatInt(*detail.FromMinor, 10), strconv.FormatInt(*detail.ToMinor, 10)
		}
	}
	return e, subject
}

// lookUpOwners also notes the owners among those whose names are wanted.
func lookUpOwners(tx *gorm.DB, owners map[clabe.Number]int64, names map[int64]string) error {
	var accounts []Account
	err := findByKey(tx.Select("id", "owner").Where("owner IS NOT NULL"), "id", owners, &accounts)
	for _, account := range accounts {
		owners[account.ID], names[*account.Owner] = *account.Owner, ""
	}
	return err
}

func lookUpMemos(tx *gorm.DB, memos map[int64]string) error {
	var rows []Memo
	err := findByKey(tx.Select("transfer", "text"), "transfer", memos, &rows)
	for _, memo := range rows {
		memos[memo.Transfer] = memo.Text
	}
	return err
}

func lookUpNames(tx *gorm.DB, names map[int64]string) error {
	var users []User
	err := findByKey(tx.Select("id", "username"), "id", names, &users)
	for _, user := range users {
		names[user.ID] = user.Username
	}
	return err
}

// findByKey reads the rows whose column is a key of the map.
func findByKey[K comparable, V, Row any](tx *gorm.DB, column string, keys map[K]V, rows *[]Row) error {
	if len(keys) == 0 {
		return nil
	}
	wanted := make([]K, 0, len(keys))
	for key := range keys {
		wanted = append(wanted, key)
	}
	if err := tx.Where(column+" IN ?", wanted).Find(rows).Error; err != nil {
		return fmt.Errorf("models: look up what the audit log names: %w", err)
	}
	return nil
}
