package income

import (
	"context"
	"fmt"
	"strings"
	"time"

	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/payments"
)

// Checks returns the queries that hold the income ledger against shares and tickets.
func (m *Room) Checks(time.Time) []desk.Check {
	return append([]desk.Check{
		{Name: "expected income", SQL: `
			SELECT coalesce(x.key, e.source_key) AS object,
			       format('expected %s fen of %s units, the ledger has %s of %s', x.net, x.open, e.amount_fen + e.advance_fen, e.qty) AS detail
			FROM (SELECT 'share:' || s.order_id || ':' || s.line || ':' || s.lot_id AS key, s.qty - s.settled - s.short AS open,
			             g.gross - f.fee - coalesce(fee_of(g.gross - f.fee, a.bp), 0) AS net
			      FROM share s JOIN order_line l ON l.order_id = s.order_id AND l.no = s.line
			      CROSS JOIN LATERAL (SELECT gross_of(l.price_fen, l.price_per, l.unit_measure, s.qty - s.settled - s.short) AS gross) g
			      CROSS JOIN LATERAL (SELECT fee_of(g.gross, l.fee_bp) AS fee) f
			      LEFT JOIN lot_agent a ON a.lot_id = s.lot_id
			      WHERE s.qty - s.settled - s.short > 0) x
			FULL JOIN (SELECT source_key, amount_fen, advance_fen, qty FROM income_entry WHERE stage = 'expected' AND adoption_id = 0) e ON e.source_key = x.key
			WHERE x.net IS DISTINCT FROM e.amount_fen + e.advance_fen OR x.open IS DISTINCT FROM e.qty`},
		{Name: "owed income", SQL: `
			SELECT coalesce(x.key, e.source_key) AS object,
			       format('the ticket owes %s fen, the ledger has %s', x.net, e.amount_fen) AS detail
			FROM (SELECT 'ticket:' || id AS key, amount_fen - fee_fen - agent_fen AS net FROM ticket WHERE settled AND units > 0 AND state = 'accepted') x
			FULL JOIN (SELECT source_key, amount_fen FROM income_entry WHERE ticket_id <> 0) e ON e.source_key = x.key
			WHERE x.net IS DISTINCT FROM e.amount_fen`},
	}, raisingChecks...)
}

// Verify compares the ledger with payments, the copies of households and raised lots with the catalogue, and figures with
// the ledger and the catalogue.
func (m *Room) Verify(ctx context.Context, res *orders.Findings) error {
	for _, check := range []func(context.Context, *orders.Findings) error{
		m.verifyRaisings, m.verifyHouseholds, m.verifyFigures, m.verifyIncome, m.verifyVillageFees, m.verifyTold,
	} {
		if err := check(ctx, res); err != nil {
			return err
		}
	}
	return nil
}

// verifyIncome compares every entry that somebody is owed or was paid with the payable that payments keeps.
func (m *Room) verifyIncome(ctx context.Context, res *orders.Findings) error {
	type entry struct {
		Key       string             `db:"source_key"`
		Household int64              `db:"household_id"`
		Season    int                `db:"season"`
		AmountFen int64              `db:"amount_fen"`
		Stage     orders.IncomeStage `db:"stage"`
		seen      bool
	}
	var rows []entry
	err := m.DB.SelectContext(ctx, &rows, `SELECT source_key, household_id, season, amount_fen, stage FROM income_entry WHERE stage <> 'expected'`)
	if err != nil {
		return fmt.Errorf("read income entries: %w", err)
	}
	byKey := make(map[string]*entry, len(rows))
	for i := range rows {
		byKey[rows[i].Key] = &rows[i]
	}
	found := func(object, detail string) {
		if len(res.Items) < 1000 {
			res.Items = append(res.Items, orders.Finding{Check: "income and payables", Object: object, Detail: detail})
		}
	}
	_, err = m.facts(ctx, 0, func(page []payments.IncomeFact) error {
		for _, f := range page {
			stage := orders.StageOf(f.State)
			e := byKey[f.SourceKey]
			switch {
			case stage == "" && e == nil:
			case e == nil:
				found(f.SourceKey, fmt.Sprintf("payments has %d fen %s, the ledger nothing", f.AmountFen, stage))
			case stage == "" || e.AmountFen != f.AmountFen || e.Stage != stage || e.Household != f.Household:
				found(f.SourceKey, fmt.Sprintf("payments has %d fen %s for household %d, the ledger %d fen %s for %d",
					f.AmountFen, f.State, f.Household, e.AmountFen, e.Stage, e.Household))
			case f.Origin.Season != 0 && f.Origin.Season != e.Season && !strings.HasPrefix(f.Ref, "contract:"): // an advance counts for its contract's season
				found(f.SourceKey, fmt.Sprintf("payments has it in season %d, the ledger in %d", f.Origin.Season, e.Season))
			}
			if e != nil {
				e.seen = true
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range rows {
		if e := &rows[i]; !e.seen {
			found(e.Key, fmt.Sprintf("the ledger has %d fen %s, payments nothing", e.AmountFen, e.Stage))
		}
	}
	return nil
}
