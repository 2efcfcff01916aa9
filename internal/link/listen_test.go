package link_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/nats-io/nats.go"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
)

// A listener gets the events that the relay publishes, as a consumer does, and takes none from it.
func TestListenHearsWhatIsPublished(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	heard, consumed := make(chan link.Event, 1), make(chan link.Event, 1)
	stop, err := link.Listen(p.ns.Connect(t), "evt.orders.v1.order.*", func(ev link.Event) { heard <- ev })
	if err != nil {
		t.Fatal(err)
	}
	p.consume(config(), func(_ context.Context, _ *sqlx.Tx, ev link.Event) error {
		consumed <- ev
		return nil
	})
	p.relay()
	ctx := link.WithRequestID(link.WithActor(t.Context(), link.Actor{Account: 7, Login: "王秀英"}), "req-8")
	if err := link.Publish(ctx, p.orders, link.Message{Subject: confirmed, Data: order{3}}); err != nil {
		t.Fatal(err)
	}
	got, want := <-heard, <-consumed
	if got.ID == "" || got.ID != want.ID || got.Subject != confirmed || !got.OccurredAt.Equal(want.OccurredAt) ||
		string(got.Data) != `{"n":3}` || got.RequestID != "req-8" || got.Actor.Account != 7 || got.Actor != want.Actor || got.Deliveries != 1 {
		t.Errorf("heard %+v, consumed %+v", got, want)
	}

	stop()
	stop()
	p.write(4, 1)
	p.awaitQuiet()
	if len(heard) != 0 {
		t.Errorf("heard after it stopped: %+v", <-heard)
	}
}

// A message of another program under the subject is passed over, and an interruption heals.
func TestListenGoesOn(t *testing.T) {
	t.Parallel()
	ns := linktest.NATSServer(t)
	heard := make(chan string, 100)
	listening := ns.Connect(t)
	stop, err := link.Listen(listening, confirmed, func(ev link.Event) {
		if !json.Valid(ev.Data) {
			t.Errorf("was passed %q", ev.Data)
		}
		heard <- string(ev.Data)
	})
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	nc := ns.Connect(t)
	for _, m := range []*nats.Msg{
		{Subject: confirmed, Data: []byte("\x00\xff not JSON")},
		{Subject: confirmed, Data: []byte("1"), Header: nats.Header{"Link-Actor": {"nobody"}}},
		{Subject: confirmed, Data: []byte("1"), Header: nats.Header{"Link-At": {"yesterday"}}},
		{Subject: confirmed, Data: []byte(`{"n":2}`)},
	} {
		if err := nc.PublishMsg(m); err != nil {
			t.Fatal(err)
		}
	}
	if got := <-heard; got != `{"n":2}` {
		t.Errorf("heard %s", got)
	}

	ns.Stop()
	eventually(t, "the connections notice", func() bool { return !nc.IsConnected() && !listening.IsConnected() })
	ns.Start(t)
	eventually(t, "what is published afterwards is heard", func() bool {
		_ = nc.Publish(confirmed, []byte(`{"n":3}`)) // fails until the connection is back
		return len(heard) > 0
	})
	if got := <-heard; got != `{"n":3}` {
		t.Errorf("heard %s", got)
	}

	if _, err := link.Listen(nc, "evt.orders v1", func(link.Event) {}); err == nil {
		t.Error("listens to what is no subject")
	}
}
