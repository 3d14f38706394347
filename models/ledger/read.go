package ledger

import (
	"database/sql/driver"

	"caudal/models"
	"caudal/models/clabe"
	"caudal/models/money"
)

// read gathers everything that bears on the batch's decisions: who gives the orders, which keys were decided before, and
// the accounts.
func (w *writer) read(b *batch) error {
	if err := w.findMissing(b); err != nil {
		return err
	}
	for i := range b.decisions {
		d := &b.decisions[i]
		o := d.order
		if o.Actor != 0 {
			d.actor, _ = w.users.get(o.Actor)
			d.device, _ = w.devices.get(o.Device)
		}
		d.err = signedIn(d)
		if d.err == nil && !o.Key.valid() {
			d.err = ErrKeyMalformed
		}
		d.debit, d.credit = w.sides(o)
	}
	return w.findOutcomes(b)
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

func (w *writer) sides(o *Order) (debit, credit *account) {
	debitID, creditID := o.Debit, o.Credit
	switch bank := systemSide(o); {
	case o.Kind == KindWithdrawal && creditID == 0:
		creditID = bank
	case o.Kind != KindTransfer && debitID == 0:
		debitID = bank
	}
	debit, _ = w.accounts.get(debitID)
	credit, _ = w.accounts.get(creditID)
	return debit, credit
}

// findMissing reads the accounts, users and devices that the batch names and memory does not have, or has as of an older
// generation. The database's order of the rows is not known, so each kind is asked for at once.
func (w *writer) findMissing(b *batch) error {
	for i := range b.decisions {
		o := b.decisions[i].order
		for _, id := range [...]clabe.Number{o.Debit, o.Credit, systemSide(o)} {
			if err := w.needAccount(id); err != nil {
				return err
			}
		}
	}
	if err := w.st.findAccounts.flush(w.foundAccount); err != nil {
		return err
	}
	for i := range b.decisions {
		o := b.decisions[i].order
		if err := w.needUser(o.Actor); err != nil {
			return err
		}
		if err := w.needDevice(o.Device); err != nil {
			return err
		}
	}
	if err := w.st.findUsers.flush(w.foundUser); err != nil {
		return err
	}
	return w.st.findDevices.flush(w.foundDevice)
}

func (w *writer) needAccount(id clabe.Number) error {
	if id == 0 {
		return nil
	}
	if a, ok := w.accounts.get(id); ok {
		if a.owner == nil || a.owner.generation == w.generation {
			return nil
		}
		if u, ok := w.users.get(a.ownerID); ok { // read again for another account, or forgotten
			a.owner = u
		} else {
			w.users.put(a.ownerID, a.owner)
		}
		return w.needUser(a.ownerID)
	}
	args, err := w.st.findAccounts.next(w.foundAccount)
	if err != nil {
		return err
	}
	args[0].Value = int64(id)
	return nil
}

func (w *writer) needUser(id int64) error {
	if id == 0 {
		return nil
	}
	if u, ok := w.users.get(id); ok && u.generation == w.generation {
		return nil
	}
	args, err := w.st.findUsers.next(w.foundUser)
	if err != nil {
		return err
	}
	args[0].Value = id
	return nil
}

func (w *writer) needDevice(id int64) error {
	if id == 0 {
		return nil
	}
	if d, ok := w.devices.get(id); ok && d.generation == w.generation {
		return nil
	}
	args, err := w.st.findDevices.next(w.foundDevice)
	if err != nil {
		return err
	}
	args[0].Value = id
	return nil
}

// foundAccount puts a row of findAccounts into memory. An account that was asked for twice stays the one it is.
func (w *writer) foundAccount(row []driver.Value) error {
	id := clabe.Number(row[0].(int64))
	if _, ok := w.accounts.get(id); ok {
		return nil
	}
	a := &account{
		id: id, frozen: row[3].(string) != string(models.AccountActive), openedAt: row[4].(int64), forked: w.forked[id],
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
		u = &user{id: id}
		w.users.put(id, u)
	}
	if u.name != name {
		u.name, u.masked = name, models.MaskName(name)
	}
	u.role, u.open, u.generation = models.Role(role), status == string(models.UserActive), w.generation
	return u
}

func (w *writer) foundDevice(row []driver.Value) error {
	w.devices.put(row[0].(int64), &device{user: row[1].(int64), revoked: row[2] != nil, generation: w.generation})
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
