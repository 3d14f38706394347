package conn

import (
	"bufio"
	"fmt"
	"io"
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
