package ledger

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
)

var testIdentity = [32]byte{1, 2, 3, 4, 5}

// holder is a user with a device and an account.
type holder struct {
	user, device int64
	account      clabe.Number
}

// house is a bank in a folder of the test, with its ledger.
type house struct {
	t      testing.TB
	dir    string
	clock  atomic.Int64 // microseconds added to the real clock
	store  *models.Store
	ledger *Ledger
	config Config
	fatal  chan error
	people int
	image  []byte // of the database, for copies
}

func (h *house) now() time.Time {
	return time.Now().Add(time.Duration(h.clock.Load()) * time.Microsecond)
}

// beforeMidnight is more than a test takes.
const beforeMidnight = 2 * time.Minute

func newHouse(t testing.TB, configure ...func(*Config)) *house {
	t.Helper()
	return newHouseIn(t, t.TempDir(), configure...)
}

func newHouseIn(t testing.TB, dir string, configure ...func(*Config)) *house {
	t.Helper()
	h := &house{t: t, dir: dir, fatal: make(chan error, 1)}
	for _, f := range configure {
		f(&h.config)
	}
	if now := time.Now().UTC(); now.Add(beforeMidnight).Day() != now.Day() {
		h.clock.Store(2 * beforeMidnight.Microseconds()) // a test that counts by days has one of them
	}
	h.open()
	t.Cleanup(h.close)
	return h
}

func (h *house) open() {
	h.t.Helper()
	store, err := models.Open(context.Background(), models.Config{
		Dir: h.dir, Identity: testIdentity, Now: h.now,
		Fatal: func(err error) {
			select {
			case h.fatal <- err:
			default:
			}
		},
	})
	must(h.t, err)
	h.store = store
	h.config.Now = h.now
	if testing.Verbose() && os.Getenv("LEDGER_LOG") != "" {
		h.config.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	h.ledger, err = Open(context.Background(), store, h.config)
	must(h.t, err)
}

func (h *house) close() {
	if h.ledger != nil {
		h.ledger.Close()
		h.store.Close()
		h.ledger = nil
	}
}

func (h *house) reopen() {
	h.t.Helper()
	h.close()
	h.open()
}

// holder makes a user with a role, a device and an account, and puts money on it.
func (h *house) person(role models.Role, currency money.Currency, minor int64) holder {
	h.t.Helper()
	h.people++
	public, _, err := ed25519.GenerateKey(nil)
	must(h.t, err)
	user, device, account, err := h.store.CreateUser(context.Background(), models.NewUser{
		Username: fmt.Sprintf("person_%d_%d", h.people, rand.IntN(1e6)), Owner: fmt.Sprintf("Persona %c Torres", 'A'+h.people%26),
		PasswordHash: "$argon2id$test", Role: role, AccountName: "Diario", Currency: currency,
		Device: &models.NewDevice{Algorithm: models.Ed25519, PublicKey: public, Name: "test"},
	})
	must(h.t, err)
	who := holder{user.ID, device.ID, account.ID}
	if minor > 0 {
		h.gift(who, currency, minor)
	}
	return who
}

func (h *house) holder(minor int64) holder {
	h.t.Helper()
	return h.person(models.RoleHolder, money.MXN, minor)
}

func (h *house) gift(to holder, currency money.Currency, minor int64) {
	h.t.Helper()
	_, err := h.post(Order{Key: newKey(), Kind: KindGift, Credit: to.account, AmountMinor: minor, Currency: currency})
	must(h.t, err)
}

func (h *house) post(o Order) (Receipt, error) {
	h.t.Helper()
	return h.ledger.Post(context.Background(), o)
}

// transfer is an order of payer's with a new key.
func (payer holder) transfer(to holder, minor int64) Order {
	return Order{
		Key: newKey(), Actor: payer.user, Device: payer.device, Kind: KindTransfer,
		Debit: payer.account, Credit: to.account, AmountMinor: minor, Currency: money.MXN,
	}
}

func (h *house) state(account clabe.Number) *models.AccountState {
	h.t.Helper()
	state, err := h.store.AccountByNumber(context.Background(), account)
	must(h.t, err)
	return state
}

func (h *house) wantBalance(who holder, minor int64) {
	h.t.Helper()
	if got := h.state(who.account).Head.BalanceMinor; got != minor {
		h.t.Fatalf("balance is %d, want %d", got, minor)
	}
}

// keyAt is a key that was made so far from the house's clock.
func (h *house) keyAt(offset time.Duration) Key {
	k := newKey()
	ms := h.now().Add(offset).UnixMilli()
	for i := range 6 {
		k[i] = byte(ms >> (40 - 8*i))
	}
	return k
}

func newKey() Key { return Key(uuid.Must(uuid.NewV7())) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantError(t testing.TB, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("error is %v, want %v", got, want)
	}
}

func (h *house) verify() {
	h.t.Helper()
	report, err := Verify(context.Background(), h.store)
	must(h.t, err)
	for _, problem := range report.Problems {
		h.t.Error(problem)
	}
	if report.Found > 0 {
		h.t.FailNow()
	}
}

// exec alters the database behind the ledger's back, as a person with the file and a SQLite shell could.
func (h *house) exec(statements ...string) {
	h.t.Helper()
	db := h.openFile()
	defer db.Close()
	for _, statement := range statements {
		if _, err := db.Exec(statement); err != nil {
			h.t.Fatalf("%s: %v", statement, err)
		}
	}
}

// refuse gives an order that must be answered with want.
func (h *house) refuse(o Order, want error) {
	h.t.Helper()
	_, err := h.post(o)
	wantError(h.t, err, want)
}

type gormDB = gorm.DB

// held keeps the writer busy, so that what is submitted meanwhile makes one batch.
type held struct {
	t  testing.TB
	in chan struct{}
}

// hold stops the writer before it takes anything else.
func (h *house) hold() held {
	h.t.Helper()
	holding := held{h.t, make(chan struct{})}
	entered := make(chan struct{})
	must(h.t, h.ledger.queue.push(entry{task: &task{
		run:  func(*writer) ([]*Change, error) { close(entered); <-holding.in; return nil, nil },
		done: func(error) {},
	}}))
	<-entered
	return holding
}

func (h held) release() { close(h.in) }

// submit gives an order to the ledger without waiting.
func (h *house) submit(o Order) waiter {
	h.t.Helper()
	wait := make(waiter, 1)
	must(h.t, h.ledger.Submit(&o, wait))
	return wait
}

// copy puts the bank's database into another folder, where it can be altered.
func (h *house) copy(t *testing.T) *house {
	t.Helper()
	copied := &house{t: t, dir: t.TempDir()}
	if h.image == nil {
		path := filepath.Join(t.TempDir(), "image")
		h.exec(fmt.Sprintf("VACUUM INTO '%s'", path))
		var err error
		h.image, err = os.ReadFile(path)
		must(t, err)
	}
	must(t, os.WriteFile(filepath.Join(copied.dir, models.DatabaseFile), h.image, 0o600))
	return copied
}

// alter carries statements out with all triggers away, and puts them back.
func (h *house) alter(statement string) {
	h.t.Helper()
	db := h.openFile()
	defer db.Close()
	rows, err := db.Query("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
	must(h.t, err)
	defer rows.Close()
	triggers := make(map[string]string)
	for rows.Next() {
		var name, text string
		must(h.t, rows.Scan(&name, &text))
		triggers[name] = text
	}
	must(h.t, rows.Err())
	must(h.t, rows.Close()) // or the statements below would wait for it
	script := "BEGIN;"
	for name := range triggers {
		script += "DROP TRIGGER " + name + ";"
	}
	_, err = db.Exec(script)
	must(h.t, err)
	result, err := db.Exec(statement)
	must(h.t, err)
	if changed, err := result.RowsAffected(); err != nil || changed == 0 {
		h.t.Fatalf("%s: changed nothing", statement)
	}
	for _, text := range triggers {
		_, err := db.Exec(text)
		must(h.t, err)
	}
	_, err = db.Exec("COMMIT")
	must(h.t, err)
}

// openFile opens the database as a tool would, without the store's guards.
func (h *house) openFile() *sql.DB {
	h.t.Helper()
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(h.dir, models.DatabaseFile)+"?_busy_timeout=5000&_foreign_keys=off&_synchronous=off")
	must(h.t, err)
	db.SetMaxOpenConns(1)
	return db
}

// verifyFile is Verify without a store.
func (h *house) verifyFile() *Report {
	h.t.Helper()
	db := h.openFile()
	defer db.Close()
	orm, err := gorm.Open(sqlite.New(sqlite.Config{Conn: db}), &gorm.Config{Logger: logger.Discard})
	must(h.t, err)
	report, err := verify(orm.WithContext(context.Background()), testIdentity)
	must(h.t, err)
	return report
}
