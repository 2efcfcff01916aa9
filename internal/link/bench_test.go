package link_test

import (
	"context"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
)

func BenchmarkEvents(b *testing.B) {
	ctx := context.Background()
	ns := linktest.NATSServer(b)
	orders, _ := linktest.DB(b, "orders", nil)
	payments, _ := linktest.DB(b, "payments", applied)
	run := func(fn func(context.Context) error) {
		ctx, cancel := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			if err := fn(ctx); err != nil {
				b.Error(err)
			}
		}()
		b.Cleanup(func() { cancel(); <-done })
	}
	relay := link.NewRelay(orders, ns.Connect(b), quiet)
	run(relay.Run)
	cfg := link.ConsumerConfig{Durable: "payments", Stream: "orders", Batch: 256, Log: quiet}
	run(link.NewBatchConsumer(payments, ns.Connect(b), cfg, func(ctx context.Context, tx *sqlx.Tx, evs []link.Event) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO applied (event_id, n) SELECT '', generate_series(1, $1)`, len(evs))
		return err
	}).Run)

	b.ResetTimer()
	for i := 0; i < b.N; i += 100 {
		msgs := make([]link.Message, min(100, b.N-i))
		for k := range msgs {
			msgs[k] = link.Message{Subject: confirmed, Data: order{i + k}}
		}
		if err := link.Publish(ctx, orders, msgs...); err != nil {
			b.Fatal(err)
		}
		relay.Notify()
	}
	for {
		var n int
		if err := payments.Get(&n, `SELECT count(*) FROM applied`); err != nil {
			b.Fatal(err)
		}
		if n >= b.N {
			break
		}
		time.Sleep(2 * time.Millisecond)
	}
}
