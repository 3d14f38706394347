package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"caudal/certs"
	"caudal/cipher"
	"caudal/protocol"
	"caudal/wsclient/caudal"
)

func TestEveryRefusalHasItsExitCode(t *testing.T) {
	for number := range protocol.Code_name {
		code := protocol.Code(number)
		want := exitRefused
		switch code {
		case protocol.Code_CODE_UNAUTHENTICATED, protocol.Code_CODE_BAD_CREDENTIALS, protocol.Code_CODE_BAD_SIGNATURE,
			protocol.Code_CODE_KEY_REFUSED, protocol.Code_CODE_DEVICE_REVOKED, protocol.Code_CODE_USER_CLOSED:
			want = exitSignIn
		case protocol.Code_CODE_UNSPECIFIED, protocol.Code_CODE_INTERNAL, protocol.Code_CODE_UNIMPLEMENTED,
			protocol.Code_CODE_HELLO_REQUIRED, protocol.Code_CODE_HISTORY_DIVERGED:
			want = exitElse
		}
		if code.Retryable() { // a script that reads 3 may take it for good
			want = exitElse
		}
		f := failureOf(t, explain(&caudal.Error{Code: code, Retryable: code.Retryable()}))
		if f.exit != want || f.code != code.Name() || f.retryable != code.Retryable() {
			t.Errorf("%v: exit %d, code %q, retryable %v; want exit %d", code, f.exit, f.code, f.retryable, want)
		}
	}
}

func TestFailuresOfTheClientHaveTheirExitCodes(t *testing.T) {
	pinned, presented := newIdentity(t), newIdentity(t)
	for name, c := range map[string]struct {
		err  error
		exit int
		code string
	}{
		"unknown outcome":      {&caudal.OutcomeUnknownError{Cause: context.Canceled}, exitElse, "outcome_unknown"},
		"changed identity":     {fmt.Errorf("%w: %w", cipher.ErrCertificateRefused, &certs.IdentityChangedError{Pinned: pinned, Presented: presented}), exitIdentity, "identity_changed"},
		"unknown identity":     {fmt.Errorf("%w: bank", certs.ErrUnknownIdentity), exitIdentity, "identity_unknown"},
		"damaged pin":          {certs.ErrMalformedPin, exitIdentity, "malformed_pin"},
		"expired certificate":  {fmt.Errorf("%w: %w", cipher.ErrCertificateRefused, certs.ErrCertificateExpired), exitIdentity, "identity_unproven"},
		"altered handshake":    {cipher.ErrAuthentication, exitElse, "protocol"},
		"no TLS in the URL":    {caudal.ErrURL, exitUsage, "usage"},
		"no host's name":       {fmt.Errorf("%w: it must be host:port", certs.ErrMalformedHost), exitUsage, "usage"},
		"no connection":        {caudal.ErrDisconnected, exitElse, "unreachable"},
		"no answer":            {context.DeadlineExceeded, exitElse, "unreachable"},
		"HTTP":                 {fmt.Errorf("%w: %w", caudal.ErrDisconnected, &caudal.RefusedError{Status: 503}), exitElse, "unreachable"},
		"Ctrl-C":               {context.Canceled, exitElse, "interrupted"},
		"revoked meanwhile":    {&caudal.ClosedError{Code: protocol.CloseDeviceRevoked}, exitSignIn, "device_revoked"},
		"closed by the bank":   {&caudal.ClosedError{Code: protocol.CloseBadFrame}, exitElse, "bad_frame"},
		"diverged":             {&caudal.DivergedError{Account: validCLABE}, exitElse, "history_diverged"},
		"device not enrolled":  {caudal.ErrDevice, exitSignIn, "unauthenticated"},
		"something unexpected": {errors.New("?"), exitElse, "failed"},
	} {
		if f := failureOf(t, explain(c.err)); f.exit != c.exit || f.code != c.code || f.message == "" {
			t.Errorf("%s: %+v, want exit %d, code %s", name, f, c.exit, c.code)
		}
	}
	if explain(nil) != nil {
		t.Error("no error is a failure")
	}
}

func TestAChangedIdentityShowsBothFingerprints(t *testing.T) {
	pinned, presented := newIdentity(t), newIdentity(t)
	f := failureOf(t, explain(&certs.IdentityChangedError{Pinned: pinned, Presented: presented}))
	var stdout, stderr bytes.Buffer
	report(f, false, &stdout, &stderr)
	for _, line := range []string{"  pinned     " + pinned.String() + "\n", "  presented  " + presented.String() + "\n"} {
		if !strings.Contains(stderr.String(), line) {
			t.Errorf("without the line %q:\n%s", line, stderr.String())
		}
	}
	report(f, true, &stdout, &stderr)
	if text := stdout.String(); !strings.Contains(text, pinned.String()) || !strings.Contains(text, presented.String()) {
		t.Errorf("programs are not told: %s", text)
	}
}

func TestTheCommandThatSettlesAnOrderIsQuotedForAShell(t *testing.T) {
	a := &app{flags: flags{server: "wss://bank.example/ws", home: "/home/ana/my bank"}}
	key := caudal.Key{0: 1, 6: 0x70, 8: 0x80}
	err := a.withRetry(explain(&caudal.OutcomeUnknownError{Key: key, Cause: context.DeadlineExceeded}),
		"transfer", "--to", validCLABE, "--amount", "5.00", "--memo", "it's $HOME")
	f := failureOf(t, err)
	want := `caudal transfer --to ` + validCLABE + ` --amount 5.00 --memo 'it'\''s $HOME' --server wss://bank.example/ws ` +
		`--home '/home/ana/my bank' --key ` + key.String()
	if len(f.try) == 0 || f.try[0] != want || !strings.Contains(f.message, key.String()) {
		t.Errorf("got\n%v\nwant\n%s", f.try, want)
	}
	if err := a.withRetry(explain(&caudal.Error{Code: protocol.Code_CODE_INSUFFICIENT_FUNDS}), "transfer"); strings.Contains(fmt.Sprint(failureOf(t, err).try), "--key") {
		t.Error("a refusal is offered to be asked for again")
	}
}

func TestListeningLeavesOutWhatIsKnown(t *testing.T) {
	at := func(version, seq uint64, leg bool) caudal.Balance {
		b := caudal.Balance{Account: validCLABE, Version: version, Seq: seq}
		if leg {
			b.Leg = &caudal.Leg{Seq: seq}
		}
		return b
	}
	events := []caudal.Event{at(5, 3, false), caudal.State{Live: true}, at(8, 4, true), at(8, 5, true), at(8, 5, false), at(9, 5, false)}
	want := []caudal.Event{events[1], events[2], events[3], events[5]}
	var got []caudal.Event
	for event := range news(func(yield func(caudal.Event, error) bool) {
		for _, event := range events {
			if !yield(event, nil) {
				return
			}
		}
	}, map[string]uint64{validCLABE: 5}) {
		got = append(got, event)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func failureOf(t *testing.T, err error) *failure {
	t.Helper()
	f, ok := errors.AsType[*failure](err)
	if !ok {
		t.Fatalf("%v is not explained", err)
	}
	return f
}
