package bench

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// process is one whose use of the machine can be read.
type process struct{ pid int }

func ownProcess() *process { return &process{os.Getpid()} }

// listenerOf finds the process that listens on a loopback address of this machine, or nil where it is not to be seen: it is
// another user's, or in another container.
func listenerOf(address netip.AddrPort) *process {
	inode := listeningInode(address)
	if inode == "" {
		return nil
	}
	want := "socket:[" + inode + "]"
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		folder := filepath.Join("/proc", entry.Name(), "fd")
		files, err := os.ReadDir(folder)
		if err != nil {
			continue // another user's
		}
		for _, file := range files {
			if target, err := os.Readlink(filepath.Join(folder, file.Name())); err == nil && target == want {
				return &process{pid}
			}
		}
	}
	return nil
}

// tcpListen is the state of a listening socket in /proc/net/tcp.
const tcpListen = "0A"

// listeningInode looks the socket up: one that is bound to the address itself before one that is bound to all.
func listeningInode(address netip.AddrPort) (inode string) {
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line)
			if len(fields) < 10 || fields[3] != tcpListen {
				continue
			}
			local, ok := parseProcAddress(fields[1])
			if !ok || local.Port() != address.Port() {
				continue
			}
			if local.Addr().Unmap() == address.Addr().Unmap() {
				return fields[9]
			}
			if local.Addr().IsUnspecified() {
				inode = fields[9]
			}
		}
	}
	return inode
}

// parseProcAddress reads ADDRESS:PORT in hexadecimal, the address in words of the machine's byte order.
func parseProcAddress(text string) (netip.AddrPort, bool) {
	host, port, ok := strings.Cut(text, ":")
	number, err := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil || len(host) != 8 && len(host) != 32 {
		return netip.AddrPort{}, false
	}
	var raw []byte
	for ; host != ""; host = host[8:] {
		word, err := strconv.ParseUint(host[:8], 16, 32)
		if err != nil {
			return netip.AddrPort{}, false
		}
		raw = binary.NativeEndian.AppendUint32(raw, uint32(word))
	}
	address, ok := netip.AddrFromSlice(raw)
	return netip.AddrPortFrom(address, uint16(number)), ok
}

// use is what the process has used of the processors since it began, and its resident memory now.
func (p *process) use() (cpu time.Duration, residentKB uint64, err error) {
	// The clock of another process's time: see clock_getcpuclockid(3). It counts nanoseconds, where /proc counts 10 ms.
	const scheduled = 2
	var spent unix.Timespec
	if err := unix.ClockGettime(int32(^p.pid<<3|scheduled), &spent); err != nil {
		return 0, 0, err
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", p.pid))
	if err != nil {
		return 0, 0, err
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return 0, 0, fmt.Errorf("malformed /proc/%d/statm", p.pid)
	}
	pages, err := strconv.ParseUint(string(fields[1]), 10, 64)
	if err != nil {
		return 0, 0, err
	}
	return time.Duration(spent.Nano()), pages * uint64(os.Getpagesize()) / 1024, nil
}
