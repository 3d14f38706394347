package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// home is the folder in which a device remembers: whom it pins, and the keys that sign it in. Folders that it makes have
// mode 0700, files 0600; each file is replaced as a whole, so that programs that run side by side, or one that is killed,
// never leave half of one.
type home struct {
	dir string
}

// homeFileMax bounds a file that is read; a session has a few hundred bytes.
const homeFileMax = 64 << 10

// homeDir is where home is: --home, then CAUDAL_HOME, then "caudal" in the user's configuration folder.
func homeDir(flag string, getenv func(string) string) (string, error) {
	for _, dir := range []string{flag, getenv("CAUDAL_HOME")} {
		if dir != "" {
			return filepath.Abs(dir)
		}
	}
	config, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(config, "caudal"), nil
}

func (h home) path(name ...string) string { return filepath.Join(append([]string{h.dir}, name...)...) }

// pins is the file of pinned identities.
func (h home) pins() string { return h.path("pins") }

// read returns a file's content; fs.ErrNotExist where there is none. One that others may read is refused.
func (h home) read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if err := private(path, info); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(f, homeFileMax+1))
	if err == nil && len(data) > homeFileMax {
		err = fmt.Errorf("%s is larger than %d bytes", path, homeFileMax)
	}
	return data, err
}

// prepare makes the folder of a file, and proves that it can be written to: what a command is about to do at the bank
// should not be lost for a full disk or a missing permission.
func (h home) prepare(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if err := private(dir, info); err != nil {
		return err
	}
	probe, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return err
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// write replaces a file as a whole, durably.
func (h home) write(path string, data []byte) (err error) {
	if err := h.prepare(path); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
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
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// remove deletes a file; one that is not there is no error.
func (h home) remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// private refuses what others on the machine have access to. Windows has no such modes: there, the user's profile guards.
func private(path string, info fs.FileInfo) error {
	if runtime.GOOS == "windows" || info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	mend := "600"
	if info.IsDir() {
		mend = "700"
	}
	return fmt.Errorf("others on this machine have access to %s; run: chmod %s %s", path, mend, path)
}

// syncFolder makes a renamed entry survive a crash.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// fileFailure says that something in home is in the way.
func fileFailure(err error) *failure {
	return failed(codeLocalFiles, "%v", err)
}
