package models_test

import (
	"testing"

	"caudal/models"
)

func open(t *testing.T, cfg models.Config) *models.Store {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	if cfg.Identity == [32]byte{} {
		cfg.Identity = [32]byte{1}
	}
	s, err := models.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestOpenFounds(t *testing.T) {
	s := open(t, models.Config{})
	var n int64
	if err := s.Read().Model(&models.Account{}).Count(&n).Error; err != nil || n != 96 {
		t.Fatal(n, err)
	}
	if err := s.Read().Model(&models.Head{}).Count(&n).Error; err != nil || n != 96 {
		t.Fatal(n, err)
	}
}
