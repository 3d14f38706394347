package route

import (
	"context"

	"caudal/models"
	"caudal/protocol"
)

// listDevices lists the user's live devices.
func listDevices(c call, _ *protocol.Command) {
	c.atDesk(func(ctx context.Context) (*protocol.Reply, error) {
		who := c.person()
		devices, err := c.config.Store.Devices(ctx, who.user)
		if err != nil {
			return nil, err
		}
		return &protocol.Reply{Result: &protocol.Reply_ListDevices{
			ListDevices: &protocol.ListDevicesResult{Devices: deviceMessages(devices, who.device)},
		}}, nil
	})
}

// revokeDevice ends one of the user's devices, and its connections at once; this one too where it is the same device.
func revokeDevice(c call, request *protocol.Command) {
	c.atDesk(func(ctx context.Context) (*protocol.Reply, error) {
		who := c.person()
		if err := c.limits.mayMiss(who.user); err != nil {
			return nil, err
		}
		id := request.GetRevokeDevice().GetDeviceId()
		if len(id) != protocol.DeviceIDBytes {
			return nil, models.ErrDeviceNotFound
		}
		device, err := c.config.Store.RevokeDevice(ctx, who.user, who.device, id)
		if err != nil {
			return nil, err
		}
		c.reply(&protocol.Reply{Result: &protocol.Reply_RevokeDevice{RevokeDevice: &protocol.RevokeDeviceResult{}}})
		c.revoked(who.user, *device)
		return nil, nil
	})
}

// renameDevice gives one of the user's devices another name, and tells the user's other connections.
func renameDevice(c call, request *protocol.Command) {
	r := request.GetRenameDevice()
	c.atDesk(func(ctx context.Context) (*protocol.Reply, error) {
		who := c.person()
		if err := c.limits.mayMiss(who.user); err != nil {
			return nil, err
		}
		name, err := models.CleanDeviceName(r.GetName())
		if err != nil {
			return nil, err
		}
		if len(r.GetDeviceId()) != protocol.DeviceIDBytes {
			return nil, models.ErrDeviceNotFound
		}
		if wait, ok := c.limits.renames.Take(who.user); !ok {
			return nil, rateLimited(wait)
		}
		return nil, c.rename(ctx, who, r.GetDeviceId(), name)
	})
}

// rename names a device, tells of it and answers, one device after the other: a name has no version, so that the last one
// that a connection hears must be the last one that was committed.
func (c call) rename(ctx context.Context, who *person, id []byte, name string) error {
	c.naming.Lock()
	defer c.naming.Unlock()
	device, changed, err := c.config.Store.RenameDevice(ctx, who.user, who.device, id, name)
	if err != nil {
		return err
	}
	if changed {
		c.config.Hub.DeviceRenamed(who.user, c.session.conn, device.PublicID, device.Name)
	}
	c.reply(&protocol.Reply{Result: &protocol.Reply_Device{Device: deviceMessage(device, who.device)}})
	return nil
}
