package cipher

import (
	"crypto/ecdh"
	"errors"
	"fmt"

	"caudal/cipher/noise"
)

// ClientConfig is what a client brings to one handshake.
type ClientConfig struct {
	Suite Suite
	// Offered are the WebSocket subprotocols in the upgrade request, in their order; Suite's is among them.
	Offered []string
	// Verify decides whether the holder of static, which the handshake has proven, is the bank: by the certificate,
	// which this package does not read. It runs in Finish; its error, wrapped with ErrCertificateRefused, is Finish's,
	// and the handshake is dead. Required: nil panics.
	Verify func(static [32]byte, certificate []byte) error
}

// Client is a handshake that waits for message 2.
type Client struct {
	handshake *noise.Handshake // nil once used
	suite     Suite
	verify    func(static [32]byte, certificate []byte) error
}

// NewClient makes message 1. ErrConfig for a suite that is none or not offered.
func NewClient(config ClientConfig) (*Client, []byte, error) {
	return newClient(config, nil)
}

func newClient(config ClientConfig, source noise.Source) (*Client, []byte, error) {
	if config.Verify == nil {
		panic("cipher: a client without Verify would talk to anyone")
	}
	handshake, err := newHandshake(config.Suite, config.Offered, noise.Config{Initiator: true, Source: source})
	if err != nil {
		return nil, nil, err
	}
	message1, err := handshake.WriteMessage(make([]byte, 0, config.Suite.Message1Len()), nil)
	if err != nil {
		return nil, nil, err
	}
	return &Client{handshake: handshake, suite: config.Suite, verify: config.Verify}, message1, nil
}

// Finish takes message 2. Nothing may be sealed, and nothing of the server believed, before it returns nil. Whatever it
// returns, the handshake is used up: ErrMalformedHandshake, ErrLowOrder, ErrAuthentication (also for another view of
// the offered subprotocols), ErrCertificateRefused, ErrHandshakeDone.
func (c *Client) Finish(message2 []byte) (*Channel, error) {
	handshake := c.handshake
	if handshake == nil {
		return nil, ErrHandshakeDone
	}
	c.handshake = nil
	if len(message2) > c.suite.Message2Len(MaxCertificate) {
		handshake.Wipe()
		return nil, fmt.Errorf("%w: the certificate is longer than %d bytes", ErrMalformedHandshake, MaxCertificate)
	}
	certificate, err := handshake.ReadMessage(message2)
	if err != nil {
		return nil, err
	}
	static := [32]byte(handshake.RemoteStatic().Bytes())
	if err := c.verify(static, certificate); err != nil {
		handshake.Wipe()
		return nil, fmt.Errorf("%w: %w", ErrCertificateRefused, err)
	}
	return newChannel(handshake)
}

// ServerConfig is what a server brings to one handshake.
type ServerConfig struct {
	Suite Suite
	// Offered are the WebSocket subprotocols as they stood in the upgrade request; Suite's is among them.
	Offered []string
	// Static is the X25519 key that the certificate certifies.
	Static *ecdh.PrivateKey
	// Certificate goes to the client encrypted, in message 2; at most MaxCertificate bytes.
	Certificate []byte
}

// Accept takes message 1 and makes message 2. The channel is ready, but who the client is nobody knows, and that it is
// alive only its first record shows. Errors: ErrConfig (the server's own fault), ErrMalformedHandshake, ErrLowOrder. It
// costs about 0.2 ms of a core and is open to strangers, so the caller bounds how often it runs.
func Accept(config ServerConfig, message1 []byte) (*Channel, []byte, error) {
	return accept(config, message1, nil)
}

func accept(config ServerConfig, message1 []byte, source noise.Source) (*Channel, []byte, error) {
	if len(config.Certificate) > MaxCertificate {
		return nil, nil, fmt.Errorf("%w: certificate longer than %d bytes", ErrConfig, MaxCertificate)
	}
	handshake, err := newHandshake(config.Suite, config.Offered, noise.Config{Static: config.Static, Source: source})
	if err != nil {
		return nil, nil, err
	}
	if len(message1) != config.Suite.Message1Len() { // a payload would be unauthenticated
		return nil, nil, fmt.Errorf("%w: message 1 has %d bytes", ErrMalformedHandshake, len(message1))
	}
	if _, err := handshake.ReadMessage(message1); err != nil {
		return nil, nil, err
	}
	message2 := make([]byte, 0, config.Suite.Message2Len(len(config.Certificate)))
	message2, err = handshake.WriteMessage(message2, config.Certificate)
	if err != nil {
		return nil, nil, err
	}
	channel, err := newChannel(handshake)
	if err != nil {
		return nil, nil, err
	}
	return channel, message2, nil
}

// newHandshake fills in what both roles share.
func newHandshake(suite Suite, offered []string, config noise.Config) (*noise.Handshake, error) {
	config.Pattern, config.AEAD = suite.pattern(), noise.AESGCM
	if config.Pattern == nil {
		return nil, fmt.Errorf("%w: no such suite", ErrConfig)
	}
	var err error
	if config.Prologue, err = prologue(offered, suite.Subprotocol()); err != nil {
		return nil, err
	}
	handshake, err := noise.NewHandshake(config)
	if errors.Is(err, noise.ErrConfig) {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return handshake, err
}
