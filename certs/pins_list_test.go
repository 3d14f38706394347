package certs

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestPinsAreListedInTheOrderOfTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "home", "pins")
	pins, err := OpenPins(path)
	if err != nil {
		t.Fatal(err)
	}
	if list, err := pins.List(); err != nil || len(list) != 0 {
		t.Fatalf("List of an empty store: %v, %v", list, err)
	}
	hosts := []string{"bank.example:443", "127.0.0.1:8443"}
	for _, host := range hosts {
		key, err := NewIdentityKey()
		if err != nil {
			t.Fatal(err)
		}
		if err := pins.Add(host, key.Public()); err != nil {
			t.Fatal(err)
		}
	}
	list, err := pins.List()
	if err != nil || len(list) != len(hosts) {
		t.Fatalf("List: %v, %v", list, err)
	}
	for i, pin := range list {
		if want, err := pins.Lookup(hosts[i]); err != nil || pin.Host != hosts[i] || pin.Identity != want || len(pin.Since) != len(pinDate) {
			t.Errorf("List()[%d] = %+v, want host %s", i, pin, hosts[i])
		}
	}

	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("other.example:443 AAAAA\n"); err != nil {
		t.Fatal(err)
	}
	if _, err := pins.List(); !errors.Is(err, ErrMalformedPin) {
		t.Errorf("List with a damaged line: %v, want %v", err, ErrMalformedPin)
	}
}
