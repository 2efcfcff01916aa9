package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// A body arrives within bodyGrace and then at bodyRate or faster, so that nobody holds a connection and a worker by sending a
// byte now and then. A photo of 12 MB has an hour, which is enough for the slowest phone.
const (
	bodyGrace = 20 * time.Second
	bodyRate  = 4 << 10 // bytes a second
)

// paceBodies ends requests whose bodies come slower than grace and rate allow.
func paceBodies(next http.Handler, grace time.Duration, rate int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body == nil || r.Body == http.NoBody {
			next.ServeHTTP(w, r)
			return
		}
		b := &pacedBody{ReadCloser: r.Body, control: http.NewResponseController(w), started: time.Now(), grace: grace, rate: rate}
		r.Body = b
		// The server reads the unread rest of a body, and must not wait for it either.
		defer func() {
			if !b.ended {
				_ = b.control.SetReadDeadline(time.Now().Add(time.Second))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

type pacedBody struct {
	io.ReadCloser
	control *http.ResponseController
	started time.Time
	grace   time.Duration
	rate    int64
	read    int64
	ended   bool
}

func (b *pacedBody) Read(p []byte) (int, error) {
	if !b.ended {
		allowed := b.grace + time.Duration(float64(b.read)/float64(b.rate)*float64(time.Second))
		_ = b.control.SetReadDeadline(b.started.Add(allowed)) // a connection without deadlines has none
	}
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if errors.Is(err, io.EOF) && !b.ended {
		// The deadline is the body's: later work of the handler, such as a page that stays open, has none.
		b.ended = true
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// boundConnections closes connections of an address, or of an IPv6 network of /64, that has most of them open. This machine
// and trusted proxies speak for others and have no bound.
func boundConnections(l net.Listener, most int64, trusted []netip.Prefix) net.Listener {
	if most <= 0 {
		return l
	}
	return &boundListener{Listener: l, most: most, trusted: trusted, open: map[netip.Prefix]int64{}}
}

type boundListener struct {
	net.Listener
	most    int64
	trusted []netip.Prefix
	all     bool // loopback is bound as well, for tests

	mu   sync.Mutex
	open map[netip.Prefix]int64
}

func (l *boundListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from, ok := l.from(conn.RemoteAddr())
		if !ok {
			return conn, nil
		}
		if l.take(from) {
			return &boundConn{Conn: conn, done: sync.OnceFunc(func() { l.release(from) })}, nil
		}
		_ = conn.Close()
	}
}

// from returns the network that a connection counts for, unless it is not bound.
func (l *boundListener) from(addr net.Addr) (netip.Prefix, bool) {
	ap, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return netip.Prefix{}, false
	}
	ip := ap.Addr().Unmap().WithZone("")
	if ip.IsLoopback() && !l.all || slices.ContainsFunc(l.trusted, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return netip.Prefix{}, false
	}
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	p, err := ip.Prefix(bits)
	return p, err == nil
}

func (l *boundListener) take(from netip.Prefix) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[from] >= l.most {
		return false
	}
	l.open[from]++
	return true
}

func (l *boundListener) release(from netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[from]--; l.open[from] <= 0 {
		delete(l.open, from)
	}
}

type boundConn struct {
	net.Conn
	done func()
}

func (c *boundConn) Close() error {
	c.done()
	return c.Conn.Close()
}
