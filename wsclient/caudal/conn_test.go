package caudal

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"caudal/protocol"
)

// dialed connects to the fake bank.
func dialed(t *testing.T, bank *fakeBank, change ...func(*Config)) *Conn {
	t.Helper()
	config := bank.config()
	for _, f := range change {
		f(&config)
	}
	conn, err := Dial(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// signedInTo connects and signs in.
func signedInTo(t *testing.T, bank *fakeBank, change ...func(*Config)) *Conn {
	t.Helper()
	conn := dialed(t, bank, change...)
	device, err := NewDevice("laptop")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Login(t.Context(), fakeUser, fakePassword, device); err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestCallsReachTheBankAndComeBackTyped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		account := bank.open(7, 500_00)
		conn := signedInTo(t, bank)

		accounts, err := conn.Accounts(t.Context())
		if err != nil || len(accounts) != 1 || accounts[0].CLABE != account || accounts[0].BalanceMinor != 500_00 || accounts[0].Seq != 1 {
			t.Fatalf("Accounts: %+v, %v", accounts, err)
		}
		receipt, err := conn.Transfer(t.Context(), Order{From: account, To: cash, AmountMinor: 125_50, Currency: "MXN", Memo: "renta"})
		if err != nil || receipt.BalanceMinor != 374_50 || receipt.Seq != 2 || receipt.Replay {
			t.Fatalf("Transfer: %+v, %v", receipt, err)
		}
		_, err = conn.Transfer(t.Context(), Order{From: account, To: cash, AmountMinor: 900_00, Currency: "MXN"})
		if !errors.Is(err, &Error{Code: protocol.Code_CODE_INSUFFICIENT_FUNDS}) {
			t.Fatalf("an order that cannot be paid: %v", err)
		}
		page, err := conn.History(t.Context(), HistoryQuery{Account: account})
		if err != nil || len(page.Legs) != 2 || page.Legs[0].Memo != "renta" || page.Legs[0].AmountMinor != -125_50 {
			t.Fatalf("History: %+v, %v", page, err)
		}
		if took, err := conn.Ping(t.Context()); err != nil || took != 0 {
			t.Fatalf("Ping: %v, %v", took, err)
		}
		if me := conn.Whoami(); me == nil || me.Username != fakeUser || me.Role != RoleHolder {
			t.Fatalf("Whoami: %+v", me)
		}
		if bank := conn.Bank(); bank.Name != "Banco de Prueba" || bank.Server != "fake/1.0" || bank.Channel != "caudal.v1" || bank.TrustedTLS {
			t.Fatalf("Bank: %+v", bank)
		}
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Accounts(t.Context()); !errors.Is(err, ErrClosed) {
			t.Fatalf("a call after Close: %v", err)
		}
	})
}

func TestAConnSurvivesItsSocketsAndSignsInAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		account := bank.open(7, 500_00)
		conn := signedInTo(t, bank)
		for range 5 {
			bank.cut()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			accounts, err := conn.Accounts(ctx)
			cancel()
			if err != nil || accounts[0].CLABE != account {
				t.Fatalf("after a cut: %+v, %v", accounts, err)
			}
		}
		if me := conn.Whoami(); me == nil || !me.Device.Current {
			t.Errorf("Whoami: %+v", me)
		}
		if n := bank.seen("resume"); n != 5 {
			t.Errorf("signed in again %d times, 5 cuts", n)
		}
	})
}
