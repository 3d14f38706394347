package app

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/labstack/echo/v4"

	"caudal/server/config"
	"caudal/server/conn"
	"caudal/web"
)

// Bounds of plain HTTP. Once a socket is a WebSocket, conn keeps its own.
const (
	// headerTimeout bounds a request's headers, and with them the TLS handshake.
	headerTimeout = 10 * time.Second
	// pageTimeout bounds a page's whole request and answer.
	pageTimeout = 20 * time.Second
	// keepAlive is how long a browser's socket may wait for its next request.
	keepAlive = 60 * time.Second
	// headerBytesMax is four times what a browser sends.
	headerBytesMax = 16 << 10
)

// publicServer serves /ws and the dashboard's pages, and nothing else.
func publicServer(sockets *conn.Server, pages http.Handler, hosts conn.Hosts, log *slog.Logger) *http.Server {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = plainError
	e.Use(func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.Response().Header().Set("Cache-Control", "no-store") // a refusal; the pages say otherwise of themselves
			if !hosts.Allow(c.Request().Host) {
				return echo.NewHTTPError(http.StatusMisdirectedRequest)
			}
			return next(c)
		}
	})
	e.GET("/ws", func(c echo.Context) error {
		// The plain writer: Echo's would stay with every hijacked socket for as long as it lives.
		sockets.ServeHTTP(c.Response().Writer, c.Request())
		return nil
	})
	page := echo.WrapHandler(pages)
	for _, path := range web.Paths {
		e.GET(path, page)
		e.HEAD(path, page)
	}
	return &http.Server{
		Handler:           e,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       pageTimeout,
		WriteTimeout:      pageTimeout,
		IdleTimeout:       keepAlive,
		MaxHeaderBytes:    headerBytesMax,
		// What strangers do wrong in TLS is no news for an operator.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// pages returns the dashboard: the one inside, or a developer's.
func pages(c *config.Config) http.Handler {
	if c.Web == "" {
		return web.New(c.Demo)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		dashboard, err := web.Open(os.DirFS(c.Web), c.Demo)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		dashboard.ServeHTTP(w, r)
	})
}

// plainError answers with the status alone.
func plainError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	status := http.StatusInternalServerError
	if known, ok := errors.AsType[*echo.HTTPError](err); ok {
		status = known.Code
	}
	c.Response().Header().Set("X-Content-Type-Options", "nosniff")
	_ = c.String(status, http.StatusText(status)+"\n") // a client that has gone needs no answer
}

// names returns the host names and web origins that the server answers to on address.
func names(c *config.Config, address net.Addr) (conn.Hosts, conn.Origins, error) {
	host, port, err := net.SplitHostPort(address.String())
	if err != nil {
		return nil, nil, err
	}
	all := append([]string{"localhost", "127.0.0.1", "::1"}, c.Hosts...)
	if c.ACMEHost != "" {
		all = append(all, c.ACMEHost)
	}
	if ip := net.ParseIP(host); ip != nil && !ip.IsUnspecified() {
		all = append(all, host)
	}
	hosts, err := conn.ParseHosts(all)
	if err != nil {
		return nil, nil, err
	}
	origins := append([]string(nil), c.Origins...)
	for _, name := range all {
		if ip := net.ParseIP(name); ip != nil && ip.To4() == nil {
			name = "[" + name + "]"
		}
		origins = append(origins, "https://"+name+":"+port, "https://"+name)
	}
	allowed, err := conn.ParseOrigins(origins)
	return hosts, allowed, err
}
