package certs

import (
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// ErrUncertified is an offline bank's channel key that has not been signed yet.
var ErrUncertified = errors.New("the channel key has not been certified yet")

const (
	// ChannelLifetime is how long the bank certifies a channel key for: what a thief of the key alone has.
	ChannelLifetime = 7 * 24 * time.Hour
	// channelBackdate lets in clients whose clock is slow.
	channelBackdate = time.Hour

	// channelPoll is how often Run looks at the clock and, offline, at the folder. It looks at the wall clock instead of
	// waiting for an instant, because timers stand still while a machine sleeps.
	channelPoll = 10 * time.Second
)

// ChannelConfig is what the certificates say of the bank beside its keys.
type ChannelConfig struct {
	Name        string       // display name, 1 to 128 bytes of visible UTF-8
	Predecessor *Predecessor // the identity that came before, where there was one
	Options
}

// ChannelKeys is the channel's static key with its certificate, now. All methods may be called from any goroutine.
type ChannelKeys struct {
	source  channelSource
	options Options

	renewing sync.Mutex // one renewal at a time; never needed to read current
	current  atomic.Pointer[channelKey]
}

// channelSource is where the next key comes from: an identity key at hand, or a folder and an operator.
type channelSource interface {
	identity() Identity
	// next returns the key to use at now, which may be current; nil where there never was one.
	next(now time.Time, current *channelKey) (*channelKey, error)
	// immediate reports whether next is quick and cannot be made to wait for anybody.
	immediate() bool
}

// channelKey is immutable: the pair that Current hands out can never be torn.
type channelKey struct {
	static      *ecdh.PrivateKey
	raw         []byte
	certificate *ChannelCertificate
}

// renewal is when a key has lived half of its time.
func (k *channelKey) renewal() time.Time {
	c := k.certificate
	return c.NotBefore.Add(c.NotAfter.Sub(c.NotBefore) / 2)
}

// NewChannelKeys certifies a new channel key. Channel keys live in memory only: clients pin the identity, so a restart
// may change the channel key, and no disk needs to keep it.
func NewChannelKeys(key *IdentityKey, config ChannelConfig) (*ChannelKeys, error) {
	return startChannelKeys(&onlineSource{key: key, config: config}, config.Options)
}

func startChannelKeys(source channelSource, options Options) (*ChannelKeys, error) {
	k := &ChannelKeys{source: source, options: options}
	if _, _, err := k.refresh(); err != nil {
		return nil, err
	}
	return k, nil
}

// Identity returns the bank's identity.
func (k *ChannelKeys) Identity() Identity { return k.source.identity() }

// Current returns the static key and its certificate, which belong together and must not be modified. It never returns
// an expired certificate: the error is then [ErrCertificateExpired], or [ErrUncertified] or [ErrCertificateNotYetValid],
// all of which only an offline identity can meet, and no channel can be offered.
func (k *ChannelKeys) Current() (static *ecdh.PrivateKey, certificate []byte, err error) {
	// The clock is read after the key: in between a machine can have slept for days, and the other way round a new key
	// would seem to come from the future.
	key := k.current.Load()
	now := k.options.now()
	if k.source.immediate() && key.certificate.checkValidity(now) != nil {
		if key, now, err = k.refresh(); err != nil {
			return nil, nil, err
		}
	}
	if key == nil {
		return nil, nil, ErrUncertified
	}
	if err := key.certificate.checkValidity(now); err != nil {
		return nil, nil, err
	}
	return key.static, key.raw, nil
}

// Expires returns when the current certificate ends; the zero time where there is none.
func (k *ChannelKeys) Expires() time.Time {
	if key := k.current.Load(); key != nil {
		return key.certificate.NotAfter
	}
	return time.Time{}
}

// Run renews until the context ends. A renewal that fails is logged and tried again; the key in use stays in use.
func (k *ChannelKeys) Run(ctx context.Context) {
	every(ctx, channelPoll, func() {
		if _, _, err := k.refresh(); err != nil {
			k.options.log().Error("the channel key could not be renewed", "identity", k.Identity(), "error", err)
		}
	})
}

// refresh renews where it is time, and returns the key in use with the time that it was chosen at.
func (k *ChannelKeys) refresh() (key *channelKey, now time.Time, err error) {
	k.renewing.Lock()
	defer k.renewing.Unlock()
	now = k.options.now()
	before := k.current.Load()
	key, err = k.source.next(now, before)
	if err != nil {
		return nil, now, err
	}
	if key != before {
		k.current.Store(key)
		k.options.log().Info("channel key certified", "certificate", key.certificate, "renewal", key.renewal())
	}
	return key, now, nil
}

// every calls f at each interval until the context ends.
func every(ctx context.Context, interval time.Duration, f func()) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			f()
		}
	}
}

// onlineSource has the identity key at hand.
type onlineSource struct {
	key    *IdentityKey
	config ChannelConfig
}

func (s *onlineSource) identity() Identity { return s.key.Public() }
func (s *onlineSource) immediate() bool    { return true }

// next also renews when the clock was set back to before the certificate's start: clients would refuse it.
func (s *onlineSource) next(now time.Time, current *channelKey) (*channelKey, error) {
	if current != nil && now.Before(current.renewal()) && current.certificate.checkValidity(now) == nil {
		return current, nil
	}
	static, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	raw, err := s.key.certify(static.PublicKey(), s.config, now)
	if err != nil {
		return nil, err
	}
	return verifiedKey(static, raw, s.identity(), now)
}

// certify signs for a ChannelLifetime from now.
func (k *IdentityKey) certify(static *ecdh.PublicKey, config ChannelConfig, now time.Time) ([]byte, error) {
	return k.SignChannel(ChannelCertificate{
		NotBefore:   now.Add(-channelBackdate),
		NotAfter:    now.Add(ChannelLifetime),
		Static:      [32]byte(static.Bytes()),
		Name:        config.Name,
		Predecessor: config.Predecessor,
	})
}

// verifiedKey checks a pair as a client will, before any client sees it.
func verifiedKey(static *ecdh.PrivateKey, raw []byte, identity Identity, now time.Time) (*channelKey, error) {
	certificate, err := VerifyChannel(raw, [32]byte(static.PublicKey().Bytes()), identity, now)
	if err != nil {
		return nil, err
	}
	return &channelKey{static, raw, certificate}, nil
}
