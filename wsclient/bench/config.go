package bench

import (
	"crypto/ed25519"
	"crypto/x509"
	"net/netip"
	"time"

	"caudal/certs"
)

// The scenarios.
const (
	Connect  = "connect"  // dial, TLS, channel, sign-in by device key, close; then the next
	Idle     = "idle"     // open all connections, signed in and subscribed, and hold them
	Ping     = "ping"     // encrypted pings
	Transfer = "transfer" // money between the accounts of the connections' users
	Watch    = "watch"    // fan-out: one holder with all the connections, paid by another
	Mix      = "mix"      // a day in a bank: mostly watching, some transfers and history
)

// Config is one run. Run refuses what it cannot do before it opens the first connection.
type Config struct {
	Scenario string

	// URL is wss://HOST[:PORT]/ws, Identity the only one that is accepted. Roots: see caudal.Config.
	URL      string
	Identity certs.Identity
	Roots    *x509.CertPool

	// Users have the accounts that are used, Conns/len(Users) connections each, spread evenly; see Prepare.
	Users []User
	// Conns is how many connections are open at once.
	Conns int
	// InFlight is how many commands wait for an answer on each connection in the closed model, and the most of them in the
	// open model.
	InFlight int
	// Accounts is how many accounts transfers go to, out of those that Users have; 0 means all.
	Accounts int
	// Hot has every transfer at one account: all others pay it, and its holder pays back, so that nobody runs dry.
	Hot bool

	// Duration is what is measured, after Warmup.
	Duration, Warmup time.Duration
	// Stages, where there are any, make the model open: commands are due by a schedule, and their response time counts from
	// when they were due, so that a stall counts for all that it held up (no coordinated omission). Their sum replaces
	// Duration.
	Stages []Stage

	// Seed decides who pays whom.
	Seed uint64
	// Sources are local addresses to connect from, in turn; empty leaves it to the system.
	Sources []netip.Addr
	// Classic asks for the channel without ML-KEM; PlainTLS offers X25519 alone in TLS (the channel inside keeps its suite).
	Classic, PlainTLS bool

	// Progress, where not nil, is called a few times a second from one goroutine.
	Progress func(Progress)
	// Flags are the command line's, for the result.
	Flags map[string]string
}

// Stage is a part of an open run: the rate goes evenly from one to the other within For, and where both are the same it is held;
// see [ParseStages].
type Stage struct {
	FromPerS, ToPerS float64
	For              time.Duration
}

// User is a user of the bank whose device this tester holds, and the user's accounts.
type User struct {
	Username string
	DeviceID []byte
	Key      ed25519.PrivateKey
	Accounts []string // CLABEs
}

// Progress is how a run stands, for whoever watches.
type Progress struct {
	Phase      string        // "connecting", "warming up", "measuring", "settling", "checking the money"
	Elapsed    time.Duration // of the phase
	Total      time.Duration // of the phase; 0 where nobody knows
	Open       int           // connections
	Conns      int           // asked for
	Operations uint64        // in all, measured ones only
	RatePerS   float64       // of the last second
	Latency    Latency       // of the last second: service time, or response time in the open model
	Errors     map[string]uint64
	// Lag is how far the open model's schedule is ahead of what was sent.
	Lag time.Duration
	// GeneratorLimited: this tester, not the bank, is what is slow now.
	GeneratorLimited bool
}
