package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// ErrDemoBeyondLoopback says that a demo was asked to listen where others can reach it. Its passwords are printed and its
// money is free.
var ErrDemoBeyondLoopback = errors.New("a demo listens on loopback only")

// accountsPerUserMax: a holder's accounts and devices, with the longest names, go into one reply of 60 KB.
const accountsPerUserMax = 64

// check refuses settings that cannot work or that would weaken the bank silently.
func (c *Config) check() error {
	var faults []error
	refuse := func(key, format string, args ...any) {
		faults = append(faults, fmt.Errorf("%s (%s): %s", key, c.sources[key], fmt.Sprintf(format, args...)))
	}

	loopback, err := Loopback(c.Listen)
	switch {
	case err != nil:
		refuse("listen", "%v", err)
	case c.Demo && !loopback:
		faults = append(faults, fmt.Errorf("listen (%s): %w", c.sources["listen"], ErrDemoBeyondLoopback))
	}
	if c.Web != "" && !c.Demo {
		refuse("web", "only a demo serves another dashboard than the one inside")
	}
	if c.Admin != "" {
		switch adminLoopback, err := Loopback(c.Admin); {
		case err != nil:
			refuse("admin", "%v", err)
		case !adminLoopback:
			refuse("admin", "must be a loopback address: it has neither TLS nor a sign-in")
		}
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		refuse("tls_cert", "tls_cert and tls_key go together")
	}
	if c.ACMEHost != "" {
		switch {
		case c.TLSCert != "":
			refuse("acme_host", "either certificate files or ACME, not both")
		case c.Demo:
			refuse("acme_host", "a demo has no public name")
		case !c.ACMEAcceptTerms:
			refuse("acme_accept_terms", "ACME needs the certificate authority's terms of service accepted")
		}
	}
	for _, host := range c.Hosts {
		if !plainHost(host) {
			refuse("hosts", "a host is a plain name or address without scheme, port or path")
		}
	}
	for _, origin := range c.Origins {
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil || (u.Scheme != "https" && u.Scheme != "http") {
			refuse("origins", "an origin is scheme://host[:port] and nothing more")
		}
	}
	if _, err := c.ProxyNetworks(); err != nil {
		refuse("trusted_proxies", "%v", err)
	}
	switch c.LogLevel {
	case "debug", "info", "warn", "error":
	default:
		refuse("log_level", "must be debug, info, warn or error")
	}
	switch c.LogFormat {
	case "auto", "text", "json":
	default:
		refuse("log_format", "must be auto, text or json")
	}
	for _, f := range fields {
		switch v := f.value(c).Interface().(type) {
		case int:
			if v < 1 {
				refuse(f.key, "must be at least 1")
			}
		case time.Duration:
			if v <= 0 {
				refuse(f.key, "must be longer than nothing")
			}
		case Amount:
			if v < 1 {
				refuse(f.key, "must be positive")
			}
		}
	}
	if c.AccountsPerUser > accountsPerUserMax {
		refuse("accounts_per_user", "must be at most %d", accountsPerUserMax)
	}
	if c.Heartbeat >= c.IdleTimeout {
		refuse("heartbeat", "must be shorter than idle_timeout")
	}
	return errors.Join(faults...)
}

// Warnings says what works, but probably not as whoever configured it thinks.
func (c *Config) Warnings() []string {
	var warnings []string
	if loopback, err := Loopback(c.Listen); err == nil && !loopback {
		if c.TLSCert == "" && c.ACMEHost == "" {
			warnings = append(warnings, "listening beyond loopback with a development certificate: only clients that pin the identity will connect; see tls_cert and acme_host")
		}
		if len(c.Hosts) == 0 && c.ACMEHost == "" {
			warnings = append(warnings, "listening beyond loopback without hosts: requests are accepted for the listener's own address only")
		}
	}
	return warnings
}

// ProxyNetworks returns TrustedProxies, parsed; a plain address stands for itself.
func (c *Config) ProxyNetworks() ([]netip.Prefix, error) {
	var networks []netip.Prefix
	for _, text := range c.TrustedProxies {
		if address, err := netip.ParseAddr(text); err == nil {
			networks = append(networks, netip.PrefixFrom(address, address.BitLen()))
			continue
		}
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, errors.New("a network is written like 10.0.0.0/8")
		}
		if network.Bits() == 0 {
			return nil, errors.New("a network of the whole world would believe everybody")
		}
		networks = append(networks, network.Masked())
	}
	return networks, nil
}

// Loopback reports whether address (host:port) can be reached from this machine alone. A name other than localhost is
// not: what it means is somebody else's to say.
func Loopback(address string) (bool, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return false, errors.New("must be host:port")
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return false, errors.New("the port must be a number from 0 to 65535")
	}
	if host == "localhost" {
		return true, nil
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback(), nil
}

// plainHost reports whether host is a name or an address and nothing more.
func plainHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return host != "" && !strings.ContainsAny(host, "/:@*?# \t[]")
}

// Equal reports whether both have the same values, wherever they came from.
func (c *Config) Equal(other *Config) bool {
	for _, f := range fields {
		if !reflect.DeepEqual(f.value(c).Interface(), f.value(other).Interface()) {
			return false
		}
	}
	return true
}
