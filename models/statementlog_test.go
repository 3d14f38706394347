package models_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"gorm.io/gorm"

	"caudal/models"
)

// Whatever goes wrong, and however much is logged, no value that was written or asked for is in the log.
func TestNoValueIsLogged(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		var log bytes.Buffer
		s := e.open(t, models.Config{Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		createUser(t, s, "canary_user", "Canary Owner")
		device := newDevice(t, "canary device")
		_, _, _, err := s.CreateUser(t.Context(), models.NewUser{ // fails in the database, with all values in the statement
			Username: "canary_user", Owner: "Canary Owner", PasswordHash: hash, Device: &device, AccountName: "canary account", Currency: "MXN",
		})
		if err == nil {
			t.Fatal("created twice")
		}
		err = s.Write(t.Context(), func(tx *gorm.DB) error {
			return tx.Exec("UPDATE users SET password = ? WHERE username = ?", "canary password", "canary_user").Error
		})
		if err == nil {
			t.Fatal("the schema took a password that is no hash")
		}
		if err := s.Read().Exec("SELECT no_such_column FROM users WHERE username = ?", "canary_user").Error; err == nil {
			t.Fatal("no such column")
		}
		text := log.String()
		if !strings.Contains(text, "INSERT INTO") || !strings.Contains(text, "no_such_column") {
			t.Fatal("the log is not where this test looks:", text)
		}
		for _, secret := range []string{"anary", "m=19456", "c2FsdH"} {
			if strings.Contains(text, secret) {
				t.Fatalf("%q is in the log:\n%s", secret, text)
			}
		}
	})
}
