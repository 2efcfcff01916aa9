// Package privatenats runs the nats-server with JetStream inside this process,
// so that the modules can talk over NATS without anybody setting up a broker.
//
// Invariants: connections made with Connect never leave the process,
// and one process at a time uses a folder.
//
// JetStream writes to disk every few seconds, not on every message: after a
// power failure its last messages may be missing. That is sound here because
// an event is true once its outbox row is committed, and the outbox can be
// published again.
package privatenats

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

const (
	// syncEvery bounds the loss of the streams in a power failure.
	syncEvery = 10 * time.Second
	// maxPending is how far a connection may fall behind before the server
	// drops it as a slow consumer; a burst of a demo county fits.
	maxPending = 256 << 20
	// reconnectBuffer keeps messages published while an external server is away.
	reconnectBuffer = 32 << 20
	startPatience   = 10 * time.Second
)

// Config sets the folder of the streams and the accepted connections.
type Config struct {
	// Dir is the folder of the streams; it is created.
	Dir string
	// Log receives the server's messages. Nil: slog.Default().
	Log *slog.Logger
	// ListenAddr is a host:port other processes may connect to, port 0 for a
	// free one. Empty: in-process connections only.
	ListenAddr string
}

// Server is a running embedded nats-server.
type Server struct {
	ns   *server.Server
	log  *slog.Logger
	lock *os.File
	stop sync.Once
}

// Start returns once the server takes connections and JetStream has read its
// folder.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	opts, err := options(cfg)
	if err != nil {
		return nil, err
	}
	lock, err := lockFolder(opts.StoreDir)
	if err != nil {
		return nil, err
	}
	ns, err := server.NewServer(opts)
	if err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("set up NATS: %w", err)
	}
	s := &Server{ns: ns, log: cfg.Log, lock: lock}
	log := &serverLog{log: cfg.Log}
	ns.SetLoggerV2(log, false, false, false)
	ns.Start() // returns after JetStream has recovered its streams
	if err := s.becomeReady(ctx, log); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

func options(cfg Config) (*server.Options, error) {
	dir, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("resolve the NATS folder: %w", err)
	}
	opts := &server.Options{
		ServerName:             "banmuyuan",
		DontListen:             true,
		JetStream:              true,
		StoreDir:               dir,
		SyncInterval:           syncEvery,
		MaxPending:             maxPending,
		NoSigs:                 true, // signals are the process's business
		DisableJetStreamBanner: true,
	}
	if cfg.ListenAddr == "" {
		return opts, nil
	}
	host, port, err := net.SplitHostPort(cfg.ListenAddr)
	if err != nil {
		return nil, fmt.Errorf("read the NATS address: %w", err)
	}
	if opts.Port, err = strconv.Atoi(port); err != nil {
		return nil, fmt.Errorf("read the NATS port: %w", err)
	}
	if opts.Port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	opts.Host, opts.DontListen = host, false
	return opts, nil
}

func (s *Server) becomeReady(ctx context.Context, log *serverLog) error {
	deadline := time.Now().Add(startPatience)
	for !s.ns.ReadyForConnections(100 * time.Millisecond) {
		switch fatal := log.fatal(); {
		case fatal != "":
			return fmt.Errorf("start NATS: %s", fatal)
		case ctx.Err() != nil:
			return fmt.Errorf("start NATS: %w", context.Cause(ctx))
		case time.Now().After(deadline):
			return errors.New("start NATS: it did not become ready in time")
		}
	}
	if !s.ns.JetStreamEnabled() {
		return fmt.Errorf("start NATS: JetStream is off: %s", log.fatal())
	}
	return nil
}

// Connect opens an in-process connection. Give each module one of its own, so
// that a busy module fills only its own buffers.
func (s *Server) Connect(name string, opts ...nats.Option) (*nats.Conn, error) {
	opts = append(append(Options(name, s.log), nats.InProcessServer(s.ns)), opts...)
	nc, err := nats.Connect("", opts...)
	if err != nil {
		return nil, fmt.Errorf("connect %s to NATS: %w", name, err)
	}
	return nc, nil
}

// Options are the client options for a module's connection to any server,
// embedded or not: it keeps trying while the server is away and logs what goes
// wrong out of sight of a caller.
func Options(name string, log *slog.Logger) []nats.Option {
	log = log.With("connection", name)
	return []nats.Option{
		nats.Name(name),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(250 * time.Millisecond),
		nats.RetryOnFailedConnect(true),
		nats.ReconnectBufSize(reconnectBuffer),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("NATS connection lost", "error", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { log.Info("NATS connection is back") }),
		nats.ErrorHandler(func(_ *nats.Conn, sub *nats.Subscription, err error) {
			subject := ""
			if sub != nil {
				subject = sub.Subject
			}
			log.Error("NATS connection failed a message", "subject", subject, "error", err)
		}),
	}
}

// URL is where other processes connect; empty when ListenAddr was.
func (s *Server) URL() string {
	if s.ns.Addr() == nil {
		return ""
	}
	return s.ns.ClientURL()
}

// Stop closes the server's connections, writes the streams to disk and
// returns when the folder is free. It may be called more than once.
func (s *Server) Stop() {
	s.stop.Do(func() {
		s.ns.Shutdown()
		s.ns.WaitForShutdown()
		_ = s.lock.Close()
	})
}

// lockFolder keeps a second server away from the streams; the kernel releases
// the lock even after kill -9.
func lockFolder(dir string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return nil, fmt.Errorf("create the NATS folder: %w", err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("create the NATS folder: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the NATS lock file: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("another banmuyuan is already using %s: stop it first, or choose another folder with BANMU_DATA: %w", dir, err)
	}
	return lock, nil
}

// serverLog writes the server's messages as log records. Its many start-up
// notices are of interest only when looking for a fault.
type serverLog struct {
	log *slog.Logger

	mu        sync.Mutex
	lastFatal string
}

func (l *serverLog) Noticef(format string, v ...any) { l.write(slog.LevelDebug, format, v) }
func (l *serverLog) Warnf(format string, v ...any)   { l.write(slog.LevelWarn, format, v) }
func (l *serverLog) Errorf(format string, v ...any)  { l.write(slog.LevelError, format, v) }
func (l *serverLog) Debugf(format string, v ...any)  { l.write(slog.LevelDebug, format, v) }
func (l *serverLog) Tracef(format string, v ...any)  { l.write(slog.LevelDebug, format, v) }

// Fatalf leaves ending the process to the caller of Start.
func (l *serverLog) Fatalf(format string, v ...any) {
	l.mu.Lock()
	l.lastFatal = fmt.Sprintf(format, v...)
	l.mu.Unlock()
}

func (l *serverLog) fatal() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lastFatal
}

func (l *serverLog) write(level slog.Level, format string, v []any) {
	if l.log.Enabled(context.Background(), level) {
		l.log.Log(context.Background(), level, "nats: "+strings.TrimSpace(fmt.Sprintf(format, v...)))
	}
}
