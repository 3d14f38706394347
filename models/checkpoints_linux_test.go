package models_test

import (
	"errors"
	"testing"

	"github.com/mattn/go-sqlite3"
	"golang.org/x/sys/unix"

	"caudal/models"
)

// The disk fills up while the WAL is folded, which needs room for what is new: the WAL has everything until there is room.
func TestADiskThatIsFullOfTheDatabaseLosesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=4m,mode=700"); err != nil {
		t.Skipf("a small file system needs the right to mount one: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	s := scribbler(t, models.Config{Dir: dir})
	s.StopCheckpointer()
	var full sqlite3.Error
	written := int64(0)
	for !errors.As(s.Fold(), &full) {
		write(t, s, "INSERT INTO scribbles (page) VALUES (randomblob(4000))")
		written++
	}
	if full.Code != sqlite3.ErrFull {
		t.Fatal(full)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT, "size=16m,mode=700"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = scribbler(t, models.Config{Dir: dir})
	defer s.Close()
	var kept int64
	if err := s.Read().Raw("SELECT count(*) FROM scribbles").Scan(&kept).Error; err != nil || kept != written {
		t.Fatalf("%d rows are there of %d: %v", kept, written, err)
	}
}
