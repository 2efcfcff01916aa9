package income

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// rebuildLock keeps events of payments out while the income ledger is read anew.
const rebuildLock = `hashtextextended(current_schema() || '.income', 0)`

// PaymentsChanged moves income entries on. An unknown payable has no order, or its entry is gone with a reversed delivery:
// the facts are read then.
func (m *Room) PaymentsChanged(ctx context.Context, tx *sqlx.Tx, e desk.PaymentEvents) error {
	changes := e.Payables
	if len(changes) == 0 {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock_shared(`+rebuildLock+`)`); err != nil {
		return fmt.Errorf("wait for the income ledger: %w", err)
	}
	latest := orders.LatestChanges(changes) // two batches wait for each other in one direction only
	n := len(latest)
	keys, stages, paidOn := make([]string, n), make([]string, n), make([]string, n)
	versions, items := make([]int64, n), make([]int64, n)
	for i, c := range latest {
		keys[i], stages[i], versions[i], items[i], paidOn[i] = c.SourceKey, string(orders.StageOf(c.State)), int64(c.Version), c.PayoutItem, c.PaidOn
	}
	var known []string
	err := tx.SelectContext(ctx, &known, `
		SELECT source_key FROM income_entry WHERE source_key = ANY($1) ORDER BY source_key FOR UPDATE`, pq.Array(keys))
	if err != nil {
		return fmt.Errorf("lock income entries: %w", err)
	}
	_, err = tx.ExecContext(ctx, `
		WITH news AS (
			SELECT k, s, v, i, nullif(d, '')::date AS d FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[], $5::text[]) AS u (k, s, v, i, d)
		), gone AS (
			DELETE FROM income_entry e USING news WHERE e.source_key = news.k AND news.s = '' AND news.v > e.version
		)
		UPDATE income_entry e
		SET stage = news.s, version = news.v, payout_item = news.i, paid_on = CASE WHEN news.s = 'paid' THEN news.d END
		FROM news WHERE e.source_key = news.k AND news.s <> '' AND news.v > e.version`,
		pq.Array(keys), pq.Array(stages), pq.Array(versions), pq.Array(items), pq.Array(paidOn))
	if err != nil {
		return fmt.Errorf("move income entries: %w", err)
	}
	m.averages.forget()
	isKnown := make(map[string]bool, len(known))
	for _, k := range known {
		isKnown[k] = true
	}
	for i, k := range keys {
		if !isKnown[k] && stages[i] != "" {
			return m.AddTask(ctx, tx, "facts", 0, 0, 0, "")
		}
	}
	return nil
}
