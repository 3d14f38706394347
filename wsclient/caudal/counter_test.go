package caudal

import (
	"testing"
	"testing/synctest"

	"caudal/protocol"
)

func TestTheCounterReadsWhatTheBankSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		account := bank.open(7, 500)
		conn := signedInTo(t, bank)
		found, err := conn.FindHolders(t.Context(), "ana")
		if err != nil || !found.More || len(found.Holders) != 1 {
			t.Fatal(found, err)
		}
		holder := found.Holders[0]
		if holder.Username != fakeUser || holder.Owner != "Ana Torres" || len(holder.Accounts) != 1 || holder.Accounts[0].CLABE != account ||
			holder.Accounts[0].BalanceMinor != 500 || holder.Accounts[0].Head != (Head{}) {
			t.Errorf("found %+v", holder)
		}
		if _, own := conn.recall(account); own {
			t.Error("a holder's account is taken for the teller's")
		}

		page, err := conn.Audit(t.Context(), AuditQuery{Limit: 3})
		if err != nil || page.Next != "older" {
			t.Fatal(page, err)
		}
		at := micros(clockMin)
		want := []AuditEntry{
			{ID: "e1", At: at, Action: "set_account_status", Holder: fakeUser, Account: cash, Before: "active", After: "frozen"},
			{ID: "e2", At: at, Action: "deposit", Actor: "caja", Account: cash, AmountMinor: 5, Currency: "MXN", Key: keyNumber(9),
				Refusal: protocol.Code_CODE_LIMIT_EXCEEDED},
			{ID: "e3", At: at, Action: AuditUnknown},
		}
		for i, e := range page.Entries {
			if e != want[i] {
				t.Errorf("entry %d: %+v, want %+v", i, e, want[i])
			}
		}
		if len(page.Entries) != len(want) {
			t.Errorf("%d entries", len(page.Entries))
		}

		limits, err := conn.TellerLimits(t.Context(), "")
		if err != nil || *limits != (TellerLimits{"MXN", 10, 100, 60, 7, at}) {
			t.Error(limits, err)
		}
	})
}
