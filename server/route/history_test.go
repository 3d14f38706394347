package route

import (
	"strings"
	"testing"
	"time"

	"caudal/models/clabe"
	"caudal/protocol"
	"caudal/server/conn"
	"caudal/server/limit"
	"caudal/server/testclient"
)

func TestHistoryPagesHaveEveryLegOnce(t *testing.T) {
	h := open(t, nil)
	ana, luis := h.rich("ana", 1_000_00), h.register("luis")
	for i := range 25 {
		ana.pay(luis.account, int64(i+1))
	}
	for _, limit := range []uint32{1, 7, 26, 50, 0} {
		seq, cursor := uint64(26), ""
		for {
			page := ana.history(&protocol.HistoryRequest{Account: ana.account, Limit: limit, Cursor: cursor}).GetHistory()
			for _, leg := range page.GetLegs() {
				if leg.GetSeq() != seq {
					t.Fatalf("limit %d: leg %d where %d was next", limit, leg.GetSeq(), seq)
				}
				seq--
			}
			if cursor = page.GetNext(); cursor == "" {
				break
			}
			if strings.Contains(cursor, "=") || len(cursor) != 26 {
				t.Fatalf("cursor %q", cursor)
			}
		}
		if seq != 0 {
			t.Errorf("limit %d: ended at leg %d", limit, seq)
		}
	}
}

func TestHistoryShowsKeysToWhoeverPaidAlone(t *testing.T) {
	h := open(t, nil)
	ana, luis := h.rich("ana", 100_00), h.register("luis")
	receipt := ana.pay(luis.account, 5_00)
	own := ana.history(&protocol.HistoryRequest{Account: ana.account, Limit: 1}).GetHistory().GetLegs()[0]
	other := luis.history(&protocol.HistoryRequest{Account: luis.account}).GetHistory().GetLegs()[0]
	if string(own.GetIdempotencyKey()) != string(receipt.GetIdempotencyKey()) || other.GetIdempotencyKey() != nil {
		t.Errorf("the payer sees %x, the payee %x", own.GetIdempotencyKey(), other.GetIdempotencyKey())
	}
	if own.GetTransferId() != receipt.GetTransferId() || other.GetTransferId() != receipt.GetTransferId() {
		t.Error("one transfer has several ids")
	}
}

func TestHistoryByDate(t *testing.T) {
	h := open(t, nil)
	ana, luis := h.rich("ana", 100_00), h.register("luis")
	first, second := ana.pay(luis.account, 1), ana.pay(luis.account, 2)
	for name, row := range map[string]struct {
		since, until int64
		legs         int
	}{
		"since the second":       {second.AtUs, 0, 1},
		"until the second":       {0, second.AtUs, 1},
		"from the first to then": {first.AtUs, second.AtUs, 1},
		"all":                    {0, 0, 2},
		"tomorrow":               {time.Now().Add(24 * time.Hour).UnixMicro(), 0, 0},
		"the wrong way round":    {second.AtUs, first.AtUs, 0},
	} {
		page := luis.history(&protocol.HistoryRequest{Account: luis.account, SinceUs: row.since, UntilUs: row.until})
		if got := len(page.GetHistory().GetLegs()); got != row.legs {
			t.Errorf("%s: %d legs, want %d (%v)", name, got, row.legs, page.GetError())
		}
	}
}

func TestHistoryOfAnotherIsAsIfItWereNotThere(t *testing.T) {
	h := open(t, nil)
	ana, luis := h.rich("ana", 100_00), h.register("luis")
	for range 3 {
		ana.pay(luis.account, 1)
	}
	cursor := luis.history(&protocol.HistoryRequest{Account: luis.account, Limit: 1}).GetHistory().GetNext()
	unknown := must(clabe.New(999, 1, 12345678901))(t).String()
	foreign := ana.history(&protocol.HistoryRequest{Account: luis.account})
	missing := ana.history(&protocol.HistoryRequest{Account: unknown})
	if foreign.GetError().GetCode() != protocol.Code_CODE_NOT_FOUND || foreign.GetError().String() != missing.GetError().String() {
		t.Errorf("foreign: %v; missing: %v", foreign.GetError(), missing.GetError())
	}
	for name, row := range map[string]struct {
		request *protocol.HistoryRequest
		code    protocol.Code
	}{
		"another account's cursor": {&protocol.HistoryRequest{Account: ana.account, Cursor: cursor}, protocol.Code_CODE_NOT_FOUND},
		"a cursor that is none":    {&protocol.HistoryRequest{Account: ana.account, Cursor: "abc"}, protocol.Code_CODE_NOT_FOUND},
		"a transfer's id":          {&protocol.HistoryRequest{Account: ana.account, Cursor: h.router.config.Names.Transfer(1)}, protocol.Code_CODE_NOT_FOUND},
		"no account":               {&protocol.HistoryRequest{}, protocol.Code_CODE_INVALID_ARGUMENT},
		"a page too long":          {&protocol.HistoryRequest{Account: ana.account, Limit: 51}, protocol.Code_CODE_INVALID_ARGUMENT},
		"before 1970":              {&protocol.HistoryRequest{Account: ana.account, SinceUs: -1}, protocol.Code_CODE_INVALID_ARGUMENT},
	} {
		if got := ana.history(row.request).GetError().GetCode(); got != row.code {
			t.Errorf("%s: got %s, want %s", name, got, row.code)
		}
	}
}

// longMemo has as many bytes as a memo can have.
var longMemo = strings.Repeat("\U0001F4B8", protocol.MemoRunes)

func TestTheLongestPageFitsOneRecord(t *testing.T) {
	h := open(t, nil)
	ana, luis := h.rich("ana", 100_00), h.register("luis")
	for range protocol.HistoryLegs {
		command := testclient.Transfer(ana.account, luis.account, 1)
		command.GetTransfer().Memo = longMemo
		if reply := ana.Do(command); reply.GetReceipt() == nil {
			t.Fatal(reply.GetError())
		}
	}
	seen, cursor := 0, ""
	for {
		page := luis.history(&protocol.HistoryRequest{Account: luis.account, Cursor: cursor}).GetHistory()
		seen += len(page.GetLegs())
		if cursor = page.GetNext(); cursor == "" {
			break
		}
	}
	if seen != protocol.HistoryLegs {
		t.Errorf("saw %d legs of %d", seen, protocol.HistoryLegs)
	}
}

func TestNobodyCanListTheBank(t *testing.T) {
	h := open(t, func(c *Config, _ *conn.Config) { c.Limits.Misses = limit.Rate{Burst: 5, Every: time.Hour} })
	ana, luis := h.rich("ana", 100_00), h.register("luis")
	number := func(i int) string { return must(clabe.New(999, 1, int64(1000+i)))(t).String() }
	misses := []*protocol.Command{
		resolve("nobody"),
		testclient.Transfer(ana.account, number(1), 1),
		{Request: &protocol.Command_History{History: &protocol.HistoryRequest{Account: luis.account}}},
		{Request: &protocol.Command_RevokeDevice{RevokeDevice: &protocol.RevokeDeviceRequest{DeviceId: luis.device.ID}}},
		{Request: &protocol.Command_ResolvePayee{ResolvePayee: &protocol.ResolvePayeeRequest{
			Payee: &protocol.ResolvePayeeRequest_Clabe{Clabe: number(2)},
		}}},
	}
	for i, command := range misses {
		if got := ana.Code(command); got != protocol.Code_CODE_NOT_FOUND {
			t.Fatalf("miss %d: %s", i, got)
		}
	}
	for name, command := range map[string]*protocol.Command{
		"resolving":  resolve("luis"),
		"a transfer": testclient.Transfer(ana.account, luis.account, 1),
		"a history":  {Request: &protocol.Command_History{History: &protocol.HistoryRequest{Account: ana.account}}},
	} {
		for _, c := range []*customer{ana, ana.again()} { // another connection is no way around it
			if got := c.Code(command); got != protocol.Code_CODE_RATE_LIMITED {
				t.Errorf("%s after all misses are spent: %s", name, got)
			}
		}
	}
	if got := luis.Code(resolve("ana")); got != protocol.Code_CODE_UNSPECIFIED {
		t.Errorf("somebody else: %s", got)
	}
	if ana.balance() != 100_00 {
		t.Error("a refusal moved money")
	}
}

func TestPayeesAreShownMasked(t *testing.T) {
	h := open(t, nil)
	ana, luis := h.register("ana"), h.register("luis")
	byName := ana.Do(resolve("luis")).GetPayee()
	byNumber := ana.Do(&protocol.Command{Request: &protocol.Command_ResolvePayee{ResolvePayee: &protocol.ResolvePayeeRequest{
		Payee: &protocol.ResolvePayeeRequest_Clabe{Clabe: luis.account},
	}}}).GetPayee()
	for _, payee := range []*protocol.Payee{byName, byNumber} {
		if payee.GetClabe() != luis.account || payee.GetMaskedName() != "Te*** lu***" || payee.GetCurrency() != "MXN" {
			t.Errorf("got %v", payee)
		}
	}
	if got := ana.Code(&protocol.Command{Request: &protocol.Command_ResolvePayee{ResolvePayee: &protocol.ResolvePayeeRequest{}}}); got != protocol.Code_CODE_INVALID_ARGUMENT {
		t.Errorf("nobody named: %s", got)
	}
}

func TestAccountsAreOpenedOnce(t *testing.T) {
	h := open(t, nil)
	ana := h.register("ana")
	command := func(name, currency string) *protocol.Command {
		return &protocol.Command{IdempotencyKey: testclient.Key(time.Now()), Request: &protocol.Command_OpenAccount{
			OpenAccount: &protocol.OpenAccountRequest{Name: name, Currency: currency},
		}}
	}
	ana.subscribe()
	vacation := command("Vacaciones", "")
	first, again := ana.Do(vacation).GetAccount(), ana.Do(vacation).GetAccount()
	if first.GetName() != "Vacaciones" || first.GetCurrency() != "MXN" || first.GetClabe() != again.GetClabe() {
		t.Errorf("opened %v, then %v", first, again)
	}
	if opened := ana.WaitEvent().GetAccountOpened().GetAccount(); opened.GetClabe() != first.GetClabe() {
		t.Errorf("heard of %v", opened)
	}
	if dollars := ana.Do(command("Dollars", "USD")).GetAccount(); dollars.GetCurrency() != "USD" {
		t.Errorf("opened %v", dollars)
	}
	if got := len(ana.accounts()); got != 3 {
		t.Errorf("%d accounts", got)
	}
	keyless := command("x", "")
	keyless.IdempotencyKey = nil
	for name, row := range map[string]*protocol.Command{
		"no key": keyless, "no name": command("", ""), "a hostile name": command("a\u202eb", ""),
		"no such currency": command("x", "XXX"), "no currency at all": command("x", "pesos"),
	} {
		if got := ana.Code(row); got != protocol.Code_CODE_INVALID_ARGUMENT {
			t.Errorf("%s: %s", name, got)
		}
	}
	var last protocol.Code
	for range 20 {
		if last = ana.Code(command("More", "")); last != protocol.Code_CODE_UNSPECIFIED {
			break
		}
	}
	if last != protocol.Code_CODE_TOO_MANY {
		t.Errorf("one too many: %s", last)
	}
}
