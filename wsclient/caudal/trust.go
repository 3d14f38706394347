package caudal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"caudal/certs"
	"caudal/cipher"
)

// strangerError is a bank without a pin: its identity, where it has come to that.
type strangerError struct {
	host        string
	certificate *certs.ChannelCertificate // nil where TLS was not trusted
	cause       error                     // nil where TLS was trusted
}

func (e *strangerError) Error() string {
	if e.certificate == nil {
		return fmt.Sprintf("%s: %v", e.host, e.cause)
	}
	return fmt.Sprintf("%v: %s presents %v", certs.ErrUnknownIdentity, e.host, e.certificate.Identity)
}

func (e *strangerError) Is(target error) bool { return target == certs.ErrUnknownIdentity }

func (e *strangerError) Unwrap() error { return e.cause }

// trust decides whether who speaks is the bank:
//
//	pinned, and the same          go on, whatever the TLS certificate
//	pinned, and its successor     move the pin, say so, go on
//	pinned, and another           certs.ErrIdentityChanged
//	a pin that cannot be read     certs.ErrMalformedPin
//	not pinned, TLS trusted       ask; where nobody answers, certs.ErrUnknownIdentity
//	not pinned, TLS not trusted   certs.ErrUnknownIdentity and ErrUntrustedTLS
type trust struct {
	config *Config
	host   string

	mu  sync.Mutex
	pin *certs.Identity // nil where there is none
}

// load reads the pin, once: a Conn that lasts goes on with what it has verified.
func (t *trust) load() error {
	if t.config.Identity != nil {
		t.pin = new(*t.config.Identity)
		return nil
	}
	pin, err := t.config.Pins.Lookup(t.host)
	if errors.Is(err, certs.ErrUnknownIdentity) {
		return nil
	}
	if err != nil {
		return err
	}
	t.pin = &pin
	return nil
}

func (t *trust) pinned() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pin != nil
}

// verify takes what the channel's handshake has proven to come from the holder of static.
func (t *trust) verify(static [32]byte, raw []byte) (*certs.ChannelCertificate, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if t.pin == nil {
		certificate, err := certs.InspectChannel(raw, static, now)
		if err != nil {
			return nil, err
		}
		return nil, &strangerError{host: t.host, certificate: certificate}
	}
	certificate, err := certs.VerifyChannel(raw, static, *t.pin, now)
	if errors.Is(err, certs.ErrIdentityChanged) {
		return t.succeed(static, raw, now, err)
	}
	return certificate, err
}

// succeed moves the pin to an identity that the pinned one vouches for; else changed is the error.
func (t *trust) succeed(static [32]byte, raw []byte, now time.Time, changed error) (*certs.ChannelCertificate, error) {
	certificate, err := certs.InspectChannel(raw, static, now)
	if err != nil {
		return nil, err
	}
	old, proof := *t.pin, certificate.Predecessor
	if proof == nil || proof.Old != old || !proof.Vouches(certificate.Identity) {
		return nil, changed
	}
	if t.config.Identity == nil {
		if err := t.config.Pins.Move(t.host, certificate); err != nil {
			return nil, err
		}
	}
	t.pin = &certificate.Identity
	if t.config.Moved != nil {
		t.config.Moved(old, certificate.Identity)
	}
	return certificate, nil
}

// meet asks about a stranger, and pins it where the answer is yes; else the stranger's error is returned.
func (t *trust) meet(ctx context.Context, stranger *strangerError) error {
	if t.config.Identity != nil || t.config.Confirm == nil || stranger.certificate == nil {
		return stranger
	}
	identity := stranger.certificate.Identity
	yes, err := t.config.Confirm(ctx, Stranger{Host: t.host, Name: plain(stranger.certificate.Name), Identity: identity})
	if err != nil {
		return err
	}
	if !yes {
		return stranger
	}
	if err := t.config.Pins.Add(t.host, identity); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pin = &identity
	return nil
}

// shake runs the channel's handshake.
func (c *Conn) shake(ctx context.Context, s *socket) (*link, error) {
	suite := c.suite()
	var certificate *certs.ChannelCertificate
	handshake, message1, err := cipher.NewClient(cipher.ClientConfig{
		Suite:   suite,
		Offered: []string{suite.Subprotocol()},
		Verify: func(static [32]byte, raw []byte) (err error) {
			certificate, err = c.trust.verify(static, raw)
			return err
		},
	})
	if err != nil {
		return nil, err
	}
	if err := s.ws.Write(ctx, messageType, message1); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisconnected, err)
	}
	reader := messageReader{ws: s.ws}
	message2, err := reader.next(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDisconnected, err)
	}
	channel, err := handshake.Finish(message2)
	if errors.Is(err, cipher.ErrCertificateRefused) {
		return nil, err
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrTampered, err)
	}
	l := newLink(s.ws, channel)
	l.identity = certificate.Identity
	if certificate.Predecessor != nil {
		l.predecessor = &certificate.Predecessor.Old
	}
	l.bank = Bank{
		Name: plain(certificate.Name), Identity: certificate.Identity,
		TrustedTLS: s.trustedTLS, Channel: suite.Subprotocol(),
	}
	return l, nil
}
