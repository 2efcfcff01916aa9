package main

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/lib/pq"
)

// The floors: the same rows as a placed order writes, by bare SQL with nothing around it. An order is one statement and
// thereby one transaction and one round trip, which is the best that bare SQL can do without sharing commits.
const (
	floorSpread  = "bare SQL, an order a transaction, spread"
	floorHot     = "bare SQL, an order a transaction, one hot row"
	floorBatched = "bare SQL, 128 orders a transaction"

	floorBatch = 128
)

// The tables are the product's own with all their indexes and checks, in a schema of the bench's.
const floorTables = `
DROP SCHEMA IF EXISTS bench_floor CASCADE;
CREATE SCHEMA bench_floor;
CREATE TABLE bench_floor.orders (LIKE orders.orders INCLUDING ALL);
CREATE TABLE bench_floor.order_line (LIKE orders.order_line INCLUDING ALL);
CREATE TABLE bench_floor.outbox (LIKE orders.outbox INCLUDING ALL);
CREATE SEQUENCE bench_floor.outbox_seq OWNED BY bench_floor.outbox.seq;
ALTER TABLE bench_floor.outbox ALTER seq SET DEFAULT nextval('bench_floor.outbox_seq');
CREATE TABLE bench_floor.hold (LIKE catalog.hold INCLUDING ALL);
CREATE TABLE bench_floor.lot (LIKE catalog.lot INCLUDING ALL) WITH (fillfactor = 70);
INSERT INTO bench_floor.lot (id, presale_id, household_id, capacity, reserved, delivered, agent_bp, agent_org)
SELECT id, presale_id, household_id, capacity + 1000000000, 0, 0, agent_bp, agent_org FROM catalog.lot;
ANALYZE bench_floor.lot;`

// One statement, so that a batch of one differs from a batch of many by its arrays only. The lots are taken first: a
// transaction that waits for a hot row has written nothing yet.
const floorSQL = `
WITH asked AS MATERIALIZED (
	SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::bigint[]) AS a (id, account, key, lot)
), taken AS (
	UPDATE bench_floor.lot l SET reserved = l.reserved + a.n
	FROM (SELECT lot, count(*) AS n FROM asked GROUP BY lot ORDER BY lot) a WHERE l.id = a.lot
	RETURNING l.id, l.presale_id, l.household_id
), held AS (
	INSERT INTO bench_floor.hold (order_id, line, key, season, presale_id, lines, state, expires_at, policy, lots, qty, level_fen)
	SELECT a.id, 1, md5(a.key)::uuid, 2026, t.presale_id, md5('1')::uuid, 'held', now() + interval '1 hour', 'fair/1',
	       ARRAY[a.lot], ARRAY[1::bigint], ARRAY[100000::bigint]
	FROM asked a JOIN taken t ON t.id = a.lot
), placed AS (
	INSERT INTO bench_floor.orders (id, channel, state, account_id, buyer, idem_key, body_hash, delivery_kind, point_id, point,
	                                recipient, phone, shortage, estimate_fen, deposit_fen, placed_at, expires_at)
	SELECT a.id, 'private', 'placed', a.account, '林晓', a.key, decode(md5(a.key), 'hex'), 'pickup', 1, '依安镇东村集货点',
	       '林晓', '13800138000', 'refill', 12000, 2400, now(), now() + interval '1 hour'
	FROM asked a JOIN taken t ON t.id = a.lot
), lines AS (
	INSERT INTO bench_floor.order_line (order_id, no, offer_id, presale_id, seller_org, grade, price_fen, price_per, unit_measure,
	                                    fee_bp, policy, ordered, allocated, estimate_fen, deposit_fen, lots, households, villages, quantities, levels)
	SELECT a.id, 1, 1, t.presale_id, 1, 'special', 1500, 500, 4000, 300, 'fair/1', 1, 1, 12000, 2400,
	       ARRAY[a.lot], ARRAY[t.household_id], ARRAY[1::bigint], ARRAY[1::bigint], ARRAY[100000::bigint]
	FROM asked a JOIN taken t ON t.id = a.lot
)
INSERT INTO bench_floor.outbox (subject, data, headers)
SELECT 'evt.orders.v1.order.placed', json_build_object('order_id', a.id, 'state', 'placed'), '{"X-Request-Id":"0123456789abcdef"}'
FROM asked a JOIN taken t ON t.id = a.lot`

// floorRun drives the statement over connections of its own.
type floorRun struct {
	db    *sql.DB
	stmts []*sql.Stmt
	conns []*sql.Conn
	lots  []int64
	next  *atomic.Int64
}

func (b *bench) openFloor(ctx context.Context, clients int, lots []int64) (*floorRun, error) {
	pg, err := b.product.openPostgres(ctx)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("postgres", pg.URL()) // the product's own server: it ends with the product
	if err != nil {
		return nil, fmt.Errorf("open floor: %w", err)
	}
	f := &floorRun{db: db, lots: lots, next: &b.floorOrders}
	db.SetMaxOpenConns(clients)
	for range clients {
		c, err := db.Conn(ctx)
		if err == nil {
			f.conns = append(f.conns, c)
			_, err = c.ExecContext(ctx, `SET plan_cache_mode = force_generic_plan`)
		}
		var s *sql.Stmt
		if err == nil {
			s, err = c.PrepareContext(ctx, floorSQL)
		}
		if err != nil {
			f.close()
			return nil, fmt.Errorf("prepare floor: %w", err)
		}
		f.stmts = append(f.stmts, s)
	}
	return f, nil
}

func (f *floorRun) close() {
	for _, c := range f.conns {
		_ = c.Close() // the server ends them anyway
	}
	_ = f.db.Close()
}

// attempt writes batch orders, each on another of the lots.
func (f *floorRun) attempt(ctx context.Context, batch int) attempt {
	return func(w int, _ int64) (outcome, time.Duration, error) {
		last := f.next.Add(int64(batch))
		ids, accounts, lots := make([]int64, batch), make([]int64, batch), make([]int64, batch)
		keys := make([]string, batch)
		for i := range batch {
			ids[i] = last - int64(i)
			accounts[i] = ids[i]%1000 + 1
			keys[i] = "floor-" + strconv.FormatInt(ids[i], 10)
			lots[i] = f.lots[(ids[i]*7919)%int64(len(f.lots))]
		}
		if _, err := f.stmts[w].ExecContext(ctx, pq.Int64Array(ids), pq.Int64Array(accounts), pq.StringArray(keys), pq.Int64Array(lots)); err != nil {
			return failed, 0, err
		}
		return done, 0, nil
	}
}

// measureFloors measures bare SQL once in a run, as far as PostgreSQL takes as many connections.
func (b *bench) measureFloors(ctx context.Context) error {
	if b.floors != nil {
		return nil
	}
	db, err := b.openDB(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, floorTables); err != nil {
		return fmt.Errorf("make the floor's tables: %w", err)
	}
	defer func() {
		_, _ = db.ExecContext(context.WithoutCancel(ctx), `DROP SCHEMA IF EXISTS bench_floor CASCADE`) // the folder goes with it
	}()
	var all []int64
	if err := db.QueryRowContext(ctx, `SELECT array_agg(id ORDER BY id) FROM bench_floor.lot`).Scan(pq.Array(&all)); err != nil {
		return fmt.Errorf("read lots: %w", err)
	}
	b.floors = floors{}
	cases := []struct {
		name  string
		lots  []int64
		batch int
	}{{floorSpread, all, 1}, {floorHot, all[:1], 1}, {floorBatched, all, floorBatch}}
	for _, c := range cases {
		for _, clients := range b.levels {
			// PostgreSQL takes 200 connections, and the product has some of them.
			if clients > mostFloorClients || c.batch > 1 && clients != batchedClients {
				continue
			}
			f, err := b.openFloor(ctx, clients, c.lots)
			if err != nil {
				return err
			}
			r, err := b.measure(ctx, "floor", strings.TrimPrefix(c.name, "bare SQL, "), b.phase(clients), f.attempt(ctx, c.batch))
			f.close()
			if err != nil {
				return err
			}
			if c.batch > 1 {
				r.PerSecond *= float64(c.batch)
				r.Done *= int64(c.batch)
				r.Note = strings.TrimSpace("latencies are of a batch. " + r.Note)
			}
			b.floors.set(c.name, clients, r.PerSecond)
		}
	}
	return nil
}

const (
	mostFloorClients = 128
	batchedClients   = 8
)
