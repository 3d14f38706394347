package live

import (
	"caudal/models"
	"caudal/models/ledger"
	"caudal/protocol"
	"caudal/server/conn"
)

// Changed is ledger.Sink's: it tells each subscribed connection of the account's owner of the change. The ledger calls it in
// the order of versions, after the reply to the order that caused it has been given. Both go out with Told.
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
		h.describe(u, change, &protocol.Event{Kind: &protocol.Event_AccountOpened{
			AccountOpened: &protocol.AccountOpenedEvent{Account: accountMessage(change)},
		}})
	case change.Renamed: // a balance event has no name, so none supersedes this
		h.describe(u, change, &protocol.Event{Kind: &protocol.Event_AccountRenamed{
			AccountRenamed: &protocol.AccountRenamedEvent{Account: accountMessage(change)},
		}})
	}
	if !described || change.Leg != nil {
		h.encoded = h.appendBalance(h.encoded[:0], change)
		n := notice{account: int64(change.Account), version: change.Version}
		n.event = conn.Event{Encoded: h.encoded, Account: int64(change.Account), Version: change.Version}
		h.fanOut(u, n)
	}
}

// describe tells of more than a balance; no later event supersedes it.
func (h *Hub) describe(u *user, change *ledger.Change, event *protocol.Event) {
	if n, ok := h.encode(event); ok {
		n.account, n.version = int64(change.Account), change.Version
		h.fanOut(u, n)
	}
}

func (h *Hub) fanOut(u *user, n notice) {
	for _, s := range u.sessions {
		h.gather(s, n)
	}
}

// Reply answers a command in its place among the changes of its commit; encoded is as conn.BeginReply makes it. Like Changed it
// is the ledger's publisher's to call.
func (h *Hub) Reply(c *conn.Conn, encoded []byte) {
	if c.GatherReply(encoded) {
		h.burst = append(h.burst, c)
	}
}

// Told is ledger.Sink's: what one commit had to say to a connection, replies and events, goes out together.
func (h *Hub) Told() {
	for _, c := range h.burst {
		c.Flush()
	}
	clear(h.burst)
	h.burst = h.burst[:0]
}

// TransferID is what the transfer with this row id is called outside. It is the ledger's publisher's to call, and stands until
// the next call.
func (h *Hub) TransferID(row int64) []byte {
	if h.transfer != row || len(h.transferID) == 0 {
		h.transfer, h.transferID = row, h.config.TransferID(h.transferID[:0], row)
	}
	return h.transferID
}

func (h *Hub) encode(event *protocol.Event) (notice, bool) {
	encoded, err := conn.Encode(event)
	if err != nil {
		h.config.Log.Error("an event cannot be encoded", "error", err)
		return notice{}, false
	}
	return notice{event: conn.Event{Encoded: encoded}}, true
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
	if showsKey(leg, user) {
		message.IdempotencyKey = leg.Key[:]
	}
	if hasMemoHash(leg) {
		message.MemoSalt, message.MemoHash = leg.MemoSalt[:], leg.MemoHash[:]
	}
	return message
}

func showsKey(leg *ledger.Leg, user int64) bool { return leg.Actor == user && user != 0 }

func hasMemoHash(leg *ledger.Leg) bool { return leg.MemoHash != [32]byte{} }

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
