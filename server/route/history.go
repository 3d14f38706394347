package route

import (
	"context"

	"google.golang.org/protobuf/proto"

	"caudal/cipher"
	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/ledger"
	"caudal/protocol"
	"caudal/server/live"
)

// replyBytesMax bounds what a reply has inside, so that it fits one record with the frame around it: tags and lengths of
// frame, message and reply, its id, and the result's own tag are below 64 bytes.
const replyBytesMax = cipher.MaxBody - 64

// history lists an account's legs, newest first, a page at a time.
func history(c call, request *protocol.Command) {
	r := request.GetHistory()
	c.atDesk(func(ctx context.Context) (*protocol.Reply, error) {
		who := c.person()
		if err := c.limits.mayMiss(who.user); err != nil {
			return nil, err
		}
		account, err := c.ownAccount(ctx, r.GetAccount())
		if err != nil {
			return nil, err
		}
		if r.GetSinceUs() < 0 || r.GetUntilUs() < 0 {
			return nil, invalid("a time is not before 1970")
		}
		if r.GetLimit() > protocol.HistoryLegs {
			return nil, invalid("a page has 50 legs at most")
		}
		query := ledger.HistoryQuery{
			Account: account, Limit: int(r.GetLimit()), Since: r.GetSinceUs(), Until: r.GetUntilUs(),
		}
		if query.Limit == 0 {
			query.Limit = protocol.HistoryLegs
		}
		if r.GetCursor() != "" {
			if query.Before, err = c.config.Names.OpenCursor(int64(account), r.GetCursor()); err != nil {
				return nil, err
			}
		}
		legs, next, err := c.config.Ledger.History(ctx, query)
		if err != nil {
			return nil, err
		}
		return &protocol.Reply{Result: &protocol.Reply_History{History: c.page(who, account, legs, next)}}, nil
	})
}

// page fits legs into a record; those that do not fit begin the next page. The legs before next remain; 0 is the end.
func (c call) page(who *person, account clabe.Number, legs []ledger.Leg, next uint64) *protocol.HistoryResult {
	page := &protocol.HistoryResult{Legs: make([]*protocol.Leg, 0, len(legs))}
	room := replyBytesMax - 32 // for next
	for i := range legs {
		message := live.Leg(&legs[i], who.user, c.config.Names.Transfer(legs[i].Transfer))
		if room -= elementSize(message); room < 0 {
			next = legs[i].Seq + 1
			break
		}
		page.Legs = append(page.Legs, message)
	}
	if next != 0 {
		page.Next = c.config.Names.Cursor(int64(account), next)
	}
	return page
}

// elementSize is the size of a message as an element of a repeated field: with its tag and length.
func elementSize(m proto.Message) int {
	const tagAndLength = 1 + 3 // lengths below 2^21
	return proto.Size(m) + tagAndLength
}

// ownAccount reads an account's number and makes sure that it is the user's. One that is somebody else's and one that does
// not exist are the same.
func (c call) ownAccount(ctx context.Context, text string) (clabe.Number, error) {
	number, err := clabe.Parse(text)
	if err != nil {
		return 0, err
	}
	account, err := c.config.Store.AccountByNumber(ctx, number)
	if err != nil {
		return 0, err
	}
	if account.Owner == nil || *account.Owner != c.person().user {
		return 0, models.ErrAccountNotFound
	}
	return number, nil
}
