package conn

import (
	"net"
	"net/netip"
	"sync"
)

// Sockets beyond the connections' own bounds: pages are served from the same port, and a browser opens six for them.
const (
	// SpareSockets is how many there are in all: eighty browsers that fetch the page in the same moment, while every connection
	// is taken. As long as some are not, their sockets serve too. Each is a file that no customer's connection can be.
	SpareSockets           = 512
	spareSocketsPerAddress = 64
)

// Guard bounds the sockets of a listener, in all and for each address, below TLS: a handshake costs a hundred times what a
// refusal does, and sockets that say nothing never become a request that ServeHTTP could count. Trusted proxies are one
// address for many clients, and counted in all only. A socket too many is closed as soon as it is accepted.
func (s *Server) Guard(listener net.Listener) net.Listener {
	return &guard{
		Listener: listener, trusted: s.config.TrustedProxies, addresses: map[netip.Addr]int{}, refused: &s.counts.refused[refusedSocket],
		most: s.config.Limits.Connections + SpareSockets, mostOfOne: s.config.Limits.PerAddress + spareSocketsPerAddress,
	}
}

type guard struct {
	net.Listener
	trusted         []netip.Prefix
	most, mostOfOne int
	refused         interface{ Add(uint64) uint64 }

	mu        sync.Mutex
	open      int
	addresses map[netip.Addr]int
}

// Accept waits for the next socket that there is a place for.
func (g *guard) Accept() (net.Conn, error) {
	for {
		raw, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		address, ok := parseAddress(raw.RemoteAddr().String())
		key := netip.Addr{} // no address: not counted by it
		if ok && !inAny(address, g.trusted) {
			key = limitKey(address)
		}
		if g.enter(key) {
			return &guarded{Conn: raw, guard: g, key: key}, nil
		}
		g.refused.Add(1)
		_ = raw.Close()
	}
}

func (g *guard) enter(key netip.Addr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open >= g.most || key.IsValid() && g.addresses[key] >= g.mostOfOne {
		return false
	}
	g.open++
	if key.IsValid() {
		g.addresses[key]++
	}
	return true
}

func (g *guard) leave(key netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open--
	if !key.IsValid() {
		return
	}
	if g.addresses[key]--; g.addresses[key] == 0 {
		delete(g.addresses, key)
	}
}

// guarded is a socket that gives its place back when it is closed.
type guarded struct {
	net.Conn
	guard *guard
	key   netip.Addr
	once  sync.Once
}

// NetConn is the socket itself.
func (c *guarded) NetConn() net.Conn { return c.Conn }

// Close is net.Conn's.
func (c *guarded) Close() error {
	c.once.Do(func() { c.guard.leave(c.key) })
	return c.Conn.Close()
}
