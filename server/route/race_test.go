package route

import (
	"context"
	"errors"
	"testing"

	"caudal/models"
	"caudal/server/conn"
)

// TestARevocationWhileADeviceSignsInIsSeen: the device was read as live, and is revoked before the hub has the connection, so
// that nobody would close it.
func TestARevocationWhileADeviceSignsInIsSeen(t *testing.T) {
	h := open(t, nil)
	ana := h.register("ana")
	ctx := context.Background()
	asOf := h.store.Generation()
	device, user, err := h.store.DeviceByPublicID(ctx, ana.device.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.store.RevokeDevice(ctx, user.ID, device.ID, device.PublicID); err != nil {
		t.Fatal(err)
	}
	s := &session{conn: new(conn.Conn)}
	reply, err := call{Router: h.router, session: s}.signedIn(ctx, user, device, asOf)
	if !errors.Is(err, models.ErrDeviceRevoked) || reply != nil || s.who.Load() != nil {
		t.Errorf("signed in by a revoked device: %v, %v", reply, err)
	}
	if got := h.hub.Stats().SignedIn; got != 1 {
		t.Errorf("%d connections are signed in, ana's is one", got)
	}
}

// TestAConnectionThatEndsWhileItSignsInIsForgotten: Closed came when the hub did not know the connection yet.
func TestAConnectionThatEndsWhileItSignsInIsForgotten(t *testing.T) {
	h := open(t, nil)
	ana := h.register("ana")
	ctx := context.Background()
	asOf := h.store.Generation()
	device, user, err := h.store.DeviceByPublicID(ctx, ana.device.ID)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{conn: new(conn.Conn)}
	s.gone.Store(true)
	if _, err := (call{Router: h.router, session: s}).signedIn(ctx, user, device, asOf); err != nil {
		t.Fatal(err)
	}
	if got := h.hub.Stats().SignedIn; got != 1 {
		t.Errorf("%d connections are signed in, ana's is one", got)
	}
}
