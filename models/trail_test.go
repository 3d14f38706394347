package models_test

import (
	"errors"
	"testing"

	"gorm.io/gorm"

	"caudal/models"
)

func TestATellerSeesTheirOwnTrailAndAnAdminEverybodys(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		teller, other := counter(t, s, "caja", models.RoleTeller), counter(t, s, "otra", models.RoleTeller)
		admin := counter(t, s, "jefa", models.RoleAdmin)
		ana, phone, _ := createUser(t, s, "ana", "Ana García")
		for range 3 {
			if _, err := s.FindHolders(t.Context(), teller, "garcía", all); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.FindHolders(t.Context(), other, "nadie", all); err != nil {
			t.Fatal(err)
		}
		if _, err := s.RevokeDevice(t.Context(), ana.ID, phone.ID, phone.PublicID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.CloseUser(t.Context(), "ana"); err != nil {
			t.Fatal(err)
		}

		page, more, err := s.Trail(t.Context(), models.TrailQuery{By: teller, Limit: 2})
		if err != nil || len(page) != 2 || !more || page[0].ID <= page[1].ID {
			t.Fatal(page, more, err)
		}
		for _, e := range page {
			if e.Action != models.TrailFindHolders || e.ActorName != "caja" || e.Query != "garcía" || e.Found != 1 || e.More || e.Holder != "" {
				t.Errorf("%+v", e)
			}
		}
		page, more, err = s.Trail(t.Context(), models.TrailQuery{By: teller, Before: page[1].ID, Limit: 2})
		if err != nil || len(page) != 1 || more { // what others did is no more of theirs than the making of their own user
			t.Fatal(page, more, err)
		}

		page, more, err = s.Trail(t.Context(), models.TrailQuery{By: admin, Limit: 100})
		if err != nil || more {
			t.Fatal(more, err)
		}
		type line struct {
			action                       models.TrailAction
			actor, holder, before, after string
		}
		want := []line{
			{models.TrailCloseUser, "", "ana", "", ""},
			{models.TrailRevokeDevice, "ana", "", "", ""},
			{models.TrailFindHolders, "otra", "", "", ""},
			{models.TrailFindHolders, "caja", "", "", ""},
			{models.TrailFindHolders, "caja", "", "", ""},
			{models.TrailFindHolders, "caja", "", "", ""},
			{models.TrailCreateUser, "ana", "ana", "", "holder"},
			{models.TrailCreateUser, "", "jefa", "", "admin"},
			{models.TrailCreateUser, "", "otra", "", "teller"},
			{models.TrailCreateUser, "", "caja", "", "teller"},
		}
		if len(page) != len(want) {
			t.Fatalf("%d entries: %+v", len(page), page)
		}
		for i, e := range page {
			if got := (line{e.Action, e.ActorName, e.Holder, e.Before, e.After}); got != want[i] {
				t.Errorf("entry %d: %+v, want %+v", i, got, want[i])
			}
		}
	})
}

func TestATrailIsForStaffThatStillIsStaff(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		teller := counter(t, s, "caja", models.RoleTeller)
		ana, phone, _ := createUser(t, s, "ana", "Ana García")
		if _, _, err := s.Trail(t.Context(), models.TrailQuery{By: models.Staff{User: ana.ID, Device: phone.ID}}); !errors.Is(err, models.ErrNotStaff) {
			t.Error("a holder:", err)
		}
		if _, _, err := s.SetRole(t.Context(), "caja", models.RoleHolder); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Trail(t.Context(), models.TrailQuery{By: teller}); !errors.Is(err, models.ErrDeviceRevoked) {
			t.Error("one who was staff:", err)
		}
	})
}

// The log has entries of programs before and after this one.
func TestATrailShowsWhatItDoesNotUnderstand(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		admin := counter(t, s, "jefa", models.RoleAdmin)
		for _, entry := range []models.AuditEntry{
			{Action: "vault.open", Subject: "vault:1", Detail: `{"from":"shut","to":"open"}`},
			{Action: "deposit", Subject: "user:not a number", Detail: `{"amount_minor":"many"}`},
			{Action: "deposit_refused", Subject: "032180000118359719", Detail: `{"amount_minor":-5,"currency":"\u001b[2","refusal":"not_found","key":"zz"}`},
			{Action: "user.set_role", Subject: "user:99", Detail: `{}`},
		} {
			entry.At = 1
			if err := s.Write(t.Context(), func(tx *gorm.DB) error { return tx.Create(&entry).Error }); err != nil {
				t.Fatal(err)
			}
		}
		page, _, err := s.Trail(t.Context(), models.TrailQuery{By: admin, Limit: 4})
		if err != nil || len(page) != 4 {
			t.Fatal(page, err)
		}
		role, refused, deposit, other := page[0], page[1], page[2], page[3]
		if role.Action != models.TrailSetRole || role.Holder != "" || role.After != "" {
			t.Errorf("%+v", role)
		}
		if refused.Action != models.TrailDeposit || refused.Refusal != "not_found" || refused.AmountMinor != -5 || refused.Currency != "" ||
			refused.Account.String() != "032180000118359719" || refused.Holder != "" || refused.Key != nil {
			t.Errorf("%+v", refused)
		}
		if deposit.Action != models.TrailDeposit || deposit.AmountMinor != 0 || deposit.Account != 0 {
			t.Errorf("%+v", deposit)
		}
		if other.Action != models.TrailOther || other.After != "" || other.At != 1 {
			t.Errorf("%+v", other)
		}
	})
}

func TestADeviceIsRenamedByItsOwner(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		ana, phone, _ := createUser(t, s, "ana", "Ana")
		luis, tablet, _ := createUser(t, s, "luis", "Luis")
		generation := s.Generation()
		device, changed, err := s.RenameDevice(t.Context(), ana.ID, phone.ID, phone.PublicID, "  Teléfono   de Ana ")
		if err != nil || !changed || device.Name != "Teléfono de Ana" || device.ID != phone.ID {
			t.Fatal(device, changed, err)
		}
		if device, changed, err = s.RenameDevice(t.Context(), ana.ID, phone.ID, phone.PublicID, "Teléfono de Ana"); err != nil || changed || device.ID != phone.ID {
			t.Fatal("the name that it has:", device, changed, err)
		}
		if s.Generation() != generation {
			t.Error("a name changed who may do what")
		}
		for _, name := range []string{"", " ", "a\x1b[0m", string(make([]rune, 61))} {
			if _, _, err := s.RenameDevice(t.Context(), ana.ID, phone.ID, phone.PublicID, name); !errors.Is(err, models.ErrText) {
				t.Errorf("%q: %v", name, err)
			}
		}
		if _, _, err := s.RenameDevice(t.Context(), luis.ID, tablet.ID, phone.PublicID, "mine"); !errors.Is(err, models.ErrDeviceNotFound) {
			t.Error("another's device:", err)
		}
		laptop, err := s.AddDevice(t.Context(), ana, newDevice(t, "laptop"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.RevokeDevice(t.Context(), ana.ID, phone.ID, phone.PublicID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.RenameDevice(t.Context(), ana.ID, laptop.ID, phone.PublicID, "again"); !errors.Is(err, models.ErrDeviceNotFound) {
			t.Error("a revoked device:", err)
		}
		if _, _, err := s.RenameDevice(t.Context(), ana.ID, phone.ID, laptop.PublicID, "again"); !errors.Is(err, models.ErrDeviceRevoked) {
			t.Error("by a revoked device:", err)
		}
		if _, _, err := s.RenameDevice(t.Context(), ana.ID, tablet.ID, laptop.PublicID, "again"); !errors.Is(err, models.ErrDeviceRevoked) {
			t.Error("by another's device:", err)
		}
		read, _, err := s.DeviceByPublicID(t.Context(), phone.PublicID)
		if !errors.Is(err, models.ErrDeviceRevoked) || read.Name != "Teléfono de Ana" {
			t.Error(read, err)
		}
	})
}
