package certs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const pinnedHost = "bank.example.com:8443"

func mustOpen(t testing.TB, path string) *Pins {
	t.Helper()
	pins, err := OpenPins(path)
	must(t, err)
	pins.now = func() time.Time { return time.Date(2026, 3, 1, 23, 59, 59, 0, time.UTC) }
	return pins
}

// mustPin wants the host to be pinned to the identity.
func mustPin(t testing.TB, pins *Pins, host string, want Identity) {
	t.Helper()
	got, err := pins.Lookup(host)
	must(t, err)
	if got != want {
		t.Fatalf("%s is pinned to %v, want %v", host, got, want)
	}
}

func TestPinIsRememberedAndForgottenOnlyOnDemand(t *testing.T) {
	path := filepath.Join(newDir(t, "home"), "known_banks")
	pins, id := mustOpen(t, path), mustKey(t).Public()
	_, err := pins.Lookup(pinnedHost)
	mustBe(t, err, ErrUnknownIdentity)
	must(t, pins.Add(pinnedHost, id))
	must(t, pins.Add(pinnedHost, id)) // again: nothing new
	mustPin(t, mustOpen(t, path), pinnedHost, id)
	if got, want := string(mustRead(t, path)), pinnedHost+" "+id.String()+" 2026-03-01\n"; got != want {
		t.Errorf("the file is %q, want %q", got, want)
	}
	mustMode(t, path, 0o600)
	mustMode(t, filepath.Dir(path), 0o700)

	must(t, pins.Forget(pinnedHost))
	_, err = pins.Lookup(pinnedHost)
	mustBe(t, err, ErrUnknownIdentity)
	mustBe(t, pins.Forget(pinnedHost), ErrUnknownIdentity)
}

func TestChangedIsNotUnknownAndOverwritesNothing(t *testing.T) {
	pins := mustOpen(t, filepath.Join(t.TempDir(), "pins"))
	id, other := mustKey(t).Public(), mustKey(t).Public()
	must(t, pins.Add(pinnedHost, id))
	err := pins.Add(pinnedHost, other)
	mustBe(t, err, ErrIdentityChanged)
	var changed *IdentityChangedError
	if !errors.As(err, &changed) || changed.Pinned != id || changed.Presented != other {
		t.Errorf("%v does not carry both", err)
	}
	if errors.Is(err, ErrUnknownIdentity) || errors.Is(err, ErrMalformedPin) {
		t.Errorf("%v is more than one thing", err)
	}
	mustPin(t, pins, pinnedHost, id)
	mustBe(t, pins.Add("other.example.com:8443", Identity{}), ErrMalformedFingerprint)
}

func TestOneHostHasOneSpelling(t *testing.T) {
	pins, id := mustOpen(t, filepath.Join(t.TempDir(), "pins")), mustKey(t).Public()
	for _, same := range [][]string{
		{"bank.example.com:8443", "BANK.example.COM:8443", "bank.example.com.:8443"},
		{"127.0.0.1:8443", "[::ffff:127.0.0.1]:8443"},
		{"[2001:db8::1]:443", "[2001:DB8:0:0::0001]:443"},
		{"xn--bnk-5ja.example:1"},
		{"localhost:65535", "LOCALHOST:65535"},
	} {
		must(t, pins.Add(same[0], id))
		for _, host := range same {
			mustPin(t, pins, host, id)
		}
	}
	_, err := pins.Lookup("bank.example.com:8444")
	mustBe(t, err, ErrUnknownIdentity)
	for _, host := range []string{"", ":", "bank", "bank:", ":1", "bank:0", "bank:65536", "bank:-1", "bank:+1", "bank:01", "bank:x",
		"ba nk:1", "bank\n:1", "bank\x00:1", "#bank:1", "bänk:1", "[bank]:1", "[::1]", "::1:1", "[fe80::1%eth0]:1", ".:1",
		strings.Repeat("a", 254) + ":1", "bank:1 x", "wss://bank:1"} {
		_, err := pins.Lookup(host)
		if !errors.Is(err, ErrMalformedHost) {
			t.Errorf("%q: %v", host, err)
		}
		mustBe(t, pins.Add(host, id), ErrMalformedHost)
		mustBe(t, pins.Forget(host), ErrMalformedHost)
	}
}

func TestDamagedLineIsNeverAnUnknownHost(t *testing.T) {
	id, other := vectorKey(1).Public(), mustKey(t).Public() // fixed: one wrong character in 65,536 passes the checksum
	good := pinnedHost + " " + id.String() + " 2026-03-01\n"
	lines := map[string]string{
		"fingerprint cut":        good[:len(good)-20] + "\n",
		"fingerprint gone":       pinnedHost + "\n",
		"one character wrong":    strings.Replace(good, id.String()[:1], swapped(id.String()[:1]), 1),
		"date gone":              pinnedHost + " " + id.String() + "\n",
		"date wrong":             pinnedHost + " " + id.String() + " 2026-13-01\n",
		"one field too many":     strings.TrimSuffix(good, "\n") + " x\n",
		"twice":                  good + good,
		"two identities":         good + pinnedHost + " " + other.String() + " 2026-03-01\n",
		"good and damaged":       good + strings.ToUpper(pinnedHost) + " damaged\n",
		"host damaged":           "\x00" + good,
		"host of two":            strings.Replace(good, ":", ",", 1),
		"separator damaged":      strings.Replace(good, " ", "\x01", 1),
		"line without end":       strings.Repeat("x", maxPinLine+1) + "\n",
		"binary":                 "\xff\xfe\x00\n",
		"two lines became one":   strings.TrimSuffix(good, "\n") + good,
		"line feed became a NUL": strings.ReplaceAll(good, "\n", "\x00") + good,
	}
	for name, text := range lines {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "pins")
			must(t, os.WriteFile(path, []byte("# mine\n"+text), 0o600))
			pins := mustOpen(t, path)
			_, err := pins.Lookup(pinnedHost)
			mustBe(t, err, ErrMalformedPin)
			if errors.Is(err, ErrUnknownIdentity) || errors.Is(err, ErrIdentityChanged) {
				t.Errorf("%v is more than one thing", err)
			}
			if !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "line") {
				t.Errorf("%v does not say where", err)
			}
			mustBe(t, pins.Add(pinnedHost, id), ErrMalformedPin)
			mustBe(t, pins.Add(pinnedHost, other), ErrMalformedPin)
			mustBe(t, pins.Move(pinnedHost, &ChannelCertificate{Identity: other}), ErrMalformedPin)
			if got := string(mustRead(t, path)); got != "# mine\n"+text {
				t.Errorf("the file was changed to %q", got)
			}
		})
	}
}

// swapped is another character of base32.
func swapped(c string) string {
	if c == "A" {
		return "B"
	}
	return "A"
}

func TestListHasEveryPinAndOwnsUpToDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pins")
	pins, one, two := mustOpen(t, path), mustKey(t).Public(), mustKey(t).Public()
	list, err := pins.List()
	if len(list) != 0 || err != nil {
		t.Fatal(list, err)
	}
	must(t, pins.Add(pinnedHost, one))
	must(t, pins.Add("a.example.com:1", two))
	want := []Pin{{pinnedHost, one, "2026-03-01"}, {"a.example.com:1", two, "2026-03-01"}}
	if list, err := pins.List(); err != nil || !slices.Equal(list, want) {
		t.Fatal(list, err)
	}
	text := mustRead(t, path)
	for _, damage := range []string{"x\n", "b.example.com:1\n"} {
		must(t, os.WriteFile(path, append(slices.Clone(text), damage...), 0o600))
		list, err := pins.List()
		mustBe(t, err, ErrMalformedPin)
		if !slices.Equal(list, want) || !strings.Contains(err.Error(), "line 3") {
			t.Error(list, err)
		}
	}
	must(t, os.WriteFile(path, append(slices.Clone(text), text...), 0o600))
	_, err = pins.List()
	mustBe(t, err, ErrMalformedPin)
}

// A line end that is lost, or a block that a disk filled with zeros, swallows the pins of hosts that come later.
func TestAPinSwallowedByItsNeighboursLineIsNotUnknown(t *testing.T) {
	neighbour := "a.example.com:1 " + mustKey(t).Public().String() + " 2026-03-01"
	mine := pinnedHost + " " + mustKey(t).Public().String() + " 2026-03-01"
	for name, text := range map[string]string{
		"line ends of an old Mac": neighbour + "\r" + mine + "\r",
		"line end became a space": neighbour + " " + mine,
		"line end is gone":        neighbour + mine,
		"line end became a NUL":   neighbour + "\x00" + mine,
		"zeros from key to key":   neighbour[:16] + strings.Repeat("\x00", 70) + mine[30:],
		"zeros to the end":        neighbour[:40] + strings.Repeat("\x00", len(mine)),
	} {
		path := filepath.Join(t.TempDir(), "pins")
		must(t, os.WriteFile(path, []byte(text+"\n"), 0o600))
		pins := mustOpen(t, path)
		_, err := pins.Lookup(pinnedHost)
		if !errors.Is(err, ErrMalformedPin) || errors.Is(err, ErrUnknownIdentity) {
			t.Errorf("%s: %v", name, err)
		}
		if err := pins.Add(pinnedHost, mustKey(t).Public()); !errors.Is(err, ErrMalformedPin) {
			t.Errorf("%s: pinned anew: %v", name, err)
		}
	}
}

// To forget one host must not drop another's pin that ran into its line.
func TestForgetLeavesALineThatMayBeOfTwoHosts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pins")
	one := "a.example.com:1 " + mustKey(t).Public().String() + " 2026-03-01"
	text := one + " " + pinnedHost + " " + mustKey(t).Public().String() + " 2026-03-01\n"
	must(t, os.WriteFile(path, []byte(text), 0o600))
	pins := mustOpen(t, path)
	mustBe(t, pins.Forget("a.example.com:1"), ErrMalformedPin)
	if got := string(mustRead(t, path)); got != text {
		t.Errorf("the file became %q", got)
	}
}

func TestACommentMeansNothingHoweverLong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pins")
	must(t, os.WriteFile(path, []byte(" # "+strings.Repeat("x", 2*maxPinLine)+"\n"), 0o600))
	_, err := mustOpen(t, path).Lookup(pinnedHost)
	mustBe(t, err, ErrUnknownIdentity)
}

func TestDamageOfOneHostLeavesTheOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pins")
	id := mustKey(t).Public()
	text := "# my banks\n\n" +
		"damaged.example.com:1 XXXX 2026-03-01\n" +
		"\t" + strings.ToUpper(pinnedHost) + "\t" + strings.ToLower(strings.ReplaceAll(id.String(), "-", "")) + "  2026-03-01\r\n" +
		"\x00\x00\n"
	must(t, os.WriteFile(path, []byte(text), 0o600))
	pins := mustOpen(t, path)
	mustPin(t, pins, pinnedHost, id)
	_, err := pins.Lookup("damaged.example.com:1")
	mustBe(t, err, ErrMalformedPin)
	_, err = pins.Lookup("new.example.com:1") // the last line may have been its pin
	mustBe(t, err, ErrMalformedPin)

	// Forgetting is what mends a damaged line, and leaves every other as it was.
	must(t, pins.Forget("damaged.example.com:1"))
	_, err = pins.Lookup("damaged.example.com:1")
	mustBe(t, err, ErrMalformedPin)
	got := string(mustRead(t, path))
	for line := range strings.Lines(text) {
		if want := strings.TrimRight(line, "\r\n"); !strings.HasPrefix(line, "damaged") && !strings.Contains(got, want) {
			t.Errorf("the line %q is lost: %q", want, got)
		}
	}
	if strings.Contains(got, "damaged") {
		t.Errorf("not forgotten: %q", got)
	}
}

func TestPinMovesOnlyToWhatItsIdentitySigned(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pins")
	pins := mustOpen(t, path)
	old, next, thief := mustKey(t), mustKey(t), mustKey(t)
	neighbour := mustKey(t).Public()
	must(t, pins.Add(pinnedHost, old.Public()))
	must(t, pins.Add("neighbour.example.com:1", neighbour))

	good, own := old.Succeed(next.Public()), thief.Succeed(next.Public())
	for name, c := range map[string]*ChannelCertificate{
		"no predecessor":            {Identity: next.Public()},
		"another predecessor":       {Identity: next.Public(), Predecessor: &own},
		"signed for another":        {Identity: thief.Public(), Predecessor: &good},
		"signed by nobody":          {Identity: next.Public(), Predecessor: &Predecessor{Old: old.Public()}},
		"signed by somebody else":   {Identity: next.Public(), Predecessor: &Predecessor{Old: old.Public(), Signature: own.Signature}},
		"predecessor is the pinned": {Identity: thief.Public(), Predecessor: &Predecessor{Old: old.Public(), Signature: good.Signature}},
	} {
		err := pins.Move(pinnedHost, c)
		var changed *IdentityChangedError
		if !errors.As(err, &changed) || changed.Pinned != old.Public() || changed.Presented != c.Identity {
			t.Errorf("%s: %v", name, err)
		}
		mustPin(t, pins, pinnedHost, old.Public())
	}
	mustBe(t, pins.Move("unknown.example.com:1", &ChannelCertificate{Identity: next.Public(), Predecessor: &good}), ErrUnknownIdentity)

	// The whole way: a certificate that came over a channel.
	static := mustStatic(t)
	raw, err := next.certify(static.PublicKey(), ChannelConfig{Name: "Banco", Predecessor: &good}, time.Now())
	must(t, err)
	_, err = VerifyChannel(raw, publicOf(static), old.Public(), time.Now())
	mustBe(t, err, ErrIdentityChanged)
	c, err := InspectChannel(raw, publicOf(static), time.Now())
	must(t, err)
	must(t, pins.Move(pinnedHost, c))
	must(t, pins.Move(pinnedHost, c)) // another program was faster
	mustPin(t, pins, pinnedHost, next.Public())
	mustPin(t, pins, "neighbour.example.com:1", neighbour)
	_, err = VerifyChannel(raw, publicOf(static), next.Public(), time.Now())
	must(t, err)
}

// pinMany pins some hosts of a name's own, moves and forgets among them, as one of several programs.
func pinMany(path, name string) error {
	pins, err := OpenPins(path)
	if err != nil {
		return err
	}
	old, err := NewIdentityKey()
	if err != nil {
		return err
	}
	next, err := NewIdentityKey()
	if err != nil {
		return err
	}
	succession := old.Succeed(next.Public())
	for i := range manyPins {
		host := fmt.Sprintf("%s-%d.example.com:1", name, i)
		if err := pins.Add(host, old.Public()); err != nil {
			return err
		}
		if err := pins.Add("gone-"+host, old.Public()); err != nil {
			return err
		}
		if err := pins.Move(host, &ChannelCertificate{Identity: next.Public(), Predecessor: &succession}); err != nil {
			return err
		}
		if err := pins.Forget("gone-" + host); err != nil {
			return err
		}
	}
	return nil
}

const manyPins = 5

func mustHaveAll(t *testing.T, path string, names int) {
	t.Helper()
	pins := mustOpen(t, path)
	for name := range names {
		for i := range manyPins {
			if _, err := pins.Lookup(fmt.Sprintf("%d-%d.example.com:1", name, i)); err != nil {
				t.Error(err)
			}
		}
	}
	if lines := strings.Count(string(mustRead(t, path)), "\n"); lines != names*manyPins {
		t.Errorf("%d lines, want %d", lines, names*manyPins)
	}
}

func TestProgramsThatPinAtOnceLoseNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pins")
	const programs = 4
	together(t, "pin", programs, func(i int) []string { return []string{path, fmt.Sprint(i)} })
	mustHaveAll(t, path, programs)
	if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 2 {
		t.Errorf("files left behind: %v", entries)
	}
}

func TestGoroutinesThatPinAtOnceLoseNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pins")
	const writers = 4
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			if err := pinMany(path, fmt.Sprint(i)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	mustHaveAll(t, path, writers)
}

func TestPinsThatOthersCanWriteAreRefused(t *testing.T) {
	if !hasModes {
		t.Skip("no modes on this system")
	}
	path := filepath.Join(newDir(t, "home"), "pins")
	pins := mustOpen(t, path)
	must(t, pins.Add(pinnedHost, mustKey(t).Public()))
	must(t, os.Chmod(path, 0o620))
	_, err := pins.Lookup(pinnedHost)
	mustBe(t, err, ErrPermissions)
	_, err = OpenPins(path)
	mustBe(t, err, ErrPermissions)
	must(t, os.Chmod(path, 0o644)) // seen by others: no secret; the next change closes it
	must(t, pins.Add("other.example.com:1", mustKey(t).Public()))
	mustMode(t, path, 0o600)
	must(t, os.Chmod(filepath.Dir(path), 0o777))
	_, err = OpenPins(path)
	mustBe(t, err, ErrPermissions)
}

func TestPinStoreThatCannotBeReadIsNotEmpty(t *testing.T) {
	dir := t.TempDir()
	if _, err := OpenPins(dir); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a directory is a store: %v", err)
	}
	path := filepath.Join(dir, "pins")
	must(t, os.WriteFile(path, make([]byte, maxPinFile+1), 0o600))
	if _, err := OpenPins(path); err == nil {
		t.Error("a store without end is read")
	}
}

func FuzzPinFile(f *testing.F) {
	id := vectorKey(1).Public()
	f.Add([]byte("# mine\n\n" + pinnedHost + " " + id.String() + " 2026-03-01\n"))
	f.Add([]byte(pinnedHost + "\x00"))
	f.Add([]byte("a.example.com:1 " + id.String() + " 2026-03-01" + pinnedHost + " " + id.String() + " 2026-03-01\n"))
	f.Add([]byte("\n\n"))
	f.Add([]byte("\r\r"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file := parsePinFile(text)
		i, err := file.lookup(pinnedHost)
		switch {
		case err == nil:
			line := file.lines[i]
			if line.host != pinnedHost || !line.identity.usable() {
				t.Fatalf("%+v", line)
			}
		case errors.Is(err, ErrUnknownIdentity):
			// Unknown only if there is nothing but comments and whole pins of others.
			for line := range strings.SplitSeq(string(text), "\n") {
				fields := strings.FieldsFunc(strings.TrimRight(line, "\r"), isBlank)
				if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
					continue
				}
				if len(fields) != 3 || strings.EqualFold(fields[0], pinnedHost) {
					t.Fatalf("%q hides a pin", text)
				}
				if _, err := ParseIdentity(fields[1]); err != nil {
					t.Fatalf("%q hides a pin", text)
				}
			}
		default:
			mustBe(t, err, ErrMalformedPin)
		}
		// Writing what was read keeps every line, and is stable.
		again := file.bytes()
		if reread := parsePinFile(again); len(reread.lines) != len(file.lines) || string(reread.bytes()) != string(again) {
			t.Fatalf("%q became %q", text, again)
		}
	})
}

func isBlank(r rune) bool { return r == ' ' || r == '\t' }
