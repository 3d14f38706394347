package cli

import (
	"context"
	"errors"
	"fmt"
	"net"

	"caudal/certs"
	"caudal/cipher"
	"caudal/protocol"
	"caudal/wsclient/caudal"
)

// signInCodes are refusals of a sign-in: who asks is not, or no longer, somebody whom the bank knows.
var signInCodes = map[protocol.Code]bool{
	protocol.Code_CODE_UNAUTHENTICATED: true,
	protocol.Code_CODE_BAD_CREDENTIALS: true,
	protocol.Code_CODE_BAD_SIGNATURE:   true,
	protocol.Code_CODE_KEY_REFUSED:     true,
	protocol.Code_CODE_DEVICE_REVOKED:  true,
	protocol.Code_CODE_USER_CLOSED:     true,
}

// elseCodes are answers that decide nothing, or that no customer can do anything about.
var elseCodes = map[protocol.Code]bool{
	protocol.Code_CODE_UNSPECIFIED:      true,
	protocol.Code_CODE_INTERNAL:         true,
	protocol.Code_CODE_UNIMPLEMENTED:    true,
	protocol.Code_CODE_HELLO_REQUIRED:   true,
	protocol.Code_CODE_BUSY:             true,
	protocol.Code_CODE_OUTCOME_UNKNOWN:  true,
	protocol.Code_CODE_RATE_LIMITED:     true,
	protocol.Code_CODE_DRAINING:         true,
	protocol.Code_CODE_HISTORY_DIVERGED: true,
}

// exitFor is the exit code of a refusal. What is not named is a refusal for good: 3.
func exitFor(code protocol.Code) int {
	switch {
	case signInCodes[code]:
		return exitSignIn
	case elseCodes[code]:
		return exitElse
	}
	return exitRefused
}

// explain turns what the SDK returned into what a person and a script are told.
func explain(err error) error {
	if err == nil || errors.As(err, new(*failure)) {
		return err
	}
	if unknown, ok := errors.AsType[*caudal.OutcomeUnknownError](err); ok {
		f := failed(codeOutcomeUnknown, "whether this was done is not known yet (%s)", outage(unknown.Cause))
		f.retryable, f.idempotencyKey = true, unknown.Key.String()
		return f
	}
	if refusal, ok := errors.AsType[*caudal.Error](err); ok {
		return explainRefusal(refusal)
	}
	if f := explainIdentity(err); f != nil {
		return f
	}
	if closed, ok := errors.AsType[*caudal.ClosedError](err); ok {
		return explainClosing(closed)
	}
	switch {
	case errors.Is(err, context.Canceled):
		return interrupted()
	case errors.Is(err, caudal.ErrURL), errors.Is(err, caudal.ErrKey), errors.Is(err, certs.ErrMalformedHost):
		return wrongUsage("%v", err)
	case errors.Is(err, caudal.ErrDevice):
		return signInNeeded("%v", err)
	case errors.Is(err, caudal.ErrDiverged):
		return failed("history_diverged", "%v", err).
			trying("trust no balance here before the bank has explained it; keep this message")
	case errors.Is(err, caudal.ErrSubprotocol), errors.Is(err, caudal.ErrRedirect), errors.Is(err, caudal.ErrProtocol),
		errors.Is(err, cipher.ErrAuthentication), errors.Is(err, cipher.ErrMalformedHandshake):
		return failed("protocol", "%v", err).trying("check the address, and that nothing stands between you and the bank")
	case errors.Is(err, caudal.ErrDisconnected), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, new(*caudal.RefusedError)):
		f := failed(codeUnreachable, "%s", outage(err))
		f.retryable = true
		return f.trying("check the address in --server or CAUDAL_SERVER, and try again")
	}
	return failed(codeFailed, "%v", err)
}

// outage says in a few words why there is no answer: what the network said, without the layers that passed it on.
func outage(err error) string {
	if network, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Sprintf("%v: %v", caudal.ErrDisconnected, network)
	}
	if refused, ok := errors.AsType[*caudal.RefusedError](err); ok {
		return fmt.Sprintf("%v: %v", caudal.ErrDisconnected, refused)
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return "the bank has not answered in time (--timeout)"
	case errors.Is(err, context.Canceled):
		return "interrupted"
	}
	return err.Error()
}

func explainRefusal(e *caudal.Error) *failure {
	f := &failure{
		exit: exitFor(e.Code), code: e.Code.Name(), message: e.Error(),
		retryable: e.Retryable, retryAfterMS: e.After.Milliseconds(),
	}
	switch e.Code {
	case protocol.Code_CODE_UNAUTHENTICATED, protocol.Code_CODE_DEVICE_REVOKED, protocol.Code_CODE_BAD_SIGNATURE:
		return f.trying("caudal login --username NAME")
	case protocol.Code_CODE_INSUFFICIENT_FUNDS:
		return f.trying("caudal balance")
	case protocol.Code_CODE_TOO_MANY:
		return f.trying("caudal devices", "caudal devices revoke ID")
	case protocol.Code_CODE_KEY_REUSED:
		return f.trying("caudal history", "leave --key away for a new order")
	case protocol.Code_CODE_KEY_STALE:
		return f.trying("leave --key away for a new order")
	}
	return f
}

// explainIdentity returns nil where the bank's identity is not the matter.
func explainIdentity(err error) *failure {
	unproven := func(code string) *failure {
		return &failure{exit: exitIdentity, code: code, message: err.Error()}
	}
	if changed, ok := errors.AsType[*certs.IdentityChangedError](err); ok {
		f := unproven(codeIdentityChanged)
		f.message = "the bank's identity is not the one that is pinned: somebody may be in the middle, or the bank has changed"
		f.facts = []string{fmt.Sprintf("pinned     %v", changed.Pinned), fmt.Sprintf("presented  %v", changed.Presented)}
		return f.trying("ask the bank, by another way than this connection",
			"only if it did change: caudal pins forget HOST:PORT, or set CAUDAL_IDENTITY anew")
	}
	switch {
	case errors.Is(err, certs.ErrIdentityChanged):
		return unproven(codeIdentityChanged)
	case errors.Is(err, certs.ErrMalformedPin):
		return unproven(codeMalformedPin).trying("mend the line that the message names, or delete it, in an editor",
			"whoever is not pinned any more is asked about anew: compare the fingerprint")
	case errors.Is(err, certs.ErrUnknownIdentity):
		return unproven(codeIdentityUnknown).
			trying("set CAUDAL_IDENTITY to the fingerprint that the bank has published",
				"or pin it: caudal pins add HOST:PORT FINGERPRINT")
	case errors.Is(err, cipher.ErrCertificateRefused), errors.Is(err, certs.ErrCertificateExpired),
		errors.Is(err, certs.ErrCertificateNotYetValid), errors.Is(err, certs.ErrCertificateSignature),
		errors.Is(err, certs.ErrStaticMismatch), errors.Is(err, certs.ErrMalformedCertificate),
		errors.Is(err, certs.ErrCertificateVersion), errors.Is(err, certs.ErrCriticalExtension),
		errors.Is(err, certs.ErrPredecessorSignature):
		return unproven("identity_unproven").trying("check this machine's clock", "ask the bank")
	}
	return nil
}

func explainClosing(e *caudal.ClosedError) *failure {
	switch e.Code {
	case protocol.CloseDeviceRevoked, protocol.CloseLoggedOut, protocol.CloseUserClosed:
		f := &failure{exit: exitSignIn, code: e.Code.String(), message: e.Error()}
		return f.trying("caudal login --username NAME")
	}
	f := failed(e.Code.String(), "%v", e)
	f.retryable = e.Code.Reconnect()
	return f
}
