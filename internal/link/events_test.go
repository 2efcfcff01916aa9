package link_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
)

const confirmed = "evt.orders.v1.order.confirmed"

type order struct {
	N int `json:"n"`
}

// applied has no key on purpose: an effect that happens twice is to be seen, not refused.
var applied = sqlFiles(map[string]string{"00001_applied.sql": `CREATE TABLE applied (event_id text NOT NULL, n bigint NOT NULL);`})

// pair is a module that publishes, orders, and one that consumes, payments.
type pair struct {
	t              *testing.T
	ns             *linktest.Server
	orders         *sqlx.DB
	payments       *sqlx.DB
	ordersSchema   string
	paymentsSchema string
}

func newPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{t: t, ns: linktest.NATSServer(t)}
	p.orders, p.ordersSchema = linktest.DB(t, "orders", nil)
	p.payments, p.paymentsSchema = linktest.DB(t, "payments", applied)
	return p
}

// write commits n orders numbered from first in transactions of up to 50.
func (p *pair) write(first, n int) {
	p.t.Helper()
	ctx := context.Background()
	for done := 0; done < n; {
		var msgs []link.Message
		for ; done < n && len(msgs) < 50; done++ {
			msgs = append(msgs, link.Message{Subject: confirmed, Data: order{N: first + done}})
		}
		if err := link.InTx(ctx, p.orders, nil, func(tx *sqlx.Tx) error { return link.Publish(ctx, tx, msgs...) }); err != nil {
			p.t.Fatal(err)
		}
	}
}

// relay runs a relay on a connection and a pool of its own, as another process would.
func (p *pair) relay(prepare ...func(*link.Relay)) (stop func()) {
	p.t.Helper()
	r := link.NewRelay(linktest.Open(p.t, p.ordersSchema, 2), p.ns.Connect(p.t), quiet)
	for _, fn := range prepare {
		fn(r)
	}
	return background(p.t, r.Run)
}

func config() link.ConsumerConfig {
	return link.ConsumerConfig{
		Durable: "payments", Stream: "orders", MaxDeliver: 3, AckWait: time.Second, Log: quiet,
		BackOff: []time.Duration{5 * time.Millisecond, 10 * time.Millisecond},
	}
}

func apply(ctx context.Context, tx *sqlx.Tx, ev link.Event) error {
	var o order
	if err := ev.Decode(&o); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO applied (event_id, n) VALUES ($1, $2)`, ev.ID, o.N)
	return err
}

// consume runs a consumer as another process would.
func (p *pair) consume(cfg link.ConsumerConfig, h func(context.Context, *sqlx.Tx, link.Event) error, prepare ...func(*link.Consumer)) (stop func()) {
	p.t.Helper()
	c := link.NewConsumer(linktest.Open(p.t, p.paymentsSchema, 4), p.ns.Connect(p.t), cfg, h)
	for _, fn := range prepare {
		fn(c)
	}
	return background(p.t, c.Run)
}

func (p *pair) count(db *sqlx.DB, query string, args ...any) int {
	p.t.Helper()
	var n int
	if err := db.Get(&n, query, args...); err != nil {
		p.t.Fatal(err)
	}
	return n
}

// awaitApplied waits until n different orders were applied and everything is published and acked, and fails when one
// was applied twice.
func (p *pair) awaitApplied(n int) {
	p.t.Helper()
	eventually(p.t, fmt.Sprintf("%d orders applied", n), func() bool {
		return p.count(p.payments, `SELECT count(DISTINCT n) FROM applied`) >= n
	})
	p.awaitQuiet()
	if got := p.count(p.payments, `SELECT count(*) FROM applied`); got != n {
		p.t.Errorf("%d effects of %d orders", got, n)
	}
}

// awaitQuiet waits until nothing is left to publish, to deliver or to ack.
func (p *pair) awaitQuiet() {
	p.t.Helper()
	js := p.js()
	eventually(p.t, "nothing left to do", func() bool {
		if n, _, _, err := link.Backlog(context.Background(), p.orders); err != nil || n > 0 {
			return false
		}
		c, err := js.Consumer(context.Background(), "ORDERS", "payments")
		if err != nil {
			return false
		}
		info, err := c.Info(context.Background())
		return err == nil && info.NumPending == 0 && info.NumAckPending == 0
	})
}

func (p *pair) js() jetstream.JetStream {
	p.t.Helper()
	js, err := jetstream.New(p.ns.Connect(p.t))
	if err != nil {
		p.t.Fatal(err)
	}
	return js
}

// killSessions ends every connection that acts for a schema, as a crash of PostgreSQL or of the network would.
func killSessions(t *testing.T, schema string) {
	t.Helper()
	admin, err := sqlx.Open("postgres", linktest.Postgres(t))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	_, err = admin.Exec(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'banmuyuan-' || $1`, schema)
	if err != nil {
		t.Fatal(err)
	}
}

func TestPublishBelongsToTheTransaction(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, _ := linktest.DB(t, "orders", nil)
	regret := errors.New("regret")
	err := link.InTx(ctx, db, nil, func(tx *sqlx.Tx) error {
		if err := link.Publish(ctx, tx, link.Message{Subject: confirmed, Data: order{1}}); err != nil {
			return err
		}
		return regret
	})
	if n, _, _, berr := link.Backlog(ctx, db); !errors.Is(err, regret) || berr != nil || n != 0 {
		t.Errorf("%d messages of a rolled back transaction, %v, %v", n, err, berr)
	}

	msgs := make([]link.Message, 100)
	for i := range msgs {
		msgs[i] = link.Message{Subject: confirmed, Data: order{i}}
	}
	if err := link.Publish(ctx, db, msgs...); err != nil {
		t.Fatal(err)
	}
	if err := link.Publish(ctx, db); err != nil {
		t.Errorf("no messages: %v", err)
	}
	var order []int
	if err := db.Select(&order, `SELECT (data->>'n')::int FROM outbox ORDER BY seq`); err != nil || len(order) != 100 {
		t.Fatalf("%d rows, %v", len(order), err)
	}
	for i, n := range order {
		if n != i {
			t.Fatalf("message %d came out as number %d", n, i)
		}
	}
	n, oldest, dead, err := link.Backlog(ctx, db)
	if err != nil || n != 100 || oldest <= 0 || dead != 0 {
		t.Errorf("backlog %d %v %d %v", n, oldest, dead, err)
	}
}

func TestOutboxRefusesWhatCannotBePublished(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, _ := linktest.DB(t, "orders", nil)
	for _, subject := range []string{"", "rpc.orders.v1.place", "evt.orders", "evt.orders.>", "evt.orders.*.x", "evt.orders..x", "evt.orders.a b", "EVT.orders.x", "evt.Orders.x", "evt.orders.x\n"} {
		if err := link.Publish(ctx, db, link.Message{Subject: subject, Data: 1}); err == nil {
			t.Errorf("published to %q", subject)
		}
		if _, err := db.Exec(`INSERT INTO outbox (subject, data) VALUES ($1, '1')`, subject); link.Constraint(err) != "outbox_subject_publishable" {
			t.Errorf("the table takes %q: %v", subject, err)
		}
	}
	large := strings.Repeat("x", 1<<20)
	if err := link.Publish(ctx, db, link.Message{Subject: confirmed, Data: large}); link.CodeOf(err) != link.TooLarge {
		t.Errorf("a message that does not fit: %v", err)
	}
	if _, err := db.Exec(`INSERT INTO outbox (subject, data) VALUES ($1, to_json($2::text))`, confirmed, large); link.Constraint(err) != "outbox_data_fits" {
		t.Errorf("the table takes a message that does not fit: %v", err)
	}
	if err := link.Publish(ctx, db, link.Message{Subject: confirmed, Data: func() {}}); err == nil {
		t.Error("published what is not JSON")
	}
}

// The largest row the table takes must pass the broker, or it would hold up the rest for ever.
func TestLargestMessagePasses(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	ctx := link.WithActor(context.Background(), link.Actor{Login: strings.Repeat("长", 1000)})
	if err := link.Publish(ctx, p.orders, link.Message{Subject: confirmed, Data: strings.Repeat("x", 890_000)}); err != nil {
		t.Fatal(err)
	}
	p.relay()
	eventually(t, "the relay is through", func() bool {
		n, _, _, err := link.Backlog(context.Background(), p.orders)
		return err == nil && n == 0
	})
}

func TestEventCarriesWhatItWasWrittenWith(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	events := make(chan link.Event, 2)
	ids := make(chan string, 2)
	p.consume(config(), func(ctx context.Context, tx *sqlx.Tx, ev link.Event) error {
		if link.RequestID(ctx) != ev.RequestID || link.ActorFrom(ctx) != ev.Actor {
			return fmt.Errorf("context says %q %+v", link.RequestID(ctx), link.ActorFrom(ctx))
		}
		events <- ev
		return link.Publish(ctx, tx, link.Message{Subject: "evt.payments.v1.payment.due", Data: 1})
	})
	actor := link.Actor{Account: 7, Login: "王秀英", OnBehalfOf: 9}
	ctx := link.WithRequestID(link.WithActor(context.Background(), actor), "req-5")
	if err := link.Publish(ctx, p.orders, link.Message{Subject: confirmed, Data: order{3}}); err != nil {
		t.Fatal(err)
	}
	// And one from a statement of the module's own.
	subject, data, headers, err := link.Encode(ctx, link.Message{Subject: confirmed, Data: order{4}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.orders.Exec(`WITH o AS (SELECT $1::text AS s) INSERT INTO outbox (subject, data, headers) SELECT s, $2::json, $3::json FROM o`,
		subject, string(data), string(headers)); err != nil {
		t.Fatal(err)
	}
	p.relay()
	var rows []struct {
		Seq  int64     `db:"seq"`
		Salt int32     `db:"salt"`
		At   time.Time `db:"created_at"`
	}
	if err := p.orders.Select(&rows, `SELECT seq, salt, created_at FROM outbox ORDER BY seq`); err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		ev := <-events
		ids <- ev.ID
		if ev.ID != fmt.Sprintf("%s-%d-%08x", p.ordersSchema, row.Seq, row.Salt) || ev.Subject != confirmed || !ev.OccurredAt.Equal(row.At) ||
			string(ev.Data) != fmt.Sprintf(`{"n":%d}`, 3+i) || ev.RequestID != "req-5" || ev.Actor != actor || ev.Deliveries != 1 {
			t.Errorf("got %+v", ev)
		}
	}
	eventually(t, "what follows is written under the same request and actor", func() bool {
		return p.count(p.payments, `SELECT count(*) FROM outbox WHERE headers->>'request' = 'req-5' AND headers->'actor'->>'b' = '9'`) == 2
	})
}

func TestEveryOrderIsAppliedOnce(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.consume(config(), apply) // before there is a stream
	p.relay()
	p.write(0, 1200) // more than two batches of the relay
	p.awaitApplied(1200)

	// Without faults the stream holds them in order.
	js := p.js()
	cons, err := js.OrderedConsumer(context.Background(), "ORDERS", jetstream.OrderedConsumerConfig{})
	if err != nil {
		t.Fatal(err)
	}
	batch, err := cons.Fetch(1200, jetstream.FetchMaxWait(patience))
	if err != nil {
		t.Fatal(err)
	}
	next := 0
	for m := range batch.Messages() {
		var o order
		if err := json.Unmarshal(m.Data(), &o); err != nil || o.N != next {
			t.Fatalf("number %d in the stream is order %d, %v", next, o.N, err)
		}
		next++
	}
	if next != 1200 {
		t.Errorf("the stream holds %d", next)
	}
}

func TestTwoDurablesEachGetEverything(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.relay()
	p.consume(config(), apply)
	other := config()
	other.Durable = "payments-report"
	other.Filters = []string{"evt.orders.v1.order.>"}
	p.consume(other, func(ctx context.Context, tx *sqlx.Tx, ev link.Event) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO applied (event_id, n) VALUES ($1, -1)`, ev.ID)
		return err
	})
	if err := link.Publish(context.Background(), p.orders, link.Message{Subject: "evt.orders.v1.contract.signed", Data: order{99}}); err != nil {
		t.Fatal(err)
	}
	p.write(0, 20)
	eventually(t, "both have theirs", func() bool {
		return p.count(p.payments, `SELECT count(*) FROM applied WHERE n >= 0`) == 21 && p.count(p.payments, `SELECT count(*) FROM applied WHERE n = -1`) == 20
	})
}

// A process that dies after its commit and before its ack gets the event again, and must not apply it again.
func TestRedeliveryAfterCommitIsNotAppliedAgain(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.relay()
	var acks atomic.Int32
	p.consume(config(), apply, func(c *link.Consumer) {
		c.SetBeforeAck(func() bool { return acks.Add(1) > 1 })
	})
	p.write(0, 1)
	eventually(t, "the event came again", func() bool { return acks.Load() >= 2 })
	p.awaitApplied(1)
}

// A broker that lost everything gets it again from the outbox; a consumer that had it before does not apply it again.
func TestReplayIsNotAppliedAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := newPair(t)
	p.relay()
	p.consume(config(), apply)
	p.write(0, 30)
	p.awaitApplied(30)
	js := p.js()
	if err := js.DeleteStream(ctx, "ORDERS"); err != nil { // and with it its message ids
		t.Fatal(err)
	}
	p.write(30, 1) // the relay notices, and the consumer
	p.awaitApplied(31)
	eventually(t, "the new stream holds all 31", func() bool {
		s, err := js.Stream(ctx, "ORDERS")
		return err == nil && s.CachedInfo().State.Msgs == 31
	})
	p.awaitApplied(31)
	n, err := link.Replay(ctx, p.orders, time.Now().Add(-time.Hour)) // by hand, to be sure
	if err != nil || n != 31 {
		t.Fatalf("replayed %d, %v", n, err)
	}
	p.awaitApplied(31)
}

func TestBrokerGoesAndComesBack(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.relay()
	p.consume(config(), apply)
	p.write(0, 50)
	p.awaitApplied(50)
	for round := range 2 {
		p.ns.Stop()
		p.write(50+round*120, 120)
		if n, _, _, err := link.Backlog(context.Background(), p.orders); err != nil || n != 120 {
			t.Errorf("%d wait while the broker is away, %v", n, err)
		}
		p.ns.Start(t)
		p.awaitApplied(50 + (round+1)*120)
	}
}

// A stream that takes no more refuses in the middle of a batch: the refused events must come later.
func TestFullStreamLosesNothing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := newPair(t)
	js := p.js()
	if err := link.EnsureStream(ctx, js, "orders"); err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(ctx, "ORDERS")
	if err != nil {
		t.Fatal(err)
	}
	cfg := s.CachedInfo().Config
	cfg.MaxMsgs, cfg.Discard = 7, jetstream.DiscardNew
	if _, err := js.UpdateStream(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	p.write(0, 20)
	p.relay()
	eventually(t, "the stream is full and the relay knows", func() bool {
		n, _, _, err := link.Backlog(ctx, p.orders)
		return err == nil && n == 13
	})
	cfg.MaxMsgs = -1
	if _, err := js.UpdateStream(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	p.consume(config(), apply)
	p.awaitApplied(20)
}

func TestRelayMakesALostStreamAnew(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.relay()
	published := func() bool {
		n, _, _, err := link.Backlog(context.Background(), p.orders)
		return err == nil && n == 0
	}
	p.write(0, 5)
	eventually(t, "the first are published", published)
	js := p.js()
	if err := js.DeleteStream(context.Background(), "ORDERS"); err != nil {
		t.Fatal(err)
	}
	p.write(5, 5)
	eventually(t, "the next are published", published)
	eventually(t, "the new stream has all of them", func() bool {
		s, err := js.Stream(context.Background(), "ORDERS")
		return err == nil && s.CachedInfo().State.Msgs == 10
	})
}

// The relay dies between publishing and marking, first by losing its database session, then by an error.
func TestRelayDiesBeforeTheMark(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.consume(config(), apply)
	var terms atomic.Int32
	p.relay(func(r *link.Relay) {
		r.SetBeforeMark(func() error {
			switch terms.Add(1) {
			case 1:
				killSessions(t, p.ordersSchema)
			case 2:
				return errors.New("killed")
			}
			return nil
		})
	})
	p.write(0, 40)
	p.awaitApplied(40)
	if n := terms.Load(); n < 3 {
		t.Errorf("published %d times, want to have died twice", n)
	}
	s, err := p.js().Stream(context.Background(), "ORDERS")
	if err != nil {
		t.Fatal(err)
	}
	if n := s.CachedInfo().State.Msgs; n != 40 {
		t.Errorf("the stream holds %d messages, want 40: ids must drop what is published twice", n)
	}
}

// With nothing to publish the relay's connection is there for others, and for the relay again when something comes.
func TestRelayRests(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.consume(config(), apply)
	db := linktest.Open(t, p.ordersSchema, 1)
	relay := link.NewRelay(db, p.ns.Connect(t), quiet)
	relay.SetIdle(10 * time.Millisecond)
	background(t, relay.Run)
	for round := range 3 {
		p.write(round*10, 10)
		if round == 1 {
			relay.Notify()
		}
		p.awaitApplied(round*10 + 10)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		if _, err := db.ExecContext(ctx, `SELECT`); err != nil {
			t.Fatalf("the relay keeps its connection: %v", err)
		}
		cancel()
	}
}

func TestOneRelayAtATime(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.consume(config(), apply)
	p.consume(config(), apply)
	var inside, rounds atomic.Int32
	var together atomic.Bool
	leaders := make([]atomic.Int32, 2)
	stops := make([]func(), 2)
	relays := make([]*link.Relay, 2)
	for i := range stops {
		stops[i] = p.relay(func(r *link.Relay) {
			relays[i] = r
			r.SetBeforeMark(func() error {
				if inside.Add(1) > 1 {
					together.Store(true)
				}
				leaders[i].Add(1)
				rounds.Add(1)
				time.Sleep(20 * time.Millisecond) // long enough for the other to come in if it could
				inside.Add(-1)
				return nil
			})
		})
	}
	written := 0
	more := func() {
		p.write(written, 10)
		written += 10
		relays[0].Notify()
		relays[1].Notify()
	}
	for rounds.Load() < 10 {
		more()
		time.Sleep(10 * time.Millisecond)
	}
	p.awaitApplied(written)
	// The holder goes; the other takes over.
	holder := 0
	if leaders[1].Load() > 0 {
		holder = 1
	}
	stops[holder]()
	more()
	p.awaitApplied(written)
	if together.Load() {
		t.Error("two relays published at once")
	}
	if leaders[1-holder].Load() == 0 {
		t.Error("nobody took over")
	}
}

// Everything dies again and again while orders are written; each is applied once.
func TestFaultsAllAtOnce(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	var n atomic.Int32
	flaky := func(ctx context.Context, tx *sqlx.Tx, ev link.Event) error {
		if err := apply(ctx, tx, ev); err != nil {
			return err
		}
		switch k := n.Add(1); {
		case k%17 == 0:
			return link.E(link.Unavailable, "unavailable", "")
		case k%29 == 0 && ev.Deliveries == 1:
			return errors.New("flaky")
		}
		return nil
	}
	for range 2 {
		p.relay()
		p.consume(config(), flaky, func(c *link.Consumer) {
			c.SetBeforeAck(func() bool { return n.Load()%13 != 0 })
		})
	}
	const rounds, each = 6, 60
	for i := range rounds {
		p.write(i*each, each)
		switch i % 3 {
		case 0:
			killSessions(t, p.paymentsSchema)
		case 1:
			killSessions(t, p.ordersSchema)
			p.orders.Ping() // the pool notices that its connections are gone
		case 2:
			p.ns.Stop()
			p.ns.Start(t)
		}
	}
	p.awaitApplied(rounds * each)
	if dead := p.count(p.payments, `SELECT count(*) FROM dead_letter`); dead != 0 {
		t.Errorf("%d dead letters, want none", dead)
	}
	// An event may have been applied by one process between the other's count and its attempt.
	left := p.count(p.payments, `
		SELECT count(*) FROM inbox_attempt a WHERE NOT EXISTS (SELECT FROM inbox i WHERE i.consumer = a.consumer AND i.event_id = a.event_id)`)
	if left != 0 {
		t.Errorf("%d attempts are still counted", left)
	}
}

type dead struct {
	N          int    `db:"n"`
	Subject    string `db:"subject"`
	Error      string `db:"error"`
	Deliveries int    `db:"deliveries"`
}

func (p *pair) deadLetters() []dead {
	p.t.Helper()
	var rows []dead
	err := p.payments.Select(&rows, `
		SELECT (data::json->>'n')::int AS n, subject, error, deliveries FROM dead_letter WHERE consumer = 'payments' ORDER BY 1`)
	if err != nil {
		p.t.Fatal(err)
	}
	return rows
}

func TestPoisonBecomesADeadLetter(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.relay()
	var mended atomic.Bool
	handler := func(ctx context.Context, tx *sqlx.Tx, ev link.Event) error {
		var o order
		if err := ev.Decode(&o); err != nil {
			return err
		}
		if err := apply(ctx, tx, ev); err != nil {
			return err
		}
		if mended.Load() {
			return nil
		}
		switch o.N {
		case 1:
			return fmt.Errorf("apply: %w", link.E(link.Invalid, "payment.amount.negative", "amount"))
		case 2:
			panic("goose escaped")
		case 3:
			return errors.New("always fails")
		}
		return nil
	}
	var consumer *link.Consumer
	p.consume(config(), handler, func(c *link.Consumer) { consumer = c })
	p.write(0, 6)
	eventually(t, "three dead letters", func() bool { return len(p.deadLetters()) == 3 })
	p.awaitQuiet()
	got := p.deadLetters()
	for i, want := range []dead{
		{1, confirmed, "payment.amount.negative", 1},
		{2, confirmed, "goose escaped", 1},
		{3, confirmed, "always fails", 3},
	} {
		if g := got[i]; g.N != want.N || g.Subject != want.Subject || !strings.Contains(g.Error, want.Error) || g.Deliveries != want.Deliveries {
			t.Errorf("dead letter %+v, want %+v", g, want)
		}
	}
	if n := p.count(p.payments, `SELECT count(*) FROM applied`); n != 3 {
		t.Errorf("%d effects, want those of the three good ones", n)
	}
	if _, _, n, err := link.Backlog(context.Background(), p.payments); err != nil || n != 3 {
		t.Errorf("backlog counts %d dead, %v", n, err)
	}
	if n := p.count(p.payments, `SELECT count(*) FROM inbox_attempt`); n != 0 {
		t.Errorf("%d attempts are still counted", n)
	}

	if done, left, err := consumer.RetryDead(context.Background()); done != 0 || left != 3 || err != nil {
		t.Errorf("before it is mended: %d done, %d left, %v", done, left, err)
	}
	mended.Store(true)
	if done, left, err := consumer.RetryDead(context.Background()); done != 3 || left != 0 || err != nil {
		t.Errorf("after it is mended: %d done, %d left, %v", done, left, err)
	}
	if len(p.deadLetters()) != 0 {
		t.Error("dead letters stay after they went through")
	}
	p.awaitApplied(6)
}

// A message of another program on the stream must not stop it.
func TestForeignMessages(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := newPair(t)
	p.relay()
	p.consume(config(), func(ctx context.Context, tx *sqlx.Tx, ev link.Event) error {
		if !json.Valid(ev.Data) {
			t.Errorf("the handler was given %q", ev.Data)
		}
		return apply(ctx, tx, ev)
	})
	p.write(0, 1)
	p.awaitApplied(1)
	js := p.js()
	for _, m := range []*nats.Msg{
		{Subject: confirmed, Data: []byte("\x00\xff not JSON")}, // the handler must not even see it
		{Subject: confirmed, Data: []byte(`{"n":1}`), Header: nats.Header{"Link-Actor": {"nobody"}}},
		{Subject: confirmed, Data: []byte(`{"n":1}`), Header: nats.Header{"Link-At": {"yesterday"}}},
		{Subject: confirmed, Data: []byte(`{"n":"one"}`)},
	} {
		if _, err := js.PublishMsg(ctx, m); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := js.PublishMsg(ctx, &nats.Msg{Subject: confirmed, Data: []byte(`{"n":1}`)}); err != nil { // this one is fine
		t.Fatal(err)
	}
	eventually(t, "four dead letters", func() bool { return p.count(p.payments, `SELECT count(*) FROM dead_letter`) == 4 })
	p.awaitApplied(2)
}

func TestUnavailableIsNotHeldAgainstTheEvent(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.relay()
	var tries atomic.Int32
	p.consume(config(), func(ctx context.Context, tx *sqlx.Tx, ev link.Event) error {
		if err := apply(ctx, tx, ev); err != nil {
			return err
		}
		if tries.Add(1) <= 8 { // MaxDeliver is 3
			return link.E(link.Unavailable, "unavailable", "")
		}
		return nil
	})
	p.write(0, 1)
	p.awaitApplied(1)
	if n := p.count(p.payments, `SELECT count(*) FROM dead_letter`); n != 0 {
		t.Errorf("%d dead letters", n)
	}
}

// An event whose every attempt ends the process is given up: the attempts are counted before they are made.
func TestKillerEventIsGivenUp(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := newPair(t)
	p.write(0, 1)
	p.relay()
	js := p.js()
	if err := link.EnsureStream(ctx, js, "orders"); err != nil {
		t.Fatal(err)
	}
	cons, err := js.CreateConsumer(ctx, "ORDERS", jetstream.ConsumerConfig{Durable: "payments", AckPolicy: jetstream.AckExplicitPolicy,
		AckWait: time.Second, MaxDeliver: -1, MaxAckPending: 1000})
	if err != nil {
		t.Fatal(err)
	}
	m, err := cons.Next(jetstream.FetchMaxWait(patience)) // the first process, which dies with it
	if err != nil {
		t.Fatal(err)
	}
	// Each further process counts, and dies likewise.
	if _, err := p.payments.Exec(`INSERT INTO inbox_attempt (consumer, event_id, attempts) VALUES ('payments', $1, 3)`,
		m.Headers().Get(jetstream.MsgIDHeader)); err != nil {
		t.Fatal(err)
	}
	p.consume(config(), func(context.Context, *sqlx.Tx, link.Event) error {
		t.Error("tried once more")
		return nil
	})
	eventually(t, "a dead letter", func() bool { return len(p.deadLetters()) == 1 })
	p.awaitQuiet()
}

func TestBatchConsumer(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.write(0, 600)
	p.relay()
	eventually(t, "all published", func() bool {
		n, _, _, err := link.Backlog(context.Background(), p.orders)
		return err == nil && n == 0
	})
	var calls, largest atomic.Int32
	cfg := config()
	cfg.Batch, cfg.AckWait = 64, time.Minute
	h := func(ctx context.Context, tx *sqlx.Tx, evs []link.Event) error {
		calls.Add(1)
		if n := int32(len(evs)); n > largest.Load() {
			largest.Store(n)
		}
		for _, ev := range evs {
			if err := apply(ctx, tx, ev); err != nil {
				return err
			}
			if ev.Deliveries > 1 {
				t.Errorf("%s came %d times, want the events beside a bad one applied at once", ev.Data, ev.Deliveries)
			}
			if string(ev.Data) == `{"n":100}` {
				return link.E(link.Conflict, "conflict", "")
			}
		}
		return nil
	}
	for range 2 {
		c := link.NewBatchConsumer(linktest.Open(t, p.paymentsSchema, 4), p.ns.Connect(t), cfg, h)
		background(t, c.Run)
	}
	p.awaitApplied(599)
	if d := p.deadLetters(); len(d) != 1 || d[0].N != 100 {
		t.Errorf("dead letters %+v, want number 100", d)
	}
	if largest.Load() < 2 || largest.Load() > 64 {
		t.Errorf("the largest batch had %d events", largest.Load())
	}
}

// The same events in the hands of two processes at once, as after an AckWait that was too short: one of them applies.
func TestTwoHandlersOfOneEvent(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.relay()
	cfg := config() // AckWait is a second
	entered := make(chan struct{}, 10)
	release := make(chan struct{})
	for range 2 {
		p.consume(cfg, func(ctx context.Context, tx *sqlx.Tx, ev link.Event) error {
			if err := apply(ctx, tx, ev); err != nil {
				return err
			}
			entered <- struct{}{}
			<-release // deaf to its context: longer than the broker waits
			return nil
		})
	}
	p.write(0, 1)
	<-entered
	js := p.js()
	eventually(t, "the broker hands it to the other", func() bool {
		c, err := js.Consumer(context.Background(), "ORDERS", "payments")
		if err != nil {
			return false
		}
		info, err := c.Info(context.Background())
		return err == nil && info.NumRedelivered > 0
	})
	close(release)
	p.awaitApplied(1)
}

func TestStreamLeavesRequestsAlone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	ns := linktest.NATSServer(t)
	js, err := jetstream.New(ns.Connect(t))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := link.EnsureStream(ctx, js, "catalog"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	// A request that nobody serves is not answered by the stream.
	_, err = link.Call[ask, told](ctx, ns.Connect(t), "rpc.catalog.v1.who", ask{})
	if !errors.Is(err, nats.ErrNoResponders) {
		t.Errorf("got %v", err)
	}
	for _, subject := range []string{"evt.catalog.v1.lot.reserved", "cmd.catalog.v1.release"} {
		if _, err := js.Publish(ctx, subject, []byte("1")); err != nil {
			t.Errorf("%s: %v", subject, err)
		}
	}
	// Settings of an operator stay, missing ones are added.
	s, err := js.Stream(ctx, "CATALOG")
	if err != nil {
		t.Fatal(err)
	}
	cfg := s.CachedInfo().Config
	cfg.MaxAge, cfg.Subjects = 7*24*time.Hour, cfg.Subjects[:1]
	if _, err := js.UpdateStream(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	if err := link.EnsureStream(ctx, js, "catalog"); err != nil {
		t.Fatal(err)
	}
	if s, err = js.Stream(ctx, "CATALOG"); err != nil || s.CachedInfo().Config.MaxAge != 7*24*time.Hour || len(s.CachedInfo().Config.Subjects) != 2 {
		t.Errorf("%+v %v", s.CachedInfo().Config, err)
	}
}

func TestPruneKeepsWhatIsNeeded(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, _ := linktest.DB(t, "orders", nil)
	nc := linktest.NATS(t)
	_, err := db.Exec(`
		INSERT INTO outbox (subject, data, created_at, published_at)
		SELECT 'evt.orders.v1.x', '1', now() - interval '40 days', now() - interval '39 days' FROM generate_series(1, 12000);
		INSERT INTO outbox (subject, data, created_at, published_at) VALUES
			('evt.orders.v1.unpublished', '1', now() - interval '40 days', NULL),
			('evt.orders.v1.recent', '1', now() - interval '2 days', now());
		INSERT INTO inbox (consumer, event_id, received_at) VALUES
			('a', 'old', now() - interval '100 days'), ('a', 'young', now() - interval '80 days')`)
	if err != nil {
		t.Fatal(err)
	}
	n, err := link.NewRelay(db, nc, quiet).PruneBefore(ctx, time.Now().Add(-30*24*time.Hour))
	if err != nil || n != 12000 {
		t.Errorf("pruned %d, %v, want 12000", n, err)
	}
	var left []string
	if err := db.Select(&left, `SELECT subject FROM outbox UNION ALL SELECT event_id FROM inbox ORDER BY 1`); err != nil ||
		strings.Join(left, " ") != "evt.orders.v1.recent evt.orders.v1.unpublished young" {
		t.Errorf("left %v, %v", left, err)
	}
}

// A schema that is made anew must not number its events like the one before it: consumers would take them for old.
func TestNewSchemaDoesNotReuseEventIDs(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	address := linktest.Postgres(t)
	last := func(schema string) int64 {
		t.Helper()
		t.Cleanup(func() { linktest.Drop(t, schema) })
		if err := link.Migrate(ctx, address, schema, nil); err != nil {
			t.Fatal(err)
		}
		db := linktest.Open(t, schema, 1)
		if err := link.Publish(ctx, db, link.Message{Subject: confirmed, Data: 1}); err != nil {
			t.Fatal(err)
		}
		var seq int64
		if err := db.Get(&seq, `SELECT max(seq) FROM outbox`); err != nil {
			t.Fatal(err)
		}
		return seq
	}
	b := last("orders_before")
	if a := last("orders_after"); a <= b {
		t.Errorf("a later schema counts from %d, the one before it had reached %d", a, b)
	}
}

func TestConsumerReportsABadConfiguration(t *testing.T) {
	t.Parallel()
	db, _ := linktest.DB(t, "payments", nil)
	ns := linktest.NATSServer(t)
	c := link.NewConsumer(db, ns.Connect(t), link.ConsumerConfig{Durable: "payments", Stream: "orders",
		Filters: []string{"evt.orders.>", "evt.orders.v1.x"}, Log: quiet}, apply)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := c.Run(ctx); err == nil || ctx.Err() != nil {
		t.Errorf("overlapping filters gave %v", err)
	}
}
