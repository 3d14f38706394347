package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// SocketFile is the name of the operator's socket in the data folder.
const SocketFile = "admin.sock"

// Bounds of the socket's HTTP.
const (
	// inputBytesMax: the longest command has a name and a password.
	inputBytesMax = 64 << 10
	// outputBytesMax: verify may list many faults.
	outputBytesMax = 16 << 20
	// inputTimeout bounds the sending of a command. Its execution is not bounded: verify walks everything.
	inputTimeout = 10 * time.Second
	// operatorsMax bounds how many commands run at once: one or two people.
	operatorsMax = 8
)

// ErrNoServer means that nobody serves the bank in the data folder.
var ErrNoServer = errors.New("no server runs on this data folder")

// Socket serves the operator's commands to this user and root of this machine.
type Socket struct {
	path   string
	server *http.Server
	ended  chan struct{}
}

// OpenSocket listens in the data folder, whose lock the caller holds: a socket that lies there is an earlier server's.
// Its mode is 0600, and every peer's user is asked of the kernel: the server's own or root.
func OpenSocket(data string, operator *Operator, log *slog.Logger) (*Socket, error) {
	address, release, err := socketAddress(data)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := os.Remove(address); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("remove an earlier server's socket: %w", err)
	}
	listener, err := listenPrivate(address)
	if err != nil {
		return nil, fmt.Errorf("listen for the operator: %w", err)
	}
	s := &Socket{path: filepath.Join(data, SocketFile), ended: make(chan struct{})}
	s.server = &http.Server{
		Handler: s.handler(operator, log), ReadHeaderTimeout: inputTimeout,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	own := &ownListener{Listener: listener, log: log, places: make(chan struct{}, operatorsMax)}
	go func() {
		defer close(s.ended)
		if err := s.server.Serve(own); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the operator's socket failed", "error", err)
		}
	}()
	return s, nil
}

// Close lets commands under way finish until ctx ends.
func (s *Socket) Close(ctx context.Context) error {
	err := s.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.server.Close())
	}
	<-s.ended
	return errors.Join(err, os.Remove(s.path))
}

// answer is what goes over the socket: one of both.
type answer struct {
	Result json.RawMessage `json:"result,omitempty"`
	Error  string          `json:"error,omitempty"`
}

func (s *Socket) handler(operator *Operator, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		command := Command(strings.TrimPrefix(r.URL.Path, "/"))
		input, err := readInput(w, r)
		var a answer
		switch {
		case r.Method != http.MethodPost:
			a.Error = "a command is sent by POST"
		case err != nil:
			a.Error = "the command is too long, or was cut off"
		default:
			if a.Result, err = operator.Run(r.Context(), command, input); err != nil {
				a.Error = err.Error()
			}
			log.Info("operator", "command", string(command), "done", err == nil)
		}
		w.Header().Set("Content-Type", "application/json")
		if a.Error != "" {
			w.WriteHeader(http.StatusUnprocessableEntity)
		}
		_ = json.NewEncoder(w).Encode(a) // an operator who has gone needs no answer
	})
}

// readInput reads a command in bounded time. The time does not go on while the command runs: net/http would take its end for
// the operator's going.
func readInput(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	control := http.NewResponseController(w)
	if err := control.SetReadDeadline(time.Now().Add(inputTimeout)); err != nil {
		return nil, err
	}
	input, err := io.ReadAll(http.MaxBytesReader(w, r.Body, inputBytesMax))
	return input, errors.Join(err, control.SetReadDeadline(time.Time{}))
}

// ownListener lets only this machine's root and the server's own user in, a few at a time.
type ownListener struct {
	net.Listener
	log    *slog.Logger
	places chan struct{}
}

func (l *ownListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		uid, err := peerUser(conn)
		if err != nil || uid != 0 && uid != os.Getuid() {
			l.log.Warn("a stranger on the operator's socket", "uid", uid, "error", err)
			_ = conn.Close()
			continue
		}
		select {
		case l.places <- struct{}{}:
			return &placed{Conn: conn, places: l.places}, nil
		default:
			_ = conn.Close()
		}
	}
}

// placed gives its place back when it is closed, once.
type placed struct {
	net.Conn
	places chan struct{}
	once   sync.Once
}

func (p *placed) Close() error {
	p.once.Do(func() { <-p.places })
	return p.Conn.Close()
}

// Dial returns a way to the server on a data folder for Call. ErrNoServer: there is none.
func Dial(ctx context.Context, data string) (func(context.Context, Command, []byte) ([]byte, error), error) {
	address, release, err := socketAddress(data)
	if err != nil {
		return nil, err
	}
	defer release()
	probe, err := new(net.Dialer).DialContext(ctx, "unix", address)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
			return nil, ErrNoServer
		}
		return nil, fmt.Errorf("reach the server: %w", err)
	}
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			if conn := probe; conn != nil { // the connection that is open already
				probe = nil
				return conn, nil
			}
			return nil, errors.New("one command a connection")
		},
	}}
	return func(ctx context.Context, command Command, input []byte) ([]byte, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://caudald/"+string(command), strings.NewReader(string(input)))
		if err != nil {
			return nil, err
		}
		response, err := client.Do(request)
		if err != nil {
			return nil, fmt.Errorf("the server did not answer; look whether it was done: %w", err)
		}
		defer response.Body.Close()
		var a answer
		if err := json.NewDecoder(io.LimitReader(response.Body, outputBytesMax)).Decode(&a); err != nil {
			return nil, fmt.Errorf("the server's answer was cut off; look whether it was done: %w", err)
		}
		if a.Error != "" {
			return nil, errors.New(a.Error)
		}
		return a.Result, nil
	}, nil
}

// socketPathMax is the longest path that every system's sockaddr_un takes.
const socketPathMax = 100

// socketAddress returns the socket's path for this process. A path that is too long for a socket is named through an open
// folder, where the system has such names; release closes it, once the address has been used.
func socketAddress(data string) (address string, release func(), err error) {
	path := filepath.Join(data, SocketFile)
	if len(path) <= socketPathMax {
		return path, func() {}, nil
	}
	if runtime.GOOS != "linux" {
		return "", nil, fmt.Errorf("the data folder's path is too long for a socket: more than %d bytes with %s", socketPathMax, SocketFile)
	}
	folder, err := os.Open(data)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = ErrNoServer
		}
		return "", nil, err
	}
	return filepath.Join("/proc/self/fd", strconv.Itoa(int(folder.Fd())), SocketFile), func() { _ = folder.Close() }, nil
}

// listenPrivate makes a socket that nobody else can open, not even between its birth and a chmod.
func listenPrivate(address string) (net.Listener, error) {
	before := syscall.Umask(0o177)
	defer syscall.Umask(before)
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: address, Net: "unix"})
	if err != nil {
		return nil, err
	}
	listener.SetUnlinkOnClose(false) // the address may lead elsewhere by then; Close removes the file
	return listener, nil
}
