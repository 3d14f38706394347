package bench

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"caudal/certs"
	"caudal/models/money"
	"caudal/protocol"
	"caudal/wsclient/caudal"
)

// Preparation says which users a run needs.
type Preparation struct {
	URL      string
	Identity certs.Identity
	Roots    *x509.CertPool

	// File keeps the users from one run to the next, with the keys that sign them in: it is a secret, of mode 0600. One file
	// is for one bank.
	File string
	// Users is how many users there must be, AccountsEach how many accounts each has at least.
	Users, AccountsEach int
	// Funded: each account must hold money, about the same.
	Funded bool
	// Teller deposits money where the bank gives none to whoever registers; nil where there is no teller.
	Teller *caudal.Device
	// Progress, where not nil, is told in a few words what goes on; Note what has been made, which stays.
	Progress, Note func(string)
}

const (
	// atOnce bounds the connections that prepare a run and check its money. What they wait for is passwords and commits.
	atOnce = 8
	// fundsEachMinor is what an account holds on average at least. A payment moves a hundredth of it at most, and one that
	// finds an account empty is an error in the result.
	fundsEachMinor = 100_00
	// depositMinor is what a teller puts on each user's first account: as much as a demo gives.
	depositMinor = 10_000_00
	// program is what the tester calls itself when it prepares and checks.
	program = "caudal-bench"
)

// Prepare makes sure that there are users, accounts and money for a run, and returns the users. What is missing is made: a
// bank that plays gives money to whoever registers; at any other one the teller does. Users that the bank does not know any
// more, since it began anew, are replaced.
//
// Errors: what [caudal.Dial] and the bank say, with a word on what was being done; and those of the file. Users that were made
// before an error are kept.
func Prepare(ctx context.Context, p Preparation) ([]User, error) {
	if p.Progress == nil {
		p.Progress = func(string) {}
	}
	if p.Note == nil {
		p.Note = func(string) {}
	}
	kept, err := readUsers(p.File, p.URL, p.Identity)
	if err != nil {
		return nil, err
	}
	users := make([]User, p.Users)
	copy(users, kept)
	rest := kept[min(len(kept), p.Users):]

	balances := make([][]int64, p.Users)
	var mu sync.Mutex // made, and what goes on
	done, made, opened := 0, 0, 0
	err = forEach(ctx, p.Users, func(ctx context.Context, i int) error {
		found, err := p.ready(ctx, users[i])
		mu.Lock()
		defer mu.Unlock()
		if done++; found.fresh {
			made++
		}
		opened += found.opened
		p.Progress(fmt.Sprintf("preparing users: %d of %d, %d of them new", done, p.Users, made))
		if found.user.Username != "" {
			users[i], balances[i] = found.user, found.balances
		}
		return err
	})
	if made+opened > 0 {
		whole := slices.DeleteFunc(slices.Concat(users, rest), func(u User) bool { return u.Username == "" })
		err = errors.Join(err, writeUsers(p.File, p.URL, p.Identity, whole))
	}
	if err != nil {
		return nil, err
	}
	if made+opened > 0 {
		p.Note(fmt.Sprintf("made %s; kept in %s", madeText(made, opened), p.File))
	}
	if p.Funded {
		if err := p.fund(ctx, users, balances); err != nil {
			return nil, err
		}
	}
	return users, nil
}

// madeText names what was made, and leaves out what was not.
func madeText(users, accounts int) string {
	var parts []string
	if users > 0 {
		parts = append(parts, fmt.Sprintf("%d users", users))
	}
	if accounts > 0 {
		parts = append(parts, fmt.Sprintf("%d more accounts", accounts))
	}
	return strings.Join(parts, " and ")
}

// bankAt is which bank, and how it proves who it is.
type bankAt struct {
	url      string
	identity certs.Identity
	roots    *x509.CertPool
}

func (p *Preparation) bank() bankAt { return bankAt{p.URL, p.Identity, p.Roots} }

func (c *Config) bank() bankAt { return bankAt{c.URL, c.Identity, c.Roots} }

// dialPatience is how long a bank is asked for a connection that it has no room for, or that comes too fast for it.
const dialPatience = 30 * time.Second

// dial opens a connection of the SDK for one purpose: it ends with its socket.
func (b bankAt) dial(ctx context.Context) (*caudal.Conn, error) {
	for begin := time.Now(); ; {
		conn, err := caudal.Dial(ctx, caudal.Config{URL: b.url, Identity: &b.identity, Roots: b.roots, Once: true, Client: program})
		full, ok := errors.AsType[*caudal.RefusedError](err)
		if !ok || full.Status != http.StatusTooManyRequests && full.Status != http.StatusServiceUnavailable || time.Since(begin) > dialPatience {
			return conn, err
		}
		wait(ctx, max(full.After, retryWait))
	}
}

// signIn opens such a connection for a user.
func (b bankAt) signIn(ctx context.Context, u *User) (*caudal.Conn, error) {
	conn, err := b.dial(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Resume(ctx, u.device()); err != nil {
		hangUp(conn)
		return nil, fmt.Errorf("signing %s in: %w", u.Username, err)
	}
	return conn, nil
}

// hangUp says good-bye; there is nothing that could be done where that fails.
func hangUp(conn *caudal.Conn) { _ = conn.Close() }

// device is the user's, as the SDK has it.
func (u *User) device() *caudal.Device {
	device, err := caudal.DeviceWithKey(program, u.Key)
	if err != nil {
		panic(err) // an Ed25519 key is always good
	}
	copy(device.ID[:], u.DeviceID)
	return device
}

// found is a user as the bank knows them.
type found struct {
	user     User
	balances []int64 // of the user's accounts
	fresh    bool    // just registered
	opened   int     // accounts
}

// ready makes sure that one user is there, with enough accounts. What it found is good as far as it got, also with an error.
func (p *Preparation) ready(ctx context.Context, u User) (f found, err error) {
	var conn *caudal.Conn
	if u.Username != "" {
		conn, err = p.bank().signIn(ctx, &u)
		if err != nil && !forgotten(err) {
			return found{user: u}, err
		}
	}
	if conn == nil {
		if conn, u, err = p.register(ctx); err != nil {
			return found{}, err
		}
		f.fresh = true
	}
	defer hangUp(conn)
	f.user = u
	accounts, err := conn.Accounts(ctx)
	for err == nil && len(accounts) < p.AccountsEach {
		var account *caudal.Account
		account, err = conn.OpenAccount(ctx, caudal.NewAccount{Name: fmt.Sprintf("Load %d", len(accounts)+1), Currency: string(money.MXN)})
		if err == nil {
			accounts = append(accounts, *account)
			f.opened++
		}
	}
	f.user.Accounts = nil
	for i := range accounts {
		if accounts[i].Currency == string(money.MXN) {
			f.user.Accounts = append(f.user.Accounts, accounts[i].CLABE)
			f.balances = append(f.balances, accounts[i].BalanceMinor)
		}
	}
	if err != nil {
		return f, fmt.Errorf("opening accounts of %s: %w", u.Username, err)
	}
	return f, nil
}

// forgotten reports that the bank does not know a device's key any more: it is another bank's data behind the same identity.
func forgotten(err error) bool {
	switch caudal.CodeOf(err) {
	case protocol.Code_CODE_BAD_CREDENTIALS, protocol.Code_CODE_BAD_SIGNATURE, protocol.Code_CODE_UNAUTHENTICATED,
		protocol.Code_CODE_DEVICE_REVOKED, protocol.Code_CODE_USER_CLOSED, protocol.Code_CODE_NOT_FOUND:
		return true
	}
	return false
}

// register makes a user with a password that nobody knows: the device's key signs in.
func (p *Preparation) register(ctx context.Context) (*caudal.Conn, User, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, User{}, err
	}
	u := User{Username: "load_" + strings.ToLower(rand.Text()[:12]), Key: key}
	conn, err := p.bank().dial(ctx)
	if err != nil {
		return nil, User{}, err
	}
	device := u.device()
	if _, err := conn.Register(ctx, caudal.NewUser{Username: u.Username, Owner: "Load Test", Password: rand.Text()}, device); err != nil {
		hangUp(conn)
		return nil, User{}, fmt.Errorf("registering a user: %w", err)
	}
	u.DeviceID = device.ID[:]
	return conn, u, nil
}

// fund sees to it that no account is much poorer than the others.
func (p *Preparation) fund(ctx context.Context, users []User, balances [][]int64) error {
	var accounts []purse
	for i, u := range users {
		for j, number := range u.Accounts {
			accounts = append(accounts, purse{user: i, clabe: number, minor: balances[i][j]})
		}
	}
	if average(accounts) < fundsEachMinor {
		if err := p.deposit(ctx, users, accounts); err != nil {
			return err
		}
	}
	moves := level(accounts)
	if len(moves) == 0 {
		return nil
	}
	p.Progress(fmt.Sprintf("spreading the money over %d accounts", len(accounts)))
	byPayer := make([][]move, len(users))
	for _, m := range moves {
		byPayer[m.user] = append(byPayer[m.user], m)
	}
	return forEach(ctx, len(users), func(ctx context.Context, i int) error {
		if len(byPayer[i]) == 0 {
			return nil
		}
		conn, err := p.bank().signIn(ctx, &users[i])
		if err != nil {
			return err
		}
		defer hangUp(conn)
		for _, m := range byPayer[i] {
			order := caudal.Order{From: m.from, To: m.to, AmountMinor: m.minor, Currency: string(money.MXN)}
			if _, err := conn.Transfer(ctx, order); err != nil {
				return fmt.Errorf("spreading the money: %w", err)
			}
		}
		return nil
	})
}

// ErrNoFunds is users without money, at a bank that gives none, without a teller.
var ErrNoFunds = errors.New("the users have no money to move, and there is no teller to deposit some")

// deposit has the teller put money on each user's first account.
func (p *Preparation) deposit(ctx context.Context, users []User, accounts []purse) error {
	if p.Teller == nil {
		return ErrNoFunds
	}
	conn, err := p.bank().dial(ctx)
	if err != nil {
		return err
	}
	defer hangUp(conn)
	if _, err := conn.Resume(ctx, p.Teller); err != nil {
		return fmt.Errorf("signing the teller in: %w", err)
	}
	p.Progress(fmt.Sprintf("depositing money for %d users", len(users)))
	first := make(map[int]int) // of each user
	for i := len(accounts) - 1; i >= 0; i-- {
		first[accounts[i].user] = i
	}
	return forEach(ctx, len(users), func(ctx context.Context, i int) error {
		a := &accounts[first[i]]
		order := caudal.CashOrder{Account: a.clabe, AmountMinor: depositMinor, Currency: string(money.MXN), Memo: "Load test"}
		if _, err := conn.Deposit(ctx, order); err != nil {
			return fmt.Errorf("depositing: %w", err)
		}
		a.minor += depositMinor
		return nil
	})
}

// purse is an account and what it holds.
type purse struct {
	user  int
	clabe string
	minor int64
}

// move is a payment by which accounts come to hold the same.
type move struct {
	user     int // who pays
	from, to string
	minor    int64
}

func average(accounts []purse) int64 {
	if len(accounts) == 0 {
		return 0
	}
	var total int64
	for _, a := range accounts {
		total += a.minor
	}
	return total / int64(len(accounts))
}

// level returns the payments that bring each account to the average, or none where the poorest has half of it.
func level(accounts []purse) (moves []move) {
	if len(accounts) == 0 {
		return nil
	}
	sorted := slices.Clone(accounts)
	slices.SortStableFunc(sorted, func(a, b purse) int { return int(min(max(a.minor-b.minor, -1), 1)) })
	middle := average(sorted)
	if sorted[0].minor >= middle/2 {
		return nil
	}
	poor, rich := 0, len(sorted)-1
	for poor < rich {
		lacks, has := middle-sorted[poor].minor, sorted[rich].minor-middle
		if lacks <= 0 {
			poor++
			continue
		}
		if has <= 0 {
			rich--
			continue
		}
		minor := min(lacks, has)
		moves = append(moves, move{user: sorted[rich].user, from: sorted[rich].clabe, to: sorted[poor].clabe, minor: minor})
		sorted[poor].minor += minor
		sorted[rich].minor -= minor
	}
	return moves
}

// forEach calls do for 0 to n-1, a few at once, and returns the first error, which ends what has not begun.
func forEach(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(atOnce, n) {
		workers.Go(func() {
			for i := range next {
				if err := do(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	workers.Wait()
	return context.Cause(ctx)
}
