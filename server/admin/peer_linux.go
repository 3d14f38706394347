package admin

import (
	"errors"
	"net"

	"golang.org/x/sys/unix"
)

// peerUser asks the kernel which user is at the other end of a Unix socket.
func peerUser(conn net.Conn) (uid int, err error) {
	socket, ok := conn.(*net.UnixConn)
	if !ok {
		return -1, errors.New("not a Unix socket")
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return -1, err
	}
	var credentials *unix.Ucred
	var failure error
	if err := raw.Control(func(fd uintptr) {
		credentials, failure = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	}); err != nil {
		return -1, err
	}
	if failure != nil {
		return -1, failure
	}
	return int(credentials.Uid), nil
}
