package admin

import (
	"context"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"caudal/server/conn"
)

// readyTimeout bounds the look at the bank that readiness needs.
const readyTimeout = 2 * time.Second

// ListenerConfig says what the admin listener shows.
type ListenerConfig struct {
	// Address is where it listens (host:port): its host is one of the names it answers to, beside loopback's.
	Address string
	// Ready says why the bank takes no customers now; nil for ready.
	Ready func(context.Context) error
	// Metrics is what /metrics shows.
	Metrics prometheus.Gatherer
	// Pprof serves /debug/pprof.
	Pprof bool
}

// Handler returns what the admin listener serves: /healthz, /readyz, /metrics, and /debug/pprof where asked for.
//
// It is for programs on this machine. Browsers are refused: whatever sends an Origin, and whatever addresses it by another
// name, as a page whose name was rebound to loopback does.
func Handler(config ListenerConfig) (http.Handler, error) {
	names := []string{"localhost", "127.0.0.1", "::1"}
	if host, _, err := net.SplitHostPort(config.Address); err == nil && host != "" {
		names = append(names, host)
	}
	hosts, err := conn.ParseHosts(names)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
		defer cancel()
		if err := config.Ready(ctx); err != nil {
			say(w, http.StatusServiceUnavailable, "not ready: "+err.Error())
			return
		}
		say(w, http.StatusOK, "ready")
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(config.Metrics, promhttp.HandlerOpts{MaxRequestsInFlight: 4}))
	if config.Pprof {
		mux.HandleFunc("GET /debug/pprof/", pprof.Index)
		mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
		mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case len(r.Header.Values("Origin")) > 0:
			say(w, http.StatusForbidden, "not for web pages")
		case !hosts.Allow(r.Host):
			say(w, http.StatusMisdirectedRequest, "not the name of this listener")
		default:
			mux.ServeHTTP(w, r)
		}
	}), nil
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // a client that has gone needs no answer
}
