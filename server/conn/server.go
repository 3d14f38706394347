package conn

import (
	"crypto/ecdh"
	"crypto/rand"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"caudal/cipher"
)

// Server accepts connections and keeps the register of them: http.Server knows nothing of a hijacked one.
type Server struct {
	config  Config
	handler Handler
	gate    *gate
	workers chan struct{} // a place for each handshake that computes
	start   time.Time     // the origin of the connections' own clock
	counts  counts

	mu        sync.Mutex
	conns     map[*Conn]struct{} // whose channel stands
	draining  bool
	lot       *lot // nil before the first connection parks, and where none can
	lotOpened bool

	flushes chan *Conn   // to a flusher that has nothing to do
	idle    atomic.Int32 // flushers that have nothing to do

	stop  chan struct{} // ends the sweep and the idle flushers
	swept chan struct{} // the sweep has ended
}

// New returns a server whose connections speak to handler. It runs one goroutine, until Drain.
func New(config Config, handler Handler) (*Server, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Server{
		config:  config,
		handler: handler,
		gate:    newGate(config.Limits),
		workers: make(chan struct{}, handshakeWorkers()),
		start:   time.Now(),
		conns:   map[*Conn]struct{}{},
		flushes: make(chan *Conn),
		stop:    make(chan struct{}),
		swept:   make(chan struct{}),
	}
	go s.sweep()
	return s, nil
}

// admission is what is known of a connection before its channel stands.
type admission struct {
	id      string // of the connection, in the log
	place   *place
	client  netip.Addr
	offered []string
	suite   cipher.Suite
	static  *ecdh.PrivateKey
	cert    []byte
}

// ServeHTTP turns a request into a connection and returns; the connection lives on. Refusals are 400 (no subprotocol of
// ours, no WebSocket), 403 (Origin), 421 (Host), 429 (this address) and 503 (everybody).
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a, why := s.admit(r)
	if why != admitted {
		s.refuse(w, r, why)
		return
	}
	ws, sock, err := s.upgrade(w, r, a.suite)
	if err != nil {
		s.gate.leave(a.place)
		s.counts.refused[refusedUpgrade].Add(1)
		return
	}
	s.gate.begun(a.place, sock.cut)
	go s.handshake(a, ws, sock)
}

// admit takes the limits first, then looks at the headers.
func (s *Server) admit(r *http.Request) (admission, refusal) {
	client, ok := clientAddress(r, s.config.TrustedProxies)
	if !ok {
		return admission{}, refusedAddress
	}
	place, why := s.gate.admit(limitKey(client), time.Now())
	if why != admitted {
		return admission{}, why
	}
	a := admission{id: newID(), place: place, client: client}
	if why = s.examine(r, &a); why != admitted {
		s.gate.leave(place)
	}
	return a, why
}

func (s *Server) examine(r *http.Request, a *admission) refusal {
	if !s.config.Hosts.Allow(r.Host) {
		return refusedHost
	}
	if !s.config.Origins.Allow(r.Header.Values("Origin")) {
		return refusedOrigin
	}
	if r.ContentLength != 0 {
		return refusedBody // its bytes would be read as frames
	}
	var ok bool
	if a.offered, ok = offered(r.Header); !ok {
		return refusedSubprotocol
	}
	if a.suite, ok = choose(a.offered, s.config.RefuseClassic); !ok {
		return refusedSubprotocol
	}
	var err error
	if a.static, a.cert, err = s.config.Keys.Current(); err != nil {
		s.logger(a.id).Error("no channel can be offered", "error", err)
		return refusedKeys
	}
	return admitted
}

func (s *Server) refuse(w http.ResponseWriter, r *http.Request, why refusal) {
	s.counts.refused[why].Add(1)
	answer := refusalAnswers[why]
	s.config.Log.Debug("request refused", "reason", answer.name, "peer", r.RemoteAddr)
	if answer.status == http.StatusTooManyRequests || answer.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	if why == refusedBody {
		w.Header().Set("Connection", "close") // else net/http waits for the body before it answers
	}
	http.Error(w, answer.message, answer.status)
}

// upgrade answers 101 and takes the socket. The library ignores case in subprotocols and echoes the client's spelling,
// so it gets to see the one name that was chosen.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request, suite cipher.Suite) (*websocket.Conn, *socket, error) {
	request := *r
	request.Header = maps.Clone(r.Header)
	request.Header["Sec-Websocket-Protocol"] = []string{suite.Subprotocol()}
	h := &hijacker{ResponseWriter: w, times: &s.config.Times}
	ws, err := websocket.Accept(h, &request, &websocket.AcceptOptions{
		Subprotocols:       []string{suite.Subprotocol()},
		InsecureSkipVerify: true, // of the Origin, which examine has checked against its list
		CompressionMode:    websocket.CompressionDisabled,
		OnPingReceived:     newPings().answer,
	})
	if err != nil {
		return nil, nil, err
	}
	return ws, h.socket, nil
}

// register takes a connection whose channel stands; false when the server is draining.
func (s *Server) register(c *Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return false
	}
	s.conns[c] = struct{}{}
	return true
}

func (s *Server) unregister(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// all appends every registered connection to dst.
func (s *Server) all(dst []*Conn) []*Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		dst = append(dst, c)
	}
	return dst
}

// now is the connections' clock: nanoseconds since the server began.
func (s *Server) now() int64 { return int64(time.Since(s.start)) }

// newID names a connection in the log.
func newID() string { return strings.ToLower(rand.Text()[:10]) }

// logger writes the connection's id on every line.
func (s *Server) logger(id string) *slog.Logger { return s.config.Log.With("conn", id) }
