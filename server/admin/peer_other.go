//go:build !linux && !darwin

package admin

import (
	"errors"
	"net"
)

// peerUser lets nobody in where the kernel cannot be asked: operators stop the server first there.
func peerUser(net.Conn) (uid int, err error) {
	return -1, errors.New("this system does not say who is at the other end of a socket")
}
