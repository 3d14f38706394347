package caudal

import (
	"context"
	"iter"
	"time"

	"caudal/protocol"
)

// Leg is one account's half of a transfer.
type Leg struct {
	TransferID       string // opaque
	Account          string // CLABE
	Currency         string
	Seq              uint64
	AmountMinor      int64 // signed: negative where money left
	BalanceMinor     int64 // after
	Counterparty     string
	CounterpartyName string // whoever was paid stays masked
	Memo             string
	MemoErased       bool // there was a memo; the bank has erased it
	At               time.Time
	Kind             Kind
	Key              Key  // zero unless this user ordered the transfer
	Head             Head // of the account's chain, after this leg

	chained chained
}

// Kind says what sort of transfer a leg belongs to.
type Kind string

// The kinds of transfer.
const (
	KindTransfer   Kind = "transfer"
	KindDeposit    Kind = "deposit"
	KindWithdrawal Kind = "withdrawal"
	KindGift       Kind = "gift"
	KindUnknown    Kind = "unknown" // one that this client does not know
)

// HistoryQuery asks for an account's legs, newest first.
type HistoryQuery struct {
	Account string    // CLABE
	Limit   int       // of a page, 1 to 50; 0 is 50
	Cursor  string    // HistoryPage.Next of the page before; empty for the newest
	Since   time.Time // not before; zero is no bound
	Until   time.Time // before; zero is no bound
}

// HistoryPage is a part of an account's history.
type HistoryPage struct {
	Legs []Leg  // newest first, without a gap, and chained
	Next string // empty at the end
}

// History returns one page. Within it the legs follow each other and their chain holds, or the error is a
// [*DivergedError].
func (c *Conn) History(ctx context.Context, q HistoryQuery) (*HistoryPage, error) {
	currency, err := c.currency(ctx, q.Account)
	if err != nil {
		return nil, err
	}
	page, err := c.page(ctx, q, currency)
	if err != nil {
		return nil, err
	}
	if err := checkPage(page.Legs); err != nil {
		return nil, err
	}
	return page, nil
}

// Legs goes through the history page by page, newest first, until it ends, an error comes (the last pair), or the loop
// is left. The chain is verified across pages. A query with Limit asks for pages of that size and goes on.
func (c *Conn) Legs(ctx context.Context, q HistoryQuery) iter.Seq2[Leg, error] {
	return func(yield func(Leg, error) bool) {
		var newer []Leg // the last leg that was shown, or none
		for {
			page, err := c.History(ctx, q)
			if err == nil {
				err = checkPage(append(newer, page.Legs...))
			}
			if err != nil {
				yield(Leg{}, err)
				return
			}
			for _, leg := range page.Legs {
				if !yield(leg, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			if page.Next == q.Cursor {
				yield(Leg{}, c.broken(violation("a page of history leads to itself")))
				return
			}
			if n := len(page.Legs); n > 0 {
				newer = []Leg{page.Legs[n-1]}
			}
			q.Cursor = page.Next
		}
	}
}

// page asks for one page and reads it; the chain is the caller's to check.
func (c *Conn) page(ctx context.Context, q HistoryQuery, currency string) (*HistoryPage, error) {
	reply, err := c.ask(ctx, &protocol.Command{Request: &protocol.Command_History{History: &protocol.HistoryRequest{
		Account: q.Account, Limit: uint32(max(q.Limit, 0)), Cursor: q.Cursor, SinceUs: toMicros(q.Since), UntilUs: toMicros(q.Until),
	}}})
	if err != nil {
		return nil, err
	}
	result, ok := reply.GetResult().(*protocol.Reply_History)
	if !ok {
		return nil, c.wrongResult("history")
	}
	raw := result.History
	if len(raw.GetLegs()) > protocol.HistoryLegs {
		return nil, c.broken(violation("a page of history has %d legs", len(raw.GetLegs())))
	}
	page := &HistoryPage{Legs: make([]Leg, 0, len(raw.GetLegs())), Next: raw.GetNext()}
	if len(page.Next) > cursorBytes {
		return nil, c.broken(violation("a cursor has %d bytes", len(page.Next)))
	}
	for _, l := range raw.GetLegs() {
		leg, err := readLeg(l, q.Account, currency)
		if err != nil {
			return nil, c.broken(err)
		}
		page.Legs = append(page.Legs, leg)
	}
	return page, nil
}

// cursorBytes bounds what a server can make a client remember of each page.
const cursorBytes = 256

// currency is what the chain binds and a leg does not say.
func (c *Conn) currency(ctx context.Context, account string) (string, error) {
	if currency, ok := c.recall(account); ok {
		return currency, nil
	}
	if _, err := c.Accounts(ctx); err != nil {
		return "", err
	}
	if currency, ok := c.recall(account); ok {
		return currency, nil
	}
	return "", refusal(protocol.NewError(protocol.Code_CODE_NOT_FOUND))
}

func toMicros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}
