package route

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"caudal/models"
	"caudal/models/ledger"
	"caudal/models/password"
	"caudal/protocol"
	"caudal/server/conn"
	"caudal/server/limit"
	"caudal/server/live"
	"caudal/server/opaque"
)

// workTimeout bounds a command's time on a worker, from when it is its turn: a query takes milliseconds, and only a
// database that stands still takes this long.
const workTimeout = 10 * time.Second

// Config is what a router needs. Store, Ledger, Hub, Names and Passwords are required.
type Config struct {
	Store     *models.Store
	Ledger    *ledger.Ledger
	Hub       *live.Hub
	Names     *opaque.Names
	Passwords *password.Hasher

	// Server is the program and its version, as hello tells it.
	Server string
	// What hello tells about the connection; see conn.Config.
	IdleTimeout, Heartbeat time.Duration
	CommandsInFlight       int

	Limits Limits
	// Welcome is called for each holder who signs in, before the answer; nil for nothing. It must be safe to repeat.
	Welcome func(context.Context, *models.User) error
	// Observe is called for each answer: the command's name, the error's code (unspecified for none), and the time it took.
	Observe func(command string, code protocol.Code, took time.Duration)
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	Log *slog.Logger
}

// Limits bound what clients can ask for; see config.Config for the reasons.
type Limits struct {
	SignIn         limit.Rate // for each username and address
	SignInAddress  limit.Rate // failures of an address
	Register       limit.Rate // for each address
	Misses         limit.Rate // for each user
	LookUps        limit.Rate // for each member of staff
	Renames        limit.Rate // for each user
	DeskWorkers    int
	DeskQueue      int
	PasswordQueue  int
	KeysRemembered int // of each limiter; 0 means 65,536: at some 150 bytes, 10 MB
}

// Router answers commands. It is the [conn.Handler].
type Router struct {
	config Config
	limits limits
	desk   *pool
	door   *pool
	seen   *seen
	naming sync.Mutex      // see call.rename
	said   []byte          // the receipt that was told last; the ledger's publisher's alone
	ctx    context.Context // of everything that workers do
	cancel context.CancelFunc
}

// New returns a router whose workers run until Close.
func New(config Config) (*Router, error) {
	if config.Store == nil || config.Ledger == nil || config.Hub == nil || config.Names == nil || config.Passwords == nil {
		return nil, errors.New("route: a part of the bank is missing")
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &Router{
		config: config,
		limits: newLimits(config.Limits, config.Now),
		desk:   newPool(config.Limits.DeskWorkers, config.Limits.DeskQueue),
		door:   newPool(runtime.GOMAXPROCS(0), config.Limits.PasswordQueue),
		ctx:    ctx,
		cancel: cancel,
	}
	r.seen = newSeen(r)
	return r, nil
}

// Close lets what is queued finish, and notes what was seen. Call it after the connections have ended.
func (r *Router) Close() {
	r.desk.close()
	r.door.close()
	r.seen.close()
	r.cancel()
}

// Queued returns how many commands wait for a worker: at the database's desk, and at the passwords' door.
func (r *Router) Queued() (desk, door int) { return r.desk.depth(), r.door.depth() }

func (r *Router) now() time.Time { return r.config.Now() }

// Opened begins the session of a connection.
func (r *Router) Opened(c *conn.Conn) {
	c.Attach(&session{conn: c, address: limitAddress(c.Client())})
}

// Closed ends it.
func (r *Router) Closed(c *conn.Conn) {
	s, ok := c.Attached().(*session)
	if !ok {
		return // Opened did not come to its end
	}
	s.gone.Store(true) // before the hub forgets it: see signedIn
	r.config.Hub.Gone(c)
	if who := s.who.Load(); who != nil {
		r.seen.note(who.device)
	}
}

// Command answers one command: whether it may run is decided here and nowhere else.
func (r *Router) Command(c *conn.Conn, request *protocol.Command) {
	s := c.Attached().(*session)
	kind := kindOf(request)
	call := call{Router: r, session: s, id: request.GetId(), kind: kind, start: r.now()}
	if call.id == 0 {
		call.fail(invalid("a command has an id other than 0"))
		return
	}
	if err := s.allow(commands[kind].needs); err != nil {
		call.fail(err)
		return
	}
	commands[kind].run(call, request)
}
