package password

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"golang.org/x/crypto/argon2"
)

// cheap makes tests fast; nothing but the bill depends on it.
var cheap = Params{MemoryKiB: 64, Passes: 1, Lanes: 1}

func hasher(t *testing.T, cfg Config) *Hasher {
	t.Helper()
	if cfg.Params == (Params{}) {
		cfg.Params = cheap
	}
	h, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestOnlyTheRightPasswordIsAccepted(t *testing.T) {
	h := hasher(t, Config{})
	phc, err := h.Hash(t.Context(), "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Verify(t.Context(), phc, "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{"", "correct horse batterz", "correct horse battery ", "Correct horse battery", strings.Repeat("x", 1e6), "\xff"} {
		if err := h.Verify(t.Context(), phc, wrong); !errors.Is(err, ErrMismatch) {
			t.Fatalf("%.30q: %v", wrong, err)
		}
	}
}

// The reference implementation's own test vectors (phc-winner-argon2, test.c), version 19.
func TestReferenceVectors(t *testing.T) {
	h := hasher(t, Config{})
	for _, v := range []struct {
		params         Params
		password, salt string
		tag            string
	}{
		{Params{65536, 2, 1}, "password", "somesalt", "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"},
		{Params{256, 2, 1}, "password", "somesalt", "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"},
		{Params{256, 2, 2}, "password", "somesalt", "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037"},
		{Params{65536, 1, 1}, "password", "somesalt", "f6a5adc1ba723dddef9b5ac1d464e180fcd9dffc9d1cbf76cca2fed795d9ca98"},
		{Params{65536, 2, 1}, "differentpassword", "somesalt", "0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde"},
		{Params{65536, 2, 1}, "password", "diffsalt", "bdf32b05ccc42eb15d58fd19b1f856b113da1e9a5874fdcc544308565aa8141c"},
	} {
		tag, err := hex.DecodeString(v.tag)
		if err != nil {
			t.Fatal(err)
		}
		phc := hashed{v.params, []byte(v.salt), tag}.String()
		if err := h.Verify(t.Context(), phc, v.password); err != nil {
			t.Errorf("%s: %v", phc, err)
		}
	}
}

func TestSaltsDiffer(t *testing.T) {
	h := hasher(t, Config{})
	a, errA := h.Hash(t.Context(), "correct horse battery")
	b, errB := h.Hash(t.Context(), "correct horse battery")
	if errA != nil || errB != nil || a == b {
		t.Fatal(a, b, errA, errB)
	}
}

func TestRulesCountCharactersAfterNormalisation(t *testing.T) {
	h := hasher(t, Config{})
	for password, ok := range map[string]bool{
		strings.Repeat("a", 11):         false,
		strings.Repeat("a", 12):         true,
		strings.Repeat("ñ", 12):         true,
		strings.Repeat("n\u0303", 11):   false, // 22 typed, 11 characters
		strings.Repeat("n\u0303", 256):  true,
		strings.Repeat("a", 256):        true,
		strings.Repeat("a", 257):        false,
		strings.Repeat("🔑", 256):        true,
		strings.Repeat("🔑", 257):        false,
		strings.Repeat("a", 1<<20):      false,
		"not UTF-8 at all \xff\xfe\xfd": false,
	} {
		phc, err := h.Hash(t.Context(), password)
		if ok != (err == nil) || !ok && !errors.Is(err, ErrRules) {
			t.Errorf("%.30q: %q, %v", password, phc, err)
		}
	}
	composed, err := h.Hash(t.Context(), "contrase\u00f1a larga")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Verify(t.Context(), composed, "contrasen\u0303a larga"); err != nil {
		t.Fatal("typed on another keyboard:", err)
	}
}

func TestNobodyHasEveryPasswordWrong(t *testing.T) {
	h := hasher(t, Config{})
	if err := h.Verify(t.Context(), "", "correct horse battery"); !errors.Is(err, ErrMismatch) {
		t.Fatal(err)
	}
	// Even whoever met the tag that stands for nobody would not be let in.
	h.nobody.tag = argon2.IDKey([]byte("correct horse battery"), h.nobody.salt, cheap.Passes, cheap.MemoryKiB, cheap.Lanes, tagSize)
	if err := h.Verify(t.Context(), "", "correct horse battery"); !errors.Is(err, ErrMismatch) {
		t.Fatal(err)
	}
}

func TestMalformedHashesAreRefusedBeforeTheyCost(t *testing.T) {
	h := hasher(t, Config{})
	salt, tag := base64.RawStdEncoding.EncodeToString(make([]byte, 16)), base64.RawStdEncoding.EncodeToString(make([]byte, 32))
	good := "$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + tag
	if _, err := parse(good); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		"$", "plain", good + "$", " " + good, good + "=", good + "\n",
		"$argon2i$v=19$m=64,t=1,p=1$" + salt + "$" + tag,
		"$argon2id$v=16$m=64,t=1,p=1$" + salt + "$" + tag,
		"$argon2id$m=64,t=1,p=1$" + salt + "$" + tag,
		"$argon2id$v=19$m=262145,t=1,p=1$" + salt + "$" + tag,
		"$argon2id$v=19$m=4294967296,t=1,p=1$" + salt + "$" + tag,
		"$argon2id$v=19$m=64,t=17,p=1$" + salt + "$" + tag,
		"$argon2id$v=19$m=64,t=0,p=1$" + salt + "$" + tag,
		"$argon2id$v=19$m=64,t=1,p=0$" + salt + "$" + tag,
		"$argon2id$v=19$m=64,t=1,p=257$" + salt + "$" + tag,
		"$argon2id$v=19$m=7,t=1,p=1$" + salt + "$" + tag,
		"$argon2id$v=19$m=064,t=1,p=1$" + salt + "$" + tag,
		"$argon2id$v=19$m=+64,t=1,p=1$" + salt + "$" + tag,
		"$argon2id$v=19$t=1,m=64,p=1$" + salt + "$" + tag,
		"$argon2id$v=19$m=64,t=1,p=1$$" + tag,
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$",
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$AAAA",
		"$argon2id$v=19$m=64,t=1,p=1$" + salt + "$" + tag[:len(tag)-1] + "B",
		"$argon2id$v=19$m=64,t=1,p=1$" + strings.Repeat("A", 400) + "$" + tag,
	} {
		if err := h.Verify(t.Context(), bad, "correct horse battery"); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestParametersComeFromTheStoredHash(t *testing.T) {
	before, after := hasher(t, Config{}), hasher(t, Config{Params: Params{MemoryKiB: 128, Passes: 2, Lanes: 2}})
	phc, err := before.Hash(t.Context(), "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	if err := after.Verify(t.Context(), phc, "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	if before.Outdated(phc) || !after.Outdated(phc) {
		t.Fatal("what is outdated")
	}
	if _, err := New(Config{Params: Params{MemoryKiB: maxMemoryKiB + 1, Passes: 1, Lanes: 1}}); err == nil {
		t.Fatal("parameters that could not be read back")
	}
}

func TestTheQueueRefusesInsteadOfGrowing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := hasher(t, Config{Concurrent: 2, Queue: 3})
		var leave []func()
		for range 2 {
			l, err := h.enter(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			leave = append(leave, l)
		}
		var waiting sync.WaitGroup
		for range 3 {
			waiting.Go(func() {
				l, err := h.enter(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				l()
			})
		}
		synctest.Wait() // all three wait
		if _, err := h.Hash(t.Context(), "correct horse battery"); !errors.Is(err, ErrBusy) {
			t.Fatal(err)
		}
		if err := h.Verify(t.Context(), "", "correct horse battery"); !errors.Is(err, ErrBusy) {
			t.Fatal(err)
		}
		for _, l := range leave {
			l()
		}
		waiting.Wait()
		if _, err := h.Hash(t.Context(), "correct horse battery"); err != nil {
			t.Fatal("the refused ones left something behind:", err)
		}
		if n := h.present.Load(); n != 0 {
			t.Fatal(n)
		}
	})
}

func TestAContextEndsTheWaiting(t *testing.T) {
	h := hasher(t, Config{Concurrent: 1, Queue: 1})
	leave, err := h.enter(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Verify(ctx, "", "correct horse battery"); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	leave()
	if n := h.present.Load(); n != 0 {
		t.Fatal(n)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=,t=,p=$$")
	f.Fuzz(func(t *testing.T, phc string) {
		h, err := parse(phc)
		if err != nil {
			return
		}
		if h.String() != phc || !h.params.valid() {
			t.Fatalf("%q was read as %q", phc, h.String())
		}
	})
}

// What one sign-in costs the server.
func BenchmarkVerify(b *testing.B) {
	h, err := New(Config{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := h.Verify(b.Context(), "", "correct horse battery"); !errors.Is(err, ErrMismatch) {
			b.Fatal(err)
		}
	}
}
