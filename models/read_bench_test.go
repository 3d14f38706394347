package models_test

import (
	"testing"

	"gorm.io/gorm"

	"caudal/models"
	"caudal/models/money"
)

// What signing in and looking at one's accounts cost the database, on one core, everything in its cache. No network, no
// password.
func BenchmarkReads(b *testing.B) {
	s, err := models.Open(b.Context(), models.Config{Dir: b.TempDir(), Identity: [32]byte{1}})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	device := models.NewDevice{Algorithm: models.Ed25519, Name: "x",
		PublicKey: unhex(b, "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")}
	user, enrolled, account, err := s.CreateUser(b.Context(), models.NewUser{
		Username: "ana", Owner: "Ana", PasswordHash: hash, Device: &device, AccountName: "x", Currency: money.MXN,
	})
	if err != nil {
		b.Fatal(err)
	}
	for name, read := range map[string]func() error{
		"UserByID":         func() error { _, err := s.UserByID(b.Context(), user.ID); return err },
		"DeviceByPublicID": func() error { _, _, err := s.DeviceByPublicID(b.Context(), enrolled.PublicID); return err },
		"AccountsOf":       func() error { _, err := s.AccountsOf(b.Context(), user.ID); return err },
		"PayeeByCLABE":     func() error { _, err := s.PayeeByCLABE(b.Context(), account.ID); return err },
		"Write":            func() error { return s.Write(b.Context(), func(tx *gorm.DB) error { return nil }) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := read(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
