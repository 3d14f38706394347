package conn

import (
	"container/list"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// addressesMax bounds the addresses that are remembered, about 100 bytes each. Whoever has a whole IPv6 network has more
// /64s than fit; addresses beyond it share one entry, and with it one limit.
const addressesMax = 1 << 16

// refusal is why a request is not let in.
type refusal uint8

const (
	admitted refusal = iota
	refusedDraining
	refusedFull
	refusedAddress
	refusedRate
	refusedHandshakes
	refusedHost
	refusedOrigin
	refusedSubprotocol
	refusedBody
	refusedKeys
	refusedUpgrade
	refusedSocket
	refusals
)

// refusalAnswers are the HTTP status and the words for each; the names are Stats'.
var refusalAnswers = [refusals]struct {
	name, message string
	status        int
}{
	refusedDraining:    {"draining", "the server is stopping; connect again", http.StatusServiceUnavailable},
	refusedFull:        {"full", "the server is full; try again later", http.StatusServiceUnavailable},
	refusedAddress:     {"address", "too many connections from this address", http.StatusTooManyRequests},
	refusedRate:        {"rate", "connecting too fast from this address", http.StatusTooManyRequests},
	refusedHandshakes:  {"handshakes", "too many handshakes in progress; try again", http.StatusServiceUnavailable},
	refusedHost:        {"host", "this server does not answer to that name", http.StatusMisdirectedRequest},
	refusedOrigin:      {"origin", "pages from there may not connect", http.StatusForbidden},
	refusedSubprotocol: {"subprotocol", "offer the subprotocol caudal.v1", http.StatusBadRequest},
	refusedBody:        {"body", "a WebSocket request has no body", http.StatusBadRequest},
	refusedKeys:        {"keys", "the bank has no valid channel certificate", http.StatusServiceUnavailable},
	refusedUpgrade:     {"upgrade", "", 0}, // the WebSocket library has answered
	refusedSocket:      {"socket", "", 0},  // closed without a word
}

// evictAfter is how long a handshake may keep its place while others wait for one: a round trip to the other side of the
// world three times over.
const evictAfter = time.Second

// gate counts who is in, before anything expensive is done for anybody.
type gate struct {
	limits Limits

	mu        sync.Mutex
	draining  bool
	empty     chan struct{} // closed when draining and nobody is left
	places    map[*place]struct{}
	pending   list.List // of *place: handshakes in progress, oldest first
	addresses map[netip.Addr]*visitor
	crowd     visitor // the addresses that did not fit
}

// visitor is what the gate knows of one address.
type visitor struct {
	open   int
	tokens float64 // of the rate, as of the instant at
	at     time.Time
}

// place is one connection's in the gate.
type place struct {
	visitor *visitor
	since   time.Time
	pending *list.Element // nil once the handshake is over
	cut     func()        // closes the socket without a word; nil before there is one
}

func newGate(limits Limits) *gate {
	return &gate{
		limits: limits, empty: make(chan struct{}), places: map[*place]struct{}{}, addresses: map[netip.Addr]*visitor{},
		crowd: visitor{tokens: float64(limits.Burst)},
	}
}

// admit takes a place for a connection whose handshake begins, or says why there is none. Attempts count toward the rate
// whatever comes of them.
func (g *gate) admit(key netip.Addr, now time.Time) (*place, refusal) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.draining {
		return nil, refusedDraining
	}
	v := g.visitor(key, now)
	if !v.take(g.limits, now) {
		return nil, refusedRate
	}
	switch {
	case len(g.places) >= g.limits.Connections:
		return nil, refusedFull
	case v.open >= g.limits.PerAddress:
		return nil, refusedAddress
	case g.pending.Len() >= g.limits.Handshakes && !g.evict(now):
		return nil, refusedHandshakes
	}
	v.open++
	p := &place{visitor: v, since: now}
	g.places[p] = struct{}{}
	p.pending = g.pending.PushBack(p)
	return p, admitted
}

// evict ends the oldest handshake, if it has had its chance.
func (g *gate) evict(now time.Time) bool {
	oldest := g.pending.Front().Value.(*place)
	if oldest.cut == nil || now.Sub(oldest.since) < evictAfter {
		return false
	}
	g.pending.Remove(oldest.pending)
	oldest.pending = nil
	oldest.cut()
	return true
}

// begun says how to close the connection's socket; cut must not block, nor call the gate.
func (g *gate) begun(p *place, cut func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	p.cut = cut
	if g.draining {
		cut()
	}
}

// shaken gives back the handshake's place: the channel stands, or will not. Calling it again does nothing.
func (g *gate) shaken(p *place) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shakenLocked(p)
}

func (g *gate) shakenLocked(p *place) {
	if p.pending != nil {
		g.pending.Remove(p.pending)
		p.pending = nil
	}
}

// leave gives back the connection's place. Calling it again does nothing.
func (g *gate) leave(p *place) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, in := g.places[p]; !in {
		return
	}
	g.shakenLocked(p)
	p.visitor.open--
	delete(g.places, p)
	if g.draining && len(g.places) == 0 {
		close(g.empty)
	}
}

// drain lets nobody in any more, and ends the handshakes in progress. The channel is closed when the last one has left.
func (g *gate) drain() <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.draining {
		return g.empty
	}
	g.draining = true
	for e := g.pending.Front(); e != nil; e = e.Next() {
		if p := e.Value.(*place); p.cut != nil {
			p.cut()
		}
	}
	if len(g.places) == 0 {
		close(g.empty)
	}
	return g.empty
}

// cutAll closes the socket of everyone who is in, and gives how many.
func (g *gate) cutAll() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	for p := range g.places {
		if p.cut != nil {
			p.cut()
		}
	}
	return len(g.places)
}

// counts are the connections in all, and those whose handshake is in progress.
func (g *gate) counts() (open, handshaking int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.places), g.pending.Len()
}

// forget drops the addresses of which there is nothing to remember.
func (g *gate) forget(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for key, v := range g.addresses {
		if v.refill(g.limits, now); v.open == 0 && v.tokens >= float64(g.limits.Burst) {
			delete(g.addresses, key)
		}
	}
}

func (g *gate) visitor(key netip.Addr, now time.Time) *visitor {
	if v, ok := g.addresses[key]; ok {
		return v
	}
	if len(g.addresses) >= addressesMax {
		return &g.crowd
	}
	v := &visitor{tokens: float64(g.limits.Burst), at: now}
	g.addresses[key] = v
	return v
}

// take spends one token of the address's rate.
func (v *visitor) take(limits Limits, now time.Time) bool {
	v.refill(limits, now)
	if v.tokens < 1 {
		return false
	}
	v.tokens--
	return true
}

func (v *visitor) refill(limits Limits, now time.Time) {
	if elapsed := now.Sub(v.at).Seconds(); elapsed > 0 {
		v.tokens = min(v.tokens+elapsed*float64(limits.PerSecond), float64(limits.Burst))
		v.at = now
	}
}
