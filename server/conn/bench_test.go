package conn

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"caudal/cipher"
)

// cpu is what this process has used so far.
func cpu(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkEcho measures one round trip of a record with n pings, over TLS 1.3 on 127.0.0.1: latency, and the CPU and the
// allocations of both sides for each ping. The client allocates nothing, so the allocations are the server's.
func BenchmarkEcho(b *testing.B) {
	for _, n := range []uint64{1, 16, 64} {
		b.Run(fmt.Sprintf("pings=%d", n), func(b *testing.B) {
			bank := newBank(b, new(handler), nil)
			raw := bank.socket(b, "")
			_ = raw.SetDeadline(time.Time{})
			channel := shake(b, bank, raw)
			frame := pingFrame(upTo(1, n)...)
			reader := bufio.NewReaderSize(raw, 64<<10)
			out, in := make([]byte, 0, 64<<10), make([]byte, 64<<10)
			round := func() {
				out = appendMasked(out[:0], cipher.SealedLen(len(frame)))
				out = must(channel.Seal(out, frame))
				if _, err := raw.Write(out); err != nil {
					b.Fatal(err)
				}
				for heard := uint64(0); heard < n; {
					message := readFrame(b, reader, in)
					record, err := channel.Open(message[:0], message)
					if err != nil {
						b.Fatal(err)
					}
					for body := record.Body; len(body) > 0; body = body[2+int(body[1]):] { // pongs are short
						heard++
					}
				}
			}
			for range 100 {
				round()
			}
			b.ReportAllocs()
			used := cpu(b)
			b.ResetTimer()
			for range b.N {
				round()
			}
			b.StopTimer()
			b.ReportMetric(float64((cpu(b)-used).Nanoseconds())/float64(b.N)/float64(n), "cpu-ns/ping")
		})
	}
}

// appendMasked appends the header of a client's binary frame, masked with zeros.
func appendMasked(dst []byte, n int) []byte {
	switch {
	case n < 126:
		dst = append(dst, 0x82, 0x80|byte(n))
	default:
		dst = append(dst, 0x82, 0x80|126, byte(n>>8), byte(n))
	}
	return append(dst, 0, 0, 0, 0)
}

// readFrame reads one frame of less than 64 KB into p.
func readFrame(b *testing.B, r *bufio.Reader, p []byte) []byte {
	header, err := r.Peek(2)
	if err != nil {
		b.Fatal(err)
	}
	n, skip := int(header[1]), 2
	if n == 126 {
		if header, err = r.Peek(4); err != nil {
			b.Fatal(err)
		}
		n, skip = int(header[2])<<8|int(header[3]), 4
	}
	_, _ = r.Discard(skip)
	if _, err := io.ReadFull(r, p[:n]); err != nil {
		b.Fatal(err)
	}
	return p[:n]
}

const clientsEnv = "CAUDAL_TEST_CLIENTS"

// BenchmarkIdleConnection reports the resident memory of the server for each idle connection, TLS and channel included; the
// clients are another process. Sockets' memory in the kernel is not in it.
func BenchmarkIdleConnection(b *testing.B) {
	if _, err := os.Stat("/proc/self/status"); err != nil {
		b.Skip("needs /proc")
	}
	count := 2000
	if n, err := strconv.Atoi(os.Getenv("CAUDAL_BENCH_CONNECTIONS")); err == nil {
		count = n
	}
	for range b.N {
		bank := newBank(b, new(handler), func(c *Config) {
			c.Limits.Connections, c.Limits.PerAddress = 2*count, 2*count
			c.Log = nil
		})
		warm := bank.dial(b)
		warm.ping(1)
		warm.reply()
		before := resident(b)
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", clientsEnv, count, bank.address()))
		stdin, err := child.StdinPipe()
		if err != nil {
			b.Fatal(err)
		}
		child.Stderr = os.Stderr
		if err := child.Start(); err != nil {
			b.Fatal(err)
		}
		for end := time.Now().Add(5 * time.Minute); bank.Stats().Opened < uint64(count)+1; <-time.After(10 * time.Millisecond) {
			if time.Now().After(end) {
				b.Fatal("the clients do not come")
			}
		}
		after := resident(b)
		b.ReportMetric(float64(after-before)/float64(count), "KB/conn")
		debug.FreeOSMemory() // what the handshakes left behind
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(resident(b)-before)/float64(count), "KB/conn-after-gc")
		b.ReportMetric(float64(m.HeapAlloc)/1024/float64(count), "heap-KB/conn")
		b.ReportMetric(float64(m.StackInuse)/1024/float64(count), "stack-KB/conn")
		if path := os.Getenv("CAUDAL_BENCH_HEAP"); path != "" {
			f := must(os.Create(path))
			_ = pprof.WriteHeapProfile(f)
			_ = f.Close()
		}
		_ = stdin.Close()
		_ = child.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		_ = bank.Drain(ctx)
		cancel()
	}
}

// resident is this process's resident memory, in KB.
func resident(b *testing.B) int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			return must(strconv.Atoi(strings.Fields(rest)[0]))
		}
	}
	b.Fatal("no VmRSS")
	return 0
}

// beClients is the other process of BenchmarkIdleConnection: connections that do nothing until standard input ends.
func beClients(role string) int {
	count, address, _ := strings.Cut(role, " ")
	n := must(strconv.Atoi(count))
	b := &testing.B{}
	bank := &bank{url: "wss://" + address + "/ws", tls: &tls.Config{InsecureSkipVerify: true}}
	var keep []any
	for range n {
		c, err := bank.tryDial(b, dialling{})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		c.ping(1)
		c.reply()
		keep = append(keep, c)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = keep
	return 0
}
