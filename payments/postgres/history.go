package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/ledger"
)

// historyChunk is how many rows go into one transaction.
const historyChunk = 20_000

// LoadHistory books income of earlier seasons: for each season, month, programme, channel, product and day the money that
// the bank received, the households that it was owed to and its payout, so that statements and ledger agree to the fen.
// progress is called with the number of finished rows. Rows that were loaded before stay as they are. System only.
func (s *Service) LoadHistory(ctx context.Context, rows []payments.HistoricIncome, progress func(n int)) error {
	if err := needSystem(ctx); err != nil {
		return err
	}
	for i, r := range rows {
		if r.Household <= 0 || r.GrossFen <= 0 || r.FeeFen < 0 || r.FeeFen >= r.GrossFen || r.GrossFen > payments.MaxFen || r.FeeFen > 0 && r.Coop <= 0 ||
			r.PaidOn.IsZero() || r.Month < 1 || r.Month > 12 {
			return link.E(link.Invalid, "malformed", fmt.Sprintf("[%d]", i)).Because(fmt.Errorf("historic income %d cannot be", i))
		}
	}
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b payments.HistoricIncome) int {
		return cmp.Or(cmp.Compare(groupKey(a), groupKey(b)), cmp.Compare(a.Household, b.Household))
	})
	done := 0
	for done < len(rows) {
		// Whole groups, each of which is one transaction in the ledger.
		end := done
		for end < len(rows) && (end-done < historyChunk || groupKey(rows[end]) == groupKey(rows[end-1])) {
			end++
		}
		if err := s.change(ctx, func(c *change) error { return c.loadHistory(ctx, rows[done:end]) }); err != nil {
			return err
		}
		done = end
		if progress != nil {
			progress(done)
		}
	}
	return nil
}

func groupKey(r payments.HistoricIncome) string {
	return fmt.Sprintf("history:%04d:%02d:%s:%s:%s:%s", r.Season, r.Month, r.Programme, r.Channel, r.Product, day(r.PaidOn))
}

func (c *change) loadHistory(ctx context.Context, rows []payments.HistoricIncome) error {
	n := len(rows)
	keys, programmes, channels, products, days := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	households, gross, fees, qty, grams, seasons, months := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	for i, r := range rows {
		keys[i] = fmt.Sprintf("%s:%d", groupKey(r), r.Household)
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
		return fmt.Errorf("load history: %w", err)
	}
	wrote, err := res.RowsAffected()
	if err != nil {
		return fmt.Errorf("load history: %w", err)
	}
	if wrote != 0 && wrote != int64(n) {
		return link.E(link.Conflict, "conflict", "").Because(fmt.Errorf("load history: %d of %d rows were loaded before", int64(n)-wrote, n))
	}
	// Posting is idempotent by key.
	for start := 0; start < n; {
		end := start
		for end < n && groupKey(rows[end]) == groupKey(rows[start]) {
			end++
		}
		c.postHistory(rows[start:end])
		start = end
	}
	return nil
}

func (c *change) postHistory(rows []payments.HistoricIncome) {
	key := groupKey(rows[0])
	at := rows[0].PaidOn.UTC().Truncate(time.Second)
	var total, net int64
	fees := map[int64]int64{}
	earned := make([]ledger.Line, 1, len(rows)+2)
	paid := make([]ledger.Line, 0, len(rows)+1)
	for _, r := range rows {
		amount := r.GrossFen - r.FeeFen
		total += r.GrossFen
		net += amount
		earned = append(earned, ledger.Credit(ledger.Payable(r.Household), amount))
		paid = append(paid, ledger.Debit(ledger.Payable(r.Household), amount))
		if r.FeeFen > 0 {
			fees[r.Coop] += r.FeeFen
		}
	}
	earned[0] = ledger.Debit(ledger.Bank(), total)
	coops := make([]int64, 0, len(fees))
	for org := range fees {
		coops = append(coops, org)
	}
	slices.Sort(coops)
	for _, org := range coops {
		earned = append(earned, ledger.Credit(ledger.PayableCoop(org), fees[org]))
	}
	c.post("history", key, at, earned...)
	c.post("history.paid", key+":paid", at, append(paid, ledger.Credit(ledger.Bank(), net))...)
}
