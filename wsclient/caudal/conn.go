package caudal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/coder/websocket"

	"caudal/protocol"
)

const messageType = websocket.MessageBinary

// Conn is a connection to the bank that survives its sockets. All methods may be called concurrently; calls that are
// made at the same time share frames.
type Conn struct {
	config Config
	host   string // host:port
	trust  trust
	clock  clock
	mint   mint
	log    *slog.Logger

	life    context.Context // ends with Close
	end     context.CancelCauseFunc
	ended   chan struct{} // closed when supervise has returned
	closing sync.Once

	mu           sync.Mutex
	link         *link         // that takes commands; nil while there is none
	current      *link         // that stands, also when it drains
	changed      chan struct{} // closed, and made anew, whenever what is below changes
	err          error         // why the Conn has ended
	outage       error         // why there is no link
	retry        time.Time     // when the next attempt is made
	comeBack     time.Duration // the last drain notice
	bank         Bank
	device       *Device // signs in again after each loss; nil before the first sign-in
	user         *User
	currencies   map[string]string // of accounts, by CLABE
	inbox        *inbox            // of whoever follows the events; nil where nobody does
	unsubscribed chan struct{}     // closed when the last loop's subscription has ended; nil before the first
}

// Dial connects to the bank and makes sure that it is the bank. It does not sign in: that is Register, Login or Resume.
// One attempt is made; it is the Conn that connects again, once it has stood.
//
// Errors: [ErrURL]; what says that it is not the bank, or may not be, certs.ErrUnknownIdentity, certs.ErrIdentityChanged,
// certs.ErrMalformedPin, and the other errors of certs; [ErrSubprotocol], [ErrRedirect], [ErrProtocol]; and
// [ErrDisconnected] with whatever the network says.
func Dial(ctx context.Context, config Config) (*Conn, error) {
	host, err := config.address()
	if err != nil {
		return nil, err
	}
	if err := config.check(); err != nil {
		return nil, err
	}
	c := &Conn{
		config: config, host: host, log: config.Log, ended: make(chan struct{}), changed: make(chan struct{}),
		currencies: map[string]string{},
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	c.trust = trust{config: &c.config, host: host}
	if err := c.trust.load(); err != nil {
		return nil, err
	}
	l, err := c.connect(ctx)
	if stranger, ok := errors.AsType[*strangerError](err); ok {
		// Asked with no connection open: a person may take longer than the bank waits for a handshake.
		if err := c.trust.meet(ctx, stranger); err != nil {
			return nil, err
		}
		l, err = c.connect(ctx)
	}
	if err != nil {
		return nil, err
	}
	c.life, c.end = context.WithCancelCause(context.Background())
	c.publish(l)
	go c.supervise(l)
	return c, nil
}

// Close says good-bye and ends the Conn: calls in flight end, and what they asked for may or may not be done.
func (c *Conn) Close() error {
	c.closing.Do(func() { c.end(ErrClosed) })
	<-c.ended
	return nil
}

// Bank is who is on the other side.
func (c *Conn) Bank() Bank {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bank
}

// NewKey makes an idempotency key by the bank's clock, greater than all before it. Save it, with the order, before the
// order goes out, and a crash of this program pays nothing twice.
func (c *Conn) NewKey() Key { return c.mint.key(c.clock.now()) }

// Now is the bank's time.
func (c *Conn) Now() time.Time { return c.clock.now() }

// Ping asks the bank whether it is there, and returns how long the answer took.
func (c *Conn) Ping(ctx context.Context) (time.Duration, error) {
	asked := time.Now()
	reply, err := c.ask(ctx, &protocol.Command{Request: &protocol.Command_Ping{Ping: &protocol.PingRequest{}}})
	if err != nil {
		return 0, err
	}
	if _, ok := reply.GetResult().(*protocol.Reply_Ping); !ok {
		return 0, c.wrongResult("ping")
	}
	return time.Since(asked), nil
}

// connect makes a link: socket, channel, hello, and the sign-in where there was one before.
func (c *Conn) connect(ctx context.Context) (*link, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, openTimeout, fmt.Errorf("%w: it took longer than %v", ErrDisconnected, openTimeout))
	defer cancel()
	s, err := c.open(ctx, c.trust.pinned())
	if err != nil {
		return nil, err
	}
	l, err := c.shake(ctx, s)
	if err != nil {
		_ = s.ws.CloseNow()
		return nil, err
	}
	l.clock, l.events = &c.clock, c.event
	l.start()
	if err := c.greet(ctx, l); err != nil {
		l.hangUp(protocol.CloseBye, fmt.Errorf("%w: %w", ErrDisconnected, err))
		return nil, err
	}
	return l, nil
}

// greet says hello, and signs in again.
func (c *Conn) greet(ctx context.Context, l *link) error {
	asked := time.Now()
	reply, _, err := l.roundTrip(ctx, &protocol.Command{Request: &protocol.Command_Hello{
		Hello: &protocol.HelloRequest{Client: c.config.Client, Version: protocol.Version},
	}})
	if err != nil {
		return err
	}
	if e := reply.GetError(); e != nil {
		return refusal(e)
	}
	hello := reply.GetHello()
	if hello == nil || hello.GetVersion() != protocol.Version {
		return violation("hello is answered by version %d", hello.GetVersion())
	}
	if err := c.clock.roundTrip(hello.GetTimeUs(), asked, time.Now()); err != nil {
		return err
	}
	l.bank.Server, l.bank.Demo = plain(hello.GetServer()), hello.GetDemo()
	l.live(hello)

	c.mu.Lock()
	device := c.device
	c.mu.Unlock()
	if device == nil {
		return nil
	}
	command, err := resumeCommand(l, device)
	if err != nil {
		return err
	}
	reply, _, err = l.roundTrip(ctx, command)
	if err != nil {
		return err
	}
	user, err := signedIn(reply)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.user, l.device = user, device
	return nil
}

// publish makes the link the one that takes commands; false where the user has signed in, on a link that is gone by now,
// without this one knowing.
func (c *Conn) publish(l *link) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.device != c.device {
		return false
	}
	c.link, c.current, c.bank = l, l, l.bank
	c.outage, c.retry, c.comeBack = nil, time.Time{}, 0
	c.notify()
	return true
}

// down says that there is no link, and when the next attempt is made.
func (c *Conn) down(cause error, wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.link, c.current = nil, nil
	c.outage, c.retry = cause, time.Now().Add(wait)
	c.notify()
}

// finish ends the Conn for good.
func (c *Conn) finish(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.link, c.current, c.err = nil, nil, cause
	c.notify()
}

// notify wakes all who wait for a change. c.mu is held.
func (c *Conn) notify() {
	close(c.changed)
	c.changed = make(chan struct{})
	if c.inbox != nil {
		c.inbox.signal()
	}
}

// ready waits for a link that takes commands. The error is why the Conn has ended, or the context's end together with
// why there is no link.
func (c *Conn) ready(ctx context.Context) (*link, error) {
	for {
		c.mu.Lock()
		l, err, outage, changed := c.link, c.err, c.outage, c.changed
		c.mu.Unlock()
		if err != nil {
			return nil, err
		}
		if l != nil {
			return l, context.Cause(ctx) // what nobody waits for is not sent
		}
		select {
		case <-changed:
		case <-ctx.Done():
			if outage == nil {
				return nil, context.Cause(ctx)
			}
			return nil, fmt.Errorf("%w: %w", context.Cause(ctx), outage)
		}
	}
}

// wrongResult ends the connection of a bank that answers something that was not asked.
func (c *Conn) wrongResult(command string) error {
	return c.broken(violation("%s is answered by something else", command))
}

// broken ends the connection for a violation that was found after its frame was read, and returns it.
func (c *Conn) broken(err error) error {
	if errors.Is(err, ErrProtocol) {
		c.mu.Lock()
		l := c.current
		c.mu.Unlock()
		if l != nil {
			go l.hangUp(protocol.CloseBadFrame, err)
		}
	}
	return err
}

// currenciesMax bounds what a server can make a client remember; nobody has as many accounts.
const currenciesMax = 1 << 14

func (c *Conn) remember(account, currency string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.currencies) >= currenciesMax {
		clear(c.currencies)
	}
	c.currencies[account] = currency
}

func (c *Conn) recall(account string) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	currency, ok := c.currencies[account]
	return currency, ok
}
