package certs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"
)

// sample is a certificate with everything in it, and what is needed to verify it.
type sample struct {
	key, old *IdentityKey
	static   [32]byte
	now      time.Time
	raw      []byte
}

func newSample(t testing.TB) sample {
	t.Helper()
	s := sample{key: mustKey(t), old: mustKey(t), static: publicOf(mustStatic(t)), now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	predecessor := s.old.Succeed(s.key.Public())
	raw, err := s.key.SignChannel(ChannelCertificate{
		NotBefore: s.now.Add(-time.Hour), NotAfter: s.now.Add(ChannelLifetime),
		Static: s.static, Name: "Banco Ñandú", Predecessor: &predecessor,
	})
	must(t, err)
	s.raw = raw
	return s
}

func (s sample) verify(raw []byte) error {
	c, err := VerifyChannel(raw, s.static, s.key.Public(), s.now)
	if (c == nil) != (err != nil) {
		panic("a certificate and an error, or neither")
	}
	return err
}

// craft signs any fields and any extensions, right or wrong, as no honest bank would.
func craft(key *IdentityKey, c ChannelCertificate, extensions []byte) []byte {
	c.Identity = key.Public()
	body := c.appendBody(nil)
	body = body[:len(body)-2]
	body = binary.BigEndian.AppendUint16(body, uint16(len(extensions)))
	body = append(body, extensions...)
	return append(body, key.Sign(channelLabel, body)...)
}

func extension(kind uint16, value []byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, kind)
	b = binary.BigEndian.AppendUint16(b, uint16(len(value)))
	return append(b, value...)
}

func TestCertificateCarriesWhatWasSigned(t *testing.T) {
	s := newSample(t)
	c, err := VerifyChannel(s.raw, s.static, s.key.Public(), s.now)
	must(t, err)
	if c.Name != "Banco Ñandú" || c.Static != s.static || c.Identity != s.key.Public() ||
		!c.NotBefore.Equal(s.now.Add(-time.Hour)) || !c.NotAfter.Equal(s.now.Add(ChannelLifetime)) ||
		c.Predecessor == nil || c.Predecessor.Old != s.old.Public() {
		t.Fatalf("%+v", c)
	}
	if again, err := s.key.SignChannel(*c); err != nil || !bytes.Equal(again, s.raw) {
		t.Fatal("signing what was read gives other bytes", err)
	}
}

func TestEveryFlippedBitIsRefused(t *testing.T) {
	s := newSample(t)
	for i := range s.raw {
		for bit := range 8 {
			raw := slices.Clone(s.raw)
			raw[i] ^= 1 << bit
			if s.verify(raw) == nil {
				t.Errorf("byte %d bit %d: accepted", i, bit)
			}
		}
	}
}

func TestEveryTruncationAndEveryTailIsRefused(t *testing.T) {
	s := newSample(t)
	for n := range s.raw {
		mustBe(t, s.verify(s.raw[:n]), ErrMalformedCertificate)
		anyOf(t, s.verify(s.raw[n+1:]))
	}
	mustBe(t, s.verify(append(slices.Clone(s.raw), 0)), ErrMalformedCertificate)
	mustBe(t, s.verify(append(slices.Clone(s.raw), s.raw...)), ErrMalformedCertificate)
	mustBe(t, s.verify(nil), ErrMalformedCertificate)
}

// anyOf fails unless the error is one of those that a verification may give.
func anyOf(t *testing.T, err error) {
	t.Helper()
	for _, known := range []error{ErrMalformedCertificate, ErrCertificateVersion, ErrCriticalExtension, ErrStaticMismatch,
		ErrCertificateSignature, ErrPredecessorSignature, ErrCertificateExpired, ErrCertificateNotYetValid, ErrIdentityChanged} {
		if errors.Is(err, known) {
			return
		}
	}
	t.Fatalf("unexpected error: %v", err)
}

func TestEachCheckHasItsError(t *testing.T) {
	s := newSample(t)
	honest := ChannelCertificate{NotBefore: s.now, NotAfter: s.now.Add(time.Hour), Static: s.static, Name: "Banco"}
	other := mustKey(t)

	t.Run("version", func(t *testing.T) {
		for _, version := range []byte{0, 2, 255} {
			raw := slices.Clone(s.raw)
			raw[0] = version
			mustBe(t, s.verify(raw), ErrCertificateVersion)
		}
	})
	t.Run("replayed under another channel key", func(t *testing.T) {
		_, err := VerifyChannel(s.raw, publicOf(mustStatic(t)), s.key.Public(), s.now)
		mustBe(t, err, ErrStaticMismatch)
		_, err = InspectChannel(s.raw, publicOf(mustStatic(t)), s.now)
		mustBe(t, err, ErrStaticMismatch)
	})
	t.Run("pin", func(t *testing.T) {
		_, err := VerifyChannel(s.raw, s.static, other.Public(), s.now)
		mustBe(t, err, ErrIdentityChanged)
		var changed *IdentityChangedError
		if !errors.As(err, &changed) || changed.Pinned != other.Public() || changed.Presented != s.key.Public() {
			t.Fatal(err)
		}
		for _, id := range []Identity{changed.Pinned, changed.Presented} {
			if !strings.Contains(err.Error(), id.String()) {
				t.Errorf("%v does not show %v", err, id)
			}
		}
		if _, err := InspectChannel(s.raw, s.static, s.now); err != nil {
			t.Fatal("Inspect looks at the pin:", err)
		}
	})
	t.Run("signature of another", func(t *testing.T) {
		// The thief names the victim's identity, and signs with the thief's own key.
		body := s.raw[:len(s.raw)-signatureSize]
		mustBe(t, s.verify(append(slices.Clone(body), other.Sign(channelLabel, body)...)), ErrCertificateSignature)
	})
	t.Run("signature for another purpose", func(t *testing.T) {
		body := s.raw[:len(s.raw)-signatureSize]
		mustBe(t, s.verify(append(slices.Clone(body), s.key.Sign(successorLabel, body)...)), ErrCertificateSignature)
	})
	t.Run("changed is said only of a proven identity", func(t *testing.T) {
		raw := slices.Clone(s.raw)
		raw[len(raw)-1] ^= 1
		_, err := VerifyChannel(raw, s.static, other.Public(), s.now)
		mustBe(t, err, ErrCertificateSignature)
	})
	t.Run("validity", func(t *testing.T) {
		raw, err := s.key.SignChannel(honest)
		must(t, err)
		for offset, want := range map[time.Duration]error{
			-time.Nanosecond:              ErrCertificateNotYetValid,
			0:                             nil,
			time.Hour:                     nil,
			time.Hour + time.Second:       ErrCertificateExpired,
			200 * 365 * 24 * time.Hour:    ErrCertificateExpired,
			-time.Since(time.Unix(-1, 0)): ErrCertificateNotYetValid,
		} {
			_, err := VerifyChannel(raw, s.static, s.key.Public(), s.now.Add(offset))
			if !errors.Is(err, want) {
				t.Errorf("%v: %v, want %v", offset, err, want)
			}
		}
	})
}

func TestValidityOutOfBoundsIsMalformed(t *testing.T) {
	s := newSample(t)
	at := func(from, to int64) []byte {
		return craft(s.key, ChannelCertificate{NotBefore: time.Unix(from, 0), NotAfter: time.Unix(to, 0), Static: s.static, Name: "B"}, nil)
	}
	now, longest := s.now.Unix(), int64(MaxChannelValidity/time.Second)
	if err := s.verify(at(now, now+longest)); err != nil {
		t.Fatal(err)
	}
	for _, raw := range [][]byte{
		at(now, now), at(now+1, now-1), at(now, now+longest+1), at(0, maxTime),
		at(-1, now), at(-1<<63, 1<<63-1), at(maxTime, maxTime+1), at(-1<<63, -1<<63+1), at(1<<63-2, 1<<63-1),
	} {
		mustBe(t, s.verify(raw), ErrMalformedCertificate)
	}
}

func TestExtensions(t *testing.T) {
	s := newSample(t)
	c := ChannelCertificate{NotBefore: s.now, NotAfter: s.now.Add(time.Hour), Static: s.static, Name: "B"}
	proof := s.old.Succeed(s.key.Public())
	predecessor := extension(extensionPredecessor, proof.bytes())
	join := func(parts ...[]byte) []byte { return slices.Concat(parts...) }

	for name, test := range map[string]struct {
		extensions []byte
		want       error
	}{
		"none":                     {nil, nil},
		"predecessor":              {predecessor, nil},
		"unknown is skipped":       {join(extension(0, nil), predecessor, extension(2, []byte("x")), extension(0x7fff, nil)), nil},
		"as much as fits":          {extension(2, make([]byte, maxExtensions-4)), nil},
		"too much":                 {extension(2, make([]byte, maxExtensions-3)), ErrMalformedCertificate},
		"critical":                 {extension(0x8000, nil), ErrCriticalExtension},
		"critical after others":    {join(predecessor, extension(0xffff, []byte("x"))), ErrCriticalExtension},
		"critical predecessor":     {extension(0x8001, proof.bytes()), ErrCriticalExtension},
		"twice":                    {join(predecessor, predecessor), ErrMalformedCertificate},
		"descending":               {join(extension(3, nil), extension(2, nil)), ErrMalformedCertificate},
		"header cut":               {[]byte{0, 2, 0}, ErrMalformedCertificate},
		"value cut":                {extension(2, []byte("xx"))[:5], ErrMalformedCertificate},
		"short predecessor":        {extension(extensionPredecessor, proof.bytes()[:95]), ErrMalformedCertificate},
		"long predecessor":         {extension(extensionPredecessor, append(proof.bytes(), 0)), ErrMalformedCertificate},
		"predecessor is empty":     {extension(extensionPredecessor, nil), ErrMalformedCertificate},
		"predecessor never signed": {extension(extensionPredecessor, make([]byte, predecessorSize)), ErrPredecessorSignature},
	} {
		t.Run(name, func(t *testing.T) {
			if err := s.verify(craft(s.key, c, test.extensions)); !errors.Is(err, test.want) {
				t.Errorf("%v, want %v", err, test.want)
			}
		})
	}
}

func TestPredecessorMustHaveSignedThisVerySuccessor(t *testing.T) {
	s := newSample(t)
	thief := mustKey(t)
	c := ChannelCertificate{NotBefore: s.now, NotAfter: s.now.Add(time.Hour), Static: s.static, Name: "B"}
	good := s.old.Succeed(s.key.Public())
	for name, test := range map[string]struct {
		signer *IdentityKey
		proof  Predecessor
	}{
		"a thief takes the statement for another": {thief, good},
		"a thief signs for the old identity":      {thief, Predecessor{Old: s.old.Public(), Signature: thief.Succeed(thief.Public()).Signature}},
		"its own successor":                       {s.key, s.key.Succeed(s.key.Public())},
		"the wrong way round":                     {s.old, Predecessor{Old: s.key.Public(), Signature: good.Signature}},
	} {
		t.Run(name, func(t *testing.T) {
			raw := craft(test.signer, c, extension(extensionPredecessor, test.proof.bytes()))
			_, err := InspectChannel(raw, s.static, s.now)
			mustBe(t, err, ErrPredecessorSignature)
			signed := c
			signed.Predecessor = &test.proof
			_, err = test.signer.SignChannel(signed)
			mustBe(t, err, ErrPredecessorSignature)
		})
	}
}

func TestPredecessorGoesThroughText(t *testing.T) {
	old, next := mustKey(t), mustKey(t).Public()
	text, err := old.Succeed(next).MarshalText()
	must(t, err)
	var p Predecessor
	must(t, p.UnmarshalText(text))
	if !p.Vouches(next) || p.Old != old.Public() {
		t.Fatal("lost on the way")
	}
	mustBe(t, p.UnmarshalText(text[:len(text)/2]), ErrMalformedPredecessor)
	mustBe(t, p.UnmarshalText(encodePEM(predecessorPEM, make([]byte, 95))), ErrMalformedPredecessor)
	mustBe(t, p.UnmarshalText(encodePEM(requestPEM, make([]byte, 96))), ErrMalformedPredecessor)
}

func TestDisplayNameShowsNothingHidden(t *testing.T) {
	s := newSample(t)
	named := func(name string) error {
		c := ChannelCertificate{NotBefore: s.now, NotAfter: s.now.Add(time.Hour), Static: s.static, Name: name}
		_, signErr := s.key.SignChannel(c)
		var err error
		if len(name) <= 255 {
			err = s.verify(craft(s.key, c, nil))
			if (err == nil) != (signErr == nil) {
				t.Errorf("%q: the signer says %v, the client %v", name, signErr, err)
			}
		}
		return errors.Join(err, signErr)
	}
	for _, name := range []string{"B", "Caja Popular Ñuble & Cía., S.C.", "銀行", "بنك", "बैंक", "🏦 Caudal", strings.Repeat("ñ", 64)} {
		if err := named(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{
		"", " ", " B", "B ", strings.Repeat("x", 129), strings.Repeat("x", 255), strings.Repeat("x", 256), strings.Repeat("x", 70000),
		"B\x00", "B\n", "B\tC", "\x1b[31mB", "B\x7f", "B\u0085", "B\u009b31m", // controls
		"B\u202ecnab", "\u2066B", "B\u200e", "B\u061cC", // bidi
		"B\u200bC", "B\u200dC", "B\ufeff", "B\u00adC", "B\U000e0041", // zero width, tags
		"B\u2028C", "B\u2029C", "B\u00a0C", "B\u3000C", // separators
		"B\ue000",                                                 // private use
		"B\xff", "B\xc0\x80", "\xed\xa0\x80", "B\xf4\x90\x80\x80", // no UTF-8
	} {
		if named(name) == nil {
			t.Errorf("%q: accepted", name)
		}
	}
}

// A name of 257 bytes has the length 1 in one byte, and the bytes after it could then pass for the fields that follow.
func TestNameThatPassesForOtherFieldsIsNotSigned(t *testing.T) {
	s := newSample(t)
	id := s.key.Public()
	rest := 257 - 1 - len(id) - 2 - 4
	name := slices.Concat([]byte("B"), id[:], extension(uint16(4+rest+len(id)+2), nil)[:2], extension(2, make([]byte, rest+len(id)+2))[:4+rest])
	c := ChannelCertificate{NotBefore: s.now, NotAfter: s.now.Add(time.Hour), Static: s.static, Name: string(name)}
	must(t, s.verify(craft(s.key, c, nil))) // it would pass
	if _, err := s.key.SignChannel(c); err == nil {
		t.Error("signed under another name than was given")
	}
}

func TestIdentityWithoutAnHonestOwnerIsMalformed(t *testing.T) {
	s := newSample(t)
	raw := slices.Clone(s.raw)
	name := int(raw[49])
	for _, small := range smallOrder {
		copy(raw[50+name:], small[:])
		mustBe(t, s.verify(raw), ErrMalformedCertificate)
	}
}

func FuzzInspectChannel(f *testing.F) {
	s := newSample(f)
	f.Add(s.raw)
	f.Add(craft(s.key, ChannelCertificate{NotBefore: s.now, NotAfter: s.now.Add(time.Hour), Static: s.static, Name: "B"}, extension(7, []byte("x"))))
	f.Add([]byte{channelVersion})
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := parseChannel(raw)
		if err != nil {
			if c != nil {
				t.Fatal("a certificate and an error")
			}
			return
		}
		if checkDisplayName(c.Name) != nil || !c.Identity.usable() || !c.NotAfter.After(c.NotBefore) ||
			c.NotAfter.Sub(c.NotBefore) > MaxChannelValidity {
			t.Fatalf("%+v", c)
		}
		// What was read, written again, is what was there, up to the extensions.
		again := c.appendBody(nil)
		fixed := 82 + len(c.Name)
		if !bytes.Equal(again[:fixed], raw[:fixed]) {
			t.Fatalf("read %x, would write %x", raw, again)
		}
		if _, err := InspectChannel(raw, c.Static, c.NotBefore); err != nil {
			anyOf(t, err)
		}
	})
}

func TestALogShowsACertificateReadably(t *testing.T) {
	s := newSample(t)
	c, err := VerifyChannel(s.raw, s.static, s.key.Public(), s.now)
	must(t, err)
	var book logBook
	slog.New(slog.NewTextHandler(&book, nil)).Info("certified", "certificate", c)
	slog.New(slog.NewJSONHandler(&book, nil)).Info("certified", "certificate", c)
	if n := book.count("Banco Ñandú", s.key.Public().String(), "until 2026-03-08T12:00:00Z"); n != 2 || book.count("Static") != 0 {
		t.Errorf("\n%s", &book)
	}
}
