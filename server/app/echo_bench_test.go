package app

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"

	"caudal/certs"
)

// serverEcho, as the value of serverEnv, makes this binary a server that gives back what it reads over TLS 1.3 and knows
// nothing else: what no program in its place can do for less.
const serverEcho = "echo"

// echoBytes is a ping's frame: header, the smallest record, its tag.
const echoBytes = 2 + 64 + 16

// BenchmarkEcho reports the processor time of a process that only echoes over TLS, one message in flight: the floor under
// BenchmarkPing's, in the same run.
func BenchmarkEcho(b *testing.B) {
	p, stdout := launch(b, serverEnv+"="+serverEcho)
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	socket, err := tls.Dial("tcp", strings.TrimSpace(address), &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13})
	if err != nil {
		b.Fatal(err)
	}
	defer socket.Close()
	message := make([]byte, echoBytes)
	echo := func() {
		sure(socket.Write(message))
		sure(io.ReadFull(socket, message))
	}
	for range 1000 {
		echo()
	}
	used := p.cpu(b)
	for b.Loop() {
		echo()
	}
	b.ReportMetric(float64((p.cpu(b)-used).Nanoseconds())/float64(b.N), "server-ns/echo")
	p.stop(b)
}

// beEcho serves until standard input ends.
func beEcho() int {
	t, err := certs.DevelopmentTLS(".", certs.Options{})
	sure(0, err)
	config := t.Config()
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	sure(0, err)
	sure(fmt.Fprintln(os.Stdout, listener.Addr()))
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = listener.Close()
	}()
	for {
		raw, err := listener.Accept()
		if err != nil {
			return exitDone
		}
		go func() {
			socket := tls.Server(raw, config)
			defer socket.Close()
			message := make([]byte, 4<<10)
			for {
				n, err := socket.Read(message)
				if err != nil {
					return
				}
				if _, err := socket.Write(message[:n]); err != nil {
					return
				}
			}
		}()
	}
}
