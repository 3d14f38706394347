package certs

import (
	"crypto/ecdh"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ErrMalformedChannelKey is a file of an offline bank's channel key that holds something else.
var ErrMalformedChannelKey = errors.New("malformed channel key")

const (
	// offlineWarning is how long before the end an operator is first warned, and again at each repeat.
	offlineWarning = 48 * time.Hour
	offlineRepeat  = 6 * time.Hour
	// offlineGrace is how long the files of an expired key stay, so that a clock that jumps ahead for an hour destroys
	// nothing.
	offlineGrace = ChannelLifetime

	offlineLock   = ".lock"
	offlinePrefix = "channel-"
	keySuffix     = ".key"         // PKCS#8 PEM, X25519
	requestSuffix = ".request"     // to be carried to the identity key, and signed
	signedSuffix  = ".certificate" // what comes back
)

// OfflineChannelKeys serves a bank whose identity key is on another machine. In dir (mode 0700) each channel key has
// files with a name of its own: channel-NAME.key, channel-NAME.request, and channel-NAME.certificate, which an operator
// makes of the request where the identity key is ([IdentityKey.SignRequest]) and puts beside it. Of all that are
// certified now the one that ends last is served. A request for the next key is made when half of a certificate's time
// is over, or there is none; Run sees the answer within ten seconds, and from two days before the end warns that it is
// missing. After the end [ChannelKeys.Current] is an error.
//
// Config's Predecessor is not used: it comes with the certificate.
func OfflineChannelKeys(dir string, identity Identity, config ChannelConfig) (*ChannelKeys, error) {
	if err := makeDir(dir, othersAny); err != nil {
		return nil, err
	}
	if err := checkDisplayName(config.Name); err != nil {
		return nil, err
	}
	if !identity.usable() {
		return nil, fmt.Errorf("%w: it is no usable Ed25519 key", ErrMalformedFingerprint)
	}
	return startChannelKeys(&offlineSource{
		dir: dir, signer: identity, name: config.Name, options: config.Options,
		reminder: reminder{options: config.Options, repeat: offlineRepeat},
		judged:   map[string][sha256.Size]byte{},
	}, config.Options)
}

// offlineSource has a folder. ChannelKeys calls next under its lock.
type offlineSource struct {
	dir     string
	signer  Identity
	name    string
	options Options

	reminder reminder                     // of a certificate that is missing
	judged   map[string][sha256.Size]byte // bad certificates by file, so that each is complained of once
}

func (s *offlineSource) identity() Identity { return s.signer }
func (s *offlineSource) immediate() bool    { return false }

func (s *offlineSource) next(now time.Time, current *channelKey) (*channelKey, error) {
	if current != nil && current.certificate.checkValidity(now) == nil && now.Before(current.renewal()) {
		return current, nil // nothing has been asked for, so the folder has nothing new
	}
	unlock, err := lock(filepath.Join(s.dir, offlineLock))
	if err != nil {
		return nil, err
	}
	defer unlock()
	found, err := s.scan(now)
	if err != nil {
		return nil, err
	}
	best := current
	for _, key := range found.certified {
		if best == nil || key.certificate.NotAfter.After(best.certificate.NotAfter) {
			best = key
		}
	}
	if best != nil && best.certificate.checkValidity(now) == nil && now.Before(best.renewal()) {
		return best, nil
	}
	if found.starting != nil {
		s.awaitStart(now, best, found.starting)
		return best, nil
	}
	if found.waiting == nil {
		if found.waiting, err = s.request(); err != nil {
			return nil, err
		}
		s.reminder.forget()
	}
	s.remind(now, best, found.waiting)
	return best, nil
}

// offlineFiles is what the folder holds.
type offlineFiles struct {
	certified []*channelKey   // valid now
	starting  *channelKey     // one that is not valid yet: the signer's clock is fast, or ours slow
	waiting   *ChannelRequest // one that has not been answered
}

func (s *offlineSource) scan(now time.Time) (found offlineFiles, err error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return found, err
	}
	for _, entry := range entries {
		base, isKey := strings.CutSuffix(entry.Name(), keySuffix)
		if !isKey || !strings.HasPrefix(base, offlinePrefix) {
			continue
		}
		base = filepath.Join(s.dir, base)
		static, err := loadStatic(base + keySuffix)
		if err != nil {
			return found, err
		}
		request := s.requestFor(static)
		if s.base(request) != base { // or the answer to its request would never be found
			return found, fmt.Errorf("%w: rename %s%s to %s%s", ErrMalformedChannelKey, base, keySuffix, s.base(request), keySuffix)
		}
		key := s.loadSigned(base, static)
		switch {
		case key == nil:
			found.waiting = request
			if err := s.writeRequest(found.waiting); err != nil {
				return found, err
			}
		case now.Before(key.certificate.NotBefore):
			found.starting = key
		case now.Before(key.certificate.NotAfter):
			found.certified = append(found.certified, key)
		case now.After(key.certificate.NotAfter.Add(offlineGrace)):
			s.remove(base)
		}
	}
	return found, nil
}

// loadSigned returns nil where there is no file, and where it does not certify the key: the request still waits then,
// and the operator who put the wrong file there is told in the log, once.
func (s *offlineSource) loadSigned(base string, static *ecdh.PrivateKey) *channelKey {
	path := base + signedSuffix
	text, err := readFile(path, maxKeyFile, 0) // what it says is signed, whoever wrote the file
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		var key *channelKey
		if key, err = s.checkSigned(text, static); err == nil {
			return key
		}
	}
	if sum := sha256.Sum256(append(text, err.Error()...)); s.judged[path] != sum {
		s.judged[path] = sum
		s.options.log().Error("this channel certificate cannot be used", "file", path, "error", err)
	}
	return nil
}

// checkSigned makes all checks but that of the clock.
func (s *offlineSource) checkSigned(text []byte, static *ecdh.PrivateKey) (*channelKey, error) {
	raw, err := decodePEM(text, certPEM)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformedCertificate, err)
	}
	parsed, err := parseChannel(raw)
	if err != nil {
		return nil, err
	}
	return verifiedKey(static, raw, s.signer, parsed.NotBefore)
}

// request makes a key and its request. The key is stored first: a request that was signed always has its key.
func (s *offlineSource) request() (*ChannelRequest, error) {
	static, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(static)
	if err != nil {
		return nil, err
	}
	r := s.requestFor(static)
	if err := createFile(s.base(r)+keySuffix, encodePEM(privateKeyPEM, der)); err != nil {
		return nil, err
	}
	return r, s.writeRequest(r)
}

func (s *offlineSource) requestFor(static *ecdh.PrivateKey) *ChannelRequest {
	return &ChannelRequest{Static: [32]byte(static.PublicKey().Bytes()), Identity: s.signer, Name: s.name}
}

// writeRequest stores the request where it is missing or asks for something else, such as another name.
func (s *offlineSource) writeRequest(r *ChannelRequest) error {
	text, err := r.MarshalText()
	if err != nil {
		return err
	}
	path := s.base(r) + requestSuffix
	if old, err := readFile(path, maxKeyFile, 0); err == nil && slices.Equal(old, text) {
		return nil
	}
	return replaceFile(path, text)
}

// base is the path of the key's files without their suffix; 64 bits of the public key keep them apart.
func (s *offlineSource) base(r *ChannelRequest) string {
	return filepath.Join(s.dir, offlinePrefix+hex.EncodeToString(r.Static[:8]))
}

// awaitStart says why nobody can connect although a certificate is there.
func (s *offlineSource) awaitStart(now time.Time, best, starting *channelKey) {
	if best == nil || best.certificate.checkValidity(now) != nil {
		s.reminder.tell(now, slog.LevelError, "the channel certificate is not valid yet: nobody can connect; compare the clocks of this "+
			"machine and of the signer's", "start", starting.certificate.NotBefore)
	}
}

// remind says that a request waits, the louder the less time is left.
func (s *offlineSource) remind(now time.Time, best *channelKey, waiting *ChannelRequest) {
	const act = "; have the request signed where the identity key is, and put the certificate beside it"
	args := []any{"request", s.base(waiting) + requestSuffix, "fingerprint", waiting.Fingerprint()}
	if best == nil {
		s.reminder.tell(now, slog.LevelWarn, "no channel key has been certified yet: nobody can connect"+act, args...)
		return
	}
	end := best.certificate.NotAfter
	args = append(args, "end", end)
	switch {
	case now.After(end):
		s.reminder.tell(now, slog.LevelError, "the channel certificate has expired: nobody can connect"+act, args...)
	case now.After(end.Add(-offlineWarning)):
		s.reminder.tell(now, slog.LevelWarn, "the channel certificate ends soon"+act, args...)
	default:
		s.reminder.tell(now, slog.LevelInfo, "half of the channel certificate's time is over"+act, args...)
	}
}

// remove deletes the secret first, so that a crash leaves no key without a name for it.
func (s *offlineSource) remove(base string) {
	for _, suffix := range []string{keySuffix, requestSuffix, signedSuffix} {
		if err := os.Remove(base + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			s.options.log().Warn("an expired channel key could not be deleted", "file", base+suffix, "error", err)
		}
	}
}

func loadStatic(path string) (*ecdh.PrivateKey, error) {
	text, err := readFile(path, maxKeyFile, othersAny)
	if err != nil {
		return nil, err
	}
	der, err := decodePEM(text, privateKeyPEM)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrMalformedChannelKey, path, err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %s is no PKCS#8 key", ErrMalformedChannelKey, path)
	}
	static, ok := parsed.(*ecdh.PrivateKey)
	if !ok || static.Curve() != ecdh.X25519() {
		return nil, fmt.Errorf("%w: %s holds no X25519 key", ErrMalformedChannelKey, path)
	}
	return static, nil
}
