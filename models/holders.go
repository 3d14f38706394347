package models

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"gorm.io/gorm"

	"caudal/models/clabe"
)

// Bounds of a look-up.
const (
	MinQuery = 2 // characters
	MaxQuery = 80
	// MaxFound is how many holders one look-up shows: whoever serves a customer asks for another word instead of paging
	// through the bank.
	MaxFound = 20
)

// rareEnough is from how many users on a word counts as common: counting further would cost more than it spares.
const rareEnough = 1000

// Staff is a member of staff at work: a user, and the device by which they signed in, both row ids.
type Staff struct{ User, Device int64 }

// Holder is a customer as staff sees them: with all of their accounts, oldest first.
type Holder struct {
	ID       int64
	Username string
	Owner    string
	Accounts []AccountState
}

// FoundHolders is what a look-up found.
type FoundHolders struct {
	Holders []Holder // MaxFound at most, by the word that was found
	More    bool     // there are others
}

// FindHolders looks for those who can be served at the counter: users who are not closed and have an account, but not
// whoever asks. The query is an account's number (18 digits, grouped by spaces and dashes or not), or words, each of which
// begins the username or a word of the holder's name; case and accents do not count.
//
// fits is asked for each holder in turn; from the first that it refuses on, the others are More. What is returned was
// committed to the audit log before, by the device's user, who is read again in that commit.
//
// Errors: ErrText, clabe.ErrMalformed, ErrUserClosed, ErrDeviceRevoked, ErrNotStaff.
func (s *Store) FindHolders(ctx context.Context, by Staff, query string, fits func(*Holder) bool) (*FoundHolders, error) {
	query, err := cleanText("query", query, MaxQuery)
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(query) < MinQuery {
		return nil, &TextError{"query", fmt.Sprintf("it has %d to %d characters", MinQuery, MaxQuery)}
	}
	users, err := s.matchingUsers(ctx, by.User, query)
	if err != nil {
		return nil, err
	}
	found := &FoundHolders{More: len(users) > MaxFound}
	users = users[:min(len(users), MaxFound)]
	if err := s.addAccounts(ctx, users); err != nil {
		return nil, err
	}
	for i := range users {
		if !fits(&users[i]) {
			users, found.More = users[:i], true
			break
		}
	}
	found.Holders = users
	err = s.write(ctx, func(tx *gorm.DB) error {
		if _, err := stillStaff(tx, lockUser, by); err != nil {
			return err
		}
		return s.Audit(tx, by.User, actionFindHolders, "", map[string]any{"query": query, "found": len(users), "more": found.More})
	}, nil) // nobody may do more or less after it
	if err != nil {
		return nil, err
	}
	return found, nil
}

// CheckStaff makes sure that whoever signed in as staff still is, for what the store itself does not show.
//
// Errors: ErrUserClosed, ErrDeviceRevoked, ErrNotStaff.
func (s *Store) CheckStaff(ctx context.Context, by Staff) error {
	return s.Read().WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		_, err := stillStaff(tx, userWhere, by)
		return err
	})
}

// stillStaff makes sure that whoever signed in as staff still is, by a device that still stands, and returns their role.
func stillStaff(tx *gorm.DB, read readUser, by Staff) (Role, error) {
	user, err := stillSignedIn(tx, read, by.User, by.Device)
	if err != nil {
		return "", err
	}
	if user.Role != RoleTeller && user.Role != RoleAdmin {
		return "", ErrNotStaff
	}
	return user.Role, nil
}

// matchingUsers returns, without their accounts, up to MaxFound users and one, whose presence says that there are more.
func (s *Store) matchingUsers(ctx context.Context, asker int64, query string) ([]Holder, error) {
	if digits := clabe.Clean(query); len(digits) == clabe.Digits && strings.Trim(digits, "0123456789") == "" {
		number, err := clabe.Parse(digits)
		if err != nil {
			return nil, err
		}
		return s.users(ctx, `SELECT u.id, u.username, u.owner FROM accounts a JOIN users u ON u.id = a.owner AND u.status = 'active'
			WHERE a.id = ? AND u.id <> ?`, number, asker)
	}
	words := foldedWords(query)
	slices.SortStableFunc(words, func(x, y string) int {
		return cmp.Compare(utf8.RuneCountInString(y), utf8.RuneCountInString(x))
	})
	if len(words) == 0 || utf8.RuneCountInString(words[0]) < MinQuery {
		return nil, &TextError{"query", "it has no word of two letters or digits"}
	}
	if err := s.rarestFirst(ctx, words); err != nil {
		return nil, err
	}
	statement, args := matchStatement(words, asker)
	return s.users(ctx, statement, args...)
}

// rarestFirst puts the word that the fewest users have first, as far as that matters: the look-up walks over those.
func (s *Store) rarestFirst(ctx context.Context, words []string) error {
	if len(words) == 1 {
		return nil
	}
	fewest, rarest := int64(rareEnough), 0
	for i, word := range words {
		var have int64
		err := s.Read().WithContext(ctx).Raw("SELECT count(*) FROM (SELECT 1 FROM holder_words WHERE word >= ? AND word < ? LIMIT ?) AS few",
			word, afterWord(word), rareEnough).Scan(&have).Error
		if err != nil {
			return fmt.Errorf("models: look for holders: %w", err)
		}
		if have < fewest {
			fewest, rarest = have, i
		}
	}
	words[0], words[rarest] = words[rarest], words[0]
	return nil
}

// matchStatement walks over the users who have the first word, in the order of the words, and keeps those who have the
// others too. A user comes once for each word that begins with the first, so the rows are enough for MaxFound users and one.
func matchStatement(words []string, asker int64) (statement string, args []any) {
	statement = `SELECT u.id, u.username, u.owner FROM holder_words w CROSS JOIN users u
		WHERE w.word >= ? AND w.word < ? AND w.user_id <> ? AND u.id = w.user_id AND u.status = 'active'
		AND EXISTS (SELECT 1 FROM accounts a WHERE a.owner = u.id)`
	args = []any{words[0], afterWord(words[0]), asker}
	for _, word := range words[1:] {
		statement += " AND EXISTS (SELECT 1 FROM holder_words o WHERE o.user_id = u.id AND o.word >= ? AND o.word < ?)"
		args = append(args, word, afterWord(word))
	}
	return fmt.Sprintf("%s ORDER BY w.word, w.user_id LIMIT %d", statement, (MaxFound+1)*maxWords), args
}

// afterWord is above every word that begins with word, in the order of bytes, in which both dialects keep words.
func afterWord(word string) string { return word + string(utf8.MaxRune) }

// users reads up to MaxFound users and one, each once, and no row beyond them.
func (s *Store) users(ctx context.Context, statement string, args ...any) (users []Holder, err error) {
	rows, err := s.Read().WithContext(ctx).Raw(statement, args...).Rows()
	if err != nil {
		return nil, fmt.Errorf("models: look for holders: %w", err)
	}
	defer rows.Close()
	for len(users) <= MaxFound && rows.Next() {
		var user Holder
		if err := rows.Scan(&user.ID, &user.Username, &user.Owner); err != nil {
			return nil, fmt.Errorf("models: look for holders: %w", err)
		}
		if !slices.ContainsFunc(users, func(other Holder) bool { return other.ID == user.ID }) { // by another word
			users = append(users, user)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("models: look for holders: %w", err)
	}
	return users, nil
}

func (s *Store) addAccounts(ctx context.Context, users []Holder) error {
	if len(users) == 0 {
		return nil
	}
	at := make(map[int64]*Holder, len(users))
	ids := make([]int64, len(users))
	for i := range users {
		ids[i] = users[i].ID
		at[ids[i]] = &users[i]
	}
	var states []AccountState
	if err := s.accountStates(ctx).Where("accounts.owner IN ?", ids).Find(&states).Error; err != nil {
		return fmt.Errorf("models: read the accounts: %w", err)
	}
	for _, state := range states {
		holder := at[*state.Owner]
		holder.Accounts = append(holder.Accounts, state)
	}
	return nil
}

func insertHolderWords(tx *gorm.DB, users ...User) error {
	var rows []HolderWord
	for _, user := range users {
		for _, word := range holderWords(user.Username, user.Owner) {
			rows = append(rows, HolderWord{Word: word, UserID: user.ID})
		}
	}
	if err := tx.CreateInBatches(rows, wordsAtATime).Error; err != nil {
		return fmt.Errorf("models: note the holders' words: %w", err)
	}
	return nil
}

const (
	// usersAtATime and wordsAtATime bound what filling holds in memory, and what one statement binds.
	usersAtATime = 1000
	wordsAtATime = 1000
)

// fillHolderWords notes the words of all users where the table is empty, as it is in a database from before it: all in the
// transaction of the start, so that one that is cut off, or whose ctx ends, begins anew. 100,000 holders take some two seconds.
func (s *Store) fillHolderWords(ctx context.Context, tx *gorm.DB) error {
	var have []string
	if err := tx.Model(&HolderWord{}).Limit(1).Pluck("word", &have).Error; err != nil || len(have) != 0 {
		return err
	}
	var page []User
	err := tx.Select("id", "username", "owner").FindInBatches(&page, usersAtATime, func(tx *gorm.DB, n int) error {
		if n == 1 {
			s.cfg.Log.Info("the words by which holders are found are noted; this happens once")
		}
		if err := insertHolderWords(tx, page...); err != nil {
			return err
		}
		return ctx.Err()
	}).Error
	if err != nil {
		return fmt.Errorf("models: note the holders' words: %w", err)
	}
	return nil
}
