package models

import "context"

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
