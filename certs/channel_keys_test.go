package certs

import (
	"context"
	"crypto/ecdh"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pair is what Current returns, checked as a client would.
func mustCurrent(t testing.TB, keys *ChannelKeys, now time.Time) (static *ecdh.PrivateKey, c *ChannelCertificate) {
	t.Helper()
	static, raw, err := keys.Current()
	must(t, err)
	c, err = VerifyChannel(raw, publicOf(static), keys.Identity(), now)
	must(t, err)
	return static, c
}

func TestChannelKeyIsCertifiedForAWeekAndBackdated(t *testing.T) {
	clock := newClock()
	_, log := newLog()
	key := mustKey(t)
	old := mustKey(t)
	succession := old.Succeed(key.Public())
	keys, err := NewChannelKeys(key, ChannelConfig{Name: "Banco", Predecessor: &succession, Options: Options{Clock: clock.Now, Log: log}})
	must(t, err)
	static, c := mustCurrent(t, keys, clock.Now().Add(-time.Hour)) // a client whose clock is an hour slow
	mustCurrent(t, keys, clock.Now().Add(ChannelLifetime))
	if static.Curve() != ecdh.X25519() || c.Name != "Banco" || c.Predecessor == nil || c.Predecessor.Old != old.Public() {
		t.Fatalf("%v", c)
	}
	if want := clock.Now().Add(7 * 24 * time.Hour); !c.NotAfter.Equal(want) || !keys.Expires().Equal(want) {
		t.Fatalf("ends %v, want %v", c.NotAfter, want)
	}
}

func TestChannelKeyIsRenewedAtHalfOfItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, log := newLog()
		keys, err := NewChannelKeys(mustKey(t), ChannelConfig{Name: "Banco", Options: Options{Log: log}})
		must(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { keys.Run(ctx); close(done) }()

		first, c := mustCurrent(t, keys, time.Now())
		half := c.NotBefore.Add(c.NotAfter.Sub(c.NotBefore) / 2)
		pass(time.Until(half) - time.Second)
		if same, _ := mustCurrent(t, keys, time.Now()); !same.Equal(first) {
			t.Error("renewed before half of its time")
		}
		pass(channelPoll + time.Second)
		second, c := mustCurrent(t, keys, time.Now())
		if second.Equal(first) {
			t.Error("not renewed at half of its time")
		}
		for range 4 { // and it goes on
			pass(ChannelLifetime)
			if _, next := mustCurrent(t, keys, time.Now()); !next.NotAfter.After(c.NotAfter) {
				t.Fatal("not renewed any more")
			} else {
				c = next
			}
			if left := time.Until(c.NotAfter); left < ChannelLifetime/2-time.Hour {
				t.Fatalf("only %v left", left)
			}
		}
		cancel()
		<-done
	})
}

// A laptop wakes up after its certificate's end: no timer has run, and the first client comes at once.
func TestChannelKeyIsRenewedWhenNobodyRanAndTimeLeaps(t *testing.T) {
	clock := newClock()
	_, log := newLog()
	keys, err := NewChannelKeys(mustKey(t), ChannelConfig{Name: "Banco", Options: Options{Clock: clock.Now, Log: log}})
	must(t, err)
	first, _ := mustCurrent(t, keys, clock.Now())
	for _, leap := range []time.Duration{30 * 24 * time.Hour, -60 * 24 * time.Hour} {
		clock.Advance(leap)
		next, _ := mustCurrent(t, keys, clock.Now())
		if next.Equal(first) {
			t.Fatalf("after %v: the same key", leap)
		}
		first = next
	}
}

func TestCurrentIsOnePairWhileKeysAreRenewed(t *testing.T) {
	clock := newClock()
	_, log := newLog()
	keys, err := NewChannelKeys(mustKey(t), ChannelConfig{Name: "Banco", Options: Options{Clock: clock.Now, Log: log}})
	must(t, err)
	var readers sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				static, raw, err := keys.Current()
				if err != nil {
					t.Error(err)
					return
				}
				c, err := parseChannel(raw)
				if err != nil || c.Static != publicOf(static) {
					t.Error("key and certificate do not belong together", err)
					return
				}
			}
		})
	}
	for range 200 {
		clock.Advance(ChannelLifetime)
		_, _, err := keys.refresh()
		must(t, err)
	}
	close(stop)
	readers.Wait()
}

func TestChannelKeysRefuseANameThatClientsWouldRefuse(t *testing.T) {
	for _, name := range []string{"", "B\u202e"} {
		if _, err := NewChannelKeys(mustKey(t), ChannelConfig{Name: name}); err == nil {
			t.Errorf("%q: accepted", name)
		}
		if _, err := OfflineChannelKeys(newDir(t, "channel"), mustKey(t).Public(), ChannelConfig{Name: name}); err == nil {
			t.Errorf("%q: accepted offline", name)
		}
	}
}

func TestChannelKeysRefuseAPredecessorOfAnotherBank(t *testing.T) {
	foreign := mustKey(t).Succeed(mustKey(t).Public())
	_, err := NewChannelKeys(mustKey(t), ChannelConfig{Name: "Banco", Predecessor: &foreign})
	mustBe(t, err, ErrPredecessorSignature)
}
