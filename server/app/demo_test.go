package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"caudal/models"
	"caudal/models/ledger"
	"caudal/models/money"
	"caudal/server/route"
)

// table reads the newcomers' table: username to password and balance.
func (s *serving) table() map[string][2]string {
	rows := make(map[string][2]string)
	line := regexp.MustCompile(`(?m)^  (ana|luis|mercado|caja) .*  ([a-z2-7]{4}(?:-[a-z2-7]{4}){3}) +(\S+)(?: MXN)?$`)
	eventually(s.t, "everything is printed", func() bool { return strings.Contains(s.stdout.String(), "Ctrl-C") })
	for _, found := range line.FindAllStringSubmatch(s.stdout.String(), -1) {
		rows[found[1]] = [2]string{found[2], found[3]}
	}
	return rows
}

func TestADemoPrintsAllThatANewcomerNeeds(t *testing.T) {
	p := newPlace(t).demo()
	s := p.serve("--demo")
	table := s.table()
	if len(table) != 4 {
		t.Fatalf("the table is %v in\n%s", table, s.stdout)
	}
	for username, row := range table {
		c := s.login(username, row[0])
		if username == "caja" {
			if row[1] != "teller" || c.account != "" {
				t.Errorf("caja: %v", row)
			}
			continue
		}
		if got := money.FormatGrouped(c.balance(), money.MXN); got != row[1] || c.balance() < 1_000_00 {
			t.Errorf("%s: has %s, printed %s", username, got, row[1])
		}
	}
	out := s.stdout.String()
	for _, needed := range []string{
		"export CAUDAL_SERVER=" + s.url + " CAUDAL_IDENTITY=" + s.identity.String() + " CAUDAL_HOME=", "login --username ana --password-stdin",
		"listen\n", "transfer --to @ana --amount 125.50", "register --username", "10,000.00 MXN", p.data,
	} {
		if !strings.Contains(out, needed) {
			t.Errorf("no %q in\n%s", needed, out)
		}
	}
	if strings.Contains(out, "\x1b") {
		t.Error("escapes where nobody sits at a terminal")
	}
	for _, row := range table {
		s.mustNotLog(row[0])
	}
	wantMode(t, filepath.Join(p.data, passwordsFile), 0o600)
}

func TestWhoeverRegistersAtADemoIsGivenMoneyOnce(t *testing.T) {
	s := newPlace(t).demo().serve("--demo")
	bob := s.register("bob")
	for range 3 {
		if got := bob.balance(); got != 10_000_00 {
			t.Errorf("has %d", got)
		}
		bob = s.login("bob", testPassword)
	}
}

func TestSeedingTwiceChangesNothing(t *testing.T) {
	p := newPlace(t).demo()
	s := p.serve("--demo")
	first, identity := s.table(), s.identity
	ana := s.login("ana", first["ana"][0])
	before := ana.accounts()[0].String()
	s.halt()
	s = p.serve("--demo")
	if second := s.table(); fmt.Sprint(first) != fmt.Sprint(second) || s.identity != identity {
		t.Errorf("first %v, then %v", first, second)
	}
	if after := s.login("ana", first["ana"][0]).accounts()[0].String(); after != before {
		t.Errorf("first %s, then %s", before, after)
	}
	if out := p.must("", "verify", "--data", p.data); !strings.Contains(out, "transfers 3,") {
		t.Error(out)
	}
}

func TestADemoIsTheSameBankOnOtherData(t *testing.T) {
	p := newPlace(t).demo()
	s := p.serve("--demo")
	first := s.identity
	s.halt()
	p.data = filepath.Join(filepath.Dir(p.data), "other")
	if s = p.serve("--demo"); s.identity != first {
		t.Error("a pinned client sees a stranger")
	}
}

func TestADemosTemporaryFolderIsGoneAfterwards(t *testing.T) {
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	p := newPlace(t).demo()
	p.data = "" // as if --data had not been given
	s := p.serve("--demo")
	made, err := filepath.Glob(filepath.Join(temporary, "caudal-demo-*", models.DatabaseFile))
	if err != nil || len(made) != 1 {
		t.Fatalf("made %v: %v", made, err)
	}
	wantMode(t, filepath.Dir(made[0]), 0o700)
	s.halt()
	if left, err := os.ReadDir(temporary); err != nil || len(left) != 0 {
		t.Errorf("left behind %v: %v", left, err)
	}
}

// giver is a bank whose clock can be set.
func giver(t *testing.T, now func() time.Time) *bank {
	t.Helper()
	store, err := models.Open(t.Context(), models.Config{Dir: t.TempDir(), Identity: [32]byte{1}, Demo: true, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	b := &bank{store: store}
	if b.ledger, err = ledger.Open(t.Context(), store, ledger.Config{Now: now}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *bank) holder(t *testing.T, username string) *models.User {
	t.Helper()
	user, _, _, err := b.store.CreateUser(t.Context(), models.NewUser{
		Username: username, Owner: "Test", PasswordHash: "$argon2id$none", Role: models.RoleHolder, AccountName: route.FirstAccount, Currency: money.MXN,
	})
	if err != nil {
		t.Fatal(err)
	}
	return user
}

func (b *bank) has(t *testing.T, user *models.User) int64 {
	t.Helper()
	accounts, err := b.store.AccountsOf(t.Context(), user.ID)
	if err != nil {
		t.Fatal(err)
	}
	return accounts[0].Head.BalanceMinor
}

func TestAGiftIsGivenOnceWhateverHappens(t *testing.T) {
	var mu sync.Mutex
	at := time.Unix(1_800_000_000, 0)
	now := func() time.Time { mu.Lock(); defer mu.Unlock(); return at }
	pass := func(d time.Duration) { mu.Lock(); defer mu.Unlock(); at = at.Add(d) }
	b := giver(t, now)
	ctx := context.Background()

	prompt, late, busy := b.holder(t, "prompt"), b.holder(t, "late"), b.holder(t, "busy")
	var giving sync.WaitGroup
	for range 16 {
		giving.Go(func() {
			if _, err := b.gift(ctx, prompt, 100); err != nil {
				t.Error(err)
			}
		})
	}
	giving.Wait()
	if _, err := b.gift(ctx, prompt, 999); err != nil {
		t.Error(err) // another amount is no other gift
	}
	if got := b.has(t, prompt); got != 100 {
		t.Errorf("16 at once gave %d", got)
	}

	accounts, err := b.store.AccountsOf(ctx, busy.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.ledger.Post(ctx, ledger.Order{
		Key: giftKey(0, now()), Kind: ledger.KindDeposit, Credit: accounts[0].ID, AmountMinor: 7, Currency: money.MXN,
	}); err != nil {
		t.Fatal(err)
	}
	for range 5 { // a server that was down for days, and sign-ins on each day after
		pass(50 * time.Hour)
		for range 3 {
			for _, user := range []*models.User{prompt, late, busy} {
				if _, err := b.gift(ctx, user, 100); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if a, z := b.has(t, prompt), b.has(t, late); a != 100 || z != 100 {
		t.Errorf("the prompt one has %d, the late one %d", a, z)
	}
	if got := b.has(t, busy); got != 7 {
		t.Errorf("an account on which something happened has %d", got) // nobody can tell any more whether it was given
	}
}

func TestWhoHasHadTheGiftIsNotGivenItAgainAtEachSignIn(t *testing.T) {
	b := giver(t, time.Now)
	ana := b.holder(t, "ana")
	for range 2 {
		if err := b.welcome(t.Context(), ana); err != nil {
			t.Fatal(err)
		}
	}
	if got := b.has(t, ana); got != welcomeMinor {
		t.Errorf("two sign-ins gave %d", got)
	}
	if !b.welcomed.has(ana.ID) {
		t.Error("the ledger is asked at each sign-in")
	}

	bare, _, _, err := b.store.CreateUser(t.Context(), models.NewUser{Username: "bare", Owner: "Bare", PasswordHash: ana.Password})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.welcome(t.Context(), bare); err != nil {
		t.Fatal(err)
	}
	if b.welcomed.has(bare.ID) {
		t.Error("whoever has no account yet is taken for one who has had the gift")
	}
}

func TestWhoHasHadTheGiftIsRememberedInBoundedMemory(t *testing.T) {
	var w welcomed
	for user := range int64(2*welcomedMax + 1) {
		w.add(user)
		if !w.has(user) || len(w.users) > welcomedMax {
			t.Fatalf("user %d: %t, %d users", user, w.has(user), len(w.users))
		}
	}
}

func TestGiftKeysAreUUIDsOfTheirUserAndTime(t *testing.T) {
	at := time.Unix(1_800_000_000, 0)
	key := giftKey(1, at)
	if key[6]>>4 != 7 || key[8]>>6 != 2 || key != giftKey(1, at) || key == giftKey(2, at) || key == giftKey(1, at.Add(time.Second)) {
		t.Errorf("got %s", key)
	}
}

func TestPasswordsThatAreLostAreNotMadeUp(t *testing.T) {
	p := newPlace(t).demo()
	p.serve("--demo").halt()
	if err := os.WriteFile(filepath.Join(p.data, passwordsFile), []byte("ana x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := p.run("", "--demo", "--data", p.data, "--listen", "127.0.0.1:0", "--admin", ""); r.code != exitFailure || !strings.Contains(r.stderr, passwordsFile) {
		t.Errorf("got %d %s", r.code, r.stderr)
	}
}

func TestAPortThatIsNoneIsNotSearchedFor(t *testing.T) {
	if _, err := listen(t.Context(), "127.0.0.1:http-alt-nothing", true); err == nil || errors.Is(err, os.ErrExist) {
		t.Errorf("got %v", err)
	}
}

func TestWordsForAShellAreOneWord(t *testing.T) {
	for text, want := range map[string]string{"/tmp/a-b_c.d": "/tmp/a-b_c.d", "/tmp/a b": "'/tmp/a b'", "a'b": `'a'\''b'`, "$x": "'$x'"} {
		if got := quote(text); got != want {
			t.Errorf("%q: got %s", text, got)
		}
	}
}
