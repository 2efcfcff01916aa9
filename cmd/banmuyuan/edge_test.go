package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestSlowBodiesEnd(t *testing.T) {
	t.Parallel()
	read := make(chan error, 8)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /read", func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		read <- err
		fmt.Fprint(w, "ok")
	})
	mux.HandleFunc("POST /ignore", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /long", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-r.Context().Done():
		case <-time.After(3 * time.Second): // longer than any deadline of the body
			fmt.Fprint(w, "ok")
		}
	})
	s := httptest.NewServer(paceBodies(mux, 300*time.Millisecond, 1000))
	t.Cleanup(s.Close)
	send := func(path string, pause time.Duration, parts ...string) (string, time.Duration) {
		conn, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		started := time.Now()
		end := "Connection: close\r\n"
		if path == "/ignore" { // a connection that is kept is read to the end of the body
			end = ""
		}
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n%s\r\n", path, end)
		go func() {
			for _, p := range parts {
				if _, err := io.WriteString(conn, p); err != nil {
					return
				}
				time.Sleep(pause)
			}
		}()
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		b, _ := io.ReadAll(conn)
		return string(b), time.Since(started)
	}
	if answer, _ := send("/read", 0, strings.Repeat("a", 2000)); !strings.HasSuffix(answer, "ok") || <-read != nil {
		t.Errorf("a body in one piece: %q", answer)
	}
	if answer, _ := send("/read", 150*time.Millisecond, strings.Repeat("a", 500), strings.Repeat("a", 500), strings.Repeat("a", 500), strings.Repeat("a", 500)); !strings.HasSuffix(answer, "ok") || <-read != nil {
		t.Errorf("a slow body that is fast enough: %q", answer)
	}
	if _, took := send("/read", 0, "a"); <-read == nil || took > 10*time.Second {
		t.Errorf("a body that stops coming was read, in %s", took)
	}
	if _, took := send("/ignore", 0, "a"); took > 10*time.Second {
		t.Errorf("a body that nobody reads held the connection for %s", took)
	}
	if answer, _ := send("/long", 0, strings.Repeat("a", 2000)); !strings.HasSuffix(answer, "ok") {
		t.Errorf("a request with a long answer: %q", answer)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	bound := boundConnections(l, 3, nil).(*boundListener)
	bound.all = true
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "ok") }), ReadHeaderTimeout: time.Minute}
	go func() { _ = s.Serve(bound) }()
	t.Cleanup(func() { _ = s.Close() })
	ask := func(conn net.Conn) bool {
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
		b := make([]byte, 12)
		n, _ := io.ReadFull(conn, b)
		return strings.HasPrefix(string(b[:n]), "HTTP/1.1 200")
	}
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	open := []net.Conn{dial(), dial(), dial()}
	for _, c := range open {
		if !ask(c) {
			t.Fatal("a connection within the bound got no answer")
		}
	}
	if ask(dial()) {
		t.Error("a connection above the bound was answered")
	}
	_ = open[0].Close()
	for end := time.Now().Add(10 * time.Second); !ask(dial()); {
		if time.Now().After(end) {
			t.Fatal("a closed connection still counts")
		}
	}
}

func TestWhatAConnectionCountsFor(t *testing.T) {
	t.Parallel()
	trusted, err := networks("10.0.0.0/8, 192.168.1.7")
	if err != nil {
		t.Fatal(err)
	}
	l := &boundListener{trusted: trusted}
	for addr, want := range map[string]string{
		"203.0.113.9:50000":         "203.0.113.9/32",
		"[::ffff:203.0.113.9]:5000": "203.0.113.9/32",
		"[2001:db8:1:2:3::4]:5000":  "2001:db8:1:2::/64",
		"[fe80::1%eth0]:5000":       "fe80::/64",
		"10.1.2.3:50000":            "",
		"192.168.1.7:50000":         "",
		"127.0.0.1:50000":           "",
		"[::1]:5000":                "",
	} {
		tcp := fakeAddr(addr)
		p, ok := l.from(tcp)
		if ok != (want != "") || ok && p.String() != want {
			t.Errorf("%s counts for %s, %v", addr, p, ok)
		}
	}
}

type fakeAddr string

func (fakeAddr) Network() string  { return "tcp" }
func (a fakeAddr) String() string { return string(a) }
