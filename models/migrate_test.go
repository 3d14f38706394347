package models_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"caudal/models"
	"caudal/models/money"
)

// A bank that was made when the schema had version 1, with people and accounts in it, opens with the newest one: all of it
// is there, and every account has its first head.
func TestABankOfVersion1IsBroughtUpToDate(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		cfg := e.empty(t)
		identity := cfg.Identity
		old, err := models.OpenAtVersion(t.Context(), cfg, 1)
		if err != nil {
			t.Fatal(err)
		}
		if old.Read().Migrator().HasTable(&models.Head{}) {
			t.Fatal("this is not version 1")
		}
		owner, cash := int64(1), models.ClassCash
		system := models.SystemAccount(models.ClassCash, money.MXN, 0)
		device := newDevice(t, "phone")
		before := []any{
			&models.Bank{ID: 1, Identity: identity[:], HandleKey: make([]byte, 32), CreatedAt: 7},
			&models.User{ID: owner, Username: "ana", Owner: "Ana Torres", Password: hash, Role: models.RoleHolder, Status: models.UserActive, CreatedAt: 7},
			&models.Device{ID: 1, PublicID: make([]byte, 16), UserID: owner, Algorithm: device.Algorithm, PublicKey: device.PublicKey, Name: "phone", CreatedAt: 7, LastSeenAt: 8},
			&models.Account{ID: 999001000000000014, Owner: &owner, Name: "Cuenta", Currency: money.USD, Status: models.AccountFrozen, OverdraftMinor: 500, OpenedAt: 7},
			&models.Account{ID: system, Class: &cash, Name: "cash MXN 0", Currency: money.MXN, Status: models.AccountActive, OpenedAt: 7},
			&models.AuditEntry{ID: 1, At: 7, Actor: owner, Action: "user.create", Subject: "user:1", Detail: "{}"},
		}
		err = old.Write(t.Context(), func(tx *gorm.DB) error {
			for _, row := range before {
				if err := tx.Create(row).Error; err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := old.Close(); err != nil {
			t.Fatal(err)
		}

		for range 2 { // the second time there is nothing left to do
			s, err := models.Open(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			if s.Bank().CreatedAt != 7 {
				t.Fatal("founded anew")
			}
			var words []string
			if err := s.Read().Model(&models.HolderWord{}).Where("user_id = ?", owner).Order("word").Pluck("word", &words).Error; err != nil ||
				!slices.Equal(words, []string{"ana", "torres"}) {
				t.Fatal(words, err)
			}
			user, err := s.UserByUsername(t.Context(), "ana")
			if err != nil || *user != *before[1].(*models.User) {
				t.Fatalf("%+v, %v", user, err)
			}
			devices, err := s.Devices(t.Context(), owner)
			if err != nil || len(devices) != 1 || string(devices[0].PublicKey) != string(device.PublicKey) || devices[0].LastSeenAt != 8 {
				t.Fatalf("%+v, %v", devices, err)
			}
			accounts, err := s.AccountsOf(t.Context(), owner)
			if err != nil || len(accounts) != 1 {
				t.Fatalf("%+v, %v", accounts, err)
			}
			account := accounts[0]
			want := models.FirstHead(identity, account.ID, money.USD)
			if account.Status != models.AccountFrozen || account.Head.FloorMinor != -500 || account.AvailableMinor() != 500 || [32]byte(account.Head.Head) != want {
				t.Fatalf("%+v", account)
			}
			kept, err := s.AccountByNumber(t.Context(), system)
			if err != nil || kept.OpenedAt != 7 || kept.Head.FloorMinor != -1<<62 {
				t.Fatalf("%+v, %v", kept, err)
			}
			var accountsAll, heads int64
			if err := errors.Join(s.Read().Model(&models.Account{}).Count(&accountsAll).Error, s.Read().Model(&models.Head{}).Count(&heads).Error); err != nil {
				t.Fatal(err)
			}
			if accountsAll != 97 || heads != 97 {
				t.Fatal(accountsAll, heads)
			}
			if log, err := s.AuditLog(t.Context(), 0, 10); err != nil || len(log) != 1 || log[0] != *before[5].(*models.AuditEntry) {
				t.Fatal(log, err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A bank of the version before the counter's has more holders than are read at a time, and its first start is cut off between
// the new schema and the words.
func TestHoldersFromBeforeTheirWordsAreFound(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		cfg := e.empty(t)
		const users = 2500
		old, err := models.OpenAtVersion(t.Context(), cfg, 2)
		if err != nil {
			t.Fatal(err)
		}
		if old.Read().Migrator().HasTable(&models.HolderWord{}) {
			t.Fatal("this is not version 2")
		}
		err = old.Write(t.Context(), func(tx *gorm.DB) error {
			rows := make([]models.User, users)
			for i := range rows {
				status := models.UserActive
				if i%7 == 0 {
					status = models.UserClosed
				}
				rows[i] = models.User{ID: int64(i + 1), Username: fmt.Sprintf("user_%d", i), Owner: "María " + strings.Repeat("ﷺ", 60) + " Ñuñoa",
					Password: hash, Role: models.RoleHolder, Status: status, CreatedAt: 7}
			}
			return tx.CreateInBatches(rows, 500).Error
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := old.Close(); err != nil {
			t.Fatal(err)
		}
		cut, err := models.OpenUnfounded(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := cut.Close(); err != nil {
			t.Fatal(err)
		}
		// The next one is stopped when a part of the holders is noted.
		ctx, stop := context.WithCancel(t.Context())
		log := slog.New(slog.NewTextHandler(writerFunc(func(line []byte) {
			if strings.Contains(string(line), "are noted") {
				stop()
			}
		}), nil))
		logged := cfg
		logged.Log = log
		if _, err := models.Open(ctx, logged); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		for range 2 {
			s, err := models.Open(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			var names, last int64
			if err := s.Read().Model(&models.HolderWord{}).Where("word LIKE 'user%'").Count(&names).Error; err != nil || names != users {
				t.Fatal(names, err)
			}
			if err := s.Read().Model(&models.HolderWord{}).Where("word = 'nunoa'").Count(&last).Error; err != nil || last != users {
				t.Fatal(last, err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// writerFunc is an io.Writer that cannot fail.
type writerFunc func([]byte)

func (f writerFunc) Write(line []byte) (int, error) {
	f(line)
	return len(line), nil
}

func TestADatabaseOfTheFutureIsLeftAlone(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		cfg := e.bank(t)
		s, err := models.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		err = s.Write(t.Context(), func(tx *gorm.DB) error {
			return tx.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, TRUE)").Error
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := models.Open(t.Context(), cfg); !errors.Is(err, models.ErrNewerDatabase) {
			t.Fatal(err)
		}
	})
}

func TestAFileThatIsNoDatabaseIsRefused(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, models.DatabaseFile), "this is not a database, and it is long enough to have a header of its own, which is wrong")
	if _, err := models.Open(t.Context(), models.Config{Dir: dir, Identity: [32]byte{1}}); err == nil {
		t.Fatal("opened")
	}
	writeFile(t, filepath.Join(dir, models.DatabaseFile), "")
	open(t, models.Config{Dir: dir}) // the refusal left the lock free; an empty file is a new bank
}
