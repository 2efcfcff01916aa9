package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"banmuyuan/payments"
)

// VillageStatement reads the accounts of a village in the ledger.
func (s *Service) VillageStatement(ctx context.Context, r payments.VillageRef) (payments.VillageStatement, error) {
	out := payments.VillageStatement{Village: r.Village, Items: []payments.VillageEntry{}}
	if _, err := need(ctx, county...); err != nil {
		return out, err
	}
	var rows []struct {
		At       time.Time `db:"occurred_at"`
		Key      string    `db:"key"`
		Reversed bool      `db:"reversed"`
		Fen      int64     `db:"fen"`
	}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT t.occurred_at, coalesce(o.business_key, t.business_key) AS key, o.id IS NOT NULL AS reversed, -sum(e.amount)::bigint AS fen
		FROM ledger_account a JOIN ledger_entry e ON e.account_id = a.id JOIN ledger_txn t ON t.id = e.txn_id
		LEFT JOIN ledger_txn o ON o.id = t.reverses_txn_id
		WHERE a.kind IN ('payable_village', 'receivable_village') AND a.party_id = $1::text
		GROUP BY t.id, t.occurred_at, key, reversed HAVING sum(e.amount) <> 0 ORDER BY t.occurred_at, t.id`, r.Village)
	if err != nil {
		return out, fmt.Errorf("read accounts of village %d: %w", r.Village, err)
	}
	var pools, payouts, deliveries []int64
	for _, row := range rows {
		e := payments.VillageEntryOf(row.Key, row.Reversed)
		e.On, e.AmountFen = row.At.UTC(), row.Fen
		out.Items = append(out.Items, e)
		pools, payouts, deliveries = append(pools, e.Pool), append(payouts, e.Payout), append(deliveries, e.Delivery)
	}
	out.Sum()
	var titles []struct {
		Pool     int64  `db:"pool"`
		Payout   int64  `db:"payout"`
		Delivery int64  `db:"delivery"`
		Title    string `db:"title"`
	}
	err = s.db.SelectContext(ctx, &titles, `
		SELECT id AS pool, 0::bigint AS payout, 0::bigint AS delivery, title FROM pool WHERE id = ANY($1)
		UNION ALL SELECT 0, id, 0, no || CASE WHEN note = '' THEN '' ELSE ' ' || note END FROM org_payout WHERE id = ANY($2)
		UNION ALL SELECT 0, 0, delivery_id, ref FROM delivery WHERE delivery_id = ANY($3)`,
		pq.Array(pools), pq.Array(payouts), pq.Array(deliveries))
	if err != nil {
		return out, fmt.Errorf("read titles for village %d: %w", r.Village, err)
	}
	of := make(map[[3]int64]string, len(titles))
	for _, t := range titles {
		of[[3]int64{t.Pool, t.Payout, t.Delivery}] = t.Title
	}
	for i := range out.Items {
		e := &out.Items[i]
		if title := of[[3]int64{e.Pool, e.Payout, e.Delivery}]; e.Delivery != 0 {
			e.Ref = title
		} else {
			e.Title = title
		}
	}
	return out, nil
}

// VillageFees sums the villages' parts of fees.
func (s *Service) VillageFees(ctx context.Context, _ payments.None) (payments.VillageFees, error) {
	out := payments.VillageFees{Items: []payments.VillageFeeSum{}}
	if _, err := need(ctx); err != nil {
		return out, err
	}
	rows, err := s.db.QueryxContext(ctx, `
		SELECT village, count(*), sum(village_fen)::bigint FROM delivery
		WHERE village_fen > 0 AND NOT reversed GROUP BY village ORDER BY village`)
	if err != nil {
		return out, fmt.Errorf("sum fees of villages: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var f payments.VillageFeeSum
		if err := rows.Scan(&f.Village, &f.Deliveries, &f.AmountFen); err != nil {
			return out, fmt.Errorf("sum fees of villages: %w", err)
		}
		out.Items = append(out.Items, f)
	}
	if err := rows.Err(); err != nil {
		return out, fmt.Errorf("sum fees of villages: %w", err)
	}
	return out, nil
}

// villageChecks are of Verify: a village is owed its parts of posted distributions and of fees less its payments, it got too
// much only where fees were taken back, the parts of a distribution are the sum that it keeps back, and each part is in the
// ledger.
var villageChecks = []string{`
	SELECT 'villages.owed' AS check, 'village:' || coalesce(e.village::text, a.party_id) AS object,
	       'earned ' || coalesce(e.fen, 0) || ' less what was paid, ledger ' || coalesce(a.owed, 0) AS detail
	FROM (SELECT village, sum(fen)::bigint AS fen FROM (
	          SELECT v.village, v.amount_fen AS fen FROM pool p CROSS JOIN jsonb_to_recordset(p.villages) AS v (village bigint, amount_fen bigint)
	          WHERE p.state = 'posted' AND NOT EXISTS (SELECT FROM ledger_txn t WHERE t.business_key = 'pool:' || p.id || ':paid')
	          UNION ALL SELECT village, village_fen FROM delivery WHERE village_fen > 0 AND NOT reversed
	          UNION ALL SELECT org, -amount_fen FROM org_payout WHERE account = 'village' AND state = 'paid') m GROUP BY village) e
	FULL JOIN (SELECT a.party_id, -sum(b.balance)::bigint AS owed FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
	           WHERE a.kind IN ('payable_village', 'receivable_village') GROUP BY a.party_id) a ON a.party_id = e.village::text
	WHERE coalesce(e.fen, 0) <> coalesce(a.owed, 0) LIMIT 100`, `
	SELECT 'villages.overpaid', 'village:' || a.party_id, 'got ' || sum(b.balance) || ' too much'
	FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
	LEFT JOIN (SELECT village, sum(village_fen) AS fen FROM delivery WHERE village_fen > 0 AND reversed GROUP BY village) d ON d.village::text = a.party_id
	WHERE a.kind IN ('payable_village', 'receivable_village') GROUP BY a.party_id, d.fen HAVING sum(b.balance) > coalesce(d.fen, 0) LIMIT 100`, `
	SELECT 'villages.fees', 'delivery:' || d.delivery_id || ' village:' || d.village, 'part ' || d.village_fen || ', in the ledger ' || coalesce(sum(-e.amount), 0)
	FROM delivery d
	LEFT JOIN ledger_txn t ON t.business_key = 'delivery:' || d.delivery_id
	LEFT JOIN ledger_account a ON a.kind = 'payable_village' AND a.party_id = d.village::text
	LEFT JOIN ledger_entry e ON e.txn_id = t.id AND e.account_id = a.id
	WHERE d.village_fen > 0 GROUP BY d.delivery_id, d.village, d.village_fen HAVING coalesce(sum(-e.amount), 0) <> d.village_fen LIMIT 100`, `
	SELECT 'villages.parts', 'pool:' || p.id, 'keeps ' || p.reserve_fen || ' back, its villages ' || coalesce(sum(v.amount_fen), 0)
	FROM pool p CROSS JOIN jsonb_to_recordset(p.villages) AS v (village bigint, amount_fen bigint)
	WHERE p.state IN ('waiting', 'posted') AND p.villages <> '[]' GROUP BY p.id, p.reserve_fen HAVING p.reserve_fen <> sum(v.amount_fen) LIMIT 100`, `
	SELECT 'villages.posted', 'pool:' || p.id || ' village:' || v.village, 'part ' || v.amount_fen || ', in the ledger ' || coalesce(sum(-e.amount), 0)
	FROM pool p CROSS JOIN jsonb_to_recordset(p.villages) AS v (village bigint, amount_fen bigint)
	LEFT JOIN ledger_txn t ON t.business_key = 'pool:' || p.id || ':close'
	LEFT JOIN ledger_account a ON a.kind = 'payable_village' AND a.party_id = v.village::text
	LEFT JOIN ledger_entry e ON e.txn_id = t.id AND e.account_id = a.id
	WHERE p.state = 'posted' GROUP BY p.id, v.village, v.amount_fen HAVING coalesce(sum(-e.amount), 0) <> v.amount_fen LIMIT 100`}
