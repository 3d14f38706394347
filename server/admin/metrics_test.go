package admin

import (
	"testing"
	"time"

	"caudal/protocol"
	"caudal/server/conn"
	"caudal/server/live"
)

func TestCountingAnAnswerAllocatesNothingAndTakesNoLabelFromAClient(t *testing.T) {
	m := NewMetrics(Sources{
		Connections: func() conn.Stats { return conn.Stats{} }, Hub: func() live.Stats { return live.Stats{} },
		Queued: func() (int, int) { return 0, 0 }, LedgerWaiting: func() int { return 0 }, CertificateEnds: func() time.Time { return time.Time{} },
	}, []string{"transfer"})
	m.Observe("frobnicate", 0, time.Second)
	m.Observe("transfer", protocol.Code(9999), time.Second)
	if got := testing.AllocsPerRun(1000, func() { m.Observe("transfer", protocol.Code_CODE_BUSY, time.Millisecond) }); got != 0 {
		t.Errorf("%v allocations", got)
	}
	families, err := m.Gatherer().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			for _, label := range metric.GetLabel() {
				if label.GetValue() == "frobnicate" {
					t.Errorf("%s has it", family.GetName())
				}
			}
		}
	}
}

func BenchmarkObserve(b *testing.B) {
	m := NewMetrics(Sources{
		Connections: func() conn.Stats { return conn.Stats{} }, Hub: func() live.Stats { return live.Stats{} },
		Queued: func() (int, int) { return 0, 0 }, LedgerWaiting: func() int { return 0 }, CertificateEnds: func() time.Time { return time.Time{} },
	}, []string{"transfer"})
	b.ReportAllocs()
	for b.Loop() {
		m.Observe("transfer", 0, time.Millisecond)
	}
}
