//go:build !linux

package conn

import (
	"errors"
	"net"
	"syscall"
)

// lot is Linux's: elsewhere a quiet connection keeps its goroutine.
type lot struct{}

func openLot() (*lot, error) { return nil, errors.ErrUnsupported }

func (*lot) close() {}

func descriptor(net.Conn) syscall.RawConn { return nil }

func (*lot) park(*Conn, syscall.RawConn) bool { return false }

func (*lot) leave(*Conn) {}
