package caudal

import (
	"context"
	"iter"
	"time"

	"caudal/certs"
)

// Event is something that the bank says without being asked, or that happens to the connection: [Balance],
// [AccountOpened], [AccountRenamed], [DeviceAdded], [DeviceRenamed], [DeviceRevoked], [Draining], [State], [Diverged].
type Event interface{ event() }

// Balance is where an account stands. Of each account the first says where it starts; each one after that carries the
// next leg (Seq is one more than before), or no leg where something but money has changed.
type Balance struct {
	Account        string // CLABE
	Version        uint64 // never falls
	Seq            uint64
	BalanceMinor   int64
	AvailableMinor int64
	Currency       string
	Status         Status
	Head           Head // of the account's chain, after leg Seq
	Leg            *Leg // what was moved; nil where nothing was
	// Late marks a leg that was fetched afterwards. BalanceMinor is that of just after it, while Version, AvailableMinor
	// and Status are the newest that are known.
	Late bool
}

// Position is where to go on from.
func (b *Balance) Position() Position { return Position{Account: b.Account, Seq: b.Seq, Head: b.Head} }

// Position is how far an account has been seen. Keep it to go on, another day or in another process, without a gap.
// Seq 0, with any Head, means from the very first leg.
type Position struct {
	Account string // CLABE
	Seq     uint64
	Head    Head // after leg Seq
}

// AccountOpened is a new account of the user. Its legs follow, from the first.
type AccountOpened struct {
	Account Account
}

// AccountRenamed is an account's new name. Nothing else of the account has changed where no [Balance] says so.
type AccountRenamed struct {
	Account string // CLABE
	Name    string
	Version uint64
}

// DeviceRenamed is a device's new name.
type DeviceRenamed struct {
	ID   DeviceID
	Name string
}

// DeviceAdded is a device that someone with the user's password has enrolled.
type DeviceAdded struct {
	Device DeviceInfo
}

// DeviceRevoked is a device that signs in no more.
type DeviceRevoked struct {
	ID DeviceID
}

// Draining says that the server stops; the Conn comes back by itself within that time.
type Draining struct {
	ComeBackWithin time.Duration
}

// State says whether what is shown is live.
type State struct {
	Live bool
	Err  error         // why it is not, where known
	In   time.Duration // the next attempt to connect, where one waits
}

// Diverged is an alarm: the bank does not have what this client has seen, or shows what does not add up. It comes
// together with a [*DivergedError], and ends the events.
type Diverged struct {
	Account string
	Seq     uint64 // of the last leg that was right
	Why     string
}

func (Balance) event()        {}
func (AccountOpened) event()  {}
func (AccountRenamed) event() {}
func (DeviceAdded) event()    {}
func (DeviceRenamed) event()  {}
func (DeviceRevoked) event()  {}
func (Draining) event()       {}
func (State) event()          {}
func (Diverged) event()       {}

// Bank is who is on the other side.
type Bank struct {
	Name       string         // as its certificate calls it
	Identity   certs.Identity // proven
	Server     string         // program and version
	Demo       bool           // plays with money that is none
	TrustedTLS bool           // the roots know its TLS certificate; the channel does not need them
	Channel    string         // WebSocket subprotocol
}

// Events follows the user's accounts and devices. It starts with a [Balance] for each account, or, for those in from,
// with the legs since; from then on what changes comes as it happens. Nothing is ever skipped or repeated: after a broken
// connection, a restart of the bank, or a loop that was too slow, the legs between are fetched, and each leg's hash
// continues the last one's. A slow loop costs no memory: what piles up is dropped, and fetched again when it is due.
//
// The loop ends when it is left, when ctx ends, or with an error, which is the last pair: a [*DivergedError] (with its
// [Diverged] event), [ErrClosed], a [*ClosedError], an [*Error] such as unauthenticated, [ErrFollowed] where the events
// are followed already, certs.ErrIdentityChanged, [ErrProtocol].
//
//	for event, err := range conn.Events(ctx) {
//		if err != nil {
//			return err
//		}
//		if b, ok := event.(caudal.Balance); ok && b.Leg != nil {
//			fmt.Println(b.Seq, b.Leg.AmountMinor, b.BalanceMinor)
//		}
//	}
func (c *Conn) Events(ctx context.Context, from ...Position) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) { c.follow(ctx, from, yield) }
}
