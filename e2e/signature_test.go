package e2e

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"slices"
	"testing"

	"caudal/protocol"
)

// newKey makes a device's key pair.
func newKey() ed25519.PrivateKey {
	_, key := must2(ed25519.GenerateKey(rand.Reader))
	return key
}

// resume asks to sign in as the device with the signature.
func (s *stranger) resume(device, signature []byte) *protocol.Reply {
	s.t.Helper()
	return s.call(&protocol.Command{Request: &protocol.Command_Resume{Resume: &protocol.ResumeRequest{DeviceId: device, Signature: signature}}})
}

func (s *stranger) login(username string, enrolment *protocol.DeviceEnrolment) *protocol.Reply {
	s.t.Helper()
	return s.call(&protocol.Command{Request: &protocol.Command_Login{Login: &protocol.LoginRequest{
		Username: username, Password: testPassword, Device: enrolment,
	}}})
}

// refusedWith fails unless the reply is an error with one of the codes, and the connection is not signed in.
func (s *stranger) refusedWith(reply *protocol.Reply, codes ...protocol.Code) {
	s.t.Helper()
	if !slices.Contains(codes, reply.GetError().GetCode()) {
		s.t.Errorf("answered %v, want one of %v", reply, codes)
	}
	after := s.call(&protocol.Command{Request: &protocol.Command_ListAccounts{ListAccounts: &protocol.ListAccountsRequest{}}})
	if after.GetError().GetCode() != protocol.Code_CODE_UNAUTHENTICATED {
		s.t.Errorf("signed in nevertheless: %v", after)
	}
}

func TestADevicesSignatureIsGoodForOneConnectionOneBankOneUserOnly(t *testing.T) {
	b := startBank(t)
	key := newKey()
	owner := dialStranger(t, b)
	owner.hello()
	signedIn := owner.register("owner", key).GetSignedIn()
	if signedIn == nil {
		t.Fatal("the owner cannot register")
	}
	device := signedIn.Device.Id
	sign := func(s *stranger) []byte {
		return ed25519.Sign(key, protocol.ResumeMessage(s.identity, s.hash, device))
	}
	fresh := func(t *testing.T) *stranger {
		s := dialStranger(t, b)
		s.hello()
		return s
	}

	t.Run("the honest one signs in", func(t *testing.T) {
		s := fresh(t)
		if reply := s.resume(device, sign(s)); reply.GetSignedIn().GetUsername() != "owner" {
			t.Fatalf("resume: %v", reply)
		}
	})
	t.Run("replayed from another connection", func(t *testing.T) {
		recorded := sign(fresh(t))
		s := fresh(t)
		s.refusedWith(s.resume(device, recorded), protocol.Code_CODE_BAD_SIGNATURE)
	})
	t.Run("relayed by a bank in the middle", func(t *testing.T) {
		// The victim is connected to the thief's own bank and signs with that one's identity; the thief hands it on.
		s := fresh(t)
		thief := [32]byte{1, 2, 3}
		relayed := ed25519.Sign(key, protocol.ResumeMessage(thief, s.hash, device))
		s.refusedWith(s.resume(device, relayed), protocol.Code_CODE_BAD_SIGNATURE)
	})
	t.Run("stolen id, other key", func(t *testing.T) {
		s := fresh(t)
		forged := ed25519.Sign(newKey(), protocol.ResumeMessage(s.identity, s.hash, device))
		s.refusedWith(s.resume(device, forged), protocol.Code_CODE_BAD_SIGNATURE)
	})
	t.Run("made to enrol", func(t *testing.T) {
		s := fresh(t)
		s.refusedWith(s.resume(device, s.enrolment("owner", key).Signature), protocol.Code_CODE_BAD_SIGNATURE)
	})
	t.Run("every bit", func(t *testing.T) {
		s := fresh(t)
		good := sign(s)
		for _, bit := range []int{0, 7, 100, 255, 256, 400, 511} {
			bad := bytes.Clone(good)
			bad[bit/8] ^= 1 << (bit % 8)
			s.refusedWith(s.resume(device, bad), protocol.Code_CODE_BAD_SIGNATURE, protocol.Code_CODE_RATE_LIMITED)
		}
		s.refusedWith(s.resume(device, good[:63]), protocol.Code_CODE_BAD_SIGNATURE, protocol.Code_CODE_INVALID_ARGUMENT)
		s.refusedWith(s.resume(device, nil), protocol.Code_CODE_BAD_SIGNATURE, protocol.Code_CODE_INVALID_ARGUMENT)
	})
	t.Run("an id that no device has", func(t *testing.T) {
		s := fresh(t)
		nobody := bytes.Repeat([]byte{7}, protocol.DeviceIDBytes)
		s.refusedWith(s.resume(nobody, ed25519.Sign(key, protocol.ResumeMessage(s.identity, s.hash, nobody))), protocol.Code_CODE_BAD_SIGNATURE)
	})
	t.Run("a key that was enrolled by its owner", func(t *testing.T) {
		// Without the private key there is no proof of possession; with a recorded one it is for another user.
		s := fresh(t)
		enrolment := s.enrolment("owner", key)
		s.refusedWith(s.call(&protocol.Command{Request: &protocol.Command_Register{Register: &protocol.RegisterRequest{
			Username: "thief", Owner: "A Thief", Password: testPassword, Device: enrolment,
		}}}), protocol.Code_CODE_BAD_SIGNATURE)
		s.refusedWith(s.register("thief", key), protocol.Code_CODE_KEY_REFUSED)
	})
	t.Run("small-order keys", func(t *testing.T) {
		// For these points some signatures verify under many messages (RFC 8032 does not exclude them).
		for _, point := range [][]byte{make([]byte, 32), append([]byte{1}, make([]byte, 31)...)} {
			s := fresh(t)
			enrolment := s.enrolment("smallorder", newKey())
			enrolment.PublicKey = point
			enrolment.Signature = append(bytes.Clone(point), make([]byte, 32)...)
			s.refusedWith(s.call(&protocol.Command{Request: &protocol.Command_Register{Register: &protocol.RegisterRequest{
				Username: "smallorder", Owner: "Small Order", Password: testPassword, Device: enrolment,
			}}}), protocol.Code_CODE_KEY_REFUSED, protocol.Code_CODE_BAD_SIGNATURE)
		}
	})
	t.Run("of a revoked device", func(t *testing.T) {
		laptop := newKey()
		second := fresh(t)
		revoked := second.login("owner", second.enrolment("owner", laptop)).GetSignedIn().GetDevice().GetId()
		if revoked == nil {
			t.Fatal("login with a second device failed")
		}
		reply := owner.call(&protocol.Command{Request: &protocol.Command_RevokeDevice{RevokeDevice: &protocol.RevokeDeviceRequest{DeviceId: revoked}}})
		if reply.GetRevokeDevice() == nil {
			t.Fatalf("revoke: %v", reply)
		}
		s := fresh(t)
		s.refusedWith(s.resume(revoked, ed25519.Sign(laptop, protocol.ResumeMessage(s.identity, s.hash, revoked))), protocol.Code_CODE_DEVICE_REVOKED)
		again := fresh(t)
		again.refusedWith(again.login("owner", again.enrolment("owner", laptop)), protocol.Code_CODE_KEY_REFUSED)
	})
	t.Run("across banks", func(t *testing.T) {
		other := startBank(t)
		s := dialStranger(t, other)
		s.hello()
		s.refusedWith(s.resume(device, sign(s)), protocol.Code_CODE_BAD_SIGNATURE)
	})
}
