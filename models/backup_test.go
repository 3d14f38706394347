package models_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"gorm.io/gorm"

	"caudal/models"
)

// Two rows are written in every commit, before, during and after the backup; the copy has both of each pair or neither.
func TestABackupOfALiveBankIsTheBankAtOneMoment(t *testing.T) {
	s := open(t, models.Config{})
	user, _, _ := createUser(t, s, "ana", "Ana")
	pair := func(i int) error {
		return s.Write(t.Context(), func(tx *gorm.DB) error {
			for range 2 {
				if err := s.Audit(tx, user.ID, "pair", fmt.Sprint(i), map[string]any{"filler": fmt.Sprintf("%3000d", i)}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for i := range 500 {
		if err := pair(i); err != nil {
			t.Fatal(err)
		}
	}
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for i := 500; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if err := pair(i); err != nil {
				t.Error(err)
				return
			}
		}
	})
	dir := t.TempDir()
	to := filepath.Join(dir, models.DatabaseFile)
	if err := s.Backup(t.Context(), to); err != nil {
		t.Fatal(err)
	}
	close(stop)
	writer.Wait()

	if info, err := os.Stat(to); err != nil || info.Mode() != 0o600 {
		t.Fatal(info.Mode(), err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Fatal("something else was left:", entries, err)
	}
	copied := open(t, models.Config{Dir: dir})
	var integrity string
	if err := copied.Read().Raw("PRAGMA integrity_check").Scan(&integrity).Error; err != nil || integrity != "ok" {
		t.Fatal(integrity, err)
	}
	var odd, pairs int64
	err := copied.Read().Raw("SELECT count(*) FROM (SELECT subject FROM audit WHERE action = 'pair' GROUP BY subject HAVING count(*) <> 2)").Scan(&odd).Error
	if err != nil || odd != 0 {
		t.Fatal(odd, err)
	}
	if err := copied.Read().Model(&models.AuditEntry{}).Where("action = 'pair'").Count(&pairs).Error; err != nil || pairs < 1000 {
		t.Fatal(pairs, err)
	}
	if _, err := copied.UserByUsername(t.Context(), "ana"); err != nil {
		t.Fatal(err)
	}
}

func TestABackupOverwritesNothingAndLeavesNothingHalfDone(t *testing.T) {
	s := open(t, models.Config{})
	dir := t.TempDir()
	kept := filepath.Join(dir, "kept")
	if err := os.WriteFile(kept, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	dangling := filepath.Join(dir, "dangling")
	if err := os.Symlink(filepath.Join(dir, "nowhere"), dangling); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{kept, dangling, dir} {
		if err := s.Backup(t.Context(), to); !errors.Is(err, models.ErrBackupExists) {
			t.Error(to, err)
		}
	}
	if content, err := os.ReadFile(kept); err != nil || string(content) != "precious" {
		t.Fatal(content, err)
	}
	if err := s.Backup(t.Context(), filepath.Join(dir, "missing", "backup")); err == nil {
		t.Error("into a folder that does not exist")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Backup(ctx, filepath.Join(dir, "ended")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Fatal(entries, err)
	}
}

// Both start before either has its name; one gets it.
func TestTwoBackupsToOneNameMakeOne(t *testing.T) {
	s := open(t, models.Config{})
	to := filepath.Join(t.TempDir(), "backup")
	var both sync.WaitGroup
	results := make([]error, 2)
	for i := range results {
		both.Go(func() { results[i] = s.Backup(t.Context(), to) })
	}
	both.Wait()
	made := 0
	for _, err := range results {
		if err == nil {
			made++
		} else if !errors.Is(err, models.ErrBackupExists) {
			t.Error(err)
		}
	}
	if made != 1 {
		t.Fatal(made)
	}
}
