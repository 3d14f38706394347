package route

import (
	"caudal/models"
	"caudal/protocol"
	"caudal/server/live"
)

// What the bank knows, as the protocol says it.

func roleMessage(role models.Role) protocol.Role {
	switch role {
	case models.RoleHolder:
		return protocol.Role_ROLE_HOLDER
	case models.RoleTeller:
		return protocol.Role_ROLE_TELLER
	case models.RoleAdmin:
		return protocol.Role_ROLE_ADMIN
	}
	return protocol.Role_ROLE_UNSPECIFIED
}

// deviceMessage marks the device with the row id current as the one in use.
func deviceMessage(d *models.Device, current int64) *protocol.Device {
	return &protocol.Device{
		Id:           d.PublicID,
		Name:         d.Name,
		Algorithm:    protocol.DeviceAlgorithm(d.Algorithm),
		PublicKey:    d.PublicKey,
		CreatedAtUs:  d.CreatedAt,
		LastSeenAtUs: d.LastSeenAt,
		Current:      d.ID == current,
	}
}

func deviceMessages(devices []models.Device, current int64) []*protocol.Device {
	list := make([]*protocol.Device, 0, len(devices))
	for i := range devices {
		list = append(list, deviceMessage(&devices[i], current))
	}
	return list
}

func accountMessage(a *models.AccountState) *protocol.Account {
	return &protocol.Account{
		Clabe:          a.ID.String(),
		Name:           a.Name,
		Currency:       string(a.Currency),
		BalanceMinor:   a.Head.BalanceMinor,
		AvailableMinor: a.AvailableMinor(),
		Seq:            a.Head.Seq,
		Version:        a.Head.Version,
		Head:           a.Head.Head,
		Status:         live.Status(a.Status),
		OpenedAtUs:     a.OpenedAt,
	}
}
