package route

import (
	"context"
	"errors"

	"caudal/models"
	"caudal/models/money"
	"caudal/protocol"
)

// FirstAccount is the name of the account that everybody who registers gets; they may open others under names of their own.
const FirstAccount = "Main account"

// unnamedDevice is what a device is called whose owner gave it no name.
const unnamedDevice = "device"

// register makes a user with a first account and signs in on the device that came along.
func register(c call, request *protocol.Command) {
	r := request.GetRegister()
	c.signIn(c.door, &c.session.door, func(ctx context.Context) (*protocol.Reply, error) {
		if err := models.CheckUsername(r.GetUsername()); err != nil {
			return nil, err
		}
		owner, err := models.CleanOwner(r.GetOwner())
		if err != nil {
			return nil, err
		}
		// What is spelled wrong costs nothing; whether a name is taken does.
		if wait, ok := c.limits.register.Take(c.session.address); !ok {
			return nil, rateLimited(wait)
		}
		device, err := c.enrolment(r.GetUsername(), r.GetDevice())
		if err != nil {
			return nil, err
		}
		if _, err := c.config.Store.UserByUsername(ctx, r.GetUsername()); !errors.Is(err, models.ErrUserNotFound) {
			if err == nil {
				err = models.ErrUsernameTaken
			}
			return nil, err // before a core is spent on the password
		}
		hash, err := c.config.Passwords.Hash(ctx, r.GetPassword())
		if err != nil {
			return nil, err
		}
		asOf := c.config.Store.Generation()
		user, enrolled, _, err := c.config.Store.CreateUser(ctx, models.NewUser{
			Username: r.GetUsername(), Owner: owner, PasswordHash: hash, Role: models.RoleHolder,
			Device: device, AccountName: FirstAccount, Currency: money.MXN,
		})
		if err != nil {
			return nil, err
		}
		return c.signedIn(ctx, user, enrolled, asOf)
	})
}

// login signs in by password and enrols a device. A username that does not exist costs the same time and gets the same
// answer as a wrong password.
func login(c call, request *protocol.Command) {
	r := request.GetLogin()
	c.signIn(c.door, &c.session.door, func(ctx context.Context) (*protocol.Reply, error) {
		tried := attempt{username: r.GetUsername(), address: c.session.address}
		if err := models.CheckUsername(tried.username); err != nil {
			return nil, err
		}
		if err := c.limits.mayTry(tried); err != nil {
			return nil, err
		}
		device, err := c.enrolment(tried.username, r.GetDevice())
		if err != nil {
			return nil, err
		}
		asOf := c.config.Store.Generation()
		user, err := c.prove(ctx, tried.username, r.GetPassword())
		if err != nil {
			return nil, err
		}
		enrolled, err := c.config.Store.AddDevice(ctx, user, *device)
		if err != nil {
			return nil, err
		}
		c.config.Hub.DeviceAdded(user.ID, c.session.conn, deviceMessage(enrolled, 0))
		c.renewHash(ctx, user, r.GetPassword())
		reply, err := c.signedIn(ctx, user, enrolled, asOf)
		if err == nil { // only now: the right password over and over, without a sign-in, would hash at no price
			c.limits.succeeded(tried)
		}
		return reply, err
	})
}

// prove returns the user of that name if the password is theirs. Whether the user is closed is found out later, by those who
// know the password alone.
func (c call) prove(ctx context.Context, username, password string) (*models.User, error) {
	user, err := c.config.Store.UserByUsername(ctx, username)
	hash := "" // of nobody
	switch {
	case err == nil:
		hash = user.Password
	case !errors.Is(err, models.ErrUserNotFound):
		return nil, err
	}
	if err := c.config.Passwords.Verify(ctx, hash, password); err != nil {
		return nil, err
	}
	return user, nil
}

// renewHash makes a hash of other parameters than today's again, now that the password is at hand.
func (c call) renewHash(ctx context.Context, user *models.User, password string) {
	if !c.config.Passwords.Outdated(user.Password) {
		return
	}
	hash, err := c.config.Passwords.Hash(ctx, password)
	if err == nil {
		err = c.config.Store.RenewPasswordHash(ctx, user, hash)
	}
	if err != nil {
		c.log().Warn("a password's hash was not renewed", "error", err) // the old one serves, and the next sign-in tries again
	}
}

// enrolment checks that whoever is on this connection has the key that is to become username's device.
func (c call) enrolment(username string, e *protocol.DeviceEnrolment) (*models.NewDevice, error) {
	if e == nil {
		return nil, invalid("a device to sign in with is missing")
	}
	name := e.GetName()
	if name == "" {
		name = unnamedDevice
	}
	name, err := models.CleanDeviceName(name)
	if err != nil {
		return nil, err
	}
	device := &models.NewDevice{Algorithm: models.DeviceAlgorithm(e.GetAlgorithm()), PublicKey: e.GetPublicKey(), Name: name}
	message := protocol.EnrolMessage(c.config.Store.Identity(), c.session.conn.Hash(), username, e.GetAlgorithm(), e.GetPublicKey())
	if err := models.VerifyDeviceSignature(device.Algorithm, device.PublicKey, message, e.GetSignature()); err != nil {
		return nil, err
	}
	return device, nil
}

// resume signs in by the key of a device that register or login enrolled. A device that nobody knows is answered like a
// wrong signature, so that ids cannot be tried out. Only failures count: who has the key comes in, whatever others at the
// same address have tried.
func resume(c call, request *protocol.Command) {
	r := request.GetResume()
	c.signIn(c.desk, &c.session.desk, func(ctx context.Context) (*protocol.Reply, error) {
		asOf := c.config.Store.Generation()
		device, user, err := c.config.Store.DeviceByPublicID(ctx, r.GetDeviceId())
		if device == nil && !errors.Is(err, models.ErrDeviceNotFound) {
			return nil, err
		}
		message := protocol.ResumeMessage(c.config.Store.Identity(), c.session.conn.Hash(), r.GetDeviceId())
		if device == nil || models.VerifyDeviceSignature(device.Algorithm, device.PublicKey, message, r.GetSignature()) != nil {
			if wait, ok := c.limits.signInAddress.Take(c.session.address); !ok {
				return nil, rateLimited(wait)
			}
			return nil, errUnknownDevice
		}
		if err != nil { // revoked, or the user is closed: said only to whoever has the key
			return nil, err
		}
		return c.signedIn(ctx, user, device, asOf)
	})
}

// errUnknownDevice is a device id that nobody has, or a signature that is not its key's.
var errUnknownDevice = refused{
	code: protocol.Code_CODE_BAD_SIGNATURE,
	say:  "this bank does not know the device, or its signature is wrong; sign in with the password",
}

// signIn does work that ends in signedIn. After a failure the connection may try again; what that costs is limited.
func (c call) signIn(p *pool, l *lane, work work) {
	queued := c.queue(p, l, func(ctx context.Context) (*protocol.Reply, error) {
		reply, err := work(ctx)
		if err != nil {
			c.session.signingIn.Store(false)
		}
		return reply, err
	})
	if !queued {
		c.session.signingIn.Store(false)
		c.fail(errBusy)
	}
}

// signedIn makes the connection the user's. The hub gets it first and the device is read again after, unless nobody has written
// since it was read, as of that generation: a revocation in between either finds the connection in the hub, because that is
// looked through after the generation has been raised, or is found here. That holds for what this process writes:
// on SQLite nobody else does.
func (c call) signedIn(ctx context.Context, user *models.User, device *models.Device, asOf uint64) (*protocol.Reply, error) {
	s := c.session
	if err := c.config.Hub.SignIn(s.conn, user.ID, device.ID); err != nil {
		return nil, err
	}
	if s.gone.Load() { // Closed came first, and found nothing to take out of the hub
		c.config.Hub.Gone(s.conn)
	}
	if c.config.Store.Generation() != asOf {
		var err error
		if device, user, err = c.config.Store.DeviceByPublicID(ctx, device.PublicID); err != nil {
			c.config.Hub.Gone(s.conn)
			return nil, err
		}
	}
	if c.config.Welcome != nil && user.Role == models.RoleHolder {
		if err := c.config.Welcome(ctx, user); err != nil {
			c.log().Error("a holder was not welcomed", "error", err) // comes again with the next sign-in
		}
	}
	s.who.Store(newPerson(user, device))
	s.conn.SignedIn()
	c.seen.note(device.ID)
	return &protocol.Reply{Result: &protocol.Reply_SignedIn{SignedIn: &protocol.SignedIn{
		Username: user.Username,
		Owner:    user.Owner,
		Role:     roleMessage(user.Role),
		Device:   deviceMessage(device, device.ID),
	}}}, nil
}
