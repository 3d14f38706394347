package caudal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"caudal/models/clabe"
	"caudal/protocol"
)

const (
	// accountsMax and devicesMax bound what a server can make a client follow.
	accountsMax = 1 << 12
	devicesMax  = 1 << 12
)

var (
	// errLeft is the end of a loop that its user has left.
	errLeft = errors.New("the loop was left")
	// errNextLink is the end of a link while the loop used it.
	errNextLink = errors.New("the link has ended")
)

// follower is the state of one loop over the events. It runs on the loop's own goroutine: while the loop's body works,
// nothing is processed, and what comes waits in the inbox or is dropped there and asked for again.
type follower struct {
	c     *Conn
	ctx   context.Context
	yield func(Event, error) bool
	box   *inbox

	from     map[string]Position // what the caller has seen, until the first subscription
	link     *link               // on which it is subscribed
	accounts map[string]*followed
	devices  map[DeviceID]string // their names
	begun    bool                // the first subscription stands
	stale    bool                // something came that the last subscription does not explain
	shown    *State              // last; nil before the first
}

// follow runs a loop from beginning to end.
func (c *Conn) follow(ctx context.Context, from []Position, yield func(Event, error) bool) {
	box, err := c.attach(ctx)
	if err != nil {
		yield(nil, err)
		return
	}
	f := &follower{
		c: c, ctx: ctx, yield: yield, box: box,
		from: map[string]Position{}, accounts: map[string]*followed{}, devices: map[DeviceID]string{},
	}
	defer func() { c.detach(f.link) }()
	if err = f.begin(from); err == nil {
		err = f.run()
	}
	if errors.Is(err, errLeft) {
		return
	}
	if diverged, ok := errors.AsType[*DivergedError](err); ok {
		c.log.Error("the history has diverged", "account", diverged.Account, "seq", diverged.Seq, "why", diverged.Why)
		yield(Diverged{Account: diverged.Account, Seq: diverged.Seq, Why: diverged.Why}, err)
		return
	}
	yield(nil, c.broken(err))
}

// begin takes over the caller's positions.
func (f *follower) begin(from []Position) error {
	if len(from) > accountsMax {
		return fmt.Errorf("%d positions are more than %d", len(from), accountsMax)
	}
	for _, p := range from {
		if _, err := clabe.Parse(p.Account); err != nil {
			return fmt.Errorf("a position's account: %w", err)
		}
		f.from[p.Account] = p
	}
	return nil
}

// run ends with an error, always.
func (f *follower) run() error {
	for {
		items, lost := f.box.take()
		newest := f.newest(items)
		for i := range items {
			if items[i].link != f.link {
				continue // of a connection that has been replaced; the next one told it all
			}
			balance := items[i].event.GetBalance()
			if balance != nil && balance.GetVersion() < newest[balance.GetAccount()] && f.wouldFetch(balance) {
				continue // one fetch will do for all that wait
			}
			if err := f.handle(items[i].event); err != nil {
				return err
			}
		}
		l, state, err := f.c.standing()
		switch {
		case err != nil && len(items) == 0: // only after the last words, such as whose device was revoked
			return err
		case err != nil:
			continue
		case l == nil:
			err = f.show(state)
		case l != f.link || lost || f.stale || !f.begun:
			err = f.subscribe(l)
		}
		if err != nil && !errors.Is(err, errNextLink) {
			return err
		}
		if err == nil {
			if err := f.wait(); err != nil {
				return err
			}
		} else if err := f.afterLink(l); err != nil {
			return err
		}
	}
}

// newest is the newest version of each account among what waits.
func (f *follower) newest(items []item) map[string]uint64 {
	if len(items) < 2 {
		return nil
	}
	versions := map[string]uint64{}
	for _, i := range items {
		if b := i.event.GetBalance(); b != nil && i.link == f.link {
			versions[b.GetAccount()] = max(versions[b.GetAccount()], b.GetVersion())
		}
	}
	return versions
}

// wait sleeps until something may have come.
func (f *follower) wait() error {
	select {
	case <-f.box.wake:
		return nil
	case <-f.ctx.Done():
		return context.Cause(f.ctx)
	}
}

// afterLink waits until the Conn, too, knows that the link has ended.
func (f *follower) afterLink(l *link) error {
	for {
		if standing, _, _ := f.c.standing(); standing != l {
			return nil // run says what is next, or why nothing is
		}
		if err := f.wait(); err != nil {
			return err
		}
	}
}

// emit hands an event to the loop.
func (f *follower) emit(e Event) error {
	if !f.yield(e, nil) {
		return errLeft
	}
	return context.Cause(f.ctx)
}

// show tells the loop whether what it sees is live, where that has changed.
func (f *follower) show(s State) error {
	if f.shown != nil && s == *f.shown {
		return nil
	}
	f.shown = &s
	return f.emit(s)
}

// ask sends a command on this very link: a subscription belongs to one.
func (f *follower) ask(l *link, command *protocol.Command) (*protocol.Reply, error) {
	for attempt := 0; ; attempt++ {
		reply, _, err := l.roundTrip(f.ctx, again(command))
		if err != nil {
			if linkEnded(l) && !forGood(err) && f.ctx.Err() == nil {
				return nil, errNextLink
			}
			return nil, err
		}
		if reply.GetError() == nil {
			return reply, nil
		}
		refused := refusal(reply.GetError())
		if err := f.patience(refused, attempt); err != nil {
			return nil, err
		}
	}
}

// page fetches a page of history, over as many links as it takes.
func (f *follower) page(query HistoryQuery, currency string) (*HistoryPage, error) {
	for attempt := 0; ; attempt++ {
		page, err := f.c.page(f.ctx, query, currency)
		if err == nil {
			return page, nil
		}
		if err := f.patience(err, attempt); err != nil {
			return nil, err
		}
	}
}

// patience waits where the bank says that the same may succeed later; else it returns the error.
func (f *follower) patience(err error, attempt int) error {
	refused, ok := errors.AsType[*Error](err)
	if !ok || !refused.Retryable {
		return err
	}
	return pause(f.ctx, repeatDelay(attempt, refused.After))
}

// subscribe asks where everything stands, with what the loop has seen, and shows what it has not. From the reply on, the
// link brings each change as an event.
func (f *follower) subscribe(l *link) error {
	if l == f.link { // again: what came was more than there was room for, or not to be understood
		if _, err := f.ask(l, &protocol.Command{Request: &protocol.Command_Unsubscribe{Unsubscribe: &protocol.UnsubscribeRequest{}}}); err != nil {
			return err
		}
	}
	f.link, f.stale = l, false
	f.box.reset()
	request := &protocol.SubscribeRequest{}
	for clabe, a := range f.accounts {
		request.Positions = appendPosition(request.Positions, Position{Account: clabe, Seq: a.seq, Head: a.head})
	}
	if !f.begun {
		for _, p := range f.from {
			request.Positions = appendPosition(request.Positions, p)
		}
	}
	reply, err := f.ask(l, &protocol.Command{Request: &protocol.Command_Subscribe{Subscribe: request}})
	if err != nil {
		return err
	}
	result, ok := reply.GetResult().(*protocol.Reply_Subscribe)
	if !ok {
		return violation("subscribe is answered by something else")
	}
	if err := f.catchUpAll(result.Subscribe.GetAccounts()); err != nil {
		return err
	}
	if err := f.compareDevices(result.Subscribe.GetDevices()); err != nil {
		return err
	}
	f.begun, f.from = true, nil
	return f.show(State{Live: true})
}

// appendPosition leaves out an account of which nothing has been seen: its first leg needs no history to continue.
func appendPosition(positions []*protocol.Position, p Position) []*protocol.Position {
	if p.Seq == 0 {
		return positions
	}
	return append(positions, &protocol.Position{Account: p.Account, Seq: p.Seq, Head: p.Head[:]})
}

// handle takes one event of the link on which the loop is subscribed.
func (f *follower) handle(e *protocol.Event) error {
	switch kind := e.GetKind().(type) {
	case *protocol.Event_Balance:
		return f.changed(kind.Balance)
	case *protocol.Event_AccountOpened:
		return f.opened(kind.AccountOpened.GetAccount())
	case *protocol.Event_AccountRenamed:
		return f.renamed(kind.AccountRenamed.GetAccount())
	case *protocol.Event_DeviceAdded:
		device, err := deviceInfo(kind.DeviceAdded.GetDevice())
		if err != nil {
			return err
		}
		return f.deviceAdded(device)
	case *protocol.Event_DeviceRenamed:
		id, err := readDeviceID(kind.DeviceRenamed.GetDeviceId())
		if err != nil {
			return err
		}
		return f.deviceRenamed(id, kind.DeviceRenamed.GetName())
	case *protocol.Event_DeviceRevoked:
		id, err := readDeviceID(kind.DeviceRevoked.GetDeviceId())
		if err != nil {
			return err
		}
		return f.deviceRevoked(id)
	case *protocol.Event_Draining:
		return f.emit(Draining{ComeBackWithin: millis(kind.Draining.GetComeBackWithinMs())})
	}
	return nil // one of a later version
}

// compareDevices tells what has happened to the devices while nobody listened.
func (f *follower) compareDevices(devices []*protocol.Device) error {
	if len(devices) > devicesMax {
		return violation("there are %d devices", len(devices))
	}
	there := map[DeviceID]bool{}
	for _, d := range devices {
		device, err := deviceInfo(d)
		if err != nil {
			return err
		}
		there[device.ID] = true
		if !f.begun {
			f.devices[device.ID] = device.Name
			continue
		}
		if err := f.deviceRenamed(device.ID, device.Name); err != nil {
			return err
		}
		if err := f.deviceAdded(device); err != nil {
			return err
		}
	}
	for id := range f.devices {
		if !there[id] {
			if err := f.deviceRevoked(id); err != nil {
				return err
			}
		}
	}
	return nil
}

func (f *follower) deviceAdded(device DeviceInfo) error {
	if _, known := f.devices[device.ID]; known {
		return nil
	}
	if len(f.devices) >= devicesMax {
		return violation("there are more than %d devices", devicesMax)
	}
	f.devices[device.ID] = device.Name
	return f.emit(DeviceAdded{Device: device})
}

// deviceRenamed tells the new name of a device that the loop knows. Of another one the list of devices will tell.
func (f *follower) deviceRenamed(id DeviceID, name string) error {
	if known, ok := f.devices[id]; !ok || known == name {
		return nil
	}
	f.devices[id] = name
	return f.emit(DeviceRenamed{ID: id, Name: name})
}

func (f *follower) deviceRevoked(id DeviceID) error {
	if _, known := f.devices[id]; !known {
		return nil
	}
	delete(f.devices, id)
	return f.emit(DeviceRevoked{ID: id})
}

// standing is the link that takes commands; or why there is none; or why there will be none.
func (c *Conn) standing() (*link, State, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return nil, State{}, c.err
	}
	if c.link != nil {
		return c.link, State{Live: true}, nil
	}
	wait := time.Duration(0)
	if !c.retry.IsZero() {
		wait = max(time.Until(c.retry), 0)
	}
	return nil, State{Err: c.outage, In: wait}, nil
}
