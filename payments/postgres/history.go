package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/earlier"
	"banmuyuan/payments/ledger"
)

// historyChunk is the least number of rows in one transaction, which holds whole groups.
const historyChunk = 20_000

// LoadHistory books income of earlier seasons: for each season, month, programme, channel, product and day the money that
// the bank received, the households that it was owed to and its payout, so that statements and ledger agree to the fen.
// progress is called with the number of finished rows. Rows that were loaded before stay as they are. System only.
func (s *Service) LoadHistory(ctx context.Context, rows []earlier.HistoricIncome, progress func(n int)) error {
	if err := needSystem(ctx); err != nil {
		return err
	}
	if err := earlier.CheckHistory(rows); err != nil {
		return err
	}
	rows = earlier.SortHistory(rows)
	done := 0
	for done < len(rows) {
		next := done + earlier.HistoryGroups(rows[done:], historyChunk)
		if err := s.change(ctx, func(c *change) error { return c.loadHistory(ctx, rows[done:next]) }); err != nil {
			return err
		}
		done = next
		if progress != nil {
			progress(done)
		}
	}
	return nil
}

func (c *change) loadHistory(ctx context.Context, rows []earlier.HistoricIncome) error {
	n, keys := len(rows), make([]string, len(rows))
	for i, r := range rows {
		keys[i] = r.Key()
	}
	wrote, err := c.insertHistory(ctx, keys, rows)
	if err != nil {
		return err
	}
	if wrote != 0 && wrote != int64(n) {
		return link.E(link.Conflict, "conflict", "").Because(fmt.Errorf("load history: %d of %d rows were loaded before", int64(n)-wrote, n))
	}
	// Posting is idempotent by key.
	for len(rows) > 0 {
		n := earlier.HistoryGroups(rows, 1)
		c.postHistory(rows[0].Posting(), rows[:n])
		rows = rows[n:]
	}
	return nil
}

// insertHistory writes payables that are paid and returns the number of new ones.
func (c *change) insertHistory(ctx context.Context, keys []string, rows []earlier.HistoricIncome) (int64, error) {
	n := len(rows)
	programmes, channels, products, days := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	households, gross, fees, qty, grams, seasons, months := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	for i, r := range rows {
		programmes[i], channels[i], products[i], days[i] = r.Programme, r.Channel, r.Product, day(r.PaidOn)
		households[i], gross[i], fees[i], qty[i], grams[i] = r.Household, r.GrossFen, r.FeeFen, r.Qty, r.NetGrams
		seasons[i], months[i] = int64(r.Season), int64(r.Month)
	}
	res, err := c.tx.ExecContext(ctx, `
		INSERT INTO payable (source_key, household, gross_fen, fee_fen, amount_fen, state, occurred_on, paid_on, created_at,
		                     season, month, programme, channel, product, qty, net_grams)
		SELECT k, h, g, f, g - f, $14, d::date, d::date, $13, s, m, p, c, o, q, w
		FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::smallint[], $7::smallint[], $8::text[],
		            $9::text[], $10::text[], $11::bigint[], $12::bigint[]) AS t (k, h, g, f, d, s, m, p, c, o, q, w)
		ON CONFLICT (source_key) DO NOTHING`,
		pq.Array(keys), pq.Array(households), pq.Array(gross), pq.Array(fees), pq.Array(days), pq.Array(seasons), pq.Array(months),
		pq.Array(programmes), pq.Array(channels), pq.Array(products), pq.Array(qty), pq.Array(grams), c.now, payments.PayablePaid)
	if err != nil {
		return 0, fmt.Errorf("load history: %w", err)
	}
	wrote, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("load history: %w", err)
	}
	return wrote, nil
}

// postHistory posts one group.
func (c *change) postHistory(key string, rows []earlier.HistoricIncome) {
	at := rows[0].PaidOn.UTC().Truncate(time.Second)
	sums := earlier.SumHistory(rows)
	earned := make([]ledger.Line, 0, len(rows)+len(sums.Fees)+1)
	paid := make([]ledger.Line, 0, len(rows)+1)
	earned = append(earned, ledger.Debit(ledger.Bank(), sums.GrossFen))
	for _, r := range rows {
		earned = append(earned, ledger.Credit(ledger.Payable(r.Household), r.NetFen()))
		paid = append(paid, ledger.Debit(ledger.Payable(r.Household), r.NetFen()))
	}
	for _, f := range sums.Fees {
		earned = append(earned, ledger.Credit(ledger.PayableCoop(f.Coop), f.Fen))
	}
	c.post("history", key, at, earned...)
	c.post("history.paid", key+":paid", at, append(paid, ledger.Credit(ledger.Bank(), sums.NetFen))...)
}
