package route

import (
	"context"

	"caudal/models"
	"caudal/models/ledger"
	"caudal/protocol"
)

// listAudit lists what staff may see of the audit log, newest first, a page at a time. Who may see what, the store decides
// as it reads.
func listAudit(c call, request *protocol.Command) {
	r := request.GetListAudit()
	c.atDesk(func(ctx context.Context) (*protocol.Reply, error) {
		who := c.person()
		if err := c.limits.mayMiss(who.user); err != nil {
			return nil, err
		}
		if r.GetLimit() > protocol.AuditEntries {
			return nil, invalid("a page has 50 entries at most")
		}
		query := models.TrailQuery{By: who.staff(), Limit: int(r.GetLimit())}
		if query.Limit == 0 {
			query.Limit = protocol.AuditEntries
		}
		if r.GetCursor() != "" {
			var err error
			if query.Before, err = c.config.Names.OpenAuditCursor(who.user, r.GetCursor()); err != nil {
				return nil, err
			}
		}
		entries, more, err := c.config.Store.Trail(ctx, query)
		if err != nil {
			return nil, err
		}
		result := &protocol.ListAuditResult{Entries: make([]*protocol.AuditEntry, 0, len(entries))}
		room := replyBytesMax - 32 // for next
		for i := range entries {
			message := c.auditMessage(&entries[i], who.user)
			if room -= elementSize(message); room < 0 {
				entries, more = entries[:i], true
				break
			}
			result.Entries = append(result.Entries, message)
		}
		if more {
			result.Next = c.config.Names.AuditCursor(who.user, entries[len(entries)-1].ID)
		}
		return &protocol.Reply{Result: &protocol.Reply_ListAudit{ListAudit: result}}, nil
	})
}

var auditActions = map[models.TrailAction]protocol.AuditAction{
	models.TrailOther:            protocol.AuditAction_AUDIT_ACTION_UNSPECIFIED,
	models.TrailDeposit:          protocol.AuditAction_AUDIT_ACTION_DEPOSIT,
	models.TrailWithdrawal:       protocol.AuditAction_AUDIT_ACTION_WITHDRAW,
	models.TrailFindHolders:      protocol.AuditAction_AUDIT_ACTION_FIND_HOLDERS,
	models.TrailCreateUser:       protocol.AuditAction_AUDIT_ACTION_CREATE_USER,
	models.TrailChangePassword:   protocol.AuditAction_AUDIT_ACTION_CHANGE_PASSWORD,
	models.TrailResetPassword:    protocol.AuditAction_AUDIT_ACTION_RESET_PASSWORD,
	models.TrailSetRole:          protocol.AuditAction_AUDIT_ACTION_SET_ROLE,
	models.TrailCloseUser:        protocol.AuditAction_AUDIT_ACTION_CLOSE_USER,
	models.TrailRevokeDevice:     protocol.AuditAction_AUDIT_ACTION_REVOKE_DEVICE,
	models.TrailSetAccountStatus: protocol.AuditAction_AUDIT_ACTION_SET_ACCOUNT_STATUS,
	models.TrailSetOverdraft:     protocol.AuditAction_AUDIT_ACTION_SET_OVERDRAFT,
}

// auditMessage is an entry as user sees it: the idempotency key belongs to whoever gave the order.
func (c call) auditMessage(e *models.TrailEntry, user int64) *protocol.AuditEntry {
	message := &protocol.AuditEntry{
		Id:          c.config.Names.Audit(e.ID),
		AtUs:        e.At,
		Action:      auditActions[e.Action],
		Actor:       e.ActorName,
		Holder:      e.Holder,
		AmountMinor: e.AmountMinor,
		Currency:    string(e.Currency),
		Memo:        e.Memo,
		Query:       e.Query,
		Found:       uint32(e.Found),
		More:        e.More,
		Before:      e.Before,
		After:       e.After,
	}
	if e.Account != 0 {
		message.Account = e.Account.String()
	}
	if e.Transfer != 0 {
		message.TransferId = c.config.Names.Transfer(e.Transfer)
	}
	if e.Actor == user {
		message.IdempotencyKey = e.Key
	}
	if e.Refusal != "" {
		message.Refusal = fault(c.log, ledger.RefusalNamed(e.Refusal)).GetCode()
	}
	return message
}
