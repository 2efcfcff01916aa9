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
		GROUP BY t.id, t.occurred_at, key, reversed ORDER BY t.occurred_at, t.id`, r.Village)
	if err != nil {
		return out, fmt.Errorf("read accounts of village %d: %w", r.Village, err)
	}
	var pools, payouts []int64
	for _, row := range rows {
		e := payments.VillageEntryOf(row.Key, row.Reversed)
		e.On, e.AmountFen = row.At.UTC(), row.Fen
		out.Items = append(out.Items, e)
		pools, payouts = append(pools, e.Pool), append(payouts, e.Payout)
	}
	out.Sum()
	var titles []struct {
		Pool   int64  `db:"pool"`
		Payout int64  `db:"payout"`
		Title  string `db:"title"`
	}
	err = s.db.SelectContext(ctx, &titles, `
		SELECT id AS pool, 0::bigint AS payout, title FROM pool WHERE id = ANY($1)
		UNION ALL SELECT 0, id, no || CASE WHEN note = '' THEN '' ELSE ' ' || note END FROM org_payout WHERE id = ANY($2)`,
		pq.Array(pools), pq.Array(payouts))
	if err != nil {
		return out, fmt.Errorf("read titles for village %d: %w", r.Village, err)
	}
	of := make(map[[2]int64]string, len(titles))
	for _, t := range titles {
		of[[2]int64{t.Pool, t.Payout}] = t.Title
	}
	for i := range out.Items {
		e := &out.Items[i]
		e.Title = of[[2]int64{e.Pool, e.Payout}]
	}
	return out, nil
}

// villageChecks are of Verify: a village is owed its parts of posted distributions less its payments, its accounts are not
// below zero, and the parts of a distribution are the sum that it keeps back.
var villageChecks = []string{`
	SELECT 'villages.owed' AS check, 'village:' || coalesce(e.village::text, a.party_id) AS object,
	       'earned ' || coalesce(e.fen, 0) || ' less what was paid, ledger ' || coalesce(a.owed, 0) AS detail
	FROM (SELECT village, sum(fen)::bigint AS fen FROM (
	          SELECT v.village, v.amount_fen AS fen FROM pool p CROSS JOIN jsonb_to_recordset(p.villages) AS v (village bigint, amount_fen bigint)
	          WHERE p.state = 'posted' AND NOT EXISTS (SELECT FROM ledger_txn t WHERE t.business_key = 'pool:' || p.id || ':paid')
	          UNION ALL SELECT org, -amount_fen FROM org_payout WHERE account = 'village' AND state = 'paid') m GROUP BY village) e
	FULL JOIN (SELECT a.party_id, -sum(b.balance)::bigint AS owed FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
	           WHERE a.kind IN ('payable_village', 'receivable_village') GROUP BY a.party_id) a ON a.party_id = e.village::text
	WHERE coalesce(e.fen, 0) <> coalesce(a.owed, 0) LIMIT 100`, `
	SELECT 'villages.overpaid', 'village:' || a.party_id, 'got ' || sum(b.balance) || ' too much'
	FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
	WHERE a.kind IN ('payable_village', 'receivable_village') GROUP BY a.party_id HAVING sum(b.balance) > 0 LIMIT 100`, `
	SELECT 'villages.parts', 'pool:' || p.id, 'keeps ' || p.reserve_fen || ' back, its villages ' || coalesce(sum(v.amount_fen), 0)
	FROM pool p CROSS JOIN jsonb_to_recordset(p.villages) AS v (village bigint, amount_fen bigint)
	WHERE p.state IN ('waiting', 'posted') AND p.villages <> '[]' GROUP BY p.id, p.reserve_fen HAVING p.reserve_fen <> sum(v.amount_fen) LIMIT 100`, `
	SELECT 'villages.posted', 'pool:' || p.id || ' village:' || v.village, 'part ' || v.amount_fen || ', in the ledger ' || coalesce(sum(-e.amount), 0)
	FROM pool p CROSS JOIN jsonb_to_recordset(p.villages) AS v (village bigint, amount_fen bigint)
	LEFT JOIN ledger_txn t ON t.business_key = 'pool:' || p.id || ':close'
	LEFT JOIN ledger_account a ON a.kind = 'payable_village' AND a.party_id = v.village::text
	LEFT JOIN ledger_entry e ON e.txn_id = t.id AND e.account_id = a.id
	WHERE p.state = 'posted' GROUP BY p.id, v.village, v.amount_fen HAVING coalesce(sum(-e.amount), 0) <> v.amount_fen LIMIT 100`}
