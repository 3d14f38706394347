package cli

import (
	"context"
	"errors"
)

// Passwords come from standard input or from a terminal that does not echo. There is no flag and no environment variable
// for one: other users of the machine can read both.

// password reads one that exists already.
func (a *app) password(ctx context.Context, fromStdin bool, prompt string) (string, error) {
	if fromStdin {
		return a.passwordLine()
	}
	if a.terminal == nil {
		return "", noPassword()
	}
	secret, err := a.terminal.secret(ctx, prompt)
	if err == nil && secret == "" {
		err = wrongUsage("the password is empty")
	}
	return secret, err
}

// newPassword reads one to be set: twice on a terminal, where a slip of the hand cannot be seen.
func (a *app) newPassword(ctx context.Context, fromStdin bool, prompt string) (string, error) {
	first, err := a.password(ctx, fromStdin, prompt)
	if err != nil || fromStdin {
		return first, err
	}
	second, err := a.terminal.secret(ctx, "Again, to be sure: ")
	if err == nil && second != first {
		err = wrongUsage("the two passwords differ; nothing was sent")
	}
	return first, err
}

// passwordLine reads the next line of standard input.
func (a *app) passwordLine() (string, error) {
	line, err := readLine(a.input)
	if err != nil {
		if f, ok := errors.AsType[*failure](err); ok {
			return "", f
		}
		return "", wrongUsage("--password-stdin was given, but standard input has no password: %v", err)
	}
	if line == "" {
		return "", wrongUsage("the password is empty")
	}
	return line, nil
}

func noPassword() *failure {
	return wrongUsage("there is no terminal to ask for the password on").
		trying("add --password-stdin, and give the password on standard input")
}
