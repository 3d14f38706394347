package app

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/ledger"
	"caudal/models/money"
	"caudal/server/route"
)

// demo is what a newcomer gets.
type demo struct {
	users []demoUser
	path  string // of the passwords' file
}

// demoUser is a seeded user. Tellers have no account.
type demoUser struct {
	username, owner string
	role            models.Role
	giftMinor       int64 // MXN
	password        string
}

// welcomeMinor is what everybody who registers at a demo is given.
const welcomeMinor = 10_000_00

// seededUsers are there from the first start.
func seededUsers() []demoUser {
	return []demoUser{
		{username: "ana", owner: "Ana Torres", role: models.RoleHolder, giftMinor: 18_240_50},
		{username: "luis", owner: "Luis Vega", role: models.RoleHolder, giftMinor: 7_315_00},
		{username: "mercado", owner: "Mercado San Juan", role: models.RoleHolder, giftMinor: 86_902_75},
		{username: "caja", owner: "Caja Uno", role: models.RoleTeller},
	}
}

// passwordsFile in the data folder keeps the seeded users' passwords, mode 0600: play money, but still nobody else's.
const passwordsFile = "demo-passwords"

// seed makes the users that are missing and gives them their money. A second time it changes nothing; after a crash in
// between it goes on where it stopped.
func (b *bank) seed(ctx context.Context, data string) (*demo, error) {
	d := &demo{users: seededUsers(), path: filepath.Join(data, passwordsFile)}
	if err := d.passwords(); err != nil {
		return nil, err
	}
	for i := range d.users {
		u := &d.users[i]
		user, err := b.seedUser(ctx, u)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", u.username, err)
		}
		if u.giftMinor == 0 {
			continue
		}
		if _, err := b.gift(ctx, user, u.giftMinor); err != nil {
			return nil, fmt.Errorf("%s: %w", u.username, err)
		}
	}
	return d, nil
}

func (b *bank) seedUser(ctx context.Context, u *demoUser) (*models.User, error) {
	user, err := b.store.UserByUsername(ctx, u.username)
	if !errors.Is(err, models.ErrUserNotFound) {
		return user, err
	}
	hash, err := b.passwords.Hash(ctx, u.password)
	if err != nil {
		return nil, err
	}
	create := models.NewUser{Username: u.username, Owner: u.owner, PasswordHash: hash, Role: u.role}
	if u.role == models.RoleHolder {
		create.AccountName, create.Currency = route.FirstAccount, money.MXN
	}
	user, _, _, err = b.store.CreateUser(ctx, create)
	return user, err
}

// passwords reads the users' passwords, or draws them. They are on the disk before the first user is.
func (d *demo) passwords() error {
	raw, err := readSmall(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		return d.drawPasswords()
	}
	if err != nil {
		return err
	}
	known := make(map[string]string)
	for lines := bufio.NewScanner(strings.NewReader(string(raw))); lines.Scan(); {
		if username, password, ok := strings.Cut(lines.Text(), " "); ok {
			known[username] = password
		}
	}
	for i := range d.users {
		if d.users[i].password = known[d.users[i].username]; d.users[i].password == "" {
			return fmt.Errorf("%s has no password for %s; remove the data folder to start anew", d.path, d.users[i].username)
		}
	}
	return nil
}

func (d *demo) drawPasswords() error {
	var text strings.Builder
	for i := range d.users {
		d.users[i].password = drawPassword()
		fmt.Fprintf(&text, "%s %s\n", d.users[i].username, d.users[i].password)
	}
	return writeWhole(d.path, []byte(text.String()))
}

// drawPassword returns 80 random bits in letters and digits, grouped for people.
func drawPassword() string {
	text := strings.ToLower(rand.Text()[:16])
	return text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]
}

// welcome gives a holder who signs in at a demo the money that everybody gets, once.
func (b *bank) welcome(ctx context.Context, user *models.User) error {
	if b.welcomed.has(user.ID) {
		return nil
	}
	decided, err := b.gift(ctx, user, welcomeMinor)
	if decided {
		b.welcomed.add(user.ID)
	}
	return err
}

// welcomedMax bounds the users of whom it is remembered that they have had their gift, some 40 bytes each.
const welcomedMax = 1 << 16

// welcomed are users whose gift is decided: to ask the ledger again at each sign-in is a tenth of what opening a connection
// costs. Whoever is not among them is asked for once more, which changes nothing.
type welcomed struct {
	mu    sync.Mutex
	users map[int64]struct{}
}

func (w *welcomed) has(user int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, ok := w.users[user]
	return ok
}

func (w *welcomed) add(user int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.users == nil || len(w.users) >= welcomedMax {
		w.users = map[int64]struct{}{}
	}
	w.users[user] = struct{}{}
}

// gifts lets one gift at a time be decided: see gift.
var gifts sync.Mutex

// giftWindow is shorter than the 24 hours for which a key that was never seen may be decided.
const giftWindow = 20 * time.Hour

// gift gives a user money on the oldest account, once in a lifetime, whatever happens in between. Its key follows from the
// user, so that a second gift is the first one's replay, and one of another amount is refused as another use of its key.
//
// A key goes stale after a day. Whoever was made but not given anything by then, because of a crash, gets the gift under a
// key of the present, provided that nothing has happened on the account yet; one at a time, so that nobody gets two.
//
// It reports whether that is decided for good. Of a user without an account it is not.
func (b *bank) gift(ctx context.Context, user *models.User, amountMinor int64) (decided bool, err error) {
	accounts, err := b.store.AccountsOf(ctx, user.ID)
	if err != nil || len(accounts) == 0 {
		return false, err
	}
	made := time.UnixMicro(user.CreatedAt)
	err = b.giveOnce(ctx, user.ID, made, accounts[0].ID, amountMinor)
	if !errors.Is(err, ledger.ErrKeyStale) || accounts[0].Head.Seq > 0 {
		if errors.Is(err, ledger.ErrKeyReused) || errors.Is(err, ledger.ErrKeyStale) {
			return true, nil
		}
		return err == nil, err
	}
	gifts.Lock()
	defer gifts.Unlock()
	if accounts, err = b.store.AccountsOf(ctx, user.ID); err != nil || accounts[0].Head.Seq > 0 {
		return err == nil, err
	}
	now := time.UnixMicro(b.store.Now())
	err = b.giveOnce(ctx, user.ID, made.Add(now.Sub(made).Truncate(giftWindow)), accounts[0].ID, amountMinor)
	return err == nil, err
}

func (b *bank) giveOnce(ctx context.Context, user int64, at time.Time, account clabe.Number, amountMinor int64) error {
	_, err := b.ledger.Post(ctx, ledger.Order{
		Key: giftKey(user, at), Kind: ledger.KindGift, Credit: account,
		AmountMinor: amountMinor, Currency: money.MXN, Memo: "Welcome to the demo",
	})
	return err
}

// giftKey is a UUIDv7 (RFC 9562, section 5.7) of a time and, where others are random, of the user.
func giftKey(user int64, at time.Time) (key ledger.Key) {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("caudal demo gift v1\x00"), uint64(user)))
	copy(key[:], sum[:])
	ms := uint64(at.UnixMilli())
	binary.BigEndian.PutUint16(key[0:], uint16(ms>>32))
	binary.BigEndian.PutUint32(key[2:], uint32(ms))
	key[6] = 0x70 | key[6]&0x0f
	key[8] = 0x80 | key[8]&0x3f
	return key
}
