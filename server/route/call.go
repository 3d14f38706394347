package route

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"caudal/protocol"
)

// call is one command on its way to its one reply.
type call struct {
	*Router
	session *session
	id      uint64
	kind    kind
	start   time.Time
}

// person is who gives the command; nil where nobody is signed in.
func (c call) person() *person { return c.session.who.Load() }

// log has the connection's id on every line.
func (c call) log() *slog.Logger { return c.session.conn.Log() }

// reply answers the call.
func (c call) reply(r *protocol.Reply) {
	r.Id = c.id
	c.session.conn.Reply(r)
	c.done(r.GetError().GetCode())
}

// fail answers the call with what a client may know of err. A miss spends from the budget of whoever asked.
func (c call) fail(err error) {
	if who := c.person(); who != nil && isMiss(err) {
		c.limits.misses.Charge(who.user)
	}
	c.reply(&protocol.Reply{Result: &protocol.Reply_Error{Error: fault(c.log, err)}})
}

// done tells how the call went, never what was in it.
func (c call) done(code protocol.Code) {
	took := c.now().Sub(c.start)
	if c.config.Observe != nil {
		c.config.Observe(commands[c.kind].name, code, took)
	}
	if c.config.Log.Enabled(context.Background(), slog.LevelDebug) {
		c.log().Debug("command", "name", commands[c.kind].name, "code", codeName(code), "took", took)
	}
}

// codeName is the code as logs and metrics have it; ok for none.
func codeName(code protocol.Code) string {
	if code == protocol.Code_CODE_UNSPECIFIED {
		return "ok"
	}
	return code.Name()
}

// work is what a worker does for a call: it returns the answer, or why there is none. Neither means that it has answered by
// itself.
type work func(context.Context) (*protocol.Reply, error)

// atDesk does work on the workers for the database.
func (c call) atDesk(work work) {
	if !c.queue(c.desk, &c.session.desk, work) {
		c.fail(errBusy)
	}
}

// errBusy is a pool that is full.
var errBusy = refused{code: protocol.Code_CODE_BUSY, wait: busyRetryMs * time.Millisecond}

// queue does work on p, and reports false at once where p is full.
func (c call) queue(p *pool, l *lane, work work) bool {
	return p.submit(l, func() {
		if c.session.gone.Load() {
			return // nobody hears the answer; a device that was revoked meanwhile gives no more commands
		}
		ctx, cancel := context.WithTimeout(c.ctx, workTimeout)
		defer cancel()
		defer c.survive()
		reply, err := work(ctx)
		switch {
		case err != nil:
			c.fail(err)
		case reply != nil:
			c.reply(reply)
		}
	})
}

// survive ends the connection for which a worker's job panicked, and no other. The ledger's panics end the process; see there.
func (c call) survive() {
	if fault := recover(); fault != nil {
		c.log().Error("panic in a command", "name", commands[c.kind].name, "kind", fmt.Sprintf("%T", fault), "stack", string(debug.Stack()))
		c.session.conn.Close(protocol.CloseInternal)
	}
}
