package live

import (
	"caudal/models"
	"caudal/models/ledger"
	"caudal/protocol"
	"caudal/server/conn"
)

// Changed is ledger.Sink's: it sends the change to each subscribed connection of the account's owner. The ledger calls it in
// the order of versions, after the reply to the order that caused it has been given.
func (h *Hub) Changed(change *ledger.Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	u := h.users[change.Owner]
	if u == nil || u.subscribed == 0 {
		return
	}
	described := change.Opened || change.Renamed
	switch {
	case change.Opened:
		h.fanOut(u, change, &protocol.Event{Kind: &protocol.Event_AccountOpened{
			AccountOpened: &protocol.AccountOpenedEvent{Account: accountMessage(change)},
		}}, 0)
	case change.Renamed: // a balance event has no name, so none supersedes this
		h.fanOut(u, change, &protocol.Event{Kind: &protocol.Event_AccountRenamed{
			AccountRenamed: &protocol.AccountRenamedEvent{Account: accountMessage(change)},
		}}, 0)
	}
	if !described || change.Leg != nil {
		h.fanOut(u, change, h.balance(change), int64(change.Account))
	}
}

// fanOut encodes an event once; slot is the account whose newer events supersede it, 0 for none.
func (h *Hub) fanOut(u *user, change *ledger.Change, event *protocol.Event, slot int64) {
	n, ok := h.encode(event)
	if !ok {
		return
	}
	n.account, n.version = int64(change.Account), change.Version
	n.event.Account, n.event.Version = slot, change.Version
	for _, s := range u.sessions {
		s.deliver(n)
	}
}

func (h *Hub) encode(event *protocol.Event) (notice, bool) {
	encoded, err := conn.Encode(event)
	if err != nil {
		h.config.Log.Error("an event cannot be encoded", "error", err)
		return notice{}, false
	}
	return notice{event: conn.Event{Encoded: encoded}}, true
}

func (h *Hub) balance(change *ledger.Change) *protocol.Event {
	event := &protocol.BalanceEvent{
		Account:        change.Account.String(),
		Version:        change.Version,
		Seq:            change.Seq,
		BalanceMinor:   change.BalanceMinor,
		AvailableMinor: change.AvailableMinor,
		Currency:       string(change.Currency),
		Status:         Status(change.Status),
	}
	if change.Leg != nil {
		event.Leg = Leg(change.Leg, change.Owner, h.config.TransferID(change.Leg.Transfer))
	}
	return &protocol.Event{Kind: &protocol.Event_Balance{Balance: event}}
}

func accountMessage(change *ledger.Change) *protocol.Account {
	return &protocol.Account{
		Clabe:          change.Account.String(),
		Name:           change.Name,
		Currency:       string(change.Currency),
		BalanceMinor:   change.BalanceMinor,
		AvailableMinor: change.AvailableMinor,
		Seq:            change.Seq,
		Version:        change.Version,
		Head:           change.Head[:],
		Status:         Status(change.Status),
		OpenedAtUs:     change.OpenedAt,
	}
}

// Leg is a leg as user sees it, whose account it is: the idempotency key belongs to whoever gave the order, and is shown to
// nobody else.
func Leg(leg *ledger.Leg, user int64, transferID string) *protocol.Leg {
	message := &protocol.Leg{
		TransferId:       transferID,
		Seq:              leg.Seq,
		AmountMinor:      leg.AmountMinor,
		BalanceMinor:     leg.BalanceMinor,
		Counterparty:     leg.Counterparty.String(),
		CounterpartyName: leg.CounterpartyName,
		Memo:             leg.Memo,
		AtUs:             leg.At,
		Kind:             Kind(leg.Kind),
		Head:             leg.Head[:],
	}
	if leg.Actor == user && user != 0 {
		message.IdempotencyKey = leg.Key[:]
	}
	if leg.MemoHash != [32]byte{} {
		message.MemoSalt, message.MemoHash = leg.MemoSalt[:], leg.MemoHash[:]
	}
	return message
}

// Kind is a transfer's kind on the wire.
func Kind(kind ledger.Kind) protocol.TransferKind {
	switch kind {
	case ledger.KindTransfer:
		return protocol.TransferKind_TRANSFER_KIND_TRANSFER
	case ledger.KindDeposit:
		return protocol.TransferKind_TRANSFER_KIND_DEPOSIT
	case ledger.KindWithdrawal:
		return protocol.TransferKind_TRANSFER_KIND_WITHDRAWAL
	case ledger.KindGift:
		return protocol.TransferKind_TRANSFER_KIND_GIFT
	}
	return protocol.TransferKind_TRANSFER_KIND_UNSPECIFIED
}

// Status is an account's status on the wire.
func Status(status models.AccountStatus) protocol.AccountStatus {
	switch status {
	case models.AccountActive:
		return protocol.AccountStatus_ACCOUNT_STATUS_ACTIVE
	case models.AccountFrozen:
		return protocol.AccountStatus_ACCOUNT_STATUS_FROZEN
	}
	return protocol.AccountStatus_ACCOUNT_STATUS_UNSPECIFIED
}

// Told is ledger.Sink's.
func (h *Hub) Told() {}
