package conn

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// Hosts is an allow-list of the names in the Host header. The WebSocket library compares Origin with Host alone, and a page
// whose name was rebound to this server's address passes that.
type Hosts map[string]bool

// ParseHosts reads exact host names and addresses: with a port an entry stands for that port, without one for every port.
func ParseHosts(names []string) (Hosts, error) {
	hosts := make(Hosts, len(names))
	for _, name := range names {
		host, port, ok := splitHost(name)
		if !ok {
			return nil, fmt.Errorf("conn: %q is not a host name", name)
		}
		hosts[joinHost(host, port)] = true
	}
	return hosts, nil
}

// Allow reports whether a Host header's value is on the list. Names are compared without regard to case, exactly otherwise.
func (h Hosts) Allow(header string) bool {
	host, port, ok := splitHost(header)
	return ok && (h[host] || port != "" && h[joinHost(host, port)])
}

func joinHost(host, port string) string {
	if port == "" {
		return host
	}
	return host + " " + port // no host name has a space in it
}

// splitHost takes name, name:port, address, [address] or [address]:port apart, and gives the host in one spelling.
func splitHost(text string) (host, port string, ok bool) {
	host = text
	if _, err := netip.ParseAddr(text); err != nil && strings.Contains(text, ":") {
		if strings.HasSuffix(text, "]") {
			text += ":0"
			host, _, err = net.SplitHostPort(text)
		} else {
			host, port, err = net.SplitHostPort(text)
			if port == "" || strings.Trim(port, "0123456789") != "" {
				return "", "", false
			}
		}
		if err != nil {
			return "", "", false
		}
	}
	if address, err := netip.ParseAddr(host); err == nil {
		return address.Unmap().WithZone("").String(), port, true
	}
	if host == "" || strings.ContainsAny(host, "/:@*?# \t[],") {
		return "", "", false
	}
	return strings.ToLower(host), port, true
}

// Origins is an allow-list of web origins (RFC 6454): whose pages may open a connection in a browser.
type Origins map[string]bool

// ParseOrigins reads origins as browsers write them: scheme://host[:port].
func ParseOrigins(origins []string) (Origins, error) {
	list := make(Origins, len(origins))
	for _, origin := range origins {
		serialised, ok := serialiseOrigin(origin)
		if !ok {
			return nil, fmt.Errorf("conn: %q is not an origin", origin)
		}
		list[serialised] = true
	}
	return list, nil
}

// Allow reports whether a request with these Origin headers may connect. None at all is not a browser. "null", several, and
// one that is empty never match.
func (o Origins) Allow(headers []string) bool {
	if len(headers) == 0 {
		return true
	}
	if len(headers) > 1 {
		return false
	}
	serialised, ok := serialiseOrigin(headers[0])
	return ok && o[serialised]
}

func serialiseOrigin(origin string) (string, bool) {
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.User != nil {
		return "", false
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return "", false
	}
	host, port, ok := splitHost(u.Host)
	if !ok {
		return "", false
	}
	if u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		port = ""
	}
	return u.Scheme + "://" + joinHost(host, port), true
}
