package income

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/payments"
)

const factsPage = 2000

// facts pages through payments' facts of households' income, from after on.
func (m *Room) facts(ctx context.Context, after int64, each func([]payments.IncomeFact) error) (last int64, err error) {
	for {
		page, err := m.Payments.IncomeFacts(desk.AsSystem(ctx), payments.SourcesRequest{After: after, Limit: factsPage})
		if err != nil {
			return after, err
		}
		if len(page.Items) == 0 {
			return after, nil
		}
		if err := each(page.Items); err != nil {
			return after, err
		}
		after = page.Items[len(page.Items)-1].ID
	}
}

// factColumns turns facts into columns.
type factColumns struct {
	id, household, gross, fee, item, season, month, qty, grams pq.Int64Array
	agent, agentFen                                            pq.Int64Array
	key, ref, stage, paid, occurred, programme, channel, prod  pq.StringArray
}

func columnsOf(facts []payments.IncomeFact) factColumns {
	var c factColumns
	for _, f := range facts {
		stage := orders.StageOf(f.State)
		if stage == "" {
			continue
		}
		paid := ""
		if f.PaidOn != nil && stage == orders.StagePaid {
			paid = f.PaidOn.Format(time.DateOnly)
		}
		o := f.Origin
		season, month := orders.FactSeason(o.Season, o.Month, f.OccurredOn)
		c.id, c.household, c.gross, c.fee = append(c.id, f.ID), append(c.household, f.Household), append(c.gross, f.GrossFen), append(c.fee, f.FeeFen)
		c.agent, c.agentFen = append(c.agent, f.Agent), append(c.agentFen, f.AgentFen)
		c.item, c.season, c.month = append(c.item, f.PayoutItem), append(c.season, int64(season)), append(c.month, int64(month))
		c.qty, c.grams = append(c.qty, o.Qty), append(c.grams, o.NetGrams)
		c.key, c.ref, c.stage, c.paid = append(c.key, f.SourceKey), append(c.ref, f.Ref), append(c.stage, string(stage)), append(c.paid, paid)
		c.occurred = append(c.occurred, f.OccurredOn.Format(time.DateOnly))
		c.programme, c.channel, c.prod = append(c.programme, o.Programme), append(c.channel, o.Channel), append(c.prod, o.Product)
	}
	return c
}

func (c factColumns) store(ctx context.Context, q sqlx.ExecerContext) error {
	_, err := q.ExecContext(ctx, `
		INSERT INTO income_fact (id, source_key, ref, household, gross_fen, fee_fen, stage, payout_item, paid_on, occurred_on, season, month,
		                         programme, channel, product, qty, net_grams, agent, agent_fen)
		SELECT id, key, ref, household, gross, fee, stage, item, nullif(paid, '')::date, occurred::date, season, month,
		       programme, channel, product, qty, grams, agent, agent_fen
		FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::text[], $8::bigint[], $9::text[],
		            $10::text[], $11::int[], $12::smallint[], $13::text[], $14::text[], $15::text[], $16::bigint[], $17::bigint[], $18::bigint[], $19::bigint[])
		     AS f (id, key, ref, household, gross, fee, stage, item, paid, occurred, season, month, programme, channel, product, qty, grams,
		           agent, agent_fen)
		ON CONFLICT (id) DO UPDATE SET stage = excluded.stage, payout_item = excluded.payout_item, paid_on = excluded.paid_on`,
		c.id, c.key, c.ref, c.household, c.gross, c.fee, c.stage, c.item, c.paid, c.occurred, c.season, c.month, c.programme, c.channel,
		c.prod, c.qty, c.grams, c.agent, c.agentFen)
	if err != nil {
		return fmt.Errorf("stage income facts: %w", err)
	}
	return nil
}

// factEntries are the income entries of staged facts without a ticket. An advance counts for the season and product of its
// contract.
const factEntries = `
		INSERT INTO income_entry (source_key, household_id, season, month, programme, channel, product, qty, net_grams, gross_fen, fee_fen,
		                          amount_fen, stage, occurred_on, paid_on, payout_item, agent_org, agent_fen)
		SELECT f.source_key, f.household, coalesce(c.season, f.season), f.month, coalesce(c.programme, f.programme),
		       CASE WHEN c.id IS NULL THEN f.channel ELSE 'contract' END, coalesce(c.product, f.product), f.qty, f.net_grams, f.gross_fen, f.fee_fen,
		       f.gross_fen - f.fee_fen - f.agent_fen, f.stage, f.occurred_on, f.paid_on, f.payout_item, f.agent, f.agent_fen
		FROM income_fact f LEFT JOIN contract c ON f.ref = 'contract:' || c.id
		WHERE NOT EXISTS (SELECT FROM income_entry e WHERE e.source_key = f.source_key)`

// RebuildIncome empties the income ledger and the copy of households and reads both anew: expected and owed income from the
// module's own shares and tickets, everything else and the stages from payments, households from the catalogue. Readers
// see the old ledger until the new one is there.
func (m *Room) RebuildIncome(ctx context.Context, _ orders.None) (orders.Rebuilt, error) {
	if err := desk.NeedSystem(ctx); err != nil {
		return orders.Rebuilt{}, err
	}
	// Events of payments and of households wait until this is done: one that was applied to the old ledger would be
	// missing in the new.
	conn, err := m.DB.Connx(ctx)
	if err != nil {
		return orders.Rebuilt{}, fmt.Errorf("connect: %w", err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock(`+rebuildLock+`)`); err != nil {
		return orders.Rebuilt{}, fmt.Errorf("lock the income ledger: %w", err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_unlock(`+rebuildLock+`)`); err != nil {
			m.Log.Error("unlock the income ledger", "error", err)
		}
	}()
	if _, err := conn.ExecContext(ctx, `TRUNCATE income_fact`); err != nil {
		return orders.Rebuilt{}, fmt.Errorf("empty income facts: %w", err)
	}
	last, err := m.facts(ctx, 0, func(page []payments.IncomeFact) error { return columnsOf(page).store(ctx, conn) })
	if err != nil {
		return orders.Rebuilt{}, err
	}
	households, err := m.registered(ctx)
	if err != nil {
		return orders.Rebuilt{}, err
	}
	var res orders.Rebuilt
	err = m.Tx(ctx, func(tx *sqlx.Tx) error {
		if err := replaceHouseholds(ctx, tx, households); err != nil {
			return err
		}
		res.Entries, err = rebuild(ctx, tx, last)
		return err
	})
	if err != nil {
		return res, err
	}
	m.averages.drop()
	m.reports.drop()
	return res, nil
}

func rebuild(ctx context.Context, tx *sqlx.Tx, last int64) (entries int64, err error) {
	for _, step := range []string{
		// Changes of entries wait; earlier commits are visible to the next statements.
		`LOCK TABLE income_entry IN SHARE ROW EXCLUSIVE MODE`,
		`ANALYZE income_fact`,
		`DELETE FROM income_entry`,
		`INSERT INTO income_entry (source_key, household_id, season, month, programme, channel, product, offer_id, qty, net_grams,
		                           gross_fen, fee_fen, amount_fen, stage, occurred_on, order_id, line, lot_id, policy, level_fen,
		                           agent_org, agent_bp, agent_fen, advance_fen)
		` + desk.ExpectedSelect + desk.AdvanceLeft + ` WHERE s.qty - s.settled - s.short > 0`,
		`INSERT INTO income_entry (` + desk.OwedColumns + `) ` + desk.OwedSelect + ` WHERE t.settled AND t.units > 0 AND t.state = 'accepted'`,
		desk.BuyInEntries,
		desk.BoxIncome,
		`UPDATE income_entry e SET stage = f.stage, payout_item = f.payout_item, paid_on = f.paid_on
		 FROM income_fact f WHERE f.source_key = e.source_key`,
		factEntries,
		`TRUNCATE income_fact`,
	} {
		if _, err := tx.ExecContext(ctx, step); err != nil {
			return 0, fmt.Errorf("rebuild income: %w", err)
		}
	}
	if _, err := tx.ExecContext(ctx, `UPDATE income_cursor SET fact_id = $1`, last); err != nil {
		return 0, fmt.Errorf("note last income fact: %w", err)
	}
	if err := tx.GetContext(ctx, &entries, `SELECT count(*) FROM income_entry`); err != nil {
		return 0, fmt.Errorf("count income entries: %w", err)
	}
	return entries, nil
}

// factOverlap is the number of ids that are read once more: ids are not the order of commits.
const factOverlap = 5000

// readFacts takes in facts that no order stands behind, such as distributions, since the last look.
func (m *Room) readFacts(ctx context.Context, t desk.TaskRow) error {
	var cursor int64
	if err := m.DB.GetContext(ctx, &cursor, `SELECT fact_id FROM income_cursor`); err != nil {
		return fmt.Errorf("read income cursor: %w", err)
	}
	var fresh []payments.IncomeFact
	last, err := m.facts(ctx, max(cursor-factOverlap, 0), func(page []payments.IncomeFact) error {
		for _, f := range page {
			_, order := orders.ParsePaymentRef(f.Ref)
			_, adoption := adopt.ParsePaymentRef(f.Ref)
			if !order && !adoption {
				fresh = append(fresh, f)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	err = m.Tx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(`+rebuildLock+`)`); err != nil {
			return fmt.Errorf("lock the income ledger: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM income_fact`); err != nil {
			return fmt.Errorf("empty income facts: %w", err)
		}
		if err := columnsOf(fresh).store(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, factEntries); err != nil {
			return fmt.Errorf("write income facts: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM income_fact`); err != nil {
			return fmt.Errorf("empty income facts: %w", err)
		}
		if _, err := tx.ExecContext(ctx, `UPDATE income_cursor SET fact_id = greatest(fact_id, $1)`, last); err != nil {
			return fmt.Errorf("note last income fact: %w", err)
		}
		return m.Finish(ctx, tx, t, fmt.Sprintf("%d facts", len(fresh)))
	})
	if err != nil {
		return err
	}
	m.averages.forget()
	return nil
}
