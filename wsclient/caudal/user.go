package caudal

import (
	"context"
	"fmt"

	"caudal/protocol"
)

// User is who signed in, and on which device.
type User struct {
	Username string
	Owner    string // the person's name
	Role     Role
	Device   DeviceInfo
}

// Role says what a user may do.
type Role string

// The roles there are.
const (
	RoleHolder  Role = "holder"
	RoleTeller  Role = "teller"
	RoleAdmin   Role = "admin"
	RoleUnknown Role = "unknown" // one that this client does not know
)

// NewUser is a user to register.
type NewUser struct {
	Username string // 3 to 30 of a-z, 0-9 and _
	Owner    string // the person's name, at most 80 characters
	Password string // 12 to 256 characters
}

// Register makes a user with a first account, enrols the device, and signs in with it. Save the device afterwards: its
// ID has been set. An [ErrDisconnected] leaves open whether the user was made; try to log in, with a new device.
func (c *Conn) Register(ctx context.Context, user NewUser, device *Device) (*User, error) {
	return c.enrol(ctx, user.Username, device, func(enrolment *protocol.DeviceEnrolment) *protocol.Command {
		return &protocol.Command{Request: &protocol.Command_Register{Register: &protocol.RegisterRequest{
			Username: user.Username, Owner: user.Owner, Password: user.Password, Device: enrolment,
		}}}
	})
}

// Login signs in by password and enrols the device. Save the device afterwards: its ID has been set. After an
// [ErrDisconnected] try again with a new device, because this one may have been enrolled.
func (c *Conn) Login(ctx context.Context, username, password string, device *Device) (*User, error) {
	return c.enrol(ctx, username, device, func(enrolment *protocol.DeviceEnrolment) *protocol.Command {
		return &protocol.Command{Request: &protocol.Command_Login{Login: &protocol.LoginRequest{
			Username: username, Password: password, Device: enrolment,
		}}}
	})
}

// Resume signs in by the key of a device that Register or Login has enrolled. From then on, as after these two, a Conn
// that connects again signs in again by itself.
func (c *Conn) Resume(ctx context.Context, device *Device) (*User, error) {
	return c.signIn(ctx, device, repeatable, func(l *link) (*protocol.Command, error) { return resumeCommand(l, device) })
}

// Whoami returns who signed in on this Conn; nil before that.
func (c *Conn) Whoami() *User {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.user == nil {
		return nil
	}
	user := *c.user
	return &user
}

// Logout ends the sign-in, and with it the Conn. With revoke the device's key never signs in again.
func (c *Conn) Logout(ctx context.Context, revoke bool) error {
	reply, err := c.askOnce(ctx, &protocol.Command{Request: &protocol.Command_Logout{Logout: &protocol.LogoutRequest{RevokeDevice: revoke}}})
	if err != nil {
		return err
	}
	if _, ok := reply.GetResult().(*protocol.Reply_Logout); !ok {
		return c.wrongResult("logout")
	}
	return c.Close()
}

// ChangePassword revokes every other device of the user, and returns how many they were. An [ErrDisconnected] leaves
// open whether it was changed.
func (c *Conn) ChangePassword(ctx context.Context, old, new string) (revoked int, err error) {
	reply, err := c.askOnce(ctx, &protocol.Command{Request: &protocol.Command_ChangePassword{
		ChangePassword: &protocol.ChangePasswordRequest{OldPassword: old, NewPassword: new},
	}})
	if err != nil {
		return 0, err
	}
	result, ok := reply.GetResult().(*protocol.Reply_ChangePassword)
	if !ok {
		return 0, c.wrongResult("change_password")
	}
	return int(result.ChangePassword.GetDevicesRevoked()), nil
}

// Devices lists the user's devices.
func (c *Conn) Devices(ctx context.Context) ([]DeviceInfo, error) {
	reply, err := c.ask(ctx, &protocol.Command{Request: &protocol.Command_ListDevices{ListDevices: &protocol.ListDevicesRequest{}}})
	if err != nil {
		return nil, err
	}
	result, ok := reply.GetResult().(*protocol.Reply_ListDevices)
	if !ok {
		return nil, c.wrongResult("list_devices")
	}
	devices := make([]DeviceInfo, 0, len(result.ListDevices.GetDevices()))
	for _, d := range result.ListDevices.GetDevices() {
		info, err := deviceInfo(d)
		if err != nil {
			return nil, c.broken(err)
		}
		devices = append(devices, info)
	}
	return devices, nil
}

// RevokeDevice makes a device's key worthless and closes its connections. Revoking the Conn's own device ends the Conn.
func (c *Conn) RevokeDevice(ctx context.Context, id DeviceID) error {
	reply, err := c.askOnce(ctx, &protocol.Command{Request: &protocol.Command_RevokeDevice{
		RevokeDevice: &protocol.RevokeDeviceRequest{DeviceId: id[:]},
	}})
	if err != nil {
		return err
	}
	if _, ok := reply.GetResult().(*protocol.Reply_RevokeDevice); !ok {
		return c.wrongResult("revoke_device")
	}
	return nil
}

// RenameDevice gives one of the user's devices another name, and returns the device as it is since. The same name again
// changes nothing, so a call whose answer was cut off is repeated by itself.
func (c *Conn) RenameDevice(ctx context.Context, id DeviceID, name string) (*DeviceInfo, error) {
	reply, err := c.ask(ctx, &protocol.Command{Request: &protocol.Command_RenameDevice{
		RenameDevice: &protocol.RenameDeviceRequest{DeviceId: id[:], Name: name},
	}})
	if err != nil {
		return nil, err
	}
	result, ok := reply.GetResult().(*protocol.Reply_Device)
	if !ok {
		return nil, c.wrongResult("rename_device")
	}
	renamed, err := deviceInfo(result.Device)
	if err != nil {
		return nil, c.broken(err)
	}
	if renamed.ID != id {
		return nil, c.broken(violation("another device was renamed"))
	}
	return &renamed, nil
}

// enrol signs in by what build puts around the device's proof, which is good on one connection only.
func (c *Conn) enrol(ctx context.Context, username string, device *Device,
	build func(*protocol.DeviceEnrolment) *protocol.Command) (*User, error) {
	if device == nil || device.key == nil {
		return nil, fmt.Errorf("%w: there is none", ErrDevice)
	}
	if device.Enrolled() {
		return nil, fmt.Errorf("%w: it is enrolled already", ErrDevice)
	}
	return c.signIn(ctx, device, single, func(l *link) (*protocol.Command, error) {
		enrolment, err := device.enrolment(l.identity, l.channel.Hash(), username)
		if err != nil {
			return nil, err
		}
		return build(enrolment), nil
	})
}

func resumeCommand(l *link, device *Device) (*protocol.Command, error) {
	if device == nil || device.key == nil {
		return nil, fmt.Errorf("%w: there is none", ErrDevice)
	}
	request, err := device.resumption(l.identity, l.channel.Hash())
	if err != nil {
		return nil, err
	}
	return &protocol.Command{Request: &protocol.Command_Resume{Resume: request}}, nil
}

func userOf(s *protocol.SignedIn) (*User, error) {
	device, err := deviceInfo(s.GetDevice())
	if err != nil {
		return nil, err
	}
	return &User{Username: s.GetUsername(), Owner: s.GetOwner(), Role: roleOf(s.GetRole()), Device: device}, nil
}

func roleOf(r protocol.Role) Role {
	switch r {
	case protocol.Role_ROLE_HOLDER:
		return RoleHolder
	case protocol.Role_ROLE_TELLER:
		return RoleTeller
	case protocol.Role_ROLE_ADMIN:
		return RoleAdmin
	}
	return RoleUnknown
}
