package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"caudal/models"
)

// childFault breaks the disk under a child.
func childFault(fault string) error {
	switch fault {
	case "fsync":
		return replace("-wal", os.DevNull, unix.O_RDWR) // takes every write and fails every sync, as a dying disk may
	case "fold":
		return replace("", "", unix.O_RDONLY) // nobody writes to the database, while its log takes every commit
	case "write":
		return limitFiles()
	case "full": // the folder is on a small file system, which fills up by itself
		return nil
	}
	return fmt.Errorf("no fault %q", fault)
}

// replace puts another file in the place of one of the database's, wherever the process has it open: the one at path, or
// itself, as flags say.
func replace(suffix, path string, flags int) error {
	descriptors, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	found := false
	for _, d := range descriptors {
		target, err := os.Readlink(filepath.Join("/proc/self/fd", d.Name()))
		if err != nil || !strings.HasSuffix(target, models.DatabaseFile+suffix) {
			continue
		}
		var descriptor int
		if _, err := fmt.Sscan(d.Name(), &descriptor); err != nil {
			return err
		}
		instead, err := unix.Open(cmp.Or(path, target), flags|unix.O_CLOEXEC, 0)
		if err != nil {
			return err
		}
		if err := unix.Dup3(instead, descriptor, unix.O_CLOEXEC); err != nil {
			return err
		}
		found = true
	}
	if !found {
		return errors.New("the database has no such file")
	}
	return nil
}

// limitFiles lets no file of this process grow any more, so that the log's next write fails.
func limitFiles() error {
	signal.Ignore(unix.SIGXFSZ)
	return unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: 4096, Max: unix.RLIM_INFINITY})
}

func TestAFailingDiskEndsTheProcessAndTheNextStartSettlesEverything(t *testing.T) {
	for _, fault := range []string{"fsync", "write", "full", "fold"} {
		t.Run(fault, func(t *testing.T) {
			h := newHouse(t)
			grow := func() {}
			if fault == "full" {
				h.close()
				grow = h.smallDisk(t)
				h.open()
			}
			j := job{People: h.family(), Seed: rand.Uint64(), Fault: fault}
			said, code := h.runChild(j, 0)
			if code != exitFatal {
				t.Fatalf("the child ended with %d", code)
			}
			fatal := said[len(said)-1].Fatal
			for i := len(said); fatal == "" && i > 0; i-- {
				fatal = said[i-1].Fatal
			}
			t.Logf("%d applied, %d refused, %d unknown; %s", count(said, "applied"), count(said, "refused"), count(said, "unknown"), fatal)
			if fatal == "" || count(said, "applied") == 0 {
				t.Fatal("the child did not say why it ended, or never worked")
			}
			atOnce := fault == "fsync" || fault == "write" // a fold comes when there is enough, a small disk is full in the end
			if atOnce && count(said, "applied")+count(said, "refused") != childOrders {
				t.Fatal("something was answered after the disk had failed")
			}
			grow()
			h.settle(j, said)
		})
	}
}

// smallDisk moves the house to a file system of little room. The function makes it larger.
func (h *house) smallDisk(t *testing.T) (grow func()) {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=4m,mode=700"); err != nil {
		t.Skipf("a small file system needs the right to mount one: %v", err)
	}
	t.Cleanup(func() {
		h.close()
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	h.dir = dir
	return func() { must(t, unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT, "size=64m,mode=700")) }
}
