package desk

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// Limits holds the county's limits of unpaid orders in memory, so that placing an order costs no query for them. Run reads
// them anew every orders.UnpaidBefore; the process that sets them reads them at once.
type Limits struct {
	desk *Desk
	now  atomic.Pointer[orders.UnpaidLimits] // nil: not read yet
}

// Of returns the limit of the account that orders. Limits that were never read are read first.
func (l *Limits) Of(ctx context.Context, a link.Actor) (orders.UnpaidLimit, error) {
	if now := l.now.Load(); now != nil {
		return now.Of(a), nil
	}
	if err := l.Read(ctx); err != nil {
		return orders.UnpaidLimit{}, err
	}
	return l.now.Load().Of(a), nil
}

// Read reads the limits in force.
func (l *Limits) Read(ctx context.Context) error {
	now, err := l.InForce(ctx, l.desk.DB)
	if err == nil {
		l.now.Store(&now)
	}
	return err
}

// InForce returns the limits that the county set last, or else those of the settings.
func (l *Limits) InForce(ctx context.Context, q Queryer) (orders.UnpaidLimits, error) {
	var row struct {
		Orders    int   `db:"orders"`
		OrgOrders int   `db:"org_orders"`
		Part      int64 `db:"part"`
	}
	err := q.GetContext(ctx, &row, `SELECT orders, org_orders, part FROM unpaid_rules ORDER BY id DESC LIMIT 1`)
	if Missing(err) {
		return l.desk.Config.Unpaid, nil
	}
	if err != nil {
		return orders.UnpaidLimits{}, fmt.Errorf("read limits of unpaid orders: %w", err)
	}
	return orders.UnpaidLimits{Orders: row.Orders, OrgOrders: row.OrgOrders, Part: row.Part}, nil
}

// Run keeps the limits fresh until ctx ends. A database that does not answer leaves the ones that were read last.
func (l *Limits) Run(ctx context.Context) {
	tick := time.NewTicker(orders.UnpaidBefore)
	defer tick.Stop()
	for {
		if err := l.Read(ctx); err != nil && ctx.Err() == nil {
			l.desk.Log.Warn("limits of unpaid orders not read", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// LockBuyer makes transactions about the unpaid orders of a buyer take turns, by account and by the phone or address that it
// proved, so that counts of them are exact. Orders are not counted so: see order.IntakeSQL.
func LockBuyer(ctx context.Context, tx *sqlx.Tx, account int64, person string) error {
	_, err := tx.ExecContext(ctx, `
		SELECT pg_advisory_xact_lock(k) FROM (
			SELECT k FROM (VALUES (hashtextextended('unpaid account ' || $1::text, 0)),
				(CASE WHEN $2 <> '' THEN hashtextextended('unpaid person ' || $2, 0) END)) AS keys (k)
			WHERE k IS NOT NULL ORDER BY k) sorted`, account, person)
	if err != nil {
		return fmt.Errorf("lock buyer: %w", err)
	}
	return nil
}
