package ledger

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
)

// Some tests need a process to end: this binary runs again as a bank that takes orders from itself, and says on standard
// output what it tries and what it was answered. childEnv names what happens to it.
const childEnv = "CAUDAL_LEDGER_CHILD"

func TestMain(m *testing.M) {
	if job := os.Getenv(childEnv); job != "" {
		child(job)
		return
	}
	os.Exit(m.Run())
}

// job is what a child is told.
type job struct {
	Dir    string
	Fault  string // see child; empty for none
	People []person
	Seed   uint64
}

type person struct {
	User, Device int64
	Account      clabe.Number
}

func (p person) holder() holder { return holder{p.User, p.Device, p.Account} }

// line is what a child says.
type line struct {
	Try      *tried `json:",omitempty"`
	Key      string `json:",omitempty"` // of what was answered
	Answer   string `json:",omitempty"` // applied, refused, unknown
	Transfer int64  `json:",omitempty"`
	Fatal    string `json:",omitempty"`
	Naming   string `json:",omitempty"` // of the first person's account, before it is asked for
	Named    string `json:",omitempty"` // and once it was answered
}

// tried is an order before it is given.
type tried struct {
	Key          string
	Payer, Payee int
	AmountMinor  int64
	Memo         string
}

func (o *tried) order(people []person) Order {
	payer := people[o.Payer].holder()
	order := payer.transfer(people[o.Payee].holder(), o.AmountMinor)
	raw, err := hex.DecodeString(o.Key)
	if err != nil {
		panic(err)
	}
	order.Key, order.Memo = Key(raw), o.Memo
	return order
}

// exitFatal is the child's exit code where the store has asked for its end.
const exitFatal = 3

// childOrders is how many orders a child gives before the fault comes, where one comes.
const childOrders = 60

// child takes orders until it is killed, or its fault ends it.
func child(text string) {
	var j job
	fail := func(err error) {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	fail(json.Unmarshal([]byte(text), &j))
	var mu sync.Mutex
	say := func(l line) {
		encoded, err := json.Marshal(l)
		fail(err)
		mu.Lock()
		defer mu.Unlock()
		_, err = os.Stdout.Write(append(encoded, '\n')) // unbuffered: what was said before a kill was said
		fail(err)
	}
	store, err := models.Open(context.Background(), models.Config{Dir: j.Dir, Identity: testIdentity, Fatal: func(err error) {
		say(line{Fatal: err.Error()})
		os.Exit(exitFatal)
	}})
	fail(err)
	ledger, err := Open(context.Background(), store, Config{BatchMax: 16})
	fail(err)
	work := func(random *rand.Rand, n int) {
		for i := 0; n == 0 || i < n; i++ {
			key := newKey()
			o := tried{Key: hex.EncodeToString(key[:]), Payer: random.IntN(len(j.People)), AmountMinor: 1 + random.Int64N(40)}
			o.Payee = (o.Payer + 1 + random.IntN(len(j.People)-1)) % len(j.People)
			if random.IntN(3) == 0 {
				o.Memo = "child"
			}
			say(line{Try: &o})
			receipt, err := ledger.Post(context.Background(), o.order(j.People))
			answer := line{Key: o.Key, Answer: "applied", Transfer: receipt.Transfer}
			switch {
			case errors.Is(err, ErrInsufficientFunds):
				answer.Answer = "refused"
			case errors.Is(err, ErrOutcomeUnknown), errors.Is(err, ErrClosed), errors.Is(err, ErrBusy):
				answer.Answer = "unknown"
			default:
				fail(err)
			}
			say(answer)
		}
	}
	if j.Fault != "" {
		work(rand.New(rand.NewPCG(j.Seed, 0)), childOrders)
		if j.Fault == "fold" {
			fail(lengthen(store))
		}
		fail(childFault(j.Fault))
	}
	var workers sync.WaitGroup
	workers.Go(func() {
		who := j.People[0]
		for i := 0; ; i++ {
			name := fmt.Sprintf("name %x %d", j.Seed, i)
			say(line{Naming: name})
			state, err := ledger.RenameAccount(context.Background(), Rename{Account: who.Account, Actor: who.User, Device: who.Device, Name: name})
			switch {
			case errors.Is(err, ErrOutcomeUnknown), errors.Is(err, ErrClosed), errors.Is(err, ErrBusy):
				continue // which of the two names it has, or the next one, the next start tells
			default:
				fail(err)
			}
			say(line{Named: state.Name})
		}
	})
	for i := range 8 {
		workers.Go(func() { work(rand.New(rand.NewPCG(j.Seed, uint64(i+1))), 0) })
	}
	workers.Wait()
}

// lengthen writes to the database's log most of what it takes until it is folded, and leaves nothing of it.
func lengthen(store *models.Store) error {
	for _, statement := range []string{"CREATE TABLE filling AS SELECT randomblob(14000000) AS bytes", "DROP TABLE filling"} {
		if err := store.Write(context.Background(), func(tx *gormDB) error { return tx.Exec(statement).Error }); err != nil {
			return err
		}
	}
	return nil
}

// runChild runs a child on the house's bank, which must be closed, until it ends or, where killAfter is not 0, until it has
// said so many lines and is killed. It returns what it said and its exit code, -1 after a kill.
func (h *house) runChild(j job, killAfter int) (said []line, code int) {
	h.t.Helper()
	j.Dir = h.dir
	encoded, err := json.Marshal(j)
	must(h.t, err)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(encoded))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(h.t, err)
	must(h.t, cmd.Start())
	scanner := bufio.NewScanner(out)
	for scanner.Scan() {
		var l line
		if err := json.Unmarshal(scanner.Bytes(), &l); err != nil {
			break // cut off in the middle
		}
		said = append(said, l)
		if len(said) == killAfter {
			must(h.t, cmd.Process.Kill())
		}
	}
	_ = cmd.Wait()
	return said, cmd.ProcessState.ExitCode()
}

// settle opens the bank after a child's end and asks for every order again, which must agree with all that the child said.
func (h *house) settle(j job, said []line) {
	h.t.Helper()
	h.open()
	before, err := Verify(context.Background(), h.store)
	must(h.t, err)
	for _, problem := range before.Problems {
		h.t.Error(problem)
	}
	orders := make(map[string]*tried)
	answers := make(map[string]line)
	var keys []string
	for _, l := range said {
		switch {
		case l.Try != nil:
			orders[l.Try.Key] = l.Try
			keys = append(keys, l.Try.Key)
		case l.Key != "":
			answers[l.Key] = l
		}
	}
	h.settleNames(j, said)
	fresh := int64(0)
	for i, again := range h.askAgain(j, keys, orders) {
		key, receipt, err := keys[i], again.receipt, again.err
		switch answer := answers[key]; {
		case err != nil && !errors.Is(err, ErrInsufficientFunds):
			h.t.Errorf("order %s: %v", key, err)
		case answer.Answer == "applied" && (err != nil || !receipt.Replay || receipt.Transfer != answer.Transfer):
			h.t.Errorf("order %s was acknowledged as transfer %d, and now is %+v, %v", key, answer.Transfer, receipt, err)
		case answer.Answer == "refused" && err == nil:
			h.t.Errorf("order %s was refused, and now is %+v", key, receipt)
		}
		if err == nil && !receipt.Replay {
			fresh++
		}
	}
	for i, again := range h.askAgain(j, keys, orders) { // and once more: all are known
		if again.err == nil && !again.receipt.Replay {
			h.t.Errorf("order %s was carried out again", keys[i])
		}
	}
	after, err := Verify(context.Background(), h.store)
	must(h.t, err)
	for _, problem := range after.Problems {
		h.t.Error(problem)
	}
	if after.Transfers != before.Transfers+fresh {
		h.t.Errorf("%d transfers, then %d new ones, and now %d", before.Transfers, fresh, after.Transfers)
	}
	if h.t.Failed() {
		h.t.FailNow()
	}
	h.close()
}

// askAgain gives all orders of a child again, in their order and many to a commit, and returns the answers.
func (h *house) askAgain(j job, keys []string, orders map[string]*tried) []answer {
	h.t.Helper()
	answers := make([]answer, len(keys))
	for done := 0; done < len(keys); {
		var waits []waiter
		for _, key := range keys[done:min(done+h.ledger.cfg.Queue, len(keys))] {
			waits = append(waits, h.submit(orders[key].order(j.People)))
		}
		for _, wait := range waits {
			answers[done] = <-wait
			done++
		}
	}
	return answers
}

// settleNames makes sure that the first person's account is called what was answered last, or what was asked for after it,
// where anything was answered.
func (h *house) settleNames(j job, said []line) {
	h.t.Helper()
	var may []string
	for _, l := range said {
		switch {
		case l.Named != "":
			may = []string{l.Named}
		case l.Naming != "" && may != nil:
			may = append(may, l.Naming)
		}
	}
	if name := h.state(j.People[0].Account).Name; may != nil && !slices.Contains(may, name) {
		h.t.Errorf("the account is called %q, and not one of %q", name, may)
	}
}

// family makes some people, and a closed bank.
func (h *house) family() []person {
	h.t.Helper()
	var people []person
	for range 5 {
		who := h.person(models.RoleHolder, money.MXN, 200)
		people = append(people, person{who.user, who.device, who.account})
	}
	h.close()
	return people
}

func count(said []line, answer string) (n int) {
	for _, l := range said {
		if l.Answer == answer {
			n++
		}
	}
	return n
}
