package bench

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// describe fills in what the system knows.
func (m *Machine) describe() {
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		m.Kernel = unix.ByteSliceToString(name.Release[:])
	}
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) == nil {
		m.MemoryMB = uint64(info.Totalram) * uint64(info.Unit) >> 20 //nolint:unconvert // narrower on 32 bits
	}
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(line, ":")
		if key = strings.TrimSpace(key); key == "model name" || key == "Model" {
			m.CPU = strings.TrimSpace(value)
			return
		}
	}
}
