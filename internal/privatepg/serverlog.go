package privatepg

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
)

const tailLines = 20

// serverLog turns the server's stderr into log records. Statement errors are
// returned to the sender of the statement, so they are only debug output here.
type serverLog struct {
	log   *slog.Logger
	quiet *atomic.Bool // while stopping, ended sessions are no news

	mu   sync.Mutex
	rest []byte
	last []string
}

func (s *serverLog) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rest = append(s.rest, p...)
	for {
		line, rest, found := bytes.Cut(s.rest, []byte("\n"))
		if !found {
			return len(p), nil
		}
		s.rest = append([]byte(nil), rest...)
		s.line(string(line))
	}
}

func (s *serverLog) line(line string) {
	if s.last = append(s.last, line); len(s.last) > tailLines {
		s.last = s.last[1:]
	}
	s.log.Log(context.Background(), s.level(line), "postgresql: "+line)
}

func (s *serverLog) level(line string) slog.Level {
	severity, text, _ := strings.Cut(line, ":")
	switch {
	case severity == "PANIC":
		return slog.LevelError
	case s.quiet.Load():
		return slog.LevelDebug
	case severity == "FATAL", severity == "WARNING",
		strings.Contains(text, "terminated by signal"):
		return slog.LevelWarn
	case strings.Contains(text, "automatic recovery in progress"):
		return slog.LevelInfo
	default:
		return slog.LevelDebug
	}
}

// tail is the server's last words, for the error that reports its death.
func (s *serverLog) tail() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.last, "; ")
}
