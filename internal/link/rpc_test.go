package link_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
)

type ask struct {
	N    int    `json:"n"`
	Text string `json:"text,omitempty"`
}

type told struct {
	N       int        `json:"n"`
	Text    string     `json:"text,omitempty"`
	Actor   link.Actor `json:"actor"`
	Request string     `json:"request"`
}

// serve starts a server on a connection of its own, as another process would.
func serve(t *testing.T, ns *linktest.Server, opts link.ServerOptions) *link.Server {
	t.Helper()
	if opts.Log == nil {
		opts.Log = quiet
	}
	s := link.NewServer(ns.Connect(t), "catalog", opts)
	t.Cleanup(s.Close)
	return s
}

func TestCallCarriesRequestIDAndActor(t *testing.T) {
	t.Parallel()
	ns := linktest.NATSServer(t)
	s := serve(t, ns, link.ServerOptions{})
	link.Handle(s, "rpc.catalog.v1.who", func(ctx context.Context, q ask) (told, error) {
		return told{N: q.N + 1, Actor: link.ActorFrom(ctx), Request: link.RequestID(ctx)}, nil
	})
	nc := ns.Connect(t)

	actor := link.Actor{Account: 7, Login: "王秀英", Role: "helper", Org: 3, Household: 5, Helper: 2, OnBehalfOf: 9}
	ctx := link.WithRequestID(link.WithActor(context.Background(), actor), "req-1")
	got, err := link.Call[ask, told](ctx, nc, "rpc.catalog.v1.who", ask{N: 1})
	if want := (told{N: 2, Actor: actor, Request: "req-1"}); err != nil || got != want {
		t.Errorf("got %+v %v, want %+v", got, err, want)
	}
	got, err = link.Call[ask, told](context.Background(), nc, "rpc.catalog.v1.who", ask{N: 1})
	if want := (told{N: 2}); err != nil || got != want {
		t.Errorf("an anonymous call got %+v %v, want %+v", got, err, want)
	}
}

func TestErrorRoundTrip(t *testing.T) {
	t.Parallel()
	ns := linktest.NATSServer(t)
	var log bytes.Buffer
	s := serve(t, ns, link.ServerOptions{Log: slog.New(slog.NewTextHandler(&log, nil))})
	sent := link.E(link.Invalid, "order.quantity.below_min", "lines[0].quantity", "min", "5", "unit", "只")
	sent.RetryAfter = 3
	sent.Details = []*link.Error{link.E(link.Invalid, "order.closed", "lines[1].presale")}
	link.Handle(s, "rpc.catalog.v1.refuse", func(context.Context, ask) (told, error) {
		return told{}, fmt.Errorf("reserve: %w", sent.Because(errors.New("only for the log")))
	})
	link.Handle(s, "rpc.catalog.v1.fail", func(context.Context, ask) (told, error) {
		return told{}, errors.New(`relation "secret" does not exist`)
	})
	nc := ns.Connect(t)

	_, err := link.Call[ask, told](context.Background(), nc, "rpc.catalog.v1.refuse", ask{})
	var e *link.Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a *link.Error", err)
	}
	if e.Code != sent.Code || e.Key != sent.Key || e.Field != sent.Field || !maps.Equal(e.Args, sent.Args) || e.RetryAfter != 3 ||
		len(e.Details) != 1 || e.Details[0].Field != "lines[1].presale" || errors.Unwrap(e) != nil {
		t.Errorf("got %+v", e)
	}

	ctx := link.WithRequestID(context.Background(), "req-77")
	_, err = link.Call[ask, told](ctx, nc, "rpc.catalog.v1.fail", ask{})
	if e := link.AsError(err); e.Code != link.Internal || e.Key != "internal" || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v, want a bare internal", err)
	}
	s.Close()
	if l := log.String(); !strings.Contains(l, "secret") || !strings.Contains(l, "req-77") || strings.Contains(l, "only for the log") {
		t.Errorf("log: %s", l)
	}
}

func TestMalformedRequestNamesField(t *testing.T) {
	t.Parallel()
	ns := linktest.NATSServer(t)
	s := serve(t, ns, link.ServerOptions{})
	link.Handle(s, "rpc.catalog.v1.who", func(context.Context, ask) (told, error) { return told{}, nil })
	_, err := link.Call[map[string]any, told](context.Background(), ns.Connect(t), "rpc.catalog.v1.who", map[string]any{"n": 1.5})
	if e := link.AsError(err); e.Code != link.Invalid || e.Key != "malformed" || e.Field != "n" {
		t.Errorf("got %+v", e)
	}
}

func TestDeadlineCrosses(t *testing.T) {
	t.Parallel()
	ns := linktest.NATSServer(t)
	s := serve(t, ns, link.ServerOptions{})
	ended := make(chan error, 1)
	link.Handle(s, "rpc.catalog.v1.slow", func(ctx context.Context, _ ask) (told, error) {
		select {
		case <-ctx.Done():
		case <-time.After(patience):
		}
		ended <- ctx.Err()
		return told{}, ctx.Err()
	})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := link.Call[ask, told](ctx, ns.Connect(t), "rpc.catalog.v1.slow", ask{})
	if e := link.AsError(err); e.Code != link.Unavailable || e.Key != "timeout" {
		t.Errorf("got %v, want unavailable timeout", err)
	}
	if err := <-ended; !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the handler's context ended with %v", err)
	}
}

func TestNobodyAnswers(t *testing.T) {
	t.Parallel()
	ns := linktest.NATSServer(t)
	nc := ns.Connect(t)
	_, err := link.Call[ask, told](context.Background(), nc, "rpc.catalog.v1.who", ask{})
	if e := link.AsError(err); e.Code != link.Unavailable || e.Key != "unavailable" || !errors.Is(err, nats.ErrNoResponders) {
		t.Errorf("got %v", err)
	}
	ns.Stop()
	eventually(t, "the connection notices", func() bool { return !nc.IsConnected() })
	_, err = link.Call[ask, told](context.Background(), nc, "rpc.catalog.v1.who", ask{})
	if e := link.AsError(err); e.Code != link.Unavailable || e.Key != "unavailable" || !errors.Is(err, nats.ErrDisconnected) {
		t.Errorf("got %v", err)
	}
}

// Whatever arrives beyond the workers and the queue is told to come back at once, and the rest is served.
func TestWorkersAreBounded(t *testing.T) {
	t.Parallel()
	ns := linktest.NATSServer(t)
	const workers, pending = 2, 3
	s := serve(t, ns, link.ServerOptions{Workers: workers, MaxPending: pending})
	var running, most atomic.Int32
	release := make(chan struct{})
	link.Handle(s, "rpc.catalog.v1.slow", func(context.Context, ask) (told, error) {
		n := running.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		<-release
		running.Add(-1)
		return told{}, nil
	})
	nc := ns.Connect(t)
	call := func(results chan<- error) {
		_, err := link.Call[ask, told](context.Background(), nc, "rpc.catalog.v1.slow", ask{})
		results <- err
	}
	served := make(chan error, workers+pending)
	for range workers {
		go call(served)
	}
	eventually(t, "all workers are busy", func() bool { return running.Load() == workers })
	for range pending {
		go call(served)
	}
	// A refusal shows that the queue is full: the pending ones may arrive after this one, which is then served.
	refused := make(chan error, 100)
	eventually(t, "a call is refused", func() bool {
		go call(refused)
		select {
		case err := <-refused:
			e := link.AsError(err)
			if e == nil || e.Code != link.Unavailable || e.Key != "busy" || e.RetryAfter != 1 {
				t.Fatalf("got %v, want busy", err)
			}
			return true
		case <-time.After(100 * time.Millisecond):
			return false
		}
	})
	close(release)
	for range workers + pending {
		if err := <-served; err != nil && link.AsError(err).Key != "busy" {
			t.Errorf("a call in the queue got %v", err)
		}
	}
	if most.Load() != workers {
		t.Errorf("%d handlers ran at once, want %d", most.Load(), workers)
	}
}

// However requests come, nobody waits in the queue while a worker could be had.
func TestAsManyWorkAsMay(t *testing.T) {
	t.Parallel()
	ns := linktest.NATSServer(t)
	const workers = 16
	s := serve(t, ns, link.ServerOptions{Workers: workers})
	type round struct {
		running atomic.Int32
		all     chan struct{}
	}
	var current atomic.Pointer[round]
	link.Handle(s, "rpc.catalog.v1.together", func(ctx context.Context, _ ask) (told, error) {
		r := current.Load()
		if r.running.Add(1) == workers {
			close(r.all)
		}
		select {
		case <-r.all:
			return told{}, nil
		case <-ctx.Done():
			return told{}, ctx.Err()
		}
	})
	link.Handle(s, "rpc.catalog.v1.quick", func(context.Context, ask) (told, error) { return told{}, nil })
	nc := ns.Connect(t)
	for range 200 {
		current.Store(&round{all: make(chan struct{})})
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		var calls errgroup.Group
		for i := range workers {
			if i%4 == 0 { // so that some workers are there already, and just done
				if _, err := link.Call[ask, told](ctx, nc, "rpc.catalog.v1.quick", ask{}); err != nil {
					t.Fatal(err)
				}
			}
			calls.Go(func() error {
				_, err := link.Call[ask, told](ctx, nc, "rpc.catalog.v1.together", ask{})
				return err
			})
		}
		err := calls.Wait()
		cancel()
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestPanicIsInternal(t *testing.T) {
	t.Parallel()
	ns := linktest.NATSServer(t)
	var log bytes.Buffer
	s := serve(t, ns, link.ServerOptions{Workers: 1, Log: slog.New(slog.NewTextHandler(&log, nil))})
	link.Handle(s, "rpc.catalog.v1.panic", func(_ context.Context, q ask) (told, error) {
		if q.N == 1 {
			panic("goose escaped")
		}
		return told{N: q.N}, nil
	})
	nc := ns.Connect(t)
	ctx := link.WithRequestID(context.Background(), "req-9")
	_, err := link.Call[ask, told](ctx, nc, "rpc.catalog.v1.panic", ask{N: 1})
	if e := link.AsError(err); e.Code != link.Internal || strings.Contains(err.Error(), "goose") {
		t.Errorf("got %v", err)
	}
	if res, err := link.Call[ask, told](ctx, nc, "rpc.catalog.v1.panic", ask{N: 2}); err != nil || res.N != 2 {
		t.Errorf("the worker did not survive: %v", err)
	}
	s.Close()
	if l := log.String(); !strings.Contains(l, "goose escaped") || !strings.Contains(l, "req-9") || !strings.Contains(l, "rpc_test.go") {
		t.Errorf("log: %s", l)
	}
}

func TestLargeAnswers(t *testing.T) {
	t.Parallel()
	type share struct {
		Household int64  `json:"household"`
		Lot       int64  `json:"lot"`
		Quantity  int64  `json:"quantity"`
		Reason    string `json:"reason"`
	}
	ns := linktest.NATSServer(t)
	s := serve(t, ns, link.ServerOptions{})
	link.Handle(s, "rpc.catalog.v1.allocate", func(_ context.Context, shares []share) ([]share, error) { return shares, nil })
	link.Handle(s, "rpc.catalog.v1.noise", func(context.Context, ask) ([]byte, error) {
		b := make([]byte, 2<<20)
		rand.Read(b)
		return b, nil
	})
	nc := ns.Connect(t)

	shares := make([]share, 10_943)
	for i := range shares {
		shares[i] = share{int64(i + 1), int64(100_000 + i), int64(i % 97), "本户人均预计收入最低，优先分单；按集货最小批量取整，余数依户号排列"}
	}
	got, err := link.Call[[]share, []share](context.Background(), nc, "rpc.catalog.v1.allocate", shares)
	if err != nil || len(got) != len(shares) || got[10_942] != shares[10_942] {
		t.Errorf("got %d shares, %v", len(got), err)
	}
	_, err = link.Call[ask, []byte](context.Background(), nc, "rpc.catalog.v1.noise", ask{})
	if link.CodeOf(err) != link.TooLarge {
		t.Errorf("an answer that does not fit got %v", err)
	}
	noise := make([]byte, 2<<20)
	rand.Read(noise)
	_, err = link.Call[[]byte, []share](context.Background(), nc, "rpc.catalog.v1.allocate", noise)
	if link.CodeOf(err) != link.TooLarge {
		t.Errorf("a request that does not fit got %v", err)
	}
}

// A small message must not unfold into one that fills the memory.
func TestCompressedRequestIsBounded(t *testing.T) {
	t.Parallel()
	ns := linktest.NATSServer(t)
	s := serve(t, ns, link.ServerOptions{})
	link.Handle(s, "rpc.catalog.v1.who", func(context.Context, string) (told, error) { return told{}, nil })
	_, err := link.Call[string, told](context.Background(), ns.Connect(t), "rpc.catalog.v1.who", strings.Repeat("鹅", 30<<20))
	if c := link.CodeOf(err); c != link.TooLarge {
		t.Errorf("got %v", err)
	}
}

func TestCloseFinishesWhatItTook(t *testing.T) {
	t.Parallel()
	ns := linktest.NATSServer(t)
	s := serve(t, ns, link.ServerOptions{Workers: 1})
	started, release := make(chan struct{}, 10), make(chan struct{})
	link.Handle(s, "rpc.catalog.v1.slow", func(_ context.Context, q ask) (told, error) {
		started <- struct{}{}
		<-release
		return told{N: q.N}, nil
	})
	nc := ns.Connect(t)
	results := make(chan error, 3)
	for i := range 3 {
		go func() {
			res, err := link.Call[ask, told](context.Background(), nc, "rpc.catalog.v1.slow", ask{N: i})
			if err == nil && res.N != i {
				err = fmt.Errorf("answer %d to %d", res.N, i)
			}
			results <- err
		}()
	}
	<-started // one runs; the others wait in the queue or on their way
	eventually(t, "all three are there", func() bool { return nc.Stats().OutMsgs >= 3 })
	if err := nc.Flush(); err != nil {
		t.Fatal(err)
	}
	closed := make(chan struct{})
	go func() { s.Close(); close(closed) }()
	eventually(t, "nothing is taken any more", func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		_, err := link.Call[ask, told](ctx, nc, "rpc.catalog.v1.slow", ask{N: -1})
		return errors.Is(err, nats.ErrNoResponders)
	})
	close(release)
	for range 3 {
		if err := <-results; err != nil {
			t.Errorf("a request that was taken got %v", err)
		}
	}
	<-closed
	s.Close()
}

func TestTwoServersShareTheWork(t *testing.T) {
	t.Parallel()
	ns := linktest.NATSServer(t)
	var counts [2]atomic.Int32
	for i := range counts {
		s := serve(t, ns, link.ServerOptions{})
		link.Handle(s, "rpc.catalog.v1.count", func(context.Context, ask) (told, error) {
			counts[i].Add(1)
			return told{}, nil
		})
	}
	nc := ns.Connect(t)
	const calls = 400
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range calls / 8 {
				if _, err := link.Call[ask, told](context.Background(), nc, "rpc.catalog.v1.count", ask{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	a, b := counts[0].Load(), counts[1].Load()
	if a+b != calls || a == 0 || b == 0 {
		t.Errorf("%d + %d requests were handled, want %d by both", a, b, calls)
	}
}

func TestObserve(t *testing.T) {
	t.Parallel()
	ns := linktest.NATSServer(t)
	var mu sync.Mutex
	seen := map[string]int{}
	s := serve(t, ns, link.ServerOptions{Observe: func(subject string, code link.Code, d time.Duration) {
		mu.Lock()
		defer mu.Unlock()
		seen[subject+" "+string(code)]++
		if d < 0 {
			t.Errorf("took %v", d)
		}
	}})
	link.Handle(s, "rpc.catalog.v1.even", func(_ context.Context, q ask) (told, error) {
		if q.N%2 == 1 {
			return told{}, link.E(link.Conflict, "conflict", "")
		}
		return told{}, nil
	})
	nc := ns.Connect(t)
	for i := range 5 {
		_, _ = link.Call[ask, told](context.Background(), nc, "rpc.catalog.v1.even", ask{N: i})
	}
	s.Close()
	if want := map[string]int{"rpc.catalog.v1.even ": 3, "rpc.catalog.v1.even conflict": 2}; !maps.Equal(seen, want) {
		t.Errorf("observed %v, want %v", seen, want)
	}
}

func TestHandleRefusesEventSubjects(t *testing.T) {
	t.Parallel()
	s := serve(t, linktest.NATSServer(t), link.ServerOptions{})
	defer func() {
		if recover() == nil {
			t.Error("a request subject under evt was accepted")
		}
	}()
	link.Handle(s, "evt.catalog.v1.who", func(context.Context, ask) (told, error) { return told{}, nil })
}

func BenchmarkCall(b *testing.B) {
	ns := linktest.NATSServer(b)
	s := link.NewServer(ns.Connect(b), "catalog", link.ServerOptions{Log: quiet})
	defer s.Close()
	benchmarkCall(b, s, ns.Connect(b))
}

func benchmarkCall(b *testing.B, s *link.Server, nc *nats.Conn) {
	link.Handle(s, "rpc.catalog.v1.who", func(_ context.Context, q ask) (ask, error) { return q, nil })
	ctx := link.WithRequestID(link.WithActor(context.Background(), link.Actor{Account: 7, Login: "wang", Role: "buyer"}), "req-1")
	b.SetParallelism(16)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := link.Call[ask, ask](ctx, nc, "rpc.catalog.v1.who", ask{N: 1, Text: "鹅"}); err != nil {
				b.Error(err)
			}
		}
	})
}
