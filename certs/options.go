package certs

import (
	"log/slog"
	"time"
)

// Options is what everything that renews itself is given from outside.
type Options struct {
	Clock func() time.Time // nil: time.Now
	Log   *slog.Logger     // nil: slog.Default(); gets renewals, warnings before an end, and what could not be read
}

func (o Options) now() time.Time {
	if o.Clock != nil {
		return o.Clock()
	}
	return time.Now()
}

func (o Options) log() *slog.Logger {
	if o.Log != nil {
		return o.Log
	}
	return slog.Default()
}
