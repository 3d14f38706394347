package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"caudal/certs"
	"caudal/wsclient/caudal"
)

// session is what signs this device in at one server: the key that register or login enrolled, and whose it is.
type session struct {
	Version  int            `json:"version"`
	Server   string         `json:"server"` // the URL
	Identity certs.Identity `json:"identity"`
	Username string         `json:"username"`
	// Device is the key pair, as PEM: the one secret here.
	Device *caudal.Device `json:"device"`
}

const sessionVersion = 1

// sessionPath gives each server a file of its own, with a name that a person recognises and no two servers share.
func (h home) sessionPath(server string) string {
	return h.path("sessions", fileName(server, server))
}

// benchPath is the same for the users of load tests, of whom each bank has its own even where one follows another at an address.
func (h home) benchPath(server string, identity certs.Identity) string {
	return h.path("bench", fileName(server, server+"\x00"+identity.String()))
}

// fileName is server's name as far as it is fit for a file, and a hash of all that tells it from others.
func fileName(server, apart string) string {
	readable := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '-' {
			return r
		}
		return '_'
	}, strings.TrimPrefix(strings.ToLower(server), "wss://"))
	sum := sha256.Sum256([]byte(apart))
	return fmt.Sprintf("%.60s-%s.json", readable, hex.EncodeToString(sum[:8]))
}

// session returns what signs in at server, or nil where nothing does.
func (h home) session(server string) (*session, error) {
	path := h.sessionPath(server)
	text, err := h.read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fileFailure(err)
	}
	var s session
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, damagedSession(path, err.Error())
	}
	if s.Version != sessionVersion || s.Server != server || s.Device == nil || !s.Device.Enrolled() {
		return nil, damagedSession(path, "it is not what this version writes")
	}
	return &s, nil
}

func damagedSession(path, why string) *failure {
	return failed(codeLocalFiles, "%s cannot be read: %s", path, why).
		trying("delete the file and sign in again: caudal login --username NAME")
}

// keep stores the session, in place of any before.
func (h home) keep(s *session) error {
	s.Version = sessionVersion
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fileFailure(err)
	}
	if err := h.write(h.sessionPath(s.Server), append(text, '\n')); err != nil {
		return fileFailure(err)
	}
	return nil
}

// forget removes a session, unless another program has signed in anew meanwhile.
func (h home) forget(s *session) error {
	now, err := h.session(s.Server)
	if err == nil && now != nil && now.Device.ID != s.Device.ID {
		return nil
	}
	if err := h.remove(h.sessionPath(s.Server)); err != nil {
		return fileFailure(err)
	}
	return nil
}
