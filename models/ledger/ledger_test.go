package ledger

import (
	"context"
	"testing"
)

func TestTransferMovesMoneyAndAnswersWithTheReceipt(t *testing.T) {
	h := newHouse(t)
	ana, luis := h.holder(100_00), h.holder(0)
	order := ana.transfer(luis, 25_50)
	order.Memo = "tacos"
	receipt, err := h.post(order)
	must(t, err)
	if receipt.BalanceMinor != 74_50 || receipt.Seq != 2 || receipt.Account != ana.account || receipt.Replay {
		t.Fatalf("receipt: %+v", receipt)
	}
	h.wantBalance(ana, 74_50)
	h.wantBalance(luis, 25_50)
	again, err := h.post(order)
	must(t, err)
	if !again.Replay {
		t.Fatal("a retry is no replay")
	}
	again.Replay = false
	if again != receipt {
		t.Fatalf("the replay is %+v, the receipt was %+v", again, receipt)
	}
	legs, next, err := h.ledger.History(context.Background(), HistoryQuery{Account: luis.account, Limit: 10})
	must(t, err)
	if len(legs) != 1 || next != 0 || legs[0].Memo != "tacos" || legs[0].AmountMinor != 25_50 || legs[0].CounterpartyName == "" {
		t.Fatalf("history: %+v", legs)
	}
	wantError(t, func() error { _, err := h.post(ana.transfer(luis, 100_00)); return err }(), ErrInsufficientFunds)
	h.verify()
}
