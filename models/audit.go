package models

import (
	"context"
	"encoding/json"
	"fmt"

	"gorm.io/gorm"
)

// Bank's own hand in the audit log: a local command, which has no user.
const Operator int64 = 0

const (
	// maxAuditDetail bounds what one entry says, as the schema does.
	maxAuditDetail = 4000
	// maxAuditPage bounds one read of the log.
	maxAuditPage = 1000
)

// The actions. Rows have them for ever, so none changes its name.
const (
	actionFindHolders       = "holder.find"
	actionCreateUser        = "user.create"
	actionChangePassword    = "user.change_password"
	actionResetPassword     = "user.reset_password"
	actionSetRole           = "user.set_role"
	actionCloseUser         = "user.close"
	actionRevokeDevice      = "device.revoke"
	ActionSetAccountStatus  = "account.set_status"
	ActionSetOverdraft      = "account.set_overdraft"
	ActionDeposit           = "deposit"
	ActionDepositRefused    = "deposit_refused"
	ActionWithdrawal        = "withdraw"
	ActionWithdrawalRefused = "withdraw_refused"
)

// CounterDetail is the detail of a deposit or a withdrawal, and of one that was refused.
type CounterDetail struct {
	Transfer    int64  `json:"transfer,omitempty"` // row id; 0 where it was refused
	Key         string `json:"key"`                // in hex
	AmountMinor int64  `json:"amount_minor"`
	Currency    string `json:"currency"`
	Refusal     string `json:"refusal,omitempty"` // by the ledger's name
}

// Audit appends an entry to the audit log inside a transaction on the writer's connection, so that it stands or falls with
// what it tells of. actor is a user's id or [Operator], action such as "user.close", subject such as "user:12"; detail is
// for people and becomes a JSON object. No secret belongs in it: nobody can take it out again.
func (s *Store) Audit(tx *gorm.DB, actor int64, action, subject string, detail map[string]any) error {
	if detail == nil {
		detail = map[string]any{}
	}
	encoded, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("models: audit %s: %w", action, err)
	}
	if len(encoded) > maxAuditDetail {
		return fmt.Errorf("models: audit %s: the detail has more than %d bytes", action, maxAuditDetail)
	}
	entry := AuditEntry{At: s.Now(), Actor: actor, Action: action, Subject: subject, Detail: string(encoded)}
	if err := tx.Create(&entry).Error; err != nil {
		return fmt.Errorf("models: audit %s: %w", action, err)
	}
	return nil
}

// AuditLog returns at most limit entries, newest first, whose id is below before; 0 starts at the newest.
func (s *Store) AuditLog(ctx context.Context, before int64, limit int) ([]AuditEntry, error) {
	query := s.Read().WithContext(ctx).Order("id DESC").Limit(min(max(limit, 1), maxAuditPage))
	if before > 0 {
		query = query.Where("id < ?", before)
	}
	var entries []AuditEntry
	if err := query.Find(&entries).Error; err != nil {
		return nil, fmt.Errorf("models: read the audit log: %w", err)
	}
	return entries, nil
}

func userSubject(id int64) string { return fmt.Sprintf("user:%d", id) }
