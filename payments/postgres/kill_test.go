package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/linktest"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
	"banmuyuan/payments/gateway/banktransfer"
	"banmuyuan/payments/gateway/cash"
	"banmuyuan/payments/gateway/sandbox"
	"banmuyuan/payments/postgres"
)

// victim holds the instructions of a process that is going to be killed, in the environment of a copy of this test binary.
type victim struct {
	Database, Schema, Web, NATS string
	Now                         time.Time
	Do                          string // one of deeds
	Step                        string // where kill -9 hits, and at which time it is reached
	Times                       int
	Arg                         json.RawMessage
}

const victimEnv = "PAYMENTS_TEST_VICTIM"

// deeds are the pieces of work that a victim can do.
var deeds = map[string]func(ctx context.Context, v victim, db *sqlx.DB, svc *postgres.Service) error{
	"create": func(_ context.Context, v victim, _ *sqlx.DB, svc *postgres.Service) error {
		_, err := svc.CreatePayment(system(), arg[payments.CreatePayment](v))
		return err
	},
	"expire": func(_ context.Context, v victim, _ *sqlx.DB, svc *postgres.Service) error {
		_, err := svc.ExpirePayments(system(), arg[payments.Ref](v))
		return err
	},
	"work": func(ctx context.Context, _ victim, _ *sqlx.DB, svc *postgres.Service) error {
		_, err := svc.Work(ctx)
		return err
	},
	"event": func(ctx context.Context, v victim, _ *sqlx.DB, svc *postgres.Service) error {
		session := arg[string](v)
		return svc.StoreEvent(ctx, payments.Sandbox, gateway.Event{ID: "sbe_kill", Type: "session.paid", SessionID: session, Version: "2024-01-01"}, []byte("{}"))
	},
	"statement": func(_ context.Context, v victim, _ *sqlx.DB, svc *postgres.Service) error {
		_, err := svc.ImportStatement(operator, payments.ImportStatement{Name: "s.csv", Data: []byte(arg[string](v))})
		return err
	},
	"reconcile": func(_ context.Context, _ victim, _ *sqlx.DB, svc *postgres.Service) error {
		_, err := svc.Reconcile(operator, payments.None{})
		return err
	},
	"export": func(_ context.Context, v victim, _ *sqlx.DB, svc *postgres.Service) error {
		_, err := svc.ExportBatch(operator, payments.ExportBatch{ID: arg[int64](v), Format: "csv"})
		return err
	},
	"result": func(_ context.Context, v victim, _ *sqlx.DB, svc *postgres.Service) error {
		_, err := svc.ImportResult(operator, arg[payments.ImportResult](v))
		return err
	},
	"reverse": func(_ context.Context, v victim, _ *sqlx.DB, svc *postgres.Service) error {
		_, err := svc.DecideReversal(secondPerson, payments.DecideReversal{ID: arg[int64](v), Approve: true})
		return err
	},
	"run": func(ctx context.Context, v victim, _ *sqlx.DB, svc *postgres.Service) error {
		nc, err := nats.Connect(v.NATS)
		if err != nil {
			return err
		}
		return svc.Run(ctx, nc)
	},
}

func arg[T any](v victim) (out T) {
	if err := json.Unmarshal(v.Arg, &out); err != nil {
		panic(err)
	}
	return out
}

// TestVictim is not a test of its own: it is the process that the tests below kill.
func TestVictim(t *testing.T) {
	told := os.Getenv(victimEnv)
	if told == "" {
		t.Skip("runs only to be killed")
	}
	var v victim
	if err := json.Unmarshal([]byte(told), &v); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	db, err := link.OpenDB(ctx, v.Database, v.Schema, 10)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := postgres.ParseKeys(os.Getenv("PAYMENTS_TEST_KEY"))
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return v.Now }
	log := slog.New(slog.DiscardHandler)
	bank := sandbox.New(db, sandbox.Config{PublicURL: v.Web, Secret: keys.WebhookSecret(), Now: now, Log: log})
	var mu sync.Mutex
	reached := 0
	svc, err := postgres.New(db, postgres.Config{Key: os.Getenv("PAYMENTS_TEST_KEY"), Env: "test", Now: now, Log: log,
		Gateways: []gateway.Gateway{bank, banktransfer.New(banktransfer.Account{Holder: "依安县演示合作社", Number: "2300000000000000001", Bank: "演示银行"}), cash.New()},
		Fault: func(step string) {
			mu.Lock()
			defer mu.Unlock()
			if step != v.Step {
				return
			}
			if reached++; reached == max(v.Times, 1) {
				_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Fatalf("%s came to its end without reaching %q: %v", v.Do, v.Step, deeds[v.Do](ctx, v, db, svc))
}

// killed has another process do something and be killed at a step of it.
func (b *bundle) killed(do, step string, times int, what any) {
	b.t.Helper()
	b.killedWith(do, step, times, what, "")
}

func (b *bundle) killedWith(do, step string, times int, what any, natsURL string) {
	b.t.Helper()
	raw, err := json.Marshal(what)
	if err != nil {
		b.t.Fatal(err)
	}
	told, err := json.Marshal(victim{Database: linktest.Address(b.t, b.schema), Schema: b.schema, Web: b.web.URL, NATS: natsURL, Now: b.clock.now(), Do: do, Step: step, Times: times, Arg: raw})
	if err != nil {
		b.t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestVictim$")
	cmd.Env = append(os.Environ(), victimEnv+"="+string(told), "PAYMENTS_TEST_KEY="+testKey)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		b.t.Fatalf("start the victim: %v", err)
	}
	status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		b.t.Fatalf("%s was not killed at %q: %v\n%s", do, step, err, out)
	}
}

// later lets the claims of a dead process run out, so that others take them.
func (b *bundle) later() {
	b.t.Helper()
	for range 4 {
		b.clock.forward(31 * time.Second)
		b.work()
	}
}

func (b *bundle) count(table string) int {
	b.t.Helper()
	var n int
	if err := b.db.Get(&n, `SELECT count(*) FROM `+table); err != nil {
		b.t.Fatal(err)
	}
	return n
}

// A process dies by kill -9 between each pair of steps of work that has several; another goes on, and in the end everything
// happened once. The invariants are verified at the end of each.
func TestKilledBetweenSteps(t *testing.T) {
	createDies := func(step string, times int) func(*testing.T) {
		return func(t *testing.T) {
			b := setup(t)
			r := b.request(order, "deposit", payments.Sandbox, 30000)
			b.killed("create", step, times, r)
			b.verify()
			p, err := b.svc.CreatePayment(system(), r) // the buyer has no answer and asks again
			if err != nil || p.URL == "" {
				t.Fatalf("asked again: %+v, %v", p, err)
			}
			b.pay(p)
			b.wantAccount(order, 30000, 0, 0, 30000, 0)
			if n := b.count("sandbox_session"); n != 1 {
				t.Errorf("%d sessions at the provider", n)
			}
		}
	}
	t.Run("payment written, provider not asked", createDies("payment written", 1))
	t.Run("session opened, not written down", createDies("session opened", 1))
	t.Run("session written down, not answered", createDies("committed", 2))

	refundDies := func(step string, times int) func(*testing.T) {
		return func(t *testing.T) {
			b := setup(t)
			cancel(b)
			b.killed("work", step, times, nil)
			b.verify()
			b.later()
			b.refundState(payments.RefundSucceeded)
			b.wantAccount(order, 0, 0, 0, 30000, 20000)
			if n := b.count("sandbox_refund"); n != 1 {
				t.Errorf("%d refunds at the provider", n)
			}
		}
	}
	t.Run("refund being sent, provider not asked", refundDies("refund sending", 1))
	t.Run("refund made, not written down", refundDies("refund asked", 1))
	t.Run("refund written down, not told", refundDies("committed", 2))

	t.Run("announcement stored, not looked at", func(t *testing.T) {
		b := setup(t)
		b.turn(sandbox.Switches{Drop: true})
		p := b.create(order, "deposit", payments.Sandbox, 30000)
		b.play(p, "pay")
		b.killed("event", "event stored", 1, b.session(p))
		b.work()
		b.wantAccount(order, 30000, 0, 0, 30000, 0)
	})
	t.Run("announcement applied, not marked", func(t *testing.T) {
		b := setup(t)
		p := b.create(order, "deposit", payments.Sandbox, 30000)
		b.play(p, "pay")
		b.killed("work", "event handled", 1, nil)
		b.wantAccount(order, 30000, 0, 0, 30000, 0)
		b.later()
		b.wantAccount(order, 30000, 0, 0, 30000, 0)
		if got := events[payments.PaymentEvent](b, payments.EvtPaymentSucceeded); len(got) != 1 {
			t.Errorf("told %d times", len(got))
		}
	})

	t.Run("reversal posted, not answered", func(t *testing.T) {
		b := setup(t)
		b.site(30000, "SJ1")
		if _, err := b.svc.BankCash(operator, payments.BankCash{Slip: "JK1", AmountFen: 20000, PaidOn: b.clock.now()}); err != nil {
			t.Fatal(err)
		}
		asked, err := b.svc.AskReversal(operator, payments.AskReversal{TxnID: b.posting("cash.banked").ID, Reason: "金额录错了"})
		if err != nil {
			t.Fatal(err)
		}
		b.killed("reverse", "committed", 1, asked.ID)
		b.verify()
		got, err := b.svc.DecideReversal(secondPerson, payments.DecideReversal{ID: asked.ID, Approve: true})
		if err != nil || got.State != payments.ReversalPosted || b.balanceOf("bank") != 0 || b.balanceOf("cash:site") != 30000 {
			t.Errorf("asked again: %+v, %v", got, err)
		}
	})

	expiryDies := func(step string) func(*testing.T) {
		return func(t *testing.T) {
			b := setup(t)
			p := b.create(order, "deposit", payments.Sandbox, 30000)
			b.killed("expire", step, 1, payments.Ref{Ref: order})
			b.verify()
			got, err := b.svc.ExpirePayments(system(), payments.Ref{Ref: order})
			if err != nil || got.Paid || b.payment(p.ID).State != payments.PaymentExpired {
				t.Errorf("asked again: %+v, %v, %+v", got, err, b.payment(p.ID))
			}
		}
	}
	t.Run("payments stopped, provider not asked to expire", expiryDies("expiring"))
	t.Run("session expired, order not told", expiryDies("expired at providers"))

	t.Run("half a statement booked", func(t *testing.T) {
		b := setup(t)
		var table strings.Builder
		table.WriteString("日期,流水号,收入\n")
		for i := range 1100 {
			fmt.Fprintf(&table, "%s,K%d,%d.%02d\n", b.today(), i, i+1, i%100)
		}
		b.killed("statement", "statement part booked", 2, table.String())
		b.verify()
		got := b.importStatement(table.String())
		if got.Duplicate != 1000 || got.Suspense != 100 {
			t.Errorf("the same file again: %+v", got)
		}
	})
	t.Run("provider's movements kept, comparison not stored", func(t *testing.T) {
		b := setupFees(t)
		b.deposit(order, 30000)
		b.clock.forward(2 * time.Minute)
		b.killed("reconcile", "movements kept", 1, nil)
		b.verify()
		r, kinds := b.reconcile()
		wantKinds(t, kinds)
		if c := r.Clearing[0]; c.FeesFen != 180 || c.LedgerFen != c.ProviderFen {
			t.Errorf("clearing is %+v", c)
		}
	})
	t.Run("batch exported, file not handed over", func(t *testing.T) {
		b := setup(t)
		b.loadAccounts(17, 18)
		b.owe(1, map[int64]int64{17: 50000, 18: 30000})
		batch, err := b.svc.CreateBatch(operator, payments.CreateBatch{IdempotencyKey: "k"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := b.svc.DecideBatch(approver, payments.DecideBatch{ID: batch.ID, Approve: true}); err != nil {
			t.Fatal(err)
		}
		b.killed("export", "committed", 1, batch.ID)
		b.verify()
		if _, err := b.svc.ExportBatch(operator, payments.ExportBatch{ID: batch.ID, Format: "csv"}); err != nil {
			t.Fatal(err)
		}
		file, err := b.svc.SampleResult(operator, payments.BatchSampleResult{ID: batch.ID})
		if err != nil {
			t.Fatal(err)
		}
		b.killed("result", "committed", 1, payments.ImportResult{BatchID: batch.ID, Name: file.Name, Data: file.Data})
		b.verify()
		out, err := b.svc.ImportResult(operator, payments.ImportResult{BatchID: batch.ID, Name: file.Name, Data: file.Data})
		if err != nil || !out.Already {
			t.Errorf("the result again: %+v, %v", out, err)
		}
	})

	relayDies := func(step string) func(*testing.T) {
		return func(t *testing.T) {
			b := setup(t)
			b.deposit(order, 30000) // events wait in the outbox
			ns, err := server.NewServer(&server.Options{ServerName: "kill", Host: "127.0.0.1", Port: -1, NoSigs: true, NoLog: true, JetStream: true, StoreDir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			ns.Start()
			t.Cleanup(func() { ns.Shutdown(); ns.WaitForShutdown() })
			if !ns.ReadyForConnections(10 * time.Second) {
				t.Fatal("NATS is not ready")
			}
			b.killedWith("run", step, 1, nil, ns.ClientURL())
			nc, err := nats.Connect(ns.ClientURL())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(nc.Close)
			// Another process goes on, and a module that listens hears of the payment once.
			heard := listener(t, nc)
			ctx, stop := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() { done <- b.svc.Run(ctx, nc) }()
			heard.until(t, 1)
			stop()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	t.Run("committed, not published", relayDies("outbox read"))
	t.Run("published, not marked", relayDies("outbox published"))
}

// ears is a module that hears of payments.
type ears struct {
	db *sqlx.DB
}

// listener listens as the orders module does: with an inbox of its own.
func listener(t *testing.T, nc *nats.Conn) ears {
	t.Helper()
	db, _ := linktest.DB(t, "listener", nil)
	if _, err := db.Exec(`CREATE TABLE heard (payment bigint)`); err != nil {
		t.Fatal(err)
	}
	c := link.NewConsumer(db, nc, link.ConsumerConfig{Durable: "listener", Stream: "payments", Filters: []string{payments.EvtPaymentSucceeded},
		Log: slog.New(slog.DiscardHandler)}, func(ctx context.Context, tx *sqlx.Tx, ev link.Event) error {
		var p payments.PaymentEvent
		if err := ev.Decode(&p); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO heard (payment) VALUES ($1)`, p.PaymentID)
		return err
	})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	return ears{db}
}

// until waits until n were heard, and then a moment longer for ones that should not come.
func (e ears) until(t *testing.T, n int) {
	t.Helper()
	got := 0
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err := e.db.Get(&got, `SELECT count(*) FROM heard`); err != nil {
			t.Fatal(err)
		}
		if got >= n {
			break
		}
	}
	time.Sleep(500 * time.Millisecond)
	if err := e.db.Get(&got, `SELECT count(*) FROM heard`); err != nil || got != n {
		t.Errorf("heard %d, want %d (%v)", got, n, err)
	}
}
