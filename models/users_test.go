package models_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
)

// hash stands for a password hash where none is checked.
const hash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g"

func newDevice(t *testing.T, name string) models.NewDevice {
	t.Helper()
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return models.NewDevice{Algorithm: models.Ed25519, PublicKey: public, Name: name}
}

func createUser(t *testing.T, s *models.Store, username, owner string) (*models.User, *models.Device, *models.AccountState) {
	t.Helper()
	device := newDevice(t, "phone")
	user, enrolled, account, err := s.CreateUser(t.Context(), models.NewUser{
		Username: username, Owner: owner, PasswordHash: hash, Device: &device, AccountName: "Cuenta", Currency: money.MXN,
	})
	if err != nil {
		t.Fatal(err)
	}
	return user, enrolled, account
}

func TestCreateUserMakesUserDeviceAccountAndHead(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		user, device, account := createUser(t, s, "ana", "  Ana   Torres ")

		read, err := s.UserByUsername(t.Context(), "ana")
		if err != nil || *read != *user || read.Owner != "Ana Torres" || read.Role != models.RoleHolder {
			t.Fatalf("%+v, %v", read, err)
		}
		if read, err = s.UserByID(t.Context(), user.ID); err != nil || *read != *user {
			t.Fatalf("%+v, %v", read, err)
		}
		gotDevice, gotUser, err := s.DeviceByPublicID(t.Context(), device.PublicID)
		if err != nil || gotDevice.ID != device.ID || gotUser.ID != user.ID {
			t.Fatalf("%+v, %+v, %v", gotDevice, gotUser, err)
		}
		accounts, err := s.AccountsOf(t.Context(), user.ID)
		if err != nil || len(accounts) != 1 {
			t.Fatalf("%+v, %v", accounts, err)
		}
		got := accounts[0]
		want := models.FirstHead(s.Identity(), account.ID, money.MXN)
		if got.ID != account.ID || *got.Owner != user.ID || got.Head.Account != account.ID || [32]byte(got.Head.Head) != want {
			t.Fatalf("%+v", got)
		}
		if got.ID.Bank() != models.BankCode || got.ID.Branch() != models.BranchCustomer || !got.ID.Valid() {
			t.Fatal(got.ID)
		}
		log, err := s.AuditLog(t.Context(), 0, 10)
		if err != nil || len(log) != 1 || log[0].Action != "user.create" || log[0].Actor != user.ID {
			t.Fatalf("%+v, %v", log, err)
		}
	})
}

func TestCreateUserRefusesAndLeavesNothing(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		_, first, _ := createUser(t, s, "ana", "Ana Torres")
		taken := models.NewDevice{Algorithm: models.Ed25519, PublicKey: first.PublicKey, Name: "x"}
		fresh := newDevice(t, "x")
		good := models.NewUser{
			Username: "luis", Owner: "Luis", PasswordHash: hash, Device: &fresh, AccountName: "Cuenta", Currency: money.MXN,
		}
		for name, c := range map[string]struct {
			spoil func(*models.NewUser)
			want  error
		}{
			"username taken":    {func(u *models.NewUser) { u.Username = "ana" }, models.ErrUsernameTaken},
			"device key taken":  {func(u *models.NewUser) { u.Device = &taken }, models.ErrDeviceKeyTaken},
			"username capital":  {func(u *models.NewUser) { u.Username = "Luis" }, models.ErrText},
			"owner hostile":     {func(u *models.NewUser) { u.Owner = "Luis\x00" }, models.ErrText},
			"account hostile":   {func(u *models.NewUser) { u.AccountName = "a\u202eb" }, models.ErrText},
			"device hostile":    {func(u *models.NewUser) { d := fresh; d.Name = "\x1b[2J"; u.Device = &d }, models.ErrText},
			"no such role":      {func(u *models.NewUser) { u.Role = "root" }, models.ErrRole},
			"no such currency":  {func(u *models.NewUser) { u.Currency = "EUR" }, models.ErrCurrency},
			"device key hollow": {func(u *models.NewUser) { d := fresh; d.PublicKey = make([]byte, 32); u.Device = &d }, models.ErrDeviceKey},
		} {
			t.Run(name, func(t *testing.T) {
				bad := good
				c.spoil(&bad)
				if _, _, _, err := s.CreateUser(t.Context(), bad); !errors.Is(err, c.want) {
					t.Fatal(err)
				}
				if _, err := s.UserByUsername(t.Context(), "luis"); !errors.Is(err, models.ErrUserNotFound) {
					t.Fatal("a user is left", err)
				}
				var holders int64
				if err := s.Read().Model(&models.Account{}).Where("owner IS NOT NULL").Count(&holders).Error; err != nil || holders != 1 {
					t.Fatal("an account is left", holders, err)
				}
			})
		}
		if _, _, _, err := s.CreateUser(t.Context(), good); err != nil {
			t.Fatal("the unspoiled one is refused too:", err)
		}
	})
}

func TestStaffHasNoAccountUnlessAsked(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		user, device, account, err := s.CreateUser(t.Context(), models.NewUser{
			Username: "caja", Owner: "Caja", PasswordHash: hash, Role: models.RoleTeller,
		})
		if err != nil || device != nil || account != nil || user.Role != models.RoleTeller {
			t.Fatal(user, device, account, err)
		}
		createUser(t, s, "ana", "Ana")
		staff, err := s.Staff(t.Context())
		if err != nil || len(staff) != 1 || staff[0].Username != "caja" {
			t.Fatal(staff, err)
		}
	})
}

func TestDevicesAreAddedListedRevoked(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		ana, phone, _ := createUser(t, s, "ana", "Ana")
		luis, tablet, _ := createUser(t, s, "luis", "Luis")
		laptop, err := s.AddDevice(t.Context(), ana, newDevice(t, "laptop"))
		if err != nil {
			t.Fatal(err)
		}
		devices, err := s.Devices(t.Context(), ana.ID)
		if err != nil || len(devices) != 2 || devices[0].ID != phone.ID || devices[1].ID != laptop.ID {
			t.Fatal(devices, err)
		}
		if _, err := s.RevokeDevice(t.Context(), luis.ID, tablet.ID, laptop.PublicID); !errors.Is(err, models.ErrDeviceNotFound) {
			t.Fatal("somebody else's device:", err)
		}
		if revoked, err := s.RevokeDevice(t.Context(), ana.ID, phone.ID, laptop.PublicID); err != nil || revoked.RevokedAt == nil {
			t.Fatal(revoked, err)
		}
		if _, err := s.RevokeDevice(t.Context(), ana.ID, phone.ID, laptop.PublicID); !errors.Is(err, models.ErrDeviceNotFound) {
			t.Fatal("twice:", err)
		}
		if _, err := s.RevokeDevice(t.Context(), ana.ID, laptop.ID, phone.PublicID); !errors.Is(err, models.ErrDeviceRevoked) {
			t.Fatal("a revoked device revokes another:", err)
		}
		if _, err := s.ChangePassword(t.Context(), ana, hash+"A", laptop.ID); !errors.Is(err, models.ErrDeviceRevoked) {
			t.Fatal("a revoked device changes the password:", err)
		}
		if _, _, err := s.DeviceByPublicID(t.Context(), laptop.PublicID); !errors.Is(err, models.ErrDeviceRevoked) {
			t.Fatal(err)
		}
		if _, _, err := s.DeviceByPublicID(t.Context(), make([]byte, 16)); !errors.Is(err, models.ErrDeviceNotFound) {
			t.Fatal(err)
		}
		again := models.NewDevice{Algorithm: models.Ed25519, PublicKey: laptop.PublicKey, Name: "again"}
		if _, err := s.AddDevice(t.Context(), ana, again); !errors.Is(err, models.ErrDeviceKeyTaken) {
			t.Fatal("a revoked key enrols again:", err)
		}
		if devices, err = s.Devices(t.Context(), ana.ID); err != nil || len(devices) != 1 {
			t.Fatal(devices, err)
		}
	})
}

func TestDevicesAreBounded(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		ana, first, _ := createUser(t, s, "ana", "Ana")
		for range models.MaxDevices - 1 {
			if _, err := s.AddDevice(t.Context(), ana, newDevice(t, "one more")); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.AddDevice(t.Context(), ana, newDevice(t, "too many")); !errors.Is(err, models.ErrTooManyDevices) {
			t.Fatal(err)
		}
		if _, err := s.RevokeDevice(t.Context(), ana.ID, first.ID, first.PublicID); err != nil {
			t.Fatal(err)
		}
		if _, err := s.AddDevice(t.Context(), ana, newDevice(t, "fits again")); err != nil {
			t.Fatal(err)
		}
	})
}

func TestAProofOfAnOldPasswordIsVoid(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		stolen, phone, _ := createUser(t, s, "ana", "Ana") // as a thief with the password has read it
		user, revoked, err := s.ResetPassword(t.Context(), "ana", hash+"A")
		if err != nil || len(revoked) != 1 || revoked[0].ID != phone.ID || user.Password != hash+"A" {
			t.Fatal(user, revoked, err)
		}
		if _, err := s.AddDevice(t.Context(), stolen, newDevice(t, "thief")); !errors.Is(err, models.ErrCredentialsChanged) {
			t.Fatal(err)
		}
		if _, err := s.ChangePassword(t.Context(), stolen, hash+"B", 0); !errors.Is(err, models.ErrCredentialsChanged) {
			t.Fatal(err)
		}
		if err := s.RenewPasswordHash(t.Context(), stolen, hash+"C"); !errors.Is(err, models.ErrCredentialsChanged) {
			t.Fatal(err)
		}
		if _, err := s.AddDevice(t.Context(), user, newDevice(t, "ana")); err != nil {
			t.Fatal(err)
		}
	})
}

func TestChangingThePasswordKeepsOneDevice(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		ana, phone, _ := createUser(t, s, "ana", "Ana")
		laptop, err := s.AddDevice(t.Context(), ana, newDevice(t, "laptop"))
		if err != nil {
			t.Fatal(err)
		}
		revoked, err := s.ChangePassword(t.Context(), ana, hash+"A", laptop.ID)
		if err != nil || len(revoked) != 1 || revoked[0].ID != phone.ID {
			t.Fatal(revoked, err)
		}
		if devices, err := s.Devices(t.Context(), ana.ID); err != nil || len(devices) != 1 || devices[0].ID != laptop.ID {
			t.Fatal(devices, err)
		}
		if read, err := s.UserByID(t.Context(), ana.ID); err != nil || read.Password != hash+"A" {
			t.Fatal(read, err)
		}
	})
}

func TestAClosedUserDoesNothingAnyMore(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		ana, phone, account := createUser(t, s, "ana", "Ana")
		closed, revoked, err := s.CloseUser(t.Context(), "ana")
		if err != nil || closed.Status != models.UserClosed || len(revoked) != 1 {
			t.Fatal(closed, revoked, err)
		}
		if _, _, err := s.DeviceByPublicID(t.Context(), phone.PublicID); !errors.Is(err, models.ErrDeviceRevoked) {
			t.Fatal(err)
		}
		if _, err := s.AddDevice(t.Context(), ana, newDevice(t, "x")); !errors.Is(err, models.ErrUserClosed) {
			t.Fatal(err)
		}
		if _, err := s.ChangePassword(t.Context(), ana, hash, 0); !errors.Is(err, models.ErrUserClosed) {
			t.Fatal(err)
		}
		if _, _, err := s.SetRole(t.Context(), "ana", models.RoleAdmin); !errors.Is(err, models.ErrUserClosed) {
			t.Fatal(err)
		}
		if _, _, err := s.CloseUser(t.Context(), "ana"); !errors.Is(err, models.ErrUserClosed) {
			t.Fatal(err)
		}
		if _, err := s.PayeeByCLABE(t.Context(), account.ID); !errors.Is(err, models.ErrPayeeNotFound) {
			t.Fatal(err)
		}
		if _, err := s.PayeeByUsername(t.Context(), "ana"); !errors.Is(err, models.ErrPayeeNotFound) {
			t.Fatal(err)
		}
	})
}

func TestRolesAreSetAndAudited(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		ana, _, _ := createUser(t, s, "ana", "Ana")
		user, revoked, err := s.SetRole(t.Context(), "ana", models.RoleTeller)
		if err != nil || user.Role != models.RoleTeller || len(revoked) != 1 {
			t.Fatal(user, revoked, err)
		}
		if read, err := s.UserByID(t.Context(), ana.ID); err != nil || read.Role != models.RoleTeller {
			t.Fatal(read, err)
		}
		if _, _, err := s.SetRole(t.Context(), "ana", "root"); !errors.Is(err, models.ErrRole) {
			t.Fatal(err)
		}
		if _, _, err := s.SetRole(t.Context(), "nobody", models.RoleAdmin); !errors.Is(err, models.ErrUserNotFound) {
			t.Fatal(err)
		}
		log, err := s.AuditLog(t.Context(), 0, 1)
		if err != nil || len(log) != 1 || log[0].Action != "user.set_role" || log[0].Actor != models.Operator ||
			log[0].Detail != `{"from":"holder","to":"teller"}` {
			t.Fatal(log, err)
		}
	})
}

func TestLastSeenNeverGoesBack(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		_, phone, _ := createUser(t, s, "ana", "Ana")
		before := s.Generation()
		later := time.UnixMicro(phone.LastSeenAt).Add(time.Hour)
		for _, at := range []time.Time{later, later.Add(-time.Minute)} {
			if err := s.TouchDevices(t.Context(), map[int64]time.Time{phone.ID: at}); err != nil {
				t.Fatal(err)
			}
		}
		if device, _, err := s.DeviceByPublicID(t.Context(), phone.PublicID); err != nil || device.LastSeenAt != later.UnixMicro() {
			t.Fatal(device, err)
		}
		if s.Generation() != before {
			t.Fatal("being seen changed who may do what")
		}
	})
}

func TestPayeesAreMaskedAndTheBankItselfIsNone(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		ana, _, account := createUser(t, s, "ana", "Ana Torres")
		want := models.Payee{CLABE: account.ID, MaskedName: "An*** To***", Currency: money.MXN}
		if got, err := s.PayeeByCLABE(t.Context(), account.ID); err != nil || *got != want {
			t.Fatal(got, err)
		}
		err := s.Write(t.Context(), func(tx *gorm.DB) error {
			_, err := s.OpenAccount(tx, ana.ID, "Ahorro", money.USD)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := s.PayeeByUsername(t.Context(), "ana"); err != nil || *got != want {
			t.Fatal("not the oldest account:", got, err)
		}
		for _, none := range []func() (*models.Payee, error){
			func() (*models.Payee, error) {
				return s.PayeeByCLABE(t.Context(), models.SystemAccount(models.ClassCash, money.MXN, 0))
			},
			func() (*models.Payee, error) { return s.PayeeByCLABE(t.Context(), 32180000118359719) },
			func() (*models.Payee, error) { return s.PayeeByUsername(t.Context(), "luis") },
		} {
			if got, err := none(); !errors.Is(err, models.ErrPayeeNotFound) {
				t.Fatal(got, err)
			}
		}
	})
}

func TestOneOfManyGetsAUsername(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		s := e.open(t, models.Config{})
		var all sync.WaitGroup
		results := make([]error, 20)
		for i := range results {
			device := newDevice(t, "phone")
			all.Go(func() {
				_, _, _, results[i] = s.CreateUser(t.Context(), models.NewUser{
					Username: "ana", Owner: "Ana", PasswordHash: hash, Device: &device, AccountName: "Cuenta", Currency: money.MXN,
				})
			})
		}
		all.Wait()
		made := 0
		for _, err := range results {
			if err == nil {
				made++
			} else if !errors.Is(err, models.ErrUsernameTaken) {
				t.Error(err)
			}
		}
		var holders int64
		if err := s.Read().Model(&models.Account{}).Where("owner IS NOT NULL").Count(&holders).Error; err != nil || made != 1 || holders != 1 {
			t.Fatal(made, holders, err)
		}
	})
}

// A source that says the same number over and over makes the search for a free one go on, and end.
func TestAnAccountNumberIsNeverGivenTwice(t *testing.T) {
	onEachEngine(t, func(t *testing.T, e engine) {
		same := bytes.Repeat([]byte{7}, 32+8*17) // the handle key, one account, and 16 tries that meet it
		s := e.open(t, models.Config{Rand: bytes.NewReader(append(same, 0, 0, 0, 0, 0, 0, 0, 9))})
		var numbers []clabe.Number
		for range 3 {
			err := s.Write(t.Context(), func(tx *gorm.DB) error {
				if err := tx.FirstOrCreate(&models.User{ID: 1, Username: "ana", Owner: "Ana", Password: hash,
					Role: models.RoleHolder, Status: models.UserActive, CreatedAt: 1}).Error; err != nil {
					return err
				}
				account, err := s.OpenAccount(tx, 1, "Cuenta", money.MXN)
				if err == nil {
					numbers = append(numbers, account.ID)
				}
				return err
			})
			if second := len(numbers) == 1; err != nil && !second {
				t.Fatal(err)
			}
		}
		if len(numbers) != 2 || numbers[0] == numbers[1] || numbers[1].Account() != 9 {
			t.Fatal(numbers)
		}
	})
}
