package conn

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
)

// lot has the connections that wait for their client without a goroutine: a stack that has read TLS once is 8 KB, beside the
// 12 KB of all else that a quiet connection keeps. One goroutine waits for all of them on an epoll instance,
// which is itself watched by Go's own poller, so that no thread waits in a system call.
type lot struct {
	epoll int // its descriptor, which file owns
	file  *os.File
	raw   syscall.RawConn // of file

	mu     sync.Mutex
	parked map[int32]*Conn // by descriptor
}

// lotEvents is how many sockets one look finds at most; the rest is found by the next.
const lotEvents = 256

// openLot opens an empty lot, whose goroutine runs until close.
func openLot() (*lot, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil { // else Go's poller does not watch it
		_ = syscall.Close(fd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	l := &lot{epoll: fd, file: os.NewFile(uintptr(fd), "epoll"), parked: map[int32]*Conn{}}
	if l.raw, err = l.file.SyscallConn(); err != nil {
		_ = l.file.Close()
		return nil, err
	}
	go l.run()
	return l, nil
}

// close ends the lot's goroutine. Nobody may be parked.
func (l *lot) close() { _ = l.file.Close() }

// descriptor is the way to a socket's descriptor, below TLS; nil where it has none.
func descriptor(conn net.Conn) syscall.RawConn {
	for {
		switch layer := conn.(type) {
		case syscall.Conn:
			raw, err := layer.SyscallConn()
			if err != nil {
				return nil
			}
			return raw
		case interface{ NetConn() net.Conn }:
			conn = layer.NetConn()
		default:
			return nil
		}
	}
}

// park has c woken once there is something to read; at once where there is already. It is called with c.mu held.
func (l *lot) park(c *Conn, raw syscall.RawConn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	armed := false
	err := raw.Control(func(fd uintptr) {
		event := syscall.EpollEvent{Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | oneShot, Fd: int32(fd)}
		err := syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_MOD, int(fd), &event)
		if errors.Is(err, syscall.ENOENT) { // the first time; the kernel forgets it when the socket is closed
			err = syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, int(fd), &event)
		}
		if armed = err == nil; armed {
			l.parked[event.Fd], c.parkedAt = c, event.Fd
		}
	})
	return err == nil && armed
}

const oneShot = 1 << 30 // EPOLLONESHOT, see epoll_ctl(2); package syscall lacks it

// leave takes c out of the lot, where it is still in it. It is called with c.mu held.
func (l *lot) leave(c *Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.parked[c.parkedAt] == c {
		delete(l.parked, c.parkedAt)
	}
}

// run wakes connections until the lot is closed. A descriptor may be another socket's by the time that its event is looked
// at: that one wakes for nothing, and parks again.
func (l *lot) run() {
	events := make([]syscall.EpollEvent, lotEvents)
	for {
		n, err := l.wait(events)
		if err != nil {
			return // closed
		}
		for _, event := range events[:n] {
			l.mu.Lock()
			c := l.parked[event.Fd]
			delete(l.parked, event.Fd)
			l.mu.Unlock()
			if c != nil {
				c.wake()
			}
		}
	}
}

func (l *lot) wait(events []syscall.EpollEvent) (n int, err error) {
	closed := l.raw.Read(func(fd uintptr) bool {
		for {
			if n, err = syscall.EpollWait(int(fd), events, 0); !errors.Is(err, syscall.EINTR) {
				break
			}
		}
		return n > 0 || err != nil
	})
	if closed != nil {
		return 0, io.EOF
	}
	return n, err
}
