package certs

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// reminder logs what is new at once, and warnings and errors that stay true again at each repeat. One goroutine at a time.
type reminder struct {
	options Options
	repeat  time.Duration
	last    string
	at      time.Time
}

func (r *reminder) tell(now time.Time, level slog.Level, message string, args ...any) {
	what := fmt.Sprint(append([]any{message}, args...)...)
	// Since may be negative: a clock that was set back must not keep a warning silent until it has caught up.
	if since := now.Sub(r.at); r.last == what && (level == slog.LevelInfo || since.Abs() < r.repeat) {
		return
	}
	r.last, r.at = what, now
	r.options.log().Log(context.Background(), level, message, args...)
}

// forget makes the next message a new one.
func (r *reminder) forget() { r.last = "" }
