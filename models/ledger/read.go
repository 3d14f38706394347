package ledger

import (
	"database/sql/driver"
	"slices"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
)

// read gathers everything that bears on the batch's decisions: who gives the orders, which keys were decided before, and
// the accounts. It asks memory first, then the database for what is not there, or there as of an older generation.
func (w *writer) read(b *batch) error {
	for i := range b.decisions {
		if err := w.find(&b.decisions[i]); err != nil {
			return err
		}
	}
	if err := w.askForMissing(); err != nil {
		return err
	}
	for _, missing := range []struct {
		bulk  *bulk
		found func(row []driver.Value) error
	}{{w.st.findAccounts, w.foundAccount}, {w.st.findUsers, w.foundUser}, {w.st.findDevices, w.foundDevice}} {
		if err := missing.bulk.flush(missing.found); err != nil {
			return err
		}
	}
	for i := range b.decisions {
		d := &b.decisions[i]
		w.take(d)
		d.err = signedIn(d)
		if d.err == nil && !d.order.Key.valid() {
			d.err = ErrKeyMalformed
		}
	}
	return w.findOutcomes(b)
}

// find takes what memory has for an order, and asks the database for the rest.
func (w *writer) find(d *decision) (err error) {
	d.debitID, d.creditID = sides(d.order)
	if d.debit, err = w.account(d.debitID); err != nil {
		return err
	}
	if d.credit, err = w.account(d.creditID); err != nil {
		return err
	}
	if d.order.Actor == 0 {
		return nil
	}
	if d.actor, err = w.actor(d.order.Actor); err != nil {
		return err
	}
	d.device, err = w.device(d.order.Device)
	return err
}

// take takes what the database has had for an order.
func (w *writer) take(d *decision) {
	if d.debit == nil {
		d.debit, _ = w.accounts.get(d.debitID)
	}
	if d.credit == nil {
		d.credit, _ = w.accounts.get(d.creditID)
	}
	if d.order.Actor == 0 {
		return
	}
	if d.actor == nil {
		d.actor, _ = w.users.get(d.order.Actor)
	}
	if d.device == nil {
		d.device, _ = w.devices.get(d.order.Device)
	}
}

// signedIn says whether whoever gives the order may still speak for the actor.
func signedIn(d *decision) error {
	o := d.order
	switch {
	case o.Actor == 0:
		return nil
	case d.actor == nil || !d.actor.open:
		return ErrUserClosed
	case d.device == nil || d.device.revoked || d.device.user != o.Actor:
		return ErrDeviceRevoked
	}
	return nil
}

// sides returns the accounts of an order: the two that it names, or the one and the bank's.
func sides(o *Order) (debit, credit clabe.Number) {
	switch {
	case o.Kind == KindWithdrawal && o.Credit == 0:
		return o.Debit, systemSide(o)
	case o.Kind != KindTransfer && o.Debit == 0:
		return systemSide(o), o.Credit
	}
	return o.Debit, o.Credit
}

// account returns an account, or nil after asking for it.
func (w *writer) account(id clabe.Number) (*account, error) {
	if id == 0 {
		return nil, nil
	}
	a, ok := w.accounts.get(id)
	if !ok {
		w.missing = append(w.missing, id)
		return nil, nil
	}
	if a.owner == nil || a.owner.generation == w.generation {
		return a, nil
	}
	if u, ok := w.users.get(a.ownerID); ok { // read again for another account, or forgotten
		a.owner = u
	} else {
		w.users.put(a.ownerID, a.owner)
	}
	_, err := w.actor(a.ownerID)
	return a, err
}

// askForMissing asks for the accounts that memory does not have, once each and in the order in which their rows lie.
func (w *writer) askForMissing() error {
	slices.Sort(w.missing)
	missing := slices.Compact(w.missing)
	w.missing = w.missing[:0]
	for _, id := range missing {
		args, err := w.st.findAccounts.next(w.foundAccount)
		if err != nil {
			return err
		}
		args[0].Value = int64(id)
	}
	return nil
}

// actor returns a user, and asks for one who is missing, or known as of an older generation.
func (w *writer) actor(id int64) (*user, error) {
	u, ok := w.users.get(id)
	if ok && u.generation == w.generation {
		return u, nil
	}
	args, err := w.st.findUsers.next(w.foundUser)
	if err == nil {
		args[0].Value = id
	}
	return u, err
}

func (w *writer) device(id int64) (*device, error) {
	d, ok := w.devices.get(id)
	if ok && d.generation == w.generation {
		return d, nil
	}
	args, err := w.st.findDevices.next(w.foundDevice)
	if err == nil {
		args[0].Value = id
	}
	return d, err
}

// foundAccount puts a row of findAccounts into memory.
func (w *writer) foundAccount(row []driver.Value) error {
	id := clabe.Number(row[0].(int64))
	if _, ok := w.accounts.get(id); ok {
		return nil
	}
	a := &account{
		id: id, value: row[0], frozen: row[3].(string) != string(models.AccountActive), openedAt: row[4].(int64), forked: w.forked[id],
		head: head{
			balanceMinor: row[5].(int64), heldMinor: row[6].(int64), floorMinor: row[7].(int64),
			seq: uint64(row[8].(int64)), version: uint64(row[9].(int64)), last: row[10].(int64), lastAt: row[11].(int64),
		},
	}
	a.currency = currencyOf(row[2].(string))
	copy(a.head.hash[:], row[12].([]byte))
	if class, ok := row[1].(string); ok {
		a.class = classOf(class)
	}
	if owner, ok := row[13].(int64); ok {
		a.ownerID = owner
		a.owner = w.user(owner, row[14].(string), row[15].(string), row[16].(string))
	}
	w.accounts.put(id, a)
	return nil
}

func (w *writer) foundUser(row []driver.Value) error {
	w.user(row[0].(int64), row[1].(string), row[2].(string), row[3].(string))
	return nil
}

// user puts what was read of a user into memory: into the user that accounts point to already, where there is one.
func (w *writer) user(id int64, name, role, status string) *user {
	u, ok := w.users.get(id)
	if !ok {
		u = &user{id: id, value: id}
		w.users.put(id, u)
	}
	if u.name != name {
		u.name, u.masked = name, ""
	}
	u.role, u.open, u.generation = models.Role(role), status == string(models.UserActive), w.generation
	return u
}

func (w *writer) foundDevice(row []driver.Value) error {
	id := row[0].(int64)
	d, ok := w.devices.get(id)
	if !ok {
		d = new(device)
		w.devices.put(id, d)
	}
	d.user, d.revoked, d.generation = row[1].(int64), row[2] != nil, w.generation
	return nil
}

// currencyOf and classOf return the one string of a name, so that a million accounts do not keep a million copies.
func currencyOf(name string) money.Currency {
	for _, known := range money.Currencies() {
		if string(known) == name {
			return known
		}
	}
	return money.Currency(name)
}

func classOf(name string) models.Class {
	for _, known := range models.Classes() {
		if string(known) == name {
			return known
		}
	}
	return models.Class(name)
}
