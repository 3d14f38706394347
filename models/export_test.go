package models

import (
	"context"
	"os"
)

// OpenUnfounded opens a store whose tables are all empty.
func OpenUnfounded(ctx context.Context, cfg Config) (*Store, error) {
	return openDatabase(ctx, cfg, newest)
}

// OpenAtVersion opens a store as an older version of the program made it.
func OpenAtVersion(ctx context.Context, cfg Config, version int64) (*Store, error) {
	return openDatabase(ctx, cfg, version)
}

// HolderWords are the words by which a user is found.
func HolderWords(username, owner string) []string { return holderWords(username, owner) }

// MatchStatement is the statement by which holders are found who have words that begin so.
func MatchStatement(words ...string) (string, []any) { return matchStatement(words, 1) }

// WithWALLimits has the WAL folded at other lengths: in pages, see walLimits.
func WithWALLimits(cfg Config, fold, tail, most int) Config {
	cfg.wal = walLimits{fold, tail, most}
	return cfg
}

// Fold folds the WAL where it is long enough, as the checkpointer does it, which must have been stopped.
func (s *Store) Fold() error { return s.checkpointer.fold() }

// WAL is how long the WAL is and how much of it is folded, in pages, once the checkpointer has been stopped.
func (s *Store) WAL() (pages, folded int, err error) {
	wal, err := s.checkpointer.checkpoint("NOOP")
	return wal.pages, wal.folded, err
}

// StopCheckpointer leaves the WAL to whoever calls Fold.
func (s *Store) StopCheckpointer() {
	s.checkpointer.stop()
	<-s.checkpointer.ended
}

// FoldInto has the checkpointer sync another file than the database.
func (s *Store) FoldInto(file *os.File) { s.checkpointer.file = file }

// TriesMax is how often a write on PostgreSQL runs at most.
const TriesMax = triesMax
