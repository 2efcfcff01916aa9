package linktest

import (
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"banmuyuan/internal/link"
)

// NATS starts a NATS server of the test's own, with JetStream, and returns a connection to it.
func NATS(t testing.TB) *nats.Conn {
	t.Helper()
	return NATSServer(t).Connect(t)
}

// Server is a NATS server that can be stopped and started again; it keeps its streams.
type Server struct {
	dir string

	mu  sync.Mutex
	run *server.Server
}

// NATSServer starts a NATS server of the test's own, with JetStream, reachable within this process only.
func NATSServer(t testing.TB) *Server {
	t.Helper()
	s := &Server{dir: t.TempDir()}
	s.Start(t)
	t.Cleanup(s.Stop)
	return s
}

// Start starts the server when it is not running.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run != nil {
		return
	}
	ns, err := server.NewServer(&server.Options{
		ServerName: "linktest", DontListen: true, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: s.dir, JetStreamMaxMemory: 64 << 20, JetStreamMaxStore: 1 << 30,
	})
	if err != nil {
		t.Fatalf("make NATS server: %v", err)
	}
	ns.Start()
	if !ns.ReadyForConnections(10 * time.Second) {
		t.Fatal("NATS server is not ready")
	}
	s.run = ns
}

// Stop stops the server and cuts its connections, which come back after Start.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil {
		return
	}
	s.run.Shutdown()
	s.run.WaitForShutdown()
	s.run = nil
}

// InProcessConn connects to whichever server runs now, so that a connection survives a restart.
func (s *Server) InProcessConn() (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.run == nil {
		return nil, errors.New("NATS server is stopped")
	}
	return s.run.InProcessConn()
}

// Connect opens one more connection, closed when the test ends.
func (s *Server) Connect(t testing.TB) *nats.Conn {
	t.Helper()
	nc, err := link.Connect("", t.Name(), nil, nats.InProcessServer(s), nats.ReconnectWait(20*time.Millisecond),
		nats.DisconnectErrHandler(nil), nats.ReconnectHandler(nil))
	if err != nil {
		t.Fatalf("connect to NATS: %v", err)
	}
	t.Cleanup(nc.Close)
	return nc
}
