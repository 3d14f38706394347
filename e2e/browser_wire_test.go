package e2e

import (
	"net"
	"sync"
	"testing"
)

// wire is the network between a browser and a bank: bytes that it carries, holds back in one direction or both, or loses
// with the connection. What is held back arrives when the wire is mended, as after a while without reception.
type wire struct {
	address string // where the browser finds the bank
	bank    string
	mu      sync.Mutex
	change  *sync.Cond
	held    map[string]bool // by direction
	links   map[*link]bool
	ended   bool
}

// link is one TCP connection through the wire.
type link struct {
	near, far net.Conn
	cut       bool
}

// startWire lays a wire at address to the bank's listener.
func startWire(t testing.TB, address, bank string) *wire {
	t.Helper()
	listener := must[net.Listener](t)(net.Listen("tcp", address))
	w := &wire{address: address, bank: bank, held: map[string]bool{}, links: map[*link]bool{}}
	w.change = sync.NewCond(&w.mu)
	var carrying sync.WaitGroup
	carrying.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			carrying.Go(func() { w.carry(near) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		w.mu.Lock()
		w.ended = true
		w.mu.Unlock()
		w.cut()
		carrying.Wait()
	})
	return w
}

func (w *wire) page() string { return "https://" + w.address + "/" }

func (w *wire) carry(near net.Conn) {
	far, err := net.Dial("tcp", w.bank)
	if err != nil {
		near.Close()
		return
	}
	l := &link{near: near, far: far}
	w.mu.Lock()
	if w.ended {
		l.cut = true
	}
	w.links[l] = true
	w.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { w.pump(l, up, near, far) })
	both.Go(func() { w.pump(l, down, far, near) })
	both.Wait()
	w.mu.Lock()
	delete(w.links, l)
	w.mu.Unlock()
}

// pump carries one direction of a link; its end ends both.
func (w *wire) pump(l *link, direction string, from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil || !w.passes(l, direction) {
			return
		}
		if _, err := to.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// passes waits while the direction is held, and reports whether the link is still whole then.
func (w *wire) passes(l *link, direction string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.held[direction] && !l.cut {
		w.change.Wait()
	}
	return !l.cut
}

// hold carries nothing in the directions any more, on links that are there and on new ones, and tells nobody.
func (w *wire) hold(directions ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, direction := range directions {
		w.held[direction] = true
	}
}

// mend carries everything again, first what was held back.
func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.held)
	w.change.Broadcast()
}

// cut ends all links, as a router that restarts; what was held back on them is lost.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for l := range w.links {
		l.cut = true
		l.near.Close()
		l.far.Close()
	}
	w.change.Broadcast()
}
