package bench

import (
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Names of histograms. Times are in microseconds inside, and in milliseconds wherever a person or a program reads them.
const (
	HistTLS      = "tcp_tls"  // from the dial to the end of the TLS handshake
	HistChannel  = "channel"  // the WebSocket's upgrade and the channel's handshake
	HistSignIn   = "sign_in"  // hello and sign-in by device key, to the answer
	HistService  = "service"  // from a command's writing to its reply
	HistResponse = "response" // open model: from when a command was due to its reply
	HistEvent    = "event"    // from the bank's date of a transfer, which is before its commit, to its event on the other holder's connection
)

// Result is what came of a run. Its JSON is what the tester prints.
type Result struct {
	Scenario   string            `json:"scenario"`
	Flags      map[string]string `json:"flags"`
	Started    time.Time         `json:"started"`
	Model      string            `json:"model"` // "closed" or "open"
	DurationS  float64           `json:"duration_s"`
	Operations uint64            `json:"operations"`
	RatePerS   float64           `json:"rate_per_s"`
	// Errors counts what failed, by the protocol's code ("insufficient_funds") or the tester's own: "dial", "channel",
	// "cut", "closed_CODE", "late" (due, and not sent before the end), "unanswered" (sent, and without an answer half a minute after it).
	Errors map[string]uint64 `json:"errors"`
	// LatencyMs has one entry for each histogram with anything in it.
	LatencyMs map[string]Latency `json:"latency_ms"`
	// MoneyCheck is "ok", or what is wrong; "not done: WHY" where there was no money in it.
	MoneyCheck string `json:"money_check"`
	// Money says what was checked.
	Money Money `json:"money"`
	// GeneratorLimited: the tester was what limited the rate, for a notable part of the run.
	GeneratorLimited bool `json:"generator_limited"`
	// Notes are what a reader must know to read the figures right.
	Notes []string `json:"notes"`

	Connections Connections `json:"connections"`
	// Bank is what the bank's process used while it was measured; nil where it is not on this machine, or not ours to see.
	Bank *Use `json:"bank"`
	// Tester is the same of this process.
	Tester  Use     `json:"tester"`
	Machine Machine `json:"machine"`
	// Thresholds are what was asked of the run, and whether it was met.
	Thresholds []Verdict `json:"thresholds"`
	// Series has one entry a second, of what was measured.
	Series []Second `json:"series"`
	// Histograms are whole, in HdrHistogram's V2 compressed encoding, base64; in microseconds.
	Histograms map[string]string `json:"histograms"`

	histograms map[string]*hdrhistogram.Histogram
}

// Latency is a histogram in short, in milliseconds.
type Latency struct {
	Count uint64  `json:"count"`
	P50   float64 `json:"p50"`
	P90   float64 `json:"p90"`
	P99   float64 `json:"p99"`
	P999  float64 `json:"p999"`
	Max   float64 `json:"max"`
}

// Second is one second of a run.
type Second struct {
	At         float64            `json:"at_s"` // since the measuring began, at its end
	Operations uint64             `json:"operations"`
	Errors     uint64             `json:"errors"`
	Open       int                `json:"open"`
	LagMs      float64            `json:"lag_ms"` // how long what was due had waited to be sent, at most, in a few looks
	LatencyMs  map[string]Latency `json:"latency_ms"`
	BankCPU    float64            `json:"bank_cpu"` // cores used; 0 where not known
	TesterCPU  float64            `json:"tester_cpu"`
	BankKB     uint64             `json:"bank_kb"` // resident; 0 where not known
}

// Connections says what became of them.
type Connections struct {
	Asked  int `json:"asked"`
	Opened int `json:"opened"` // in all: scenarios that open and close have more than they asked for at once
	Lost   int `json:"lost"`   // ended otherwise than by this tester
}

// Use is what a process used while it was measured.
type Use struct {
	CPUSeconds float64 `json:"cpu_s"`
	// CPUMicrosPerOperation is CPUSeconds over operations; over deliveries, where events are what is counted; in idle, which
	// has no operations, over the seconds that connections were held.
	CPUMicrosPerOperation float64 `json:"cpu_us_per_operation"`
	ResidentKB            uint64  `json:"resident_kb"` // at the end
	// ResidentKBPerConnection is what resident memory grew by from before the first connection to the end, over the open
	// connections; 0 where it had room for them from before.
	ResidentKBPerConnection float64 `json:"resident_kb_per_connection"`
}

// Machine is where it was measured.
type Machine struct {
	OS       string `json:"os"`
	Arch     string `json:"arch"`
	CPU      string `json:"cpu"`
	Kernel   string `json:"kernel"`
	Go       string `json:"go"`
	Cores    int    `json:"cores"`
	MemoryMB uint64 `json:"memory_mb"`
	// Commit is the tester's own revision, with "+" where its tree was changed; Bank is what the bank calls itself.
	Commit string `json:"commit"`
	Bank   string `json:"bank"`
	// FsyncUs is the median of a small write and fsync in the tester's own folder, before the run.
	FsyncUs float64 `json:"fsync_us"`
	// SHA256MBPerS is the speed of one core at hashing, before the run: it tells a slow hour of a shared machine.
	SHA256MBPerS float64 `json:"sha256_mb_per_s"`
}

// Money says what the money check saw.
type Money struct {
	Accounts    int    `json:"accounts"`     // whose balances were read before and after
	TotalMinor  int64  `json:"total_minor"`  // of them, before; the same after
	Transfers   uint64 `json:"transfers"`    // acknowledged, warm-up included
	Unknown     uint64 `json:"unknown"`      // sent, and cut off before an answer
	Events      uint64 `json:"events"`       // legs seen in events
	Superseded  uint64 `json:"superseded"`   // legs that events left out for a slow reader; their number is in later events
	LegsRead    uint64 `json:"legs_read"`    // read back from history and compared
	AccountsMet int    `json:"accounts_met"` // whose last event agreed with the ledger in number, balance and chain head
}
