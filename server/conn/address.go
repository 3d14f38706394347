package conn

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clientAddress is where the request comes from: the socket's address, unless that is a trusted proxy. Then it is the
// right-most address in X-Forwarded-For that is no trusted proxy, because everything to its left is the client's to invent.
func clientAddress(r *http.Request, trusted []netip.Prefix) (netip.Addr, bool) {
	peer, ok := parseAddress(r.RemoteAddr)
	if !ok || !inAny(peer, trusted) {
		return peer, ok
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		address, ok := parseAddress(strings.TrimSpace(hop))
		if !ok {
			break // whoever wrote this is no proxy of ours; the one that passed it on is the last that is known
		}
		peer = address
		if !inAny(address, trusted) {
			break
		}
	}
	return peer, true
}

// parseAddress reads an address with or without a port, in one spelling: 4-in-6 as IPv4, no zone.
func parseAddress(text string) (netip.Addr, bool) {
	address, err := netip.ParseAddr(text)
	if err != nil {
		with, err := netip.ParseAddrPort(text)
		if err != nil {
			return netip.Addr{}, false
		}
		address = with.Addr()
	}
	return address.Unmap().WithZone(""), true
}

func inAny(address netip.Addr, networks []netip.Prefix) bool {
	return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(address) })
}

// limitKey is what limits count by: an IPv4 address, or the /64 that one IPv6 customer has.
func limitKey(address netip.Addr) netip.Addr {
	if address.Is4() {
		return address
	}
	network, err := address.Prefix(64)
	if err != nil {
		return address
	}
	return network.Addr()
}
