package cli

import (
	"errors"
	"fmt"
	"strings"
)

// Exit codes. Scripts rely on them.
const (
	exitDone     = 0
	exitElse     = 1 // anything that no other code names; what happened to money is in the error's code
	exitUsage    = 2 // the command line is wrong; nothing was sent
	exitRefused  = 3 // the bank said no, and nothing changed
	exitSignIn   = 4 // sign-in is needed, or it failed
	exitIdentity = 5 // the bank's identity is unknown, or has changed

	exitThreshold = 6 // a load test was carried out, and missed what it was to reach
	exitMoney     = 7 // a load test was carried out, and the money does not add up
)

// Codes of failures that are the client's own. The bank's have the names that the protocol gives them.
const (
	codeUsage           = "usage"
	codeFailed          = "failed"
	codeInterrupted     = "interrupted"
	codeDeclined        = "declined"
	codeUnreachable     = "unreachable"
	codeLocalFiles      = "local_files"
	codeSignInNeeded    = "unauthenticated"
	codeIdentityUnknown = "identity_unknown"
	codeIdentityChanged = "identity_changed"
	codeMalformedPin    = "malformed_pin"
	codeOutcomeUnknown  = "outcome_unknown"
)

// failure is what a command ends with when it is not done: an exit code, a stable code for programs, what happened, and
// what a person may try next. None of it holds a secret.
type failure struct {
	exit      int
	code      string
	message   string
	facts     []string // what the message speaks of, a line each, to be compared
	try       []string
	retryable bool
	// answered: standard output has the command's answer already, and this is about it.
	answered bool

	retryAfterMS   int64  // 0: not known
	idempotencyKey string // of an order whose outcome is unknown
}

// Error is the message and its facts in one line, as programs get it.
func (f *failure) Error() string { return strings.Join(append([]string{f.message}, f.facts...), "; ") }

// trying adds lines that say what to do next.
func (f *failure) trying(lines ...string) *failure {
	f.try = append(f.try, lines...)
	return f
}

func wrongUsage(format string, args ...any) *failure {
	return &failure{exit: exitUsage, code: codeUsage, message: fmt.Sprintf(format, args...)}
}

func failed(code, format string, args ...any) *failure {
	return &failure{exit: exitElse, code: code, message: fmt.Sprintf(format, args...)}
}

func signInNeeded(format string, args ...any) *failure {
	f := &failure{exit: exitSignIn, code: codeSignInNeeded, message: fmt.Sprintf(format, args...)}
	return f.trying("caudal login --username NAME")
}

// asFailure returns err as a failure. Errors that reach it unclassified come from the command line's parser, about command.
func asFailure(err error, command string) *failure {
	var f *failure
	if errors.As(err, &f) {
		return f
	}
	return wrongUsage("%s", err).trying(command + " --help")
}
