package link_test

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
)

// signedBy connects with a signer; its clock is off by so much.
func signedBy(t testing.TB, ns *linktest.Server, off time.Duration, secrets ...[]byte) *nats.Conn {
	t.Helper()
	s, err := link.NewSigner(secrets, func() time.Time { return time.Now().Add(off) })
	if err != nil {
		t.Fatal(err)
	}
	nc := ns.Connect(t)
	link.Sign(nc, s)
	return nc
}

func newSecret() []byte {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	return b
}

func TestRequestsAreSigned(t *testing.T) {
	t.Parallel()
	ns := linktest.NATSServer(t)
	secret, older, other := newSecret(), newSecret(), newSecret()
	var mu sync.Mutex
	refused := map[string]int{}
	s := link.NewServer(signedBy(t, ns, 0, secret, older), "payments", link.ServerOptions{Log: quiet, Refused: func(why string) {
		mu.Lock()
		defer mu.Unlock()
		refused[why]++
	}})
	t.Cleanup(s.Close)
	const subject = "rpc.payments.v1.unmask"
	for _, name := range []string{subject, "rpc.payments.v1.other"} {
		link.Handle(s, name, func(ctx context.Context, _ ask) (told, error) { return told{Actor: link.ActorFrom(ctx)}, nil })
	}
	actor := link.Actor{Account: 7, Login: "wang", Role: "operator"}
	ctx := link.WithActor(context.Background(), actor)
	call := func(nc *nats.Conn) error {
		got, err := link.Call[ask, told](ctx, nc, subject, ask{N: 1})
		if err == nil && got.Actor != actor {
			t.Errorf("the actor arrived as %+v", got.Actor)
		}
		return err
	}
	unsigned := link.E(link.Forbidden, "unsigned", "")
	for _, c := range []struct {
		name    string
		nc      *nats.Conn
		refused bool
	}{
		{"the same secret", signedBy(t, ns, 0, secret), false},
		{"an older secret that the server still has", signedBy(t, ns, 0, older, secret), false},
		{"a clock that is behind a little", signedBy(t, ns, -link.ClockSkew/2, secret), false},
		{"a clock that is ahead a little", signedBy(t, ns, link.ClockSkew/2, secret), false},
		{"another secret", signedBy(t, ns, 0, other), true},
		{"no signature", ns.Connect(t), true},
		{"a request of long ago", signedBy(t, ns, -link.SignatureLife-5*time.Second, secret), true},
		{"a request of the future", signedBy(t, ns, link.ClockSkew+5*time.Second, secret), true},
	} {
		if err := call(c.nc); errors.Is(err, unsigned) != c.refused || !c.refused && err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}

	// A signature that somebody overheard fits neither another subject, actor, request id nor body.
	nc := signedBy(t, ns, 0, secret)
	heard := make(chan *nats.Msg, 1)
	sub, err := ns.Connect(t).Subscribe(subject, func(m *nats.Msg) {
		select {
		case heard <- m:
		default:
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the request is overheard", func() bool { _ = call(nc); return len(heard) == 1 })
	_ = sub.Unsubscribe()
	original := <-heard
	attacker := ns.Connect(t)
	send := func(change func(*nats.Msg)) string {
		m := nats.NewMsg(original.Subject)
		for name, v := range original.Header {
			m.Header[name] = append([]string(nil), v...)
		}
		m.Data = append([]byte(nil), original.Data...)
		change(m)
		reply, err := attacker.RequestMsg(m, patience)
		if err != nil {
			t.Fatal(err)
		}
		return reply.Header.Get("Link-Error")
	}
	if code := send(func(*nats.Msg) {}); code != "" {
		t.Fatalf("the request as it was is answered with %s: the attacks below prove nothing", code)
	}
	for name, change := range map[string]func(*nats.Msg){
		"body":    func(m *nats.Msg) { m.Data = []byte(`{"n":2}`) },
		"subject": func(m *nats.Msg) { m.Subject = "rpc.payments.v1.other" },
		"actor":   func(m *nats.Msg) { m.Header.Set("Link-Actor", `{"a":1,"l":"x","r":"approver"}`) },
		"request": func(m *nats.Msg) { m.Header.Set("Link-Request", "req-2") },
		"time":    func(m *nats.Msg) { m.Header.Set("Link-Signature", "1"+m.Header.Get("Link-Signature")) },
		"form":    func(m *nats.Msg) { m.Header.Set("Link-Signature", "1.%%") },
	} {
		if code := send(change); code != string(link.Forbidden) {
			t.Errorf("another %s was answered with %q", name, code)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if refused["unsigned"] != 1 || refused["stale"] != 2 || refused["forged"] != 7 {
		t.Errorf("counted %v", refused)
	}
}

func BenchmarkCallSigned(b *testing.B) {
	ns := linktest.NATSServer(b)
	secret := newSecret()
	s := link.NewServer(signedBy(b, ns, 0, secret), "catalog", link.ServerOptions{Log: quiet})
	defer s.Close()
	benchmarkCall(b, s, signedBy(b, ns, 0, secret))
}
