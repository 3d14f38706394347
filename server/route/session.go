package route

import (
	"net/netip"
	"sync/atomic"

	"caudal/models"
	"caudal/server/conn"
)

// session is what the router knows of one connection: greeted, then signed in, once.
type session struct {
	conn    *conn.Conn
	address netip.Addr // as limits count: IPv6 by /64

	gone      atomic.Bool            // the connection has ended
	greeted   bool                   // by hello; the read goroutine's alone
	signingIn atomic.Bool            // a sign-in is under way or done; taken by allow, given back by a failure
	who       atomic.Pointer[person] // set once the sign-in is done

	desk lane // commands that read or write the database
	door lane // commands that hash a password
}

// person is who is signed in, and by which device. Never changed: whatever can change is read again where it counts.
type person struct {
	user     int64
	username string
	teller   bool   // or more: an admin may do what a teller does
	device   int64  // row id
	publicID []byte // what the device is called outside
}

func newPerson(user *models.User, device *models.Device) *person {
	return &person{
		user:     user.ID,
		username: user.Username,
		teller:   user.Role == models.RoleTeller || user.Role == models.RoleAdmin,
		device:   device.ID,
		publicID: device.PublicID,
	}
}

// staff is who acts where the store asks for the authority again.
func (p *person) staff() models.Staff { return models.Staff{User: p.user, Device: p.device} }

// limitAddress is what limits count by: one IPv4 address, or the /64 that one IPv6 customer has.
func limitAddress(address netip.Addr) netip.Addr {
	address = address.Unmap().WithZone("")
	if address.Is6() {
		if network, err := address.Prefix(64); err == nil {
			return network.Addr()
		}
	}
	return address
}
