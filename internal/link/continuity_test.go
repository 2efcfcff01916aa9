package link_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/nats-io/nats.go/jetstream"

	"banmuyuan/internal/link"
)

// snapshot keeps the tables of a schema, and restore brings them back as a backup, or a standby that was behind, would.
var kept = []string{"outbox", "inbox", "inbox_attempt", "dead_letter", "stream_seen", "consumer_seen", "applied"}

func snapshot(t *testing.T, db *sqlx.DB) (restore func()) {
	t.Helper()
	var tables []string
	if err := db.Select(&tables, `SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND relname = ANY($1)`,
		"{"+join(kept)+"}"); err != nil {
		t.Fatal(err)
	}
	var seq int64
	if err := db.Get(&seq, `SELECT last_value FROM outbox_seq_seq`); err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if _, err := db.Exec(fmt.Sprintf(`CREATE TABLE kept_%[1]s AS TABLE %[1]s`, table)); err != nil {
			t.Fatal(err)
		}
	}
	return func() {
		t.Helper()
		for _, table := range tables {
			if _, err := db.Exec(fmt.Sprintf(`TRUNCATE %[1]s; INSERT INTO %[1]s SELECT * FROM kept_%[1]s`, table)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := db.Exec(`SELECT setval('outbox_seq_seq', $1)`, seq); err != nil {
			t.Fatal(err)
		}
	}
}

func join(list []string) (s string) {
	for i, v := range list {
		if i > 0 {
			s += ","
		}
		s += v
	}
	return s
}

// numbers returns the applied orders, each as often as it was applied.
func (p *pair) numbers() (list []int) {
	p.t.Helper()
	if err := p.payments.Select(&list, `SELECT n FROM applied ORDER BY n`); err != nil {
		p.t.Fatal(err)
	}
	return list
}

func span(from, to int) (list []int) {
	for n := from; n < to; n++ {
		list = append(list, n)
	}
	return list
}

// published waits until the outbox is empty.
func (p *pair) published() {
	p.t.Helper()
	eventually(p.t, "everything published", func() bool {
		n, _, _, err := link.Backlog(context.Background(), p.orders)
		return err == nil && n == 0
	})
}

func (p *pair) awaitNumbers(want []int) {
	p.t.Helper()
	eventually(p.t, fmt.Sprintf("%d orders applied", len(want)), func() bool { return len(p.numbers()) >= len(want) })
	p.awaitQuiet()
	if got := p.numbers(); !slices.Equal(got, want) {
		p.t.Errorf("applied %v, want %v", got, want)
	}
}

// Both modules' databases go back, the broker does not: what happened in the lost time did not happen, whether it was
// applied or still waited, and what is written now with the same numbers does.
func TestDatabasesGoBack(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	stopRelay, stopConsumer := p.relay(), p.consume(config(), apply)
	p.write(0, 40)
	p.awaitApplied(40)
	stopConsumer()
	p.write(40, 10) // in the backup and in the stream, but not applied
	p.published()
	restoreOrders, restorePayments := snapshot(t, p.orders), snapshot(t, p.payments)

	stopConsumer = p.consume(config(), apply)
	p.write(50, 20)
	p.awaitApplied(70)
	stopConsumer()
	p.write(70, 10)
	p.published()
	stopRelay()
	restoreOrders()
	restorePayments()

	p.write(1000, 25)
	p.relay()
	p.published()
	p.consume(config(), apply)
	p.awaitNumbers(slices.Concat(span(0, 50), span(1000, 1025)))
}

// Only the consumer's database goes back.
func TestConsumersDatabaseGoesBack(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.relay()
	stop := p.consume(config(), apply)
	p.write(0, 30)
	p.awaitApplied(30)
	stop()
	restore := snapshot(t, p.payments)
	stop = p.consume(config(), apply)
	p.write(30, 30)
	p.awaitApplied(60)
	stop()
	restore()
	p.consume(config(), apply)
	p.write(60, 5)
	p.awaitNumbers(span(0, 65))
}

// An acked event that the reader does not know, and its module neither, did not happen.
func TestEventOfALostTimeIsNotAppliedAgain(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	p.relay(func(r *link.Relay) { r.SetIdle(time.Hour) }) // it compares at the beginning of its term
	stop := p.consume(config(), apply)
	p.write(0, 5)
	p.awaitApplied(5)
	stop()
	restore := snapshot(t, p.payments)
	stop = p.consume(config(), apply)
	_, err := p.js().Publish(context.Background(), confirmed, []byte(`{"n":999}`), jetstream.WithMsgID(p.ordersSchema+"-77-0000beef"))
	if err != nil {
		t.Fatal(err)
	}
	p.write(5, 5)
	p.awaitApplied(11)
	stop()
	restore()
	p.consume(config(), apply)
	p.awaitNumbers(span(0, 10))
}

// The broker loses its folder while events wait for their consumer.
func TestStreamIsLost(t *testing.T) {
	t.Parallel()
	for _, running := range []bool{false, true} {
		t.Run(fmt.Sprintf("relay running %v", running), func(t *testing.T) {
			t.Parallel()
			p := newPair(t)
			stopRelay, stopConsumer := p.relay(), p.consume(config(), apply)
			p.write(0, 30)
			p.awaitApplied(30)
			stopConsumer()
			p.write(30, 30)
			p.published()
			if !running {
				stopRelay()
			}
			if err := p.js().DeleteStream(context.Background(), "ORDERS"); err != nil {
				t.Fatal(err)
			}
			p.consume(config(), apply) // makes the stream anew
			if running {
				p.write(60, 5)
				p.awaitNumbers(span(0, 65))
				return
			}
			p.relay()
			p.awaitNumbers(span(0, 60))
		})
	}
}

// The broker loses its last messages, as in a power failure, while they wait for their consumer.
func TestStreamLosesItsEnd(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	stopRelay, stopConsumer := p.relay(), p.consume(config(), apply)
	p.write(0, 30)
	p.awaitApplied(30)
	stopConsumer()
	p.write(30, 10)
	p.published()
	stopRelay()
	s, err := p.js().Stream(context.Background(), "ORDERS")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Purge(context.Background(), jetstream.WithPurgeSequence(s.CachedInfo().State.LastSeq+1)); err != nil {
		t.Fatal(err)
	}
	p.ns.Stop() // a broker that is started knows only the ids of messages that it has
	p.ns.Start(t)
	p.relay()
	p.consume(config(), apply)
	p.awaitNumbers(span(0, 40))
}

// A broker that answers, but takes no messages, is told about: an embedded one starts anew by that.
func TestBrokerThatTakesNothingIsNamed(t *testing.T) {
	t.Parallel()
	p := newPair(t)
	ctx := context.Background()
	js := p.js()
	if err := link.EnsureStream(ctx, js, "orders"); err != nil {
		t.Fatal(err)
	}
	s, err := js.Stream(ctx, "ORDERS")
	if err != nil {
		t.Fatal(err)
	}
	cfg := s.CachedInfo().Config
	cfg.MaxMsgs, cfg.Discard = 1, jetstream.DiscardNew
	if _, err := js.UpdateStream(ctx, cfg); err != nil {
		t.Fatal(err)
	}
	said, err := p.ns.Connect(t).SubscribeSync("link.broker.failing")
	if err != nil {
		t.Fatal(err)
	}
	p.write(0, 5)
	p.relay(func(r *link.Relay) { r.SetPatience(time.Millisecond) })
	m, err := said.NextMsg(patience)
	if err != nil || len(m.Data) == 0 {
		t.Errorf("nothing is said: %v", err)
	}
}
