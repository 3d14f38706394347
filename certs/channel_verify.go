package certs

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"time"
)

// What is wrong with a certificate whose layout is right. The five checks, in the order in which they are made; the last
// has two outcomes. The pin comes last, so that "changed" is said only of an identity that has proven itself.
var (
	// ErrCertificateVersion is a layout that this program does not know.
	ErrCertificateVersion = errors.New("unknown version of channel certificate")
	// ErrStaticMismatch is a certificate for another channel key: somebody shows one that is not theirs.
	ErrStaticMismatch = errors.New("channel certificate is for another key than the channel's")
	// ErrCertificateSignature is a signature that the identity did not make.
	ErrCertificateSignature = errors.New("channel certificate has a wrong signature")
	// ErrPredecessorSignature is a claim to succeed an identity that has not signed it.
	ErrPredecessorSignature = errors.New("channel certificate claims a predecessor that has not signed it")
	// ErrCertificateExpired is a certificate past its end, or a clock that is fast.
	ErrCertificateExpired = errors.New("channel certificate has expired")
	// ErrCertificateNotYetValid is a certificate before its start, or a clock that is slow.
	ErrCertificateNotYetValid = errors.New("channel certificate is not valid yet")
)

// VerifyChannel makes all five checks on the certificate that came with the Noise static key: version, that very key,
// signature, validity at now, and the pinned identity. A wrong pin is an [*IdentityChangedError], returned only when the
// other four hold. On any error there is no certificate.
func VerifyChannel(raw []byte, static [32]byte, pin Identity, now time.Time) (*ChannelCertificate, error) {
	c, err := InspectChannel(raw, static, now)
	if err != nil {
		return nil, err
	}
	if !c.Identity.equal(pin) {
		return nil, &IdentityChangedError{Pinned: pin, Presented: c.Identity}
	}
	return c, nil
}

// InspectChannel makes every check but the pin, to learn who it is that speaks: before a user is asked about an unknown
// identity, or to see whether a changed one succeeds the pinned one ([Pins.Move]). What it returns proves possession of
// an identity key, any identity key; without a pin that is worth nothing.
func InspectChannel(raw []byte, static [32]byte, now time.Time) (*ChannelCertificate, error) {
	c, err := parseChannel(raw)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(c.Static[:], static[:]) != 1 {
		return nil, ErrStaticMismatch
	}
	if err := c.checkProofs(raw); err != nil {
		return nil, err
	}
	if err := c.checkValidity(now); err != nil {
		return nil, err
	}
	return c, nil
}

// checkProofs verifies the signatures over what parseChannel read from raw.
func (c *ChannelCertificate) checkProofs(raw []byte) error {
	body, signature := raw[:len(raw)-signatureSize], raw[len(raw)-signatureSize:]
	if !c.Identity.Verify(channelLabel, body, signature) {
		return ErrCertificateSignature
	}
	if c.Predecessor != nil && !c.Predecessor.Vouches(c.Identity) {
		return ErrPredecessorSignature
	}
	return nil
}

func (c *ChannelCertificate) checkValidity(now time.Time) error {
	switch second := now.Unix(); {
	case second < c.NotBefore.Unix():
		return fmt.Errorf("%w: starts %s, the clock says %s",
			ErrCertificateNotYetValid, c.NotBefore.Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	case second > c.NotAfter.Unix():
		return fmt.Errorf("%w: ended %s, the clock says %s",
			ErrCertificateExpired, c.NotAfter.Format(time.RFC3339), now.UTC().Format(time.RFC3339))
	}
	return nil
}
