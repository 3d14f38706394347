package route

import (
	"bytes"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
	"caudal/protocol"
	"caudal/server/testclient"
)

func parseNumber(text string) (clabe.Number, error) { return clabe.Parse(text) }

func TestMoneyShowsOnEveryConnectionOfBothHolders(t *testing.T) {
	h := open(t, nil)
	ana, luis := h.rich("ana", 100_00), h.register("luis")
	phone := luis.again()
	for _, c := range []*customer{ana, luis, phone} {
		c.subscribe()
	}
	receipt := ana.pay(luis.account, 12_50)
	if receipt.BalanceMinor != 87_50 || receipt.Seq != 2 || receipt.From != ana.account || receipt.To != luis.account || receipt.Replay {
		t.Errorf("receipt %v", receipt)
	}
	for _, c := range []*customer{luis, phone} {
		b := c.WaitEvent().GetBalance()
		if b.GetAccount() != luis.account || b.GetBalanceMinor() != 12_50 || b.GetSeq() != 1 || b.GetLeg().GetAmountMinor() != 12_50 ||
			b.GetLeg().GetCounterpartyName() != "Test ana" || b.GetLeg().GetIdempotencyKey() != nil {
			t.Errorf("the payee hears %v", b)
		}
		if b.GetLeg().GetTransferId() != receipt.GetTransferId() {
			t.Error("payer and payee know the transfer by different ids")
		}
	}
	b := ana.WaitEvent().GetBalance()
	if b.GetBalanceMinor() != 87_50 || b.GetLeg().GetAmountMinor() != -12_50 || !bytes.Equal(b.GetLeg().GetIdempotencyKey(), receipt.GetIdempotencyKey()) ||
		b.GetLeg().GetCounterpartyName() != "Te*** lu***" {
		t.Errorf("the payer hears %v", b)
	}
}

func TestTheReplyComesBeforeItsEvent(t *testing.T) {
	h := open(t, nil)
	ana, luis := h.rich("ana", 100_00), h.register("luis")
	ana.subscribe()
	before := len(ana.Order())
	const payments = 50
	commands := make([]*protocol.Command, payments)
	for i := range commands {
		commands[i] = testclient.Transfer(ana.account, luis.account, 1)
	}
	for _, answer := range ana.Send(commands...) {
		if reply := <-answer; reply.GetReceipt() == nil {
			t.Fatal(reply)
		}
	}
	for range payments {
		ana.WaitEvent()
	}
	replies, events := 0, 0
	for _, kind := range ana.Order()[before:] {
		switch kind {
		case "*protocol.Reply_Receipt":
			replies++
		case "*protocol.Event_Balance":
			events++
		}
		if events > replies {
			t.Fatalf("the event of transfer %d came before its reply", events)
		}
	}
}

func TestRefusedTransfersChangeNothing(t *testing.T) {
	h := open(t, nil)
	ana, luis := h.rich("ana", 100_00), h.register("luis")
	order := func(change func(*protocol.Command, *protocol.TransferRequest)) *protocol.Command {
		command := testclient.Transfer(ana.account, luis.account, 1_00)
		command.GetTransfer().Memo = testMemo
		change(command, command.GetTransfer())
		return command
	}
	unknown := must(clabe.New(999, 1, 12345678901))(t).String()
	for _, row := range []struct {
		name   string
		code   protocol.Code
		change func(*protocol.Command, *protocol.TransferRequest)
	}{
		{"no key", protocol.Code_CODE_INVALID_ARGUMENT, func(c *protocol.Command, _ *protocol.TransferRequest) { c.IdempotencyKey = nil }},
		{"a short key", protocol.Code_CODE_INVALID_ARGUMENT, func(c *protocol.Command, _ *protocol.TransferRequest) { c.IdempotencyKey = c.IdempotencyKey[:15] }},
		{"a key that is no UUIDv7", protocol.Code_CODE_INVALID_ARGUMENT, func(c *protocol.Command, _ *protocol.TransferRequest) { c.IdempotencyKey[6] = 0x40 }},
		{"a key of two days ago", protocol.Code_CODE_KEY_STALE, func(c *protocol.Command, _ *protocol.TransferRequest) {
			c.IdempotencyKey = testclient.Key(time.Now().Add(-48 * time.Hour))
		}},
		{"a key of tomorrow", protocol.Code_CODE_KEY_STALE, func(c *protocol.Command, _ *protocol.TransferRequest) {
			c.IdempotencyKey = testclient.Key(time.Now().Add(24 * time.Hour))
		}},
		{"a payer that is no CLABE", protocol.Code_CODE_INVALID_ARGUMENT, func(_ *protocol.Command, r *protocol.TransferRequest) { r.From = "1" }},
		{"a payee that is no CLABE", protocol.Code_CODE_INVALID_ARGUMENT, func(_ *protocol.Command, r *protocol.TransferRequest) { r.To = r.To[:17] + "x" }},
		{"a payee that does not exist", protocol.Code_CODE_NOT_FOUND, func(_ *protocol.Command, r *protocol.TransferRequest) { r.To = unknown }},
		{"a payer that does not exist", protocol.Code_CODE_NOT_FOUND, func(_ *protocol.Command, r *protocol.TransferRequest) { r.From = unknown }},
		{"somebody else's account", protocol.Code_CODE_NOT_FOUND, func(_ *protocol.Command, r *protocol.TransferRequest) { r.From, r.To = r.To, r.From }},
		{"to itself", protocol.Code_CODE_SAME_ACCOUNT, func(_ *protocol.Command, r *protocol.TransferRequest) { r.To = r.From }},
		{"nothing", protocol.Code_CODE_INVALID_AMOUNT, func(_ *protocol.Command, r *protocol.TransferRequest) { r.AmountMinor = 0 }},
		{"less than nothing", protocol.Code_CODE_INVALID_AMOUNT, func(_ *protocol.Command, r *protocol.TransferRequest) { r.AmountMinor = -1 }},
		{"more than there is money", protocol.Code_CODE_INVALID_AMOUNT, func(_ *protocol.Command, r *protocol.TransferRequest) { r.AmountMinor = 1 << 62 }},
		{"more than there is", protocol.Code_CODE_INSUFFICIENT_FUNDS, func(_ *protocol.Command, r *protocol.TransferRequest) { r.AmountMinor = 100_01 }},
		{"another currency", protocol.Code_CODE_CURRENCY_MISMATCH, func(_ *protocol.Command, r *protocol.TransferRequest) { r.Currency = "USD" }},
		{"no currency", protocol.Code_CODE_CURRENCY_MISMATCH, func(_ *protocol.Command, r *protocol.TransferRequest) { r.Currency = "" }},
		{"a long currency", protocol.Code_CODE_CURRENCY_MISMATCH, func(_ *protocol.Command, r *protocol.TransferRequest) { r.Currency = "PESOS" }},
		{"a memo with an escape", protocol.Code_CODE_INVALID_ARGUMENT, func(_ *protocol.Command, r *protocol.TransferRequest) { r.Memo = "\x1b[2J" }},
		{"a memo with U+0000", protocol.Code_CODE_INVALID_ARGUMENT, func(_ *protocol.Command, r *protocol.TransferRequest) { r.Memo = "a\x00b" }},
		{"a memo that turns the writing", protocol.Code_CODE_INVALID_ARGUMENT, func(_ *protocol.Command, r *protocol.TransferRequest) { r.Memo = "\u202eabc" }},
		{"a memo too long", protocol.Code_CODE_INVALID_ARGUMENT, func(_ *protocol.Command, r *protocol.TransferRequest) {
			r.Memo = string(bytes.Repeat([]byte("x"), 141))
		}},
	} {
		if got := ana.Code(order(row.change)); got != row.code {
			t.Errorf("%s: got %s, want %s", row.name, got, row.code)
		}
	}
	if ana.balance() != 100_00 || luis.balance() != 0 {
		t.Errorf("a refusal moved money: %d and %d", ana.balance(), luis.balance())
	}
}

func TestOneKeyPaysOnce(t *testing.T) {
	h := open(t, nil)
	ana, luis := h.rich("ana", 100_00), h.register("luis")
	command := testclient.Transfer(ana.account, luis.account, 10_00)
	command.GetTransfer().Memo = "  ma\u006e\u0303ana "
	first := ana.Do(command).GetReceipt()
	for _, c := range []*customer{ana, ana.again()} {
		again := c.Do(command).GetReceipt()
		if !again.GetReplay() || again.GetTransferId() != first.GetTransferId() || again.GetSeq() != first.GetSeq() || again.GetMemo() != "ma\u00f1ana" {
			t.Errorf("got %v after %v", again, first)
		}
	}
	other := proto.Clone(command).(*protocol.Command)
	other.GetTransfer().AmountMinor++
	if got := ana.Code(other); got != protocol.Code_CODE_KEY_REUSED {
		t.Errorf("other content under the key: %s", got)
	}
	if ana.balance() != 90_00 {
		t.Errorf("the balance is %d", ana.balance())
	}
}

func TestARefusalStandsForItsKey(t *testing.T) {
	h := open(t, nil)
	ana, luis := h.register("ana"), h.register("luis")
	command := testclient.Transfer(ana.account, luis.account, 10_00)
	if got := ana.Code(command); got != protocol.Code_CODE_INSUFFICIENT_FUNDS {
		t.Fatal(got)
	}
	h.give(ana.account, 100_00)
	if got := ana.Code(command); got != protocol.Code_CODE_INSUFFICIENT_FUNDS {
		t.Errorf("what was refused is later answered %s", got)
	}
}

func TestTellersMoveCashAndHoldersDoNot(t *testing.T) {
	h := open(t, nil)
	ana, caja := h.register("ana"), h.teller("caja")
	cash := func(in bool, account string, amountMinor int64) *protocol.Command {
		command := &protocol.Command{IdempotencyKey: testclient.Key(time.Now())}
		if in {
			command.Request = &protocol.Command_Deposit{Deposit: &protocol.DepositRequest{Account: account, AmountMinor: amountMinor, Currency: "MXN", Memo: testMemo}}
		} else {
			command.Request = &protocol.Command_Withdraw{Withdraw: &protocol.WithdrawRequest{Account: account, AmountMinor: amountMinor, Currency: "MXN"}}
		}
		return command
	}
	ana.subscribe()
	receipt := caja.Do(cash(true, ana.account, 50_00)).GetReceipt()
	if receipt.GetBalanceMinor() != 50_00 || receipt.GetTo() != ana.account || receipt.GetSeq() != 1 {
		t.Errorf("deposit: %v", receipt)
	}
	if b := ana.WaitEvent().GetBalance(); b.GetBalanceMinor() != 50_00 || b.GetLeg().GetKind() != protocol.TransferKind_TRANSFER_KIND_DEPOSIT {
		t.Errorf("the holder hears %v", b)
	}
	receipt = caja.Do(cash(false, ana.account, 20_00)).GetReceipt()
	if receipt.GetBalanceMinor() != 30_00 || receipt.GetFrom() != ana.account {
		t.Errorf("withdrawal: %v", receipt)
	}
	for name, row := range map[string]struct {
		who     *customer
		command *protocol.Command
		code    protocol.Code
	}{
		"a holder deposits":      {ana, cash(true, ana.account, 1), protocol.Code_CODE_PERMISSION_DENIED},
		"a holder withdraws":     {ana, cash(false, ana.account, 1), protocol.Code_CODE_PERMISSION_DENIED},
		"over the limit":         {caja, cash(true, ana.account, 50_000_01), protocol.Code_CODE_LIMIT_EXCEEDED},
		"more than there is":     {caja, cash(false, ana.account, 30_01), protocol.Code_CODE_INSUFFICIENT_FUNDS},
		"no such account":        {caja, cash(true, must(clabe.New(999, 1, 5))(t).String(), 1), protocol.Code_CODE_NOT_FOUND},
		"the bank's own account": {caja, cash(true, models.SystemAccount(models.ClassGifts, money.MXN, 0).String(), 1), protocol.Code_CODE_NOT_FOUND},
	} {
		if got := row.who.Code(row.command); got != row.code {
			t.Errorf("%s: got %s, want %s", name, got, row.code)
		}
	}
	if ana.balance() != 30_00 {
		t.Errorf("the balance is %d", ana.balance())
	}
}

func TestARevokedDeviceOrdersNothingEvenWhereItsConnectionStillStands(t *testing.T) {
	h := open(t, nil)
	ana, luis := h.rich("ana", 100_00), h.register("luis")
	user := must(h.store.UserByUsername(t.Context(), "ana"))(t)
	device, _, err := h.store.DeviceByPublicID(t.Context(), ana.device.ID)
	if err != nil {
		t.Fatal(err)
	}
	must(h.store.RevokeDevice(t.Context(), user.ID, device.ID, ana.device.ID))(t) // past the hub, as in another process
	if got := ana.Code(testclient.Transfer(ana.account, luis.account, 1)); got != protocol.Code_CODE_DEVICE_REVOKED {
		t.Errorf("got %s", got)
	}
}
