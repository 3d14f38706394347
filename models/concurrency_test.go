package models_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gorm.io/gorm"

	"caudal/models"
	"caudal/models/money"
)

// twoNodes are two stores on one bank, as two servers have them.
func twoNodes(t *testing.T) (a, b *models.Store) {
	t.Helper()
	cfg := postgres.bank(t)
	return open(t, cfg), open(t, cfg)
}

// waitForLock returns when a session of the database waits for another one's lock, or done is closed.
func waitForLock(t *testing.T, s *models.Store, done <-chan struct{}) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		select {
		case <-done:
			return
		default:
		}
		var waiting int
		err := s.Read().WithContext(ctx).Raw(`SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting).Error
		if err != nil {
			t.Error(err)
			return
		}
		if waiting > 0 {
			return
		}
	}
}

// A user is closed on one node, and just before that commit somebody asks another node for something: by what they read then
// they might do it, and by what stands when they do it they may not.
func TestWhatANodeDecidesByAUserStandsWhenItCommits(t *testing.T) {
	a, b := twoNodes(t)
	for name, ask := range map[string]func(user *models.User, device *models.Device) error{
		"AddDevice": func(user *models.User, _ *models.Device) error {
			_, err := b.AddDevice(t.Context(), user, newDevice(t, "thief"))
			return err
		},
		"ChangePassword": func(user *models.User, device *models.Device) error {
			_, err := b.ChangePassword(t.Context(), user, hash+"A", device.ID)
			return err
		},
		"RenewPasswordHash": func(user *models.User, _ *models.Device) error {
			return b.RenewPasswordHash(t.Context(), user, hash+"A")
		},
		"RevokeDevice": func(user *models.User, device *models.Device) error {
			_, err := b.RevokeDevice(t.Context(), user.ID, device.ID, device.PublicID)
			return err
		},
		"RenameDevice": func(user *models.User, device *models.Device) error {
			_, _, err := b.RenameDevice(t.Context(), user.ID, device.ID, device.PublicID, "mine")
			return err
		},
		"FindHolders": func(user *models.User, device *models.Device) error {
			_, err := b.FindHolders(t.Context(), models.Staff{User: user.ID, Device: device.ID}, "ana", all)
			return err
		},
		"SetRole": func(user *models.User, _ *models.Device) error {
			_, _, err := b.SetRole(t.Context(), user.Username, models.RoleAdmin)
			return err
		},
		"ResetPassword": func(user *models.User, _ *models.Device) error {
			_, _, err := b.ResetPassword(t.Context(), user.Username, hash+"A")
			return err
		},
		"CloseUser": func(user *models.User, _ *models.Device) error {
			_, _, err := b.CloseUser(t.Context(), user.Username)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			device := newDevice(t, "phone")
			user, phone, _, err := a.CreateUser(t.Context(), models.NewUser{
				Username: strings.ToLower(name), Owner: "Ana", PasswordHash: hash, Role: models.RoleTeller, Device: &device,
			})
			if err != nil {
				t.Fatal(err)
			}
			var answer error
			var asked sync.Once
			answered := make(chan struct{})
			err = a.Write(t.Context(), func(tx *gorm.DB) error {
				if err := tx.Model(&models.User{}).Where("id = ?", user.ID).Update("status", models.UserClosed).Error; err != nil {
					return err
				}
				asked.Do(func() {
					go func() {
						defer close(answered)
						answer = ask(user, phone)
					}()
				})
				waitForLock(t, a, answered)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			<-answered
			if !errors.Is(answer, models.ErrUserClosed) {
				t.Fatal(answer)
			}
		})
	}
}

// Each node counts the devices that are there, and two that count at a time would both find room for the last one.
func TestTwoNodesKeepToTheBoundOfDevices(t *testing.T) {
	a, b := twoNodes(t)
	ana, _, _ := createUser(t, a, "ana", "Ana")
	for range models.MaxDevices - 3 {
		if _, err := a.AddDevice(t.Context(), ana, newDevice(t, "one more")); err != nil {
			t.Fatal(err)
		}
	}
	var both sync.WaitGroup
	results := make([]error, 12)
	for i := range results {
		node, device := []*models.Store{a, b}[i%2], newDevice(t, "the last one")
		both.Go(func() { _, results[i] = node.AddDevice(t.Context(), ana, device) })
	}
	both.Wait()
	added := 0
	for _, err := range results {
		if err == nil {
			added++
		} else if !errors.Is(err, models.ErrTooManyDevices) {
			t.Error(err)
		}
	}
	if devices, err := a.Devices(t.Context(), ana.ID); err != nil || added != 2 || len(devices) != models.MaxDevices {
		t.Fatal(added, len(devices), err)
	}
}

// A thief and the owner cut each other off at the same moment, on two nodes: the first to come wins, and the other is told.
func TestOfTwoDevicesThatRevokeEachOtherOneStays(t *testing.T) {
	a, b := twoNodes(t)
	ana, first, _ := createUser(t, a, "ana", "Ana")
	for range 20 {
		second, err := a.AddDevice(t.Context(), ana, newDevice(t, "another"))
		if err != nil {
			t.Fatal(err)
		}
		var both sync.WaitGroup
		var byFirst, bySecond error
		both.Go(func() { _, byFirst = a.RevokeDevice(t.Context(), ana.ID, first.ID, second.PublicID) })
		both.Go(func() { _, bySecond = b.RevokeDevice(t.Context(), ana.ID, second.ID, first.PublicID) })
		both.Wait()
		if byFirst == nil && bySecond == nil || byFirst != nil && !errors.Is(byFirst, models.ErrDeviceRevoked) ||
			bySecond != nil && !errors.Is(bySecond, models.ErrDeviceRevoked) {
			t.Fatal(byFirst, bySecond)
		}
		left, err := a.Devices(t.Context(), ana.ID)
		if err != nil || len(left) != 1 {
			t.Fatal(left, err)
		}
		first = &left[0]
	}
}

func TestTwoNodesGiveAUsernameAndAKeyOnce(t *testing.T) {
	a, b := twoNodes(t)
	for round := range 10 {
		same := newDevice(t, "phone")
		var both sync.WaitGroup
		names, keys := make([]error, 4), make([]error, 4)
		for i := range names {
			node := []*models.Store{a, b}[i%2]
			user := models.NewUser{Owner: "Ana", PasswordHash: hash, AccountName: "Cuenta", Currency: money.MXN}
			both.Go(func() {
				user := user
				user.Username = fmt.Sprintf("ana_%d", round)
				_, _, _, names[i] = node.CreateUser(t.Context(), user)
			})
			both.Go(func() {
				user := user
				user.Username, user.Device = fmt.Sprintf("luis_%d_%d", round, i), &same
				_, _, _, keys[i] = node.CreateUser(t.Context(), user)
			})
		}
		both.Wait()
		for refusal, results := range map[error][]error{models.ErrUsernameTaken: names, models.ErrDeviceKeyTaken: keys} {
			made := 0
			for _, err := range results {
				if err == nil {
					made++
				} else if !errors.Is(err, refusal) {
					t.Error(err)
				}
			}
			if made != 1 {
				t.Fatal(refusal, made)
			}
		}
	}
}

func TestTwoNodesFoundOneBank(t *testing.T) {
	cfg := postgres.empty(t)
	var both sync.WaitGroup
	stores, results := make([]*models.Store, 3), make([]error, 3)
	for i := range stores {
		both.Go(func() { stores[i], results[i] = models.Open(t.Context(), cfg) })
	}
	both.Wait()
	for i, err := range results {
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { stores[i].Close() })
		if string(stores[i].Bank().HandleKey) != string(stores[0].Bank().HandleKey) {
			t.Error("two banks")
		}
	}
	var accounts int64
	if err := stores[0].Read().Model(&models.Account{}).Count(&accounts).Error; err != nil || accounts != 96 {
		t.Fatal(accounts, err)
	}
}
