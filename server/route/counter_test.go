package route

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"caudal/cipher"
	"caudal/models"
	"caudal/models/money"
	"caudal/protocol"
	"caudal/server/conn"
	"caudal/server/limit"
	"caudal/server/testclient"
)

func find(query string) *protocol.Command {
	return &protocol.Command{Request: &protocol.Command_FindHolders{FindHolders: &protocol.FindHoldersRequest{Query: query}}}
}

func listAuditCommand(limit uint32, cursor string) *protocol.Command {
	return &protocol.Command{Request: &protocol.Command_ListAudit{ListAudit: &protocol.ListAuditRequest{Limit: limit, Cursor: cursor}}}
}

func limitsOf(currency string) *protocol.Command {
	return &protocol.Command{Request: &protocol.Command_TellerLimits{TellerLimits: &protocol.TellerLimitsRequest{Currency: currency}}}
}

func (c *customer) deposit(account string, amountMinor int64, memo string) *protocol.Command {
	return &protocol.Command{IdempotencyKey: testclient.Key(time.Now()), Request: &protocol.Command_Deposit{
		Deposit: &protocol.DepositRequest{Account: account, AmountMinor: amountMinor, Currency: "MXN", Memo: memo},
	}}
}

func TestATellerFindsTheHolderWhoStandsAtTheCounter(t *testing.T) {
	h := open(t, nil)
	ana, caja := h.rich("ana", 12_34), h.teller("caja")
	for _, query := range []string{"TEST an", "ana", ana.account, "tést aña"} {
		result := caja.Do(find(query)).GetFindHolders()
		if len(result.GetHolders()) != 1 || result.GetMore() {
			t.Fatalf("%q: %v", query, result)
		}
		want := &protocol.Holder{Username: "ana", Owner: "Test ana", Accounts: ana.accounts()}
		want.Accounts[0].Head = nil
		if !proto.Equal(result.GetHolders()[0], want) {
			t.Errorf("%q: got %v, want %v", query, result.GetHolders()[0], want)
		}
	}
	for query, code := range map[string]protocol.Code{
		"nobody":                      protocol.Code_CODE_UNSPECIFIED,
		"caja":                        protocol.Code_CODE_UNSPECIFIED,
		"":                            protocol.Code_CODE_INVALID_ARGUMENT,
		"a":                           protocol.Code_CODE_INVALID_ARGUMENT,
		"%%":                          protocol.Code_CODE_INVALID_ARGUMENT,
		"a\x00b":                      protocol.Code_CODE_INVALID_ARGUMENT,
		strings.Repeat("a", 81):       protocol.Code_CODE_INVALID_ARGUMENT,
		"999001000000000010":          protocol.Code_CODE_INVALID_ARGUMENT,
		strings.Repeat("\u202e", 200): protocol.Code_CODE_INVALID_ARGUMENT,
	} {
		reply := caja.Do(find(query))
		if got := reply.GetError().GetCode(); got != code || len(reply.GetFindHolders().GetHolders()) != 0 {
			t.Errorf("%q: %v", query, reply)
		}
		if query != "" && len(query) > 1 && strings.Contains(reply.GetError().GetMessage(), query) {
			t.Errorf("the refusal repeats %q", query)
		}
	}
}

func TestTheCounterIsClosedToHolders(t *testing.T) {
	h := open(t, nil)
	ana := h.register("ana")
	for _, command := range []*protocol.Command{find("ana"), listAuditCommand(0, ""), limitsOf("")} {
		if got := ana.Code(command); got != protocol.Code_CODE_PERMISSION_DENIED {
			t.Errorf("%T: %s", command.GetRequest(), got)
		}
	}
	entries, err := h.store.AuditLog(context.Background(), 0, 10)
	if err != nil || len(entries) != 1 {
		t.Errorf("a refusal left something in the log: %v, %v", entries, err)
	}
}

// Between the commit that ends a teller's work and the close of their connections, a command may still come.
func TestWhoIsNoTellerAnyMoreIsServedNothing(t *testing.T) {
	h := open(t, nil)
	ana, caja, otra := h.rich("ana", 10_00), h.teller("caja"), h.teller("otra")
	if _, _, err := h.store.SetRole(context.Background(), "caja", models.RoleHolder); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.store.CloseUser(context.Background(), "otra"); err != nil {
		t.Fatal(err)
	}
	before, err := h.store.AuditLog(context.Background(), 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	for who, want := range map[*customer]protocol.Code{caja: protocol.Code_CODE_DEVICE_REVOKED, otra: protocol.Code_CODE_USER_CLOSED} {
		for _, command := range []*protocol.Command{
			find("ana"), find(ana.account), listAuditCommand(0, ""), limitsOf(""), who.deposit(ana.account, 1, ""),
		} {
			if got := who.Code(command); got != want {
				t.Errorf("%s, %T: %s", who.username, command.GetRequest(), got)
			}
		}
	}
	if after, err := h.store.AuditLog(context.Background(), 0, 1); err != nil || after[0].ID != before[0].ID {
		t.Errorf("on record: %v, %v", after, err)
	}
	if got := ana.accounts()[0].GetBalanceMinor(); got != 10_00 {
		t.Errorf("ana has %d", got)
	}
}

func TestLookUpsAreLimited(t *testing.T) {
	h := open(t, func(c *Config, _ *conn.Config) { c.Limits.LookUps = limit.Rate{Burst: 3, Every: time.Hour} })
	caja, otra := h.teller("caja"), h.teller("otra")
	for i := range 4 {
		reply := caja.Do(find("nobody"))
		want := protocol.Code_CODE_UNSPECIFIED
		if i == 3 {
			want = protocol.Code_CODE_RATE_LIMITED
		}
		if reply.GetError().GetCode() != want || want != 0 && reply.GetError().GetRetryAfterMs() == 0 {
			t.Errorf("look-up %d: %v", i, reply)
		}
	}
	if got := otra.Code(find("nobody")); got != protocol.Code_CODE_UNSPECIFIED {
		t.Errorf("another teller: %s", got)
	}
	if entries := caja.Do(listAuditCommand(0, "")).GetListAudit().GetEntries(); len(entries) != 3 {
		t.Errorf("%d look-ups are on record", len(entries))
	}
}

// Holders with as many accounts as a bank may allow, under the longest names there are.
func TestWhatALookUpFindsFitsARecord(t *testing.T) {
	h := open(t, nil)
	caja := h.teller("caja")
	const accountsMax = 64
	for i := range 4 {
		user, _, _, err := h.store.CreateUser(context.Background(), models.NewUser{
			Username: fmt.Sprintf("rico_%d", i), Owner: strings.Repeat("𐐷", 80), PasswordHash: "$argon2id$test", AccountName: "x", Currency: money.MXN,
		})
		if err != nil {
			t.Fatal(err)
		}
		for range accountsMax - 1 {
			h.openAccount(user.ID, strings.Repeat("𐐷", 60))
		}
	}
	reply := caja.Do(find("rico"))
	result := reply.GetFindHolders()
	if n := len(result.GetHolders()); n == 0 || n == 4 || !result.GetMore() || proto.Size(reply) > cipher.MaxBody {
		t.Fatalf("%d holders, more %t, %d bytes, %v", n, result.GetMore(), proto.Size(reply), reply.GetError())
	}
	for _, holder := range result.GetHolders() {
		if len(holder.GetAccounts()) != accountsMax {
			t.Errorf("%s with %d accounts", holder.GetUsername(), len(holder.GetAccounts()))
		}
	}
	entry := caja.Do(listAuditCommand(1, "")).GetListAudit().GetEntries()[0]
	if int(entry.GetFound()) != len(result.GetHolders()) || !entry.GetMore() || entry.GetQuery() != "rico" {
		t.Errorf("on record as %v", entry)
	}
}

// The most holders with as many accounts as fit, and with more: whatever is shown fits, and one who is named is always shown.
func TestTwentyRichHoldersFitARecordOrSaySo(t *testing.T) {
	for _, accounts := range []int{1, 8, 32} {
		h := open(t, nil)
		caja := h.teller("caja")
		for i := range models.MaxFound {
			user, _, _, err := h.store.CreateUser(context.Background(), models.NewUser{
				Username: fmt.Sprintf("rico_%0*d", models.MaxUsername-len("rico_"), i), Owner: strings.Repeat("𐐷", 80),
				PasswordHash: "$argon2id$test", AccountName: strings.Repeat("𐐷", 60), Currency: money.MXN,
			})
			if err != nil {
				t.Fatal(err)
			}
			for range accounts - 1 {
				h.openAccount(user.ID, strings.Repeat("𐐷", 60))
			}
		}
		reply := caja.Do(find("rico"))
		n := len(reply.GetFindHolders().GetHolders())
		if n == 0 || proto.Size(reply) > cipher.MaxBody-32 || reply.GetFindHolders().GetMore() != (n < models.MaxFound) {
			t.Fatalf("%d accounts each: %d holders in %d bytes, more %t; %v", accounts, n, proto.Size(reply), reply.GetFindHolders().GetMore(), reply.GetError())
		}
		if accounts == 1 && n != models.MaxFound {
			t.Errorf("%d holders with one account each", n)
		}
		last := fmt.Sprintf("rico_%0*d", models.MaxUsername-len("rico_"), models.MaxFound-1)
		if named := caja.Do(find(last)).GetFindHolders(); len(named.GetHolders()) != 1 || len(named.GetHolders()[0].GetAccounts()) != accounts {
			t.Errorf("the last one by name: %v", named)
		}
	}
}

// Pages of the longest entries that there are: together they are the log, and each fits a record.
func TestAPageOfTheLongestEntriesFitsARecord(t *testing.T) {
	h := open(t, nil)
	ana, caja := h.register("ana"), h.teller("caja")
	const entries = protocol.AuditEntries + 10
	for i := range entries / 2 {
		if got := caja.Code(caja.deposit(ana.account, int64(i+1), strings.Repeat("𐐷", models.MaxMemo))); got != protocol.Code_CODE_UNSPECIFIED {
			t.Fatal(got)
		}
		if got := caja.Code(find(strings.Repeat("<𐐷", models.MaxQuery/2))); got != protocol.Code_CODE_INVALID_ARGUMENT {
			t.Fatal(got) // no word of two letters: not in the log
		}
		if got := caja.Code(find(strings.Repeat("𐐷", models.MaxQuery))); got != protocol.Code_CODE_UNSPECIFIED {
			t.Fatal(got)
		}
	}
	seen, cursor := 0, ""
	for {
		reply := caja.Do(listAuditCommand(0, cursor))
		page := reply.GetListAudit()
		if len(page.GetEntries()) == 0 || proto.Size(reply) > cipher.MaxBody-32 {
			t.Fatalf("%d entries in %d bytes: %v", len(page.GetEntries()), proto.Size(reply), reply.GetError())
		}
		seen += len(page.GetEntries())
		if cursor = page.GetNext(); cursor == "" {
			break
		}
	}
	if seen != entries {
		t.Errorf("%d entries of %d", seen, entries)
	}
}

func TestATellersTrailHasWhatTheyDidAndWhatTheyWereRefused(t *testing.T) {
	h := open(t, nil)
	ana, caja, otra := h.register("ana"), h.teller("caja"), h.teller("otra")
	caja.Do(find("ana"))
	order := caja.deposit(ana.account, 50_00, testMemo)
	receipt := caja.Do(order).GetReceipt()
	if again := caja.Do(order).GetReceipt(); !again.GetReplay() {
		t.Fatal(again)
	}
	tooMuch := caja.deposit(ana.account, 50_000_01, "")
	if got := caja.Code(tooMuch); got != protocol.Code_CODE_LIMIT_EXCEEDED {
		t.Fatal(got)
	}
	otra.Do(otra.deposit(ana.account, 1, ""))

	result := caja.Do(listAuditCommand(0, "")).GetListAudit()
	if len(result.GetEntries()) != 3 || result.GetNext() != "" {
		t.Fatalf("trail: %v", result)
	}
	ids := map[string]bool{}
	for _, e := range result.GetEntries() {
		ids[e.GetId()] = true
		if e.GetAtUs() == 0 || len(e.GetId()) != 26 {
			t.Errorf("entry %v", e)
		}
		e.Id, e.AtUs = "", 0
	}
	want := []*protocol.AuditEntry{
		{Action: protocol.AuditAction_AUDIT_ACTION_DEPOSIT, Actor: "caja", Holder: "ana", Account: ana.account, AmountMinor: 50_000_01,
			Currency: "MXN", IdempotencyKey: tooMuch.GetIdempotencyKey(), Refusal: protocol.Code_CODE_LIMIT_EXCEEDED},
		{Action: protocol.AuditAction_AUDIT_ACTION_DEPOSIT, Actor: "caja", Holder: "ana", Account: ana.account, AmountMinor: 50_00,
			Currency: "MXN", Memo: testMemo, TransferId: receipt.GetTransferId(), IdempotencyKey: order.GetIdempotencyKey()},
		{Action: protocol.AuditAction_AUDIT_ACTION_FIND_HOLDERS, Actor: "caja", Query: "ana", Found: 1},
	}
	for i, e := range result.GetEntries() {
		if !proto.Equal(e, want[i]) {
			t.Errorf("entry %d: %v, want %v", i, e, want[i])
		}
	}
	if len(ids) != 3 {
		t.Errorf("ids: %v", ids)
	}
}

func TestAnAdminsTrailPagesThroughEverybodys(t *testing.T) {
	h := open(t, nil)
	ana, caja := h.register("ana"), h.teller("caja")
	jefa := h.staff("jefa", models.RoleAdmin)
	for range 6 {
		caja.Do(caja.deposit(ana.account, 1, ""))
	}
	var seen []string
	cursor := ""
	for {
		page := jefa.Do(listAuditCommand(4, cursor)).GetListAudit()
		for _, e := range page.GetEntries() {
			seen = append(seen, e.GetId())
			if e.GetIdempotencyKey() != nil {
				t.Errorf("another's key: %v", e)
			}
		}
		if cursor = page.GetNext(); cursor == "" {
			break
		}
	}
	log, err := h.store.AuditLog(context.Background(), 0, 100)
	if err != nil || len(seen) != len(log) {
		t.Fatalf("%d entries of %d, %v", len(seen), len(log), err)
	}
	for i, e := range log {
		if seen[i] != h.router.config.Names.Audit(e.ID) {
			t.Errorf("entry %d is not in its place", i)
		}
	}
	next := jefa.Do(listAuditCommand(1, "")).GetListAudit().GetNext()
	for what, command := range map[string]*protocol.Command{
		"another's cursor": listAuditCommand(1, next), "no cursor": listAuditCommand(1, "x"),
		"a history's": listAuditCommand(1, h.router.config.Names.Cursor(1, 1)),
	} {
		if got := caja.Code(command); got != protocol.Code_CODE_NOT_FOUND {
			t.Errorf("%s: %s", what, got)
		}
	}
	if got := caja.Code(listAuditCommand(51, "")); got != protocol.Code_CODE_INVALID_ARGUMENT {
		t.Errorf("too many: %s", got)
	}
}

func TestATellerKnowsWhatIsLeftOfTheDay(t *testing.T) {
	h := open(t, nil)
	ana, caja := h.register("ana"), h.teller("caja")
	today := func(currency string) *protocol.TellerLimits { return caja.Do(limitsOf(currency)).GetTellerLimits() }
	before := today("")
	for first := true; first || today("").GetDayEndsAtUs() != before.GetDayEndsAtUs(); first = false { // again where midnight came between
		before = today("")
		caja.Do(caja.deposit(ana.account, 70_00, ""))
		caja.Do(&protocol.Command{IdempotencyKey: testclient.Key(time.Now()), Request: &protocol.Command_Withdraw{
			Withdraw: &protocol.WithdrawRequest{Account: ana.account, AmountMinor: 20_00, Currency: "MXN"},
		}})
	}
	in, out := before.GetDayDepositedMinor()+70_00, before.GetDayWithdrawnMinor()+20_00
	for currency, used := range map[string][2]int64{"": {in, out}, "MXN": {in, out}, "USD": {0, 0}} {
		got := today(currency)
		if got.GetDayDepositedMinor() != used[0] || got.GetDayWithdrawnMinor() != used[1] || got.GetOperationMaxMinor() != 50_000_00 ||
			got.GetDayMaxMinor() != 500_000_00 || got.GetDayEndsAtUs() <= time.Now().UnixMicro() || got.GetCurrency() == "" {
			t.Errorf("%q: %v", currency, got)
		}
	}
	if got := caja.Code(limitsOf("EUR")); got != protocol.Code_CODE_INVALID_ARGUMENT {
		t.Errorf("another currency: %s", got)
	}
}

func TestTheVocabularysBoundsAreTheBanks(t *testing.T) {
	for name, pair := range map[string][2]int{
		"owner": {protocol.OwnerRunes, models.MaxOwner}, "account name": {protocol.AccountNameRunes, models.MaxAccountName},
		"device name": {protocol.DeviceNameRunes, models.MaxDeviceName}, "memo": {protocol.MemoRunes, models.MaxMemo},
		"shortest query": {protocol.QueryRunesMin, models.MinQuery}, "longest query": {protocol.QueryRunesMax, models.MaxQuery},
		"holders": {protocol.HoldersFound, models.MaxFound},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: the vocabulary says %d, the bank %d", name, pair[0], pair[1])
		}
	}
	for action := range models.TrailSetOverdraft + 1 {
		if got, ok := auditActions[action]; !ok || int(got) != int(action) {
			t.Errorf("action %d is %v", action, got)
		}
	}
	if len(auditActions) != len(protocol.AuditAction_name) {
		t.Errorf("%d actions of %d", len(auditActions), len(protocol.AuditAction_name))
	}
}
