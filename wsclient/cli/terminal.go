package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// inputLineMax bounds a line that is read: 256 characters of a password, each of several combining code points.
const inputLineMax = 8 << 10

// terminal is where a person sits, if one does: standard input is a terminal. Questions appear on standard error where
// that is a terminal too, else on the controlling terminal itself, so that redirecting output never hides a question.
type terminal struct {
	in     *os.File
	ask    io.Writer
	askTTY *os.File // opened for questions; nil where standard error serves
	input  *bufio.Reader
}

// openTerminal returns nil where nobody sits.
func openTerminal(stdin io.Reader, stderr io.Writer, input *bufio.Reader) *terminal {
	in, ok := stdin.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return nil
	}
	t := &terminal{in: in, input: input}
	if f, ok := stderr.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		t.ask = f
		return t
	}
	tty, err := os.OpenFile(controllingTerminal, os.O_WRONLY, 0)
	if err != nil {
		return t // ask stays nil: see question
	}
	t.ask, t.askTTY = tty, tty
	return t
}

func (t *terminal) close() {
	if t != nil && t.askTTY != nil {
		t.askTTY.Close()
	}
}

var errNobodyToAsk = wrongUsage("there is a question to answer, but no terminal to show it on")

// question shows text and reads a line.
func (t *terminal) question(ctx context.Context, text string) (string, error) {
	if t.ask == nil {
		return "", errNobodyToAsk
	}
	if _, err := fmt.Fprint(t.ask, text); err != nil {
		return "", errNobodyToAsk
	}
	return waitFor(ctx, func() (string, error) { return readLine(t.input) })
}

// secret shows text and reads a line that is not echoed. The terminal echoes again afterwards, also when ctx ends first.
func (t *terminal) secret(ctx context.Context, text string) (string, error) {
	if t.ask == nil {
		return "", errNobodyToAsk
	}
	fd := int(t.in.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", failed(codeFailed, "cannot stop the terminal from echoing: %v", err)
	}
	if _, err := fmt.Fprint(t.ask, text); err != nil {
		return "", errNobodyToAsk
	}
	line, err := waitFor(ctx, func() (string, error) {
		secret, err := term.ReadPassword(fd)
		return string(secret), err
	})
	_, _ = fmt.Fprintln(t.ask) // for the line break that was not echoed
	if err != nil {
		err = errors.Join(err, term.Restore(fd, before))
	}
	return line, err
}

// waitFor returns what read returns, or the interruption when ctx ends first. A read from a terminal cannot be taken
// back, so its goroutine stays behind; the program ends soon after.
func waitFor(ctx context.Context, read func() (string, error)) (string, error) {
	type answer struct {
		line string
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		line, err := read()
		done <- answer{line, err}
	}()
	select {
	case a := <-done:
		if errors.Is(a.err, io.EOF) {
			return "", failed(codeInterrupted, "no answer: the input ended")
		}
		var f *failure
		if a.err != nil && !errors.As(a.err, &f) {
			return "", failed(codeFailed, "cannot read the answer: %v", a.err)
		}
		return a.line, a.err
	case <-ctx.Done():
		return "", interrupted()
	}
}

func interrupted() *failure { return failed(codeInterrupted, "interrupted") }

// readLine reads up to a line break, which it drops, or to the end of the input.
func readLine(r *bufio.Reader) (string, error) {
	var line []byte
	for {
		b, err := r.ReadByte()
		if err == io.EOF && len(line) > 0 {
			break
		}
		if err != nil {
			return "", err
		}
		if b == '\n' {
			break
		}
		if len(line) == inputLineMax {
			return "", wrongUsage("a line of more than %d bytes was given", inputLineMax)
		}
		line = append(line, b)
	}
	return strings.TrimSuffix(string(line), "\r"), nil
}

// yes reports whether an answer means yes. Nothing typed means no.
func yes(answer string) bool {
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes", "s", "si", "sí":
		return true
	}
	return false
}
