package bench

import (
	"net"
	"net/netip"
	"os"
	"testing"
)

func TestAListenerIsFoundByItsAddress(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "0.0.0.0:0", "[::1]:0"} {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Skip(err)
		}
		defer listener.Close()
		at := listener.Addr().(*net.TCPAddr).AddrPort()
		if at.Addr().IsUnspecified() {
			at = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), at.Port())
		}
		p := listenerOf(at)
		if p == nil || p.pid != os.Getpid() {
			t.Errorf("%s: %v", address, p)
		}
	}
	if p := listenerOf(netip.MustParseAddrPort("127.0.0.1:1")); p != nil {
		t.Errorf("nobody's: %v", p)
	}
}

func TestAProcessTellsWhatItUses(t *testing.T) {
	before, kb, err := ownProcess().use()
	if err != nil || before <= 0 || kb == 0 {
		t.Fatal(before, kb, err)
	}
	hashSpeed()
	if after, _, err := ownProcess().use(); err != nil || after <= before {
		t.Error(before, after, err)
	}
	if _, _, err := (&process{pid: 1 << 22}).use(); err == nil {
		t.Error("a process that is not there uses something")
	}
}
