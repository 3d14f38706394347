package caudal

import (
	"context"
	"strings"
	"time"

	"caudal/models/clabe"
	"caudal/protocol"
)

// What is here is for tellers, and for admins, who are tellers too. A holder is refused: permission_denied.

// Holder is a customer as a teller sees them.
type Holder struct {
	Username string
	Owner    string    // the person's name
	Accounts []Account // all of them, oldest first; without their heads, which are the holder's
}

// FoundHolders is what a look-up found.
type FoundHolders struct {
	Holders []Holder // 20 at most
	More    bool     // there are others: the query says too little
}

// FindHolders looks for those whom this teller can serve: by an account's 18 digits (grouped or not), or by words, each of
// which begins the username or a word of the holder's name; case and accents do not count. 2 to 80 characters. Nobody found
// is no error. The bank keeps each look-up in its audit log, also one that had to be repeated because its answer was cut off.
func (c *Conn) FindHolders(ctx context.Context, query string) (*FoundHolders, error) {
	reply, err := c.ask(ctx, &protocol.Command{Request: &protocol.Command_FindHolders{
		FindHolders: &protocol.FindHoldersRequest{Query: query},
	}})
	if err != nil {
		return nil, err
	}
	result, ok := reply.GetResult().(*protocol.Reply_FindHolders)
	if !ok {
		return nil, c.wrongResult("find_holders")
	}
	found := &FoundHolders{More: result.FindHolders.GetMore()}
	if n := len(result.FindHolders.GetHolders()); n > protocol.HoldersFound {
		return nil, c.broken(violation("a look-up found %d holders", n))
	}
	for _, h := range result.FindHolders.GetHolders() {
		holder := Holder{Username: h.GetUsername(), Owner: h.GetOwner(), Accounts: make([]Account, 0, len(h.GetAccounts()))}
		for _, a := range h.GetAccounts() {
			account, err := readAccount(a)
			if err != nil {
				return nil, c.broken(err)
			}
			holder.Accounts = append(holder.Accounts, account)
		}
		found.Holders = append(found.Holders, holder)
	}
	return found, nil
}

// TellerLimits are what a teller may move of a currency, and has moved today. Deposits and withdrawals each have the day's
// limit for themselves.
type TellerLimits struct {
	Currency          string
	OperationMaxMinor int64 // for one deposit or withdrawal
	DayMaxMinor       int64
	DayDepositedMinor int64
	DayWithdrawnMinor int64
	DayEnds           time.Time // then both begin again at nothing
}

// TellerLimits returns what this teller may still move today. An empty currency is MXN.
func (c *Conn) TellerLimits(ctx context.Context, currency string) (*TellerLimits, error) {
	reply, err := c.ask(ctx, &protocol.Command{Request: &protocol.Command_TellerLimits{
		TellerLimits: &protocol.TellerLimitsRequest{Currency: currency},
	}})
	if err != nil {
		return nil, err
	}
	result, ok := reply.GetResult().(*protocol.Reply_TellerLimits)
	if !ok {
		return nil, c.wrongResult("teller_limits")
	}
	limits := result.TellerLimits
	if !isCurrency(limits.GetCurrency()) || currency != "" && limits.GetCurrency() != currency {
		return nil, c.broken(violation("a teller's limits are of another currency"))
	}
	return &TellerLimits{
		Currency: limits.GetCurrency(), OperationMaxMinor: limits.GetOperationMaxMinor(), DayMaxMinor: limits.GetDayMaxMinor(),
		DayDepositedMinor: limits.GetDayDepositedMinor(), DayWithdrawnMinor: limits.GetDayWithdrawnMinor(),
		DayEnds: micros(limits.GetDayEndsAtUs()),
	}, nil
}

// AuditAction says what an entry of the audit log tells of: the schema's AuditAction in lower case, such as "deposit",
// "find_holders" or "set_role".
type AuditAction string

// AuditUnknown is an action that this client, or the vocabulary, has no name for.
const AuditUnknown AuditAction = "unknown"

// AuditEntry is one line of the bank's audit log. What does not belong to its action is zero.
type AuditEntry struct {
	ID      string // opaque
	At      time.Time
	Action  AuditAction
	Actor   string // username; empty for the bank itself
	Holder  string // username of whom it was done to
	Account string // CLABE

	AmountMinor int64 // of a deposit or a withdrawal
	Currency    string
	Memo        string
	TransferID  string
	Key         Key           // zero unless this user gave the order
	Refusal     protocol.Code // why it was refused; zero where it was carried out

	Query string // of a look-up
	Found int
	More  bool

	Before, After string // role, status, or overdraft in minor units
}

// AuditQuery asks for a part of the audit log.
type AuditQuery struct {
	Limit  int    // of a page, 1 to 50; 0 is 50
	Cursor string // AuditPage.Next of the page before; empty for the newest
}

// AuditPage is a part of the audit log.
type AuditPage struct {
	Entries []AuditEntry // newest first
	Next    string       // empty at the end
}

// Audit returns a page of the audit log: for a teller what they did themself, for an admin what everybody did.
func (c *Conn) Audit(ctx context.Context, q AuditQuery) (*AuditPage, error) {
	reply, err := c.ask(ctx, &protocol.Command{Request: &protocol.Command_ListAudit{
		ListAudit: &protocol.ListAuditRequest{Limit: uint32(max(q.Limit, 0)), Cursor: q.Cursor},
	}})
	if err != nil {
		return nil, err
	}
	result, ok := reply.GetResult().(*protocol.Reply_ListAudit)
	if !ok {
		return nil, c.wrongResult("list_audit")
	}
	raw := result.ListAudit
	switch {
	case len(raw.GetEntries()) > protocol.AuditEntries:
		return nil, c.broken(violation("a page of the audit log has %d entries", len(raw.GetEntries())))
	case len(raw.GetNext()) > cursorBytes:
		return nil, c.broken(violation("a cursor has %d bytes", len(raw.GetNext())))
	case raw.GetNext() != "" && raw.GetNext() == q.Cursor:
		return nil, c.broken(violation("a page of the audit log leads to itself"))
	case raw.GetNext() != "" && len(raw.GetEntries()) == 0: // or whoever reads to the end never gets there
		return nil, c.broken(violation("a page of the audit log is empty, and leads on"))
	}
	page := &AuditPage{Entries: make([]AuditEntry, 0, len(raw.GetEntries())), Next: raw.GetNext()}
	for _, e := range raw.GetEntries() {
		entry, err := auditEntry(e)
		if err != nil {
			return nil, c.broken(err)
		}
		page.Entries = append(page.Entries, entry)
	}
	return page, nil
}

func auditEntry(e *protocol.AuditEntry) (AuditEntry, error) {
	entry := AuditEntry{
		ID: e.GetId(), At: micros(e.GetAtUs()), Action: auditAction(e.GetAction()), Actor: e.GetActor(), Holder: e.GetHolder(),
		Account: e.GetAccount(), AmountMinor: e.GetAmountMinor(), Currency: e.GetCurrency(), Memo: e.GetMemo(),
		TransferID: e.GetTransferId(), Refusal: e.GetRefusal(), Query: e.GetQuery(), Found: int(e.GetFound()), More: e.GetMore(),
		Before: e.GetBefore(), After: e.GetAfter(),
	}
	if entry.Account != "" {
		if _, err := clabe.Parse(entry.Account); err != nil {
			return AuditEntry{}, violation("an audit entry's CLABE is malformed")
		}
	}
	if entry.Currency != "" && !isCurrency(entry.Currency) {
		return AuditEntry{}, violation("an audit entry's currency is malformed")
	}
	if key := e.GetIdempotencyKey(); len(key) > 0 {
		if len(key) != len(entry.Key) {
			return AuditEntry{}, violation("a key has %d bytes", len(key))
		}
		entry.Key = Key(key)
	}
	return entry, nil
}

func auditAction(a protocol.AuditAction) AuditAction {
	if name, ok := protocol.AuditAction_name[int32(a)]; ok && a != protocol.AuditAction_AUDIT_ACTION_UNSPECIFIED {
		return AuditAction(strings.ToLower(strings.TrimPrefix(name, "AUDIT_ACTION_")))
	}
	return AuditUnknown
}
