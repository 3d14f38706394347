package ledger

import (
	"database/sql/driver"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
)

// head is where an account stands: the row of heads.
type head struct {
	balanceMinor int64
	heldMinor    int64
	floorMinor   int64
	seq          uint64
	version      uint64
	last         int64
	lastAt       int64
	hash         [32]byte
}

// availableMinor is what can be paid: the balance minus holds plus the overdraft.
func (h *head) availableMinor() int64 { return h.balanceMinor - h.heldMinor - h.floorMinor }

// account is an account in the writer's memory. head is what is committed; next is where the batch under way would take
// it, and becomes head only after the commit.
type account struct {
	id       clabe.Number
	value    driver.Value // id, as statements take it: to make one for each use would be a fifth of the garbage
	ownerID  int64        // 0 for a system account
	owner    *user        // nil for a system account
	class    models.Class
	currency money.Currency
	frozen   bool
	openedAt int64
	head     head
	next     *head
	// forked: the row was not where the ledger had left it. Somebody else writes to the database, so no order on this
	// account is carried out until a person has looked.
	forked bool
}

func (a *account) system() bool { return a.owner == nil }

// user is what the writer knows of a user, as of a generation of the store.
type user struct {
	id         int64
	value      driver.Value // id, as statements take it
	name       string
	masked     string // see maskedName
	role       models.Role
	open       bool
	generation uint64
}

// maskedName is the name as payers see it. It is made when somebody looks.
func (u *user) maskedName() string {
	if u.masked == "" {
		u.masked = models.MaskName(u.name)
	}
	return u.masked
}

func (u *user) staff() bool { return u.role == models.RoleTeller || u.role == models.RoleAdmin }

// device is what the writer knows of a device, as of a generation of the store.
type device struct {
	user       int64
	revoked    bool
	generation uint64
}
