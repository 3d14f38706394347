package live

import (
	"errors"
	"log/slog"
	"slices"
	"sync"

	"caudal/models/ledger"
	"caudal/protocol"
	"caudal/server/conn"
)

// ErrTooManyConnections: the user is signed in on as many connections as one user may have.
var ErrTooManyConnections = errors.New("live: too many connections of this user")

// Connection is what the hub needs of a *conn.Conn. No method waits, and none calls the hub.
type Connection interface {
	Event(conn.Event)
	GatherEvent(conn.Event) (owed bool)
	Flush()
	Close(protocol.CloseCode)
}

var _ Connection = (*conn.Conn)(nil)

// Config is what a hub needs.
type Config struct {
	// TransferID appends the opaque id under which a transfer's row leaves the bank. Required.
	TransferID func(dst []byte, row int64) []byte
	// PerUser bounds the connections of one user. Default 64: a person with a few devices, a shop with its tills.
	PerUser int
	// Log hears of what could not be sent. Default: nobody.
	Log *slog.Logger
}

// Hub knows the connections that are signed in. All methods may be called from any goroutine; none of them waits for a
// client.
//
// One lock holds it all: the ledger's publisher is the one that takes it at every change, for some microseconds.
type Hub struct {
	config Config

	mu       sync.Mutex
	sessions map[Connection]*session
	users    map[int64]*user
	devices  map[int64][]*session

	// The ledger's publisher's alone, which is one goroutine.
	burst      []Connection // those that are owed a Flush
	transfer   int64        // the row that was told last,
	transferID []byte       // and its name: a reply and two events have it
	encoded    []byte       // the event that was told last
}

// user is who has at least one connection.
type user struct {
	sessions   []*session
	subscribed int // of them
}

// session is one connection that is signed in.
type session struct {
	connection   Connection
	user, device int64
	subscription *Subscription // nil when events are not wanted
}

var _ ledger.Sink = (*Hub)(nil)

// New returns a hub that nobody is connected to.
func New(config Config) *Hub {
	if config.TransferID == nil {
		panic("live: row ids must not leave the bank")
	}
	if config.PerUser == 0 {
		config.PerUser = 64
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	return &Hub{
		config: config, sessions: map[Connection]*session{}, users: map[int64]*user{}, devices: map[int64][]*session{},
	}
}

// SignIn registers a connection for a user and the device that it signed in by, both row ids. Register first, and read the
// device after: then a revocation either finds the connection here, or is seen by that read.
func (h *Hub) SignIn(c Connection, userID, deviceID int64) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.sessions[c]; ok {
		return errors.New("live: this connection is signed in")
	}
	u := h.users[userID]
	if u == nil {
		u = new(user)
		h.users[userID] = u
	}
	if len(u.sessions) >= h.config.PerUser {
		return ErrTooManyConnections
	}
	s := &session{connection: c, user: userID, device: deviceID}
	u.sessions = append(u.sessions, s)
	h.sessions[c] = s
	h.devices[deviceID] = append(h.devices[deviceID], s)
	return nil
}

// Gone forgets a connection; it need not be known.
func (h *Hub) Gone(c Connection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.sessions[c]
	if s == nil {
		return
	}
	h.unsubscribe(s)
	delete(h.sessions, c)
	u := h.users[s.user]
	if u.sessions = without(u.sessions, s); len(u.sessions) == 0 {
		delete(h.users, s.user)
	}
	if h.devices[s.device] = without(h.devices[s.device], s); len(h.devices[s.device]) == 0 {
		delete(h.devices, s.device)
	}
}

func without(sessions []*session, s *session) []*session {
	i := slices.Index(sessions, s)
	return slices.Delete(sessions, i, i+1)
}

// CloseDevice closes every connection that signed in by a device.
func (h *Hub) CloseDevice(deviceID int64, code protocol.CloseCode) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.devices[deviceID] {
		s.connection.Close(code)
	}
}

// CloseUser closes every connection of a user.
func (h *Hub) CloseUser(userID int64, code protocol.CloseCode) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if u := h.users[userID]; u != nil {
		for _, s := range u.sessions {
			s.connection.Close(code)
		}
	}
}

// DeviceAdded tells the user's subscribed connections, but for the one that did it, of a new device.
func (h *Hub) DeviceAdded(userID int64, by Connection, device *protocol.Device) {
	h.tell(userID, by, &protocol.Event{Kind: &protocol.Event_DeviceAdded{DeviceAdded: &protocol.DeviceAddedEvent{Device: device}}})
}

// DeviceRevoked tells the user's subscribed connections, but for the one that did it, that a device is revoked.
func (h *Hub) DeviceRevoked(userID int64, by Connection, publicID []byte) {
	h.tell(userID, by, &protocol.Event{Kind: &protocol.Event_DeviceRevoked{
		DeviceRevoked: &protocol.DeviceRevokedEvent{DeviceId: publicID},
	}})
}

// DeviceRenamed tells the user's subscribed connections, but for the one that did it, a device's new name.
func (h *Hub) DeviceRenamed(userID int64, by Connection, publicID []byte, name string) {
	h.tell(userID, by, &protocol.Event{Kind: &protocol.Event_DeviceRenamed{
		DeviceRenamed: &protocol.DeviceRenamedEvent{DeviceId: publicID, Name: name},
	}})
}

// tell sends an event that nothing supersedes.
func (h *Hub) tell(userID int64, except Connection, event *protocol.Event) {
	n, ok := h.encode(event)
	if !ok {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if u := h.users[userID]; u != nil {
		for _, s := range u.sessions {
			if s.connection != except {
				s.deliver(n)
			}
		}
	}
}

// Broadcast sends an event to every subscribed connection.
func (h *Hub) Broadcast(event *protocol.Event) {
	n, ok := h.encode(event)
	if !ok {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, s := range h.sessions {
		s.deliver(n)
	}
}

// Stats says who is there.
type Stats struct {
	Users, SignedIn, Subscribed int
}

// Stats may be called at any time.
func (h *Hub) Stats() Stats {
	h.mu.Lock()
	defer h.mu.Unlock()
	stats := Stats{Users: len(h.users), SignedIn: len(h.sessions)}
	for _, u := range h.users {
		stats.Subscribed += u.subscribed
	}
	return stats
}
