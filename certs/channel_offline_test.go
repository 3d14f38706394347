package certs

import (
	"context"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// offlineBank is a server without an identity key, and the operator who has it.
type offlineBank struct {
	t     *testing.T
	dir   string
	clock *manualClock
	key   *IdentityKey
	keys  *ChannelKeys
	log   *logBook
}

func newOfflineBank(t *testing.T) *offlineBank {
	b := &offlineBank{t: t, dir: newDir(t, "channel"), clock: newClock(), key: mustKey(t)}
	b.start()
	return b
}

func (b *offlineBank) start() {
	b.t.Helper()
	book, log := newLog()
	keys, err := OfflineChannelKeys(b.dir, b.key.Public(), ChannelConfig{Name: "Banco", Options: Options{Clock: b.clock.Now, Log: log}})
	must(b.t, err)
	b.keys, b.log = keys, book
}

// after lets time pass as Run would, but with looks an hour apart, and one at the end.
func (b *offlineBank) after(d time.Duration) {
	b.t.Helper()
	for d > 0 {
		step := min(d, time.Hour)
		b.clock.Advance(step)
		_, _, err := b.keys.refresh()
		must(b.t, err)
		d -= step
	}
}

func (b *offlineBank) until(end time.Time) time.Duration { return end.Sub(b.clock.Now()) }

func (b *offlineBank) files(suffix string) []string {
	b.t.Helper()
	files, err := filepath.Glob(filepath.Join(b.dir, "*"+suffix))
	must(b.t, err)
	return files
}

// waiting returns the request files that have no certificate.
func (b *offlineBank) waiting() (list []string) {
	for _, file := range b.files(requestSuffix) {
		if _, err := os.Stat(signedName(file)); err != nil {
			list = append(list, file)
		}
	}
	return list
}

func signedName(request string) string {
	return strings.TrimSuffix(request, requestSuffix) + signedSuffix
}

// sign answers the one request that waits.
func (b *offlineBank) sign(now time.Time, predecessor *Predecessor) {
	b.t.Helper()
	waiting := b.waiting()
	if len(waiting) != 1 {
		b.t.Fatalf("%d requests wait: %v", len(waiting), waiting)
	}
	var r ChannelRequest
	must(b.t, r.UnmarshalText(mustRead(b.t, waiting[0])))
	text, err := b.key.SignRequest(&r, predecessor, now)
	must(b.t, err)
	must(b.t, os.WriteFile(signedName(waiting[0]), text, 0o644)) // as scp leaves it
}

func TestOfflineBankServesWhatItsOperatorSigned(t *testing.T) {
	b := newOfflineBank(t)
	_, _, err := b.keys.Current()
	mustBe(t, err, ErrUncertified)
	if !b.keys.Expires().IsZero() {
		t.Error("nothing has an end")
	}
	var r ChannelRequest
	must(t, r.UnmarshalText(mustRead(t, b.waiting()[0])))
	if b.log.count("level=WARN", "has been certified yet", r.Fingerprint(), b.waiting()[0]) != 1 {
		t.Errorf("no warning that says what to do:\n%s", b.log)
	}
	mustMode(t, b.dir, 0o700)
	mustMode(t, b.files(keySuffix)[0], 0o600)

	old := mustKey(t)
	succession := old.Succeed(b.key.Public())
	b.sign(b.clock.Now(), &succession)
	b.after(channelPoll)
	static, c := mustCurrent(t, b.keys, b.clock.Now())
	if c.Name != "Banco" || c.Predecessor == nil || c.Predecessor.Old != old.Public() {
		t.Errorf("%v", c)
	}

	// A restart finds the same key.
	b.start()
	if again, _ := mustCurrent(t, b.keys, b.clock.Now()); !again.Equal(static) {
		t.Error("another key after a restart")
	}
	if len(b.files(keySuffix)) != 1 {
		t.Error("a restart made another request")
	}
}

func TestOfflineBankAsksAtHalfWarnsInTimeAndNeverServesExpired(t *testing.T) {
	b := newOfflineBank(t)
	b.sign(b.clock.Now(), nil)
	b.after(channelPoll)
	first, c := mustCurrent(t, b.keys, b.clock.Now())

	b.after(b.until(c.NotBefore.Add(c.NotAfter.Sub(c.NotBefore)/2)) - time.Second)
	if n := len(b.waiting()); n != 0 {
		t.Fatalf("%d requests before half of the time", n)
	}
	b.after(2 * channelPoll)
	if len(b.waiting()) != 1 || b.log.count("level=INFO", "half of the channel certificate's time") != 1 {
		t.Fatalf("no request at half of the time:\n%s", b.log)
	}

	b.after(b.until(c.NotAfter.Add(-48*time.Hour)) - time.Second)
	if b.log.count("ends soon") != 0 {
		t.Errorf("warned before two days:\n%s", b.log)
	}
	b.after(2 * channelPoll)
	if b.log.count("level=WARN", "ends soon", b.waiting()[0]) != 1 {
		t.Errorf("not warned two days before:\n%s", b.log)
	}
	b.after(24 * time.Hour)
	if n := b.log.count("ends soon"); n < 3 || n > 6 {
		t.Errorf("warned %d times in a day", n)
	}

	b.after(b.until(c.NotAfter))
	if same, _ := mustCurrent(t, b.keys, b.clock.Now()); !same.Equal(first) {
		t.Error("another key before the end")
	}
	b.after(time.Second)
	_, _, err := b.keys.Current()
	mustBe(t, err, ErrCertificateExpired)
	b.after(channelPoll)
	if b.log.count("level=ERROR", "has expired") != 1 {
		t.Errorf("expired in silence:\n%s", b.log)
	}

	b.sign(b.clock.Now(), nil)
	b.after(channelPoll)
	second, _ := mustCurrent(t, b.keys, b.clock.Now())
	if second.Equal(first) {
		t.Error("the old key was certified again")
	}
	if len(b.waiting()) != 0 {
		t.Error("more requests than needed")
	}

	// The old key's files go when no clock can be that wrong.
	b.after(offlineGrace - 12*time.Hour)
	files := b.files(keySuffix)
	if len(files) != 3 {
		t.Errorf("want the expired key, the current and the next one: %v", files)
	}
	b.after(24 * time.Hour)
	if left := b.files(keySuffix); len(left) >= len(files) {
		t.Errorf("expired keys stay: %v", left)
	}
}

func TestRunningOfflineBankSeesTheCertificateAppear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &offlineBank{t: t, dir: newDir(t, "channel"), key: mustKey(t)}
		_, log := newLog()
		keys, err := OfflineChannelKeys(b.dir, b.key.Public(), ChannelConfig{Name: "Banco", Options: Options{Log: log}})
		must(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { keys.Run(ctx); close(done) }()
		b.sign(time.Now(), nil)
		pass(channelPoll)
		mustCurrent(t, keys, time.Now())
		cancel()
		<-done
	})
}

func TestOfflineBankRenewsWithoutAGap(t *testing.T) {
	b := newOfflineBank(t)
	b.sign(b.clock.Now(), nil)
	b.after(channelPoll)
	_, c := mustCurrent(t, b.keys, b.clock.Now())
	for range 6 {
		b.after(4 * 24 * time.Hour)
		b.sign(b.clock.Now(), nil)
		b.after(channelPoll)
		_, next := mustCurrent(t, b.keys, b.clock.Now())
		if !next.NotAfter.After(c.NotAfter) || next.Static == c.Static {
			t.Fatalf("%v after %v", next, c)
		}
		c = next
	}
	if b.log.count("ends soon")+b.log.count("level=ERROR") != 0 {
		t.Errorf("\n%s", b.log)
	}
}

func TestOfflineBankTakesNoOtherCertificate(t *testing.T) {
	b := newOfflineBank(t)
	request := b.waiting()[0]
	var r ChannelRequest
	must(t, r.UnmarshalText(mustRead(t, request)))

	thief := mustKey(t)
	stolen := r
	stolen.Identity = thief.Public()
	foreign, err := thief.SignRequest(&stolen, nil, b.clock.Now())
	must(t, err)
	other := r
	other.Static = publicOf(mustStatic(t))
	swapped, err := b.key.SignRequest(&other, nil, b.clock.Now())
	must(t, err)
	good, err := b.key.SignRequest(&r, nil, b.clock.Now())
	must(t, err)

	for name, text := range map[string]string{
		"another bank's":   string(foreign),
		"for another key":  string(swapped),
		"half copied":      string(good[:len(good)/2]),
		"the request back": string(mustRead(t, request)),
		"empty":            "",
	} {
		must(t, os.WriteFile(signedName(request), []byte(text), 0o600))
		before := b.log.count("cannot be used")
		b.after(10 * channelPoll)
		if n := b.log.count("cannot be used") - before; n != 1 {
			t.Errorf("%s: told %d times", name, n)
		}
		_, _, err := b.keys.Current()
		mustBe(t, err, ErrUncertified)
	}
	must(t, os.WriteFile(signedName(request), good, 0o600))
	b.after(channelPoll)
	mustCurrent(t, b.keys, b.clock.Now())
}

func TestOfflineBankWaitsForASignersFastClockAndSaysSo(t *testing.T) {
	b := newOfflineBank(t)
	b.sign(b.clock.Now().Add(3*time.Hour), nil)
	b.after(offlineRepeat / 4)
	_, _, err := b.keys.Current()
	mustBe(t, err, ErrUncertified)
	if len(b.files(keySuffix)) != 1 {
		t.Error("another request, though the first was answered")
	}
	b.after(time.Hour)
	mustCurrent(t, b.keys, b.clock.Now())

	// A restart before the start says why nobody can connect.
	late := newOfflineBank(t)
	late.sign(b.clock.Now().Add(3*time.Hour), nil)
	late.start()
	if late.log.count("level=ERROR", "compare the clocks") != 1 {
		t.Errorf("\n%s", late.log)
	}
}

func TestOfflineBankRefusesKeyFilesThatOthersCanRead(t *testing.T) {
	if !hasModes {
		t.Skip("no modes on this system")
	}
	dir, key := newDir(t, "channel"), mustKey(t)
	_, log := newLog()
	config := ChannelConfig{Name: "Banco", Options: Options{Log: log}}
	_, err := OfflineChannelKeys(dir, key.Public(), config)
	must(t, err)
	files, _ := filepath.Glob(filepath.Join(dir, "*"+keySuffix))
	must(t, os.Chmod(files[0], 0o640))
	_, err = OfflineChannelKeys(dir, key.Public(), config)
	mustBe(t, err, ErrPermissions)
	must(t, os.Chmod(files[0], 0o600))
	must(t, os.Chmod(dir, 0o755))
	_, err = OfflineChannelKeys(dir, key.Public(), config)
	mustBe(t, err, ErrPermissions)
	must(t, os.Chmod(dir, 0o700))
	must(t, os.WriteFile(files[0], []byte("damaged"), 0o600))
	_, err = OfflineChannelKeys(dir, key.Public(), config)
	mustBe(t, err, ErrMalformedChannelKey)
	must(t, os.Rename(files[0], filepath.Join(dir, "channel-mine.key")))
	_, err = OfflineChannelKeys(dir, key.Public(), config)
	mustBe(t, err, ErrMalformedChannelKey)
	_, err = OfflineChannelKeys(newDir(t, "channel"), Identity{}, config)
	mustBe(t, err, ErrMalformedFingerprint)
}

func TestRequestGoesThroughTextAndIsCheckedBeforeSigning(t *testing.T) {
	key := mustKey(t)
	r := ChannelRequest{Static: publicOf(mustStatic(t)), Identity: key.Public(), Name: "Banco Ñandú"}
	text, err := r.MarshalText()
	must(t, err)
	var back ChannelRequest
	must(t, back.UnmarshalText(text))
	if back != r || back.Fingerprint() != r.Fingerprint() || len(r.Fingerprint()) != 39 {
		t.Fatalf("%+v, %s", back, r.Fingerprint())
	}
	for _, change := range []func(*ChannelRequest){
		func(r *ChannelRequest) { r.Static[31] ^= 1 },
		func(r *ChannelRequest) { r.Name = "Banco Nandu" },
		func(r *ChannelRequest) { r.Identity = mustKey(t).Public() },
	} {
		changed := r
		change(&changed)
		if changed.Fingerprint() == r.Fingerprint() {
			t.Error("a change on the way does not show")
		}
	}
	raw := r.bytes()
	for n := range raw {
		mustBe(t, back.UnmarshalText(encodePEM(requestPEM, raw[:n])), ErrMalformedRequest)
	}
	mustBe(t, back.UnmarshalText(encodePEM(requestPEM, append(raw, 0))), ErrMalformedRequest)
	mustBe(t, back.UnmarshalText(encodePEM(certPEM, raw)), ErrMalformedRequest)
	for _, change := range []func(*ChannelRequest){
		func(r *ChannelRequest) { r.Name = "Banco\x1b[2J" },
		func(r *ChannelRequest) { r.Name = "" },
		func(r *ChannelRequest) { r.Identity = Identity{} },
	} {
		bad := r
		change(&bad)
		mustBe(t, back.UnmarshalText(encodePEM(requestPEM, bad.bytes())), ErrMalformedRequest)
	}
	_, err = mustKey(t).SignRequest(&r, nil, time.Now())
	mustBe(t, err, ErrRequestIdentity)
	foreign := mustKey(t).Succeed(mustKey(t).Public())
	_, err = key.SignRequest(&r, &foreign, time.Now())
	mustBe(t, err, ErrPredecessorSignature)
}

func TestFilesAreCreatedOnceAndReplacedWhole(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	must(t, createFile(path, []byte("one")))
	mustBe(t, createFile(path, []byte("two")), fs.ErrExist)
	if got := string(mustRead(t, path)); got != "one" {
		t.Fatal(got)
	}
	must(t, replaceFile(path, []byte("three")))
	if got := string(mustRead(t, path)); got != "three" {
		t.Fatal(got)
	}
	mustMode(t, path, 0o600)
	must(t, os.Mkdir(path+".dir", 0o700))
	if replaceFile(path+".dir", []byte("x")) == nil {
		t.Error("a directory was replaced")
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 2 {
		t.Errorf("temporary files left behind: %v", left)
	}
}

func FuzzChannelRequest(f *testing.F) {
	r := ChannelRequest{Identity: vectorKey(1).Public(), Name: "Banco"}
	f.Add(r.bytes())
	f.Fuzz(func(t *testing.T, raw []byte) {
		var r ChannelRequest
		if err := r.UnmarshalText(encodePEM(requestPEM, raw)); err != nil {
			mustBe(t, err, ErrMalformedRequest)
		} else if string(r.bytes()) != string(raw) {
			t.Fatalf("%x was read as %+v", raw, r)
		}
	})
}

func TestAClockThatWasSetBackSilencesNoWarning(t *testing.T) {
	book, log := newLog()
	clock := newClock()
	r := reminder{options: Options{Log: log}, repeat: offlineRepeat}
	for _, step := range []struct {
		leap time.Duration
		told int
	}{{0, 1}, {offlineRepeat - 1, 1}, {1, 2}, {-365 * 24 * time.Hour, 3}, {offlineRepeat - 1, 3}, {1, 4}} {
		clock.Advance(step.leap)
		r.tell(clock.Now(), slog.LevelWarn, "ends soon")
		if n := book.count("ends soon"); n != step.told {
			t.Fatalf("after %v: told %d times, want %d", step.leap, n, step.told)
		}
	}
}
