package app

import (
	"io"
	"log/slog"
	"os"

	"golang.org/x/term"

	"caudal/server/config"
)

// newLog writes to w: text for people where w is a terminal, JSON for programs elsewhere, unless the settings say which.
func newLog(c *config.Config, w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.LogLevel)); err != nil {
		level = slog.LevelInfo // config has checked it
	}
	options := &slog.HandlerOptions{Level: level}
	if c.LogFormat == "text" || c.LogFormat == "auto" && isTerminal(w) {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

// isTerminal reports whether somebody sits at the other end of f, an io.Writer or io.Reader.
func isTerminal(f any) bool {
	file, ok := f.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
