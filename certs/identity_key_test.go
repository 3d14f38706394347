package certs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestIdentityIsMadeOnceAndStays(t *testing.T) {
	dir := newDir(t, "a/b")
	key, err := LoadOrCreateIdentity(dir)
	must(t, err)
	again, err := LoadOrCreateIdentity(dir)
	must(t, err)
	if key.Public() != again.Public() || !key.private.Equal(again.private) {
		t.Fatal("another key")
	}
	mustMode(t, dir, 0o700)
	mustMode(t, filepath.Join(dir, identityKeyFile), 0o600)
	entries, err := os.ReadDir(dir)
	must(t, err)
	if len(entries) != 1 {
		t.Fatalf("files left behind: %v", entries)
	}
}

func TestCreateIdentityNeverReplaces(t *testing.T) {
	path := filepath.Join(newDir(t, "id"), "identity.pem")
	key, err := CreateIdentity(path)
	must(t, err)
	before := mustRead(t, path)
	_, err = CreateIdentity(path)
	mustBe(t, err, fs.ErrExist)
	if !bytes.Equal(before, mustRead(t, path)) {
		t.Fatal("the file changed")
	}
	loaded, err := LoadIdentity(path)
	must(t, err)
	if loaded.Public() != key.Public() {
		t.Fatal("another key")
	}
}

func TestProcessesThatRaceGetOneIdentity(t *testing.T) {
	dir := newDir(t, "identity")
	seen := together(t, "identity", 8, func(int) []string { return []string{dir} })
	for _, fingerprint := range seen {
		if _, err := ParseIdentity(fingerprint); err != nil || fingerprint != seen[0] {
			t.Fatalf("%q", seen)
		}
	}
}

func TestWiderModesAreRefusedWithTheRemedy(t *testing.T) {
	if !hasModes {
		t.Skip("no modes on this system")
	}
	for _, mode := range []fs.FileMode{0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o666} {
		dir := newDir(t, "identity")
		_, err := LoadOrCreateIdentity(dir)
		must(t, err)
		path := filepath.Join(dir, identityKeyFile)
		must(t, os.Chmod(path, mode))
		_, err = LoadOrCreateIdentity(dir)
		mustBe(t, err, ErrPermissions)
		if want := "chmod 600 " + path; !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
	for _, mode := range []fs.FileMode{0o750, 0o705, 0o711, 0o755, 0o777} {
		dir := newDir(t, "identity")
		_, err := LoadOrCreateIdentity(dir)
		must(t, err)
		must(t, os.Chmod(dir, mode))
		_, err = LoadOrCreateIdentity(dir)
		mustBe(t, err, ErrPermissions)
		if want := "chmod 700 " + dir; !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
		_, err = CreateIdentity(filepath.Join(dir, "other.pem"))
		mustBe(t, err, ErrPermissions)
	}
	dir := newDir(t, "identity")
	_, err := LoadOrCreateIdentity(dir)
	must(t, err)
	must(t, os.Chmod(filepath.Join(dir, identityKeyFile), 0o400))
	_, err = LoadOrCreateIdentity(dir)
	must(t, err)
}

func TestIdentityFileWithAnythingElseIsMalformed(t *testing.T) {
	key := mustKey(t)
	der, err := x509.MarshalPKCS8PrivateKey(key.private)
	must(t, err)
	good := string(encodePEM(privateKeyPEM, der))
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	ecDER, err := x509.MarshalPKCS8PrivateKey(other)
	must(t, err)

	write := func(t *testing.T, text string) string {
		path := filepath.Join(newDir(t, "id"), "identity.pem")
		must(t, os.MkdirAll(filepath.Dir(path), 0o700))
		must(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	if _, err := LoadIdentity(write(t, "\r\n"+strings.ReplaceAll(good, "\n", "\r\n")+"\n")); err != nil {
		t.Fatal("line ends of another system:", err)
	}
	for name, text := range map[string]string{
		"empty":       "",
		"no PEM":      "secret",
		"cut":         good[:len(good)/2],
		"two keys":    good + good,
		"tail":        good + "x",
		"head":        "x\n" + good,
		"other kind":  strings.ReplaceAll(good, "PRIVATE", "PUBLIC"),
		"header":      strings.Replace(good, "-----\n", "-----\nA: b\n\n", 1),
		"other curve": string(encodePEM(privateKeyPEM, ecDER)),
		"damaged DER": string(encodePEM(privateKeyPEM, der[:len(der)-1])),
	} {
		_, err := LoadIdentity(write(t, text))
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		mustBe(t, err, ErrMalformedIdentityKey)
		// A key that is there but cannot be read must never be replaced by a new identity.
		path := write(t, text)
		if _, err := LoadOrCreateIdentity(filepath.Dir(path)); err == nil || string(mustRead(t, path)) != text {
			t.Errorf("%s: replaced", name)
		}
	}
	if _, err := LoadIdentity(write(t, strings.Repeat("x", maxKeyFile+1))); err == nil {
		t.Error("a file without end is read")
	}
	if _, err := LoadIdentity(t.TempDir()); err == nil {
		t.Error("a directory is read")
	}
}

func TestIdentityKeyIsNeverPrinted(t *testing.T) {
	key := mustKey(t)
	seed := key.private.Seed()
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%b"} {
		fmt.Fprintf(&out, verb+"\n", key)
		fmt.Fprintf(&out, verb+"\n", struct{ K *IdentityKey }{key})
		fmt.Fprintf(&out, verb+"\n", []any{key})
		fmt.Fprintf(&out, verb+"\n", *key)
		fmt.Fprintf(&out, verb+"\n", struct{ K IdentityKey }{*key})
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("start", "key", key)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("start", "key", key)
	slog.New(slog.NewTextHandler(&out, nil)).Info("start", "key", *key)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("start", "key", *key)
	text, err := json.Marshal(key) //nolint:staticcheck // that it is empty is what is shown
	must(t, err)
	out.Write(text)
	shown := strings.ToLower(out.String())
	for _, secret := range []string{hex.EncodeToString(seed)[:16], strings.Trim(fmt.Sprint(seed[:4]), "[]"), string(seed[:8])} {
		if strings.Contains(shown, strings.ToLower(secret)) {
			t.Fatalf("the key is shown: %s", shown)
		}
	}
	if !strings.Contains(out.String(), key.Public().String()) {
		t.Error("the fingerprint is not shown")
	}
}
