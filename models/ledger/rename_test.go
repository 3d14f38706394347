package ledger

import (
	"context"
	"errors"
	"strings"
	"testing"

	"caudal/models"
	"caudal/models/money"
)

func TestARenamedAccountHasANewVersionAndTellsTheSink(t *testing.T) {
	sink := new(recorder)
	h := newHouse(t, func(c *Config) { c.Sink = sink })
	ana, luis := h.holder(10_00), h.holder(0)
	ctx := context.Background()
	_, err := h.post(ana.transfer(luis, 1)) // the writer has the account in memory
	must(t, err)
	before := h.state(ana.account)
	sink.take()

	state, err := h.ledger.RenameAccount(ctx, Rename{Account: ana.account, Actor: ana.user, Device: ana.device, Name: "Ahorro"})
	must(t, err)
	if state.Name != "Ahorro" || state.Head.Version != before.Head.Version+1 || state.Head.Seq != before.Head.Seq {
		t.Fatalf("state: %+v", state)
	}
	changes := sink.take()
	if len(changes) != 1 || !changes[0].Renamed || changes[0].Opened || changes[0].Leg != nil || changes[0].Name != "Ahorro" ||
		changes[0].Owner != ana.user || changes[0].Version != state.Head.Version || changes[0].BalanceMinor != 9_99 ||
		changes[0].Head != [32]byte(before.Head.Head) {
		t.Fatalf("changes: %+v", changes)
	}
	state, err = h.ledger.RenameAccount(ctx, Rename{Account: ana.account, Actor: ana.user, Device: ana.device, Name: "Ahorro"})
	must(t, err)
	if len(sink.take()) != 0 || state.Head.Version != before.Head.Version+1 {
		t.Fatalf("the name that it has changed something: %+v", state)
	}
	_, err = h.ledger.SetStatus(ctx, ana.account, models.AccountFrozen)
	must(t, err)
	_, err = h.ledger.RenameAccount(ctx, Rename{Account: ana.account, Actor: ana.user, Device: ana.device, Name: "Congelada"})
	must(t, err)
	for _, change := range sink.take() {
		if change.Renamed != (change.Name == "Congelada") {
			t.Errorf("change: %+v", change)
		}
	}
	_, err = h.ledger.SetStatus(ctx, ana.account, models.AccountActive)
	must(t, err)
	_, err = h.post(ana.transfer(luis, 1)) // goes on from the version that the names left
	must(t, err)
	if got := h.state(ana.account); got.Head.Version != before.Head.Version+5 || got.Name != "Congelada" {
		t.Fatalf("state: %+v", got)
	}
	h.verify()
}

func TestOnlyItsHolderRenamesAnAccount(t *testing.T) {
	sink := new(recorder)
	h := newHouse(t, func(c *Config) { c.Sink = sink })
	ana, luis, teller := h.holder(0), h.holder(0), h.person(models.RoleTeller, money.MXN, 0)
	sink.take()
	rename := Rename{Account: ana.account, Actor: ana.user, Device: ana.device, Name: "Ahorro"}
	for _, c := range []struct {
		name   string
		change func(*Rename)
		want   error
	}{
		{"somebody else", func(r *Rename) { r.Actor, r.Device = luis.user, luis.device }, ErrNotFound},
		{"staff", func(r *Rename) { r.Actor, r.Device = teller.user, teller.device }, ErrNotFound},
		{"no account", func(r *Rename) { r.Account = 12345 }, ErrNotFound},
		{"the bank's", func(r *Rename) { r.Account = models.SystemAccount(models.ClassCash, money.MXN, 0) }, ErrNotFound},
		{"another's device", func(r *Rename) { r.Device = luis.device }, ErrDeviceRevoked},
		{"nobody", func(r *Rename) { r.Actor = 1 << 40 }, ErrUserClosed},
		{"no name", func(r *Rename) { r.Name = "" }, ErrAccountName},
		{"spaces", func(r *Rename) { r.Name = " Ahorro" }, ErrAccountName},
		{"too long", func(r *Rename) { r.Name = strings.Repeat("a", 61) }, ErrAccountName},
		{"an escape", func(r *Rename) { r.Name = "a\x1b[0m" }, ErrAccountName},
	} {
		r := rename
		c.change(&r)
		if _, err := h.ledger.RenameAccount(context.Background(), r); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if got := h.state(ana.account); got.Name != "Diario" || got.Head.Version != 1 || len(sink.take()) != 0 {
		t.Fatalf("a refusal changed something: %+v", got)
	}
	h.verify()
}
