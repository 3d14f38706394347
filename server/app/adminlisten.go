package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"caudal/server/admin"
)

// adminListener is where health and metrics are.
type adminListener struct {
	listener net.Listener
	server   *http.Server
}

// profileTimeout is longer than a profile of 30 seconds takes.
const profileTimeout = 2 * time.Minute

func (s *server) startAdmin() error {
	if s.admin == nil {
		return nil
	}
	handler, err := admin.Handler(admin.ListenerConfig{
		Address: s.admin.listener.Addr().String(), Ready: s.ready, Metrics: s.metrics.Gatherer(), Pprof: s.config.Pprof,
	})
	if err != nil {
		return err
	}
	s.admin.server = &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, WriteTimeout: profileTimeout, IdleTimeout: keepAlive,
		MaxHeaderBytes: headerBytesMax, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	go func() {
		if err := s.admin.server.Serve(s.admin.listener); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("serve the admin: %w", err)
		}
	}()
	return nil
}

// stopAdmin ends last: until then readiness is asked for.
func (s *server) stopAdmin() {
	if s.admin == nil || s.admin.server == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := s.admin.server.Shutdown(ctx); err != nil {
		_ = s.admin.server.Close() // a scrape that nobody reads to its end
	}
}

// adminAddress is where the admin listener is; empty for none.
func (s *server) adminAddress() string {
	if s.admin == nil {
		return ""
	}
	return s.admin.listener.Addr().String()
}
