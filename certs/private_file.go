package certs

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrPermissions is a file or directory that others on the machine have more access to than is safe. The error's text
// says which, and the command that mends it.
var ErrPermissions = errors.New("others on this machine have access")

// Mode bits that must not be set.
const (
	othersAny   fs.FileMode = 0o077 // secrets: nobody but the owner reads or writes
	othersWrite fs.FileMode = 0o022 // what must not be forged, but may be seen
)

// readFile reads a regular file of at most limit bytes none of whose forbidden mode bits is set. The bits are those of
// the file that was opened, not of a name that may point elsewhere a moment later.
func readFile(path string, limit int64, forbidden fs.FileMode) ([]byte, error) {
	// Opening a named pipe would wait for a writer for ever.
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := checkMode(path, info, forbidden, 0o600); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, limit)
	}
	return data, nil
}

// makeDir makes a directory of mode 0700 where there is none, and checks one that is there.
func makeDir(dir string, forbidden fs.FileMode) error {
	if err := makeMissing(dir); err != nil {
		return err
	}
	return checkDir(dir, forbidden)
}

// makeMissing makes dir and what is missing above it, and syncs each new entry: a file that has been synced is lost all the
// same where the directory that leads to it is.
func makeMissing(dir string) error {
	parent := filepath.Dir(dir)
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) || parent == dir {
		return err
	}
	if err := makeMissing(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncDir(parent)
}

func checkDir(dir string, forbidden fs.FileMode) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory", dir)
	}
	return checkMode(dir, info, forbidden, 0o700)
}

func checkMode(path string, info fs.FileInfo, forbidden, want fs.FileMode) error {
	if !hasModes || info.Mode().Perm()&forbidden == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s has mode %04o; run: chmod %03o %s", ErrPermissions, path, info.Mode().Perm(), want, path)
}

// createFile stores data durably at path, mode 0600, or fails with fs.ErrExist where something is there. A hard link
// is the one way to make a complete file appear under a name without ever replacing another.
func createFile(path string, data []byte) error {
	temporary, err := writeTemporary(path, data)
	if err != nil {
		return err
	}
	defer os.Remove(temporary)
	if err := os.Link(temporary, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// replaceFile stores data durably at path, mode 0600: readers and crashes see all of the old or all of the new.
func replaceFile(path string, data []byte) error {
	temporary, err := writeTemporary(path, data)
	if err != nil {
		return err
	}
	if err := os.Rename(temporary, path); err != nil {
		os.Remove(temporary)
		return err
	}
	return syncDir(filepath.Dir(path))
}

// writeTemporary writes and syncs data to a new file of mode 0600 beside path.
func writeTemporary(path string, data []byte) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	return f.Name(), errors.Join(err, f.Close())
}

func encodePEM(kind string, body []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: body})
}

// decodePEM accepts one block of one kind without headers, and nothing but white space around it.
func decodePEM(text []byte, kind string) ([]byte, error) {
	text = bytes.TrimSpace(text)
	if !bytes.HasPrefix(text, []byte("-----BEGIN "+kind+"-----")) {
		return nil, fmt.Errorf("not a PEM file that begins with %q", kind)
	}
	block, rest := pem.Decode(text)
	if block == nil || block.Type != kind || len(block.Headers) != 0 {
		return nil, fmt.Errorf("damaged PEM block %q", kind)
	}
	if len(bytes.TrimSpace(rest)) != 0 {
		return nil, fmt.Errorf("something follows the PEM block %q", kind)
	}
	return block.Bytes, nil
}
