package conn

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"

	"caudal/cipher"
	"caudal/protocol"
)

// parkedBank is a bank whose connections the test knows.
func parkedBank(t *testing.T, h *handler) (b *bank, opened chan *Conn) {
	if runtime.GOOS != "linux" {
		t.Skip("connections park on Linux alone")
	}
	opened = make(chan *Conn, 16)
	h.opened = func(c *Conn) { c.SignedIn(); opened <- c }
	return newBank(t, h, nil), opened
}

// parkNow ends the goroutine of a connection that has nothing to read, as the sweep does after a while.
func (c *Conn) parkNow(t *testing.T) {
	t.Helper()
	eventually(t, "the connection parks", func() bool {
		c.socket.rouse()
		return c.isParked()
	})
}

func (c *Conn) isParked() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.parked
}

func TestAParkedConnectionHasNoGoroutineAndMissesNothing(t *testing.T) {
	b, opened := parkedBank(t, new(handler))
	client := b.dial(t)
	c := <-opened
	for id := uint64(1); id <= 20; id++ {
		c.parkNow(t)
		eventually(t, "its goroutine has ended", func() bool { return !strings.Contains(stacks(), "conn.(*Conn).read(") })
		c.Event(balance(1, id))
		if m, err := client.next(); err != nil || m.GetEvent().GetBalance().GetVersion() != id {
			t.Fatalf("heard %v, %v", m, err)
		}
		client.ping(id)
		if got := client.reply().GetId(); got != id {
			t.Fatalf("answered %d, want %d", got, id)
		}
	}
}

func stacks() string {
	all := make([]byte, 1<<20)
	return string(all[:runtime.Stack(all, true)])
}

func TestAParkedConnectionEndsLikeAnyOther(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *bank, *Conn, *client){
		"the client says bye": func(t *testing.T, _ *bank, _ *Conn, client *client) {
			record := must(client.channel.SealClose(nil, uint16(protocol.CloseBye)))
			if err := client.raw(websocket.MessageBinary, record); err != nil {
				t.Fatal(err)
			}
			client.wantClose(protocol.CloseBye)
		},
		"the client is cut off": func(_ *testing.T, _ *bank, _ *Conn, client *client) { _ = client.ws.CloseNow() },
		"the server closes it": func(_ *testing.T, _ *bank, c *Conn, client *client) {
			c.Close(protocol.CloseDeviceRevoked)
			client.wantClose(protocol.CloseDeviceRevoked)
		},
		"the server cuts it": func(_ *testing.T, _ *bank, c *Conn, _ *client) { c.abort(errors.New("a test")) },
		"the server drains": func(t *testing.T, b *bank, _ *Conn, client *client) {
			go func() {
				if err := b.Drain(context.Background()); err != nil {
					t.Error(err)
				}
			}()
			client.wantClose(protocol.CloseDraining)
		},
	} {
		t.Run(name, func(t *testing.T) {
			closed := make(chan *Conn, 1)
			b, opened := parkedBank(t, &handler{closed: func(c *Conn) { closed <- c }})
			client := b.dial(t)
			c := <-opened
			c.parkNow(t)
			end(t, b, c, client)
			<-closed
			eventually(t, "the place is given back", func() bool { return b.Stats().Open == 0 })
		})
	}
}

// A message that comes in pieces, of frames and of TLS's records, is never torn by a connection's going to park.
func TestParkingTearsNoMessage(t *testing.T) {
	b, opened := parkedBank(t, new(handler))
	pieces := &dribble{Conn: must(net.Dial("tcp", b.address()))}
	raw := tls.Client(pieces, b.tls)
	defer raw.Close()
	channel := shake(t, b, raw)
	c := <-opened
	var stop atomic.Bool
	var rousing sync.WaitGroup
	rousing.Go(func() {
		for !stop.Load() {
			c.socket.rouse()
			runtime.Gosched()
		}
	})
	defer rousing.Wait()
	defer stop.Store(true)
	pieces.slow.Store(true)
	for id := uint64(1); id <= 30; id++ {
		if _, err := raw.Write(masked(0x82, must(channel.Seal(nil, pingFrame(id))))); err != nil {
			t.Fatal(err)
		}
		if record, err := channel.Open(nil, frameOf(t, raw)); err != nil || record.Type != cipher.RecordData {
			t.Fatalf("answered %v, %v", record, err)
		}
	}
}

// dribble writes a few bytes at a time, each piece a packet of its own.
type dribble struct {
	net.Conn
	slow atomic.Bool
}

func (d *dribble) Write(p []byte) (int, error) {
	written := 0
	for len(p) > 0 {
		piece := p
		if d.slow.Load() {
			piece = p[:min(7, len(p))]
		}
		n, err := d.Conn.Write(piece)
		written += n
		if err != nil {
			return written, err
		}
		p = p[n:]
		runtime.Gosched()
	}
	return written, nil
}

// Connections park, wake and end at once: the race detector looks on.
func TestParkingAmongEverythingElse(t *testing.T) {
	var live sync.Map
	b, _ := parkedBank(t, new(handler))
	h := b.handler.(*handler)
	h.opened = func(c *Conn) { c.SignedIn(); live.Store(c, true) }
	h.closed = func(c *Conn) { live.Delete(c) }
	var stop atomic.Bool
	var others, clients sync.WaitGroup
	others.Go(func() {
		for v := uint64(1); !stop.Load(); v++ {
			live.Range(func(key, _ any) bool {
				c := key.(*Conn)
				c.socket.rouse()
				if v%50 == 0 {
					c.Event(balance(1, v))
				}
				if v%2000 == 0 {
					c.Close(protocol.CloseAge)
				}
				return true
			})
			runtime.Gosched()
		}
	})
	for range 6 {
		clients.Go(func() {
			for range 4 {
				c, err := b.tryDial(t, dialling{})
				if err != nil {
					t.Error(err)
					return
				}
				for id := uint64(1); id < 100; id++ {
					message, err := c.channel.Seal(nil, pingFrame(id))
					if err != nil || c.raw(websocket.MessageBinary, message) != nil {
						break
					}
					if _, err := c.next(); err != nil {
						break
					}
				}
				_ = c.ws.CloseNow()
			}
		})
	}
	clients.Wait()
	stop.Store(true)
	others.Wait()
	eventually(t, "everybody has left", func() bool { return b.Stats().Open == 0 })
}
