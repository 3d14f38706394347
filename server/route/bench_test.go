package route

import (
	"testing"

	"caudal/protocol"
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
