package ledger

import (
	"context"
	"crypto/ed25519"
	"errors"
	"testing"

	"caudal/models"
	"caudal/models/money"
)

func TestARevokedDeviceMovesNoMoreMoney(t *testing.T) {
	h := newHouse(t)
	ana, luis := h.holder(100_00), h.holder(0)
	applied := ana.transfer(luis, 1_00)
	_, err := h.post(applied)
	must(t, err)
	var device models.Device
	must(t, h.store.Read().Take(&device, ana.device).Error)

	// What waits when the device is revoked is not carried out: it is asked in the batch.
	hold := h.hold()
	waiting := h.submit(ana.transfer(luis, 1_00))
	done := make(chan error)
	go func() {
		_, err := h.store.RevokeDevice(context.Background(), ana.user, ana.device, device.PublicID)
		done <- err
	}()
	must(t, <-done)
	hold.release()
	wantError(t, (<-waiting).err, ErrDeviceRevoked)
	h.refuse(ana.transfer(luis, 1_00), ErrDeviceRevoked)
	h.refuse(applied, ErrDeviceRevoked) // sign-in comes even before the look-up of the key

	// And it binds nothing: with a new device the same key goes on.
	order := ana.transfer(luis, 1_00)
	h.refuse(order, ErrDeviceRevoked)
	public, _, _ := ed25519.GenerateKey(nil)
	user, err := h.store.UserByID(context.Background(), ana.user)
	must(t, err)
	fresh, err := h.store.AddDevice(context.Background(), user, models.NewDevice{Algorithm: models.Ed25519, PublicKey: public, Name: "new"})
	must(t, err)
	order.Device = fresh.ID
	_, err = h.post(order)
	must(t, err)
	h.wantBalance(luis, 2_00)
	h.verify()
}

func TestOrdersNeedADeviceOfTheirActor(t *testing.T) {
	h := newHouse(t)
	ana, luis := h.holder(100_00), h.holder(0)
	for name, device := range map[string]int64{"none": 0, "another's": luis.device, "unknown": 1 << 40, "negative": -1} {
		order := ana.transfer(luis, 1)
		order.Device = device
		if _, err := h.post(order); !errors.Is(err, ErrDeviceRevoked) {
			t.Errorf("device %s: %v", name, err)
		}
	}
	order := ana.transfer(luis, 1)
	order.Actor = 1 << 40
	h.refuse(order, ErrUserClosed)
	order.Actor = -1
	h.refuse(order, ErrUserClosed)
}

func TestRolesAndStatusCountFromTheNextBatchOn(t *testing.T) {
	h := newHouse(t)
	ana, luis := h.holder(100_00), h.holder(100_00)
	name := func(who holder) string {
		user, err := h.store.UserByID(context.Background(), who.user)
		must(t, err)
		return user.Username
	}
	deposit := func() Order {
		return Order{Key: newKey(), Actor: luis.user, Device: luis.device, Kind: KindDeposit, Credit: ana.account, AmountMinor: 1, Currency: money.MXN}
	}
	h.refuse(deposit(), ErrNotPermitted)
	must(t, h.store.Write(context.Background(), func(tx *gormDB) error {
		return tx.Model(&models.User{}).Where("id = ?", luis.user).Update("role", models.RoleTeller).Error
	}))
	_, err := h.post(deposit())
	must(t, err)
	_, _, err = h.store.CloseUser(context.Background(), name(luis))
	must(t, err)
	h.refuse(deposit(), ErrUserClosed)
	h.refuse(luis.transfer(ana, 1), ErrUserClosed)
	h.refuse(ana.transfer(luis, 1), ErrPayeeNotFound)
	h.verify()
}

// The cache of a bank that is larger than memory allows forgets, and reads again.
func TestASmallCacheGivesTheSameAnswers(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.CachedAccounts = 4 })
	var people []holder
	for range 12 {
		people = append(people, h.holder(100_00))
	}
	for round := range 5 {
		for i, payer := range people {
			_, err := h.post(payer.transfer(people[(i+1+round)%len(people)], 1_00))
			must(t, err)
		}
	}
	for _, who := range people {
		h.wantBalance(who, 100_00)
	}
	user, err := h.store.UserByID(context.Background(), people[0].user)
	must(t, err)
	_, _, err = h.store.CloseUser(context.Background(), user.Username)
	must(t, err)
	for _, payer := range people[1:] {
		h.refuse(payer.transfer(people[0], 1), ErrPayeeNotFound)
	}
	h.verify()
}
