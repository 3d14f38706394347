package app

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// passwordBytesMax bounds the line that is read: 256 characters, decomposed, are below it.
const passwordBytesMax = 8 << 10

func passwordFlag(command *cobra.Command, stdin *bool) {
	command.Flags().BoolVar(stdin, "password-stdin", false, "read the password from standard input")
}

// readPassword reads a new password: the first line of standard input where that was asked for, else typed twice on a
// terminal, unseen. There is no flag for the password itself, which everybody on the machine could read.
func (a *app) readPassword(stdin bool) (string, error) {
	if stdin {
		line, err := bufio.NewReader(io.LimitReader(a.stdin, passwordBytesMax)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the password: %w", err)
		}
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if line == "" {
			return "", usagef("there is no password on standard input")
		}
		return line, nil
	}
	file, ok := a.stdin.(*os.File)
	if !ok || !isTerminal(a.stdin) {
		return "", usagef("the password comes by --password-stdin, or is typed on a terminal")
	}
	var typed [2]string
	for i, prompt := range [2]string{"New password: ", "Again: "} {
		_, err := fmt.Fprint(a.stderr, prompt)
		if err != nil {
			return "", err
		}
		raw, err := term.ReadPassword(int(file.Fd()))
		if _, lineErr := fmt.Fprintln(a.stderr); err == nil {
			err = lineErr
		}
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		typed[i] = string(raw)
	}
	if typed[0] != typed[1] {
		return "", errors.New("the two passwords differ")
	}
	return typed[0], nil
}
