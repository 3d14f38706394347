package route

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"gorm.io/gorm"

	"caudal/models"
	"caudal/models/money"
	"caudal/protocol"
	"caudal/server/admin"
	"caudal/server/conn"
	"caudal/server/testclient"
)

// BenchmarkTransferThroughASocket measures a whole transfer, from one client's frame to its receipt, with 64 in flight on one
// connection: TLS, the channel, the router, the ledger's commit on a real disk, the reply. Nobody listens for events. The
// client runs in the same process and is not fast.
func BenchmarkTransferThroughASocket(b *testing.B) {
	h := open(b, func(c *Config, sockets *conn.Config) { c.CommandsInFlight, sockets.Limits.InFlight = 256, 256 })
	ana, luis := h.rich("ana", 1<<50), h.register("luis")
	const inFlight = 64
	b.ReportAllocs()
	b.ResetTimer()
	for sent := 0; sent < b.N; sent += inFlight {
		commands := make([]*protocol.Command, min(inFlight, b.N-sent))
		for i := range commands {
			commands[i] = testclient.Transfer(ana.account, luis.account, 1)
		}
		for _, answer := range ana.Send(commands...) {
			if reply := <-answer; reply.GetReceipt() == nil {
				b.Fatal(reply)
			}
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "transfers/s")
}

// Connections of BenchmarkTransfers, and accounts of its widest part.
const (
	crowdConnections = 100
	crowdAccounts    = 10_000
)

// BenchmarkTransfers measures durable transfers between the holders of 100 connections, over TLS sockets: each is answered
// after its commit and pushed to both holders. The clients are another process, so server-us is what the whole server spends
// on a transfer, on all cores: sockets, channel, router, ledger, SQLite, events; allocs and B are what it allocates. The
// rate is what both processes reach on the cores that there are.
//
// spread: between the 100; wide: from the 100 to 10,000 accounts; lone: one in flight on each connection; hot: all to one.
func BenchmarkTransfers(b *testing.B) {
	h := openCrowded(b, 8)
	crowd := h.newCrowd(b, crowdPlan{Connections: crowdConnections})
	for _, account := range crowd.accounts {
		h.give(account, 1<<45)
	}
	for _, part := range []struct {
		name     string
		inFlight int
		payees   []string
	}{
		{"spread", 16, crowd.accounts},
		{"wide", 16, h.strangers(crowdAccounts)},
		{"lone", 1, crowd.accounts},
		{"hot", 16, crowd.accounts[:1]},
	} {
		b.Run(part.name, func(b *testing.B) {
			crowd.b = b
			sockets := h.sockets.Stats()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			used := cpuTime()
			b.ResetTimer()
			done := crowd.do(crowdWork{Transfers: b.N, InFlight: part.inFlight, Payees: part.payees})
			b.StopTimer()
			used = cpuTime() - used
			runtime.ReadMemStats(&after)
			each := func(n float64) float64 { return n / float64(b.N) }
			b.ReportMetric(float64(b.N)/done.Took.Seconds(), "transfers/s")
			b.ReportMetric(each(float64(used.Nanoseconds())/1e3), "server-us")
			b.ReportMetric(each(float64(done.CPU.Nanoseconds())/1e3), "clients-us")
			b.ReportMetric(each(float64(after.Mallocs-before.Mallocs)), "allocs")
			b.ReportMetric(each(float64(after.TotalAlloc-before.TotalAlloc)), "B")
			b.ReportMetric(each(float64(h.sockets.Stats().RecordsOut-sockets.RecordsOut)), "records")
			b.ReportMetric(each(float64(done.Events)), "events")
			b.ReportMetric(float64(done.P50.Nanoseconds())/1e6, "p50-ms")
			b.ReportMetric(float64(done.P99.Nanoseconds())/1e6, "p99-ms")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkFanOut measures one holder's change told to 1,000 connections of theirs, one change after the other: server-us is
// the server's whole CPU for each delivery, the ms from the order to the last client's having it.
func BenchmarkFanOut(b *testing.B) {
	const connections = 1000
	h := openCrowded(b, connections)
	crowd := h.newCrowd(b, crowdPlan{Connections: connections, OneHolder: true})
	b.Run(fmt.Sprintf("connections=%d", connections), func(b *testing.B) {
		crowd.b = b
		used, before := cpuTime(), h.sockets.Stats().RecordsOut
		b.ResetTimer()
		for range b.N {
			h.give(crowd.accounts[0], 1)
			crowd.do(crowdWork{Await: connections})
		}
		b.StopTimer()
		deliveries := float64(b.N * connections)
		b.ReportMetric(float64((cpuTime()-used).Nanoseconds())/1e3/deliveries, "server-us")
		b.ReportMetric(float64(h.sockets.Stats().RecordsOut-before)/deliveries, "records")
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/1e6/float64(b.N), "ms")
		b.ReportMetric(0, "ns/op")
	})
}

// openCrowded opens a house for a crowd, with metrics as the program has them.
func openCrowded(b *testing.B, perUser int) *house {
	metrics := admin.NewMetrics(admin.Sources{}, CommandNames())
	return openFor(b, perUser, func(c *Config, sockets *conn.Config) {
		c.Observe = metrics.Observe
		sockets.Limits.PerAddress = 20_000
	})
}

// strangers opens accounts of somebody who is never there.
func (h *house) strangers(accounts int) []string {
	h.t.Helper()
	ctx := context.Background()
	hash := must(h.router.config.Passwords.Hash(ctx, testPassword))(h.t)
	user, _, _, err := h.store.CreateUser(ctx, models.NewUser{Username: "stranger", Owner: "Stranger", PasswordHash: hash})
	if err != nil {
		h.t.Fatal(err)
	}
	numbers := make([]string, accounts)
	if err := h.store.Write(ctx, func(tx *gorm.DB) error {
		for i := range numbers {
			account, err := h.store.OpenAccount(tx, user.ID, "stranger", money.MXN)
			if err != nil {
				return err
			}
			numbers[i] = account.ID.String()
		}
		return nil
	}); err != nil {
		h.t.Fatal(err)
	}
	return numbers
}
