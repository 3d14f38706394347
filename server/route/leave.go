package route

import (
	"context"

	"caudal/models"
	"caudal/protocol"
)

// logout ends the sign-in and with it the connection; the device's too, for good, where that was asked for.
func logout(c call, request *protocol.Command) {
	if !request.GetLogout().GetRevokeDevice() {
		c.loggedOut()
		return
	}
	c.atDesk(func(ctx context.Context) (*protocol.Reply, error) {
		who := c.person()
		device, err := c.config.Store.RevokeDevice(ctx, who.user, who.device, who.publicID)
		if err != nil {
			return nil, err
		}
		c.loggedOut()
		c.revoked(who.user, *device)
		return nil, nil
	})
}

func (c call) loggedOut() {
	c.reply(&protocol.Reply{Result: &protocol.Reply_Logout{Logout: &protocol.LogoutResult{}}})
	c.session.conn.Close(protocol.CloseLoggedOut)
}

// revoked ends the devices' connections at once and tells the user's others. The revocation is committed already.
func (c call) revoked(user int64, devices ...models.Device) {
	for i := range devices {
		c.config.Hub.CloseDevice(devices[i].ID, protocol.CloseDeviceRevoked)
		c.config.Hub.DeviceRevoked(user, c.session.conn, devices[i].PublicID)
	}
}

// changePassword needs the old one, which is guessed at the same price as at the door, and revokes the other devices. One
// that succeeds costs an attempt too: it hashes twice, and nobody needs it often.
func changePassword(c call, request *protocol.Command) {
	r := request.GetChangePassword()
	ok := c.queue(c.door, &c.session.door, func(ctx context.Context) (*protocol.Reply, error) {
		who := c.person()
		tried := attempt{username: who.username, address: c.session.address}
		if err := c.limits.mayTry(tried); err != nil {
			return nil, err
		}
		user, err := c.prove(ctx, who.username, r.GetOldPassword())
		if err != nil {
			return nil, err
		}
		hash, err := c.config.Passwords.Hash(ctx, r.GetNewPassword())
		if err != nil {
			return nil, err
		}
		devices, err := c.config.Store.ChangePassword(ctx, user, hash, who.device)
		if err != nil {
			return nil, err
		}
		c.reply(&protocol.Reply{Result: &protocol.Reply_ChangePassword{
			ChangePassword: &protocol.ChangePasswordResult{DevicesRevoked: uint32(len(devices))},
		}})
		c.revoked(who.user, devices...)
		return nil, nil
	})
	if !ok {
		c.fail(errBusy)
	}
}
