package route

import (
	"context"
	"fmt"

	"caudal/models"
	"caudal/protocol"
	"caudal/server/live"
)

// missingLegsMax bounds the legs that subscribe looks for in one account. More of the smallest would not fit a record.
const missingLegsMax = 256

// subscribe makes the connection live. The hub holds events back from the first moment; the accounts are read after that;
// then the reply goes, and behind it the events that are newer than what it says. So nothing is missing and nothing doubled.
func subscribe(c call, request *protocol.Command) {
	c.atDesk(func(ctx context.Context) (*protocol.Reply, error) {
		positions, err := readPositions(request.GetSubscribe().GetPositions())
		if err != nil {
			return nil, err
		}
		subscription := c.config.Hub.Subscribe(c.session.conn)
		reply, versions, err := c.standing(ctx, positions)
		if err != nil {
			c.config.Hub.Unsubscribe(c.session.conn)
			return nil, err
		}
		c.reply(&protocol.Reply{Result: &protocol.Reply_Subscribe{Subscribe: reply}})
		if subscription != nil { // nil: the connection has gone meanwhile
			subscription.Release(versions)
		}
		return nil, nil
	})
}

// unsubscribe makes the connection quiet again.
func unsubscribe(c call, _ *protocol.Command) {
	c.atDesk(func(context.Context) (*protocol.Reply, error) { // behind a subscribe that is still at the desk
		c.config.Hub.Unsubscribe(c.session.conn)
		return &protocol.Reply{Result: &protocol.Reply_Unsubscribe{Unsubscribe: &protocol.UnsubscribeResult{}}}, nil
	})
}

// position is what a client has of an account.
type position struct {
	seq  uint64
	head [32]byte
}

// readPositions takes positions by account. One of an account that is not the user's is not looked at, and tells nothing.
func readPositions(named []*protocol.Position) (map[string]position, error) {
	positions := make(map[string]position, len(named))
	for _, n := range named {
		var p position
		if len(n.GetHead()) != len(p.head) && (n.GetSeq() > 0 || len(n.GetHead()) > 0) {
			return nil, invalid("a position has a chain head of 32 bytes")
		}
		if _, twice := positions[n.GetAccount()]; twice {
			return nil, invalid("an account has one position")
		}
		p.seq = n.GetSeq()
		copy(p.head[:], n.GetHead())
		positions[n.GetAccount()] = p
	}
	return positions, nil
}

// standing reads where all accounts of the user stand, and what is missing from the client's positions to there, as far as
// it fits one record. It returns the versions of the accounts beside it.
func (c call) standing(ctx context.Context, positions map[string]position) (*protocol.SubscribeResult, map[int64]uint64, error) {
	who := c.person()
	accounts, err := c.config.Store.AccountsOf(ctx, who.user)
	if err != nil {
		return nil, nil, err
	}
	devices, err := c.config.Store.Devices(ctx, who.user)
	if err != nil {
		return nil, nil, err
	}
	result := &protocol.SubscribeResult{Devices: deviceMessages(devices, who.device)}
	versions := make(map[int64]uint64, len(accounts))
	room := replyBytesMax
	for _, device := range result.Devices {
		room -= elementSize(device)
	}
	for i := range accounts {
		versions[int64(accounts[i].ID)] = accounts[i].Head.Version
		state := &protocol.AccountState{Account: accountMessage(&accounts[i]), Snapshot: true, HistoryDiverged: true}
		room -= elementSize(state) // with room for either flag
		result.Accounts = append(result.Accounts, state)
	}
	if room < 0 {
		return nil, nil, fmt.Errorf("route: %d accounts and %d devices do not fit a record", len(accounts), len(devices))
	}
	for i := range accounts {
		state := result.Accounts[i]
		state.Snapshot, state.HistoryDiverged = false, false
		if has, ok := positions[state.Account.Clabe]; ok {
			if room, err = c.catchUp(ctx, &accounts[i], state, has, room); err != nil {
				return nil, nil, err
			}
		}
	}
	return result, versions, nil
}

// catchUp adds to state the legs between has and the account as it was read; where they do not fit into room, it says so
// instead. It returns the room that is left.
func (c call) catchUp(ctx context.Context, account *models.AccountState, state *protocol.AccountState, has position, room int) (int, error) {
	if has.seq > account.Head.Seq {
		state.HistoryDiverged = true // the read came after the client's: the bank does not have that leg
		return room, nil
	}
	legs, diverged, more, err := c.config.Ledger.LegsAfter(ctx, account.ID, has.seq, has.head, missingLegsMax)
	switch {
	case err != nil:
		return room, err
	case diverged:
		state.HistoryDiverged = true
		return room, nil
	}
	left := room
	reached := has.seq
	for i := range legs {
		if legs[i].Seq > account.Head.Seq {
			break // came after the read, and comes as an event
		}
		message := live.Leg(&legs[i], c.person().user, c.config.Names.Transfer(legs[i].Transfer))
		if left -= elementSize(message); left < 0 {
			break
		}
		state.Missing = append(state.Missing, message)
		reached = legs[i].Seq
	}
	if reached < account.Head.Seq {
		if !more && left >= 0 {
			return room, fmt.Errorf("route: account's legs end at %d of %d", reached, account.Head.Seq)
		}
		state.Missing, state.Snapshot = nil, true
		return room, nil
	}
	return left, nil
}
