package models_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"gorm.io/gorm"

	"caudal/models"
)

const (
	testFold = 100
	testTail = 20
	testMost = 400
)

// scribbler is a store with a table to fill the WAL with.
func scribbler(t *testing.T, cfg models.Config) *models.Store {
	t.Helper()
	s := open(t, models.WithWALLimits(cfg, testFold, testTail, testMost))
	write(t, s, "CREATE TABLE IF NOT EXISTS scribbles (id INTEGER PRIMARY KEY, page BLOB NOT NULL)")
	return s
}

func write(t *testing.T, s *models.Store, statement string, args ...any) {
	t.Helper()
	if err := s.Write(t.Context(), func(tx *gorm.DB) error { return tx.Exec(statement, args...).Error }); err != nil {
		t.Fatal(err)
	}
}

// scribble rewrites the same pages in one commit.
func scribble(t *testing.T, s *models.Store, pages int) {
	t.Helper()
	write(t, s, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT OR REPLACE INTO scribbles SELECT i, randomblob(4000) FROM n`, pages)
}

func walOf(t *testing.T, s *models.Store) (pages, folded int) {
	t.Helper()
	pages, folded, err := s.WAL()
	if err != nil {
		t.Fatal(err)
	}
	return pages, folded
}

func TestALongWALIsFoldedAndBeginsAgain(t *testing.T) {
	s := scribbler(t, models.Config{})
	s.StopCheckpointer()
	fold := func() {
		t.Helper()
		if err := s.Fold(); err != nil {
			t.Fatal(err)
		}
	}
	fold()
	if _, folded := walOf(t, s); folded != 0 {
		t.Fatalf("%d pages are folded of a short WAL", folded)
	}
	scribble(t, s, testFold)
	fold()
	if pages, folded := walOf(t, s); folded != pages || pages < testFold {
		t.Fatalf("%d pages are folded of %d", folded, pages)
	}
	scribble(t, s, 1)
	if pages, folded := walOf(t, s); folded != 0 || pages > testTail {
		t.Fatalf("after the next commit the WAL has %d pages, %d folded", pages, folded)
	}
}

// Whoever reads one snapshot for long keeps the WAL as it is, but nobody waits for them, and afterwards it is folded.
func TestALongReadKeepsTheWALAndNobodyWaits(t *testing.T) {
	s := scribbler(t, models.Config{})
	s.StopCheckpointer()
	scribble(t, s, 1)
	var before, now string
	reader := s.Read().Begin()
	if err := errors.Join(reader.Error, reader.Raw("SELECT hex(page) FROM scribbles WHERE id = 1").Scan(&before).Error); err != nil {
		t.Fatal(err)
	}
	for range 2 * testMost / testFold {
		scribble(t, s, testFold)
		if err := s.Fold(); err != nil {
			t.Fatal(err)
		}
	}
	if pages, folded := walOf(t, s); folded >= testFold || pages < 2*testMost {
		t.Fatalf("%d pages are folded of %d, while somebody reads what was before them", folded, pages)
	}
	if err := reader.Raw("SELECT hex(page) FROM scribbles WHERE id = 1").Scan(&now).Error; err != nil || now != before {
		t.Fatal("what is read has changed", err)
	}
	reader.Rollback()
	scribble(t, s, testFold)
	if err := s.Fold(); err != nil {
		t.Fatal(err)
	}
	if pages, folded := walOf(t, s); folded != pages {
		t.Fatalf("%d pages are folded of %d", folded, pages)
	}
}

// The checkpointer's own goroutine holds the WAL short under writes that never pause.
func TestAWALWithoutAPauseStaysShort(t *testing.T) {
	dir := t.TempDir()
	s := scribbler(t, models.Config{Dir: dir})
	const once = 50
	longest := int64(0)
	for range 20 * testMost / once {
		scribble(t, s, once)
		info, err := os.Stat(filepath.Join(dir, models.DatabaseFile+"-wal"))
		if err != nil {
			t.Fatal(err)
		}
		longest = max(longest, info.Size()/4096)
	}
	// A look may come late, but then it folds everything in a turn, for which the next write waits.
	t.Logf("the WAL had %d pages at most", longest)
	s.StopCheckpointer()
	if err := s.Fold(); err != nil {
		t.Fatal(err)
	}
	if pages, folded := walOf(t, s); pages-folded >= testFold {
		t.Fatalf("%d pages are folded of %d", folded, pages)
	}
}

func TestTheNextStartFoldsWhatIsLeft(t *testing.T) {
	dir := t.TempDir()
	s := scribbler(t, models.Config{Dir: dir})
	s.StopCheckpointer()
	scribble(t, s, 3*testFold)
	image := t.TempDir() // as a process that was killed leaves the folder
	for _, name := range []string{models.DatabaseFile, models.DatabaseFile + "-wal"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(image, name), string(content))
	}
	next := scribbler(t, models.Config{Dir: image})
	var rows int64
	if err := next.Read().Raw("SELECT count(*) FROM scribbles").Scan(&rows).Error; err != nil || rows != 3*testFold {
		t.Fatal(rows, err)
	}
	for {
		content, err := os.ReadFile(filepath.Join(image, models.DatabaseFile))
		if err != nil {
			t.Fatal(err)
		}
		if len(content) >= 3*testFold*4096 {
			return
		}
		runtime.Gosched() // until it is folded
	}
}

// Where the database cannot be written, nobody knows what it holds, and the store says so.
func TestAFoldThatFailsFailsTheStore(t *testing.T) {
	fatal := make(chan error, 1)
	s := scribbler(t, models.Config{Fatal: func(err error) { fatal <- err }})
	pipe, _, err := os.Pipe() // cannot be synced
	if err != nil {
		t.Fatal(err)
	}
	s.FoldInto(pipe)
	for range 3 {
		err := s.Write(t.Context(), func(tx *gorm.DB) error {
			return tx.Exec("INSERT INTO scribbles (page) VALUES (zeroblob(4000 * ?))", testFold).Error
		})
		if err != nil && !errors.Is(err, models.ErrFailed) {
			t.Fatal(err)
		}
	}
	if err := <-fatal; err == nil {
		t.Fatal("no reason")
	}
	if _, err := s.Turn(context.Background()); !errors.Is(err, models.ErrFailed) {
		t.Fatal(err)
	}
}
