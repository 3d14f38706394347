package bench

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"caudal/certs"
	"caudal/protocol"
)

// userFile is how users are kept between runs.
type userFile struct {
	Version  int            `json:"version"`
	Server   string         `json:"server"`
	Identity certs.Identity `json:"identity"`
	Users    []keptUser     `json:"users"`
}

type keptUser struct {
	Username string   `json:"username"`
	DeviceID []byte   `json:"device_id"`
	Seed     []byte   `json:"seed"` // of the device's Ed25519 key: a secret
	Accounts []string `json:"accounts"`
}

const (
	userFileVersion = 1
	// userFileMax bounds the file: as many users with as many accounts as a run may have fit.
	userFileMax = 16 << 20
)

// readUsers returns the users that are kept for a bank, or none. A file that others may read is refused.
func readUsers(path, url string, identity certs.Identity) ([]User, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 { // there, the user's profile guards
		return nil, fmt.Errorf("others on this machine have access to %s; run: chmod 600 %s", path, path)
	}
	text, err := io.ReadAll(io.LimitReader(f, userFileMax+1))
	if err != nil {
		return nil, err
	}
	var kept userFile
	if len(text) > userFileMax || json.Unmarshal(text, &kept) != nil || kept.Version != userFileVersion ||
		kept.Server != url || kept.Identity != identity {
		return nil, fmt.Errorf("%s is not what this version writes for this bank; delete it, and users are made anew", path)
	}
	users := make([]User, len(kept.Users))
	for i, k := range kept.Users {
		if k.Username == "" || len(k.Seed) != ed25519.SeedSize || len(k.DeviceID) != protocol.DeviceIDBytes {
			return nil, fmt.Errorf("%s is damaged at user %d; delete it, and users are made anew", path, i+1)
		}
		users[i] = User{Username: k.Username, DeviceID: k.DeviceID, Key: ed25519.NewKeyFromSeed(k.Seed), Accounts: k.Accounts}
	}
	return users, nil
}

// writeUsers replaces the file as a whole.
func writeUsers(path, url string, identity certs.Identity, users []User) (err error) {
	kept := userFile{Version: userFileVersion, Server: url, Identity: identity, Users: make([]keptUser, len(users))}
	for i, u := range users {
		kept.Users[i] = keptUser{Username: u.Username, DeviceID: u.DeviceID, Seed: u.Key.Seed(), Accounts: u.Accounts}
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetIndent("", " ")
	if err := e.Encode(&kept); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
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
	_, err = f.Write(text.Bytes())
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
