package link_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
)

// An address may name several hosts in every form; each is tried, and none for ever.
func TestDatabaseConfigTakesSeveralHosts(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]struct {
		host           string
		port           uint16
		more           int
		user, password string
	}{
		"postgres://u:p@h1/db":                                        {"h1", 5432, 0, "u", "p"},
		"postgres://u:p%40%27x@h1:1,h2:2/db?sslmode=disable":          {"h1", 1, 1, "u", "p@'x"},
		"postgresql://u@h1,h2,[::1]:7/db":                             {"h1", 5432, 2, "u", ""},
		"host=h1,h2 port=1,2 user=u password='p@,' dbname=db":         {"h1", 1, 1, "u", "p@,"},
		"postgres://u@/db?host=/run/postgresql&port=5433":             {"/run/postgresql", 5433, 0, "u", ""},
		"postgres://u:p@h1:1,h2:2/db?target_session_attrs=read-write": {"h1", 1, 1, "u", "p"},
	} {
		cfg, err := link.DatabaseConfig(address)
		if err != nil || cfg.Host != want.host || cfg.Port != want.port || len(cfg.Multi) != want.more || cfg.User != want.user || cfg.Password != want.password ||
			cfg.Database != "db" || cfg.ConnectTimeout == 0 {
			t.Errorf("%s: %s:%d and %v, user %s, password %s, database %s, %s, %v", address, cfg.Host, cfg.Port, cfg.Multi, cfg.User, cfg.Password, cfg.Database, cfg.ConnectTimeout, err)
		}
	}
	for _, address := range []string{"postgres://u@h1:1,:2/db", "postgres://u@h1,h2/db?sslmode=perhaps", "nonsense"} {
		if _, err := link.DatabaseConfig(address); err == nil {
			t.Errorf("took %s", address)
		}
	}
}

// A program does not start on a schema that a newer one made, and changes nothing in it.
func TestOlderProgramRefusesANewerSchema(t *testing.T) {
	t.Parallel()
	newer := sqlFiles(map[string]string{"00001_lot.sql": `CREATE TABLE lot (id bigint);`, "00007_more.sql": `CREATE TABLE more (id bigint);`})
	older := sqlFiles(map[string]string{"00001_lot.sql": `CREATE TABLE lot (id bigint);`, "00005_other.sql": `CREATE TABLE other (id bigint);`})
	db, schema := linktest.DB(t, "catalog", newer)
	ctx, address := context.Background(), linktest.Address(t, schema)
	if err := link.Migrate(ctx, address, schema, older); !errors.Is(err, link.ErrNewer) {
		t.Errorf("an older program: %v", err)
	}
	var made bool
	if err := db.Get(&made, `SELECT to_regclass('other') IS NOT NULL`); err != nil || made {
		t.Errorf("it changed the schema: %t, %v", made, err)
	}
	if err := link.Migrate(ctx, address, schema, newer); err != nil {
		t.Error(err)
	}
	if _, err := db.Exec(`INSERT INTO goose_link (version_id, is_applied) VALUES (99999, true)`); err != nil {
		t.Fatal(err)
	}
	if err := link.Migrate(ctx, address, schema, newer); !errors.Is(err, link.ErrNewer) {
		t.Errorf("newer tables of link: %v", err)
	}
}

// What waits in a module is counted, and an old event that is published again has not waited since it was written.
func TestPendingIsCounted(t *testing.T) {
	t.Parallel()
	db, _ := linktest.DB(t, "orders", nil)
	ctx := context.Background()
	read := link.NewPendingReader(db, linktest.NATS(t))
	p, err := read.Read(ctx)
	if err != nil || p != (link.Pending{}) {
		t.Fatalf("of an empty schema: %+v, %v", p, err)
	}
	for _, q := range []string{
		`INSERT INTO outbox (subject, data, created_at) VALUES ('evt.orders.v1.order.placed', '{}', now() - interval '1 day')`,
		`INSERT INTO dead_letter (consumer, event_id, subject, data, error, deliveries, occurred_at) VALUES ('c', 'e', 's', '', '', 1, now())`,
	} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	if p, err = read.Read(ctx); err != nil || p.DeadLetters != 1 || p.Waiting > time.Minute {
		t.Errorf("after the first look: %+v, %v", p, err)
	}
	time.Sleep(50 * time.Millisecond)
	if p, err = read.Read(ctx); err != nil || p.Waiting < 50*time.Millisecond {
		t.Errorf("it has waited since: %+v, %v", p, err)
	}
	if _, err := db.Exec(`UPDATE outbox SET published_at = now()`); err != nil {
		t.Fatal(err)
	}
	if p, err = read.Read(ctx); err != nil || p.Waiting != 0 {
		t.Errorf("once it is published: %+v, %v", p, err)
	}
}

// A consumer that does not apply its messages is seen.
func TestEventsThatAreNotAppliedAreCounted(t *testing.T) {
	t.Parallel()
	orders, _ := linktest.DB(t, "orders", nil)
	readers, _ := linktest.DB(t, "catalog", nil)
	nc := linktest.NATS(t)
	relay := link.NewRelay(orders, nc, quiet)
	background(t, relay.Run)
	blocked := make(chan struct{})
	c := link.NewConsumer(readers, nc, link.ConsumerConfig{Durable: "readers", Stream: "orders", Log: quiet},
		func(ctx context.Context, _ *sqlx.Tx, _ link.Event) error {
			select {
			case <-blocked:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	background(t, c.Run)
	err := link.InTx(context.Background(), orders, nil, func(tx *sqlx.Tx) error {
		m := link.Message{Subject: "evt.orders.v1.order.placed", Data: struct{}{}}
		return link.Publish(context.Background(), tx, m, m, m)
	})
	if err != nil {
		t.Fatal(err)
	}
	read := link.NewPendingReader(readers, nc)
	eventually(t, "three events are behind", func() bool {
		p, err := read.Read(context.Background())
		return err == nil && p.Behind == 3
	})
	close(blocked)
	eventually(t, "none is behind", func() bool {
		p, err := read.Read(context.Background())
		return err == nil && p.Behind == 0
	})
}

// A module is there while a process of it answers, and a request that is not admitted is not carried out.
func TestPingAndAdmission(t *testing.T) {
	t.Parallel()
	nc := linktest.NATS(t)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := link.Ping(ctx, nc, "orders"); err == nil {
		t.Error("nobody answers, and the module is there")
	}
	done := 0
	s := link.NewServer(nc, "orders", link.ServerOptions{Log: quiet, Admit: func(subject string) error {
		if subject == "rpc.orders.v1.place" {
			return link.Full()
		}
		return nil
	}})
	t.Cleanup(s.Close)
	link.AnswerPing(s)
	link.Handle(s, "rpc.orders.v1.place", func(context.Context, struct{}) (struct{}, error) { done++; return struct{}{}, nil })
	if err := link.Ping(ctx, nc, "orders"); err != nil {
		t.Error(err)
	}
	_, err := link.Call[struct{}, struct{}](ctx, nc, "rpc.orders.v1.place", struct{}{})
	if e := link.AsError(err); err == nil || e.Code != link.Unavailable || e.Key != "disk_full" || e.RetryAfter == 0 || done != 0 {
		t.Errorf("a full disk: %v, carried out %d times", err, done)
	}
}
