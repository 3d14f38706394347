package app

import (
	"net"
	"os"
	"path/filepath"
	"testing"
)

func TestAFileIsWrittenWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	taken := filepath.Join(dir, "taken")
	if err := os.Mkdir(taken, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := writeWhole(taken, []byte("certificate")); err == nil {
		t.Error("wrote over a folder")
	}
	path := filepath.Join(dir, "certificate")
	if err := writeWhole(path, []byte("certificate")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 || mustRead(t, path) != "certificate" {
		t.Errorf("%v: %v", info, err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestALargeFileIsNotReadIntoMemory(t *testing.T) {
	path := filepath.Join(t.TempDir(), predecessorFile)
	if err := os.WriteFile(path, make([]byte, smallFileMax+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readSmall(path); err == nil {
		t.Error("read it")
	}
	if err := os.Truncate(path, smallFileMax); err != nil {
		t.Fatal(err)
	}
	if raw, err := readSmall(path); err != nil || len(raw) != smallFileMax {
		t.Errorf("%d bytes: %v", len(raw), err)
	}
}

func TestLoopbackIsWhereTheSocketIs(t *testing.T) {
	for address, want := range map[string]bool{"127.0.0.1:0": true, "127.8.8.8:0": true, "0.0.0.0:0": false, ":0": false} {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if got := atLoopback(listener); got != want {
			t.Errorf("%s: %v", address, got)
		}
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
	}
}
