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

// Failing is the subject on which a client says that the broker answers but takes no messages for its streams, as
// JetStream does after its disk was full, for good.
const Failing = "link.broker.failing"

// restartPause is how long a server that was started anew has for itself.
const restartPause = 30 * time.Second

// Server is a running embedded nats-server.
type Server struct {
	log    *slog.Logger
	lock   *os.File
	opts   *server.Options
	watch  *nats.Conn
	failed chan string // reasons to start the server anew
	closed chan struct{}
	ended  chan struct{}
	stop   sync.Once

	mu sync.RWMutex
	ns *server.Server
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
	s := &Server{log: cfg.Log, lock: lock, opts: opts, failed: make(chan string, 1), closed: make(chan struct{}), ended: make(chan struct{})}
	if err := s.run(ctx); err != nil {
		_ = lock.Close()
		return nil, err
	}
	if s.opts.Port != 0 {
		s.opts.Port = s.ns.Addr().(*net.TCPAddr).Port // a server started anew is found where the first one was
	}
	if err := s.heal(); err != nil {
		s.current().Shutdown()
		_ = lock.Close()
		return nil, err
	}
	return s, nil
}

// run starts a server and makes it the current one when it is ready.
func (s *Server) run(ctx context.Context) error {
	opts := *s.opts // the server writes to them
	ns, err := server.NewServer(&opts)
	if err != nil {
		return fmt.Errorf("set up NATS: %w", err)
	}
	log := &serverLog{log: s.log}
	ns.SetLoggerV2(log, false, false, false)
	ns.Start() // returns after JetStream has recovered its streams
	if err := becomeReady(ctx, ns, log); err != nil {
		ns.Shutdown()
		ns.WaitForShutdown()
		return err
	}
	s.mu.Lock()
	s.ns = ns
	s.mu.Unlock()
	return nil
}

func (s *Server) current() *server.Server {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.ns
}

// InProcessConn gives nats.go a connection to the server that runs at the moment.
func (s *Server) InProcessConn() (net.Conn, error) {
	conn, err := s.current().InProcessConn()
	if err != nil {
		return nil, fmt.Errorf("connect to NATS: %w", err)
	}
	return conn, nil
}

// heal starts the server anew when a client says that it fails.
func (s *Server) heal() error {
	var err error
	if s.watch, err = s.Connect("heal"); err != nil {
		return err
	}
	_, err = s.watch.Subscribe(Failing, func(m *nats.Msg) {
		select {
		case s.failed <- string(m.Data):
		default:
		}
	})
	if err == nil {
		err = s.watch.Flush()
	}
	if err != nil {
		s.watch.Close()
		return fmt.Errorf("watch NATS: %w", err)
	}
	go func() {
		defer close(s.ended)
		for {
			select {
			case <-s.closed:
				return
			case reason := <-s.failed:
				s.restart(reason)
			}
			select {
			case <-s.closed:
				return
			case <-time.After(restartPause):
			}
			select { // of the time before
			case <-s.failed:
			default:
			}
		}
	}()
	return nil
}

// restart ends the server and starts one on the same folder, however often that takes.
func (s *Server) restart(reason string) {
	s.log.Error("NATS takes no messages: starting it anew", "reason", reason)
	old := s.current()
	old.Shutdown()
	old.WaitForShutdown()
	for wait := time.Second; ; wait = min(2*wait, restartPause) {
		err := s.run(context.Background())
		if err == nil {
			s.log.Info("NATS was started anew")
			return
		}
		s.log.Error("NATS does not start", "error", err, "again_in", wait)
		select {
		case <-s.closed:
			return
		case <-time.After(wait):
		}
	}
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

func becomeReady(ctx context.Context, ns *server.Server, log *serverLog) error {
	deadline := time.Now().Add(startPatience)
	for !ns.ReadyForConnections(100 * time.Millisecond) {
		switch fatal := log.fatal(); {
		case fatal != "":
			return fmt.Errorf("start NATS: %s", fatal)
		case ctx.Err() != nil:
			return fmt.Errorf("start NATS: %w", context.Cause(ctx))
		case time.Now().After(deadline):
			return errors.New("start NATS: it did not become ready in time")
		}
	}
	if !ns.JetStreamEnabled() {
		return fmt.Errorf("start NATS: JetStream is off: %s", log.fatal())
	}
	return nil
}

// Connect opens an in-process connection. Give each module one of its own, so
// that a busy module fills only its own buffers.
func (s *Server) Connect(name string, opts ...nats.Option) (*nats.Conn, error) {
	opts = append(append(Options(name, s.log), nats.InProcessServer(s)), opts...)
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
	ns := s.current()
	if ns.Addr() == nil {
		return ""
	}
	return ns.ClientURL()
}

// Stop closes the server's connections, writes the streams to disk and
// returns when the folder is free. It may be called more than once.
func (s *Server) Stop() {
	s.stop.Do(func() {
		close(s.closed)
		<-s.ended
		s.watch.Close()
		ns := s.current()
		ns.Shutdown()
		ns.WaitForShutdown()
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
