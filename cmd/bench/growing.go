package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"
)

// growthBuyers is the number of buyers that growth is measured at.
const growthBuyers = 128

// benchGrowth measures placing orders beside more and more earlier ones.
func (b *bench) benchGrowth(ctx context.Context) error {
	n := min(growthBuyers, len(b.buyers))
	if err := b.turnTo(n); err != nil {
		return err
	}
	b.dropBuyerConns() // the product has closed the idle ones meanwhile
	// Something to copy.
	for _, body := range b.bodies(b.shop.presales) {
		if _, _, err := b.place([][]byte{body})(0, 0); err != nil {
			return fmt.Errorf("place an order: %w", err)
		}
	}
	var first, last *result
	have := 0
	for _, earlier := range b.growth {
		began := time.Now()
		err := b.between(ctx, func(ctx context.Context, db *sql.DB) error {
			if err := room(manyTimes)(ctx, db); err != nil {
				return err
			}
			return grow(ctx, db, have, earlier)
		})
		if err != nil {
			return err
		}
		have = earlier
		fmt.Fprintf(b.stdout, "  %s earlier orders made in %s s\n", number(float64(earlier)), number(time.Since(began).Seconds()))
		if err := b.turnTo(n); err != nil {
			return err
		}
		r, err := b.measure(ctx, "growth", number(float64(earlier))+" earlier orders", b.phase(n), b.place(b.bodies(b.shop.presales)))
		if err != nil {
			return err
		}
		copied := *r // the report's slice grows
		if last = &copied; first == nil {
			first = last
		}
	}
	if first == nil || last.PerSecond == 0 || first.P99 == 0 {
		return errors.New("no order was placed")
	}
	b.note("growth", "orders/s at the first size ÷ orders/s at the last", first.PerSecond/last.PerSecond, "×", "")
	b.note("growth", "p99 at the last size ÷ p99 at the first", last.P99/first.P99, "×", "")
	return nil
}

// grow adds earlier orders up to a number: copies of an order that was placed, spread over the accounts and back in
// time, that expired unpaid and gave their lots back. They weigh in every table and index as others do, and verify finds
// nothing wrong with them.
func grow(ctx context.Context, db *sql.DB, have, want int) error {
	const step = 250_000
	if err := template(ctx, db); err != nil {
		return err
	}
	for from := have; from < want; from += step {
		to := min(from+step, want)
		for _, part := range []string{growOrders, growLines, growHolds, growEvents} {
			if _, err := db.ExecContext(ctx, part, from+1, to); err != nil {
				return fmt.Errorf("make earlier orders: %w", err)
			}
		}
	}
	if _, err := db.ExecContext(ctx, `VACUUM ANALYZE orders.orders, orders.order_line, orders.outbox, catalog.hold`); err != nil {
		return fmt.Errorf("make earlier orders: %w", err)
	}
	_, err := db.ExecContext(ctx, `CHECKPOINT`) // all of it is on disk before anything is measured
	return err
}

// template notes which orders are copied: one for each presale that was ordered from.
func template(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, `
		CREATE TABLE IF NOT EXISTS bench.template AS
		SELECT row_number() OVER (ORDER BY order_id) - 1 AS n, order_id
		FROM (SELECT DISTINCT ON (presale_id) order_id FROM orders.order_line
		      WHERE no = 1 AND cardinality(lots) < 10 ORDER BY presale_id, order_id DESC) latest`)
	if err != nil {
		return fmt.Errorf("choose orders to copy: %w", err)
	}
	var n int64
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM bench.template`).Scan(&n); err != nil {
		return fmt.Errorf("choose orders to copy: %w", err)
	}
	if n == 0 || n > math.MaxInt32 {
		return errors.New("choose orders to copy: there is none")
	}
	return nil
}

// The ids that the product gives begin at 1,000,000,000.
const (
	growOrders = `
INSERT INTO orders.orders (id, channel, state, account_id, org_id, buyer, idem_key, body_hash, delivery_kind, point_id, point, recipient,
                           phone, address, shortage, note, estimate_fen, deposit_fen, placed_at, expires_at, version)
SELECT i, o.channel, 'expired', 1 + i % 5000, o.org_id, o.buyer, 'earlier-' || i, o.body_hash, o.delivery_kind, o.point_id, o.point, o.recipient,
       o.phone, o.address, o.shortage, o.note, o.estimate_fen, o.deposit_fen,
       o.placed_at - interval '2 years' + i * interval '10 seconds', o.expires_at - interval '2 years' + i * interval '10 seconds', 2
FROM generate_series($1::bigint, $2::bigint) i
JOIN bench.template t ON t.n = i % (SELECT count(*) FROM bench.template)
JOIN orders.orders o ON o.id = t.order_id`

	growLines = `
INSERT INTO orders.order_line (order_id, no, offer_id, presale_id, seller_org, grade, price_fen, price_per, unit_measure, fee_bp, policy,
                               ordered, allocated, estimate_fen, deposit_fen, lots, households, villages, quantities, levels)
SELECT i, l.no, l.offer_id, l.presale_id, l.seller_org, l.grade, l.price_fen, l.price_per, l.unit_measure, l.fee_bp, l.policy,
       l.ordered, l.ordered, l.estimate_fen, l.deposit_fen, l.lots, l.households, l.villages, l.quantities, l.levels
FROM generate_series($1::bigint, $2::bigint) i
JOIN bench.template t ON t.n = i % (SELECT count(*) FROM bench.template)
JOIN orders.order_line l ON l.order_id = t.order_id`

	growHolds = `
INSERT INTO catalog.hold (order_id, line, key, season, presale_id, lines, state, expired, expires_at, policy, lots, qty, level_fen, created_at)
SELECT i, h.line, md5('earlier-' || i)::uuid, h.season, h.presale_id, h.lines, 'released', true, NULL, h.policy, h.lots, h.qty, h.level_fen,
       h.created_at - interval '2 years' + i * interval '10 seconds'
FROM generate_series($1::bigint, $2::bigint) i
JOIN bench.template t ON t.n = i % (SELECT count(*) FROM bench.template)
JOIN catalog.hold h ON h.order_id = t.order_id`

	growEvents = `
INSERT INTO orders.outbox (seq, subject, data, headers, created_at, published_at)
SELECT i, 'evt.orders.v1.order.expired', json_build_object('order_id', i, 'state', 'expired'), '{}', now() - interval '1 day', now() - interval '1 day'
FROM generate_series($1::bigint, $2::bigint) i`
)
