package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"banmuyuan/internal/link"
)

// brokerWith runs a NATS server with the users of 'banmuyuan nats-config', and returns the NATS_URL of each.
func brokerWith(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "banmuyuan.conf")
	var out strings.Builder
	if err := (&natsConfigCommand{setupFile: setupFile{Output: file}, Host: "HOST"}).Run(&out); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v, %v", info, err)
	}
	main := filepath.Join(dir, "nats.conf")
	text := "listen: \"127.0.0.1:-1\"\njetstream { store_dir: \"" + dir + "/js\" }\ninclude banmuyuan.conf\n"
	if err := os.WriteFile(main, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	opts, err := server.ProcessConfigFile(main)
	if err != nil {
		t.Fatalf("nats-server refuses the file: %v", err)
	}
	opts.NoSigs, opts.NoLog = true, true
	ns, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	t.Cleanup(func() { ns.Shutdown(); ns.WaitForShutdown() })
	if !ns.ReadyForConnections(patience) {
		t.Fatal("the broker is not ready")
	}
	urls := map[string]string{}
	for line := range strings.SplitSeq(out.String(), "\n") {
		if _, url, ok := strings.Cut(line, "nats://"); ok {
			user, _, _ := strings.Cut(url, ":")
			urls[user] = "nats://" + strings.Replace(url, "HOST", ns.Addr().String(), 1)
			if strings.Contains(string(mustRead(t, file)), strings.Split(strings.Split(url, ":")[1], "@")[0]) {
				t.Errorf("the password of %s is in the file", user)
			}
		}
	}
	return urls
}

func mustRead(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// connectAs connects as a user of the broker; refusals arrive in the channel.
func connectAs(t *testing.T, url, module string) (*nats.Conn, chan error) {
	t.Helper()
	refused := make(chan error, 100)
	nc, err := nats.Connect(url, nats.Timeout(patience), nats.CustomInboxPrefix(inboxOf(module)), nats.PermissionErrOnSubscribe(true),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { refused <- err }))
	if err != nil {
		t.Fatalf("%s: %v", module, err)
	}
	t.Cleanup(nc.Close)
	return nc, refused
}

func TestNATSPermissions(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	urls := brokerWith(t)
	conns, refusals := map[string]*nats.Conn{}, map[string]chan error{}
	for _, m := range moduleNames {
		conns[m], refusals[m] = connectAs(t, urls[m], m)
	}
	// Needs of a module's work are allowed: streams, events, consumers, requests and their answers.
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, m := range []string{moduleCatalog, modulePayments, moduleOrders} {
		js, err := jetstream.New(conns[m])
		if err != nil {
			t.Fatal(err)
		}
		if err := link.EnsureStream(ctx, js, m); err != nil {
			t.Fatalf("%s cannot make its stream: %v", m, err)
		}
		if _, err := js.Publish(ctx, "evt."+m+".v1.x", []byte("{}")); err != nil {
			t.Errorf("%s cannot publish its event: %v", m, err)
		}
		for _, to := range natsTalk[m].commands {
			if _, err := js.Publish(ctx, "cmd."+to+".v1.x", []byte("{}")); err != nil {
				t.Errorf("%s cannot send a command to %s: %v", m, to, err)
			}
		}
	}
	for _, m := range moduleNames {
		for _, from := range natsTalk[m].consumes {
			js, err := jetstream.New(conns[m])
			if err != nil {
				t.Fatal(err)
			}
			for _, filters := range [][]string{{"evt." + from + ".v1.>"}, {"evt." + from + ".v1.>", "cmd." + from + ".v1.>"}} {
				c, err := js.CreateOrUpdateConsumer(ctx, strings.ToUpper(from), jetstream.ConsumerConfig{Durable: m + "-test", AckPolicy: jetstream.AckExplicitPolicy, FilterSubjects: filters})
				if err != nil {
					t.Errorf("%s cannot consume from %s: %v", m, from, err)
					continue
				}
				batch, err := c.Fetch(1, jetstream.FetchMaxWait(5*time.Second))
				if err != nil {
					t.Errorf("%s cannot fetch from %s: %v", m, from, err)
					continue
				}
				for msg := range batch.Messages() {
					if err := msg.DoubleAck(ctx); err != nil {
						t.Errorf("%s cannot ack from %s: %v", m, from, err)
					}
				}
			}
		}
		s := link.NewServer(conns[m], m, link.ServerOptions{})
		link.Handle(s, "rpc."+m+".v1.test", func(context.Context, struct{}) (string, error) { return m, nil })
		t.Cleanup(s.Close)
	}
	for _, m := range moduleNames {
		for _, to := range natsTalk[m].asks {
			if got, err := link.Call[struct{}, string](ctx, conns[m], "rpc."+to+".v1.test", struct{}{}); err != nil || got != to {
				t.Errorf("%s cannot ask %s: %q, %v", m, to, got, err)
			}
		}
		select {
		case err := <-refusals[m]:
			t.Errorf("%s: %v", m, err)
		default:
		}
	}

	// Everything else is refused.
	for _, m := range moduleNames {
		nc, refused := connectAs(t, urls[m], m)
		for _, other := range moduleNames {
			if other == m {
				continue
			}
			forbidden := []string{"evt." + other + ".v1.x"}
			if !slices.Contains(natsTalk[m].asks, other) {
				forbidden = append(forbidden, "rpc."+other+".v1.test")
			}
			if !slices.Contains(natsTalk[m].commands, other) {
				forbidden = append(forbidden, "cmd."+other+".v1.x")
			}
			forbidden = append(forbidden, "$JS.API.STREAM.DELETE."+strings.ToUpper(other), "$JS.API.STREAM.PURGE."+strings.ToUpper(other))
			for _, subject := range forbidden {
				if err := nc.Publish(subject, []byte("{}")); err != nil {
					t.Fatal(err)
				}
				wantRefusal(t, refused, m+" publishes to "+subject)
			}
			for _, subject := range []string{"rpc." + other + ".>", inboxOf(other) + ".>", "cmd." + other + ".>", ">"} {
				if _, err := nc.SubscribeSync(subject); err != nil {
					t.Fatal(err)
				}
				wantRefusal(t, refused, m+" subscribes to "+subject)
			}
		}
	}
	if _, err := nats.Connect(strings.Replace(urls[moduleWeb], "nats://web:", "nats://web:x", 1), nats.Timeout(patience)); !errors.Is(err, nats.ErrAuthorization) {
		t.Errorf("a wrong password: %v", err)
	}
}

func wantRefusal(t *testing.T, refused chan error, what string) {
	t.Helper()
	select {
	case err := <-refused:
		if !errors.Is(err, nats.ErrPermissionViolation) {
			t.Errorf("%s: %v", what, err)
		}
	case <-time.After(patience):
		t.Errorf("%s, and nothing refuses it", what)
	}
}

// The roles of 'banmuyuan postgres-config' are enough to migrate and to run, and for nothing of another module.
func TestPostgresRoles(t *testing.T) {
	t.Parallel()
	takeTurns(t)
	pg, _, stop := startServersIn(t, t.TempDir())
	t.Cleanup(stop)
	admin, err := sqlx.Connect("postgres", pg.URL())
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	if _, err := admin.Exec(postgresSQL("banmuyuan", func() string { return "secret" })); err != nil {
		t.Fatalf("PostgreSQL refuses the SQL: %v", err)
	}
	as := func(user string) string {
		return strings.Replace(pg.URL(), "postgres://postgres@", "postgres://"+user+":secret@", 1)
	}
	for _, m := range moduleNames {
		if err := migrate(t.Context(), as(m), []string{m}); err != nil {
			t.Errorf("%s cannot migrate itself: %v", m, err)
		}
	}
	if err := migrate(t.Context(), as(natsAll), moduleNames); err != nil {
		t.Errorf("the role of all modules cannot migrate: %v", err)
	}
	for _, m := range moduleNames {
		db, err := link.OpenDB(t.Context(), as(m), m, 2)
		if err != nil {
			t.Fatalf("%s cannot log in: %v", m, err)
		}
		defer db.Close()
		for _, other := range moduleNames {
			if other == m {
				continue
			}
			if _, err := db.Exec(`SELECT FROM ` + other + `.outbox`); !link.IsCode(err, "42501") {
				t.Errorf("%s reads %s: %v", m, other, err)
			}
			if _, err := db.Exec(`SET ROLE ` + other); !link.IsCode(err, "42501") {
				t.Errorf("%s becomes %s: %v", m, other, err)
			}
		}
		if _, err := db.Exec(`CREATE ROLE intruder`); !link.IsCode(err, "42501") {
			t.Errorf("%s makes roles: %v", m, err)
		}
	}
	check := &databaseCheck{url: as(natsAll), names: moduleNames, keys: "", production: true, foreign: true}
	db, err := link.OpenDB(t.Context(), as(natsAll), "", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := check.checkRoles(t.Context(), db); err != nil || len(check.faults) > 0 {
		t.Errorf("production refuses these roles: %v, %v", check.faults, err)
	}
}
