package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
	"banmuyuan/payments/gateway/cash"
	"banmuyuan/payments/gateway/sandbox"
	"banmuyuan/payments/ledger"
	paymentspg "banmuyuan/payments/postgres"
)

const (
	moneyClients    = 32
	moneyHouseholds = 300    // of a split
	wholeCounty     = 11_187 // items of a payout batch
	moneySchema     = "bench_money"
)

// books is the payment module over a schema of its own in the product's PostgreSQL, beside bare tables of the same rows.
type books struct {
	db  *sqlx.DB
	svc *paymentspg.Service
}

// benchMoney measures postings, webhooks and a payout batch. Postings and the batch run in this process against the
// product's database, because nothing outside asks for them one by one; webhooks come to the product over HTTP.
func (b *bench) benchMoney(ctx context.Context) error {
	pg, err := b.product.openPostgres(ctx)
	if err != nil {
		return err
	}
	bk, err := openBooks(ctx, pg.URL())
	if err != nil {
		return err
	}
	defer func() { _ = bk.db.Close() }() // the schema is dropped with the folder
	for _, kind := range []struct {
		name string
		line int
	}{{"2 lines", 1}, {"300 households", moneyHouseholds}} {
		floor, err := b.measure(ctx, "money", "bare SQL, "+kind.name, b.phase(moneyClients), bk.bare(kind.line))
		if err != nil {
			return err
		}
		base := floor.PerSecond
		r, err := b.measure(ctx, "money", "postings, "+kind.name, b.phase(moneyClients), bk.post(kind.line))
		if err != nil {
			return err
		}
		if r.Failed > 0 || base == 0 {
			return fmt.Errorf("postings of %s: %d failed, floor %s/s", kind.name, r.Failed, number(base))
		}
		b.note("money", "postings of "+kind.name+" ÷ bare SQL", r.PerSecond/base, "×", "")
	}
	if err := b.benchWebhooks(ctx, bk); err != nil {
		return err
	}
	return b.benchBatch(ctx, bk)
}

func openBooks(ctx context.Context, url string) (*books, error) {
	if err := link.Migrate(ctx, url, moneySchema, paymentspg.Migrations()); err != nil {
		return nil, fmt.Errorf("make the books: %w", err)
	}
	db, err := link.OpenDB(ctx, url, moneySchema, moneyClients)
	if err != nil {
		return nil, err
	}
	svc, err := paymentspg.New(db, paymentspg.Config{Key: paymentspg.NewKey(), Env: "bench", Gateways: []gateway.Gateway{cash.New()},
		Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	// The rows of postings without their safety: no trigger, no look-up of accounts, keys only.
	_, err = db.ExecContext(ctx, `
		CREATE TABLE bare_txn (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind text NOT NULL, business_key text NOT NULL UNIQUE, input_hash bytea NOT NULL,
			occurred_at timestamptz NOT NULL, posted_at timestamptz NOT NULL DEFAULT now(), actor text NOT NULL);
		CREATE TABLE bare_entry (txn_id bigint NOT NULL, line int NOT NULL, account_id bigint NOT NULL, amount bigint NOT NULL, PRIMARY KEY (txn_id, line));
		CREATE INDEX bare_entry_account ON bare_entry (account_id, txn_id);
		CREATE TABLE bare_balance (account_id bigint PRIMARY KEY, balance bigint NOT NULL) WITH (fillfactor = 80);
		INSERT INTO bare_balance SELECT i, 0 FROM generate_series(1, 20000) i;
		CREATE TABLE bare_event (provider text NOT NULL, event_id text NOT NULL, type text NOT NULL, session_id text NOT NULL, body bytea NOT NULL,
			received_at timestamptz NOT NULL, PRIMARY KEY (provider, event_id))`)
	if err != nil {
		return nil, fmt.Errorf("make the floor's tables: %w", err)
	}
	return &books{db: db, svc: svc}, nil
}

// spread is how many orders and households the postings spread over.
const spread = 10_000

// amounts splits a sum over n parties.
func amounts(n int) (ids, fen []int64, total int64) {
	first := rand.Int64N(spread - int64(n) + 1)
	ids, fen = make([]int64, n), make([]int64, n)
	weights := make([]int64, n)
	for i := range n {
		ids[i], weights[i] = first+int64(i)+1, 1000+rand.Int64N(5000)
	}
	total = int64(n)*2_500 + 37
	copy(fen, money.Split(total, weights, ids))
	return ids, fen, total
}

// bare writes the rows of a posting by three statements in a transaction.
func (bk *books) bare(parties int) attempt {
	return func(_ int, n int64) (outcome, time.Duration, error) {
		ctx := context.Background()
		ids, fen, total := amounts(parties)
		err := link.InTx(ctx, bk.db, nil, func(tx *sqlx.Tx) error {
			var id int64
			err := tx.GetContext(ctx, &id, `INSERT INTO bare_txn (kind, business_key, input_hash, occurred_at, actor) VALUES ('bench', $1, $2, now(), 'bench') RETURNING id`,
				fmt.Sprintf("bare:%d:%d", parties, n), make([]byte, 32))
			if err != nil {
				return err
			}
			accounts, values, lines := append([]int64{0}, ids...), append([]int64{total}, negated(fen)...), make([]int64, len(ids)+1)
			for i := range lines {
				lines[i] = int64(i + 1)
			}
			_, err = tx.ExecContext(ctx, `INSERT INTO bare_entry (txn_id, line, account_id, amount) SELECT $1, l, a, m FROM unnest($2::int[], $3::bigint[], $4::bigint[]) AS e (l, a, m)`,
				id, pq.Array(lines), pq.Array(accounts), pq.Array(values))
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, `
				WITH locked AS (SELECT account_id FROM bare_balance WHERE account_id = ANY($1) ORDER BY account_id FOR NO KEY UPDATE)
				UPDATE bare_balance b SET balance = b.balance - d.m FROM unnest($1::bigint[], $2::bigint[]) AS d (a, m), locked l
				WHERE b.account_id = d.a AND l.account_id = d.a`, pq.Array(ids), pq.Array(fen))
			return err
		})
		if err != nil {
			return failed, 0, err
		}
		return done, 0, nil
	}
}

func negated(v []int64) []int64 {
	out := slices.Clone(v)
	for i := range out {
		out[i] = -out[i]
	}
	return out
}

// post posts as the module does, with all that checks it.
func (bk *books) post(parties int) attempt {
	return func(_ int, n int64) (outcome, time.Duration, error) {
		ctx := context.Background()
		ids, fen, total := amounts(parties)
		t := ledger.Txn{Kind: "bench", BusinessKey: fmt.Sprintf("post:%d:%d", parties, n), OccurredAt: time.Now(), Actor: "bench"}
		t.Lines = append(t.Lines, ledger.Debit(ledger.Bank(), total))
		for i, id := range ids {
			t.Lines = append(t.Lines, ledger.Credit(ledger.Payable(id), fen[i]))
		}
		err := link.InTx(ctx, bk.db, nil, func(tx *sqlx.Tx) error {
			_, err := ledger.Post(ctx, tx, t)
			return err
		})
		if err != nil {
			return failed, 0, err
		}
		return done, 0, nil
	}
}

// benchWebhooks sends the product signed announcements of payments that it does not know, each another one.
func (b *bench) benchWebhooks(ctx context.Context, bk *books) error {
	key, err := os.ReadFile(filepath.Join(b.product.data, "key"))
	if err != nil {
		return fmt.Errorf("read the product's key: %w", err)
	}
	secret := []byte("sandbox " + strings.TrimSpace(string(key)))
	body := func(n int64) []byte {
		return fmt.Appendf(nil, `{"id":"sbe_bench_%d","type":"session.paid","session":"sbx_of_nobody_%d","version":"2024-01-01"}`, n, n)
	}
	floor, err := b.measure(ctx, "money", "bare SQL, webhooks", b.phase(moneyClients), func(_ int, n int64) (outcome, time.Duration, error) {
		_, err := bk.db.Exec(`INSERT INTO bare_event (provider, event_id, type, session_id, body, received_at) VALUES ('sandbox', $1, 'session.paid', $2, $3, now()) ON CONFLICT DO NOTHING`,
			fmt.Sprint(n), fmt.Sprint(n), body(n))
		if err != nil {
			return failed, 0, err
		}
		return done, 0, nil
	})
	if err != nil {
		return err
	}
	base := floor.PerSecond
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: moneyClients}, Timeout: answerWithin}
	r, err := b.measure(ctx, "money", "webhooks over HTTP", b.phase(moneyClients), func(_ int, n int64) (outcome, time.Duration, error) {
		text := body(n)
		req, err := http.NewRequest(http.MethodPost, "http://"+b.product.addr+"/pay/webhooks/sandbox", strings.NewReader(string(text)))
		if err != nil {
			return failed, 0, err
		}
		req.Header.Set(sandbox.Header, sandbox.Sign(secret, text, time.Now()))
		res, err := client.Do(req)
		if err != nil {
			return failed, 0, err
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusOK {
			return failed, 0, fmt.Errorf("webhook answered %s", res.Status)
		}
		return done, 0, nil
	})
	if err != nil {
		return err
	}
	if r.Failed > 0 {
		return fmt.Errorf("%d webhooks were not taken", r.Failed)
	}
	b.note("money", "webhooks ÷ bare SQL", r.PerSecond/base, "×", "signed, over HTTP, stored before the answer")
	return nil
}

// benchBatch pays the whole county: 11,187 households from their claims to the bank's file.
func (b *bench) benchBatch(ctx context.Context, bk *books) error {
	const ref = "order:1"
	system := link.System(ctx, "bench")
	operator := link.WithActor(ctx, link.Actor{Account: 1, Login: "bench-operator", Role: "operator"})
	approver := link.WithActor(ctx, link.Actor{Account: 2, Login: "bench-approver", Role: "approver"})
	accounts := make([]payments.PayoutAccount, wholeCounty)
	d := payments.AcceptDelivery{DeliveryID: 1, Ref: ref, Coop: 7, OccurredAt: time.Now().Unix()}
	var total int64
	for i := range wholeCounty {
		id := int64(i + 1)
		accounts[i] = payments.PayoutAccount{Household: id, Holder: "演示户", Bank: "依安县农村信用社", Number: fmt.Sprintf("622848%013d", id)}
		gross := 100_000 + int64(i%977)
		total += gross
		d.Shares = append(d.Shares, payments.DeliveryShare{SourceKey: fmt.Sprintf("ticket:%d", id), Household: id, GrossFen: gross, FeeFen: gross / 20})
	}
	if err := bk.svc.LoadPayoutAccounts(system, accounts); err != nil {
		return fmt.Errorf("load accounts: %w", err)
	}
	apply := func(subject string, data any) error {
		raw, err := json.Marshal(data)
		if err != nil {
			return err
		}
		return link.InTx(system, bk.db, nil, func(tx *sqlx.Tx) error {
			return bk.svc.Apply(system, tx, link.Event{ID: subject, Subject: subject, Data: raw})
		})
	}
	err := errors.Join(apply(payments.CmdAcceptDelivery, d), apply(payments.CmdCloseRef, payments.CloseRef{Ref: ref, Seq: 1}))
	if err != nil {
		return fmt.Errorf("bill the county: %w", err)
	}
	p, err := bk.svc.CreatePayment(system, payments.CreatePayment{Key: "k", Ref: ref, Purpose: "balance", AmountFen: total, Method: payments.Cash, Party: payments.Party{Kind: "account", ID: 1}})
	if err == nil {
		_, err = bk.svc.RecordCash(operator, payments.RecordCash{PaymentID: p.ID, Receipt: "R1", AmountFen: total})
	}
	if err == nil {
		err = apply(payments.CmdReleaseRef, payments.ReleaseRef{Ref: ref})
	}
	if err != nil {
		return fmt.Errorf("pay for the county: %w", err)
	}
	began := time.Now()
	if err := bareBatch(ctx, bk.db); err != nil {
		return err
	}
	floor := time.Since(began).Seconds()
	began = time.Now()
	batch, err := bk.svc.CreateBatch(operator, payments.CreateBatch{IdempotencyKey: "k"})
	if err != nil {
		return fmt.Errorf("make the batch: %w", err)
	}
	if _, err := bk.svc.DecideBatch(approver, payments.DecideBatch{ID: batch.ID, Approve: true}); err != nil {
		return fmt.Errorf("approve the batch: %w", err)
	}
	file, err := bk.svc.ExportBatch(operator, payments.ExportBatch{ID: batch.ID, Format: "csv"})
	if err != nil {
		return fmt.Errorf("export the batch: %w", err)
	}
	took := time.Since(began).Seconds()
	if batch.Items != wholeCounty || len(file.Data) < wholeCounty*50 {
		return fmt.Errorf("batch of %d items, a file of %d bytes", batch.Items, len(file.Data))
	}
	b.note("money", "payout batch of 11,187", took, "s", fmt.Sprintf("made, approved, exported; bare SQL for the same rows %s s", number(floor)))
	found, err := bk.svc.Verify(system, payments.None{})
	if err != nil {
		return err
	}
	for _, f := range found.Items {
		// Nothing publishes the bench's events, and its postings have no order behind them.
		if f.Check != "events.unpublished" && f.Check != "payables.owed" {
			return fmt.Errorf("the bench's books: %s %s: %s", f.Check, f.Object, f.Detail)
		}
	}
	return nil
}

// bareBatch writes the rows of a batch by bare SQL: items, their payables' state, one ledger line each.
func bareBatch(ctx context.Context, db *sqlx.DB) error {
	return link.InTx(ctx, db, &sql.TxOptions{}, func(tx *sqlx.Tx) error {
		for _, q := range []string{
			`CREATE TABLE bare_item AS SELECT row_number() OVER (ORDER BY p.household) AS line, p.household, a.holder, a.bank, a.number_sealed, p.amount_fen
			 FROM payable p JOIN payout_account a ON a.household = p.household AND a.state = 'active' WHERE p.state = 'released'`,
			`CREATE TABLE bare_payable AS SELECT household, 'batched' AS state FROM payable WHERE state = 'released'`,
			`INSERT INTO bare_entry (txn_id, line, account_id, amount) SELECT -1, line, household, amount_fen FROM bare_item`,
		} {
			if _, err := tx.ExecContext(ctx, q); err != nil {
				return fmt.Errorf("write a batch by bare SQL: %w", err)
			}
		}
		return nil
	})
}
