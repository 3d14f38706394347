package certs

import (
	"context"
	"log/slog"
	"time"
)

// reminder logs what is new at once, and warnings and errors that stay true again at each repeat.
type reminder struct {
	options Options
	repeat  time.Duration
	last    string
	at      time.Time
}

func (r *reminder) tell(now time.Time, level slog.Level, message string, args ...any) {
	if r.last == message && (level == slog.LevelInfo || now.Sub(r.at) < r.repeat) {
		return
	}
	r.last, r.at = message, now
	r.options.log().Log(context.Background(), level, message, args...)
}

// forget makes the next message a new one.
func (r *reminder) forget() { r.last = "" }
