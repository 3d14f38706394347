package ledger

import (
	"context"
	"testing"
	"time"

	"caudal/models/money"
)

func TestSweepForgetsOldRefusalsAndNothingElse(t *testing.T) {
	h := newHouse(t)
	ana, luis := h.holder(10), h.holder(0)
	answers := new(waiters)
	for range sweepBite + 20 {
		answers.submit(h, ana.transfer(luis, 1000))
	}
	for _, answer := range answers.pending {
		wantError(t, (<-answer).err, ErrInsufficientFunds)
	}
	_, err := h.post(ana.transfer(luis, 1))
	must(t, err)
	swept, err := h.ledger.Sweep(context.Background())
	must(t, err)
	if swept != 0 {
		t.Fatalf("%d were swept at once", swept)
	}
	future := ana.transfer(luis, 1)
	future.Key = h.keyAt(50 * time.Hour)
	h.refuse(future, ErrKeyStale)
	h.clock.Add(refusalsStand.Microseconds() + 1e6)
	late := ana.transfer(luis, 1000)
	late.Key = h.keyAt(0)
	h.refuse(late, ErrInsufficientFunds)
	swept, err = h.ledger.Sweep(context.Background())
	must(t, err)
	if swept != sweepBite+20 {
		t.Fatalf("%d were swept", swept)
	}
	h.clock.Add((2 * time.Hour).Microseconds()) // now the key from the future would be fresh
	h.refuse(future, ErrKeyStale)
	gift := Order{Key: h.keyAt(0), Kind: KindGift, Credit: ana.account, AmountMinor: 5000, Currency: money.MXN}
	_, err = h.post(gift)
	must(t, err)
	h.refuse(late, ErrInsufficientFunds)
	h.verify()
}
