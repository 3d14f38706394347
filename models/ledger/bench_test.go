package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"
	"golang.org/x/sys/unix"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
)

// -ledger.million adds a bank of a million accounts to the benchmarks; setting it up takes a minute and a gigabyte, which
// -ledger.banks saves the next time. -ledger.transfers makes every bank old before it is measured.
var (
	million      = flag.Bool("ledger.million", false, "run benchmarks on a million accounts too")
	banks        = flag.String("ledger.banks", "", "`folder` where benchmarks keep their banks, and find them again")
	oldTransfers = flag.Int("ledger.transfers", 0, "`number` of transfers that a bank has behind it before it is measured")
)

// BenchmarkSaturation measures durable transfers (synchronous=FULL) between random accounts while the queue is never empty.
// Everything a transfer stores is stored: row, marks, outcome, two heads with their chains; no memo, and nobody listens
// to changes. Left out are sockets, cipher and protocol. cpu-us is the whole process's, with the crowd's own half
// microsecond; writer-us is how long the writer was busy, the disk included. All have the bank's accounts in memory, as it
// is some time after its start, except cold, which begins with a start.
func BenchmarkSaturation(b *testing.B) {
	sizes := []int{100, 10_000, 100_000}
	if *million {
		sizes = append(sizes, 1_000_000)
	}
	for _, size := range sizes {
		b.Run(fmt.Sprintf("accounts=%d", size), func(b *testing.B) {
			c := newCrowd(b, size)
			uniform := func(random *rand.Rand) (payer, payee holder) { return twoOf(c.people, random.IntN) }
			b.Run("cold", func(b *testing.B) {
				c.reopen()
				c.saturate(b, inFlightMax, uniform)
			})
			c.warm()
			b.Run("uniform", func(b *testing.B) { c.saturate(b, inFlightMax, uniform) })
			b.Run("sockets", func(b *testing.B) { // as few in flight as a hundred connections have, with sixteen each
				c.saturate(b, 1600, uniform)
			})
			b.Run("zipf", func(b *testing.B) {
				var zipf *rand.Zipf
				c.saturate(b, inFlightMax, func(random *rand.Rand) (payer, payee holder) {
					if zipf == nil {
						zipf = rand.NewZipf(random, 1.1, 1, uint64(size-1))
					}
					return twoOf(c.people, func(int) int { return int(zipf.Uint64()) })
				})
			})
			b.Run("hot", func(b *testing.B) { // every transfer touches one account
				c.saturate(b, inFlightMax, func(random *rand.Rand) (payer, payee holder) {
					other := c.people[1+random.IntN(size-1)]
					if random.IntN(2) == 0 {
						return c.people[0], other
					}
					return other, c.people[0]
				})
			})
		})
	}
}

// BenchmarkLoneTransfer measures how long one who is alone waits for an answer.
func BenchmarkLoneTransfer(b *testing.B) {
	c := newCrowd(b, 10_000)
	random := rand.New(rand.NewPCG(1, 2))
	keys := keyMaker(random)
	waits := make([]time.Duration, 0, b.N)
	for b.Loop() {
		payer, payee := twoOf(c.people, random.IntN)
		order := payer.transfer(payee, 1)
		order.Key = keys()
		start := time.Now()
		if _, err := c.post(order); err != nil {
			b.Fatal(err)
		}
		waits = append(waits, time.Since(start))
	}
	reportWaits(b, waits)
	reportMachine(b, c.dir)
}

// saturate keeps inFlight of b.N orders waiting and measures the whole, and from Submit to Decided.
func (c *crowd) saturate(b *testing.B, inFlight int, pick func(*rand.Rand) (payer, payee holder)) {
	random := rand.New(rand.NewPCG(3, 4))
	keys := keyMaker(random)
	orders := make([]timedOrder, b.N)
	for i := range orders {
		payer, payee := pick(random)
		orders[i].order = Order{
			Actor: payer.user, Device: payer.device, Kind: KindTransfer,
			Debit: payer.account, Credit: payee.account, AmountMinor: 1 + int64(i%100), Currency: money.MXN,
		}
	}
	decided := &crowdDecided{b: b, inFlight: make(chan struct{}, inFlight)}
	decided.left.Add(len(orders))
	c.busy.Store(0)
	b.ReportAllocs()
	b.ResetTimer()
	start, cpu := time.Now(), cpuTime(b)
	for i := range orders {
		decided.inFlight <- struct{}{}
		orders[i].order.Key = keys()
		orders[i].crowd, orders[i].start = decided, time.Now()
		if err := c.ledger.Submit(&orders[i].order, &orders[i]); err != nil {
			b.Fatal(err)
		}
	}
	decided.left.Wait()
	elapsed := time.Since(start)
	cpu = cpuTime(b) - cpu
	b.StopTimer()
	waits := make([]time.Duration, len(orders))
	for i := range orders {
		waits[i] = orders[i].wait
	}
	b.ReportMetric(float64(b.N)/elapsed.Seconds(), "transfers/s")
	b.ReportMetric(float64(cpu.Nanoseconds())/1000/float64(b.N), "cpu-us")
	b.ReportMetric(float64(c.busy.Load())/1000/float64(b.N), "writer-us")
	reportWaits(b, waits)
	reportMachine(b, c.dir)
}

// cpuTime is what the process has had of the processors.
func cpuTime(b *testing.B) time.Duration {
	var used unix.Rusage
	must(b, unix.Getrusage(unix.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// inFlightMax is what the crowd has waiting: while one batch is decided, the next one fills.
const inFlightMax = 8192

type crowdDecided struct {
	b        *testing.B
	inFlight chan struct{}
	left     sync.WaitGroup
}

type timedOrder struct {
	order Order
	crowd *crowdDecided
	start time.Time
	wait  time.Duration
}

func (o *timedOrder) Decided(_ *Order, _ *Receipt, err error) {
	if err != nil {
		o.crowd.b.Error(err)
	}
	o.wait = time.Since(o.start)
	<-o.crowd.inFlight
	o.crowd.left.Done()
}

func twoOf(people []holder, index func(int) int) (one, other holder) {
	i, j := index(len(people)), index(len(people))
	for i == j {
		j = index(len(people))
	}
	return people[i], people[j]
}

// keyMaker makes UUIDv7 keys for less than a transfer costs.
func keyMaker(random *rand.Rand) func() Key {
	return func() (k Key) {
		binary.BigEndian.PutUint64(k[:], uint64(time.Now().UnixMilli())<<16|0x7000|random.Uint64()&0xfff)
		binary.BigEndian.PutUint64(k[8:], 1<<63|random.Uint64()>>2)
		return k
	}
}

func reportWaits(b *testing.B, waits []time.Duration) {
	slices.Sort(waits)
	us := func(q float64) float64 { return float64(waits[int(q*float64(len(waits)-1))].Nanoseconds()) / 1000 }
	b.ReportMetric(us(0.5), "p50-us")
	b.ReportMetric(us(0.99), "p99-us")
}

// reportMachine puts what the disk and the processor alone do beside a figure: the median of writing and syncing a page, and
// the bytes that one core hashes.
func reportMachine(b *testing.B, dir string) {
	file, err := os.Create(filepath.Join(dir, "sync"))
	must(b, err)
	defer os.Remove(file.Name())
	defer file.Close()
	page := make([]byte, 4096)
	var waits []time.Duration
	for range 101 {
		_, err := file.Write(page)
		must(b, err)
		start := time.Now()
		must(b, file.Sync())
		waits = append(waits, time.Since(start))
	}
	slices.Sort(waits)
	b.ReportMetric(float64(waits[50].Nanoseconds())/1000, "fsync-us")
	const rounds, size = 500, 64 << 10
	block := make([]byte, size)
	start := time.Now()
	for range rounds {
		sum := sha256.Sum256(block)
		block[0] = sum[0]
	}
	b.ReportMetric(rounds*size/1e6/time.Since(start).Seconds(), "sha256-MB/s")
}

// crowd is a bank with many holders, each of whom has money.
type crowd struct {
	*house
	people []holder
	busy   atomic.Int64 // nanoseconds that batches took
}

func newCrowd(b *testing.B, size int) *crowd {
	b.Helper()
	c := &crowd{people: make([]holder, size)}
	dir := b.TempDir()
	if *banks != "" {
		dir = filepath.Join(*banks, fmt.Sprintf("%d-%d", size, *oldTransfers))
		must(b, os.MkdirAll(dir, 0o700))
	}
	c.house = newHouseIn(b, dir, func(cfg *Config) {
		cfg.Observe = func(_ int, took time.Duration) { c.busy.Add(took.Nanoseconds()) }
	})
	complete := filepath.Join(dir, "complete")
	_, err := os.Stat(complete)
	c.populate(c.people, err != nil)
	if err != nil {
		c.payIn(b)
		c.grow(b, *oldTransfers)
		must(b, os.WriteFile(complete, nil, 0o600))
	}
	return c
}

// payIn gives everybody money.
func (c *crowd) payIn(b *testing.B) {
	b.Helper()
	keys := keyMaker(rand.New(rand.NewPCG(5, 6)))
	orders := make([]timedOrder, len(c.people))
	decided := &crowdDecided{b: b, inFlight: make(chan struct{}, inFlightMax)}
	decided.left.Add(len(orders))
	for i := range orders {
		decided.inFlight <- struct{}{}
		orders[i] = timedOrder{crowd: decided, order: Order{
			Key: keys(), Kind: KindGift, Credit: c.people[i].account, AmountMinor: 1_000_000_000, Currency: money.MXN,
		}}
		must(b, c.ledger.Submit(&orders[i].order, &orders[i]))
	}
	decided.left.Wait()
}

// grow has random people pay each other, and says what a transfer takes of the disk.
func (c *crowd) grow(b *testing.B, transfers int) {
	b.Helper()
	const most = 100_000 // at a time, for their orders are kept until all are decided
	before, start := c.size(b), time.Now()
	random := rand.New(rand.NewPCG(10, 11))
	keys := keyMaker(random)
	for left := transfers; left > 0; left -= most {
		orders := make([]timedOrder, min(left, most))
		decided := &crowdDecided{b: b, inFlight: make(chan struct{}, inFlightMax)}
		decided.left.Add(len(orders))
		for i := range orders {
			payer, payee := twoOf(c.people, random.IntN)
			decided.inFlight <- struct{}{}
			orders[i] = timedOrder{crowd: decided, order: payer.transfer(payee, 1)}
			orders[i].order.Key = keys()
			must(b, c.ledger.Submit(&orders[i].order, &orders[i]))
		}
		decided.left.Wait()
	}
	if transfers > 0 {
		b.Logf("%d transfers in %v; the database has grown by %d bytes a transfer",
			transfers, time.Since(start).Round(time.Second), (c.size(b)-before)/int64(transfers))
	}
}

// size is what the database holds, whether it is folded yet or not.
func (c *crowd) size(b *testing.B) (bytes int64) {
	b.Helper()
	must(b, c.store.Read().Raw("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size").Scan(&bytes).Error)
	return bytes
}

// warm has the writer look at everybody.
func (c *crowd) warm() {
	c.t.Helper()
	must(c.t, c.ledger.do(context.Background(), func(w *writer) ([]*Change, error) {
		w.generation = w.store.Generation()
		b := newBatch()
		for people := c.people; len(people) > 0; {
			n := min(len(people), w.batchMax)
			entries := make([]entry, n)
			for i, who := range people[:n] {
				order := who.transfer(who, 1)
				entries[i].order = &order
			}
			b.fill(entries, w.now().UnixMicro())
			if err := w.read(b); err != nil {
				return nil, err
			}
			b.clear()
			w.trim()
			people = people[n:]
		}
		return nil, nil
	}))
}

// populate says who people are, always the same, and founds them where they are new: users, devices and accounts, without
// CreateUser's commit for each.
func (h *house) populate(people []holder, found bool) {
	h.t.Helper()
	random := rand.New(rand.NewPCG(7, 8))
	order := random.Perm(len(people))
	for n, i := range order {
		id := int64(1_000 + n)
		step := int64(clabe.MaxAccount / len(people)) // spread as random numbers are, and never twice the same
		number, err := clabe.New(models.BankCode, models.BranchCustomer, int64(i)*step+random.Int64N(step))
		must(h.t, err)
		people[i] = holder{id, id, number}
	}
	if !found {
		return
	}
	turn, err := h.store.Turn(context.Background())
	must(h.t, err)
	defer turn.End()
	must(h.t, turn.Conn().Raw(func(driver any) error {
		conn := driver.(*sqlite3.SQLiteConn)
		of := func(columns int, text func(string) string) *bulk { return newBulk(conn, columns, text) }
		users := of(insertInto("users", "id", "username", "owner", "password", "role", "status", "created_at"))
		devices := of(insertInto("devices", "id", "public_id", "user_id", "algorithm", "public_key", "name", "created_at", "last_seen_at"))
		accounts := of(insertInto("accounts", "id", "owner", "shard", "name", "currency", "status", "overdraft_minor", "opened_at"))
		heads := of(insertInto("heads", "account", "balance_minor", "held_minor", "floor_minor", "seq", "version", "last", "last_at", "head"))
		if err := run(conn, "BEGIN IMMEDIATE"); err != nil {
			return err
		}
		for _, i := range order {
			id, number := people[i].user, people[i].account
			first := models.FirstHead(testIdentity, number, money.MXN)
			public, key := make([]byte, 16), make([]byte, 32)
			binary.BigEndian.PutUint64(public, uint64(id))
			binary.BigEndian.PutUint64(key, uint64(id))
			for _, row := range []struct {
				bulk   *bulk
				values []any
			}{
				{users, []any{id, fmt.Sprintf("crowd_%d", id), fmt.Sprintf("Persona %d", id), "$argon2id$test", "holder", "active", int64(1)}},
				{devices, []any{id, public, id, int64(1), key, "test", int64(1), int64(1)}},
				{accounts, []any{int64(number), id, int64(0), "Diario", "MXN", "active", int64(0), int64(1)}},
				{heads, []any{int64(number), int64(0), int64(0), int64(0), int64(0), int64(1), int64(0), int64(0), first[:]}},
			} {
				args, err := row.bulk.next(nil)
				if err != nil {
					return err
				}
				for j, value := range row.values {
					args[j].Value = value
				}
			}
		}
		for _, bulk := range []*bulk{users, devices, accounts, heads} {
			if err := bulk.flush(nil); err != nil {
				return err
			}
		}
		return run(conn, "COMMIT")
	}))
}

func run(conn *sqlite3.SQLiteConn, text string) error {
	statement, err := prepare(conn, text)
	if err != nil {
		return err
	}
	defer statement.close()
	return statement.run(nil, nil)
}

// BenchmarkHistory measures a page of 50 legs of an account with many, at the top and in the middle.
func BenchmarkHistory(b *testing.B) {
	const legs = 100_000
	c := newCrowd(b, 1000)
	people := c.people
	random := rand.New(rand.NewPCG(9, 9))
	keys := keyMaker(random)
	answers := new(waiters)
	for i := range legs {
		order := people[0].transfer(people[1+i%999], 1)
		order.Key = keys()
		answers.submit(c.house, order)
		if i%1000 == 999 {
			answers.wait(b)
		}
	}
	answers.wait(b)
	for _, at := range []struct {
		name   string
		before uint64
	}{{"newest", 0}, {"middle", legs / 2}, {"oldest", 51}} {
		b.Run(at.name, func(b *testing.B) {
			for b.Loop() {
				page, _, err := c.ledger.History(b.Context(), HistoryQuery{Account: people[0].account, Before: at.before, Limit: 50})
				if err != nil || len(page) != 50 {
					b.Fatal(len(page), err)
				}
			}
		})
	}
}
