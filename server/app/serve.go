package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"caudal/certs"
	"caudal/protocol"
	"caudal/server/admin"
	"caudal/server/config"
	"caudal/server/conn"
	"caudal/server/live"
	"caudal/server/route"
)

// observer is told of every answer; see route.Config.
type observer = func(command string, code protocol.Code, took time.Duration)

// server is the program while it runs.
type server struct {
	config *config.Config
	log    *slog.Logger

	keys *certs.ChannelKeys
	tls  *certs.TLS

	metrics *admin.Metrics
	bank    *bank
	router  *route.Router

	sockets  *conn.Server
	listener net.Listener
	public   *http.Server
	admin    *adminListener // nil where none was asked for
	operator *admin.Socket

	draining  atomic.Bool
	loops     sync.WaitGroup // renewals and sweeps
	stopLoops context.CancelFunc
	failed    chan error // a listener that ended by itself
}

// serve runs the server until ctx ends, then drains it.
func (a *app) serve(ctx context.Context, c *config.Config) (err error) {
	log := newLog(c, a.stderr)
	for _, warning := range c.Warnings() {
		log.Warn(warning)
	}
	if c.Data == "" {
		if !c.Demo {
			return usagef("say where the bank is: --data DIR; or try --demo")
		}
		if c.Data, err = os.MkdirTemp("", "caudal-demo-"); err != nil {
			return fmt.Errorf("make a temporary folder: %w", err)
		}
		defer func() { _ = os.RemoveAll(c.Data) }() // what was just made for this run; a rest of it harms nobody
	}
	if err := makeData(c.Data); err != nil {
		return err
	}
	files, err := descriptors()
	if err != nil {
		return fmt.Errorf("how many files may be open: %w", err)
	}
	if err := fitConnections(ctx, c, files, log); err != nil {
		return err
	}
	s := &server{config: c, log: log, failed: make(chan error, 2)}
	defer s.closeListeners()
	if err := s.listen(ctx); err != nil {
		return err
	}
	dir, err := a.identityDir(c)
	if err != nil {
		return err
	}
	if err := a.prove(ctx, s, dir); err != nil {
		return err
	}
	fatal := func(err error) {
		log.Error("the database failed; what was under way is unknown until the next start", "error", err)
		a.exit(exitFatal)
	}
	s.metrics = s.newMetrics()
	if s.bank, err = openBank(ctx, c, s.keys.Identity(), log, fatal, s.metrics.ObserveBatch); err != nil {
		return err
	}
	return a.runBank(ctx, s)
}

// prove gets the keys by which the bank shows who it is: the channel's, and TLS's.
func (a *app) prove(ctx context.Context, s *server, dir string) (err error) {
	options := certs.Options{Log: s.log}
	if s.keys, err = a.channelKeys(ctx, s.config, dir, options); err != nil {
		return err
	}
	switch c := s.config; {
	case c.TLSCert != "":
		s.tls, err = certs.FileTLS(c.TLSCert, c.TLSKey, options)
	case c.ACMEHost != "":
		s.tls, err = certs.ACME(certs.ACMEConfig{
			Host: c.ACMEHost, CacheDir: filepath.Join(dir, acmeDir), Email: c.ACMEEmail, DirectoryURL: c.ACMEDirectory, AcceptTerms: c.ACMEAcceptTerms,
		}, options)
	default:
		s.tls, err = certs.DevelopmentTLS(dir, options)
	}
	return err
}

// listen opens the listeners; nobody is answered yet. Ports come first, so that a server that cannot start touches nothing.
func (s *server) listen(ctx context.Context) (err error) {
	c := s.config
	if s.listener, err = listen(ctx, c.Listen, c.Demo && !c.Asked("listen")); err != nil {
		return fmt.Errorf("listen for clients: %w", err)
	}
	if c.Demo && !atLoopback(s.listener) {
		return config.ErrDemoBeyondLoopback
	}
	if c.Admin == "" {
		return nil
	}
	listener, err := listen(ctx, c.Admin, c.Demo && !c.Asked("admin"))
	if err != nil {
		return fmt.Errorf("listen for the admin: %w", err)
	}
	s.admin = &adminListener{listener: listener}
	if !atLoopback(listener) {
		return errAdminBeyondLoopback
	}
	return nil
}

// errAdminBeyondLoopback: the admin listener has neither TLS nor a sign-in.
var errAdminBeyondLoopback = errors.New("the admin listener would be reached from other machines")

func (s *server) closeListeners() {
	if s.listener != nil {
		_ = s.listener.Close() // closed before where it was served
	}
	if s.admin != nil {
		_ = s.admin.listener.Close()
	}
}

// runBank serves on an open bank, and closes it.
func (a *app) runBank(ctx context.Context, s *server) error {
	err := a.start(ctx, s)
	if err == nil {
		select {
		case <-ctx.Done():
			s.log.Info("stopping")
		case err = <-s.failed:
		}
	}
	return errors.Join(err, s.stop())
}

// start answers from here on.
func (a *app) start(ctx context.Context, s *server) error {
	c := s.config
	hosts, origins, err := names(c, s.listener.Addr())
	if err != nil {
		return err
	}
	if s.router, err = s.bank.router(c, s.log, s.metrics.Observe); err != nil {
		return err
	}
	if s.sockets, err = conn.New(s.connConfig(hosts, origins), s.router); err != nil {
		return err
	}
	var seeds *demo
	if c.Demo {
		// A stop in between waits: half of a demo is no use to anybody.
		if seeds, err = s.bank.seed(context.WithoutCancel(ctx), c.Data); err != nil {
			return fmt.Errorf("seed the demo: %w", err)
		}
	}
	if ca := s.tls.CAFile(); ca != "" { // only now: the folder of a bank that was refused stays as it was
		if err := linkCA(c.Data, ca); err != nil {
			return err
		}
	}
	if err := s.startAdmin(); err != nil {
		return err
	}
	if s.operator, err = admin.OpenSocket(c.Data, s.bank.operator(), s.log); err != nil {
		return err
	}
	s.loop(s.keys.Run, s.tls.Run, keepHeadroom, func(ctx context.Context) { s.bank.sweep(ctx, s.log) })
	s.public = publicServer(s.sockets, pages(s.config), hosts, s.log)
	go func() {
		err := s.public.Serve(tls.NewListener(s.sockets.Guard(s.listener), s.tls.Config()))
		if !errors.Is(err, http.ErrServerClosed) {
			s.failed <- fmt.Errorf("serve clients: %w", err)
		}
	}()
	return a.announce(s, seeds)
}

// connConfig is what conn needs of the settings.
func (s *server) connConfig(hosts conn.Hosts, origins conn.Origins) conn.Config {
	c := s.config
	proxies, err := c.ProxyNetworks()
	if err != nil {
		panic(err) // config has checked it
	}
	return conn.Config{
		Hosts: hosts, Origins: origins, TrustedProxies: proxies, RefuseClassic: !c.Classic, Keys: s.keys, Log: s.log,
		Limits: conn.Limits{
			Connections: c.Connections, PerAddress: c.ConnectionsPerAddress, Handshakes: c.Handshakes,
			PerSecond: c.HandshakesPerSecond, Burst: c.HandshakesBurst, InFlight: c.CommandsInFlight, QueueBytes: c.QueueKB << 10,
		},
		Times: conn.Times{
			Handshake: c.HandshakeTimeout, SignIn: c.SignInTimeout, Idle: c.IdleTimeout, Heartbeat: c.Heartbeat,
			Write: c.WriteTimeout, Age: c.ConnectionAge, ComeBack: c.DrainSpread,
		},
	}
}

// loop runs what ends with the server: after the drain, so that no certificate ends before.
func (s *server) loop(all ...func(context.Context)) {
	ctx, cancel := context.WithCancel(context.Background())
	s.stopLoops = cancel
	for _, run := range all {
		s.loops.Go(func() { run(ctx) })
	}
}

// stop drains: nobody new, a notice to everybody, every command in flight answered, the ledger emptied, the database closed.
func (s *server) stop() error {
	s.draining.Store(true)
	ctx, cancel := context.WithTimeout(context.Background(), s.config.DrainTimeout)
	defer cancel()
	if s.sockets != nil {
		if err := s.sockets.Drain(ctx); err != nil {
			s.log.Warn("the drain took too long", "error", err) // their clients ask again with their keys
		}
	}
	if s.public != nil {
		if err := s.public.Shutdown(ctx); err != nil {
			_ = s.public.Close() // pages that are still being read
		}
	}
	if s.operator != nil {
		if err := s.operator.Close(ctx); err != nil {
			s.log.Warn("an operator's command was cut off", "error", err)
		}
	}
	if s.router != nil {
		s.router.Close()
	}
	if s.stopLoops != nil {
		s.stopLoops()
		s.loops.Wait()
	}
	err := s.bank.close()
	s.stopAdmin()
	if err != nil {
		return fmt.Errorf("close the bank: %w", err)
	}
	s.log.Info("stopped")
	return nil
}

// newMetrics says where numbers come from; nobody asks before the server has all its parts.
func (s *server) newMetrics() *admin.Metrics {
	return admin.NewMetrics(admin.Sources{
		Connections:     func() conn.Stats { return s.sockets.Stats() },
		Hub:             func() live.Stats { return s.bank.hub.Stats() },
		Queued:          func() (int, int) { return s.router.Queued() },
		LedgerWaiting:   func() int { return s.bank.ledger.Waiting() },
		CertificateEnds: s.keys.Expires,
		Version:         version,
	}, route.CommandNames())
}

// errDraining is a server that is about to end.
var errDraining = errors.New("draining")

// ready says why customers should go elsewhere now.
func (s *server) ready(ctx context.Context) error {
	if s.draining.Load() {
		return errDraining
	}
	if _, _, err := s.keys.Current(); err != nil {
		return err
	}
	if s.bank.ledger.Waiting() >= s.config.LedgerQueue {
		return errors.New("the ledger's queue is full")
	}
	var one int
	if err := s.bank.store.Read().WithContext(ctx).Raw("SELECT 1").Scan(&one).Error; err != nil {
		s.log.Error("the database does not answer", "error", err)
		return errors.New("the database does not answer")
	}
	return nil
}
