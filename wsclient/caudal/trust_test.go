package caudal

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"caudal/certs"
)

func pinStore(t *testing.T) (*certs.Pins, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pins")
	pins, err := certs.OpenPins(path)
	if err != nil {
		t.Fatal(err)
	}
	return pins, path
}

func newIdentity(t testing.TB) *certs.IdentityKey {
	t.Helper()
	key, err := certs.NewIdentityKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

const fakeHost = "127.0.0.1:8443"

// TestWhoIsTrusted goes through the whole table of decisions about a bank's identity.
func TestWhoIsTrusted(t *testing.T) {
	type world struct {
		bank   *fakeBank
		pins   *certs.Pins
		path   string
		config Config
		asked  []Stranger
		moved  []certs.Identity
	}
	yes := func(w *world) func(context.Context, Stranger) (bool, error) {
		return func(_ context.Context, s Stranger) (bool, error) {
			w.asked = append(w.asked, s)
			synctest.Wait()
			if w.bank.standing() > 0 {
				t.Error("a person is asked while a connection waits")
			}
			return true, nil
		}
	}
	cases := []struct {
		name  string
		set   func(w *world)
		want  error // nil: connected
		check func(t *testing.T, w *world)
	}{
		{"pinned and equal, TLS unknown", func(w *world) {
			w.pins.Add(fakeHost, w.bank.identity.Public())
		}, nil, nil},
		{"pinned and equal, TLS trusted", func(w *world) {
			w.pins.Add(fakeHost, w.bank.identity.Public())
			w.config.Roots = w.bank.roots
		}, nil, nil},
		{"given and equal, TLS unknown", func(w *world) {
			w.config = w.bank.config()
		}, nil, nil},
		{"unknown, TLS trusted, the person says yes", func(w *world) {
			w.config.Roots = w.bank.roots
			w.config.Confirm = yes(w)
		}, nil, func(t *testing.T, w *world) {
			if len(w.asked) != 1 || w.asked[0] != (Stranger{fakeHost, "Banco de Prueba", w.bank.identity.Public()}) {
				t.Errorf("asked: %+v", w.asked)
			}
			if pin, err := w.pins.Lookup(fakeHost); err != nil || pin != w.bank.identity.Public() {
				t.Errorf("pinned: %v, %v", pin, err)
			}
		}},
		{"unknown, TLS trusted, the person says no", func(w *world) {
			w.config.Roots = w.bank.roots
			w.config.Confirm = func(context.Context, Stranger) (bool, error) { return false, nil }
		}, certs.ErrUnknownIdentity, nil},
		{"unknown, TLS trusted, nobody to ask", func(w *world) {
			w.config.Roots = w.bank.roots
		}, certs.ErrUnknownIdentity, nil},
		{"unknown, TLS unknown", func(w *world) {
			w.config.Confirm = yes(w)
		}, ErrUntrustedTLS, func(t *testing.T, w *world) {
			if len(w.asked) > 0 {
				t.Error("a person is asked about a bank that nothing proves")
			}
		}},
		{"changed, TLS trusted", func(w *world) {
			w.pins.Add(fakeHost, newIdentity(t).Public())
			w.config.Roots = w.bank.roots
			w.config.Confirm = yes(w)
		}, certs.ErrIdentityChanged, func(t *testing.T, w *world) {
			if len(w.asked) > 0 {
				t.Error("a person is asked to accept a changed identity")
			}
		}},
		{"given and another, TLS trusted", func(w *world) {
			w.config = w.bank.config()
			w.config.Roots = w.bank.roots
			other := newIdentity(t).Public()
			w.config.Identity = &other
		}, certs.ErrIdentityChanged, nil},
		{"a pin that cannot be read", func(w *world) {
			if err := os.WriteFile(w.path, []byte(fakeHost+" AAAAA-garbage\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			w.config.Roots = w.bank.roots
			w.config.Confirm = yes(w)
		}, certs.ErrMalformedPin, func(t *testing.T, w *world) {
			if w.bank.attempts() > 0 {
				t.Error("connected all the same")
			}
		}},
		{"pinned is the predecessor", func(w *world) {
			old := newIdentity(t)
			w.pins.Add(fakeHost, old.Public())
			proof := old.Succeed(w.bank.identity.Public())
			w.bank.certificate = func(c *certs.ChannelCertificate) { c.Predecessor = &proof }
		}, nil, func(t *testing.T, w *world) {
			if pin, err := w.pins.Lookup(fakeHost); err != nil || pin != w.bank.identity.Public() {
				t.Errorf("pinned: %v, %v", pin, err)
			}
			if len(w.moved) != 2 || w.moved[1] != w.bank.identity.Public() {
				t.Errorf("told: %v", w.moved)
			}
		}},
		{"given is the predecessor", func(w *world) {
			old := newIdentity(t)
			w.config.Pins, w.config.Identity = nil, new(old.Public())
			proof := old.Succeed(w.bank.identity.Public())
			w.bank.certificate = func(c *certs.ChannelCertificate) { c.Predecessor = &proof }
		}, nil, func(t *testing.T, w *world) {
			if len(w.moved) != 2 {
				t.Error("nobody was told")
			}
		}},
		{"pinned is another than the predecessor", func(w *world) {
			w.pins.Add(fakeHost, newIdentity(t).Public())
			proof := newIdentity(t).Succeed(w.bank.identity.Public())
			w.bank.certificate = func(c *certs.ChannelCertificate) { c.Predecessor = &proof }
		}, certs.ErrIdentityChanged, nil},
		{"given is another than the predecessor", func(w *world) {
			w.config.Pins, w.config.Identity = nil, new(newIdentity(t).Public())
			proof := newIdentity(t).Succeed(w.bank.identity.Public())
			w.bank.certificate = func(c *certs.ChannelCertificate) { c.Predecessor = &proof }
		}, certs.ErrIdentityChanged, nil},
		{"certificate for another channel key", func(w *world) {
			w.config = w.bank.config()
			w.bank.static, _ = ecdh.X25519().GenerateKey(rand.Reader)
		}, certs.ErrStaticMismatch, nil},
		{"certificate expired", func(w *world) {
			w.config = w.bank.config()
			w.bank.certificate = func(c *certs.ChannelCertificate) { c.NotAfter = time.Now().Add(-2 * time.Second) }
		}, certs.ErrCertificateExpired, nil},
		{"certificate of tomorrow", func(w *world) {
			w.config = w.bank.config()
			w.bank.certificate = func(c *certs.ChannelCertificate) { c.NotBefore = time.Now().Add(time.Hour) }
		}, certs.ErrCertificateNotYetValid, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &world{bank: newFakeBank(t)}
				w.pins, w.path = pinStore(t)
				w.config = w.bank.config()
				w.config.Identity, w.config.Pins = nil, w.pins
				w.config.Moved = func(from, to certs.Identity) { w.moved = append(w.moved, from, to) }
				c.set(w)
				conn, err := Dial(t.Context(), w.config)
				if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
					t.Fatalf("got %v, want %v", err, c.want)
				}
				if errors.Is(err, ErrUntrustedTLS) && !errors.Is(err, certs.ErrUnknownIdentity) {
					t.Error("an unknown identity is not told as one")
				}
				if err == nil {
					defer conn.Close()
					if conn.Bank().Identity != w.bank.identity.Public() {
						t.Error("the identity is not the bank's")
					}
				} else if w.bank.seen("hello") > 0 {
					t.Error("something was said to a bank that was refused")
				}
				if c.check != nil {
					c.check(t, w)
				}
			})
		})
	}
}

func TestOnlyWSSAddressesAreDialed(t *testing.T) {
	identity := newIdentity(t).Public()
	for _, url := range []string{
		"ws://127.0.0.1:8443/ws", "http://127.0.0.1/ws", "https://127.0.0.1/ws", "wss://", "wss:///ws", "127.0.0.1:8443", "",
		"wss://ana:secret@127.0.0.1/ws", "wss://127.0.0.1/ws#x", "wss://[::1/ws",
	} {
		_, err := Dial(t.Context(), Config{URL: url, Identity: &identity})
		if !errors.Is(err, ErrURL) {
			t.Errorf("%q: %v", url, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error has the password: %v", url, err)
		}
	}
	if _, err := Dial(t.Context(), Config{URL: "wss://127.0.0.1:1/ws"}); err == nil {
		t.Error("nobody to trust, and dialed all the same")
	}
	if _, err := Dial(t.Context(), Config{URL: "wss://127.0.0.1:1/ws", Identity: &identity, Client: strings.Repeat("x", 65)}); err == nil || errors.Is(err, ErrDisconnected) {
		t.Errorf("a program's name that is too long: %v", err)
	}
}

func TestTheUpgradeIsExactlyWhatWasAskedFor(t *testing.T) {
	location := func(status int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Location", "wss://127.0.0.1:8443/elsewhere")
			w.WriteHeader(status)
			if r.URL.Path == "/elsewhere" {
				t.Error("a redirect was followed")
			}
			return true
		}
	}
	cases := []struct {
		name string
		set  func(*fakeBank)
		want error
	}{
		{"redirect 301", func(b *fakeBank) { b.upgrade = location(http.StatusMovedPermanently) }, ErrRedirect},
		{"redirect 307", func(b *fakeBank) { b.upgrade = location(http.StatusTemporaryRedirect) }, ErrRedirect},
		{"redirect without a place", func(b *fakeBank) {
			b.upgrade = func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(http.StatusNotModified); return true }
		}, ErrRedirect},
		{"another spelling", func(b *fakeBank) { b.subprotocol = "CAUDAL.v1" }, ErrSubprotocol},
		{"the classic channel", func(b *fakeBank) { b.subprotocol = "caudal.v1.classic" }, ErrSubprotocol},
		{"a stranger's protocol", func(b *fakeBank) { b.subprotocol = "mqtt" }, ErrSubprotocol},
		{"a page", func(b *fakeBank) {
			b.upgrade = func(w http.ResponseWriter, _ *http.Request) bool { w.Write([]byte("hello")); return true }
		}, ErrDisconnected},
		{"TLS 1.2", func(b *fakeBank) { b.server.TLSConfig.MinVersion, b.server.TLSConfig.MaxVersion = 0, tls.VersionTLS12 }, ErrDisconnected},
		{"no network", func(b *fakeBank) { b.listener.refuse = func() error { return errors.New("unreachable") } }, ErrDisconnected},
		{"message 2 altered", func(b *fakeBank) {
			b.message2 = func(m []byte) []byte { m[len(m)/2] ^= 1; return m }
		}, ErrTampered},
		{"message 2 cut", func(b *fakeBank) {
			b.message2 = func(m []byte) []byte { return m[:40] }
		}, ErrTampered},
		{"message 2 too long", func(b *fakeBank) {
			b.message2 = func(m []byte) []byte { return append(m, make([]byte, 5000)...) }
		}, ErrTampered},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bank := newFakeBank(t)
				c.set(bank)
				_, err := Dial(t.Context(), bank.config())
				if !errors.Is(err, c.want) {
					t.Fatalf("got %v, want %v", err, c.want)
				}
				if n := bank.attempts(); n != 1 {
					t.Errorf("%d attempts", n)
				}
			})
		})
	}
}

func TestARefusalBeforeTheUpgradeSaysItsStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bank := newFakeBank(t)
		bank.upgrade = func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		}
		_, err := Dial(t.Context(), bank.config())
		refused, ok := errors.AsType[*RefusedError](err)
		if !ok || refused.Status != http.StatusTooManyRequests || refused.After != 7*time.Second {
			t.Fatalf("%v", err)
		}
	})
}

func TestOneSubprotocolIsOfferedAndNoCompression(t *testing.T) {
	for _, classic := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			bank := newFakeBank(t)
			var header http.Header
			bank.upgrade = func(_ http.ResponseWriter, r *http.Request) bool { header = r.Header.Clone(); return false }
			conn := dialed(t, bank, func(c *Config) { c.Classic = classic })
			want := "caudal.v1"
			if classic {
				want = "caudal.v1.classic"
			}
			if got := header.Values("Sec-WebSocket-Protocol"); len(got) != 1 || got[0] != want {
				t.Errorf("offered %q", got)
			}
			if got := header.Get("Sec-WebSocket-Extensions"); got != "" {
				t.Errorf("offered extensions %q", got)
			}
			if got := header.Get("Origin"); got != "" {
				t.Errorf("claims to come from a page of %q", got)
			}
			if conn.Bank().Channel != want {
				t.Errorf("speaks %q", conn.Bank().Channel)
			}
		})
	}
}
