package conn

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"caudal/cipher"
)

// inBubble runs a test against a server without a network, whose sockets buffer nothing and whose time is the bubble's: what
// takes a day passes at once, and nothing depends on speed.
func inBubble(t *testing.T, h Handler, change func(*Config), test func(*testing.T, *pipeBank)) {
	keys := newKeys(t)
	synctest.Test(t, func(t *testing.T) {
		config := Config{Hosts: Hosts{"bank": true}, Keys: keys}
		if change != nil {
			change(&config)
		}
		s, err := New(config, h)
		if err != nil {
			t.Fatal(err)
		}
		b := &pipeBank{Server: s, listener: &pipeListener{sockets: make(chan net.Conn), done: make(chan struct{})}}
		program := &http.Server{Handler: s, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)}
		served := make(chan struct{})
		go func() {
			defer close(served)
			_ = program.Serve(b.listener)
		}()
		defer func() {
			for _, c := range b.clients {
				_ = c.ws.CloseNow()
			}
			if !s.isDraining() {
				if err := s.Drain(context.Background()); err != nil {
					t.Error(err)
				}
			}
			_ = program.Close()
			<-served
		}()
		test(t, b)
	})
}

type pipeBank struct {
	*Server
	listener *pipeListener
	clients  []*client
}

// dial gives a client whose socket is a pipe: a write of the server waits until the client reads.
func (b *pipeBank) dial(t *testing.T) *client {
	t.Helper()
	ws := b.open(t)
	offer := []string{cipher.Classic.Subprotocol()}
	hs, message1, err := cipher.NewClient(cipher.ClientConfig{
		Suite: cipher.Classic, Offered: offer, Verify: func([32]byte, []byte) error { return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, ws: ws, patient: true}
	if err := c.raw(websocket.MessageBinary, message1); err != nil {
		t.Fatal(err)
	}
	_, message2, err := ws.Read(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if c.channel, err = hs.Finish(message2); err != nil {
		t.Fatal(err)
	}
	b.clients = append(b.clients, c)
	synctest.Wait()
	return c
}

// open gives a WebSocket without a channel.
func (b *pipeBank) open(t *testing.T) *websocket.Conn {
	t.Helper()
	ws, _, err := websocket.Dial(context.Background(), "ws://bank/ws", &websocket.DialOptions{
		HTTPClient:   &http.Client{Transport: &http.Transport{DialContext: b.listener.dial, DisableKeepAlives: true}},
		Subprotocols: []string{cipher.Classic.Subprotocol()},
	})
	if err != nil {
		t.Fatal(err)
	}
	ws.SetReadLimit(cipher.MaxMessage)
	return ws
}

// keepReading reads until the connection ends, and gives what it read.
func (c *client) keepReading() <-chan ending {
	done := make(chan ending, 1)
	go func() {
		var e ending
		for {
			message, err := c.next()
			if err != nil {
				e.err, e.at = err, time.Now()
				done <- e
				return
			}
			e.messages = append(e.messages, stamped{message, time.Now()})
		}
	}()
	return done
}

// pipeListener is a net.Listener whose connections are pipes.
type pipeListener struct {
	sockets chan net.Conn
	done    chan struct{}
	once    sync.Once
	last    net.Conn // the client's end of the newest
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.sockets:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) dial(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case l.sockets <- pipeEnd{theirs}:
		l.last = ours
		return ours, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 9), Port: 1} }

// pipeEnd has the address of a client, as a real socket does.
type pipeEnd struct{ net.Conn }

func (pipeEnd) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 2} }
