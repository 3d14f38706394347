package route

import (
	"context"

	"caudal/models"
	"caudal/models/money"
	"caudal/protocol"
)

// findHolders looks for those whom a teller can serve. What is shown is in the audit log first, and what did not fit the
// record is neither shown nor counted.
func findHolders(c call, request *protocol.Command) {
	c.atDesk(func(ctx context.Context) (*protocol.Reply, error) {
		who := c.person()
		if wait, ok := c.limits.lookUps.Take(who.user); !ok {
			return nil, rateLimited(wait)
		}
		result := new(protocol.FindHoldersResult)
		room := replyBytesMax
		found, err := c.config.Store.FindHolders(ctx, who.staff(), request.GetFindHolders().GetQuery(), func(h *models.Holder) bool {
			message := holderMessage(h)
			if room -= elementSize(message); room < 0 {
				return false
			}
			result.Holders = append(result.Holders, message)
			return true
		})
		if err != nil {
			return nil, err
		}
		result.More = found.More
		return &protocol.Reply{Result: &protocol.Reply_FindHolders{FindHolders: result}}, nil
	})
}

// holderMessage leaves out what only the holder keeps: the chain's heads.
func holderMessage(h *models.Holder) *protocol.Holder {
	message := &protocol.Holder{Username: h.Username, Owner: h.Owner, Accounts: make([]*protocol.Account, 0, len(h.Accounts))}
	for i := range h.Accounts {
		account := accountMessage(&h.Accounts[i])
		account.Head = nil
		message.Accounts = append(message.Accounts, account)
	}
	return message
}

// tellerLimits tells what is left of the day of whoever asks.
func tellerLimits(c call, request *protocol.Command) {
	c.atDesk(func(ctx context.Context) (*protocol.Reply, error) {
		currency := money.Currency(request.GetTellerLimits().GetCurrency())
		if currency == "" {
			currency = money.MXN
		}
		who := c.person()
		if err := c.config.Store.CheckStaff(ctx, who.staff()); err != nil {
			return nil, err
		}
		today, err := c.config.Ledger.StaffToday(ctx, who.user, currency)
		if err != nil {
			return nil, err
		}
		return &protocol.Reply{Result: &protocol.Reply_TellerLimits{TellerLimits: &protocol.TellerLimits{
			Currency:          string(currency),
			OperationMaxMinor: today.OperationMinor,
			DayMaxMinor:       today.DayMinor,
			DayDepositedMinor: today.DepositedMinor,
			DayWithdrawnMinor: today.WithdrawnMinor,
			DayEndsAtUs:       today.EndsAt,
		}}}, nil
	})
}
