package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// portsTried bounds the search for a free port: whoever has a hundred demos at once may say which port.
const portsTried = 100

// listen opens a listener. Where search is set and the port is taken, the next free one serves.
func listen(ctx context.Context, address string, search bool) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err == nil || !search || !errors.Is(err, syscall.EADDRINUSE) {
		return listener, err
	}
	host, port, splitErr := net.SplitHostPort(address)
	if splitErr != nil {
		return nil, err
	}
	first, convErr := strconv.Atoi(port)
	if convErr != nil {
		return nil, err
	}
	for next := first + 1; next < first+portsTried && next <= 65535; next++ {
		listener, err := config.Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(next)))
		if err == nil || !errors.Is(err, syscall.EADDRINUSE) {
			return listener, err
		}
	}
	return nil, fmt.Errorf("no free port from %d on: %w", first, err)
}

// atLoopback reports whether listener can be reached from this machine alone. The settings were checked by their text, and a
// name, localhost too, is what the resolver makes of it.
func atLoopback(listener net.Listener) bool {
	address, ok := listener.Addr().(*net.TCPAddr)
	return ok && address.IP.IsLoopback()
}
