package certs

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"
)

// ErrTLSValidity is a TLS certificate that has expired or is not valid yet.
var ErrTLSValidity = errors.New("the TLS certificate is not valid now")

const (
	// filePoll is how often certificate files are read to see whether they have changed. Reading them is cheap and
	// certain; notifications and modification times miss a symbolic link that is turned elsewhere.
	filePoll = time.Minute
	// fileWarning is how long before its end a certificate that somebody else has to renew is worth a warning, each day.
	fileWarning = 14 * 24 * time.Hour
	fileRepeat  = 24 * time.Hour
)

// FileTLS serves a certificate chain and key from PEM files, and reads them again when they change. A pair that does not
// fit together or is not valid now does not replace one that does. A key file that others can read is served, as many
// certificate programs make such files for a group, but warned about.
func FileTLS(certFile, keyFile string, o Options) (*TLS, error) {
	f := &fileTLS{
		certFile: certFile, keyFile: keyFile, options: o,
		failure: reminder{options: o, repeat: fileRepeat}, end: reminder{options: o, repeat: fileRepeat},
	}
	if err := f.refresh(); err != nil {
		return nil, err
	}
	return &TLS{
		config:   serverConfig(f.served.get),
		interval: filePoll,
		look: func() {
			if err := f.refresh(); err != nil {
				f.failure.tell(o.now(), slog.LevelWarn, "the TLS certificate files could not be read again", "error", err)
			} else {
				f.failure.forget()
			}
			f.warn()
		},
	}, nil
}

type fileTLS struct {
	certFile, keyFile string
	options           Options
	served            served
	cert, key         []byte // the files as judged last, good or malformed; time changes neither verdict
	failure, end      reminder
}

func (f *fileTLS) refresh() error {
	cert, err := readFile(f.certFile, maxKeyFile, 0)
	if err != nil {
		return err
	}
	key, err := readFile(f.keyFile, maxKeyFile, 0)
	if err != nil {
		return err
	}
	if f.served.certificate.Load() != nil && bytes.Equal(cert, f.cert) && bytes.Equal(key, f.key) {
		return nil
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		f.cert, f.key = cert, key
		return fmt.Errorf("%w: %s and %s: %w", ErrMalformedTLS, f.certFile, f.keyFile, err)
	}
	now := f.options.now()
	if now.Before(pair.Leaf.NotBefore) || now.After(pair.Leaf.NotAfter) {
		return fmt.Errorf("%w: %s is valid from %s to %s", ErrTLSValidity, f.certFile,
			pair.Leaf.NotBefore.Format(time.RFC3339), pair.Leaf.NotAfter.Format(time.RFC3339))
	}
	if err := checkFileMode(f.keyFile); err != nil {
		f.options.log().Warn("the TLS key can be read by others", "error", err)
	}
	f.cert, f.key = cert, key
	f.served.certificate.Store(&pair)
	f.options.log().Info("TLS certificate read", "file", f.certFile, "until", pair.Leaf.NotAfter)
	return nil
}

func checkFileMode(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return checkMode(path, info, othersAny, 0o600)
}

func (f *fileTLS) warn() {
	now, end := f.options.now(), f.served.certificate.Load().Leaf.NotAfter
	switch {
	case now.After(end):
		f.end.tell(now, slog.LevelError, "the TLS certificate has expired", "file", f.certFile, "end", end)
	case now.After(end.Add(-fileWarning)):
		f.end.tell(now, slog.LevelWarn, "the TLS certificate ends soon", "file", f.certFile, "end", end)
	}
}
