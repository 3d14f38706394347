package cli

import (
	"time"

	"caudal/wsclient/caudal"
)

// The shapes of the JSON answers. Programs rely on these keys: add, never change. Money is decimal text, times are
// RFC 3339 in UTC.

type accountJSON struct {
	CLABE     string `json:"clabe"`
	Name      string `json:"name"`
	Currency  string `json:"currency"`
	Balance   string `json:"balance"`
	Available string `json:"available"`
	Seq       uint64 `json:"seq"`
	Version   uint64 `json:"version"`
	Status    string `json:"status"`
	OpenedAt  string `json:"opened_at"`
}

func accountAnswer(a *caudal.Account) accountJSON {
	return accountJSON{
		CLABE:     a.CLABE,
		Name:      a.Name,
		Currency:  a.Currency,
		Balance:   plainMoney(a.BalanceMinor, a.Currency),
		Available: plainMoney(a.AvailableMinor, a.Currency),
		Seq:       a.Seq,
		Version:   a.Version,
		Status:    string(a.Status),
		OpenedAt:  timestamp(a.Opened),
	}
}

type accountsJSON struct {
	Accounts []accountJSON `json:"accounts"`
}

func accountsAnswer(list []caudal.Account) accountsJSON {
	answer := accountsJSON{Accounts: make([]accountJSON, len(list))}
	for i := range list {
		answer.Accounts[i] = accountAnswer(&list[i])
	}
	return answer
}

type deviceJSON struct {
	ID         string `json:"id"`
	Name       string `json:"name"`
	CreatedAt  string `json:"created_at,omitempty"`
	LastSeenAt string `json:"last_seen_at,omitempty"`
	Current    bool   `json:"current"`
}

func deviceAnswer(d *caudal.DeviceInfo) deviceJSON {
	return deviceJSON{
		ID:         d.ID.String(),
		Name:       d.Name,
		CreatedAt:  timestamp(d.Created),
		LastSeenAt: timestamp(d.LastSeen),
		Current:    d.Current,
	}
}

type devicesJSON struct {
	Devices []deviceJSON `json:"devices"`
}

// timestamp is RFC 3339 in UTC with microseconds; empty for no time.
func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000Z")
}

// moment is a time for people, in their zone; a dash for none.
func (a *app) moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(a.zone).Format(time.DateTime)
}
