package caudal_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"

	"caudal/certs"
	"caudal/models/money"
	"caudal/wsclient/caudal"
)

// Pay someone, and watch what comes in.
func Example() {
	ctx := context.Background()

	// The bank's fingerprint, as the bank has published it.
	identity, err := certs.ParseIdentity(os.Getenv("CAUDAL_IDENTITY"))
	if err != nil {
		log.Fatal(err)
	}
	conn, err := caudal.Dial(ctx, caudal.Config{URL: "wss://bank.example/ws", Identity: &identity})
	if err != nil {
		log.Fatal(err)
	}
	defer conn.Close()

	// The first time, the password enrols this machine's key; save the device, and it is conn.Resume(ctx, device) next time.
	device, err := caudal.NewDevice("my laptop")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := conn.Login(ctx, "ana", os.Getenv("PASSWORD"), device); err != nil {
		log.Fatal(err)
	}
	accounts, err := conn.Accounts(ctx)
	if err != nil {
		log.Fatal(err)
	}

	// Show the payee's name before money leaves.
	payee, err := conn.ResolvePayee(ctx, "@luis")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("paying", payee.MaskedName)

	amount, err := money.ParseAmount("125.50", money.MXN)
	if err != nil {
		log.Fatal(err)
	}
	receipt, err := conn.Transfer(ctx, caudal.Order{
		From: accounts[0].CLABE, To: payee.CLABE, AmountMinor: amount, Currency: "MXN", Memo: "la cena",
	})
	if unknown, ok := errors.AsType[*caudal.OutcomeUnknownError](err); ok {
		log.Fatalf("not known yet: ask again with the key %v", unknown.Key) // it is never paid twice
	}
	if err != nil {
		log.Fatal(err) // nothing has moved
	}
	fmt.Println("paid; left are", money.Format(receipt.BalanceMinor, money.MXN))

	// Each leg of each account, once, in order, for as long as the loop runs.
	for event, err := range conn.Events(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		switch e := event.(type) {
		case caudal.Balance:
			if e.Leg != nil {
				fmt.Println(e.Account, e.Seq, money.Format(e.Leg.AmountMinor, money.MXN), e.Leg.CounterpartyName)
			}
		case caudal.State:
			fmt.Println("live:", e.Live)
		}
	}
}
