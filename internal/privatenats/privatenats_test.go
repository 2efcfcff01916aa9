package privatenats

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

var silent = slog.New(slog.DiscardHandler)

func mustStart(t *testing.T, cfg Config) *Server {
	t.Helper()
	cfg.Log = silent
	s, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

func mustConnect(t *testing.T, s *Server, name string) *nats.Conn {
	t.Helper()
	nc, err := s.Connect(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

func TestRequestReply(t *testing.T) {
	t.Parallel()
	s := mustStart(t, Config{Dir: t.TempDir()})
	if s.URL() != "" {
		t.Errorf("URL = %q, want none without ListenAddr", s.URL())
	}
	asker, answerer := mustConnect(t, s, "orders"), mustConnect(t, s, "catalog")
	if _, err := answerer.Subscribe("rpc.echo", func(m *nats.Msg) { _ = m.Respond(m.Data) }); err != nil {
		t.Fatal(err)
	}
	if err := answerer.Flush(); err != nil {
		t.Fatal(err)
	}
	m, err := asker.RequestWithContext(t.Context(), "rpc.echo", []byte("土豆"))
	if err != nil {
		t.Fatal(err)
	}
	if string(m.Data) != "土豆" {
		t.Errorf("answer %q", m.Data)
	}
	if _, err := asker.RequestWithContext(t.Context(), "rpc.nobody", nil); !errors.Is(err, nats.ErrNoResponders) {
		t.Errorf("nobody answered with %v, want ErrNoResponders", err)
	}
}

// A burst that nobody has read yet must neither be dropped nor end the
// connection.
func TestBurst(t *testing.T) {
	t.Parallel()
	s := mustStart(t, Config{Dir: t.TempDir()})
	reader, writer := mustConnect(t, s, "reader"), mustConnect(t, s, "writer")
	const count = 100_000
	written, read := make(chan struct{}), make(chan struct{})
	next := 0
	_, err := reader.Subscribe("evt.burst", func(m *nats.Msg) {
		<-written
		if string(m.Data) != fmt.Sprint(next) {
			t.Errorf("message %d is %s", next, m.Data)
		}
		if next++; next == count {
			close(read)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := reader.Flush(); err != nil {
		t.Fatal(err)
	}
	for i := range count {
		if err := writer.Publish("evt.burst", fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Flush(); err != nil {
		t.Fatal(err)
	}
	close(written)
	select {
	case <-read:
	case <-time.After(time.Minute):
		t.Errorf("not all %d messages came", count)
	}
}

func TestStreamSurvivesRestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := mustStart(t, Config{Dir: dir})
	js, err := jetstream.New(mustConnect(t, s, "orders"))
	if err != nil {
		t.Fatal(err)
	}
	stream := jetstream.StreamConfig{Name: "ORDERS", Subjects: []string{"evt.orders.>"}}
	if _, err := js.CreateStream(t.Context(), stream); err != nil {
		t.Fatal(err)
	}
	for i := range 1000 {
		if _, err := js.PublishAsync("evt.orders.placed", fmt.Append(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	<-js.PublishAsyncComplete()
	s.Stop()

	again := mustStart(t, Config{Dir: dir})
	js, err = jetstream.New(mustConnect(t, again, "orders"))
	if err != nil {
		t.Fatal(err)
	}
	st, err := js.Stream(t.Context(), "ORDERS")
	if err != nil {
		t.Fatal(err)
	}
	if got := st.CachedInfo().State.Msgs; got != 1000 {
		t.Errorf("the stream has %d messages after a restart, want 1000", got)
	}
	last, err := st.GetLastMsgForSubject(t.Context(), "evt.orders.placed")
	if err != nil {
		t.Fatal(err)
	}
	if string(last.Data) != "999" {
		t.Errorf("last message %s", last.Data)
	}
}

func TestTwoServersOnOneFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := mustStart(t, Config{Dir: dir})
	if _, err := Start(t.Context(), Config{Dir: dir, Log: silent}); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("second Start = %v, want an error that names the folder", err)
	}
	s.Stop()
	s.Stop()
	mustStart(t, Config{Dir: dir})
}

func TestListen(t *testing.T) {
	t.Parallel()
	s := mustStart(t, Config{Dir: t.TempDir(), ListenAddr: "127.0.0.1:0"})
	nc, err := nats.Connect(s.URL(), Options("web", silent)...)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	if err := nc.Flush(); err != nil {
		t.Errorf("reach %s: %v", s.URL(), err)
	}
}

func TestPortInUse(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = Start(t.Context(), Config{Dir: t.TempDir(), ListenAddr: l.Addr().String(), Log: silent})
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("Start = %v, want the port's error", err)
	}
}

// A server that fails its clients is started anew: streams and connections live on.
func TestFailingServerIsStartedAnew(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{"", "127.0.0.1:0"} {
		s := mustStart(t, Config{Dir: t.TempDir(), ListenAddr: addr})
		url := s.URL()
		nc := mustConnect(t, s, "orders")
		js, err := jetstream.New(nc)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "ORDERS", Subjects: []string{"evt.>"}}); err != nil {
			t.Fatal(err)
		}
		if _, err := js.Publish(t.Context(), "evt.one", nil); err != nil {
			t.Fatal(err)
		}
		before := s.current()
		if err := nc.Publish(Failing, []byte("no space left on device")); err != nil {
			t.Fatal(err)
		}
		published := func() bool {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			_, err := js.Publish(ctx, "evt.two", nil, jetstream.WithMsgID("two"))
			return err == nil
		}
		for end := time.Now().Add(startPatience); s.current() == before || !published(); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatal("the server was not started anew, or its client does not find it")
			}
		}
		stream, err := js.Stream(t.Context(), "ORDERS")
		if err != nil || stream.CachedInfo().State.Msgs != 2 || s.URL() != url {
			t.Errorf("after the start at %q (%q before): %v", s.URL(), url, err)
		}
	}
}
