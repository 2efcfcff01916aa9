package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
	"banmuyuan/payments/ledger"
)

const (
	// dailyHour is when, in China, the books of the day before are compared.
	dailyHour = 2
	// movementOverlap is how far back a provider's books are read again: they are written late at times.
	movementOverlap = 7 * 24 * time.Hour
	// patience is how long something may wait for a person before it is named.
	patience = 3 * 24 * time.Hour
	// transitPatience is how long a provider's payout may be on its way to the bank.
	transitPatience = 5 * 24 * time.Hour
)

// reconcileDaily compares once a day until ctx ends. Any number of processes may run it: the day is taken by one.
func (s *Service) reconcileDaily(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		if _, err := s.ReconcileDue(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("daily reconciliation failed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// ReconcileDue compares if the day's comparison has not been made, and reports whether it did.
func (s *Service) ReconcileDue(ctx context.Context) (bool, error) {
	now := s.now().In(china)
	if now.Hour() < dailyHour {
		return false, nil
	}
	today := day(now)
	var done bool
	if err := s.db.GetContext(ctx, &done, `SELECT EXISTS (SELECT FROM reconciliation WHERE daily = $1::date)`, today); err != nil {
		return false, fmt.Errorf("look for today's reconciliation: %w", err)
	}
	if done {
		return false, nil
	}
	_, err := s.reconcile(link.System(ctx, "reconciliation"), today)
	if link.CodeOf(err) == link.Conflict {
		return false, nil // another process is at it
	}
	return err == nil, err
}

// Reconcile compares now.
func (s *Service) Reconcile(ctx context.Context, _ payments.None) (payments.Reconciliation, error) {
	if _, err := need(ctx, county...); err != nil {
		return payments.Reconciliation{}, err
	}
	return s.reconcile(ctx, "")
}

// reconcile reads the providers' books, books their fees and payouts, and holds everything against everything. The lock is
// a connection's, because providers are asked meanwhile and no transaction may be open.
func (s *Service) reconcile(ctx context.Context, daily string) (payments.Reconciliation, error) {
	conn, err := s.db.Connx(ctx)
	if err != nil {
		return payments.Reconciliation{}, fmt.Errorf("connect: %w", err)
	}
	defer conn.Close()
	const lock = `hashtextextended('payments reconcile ' || current_schema(), 0)`
	var mine bool
	if err := conn.GetContext(ctx, &mine, `SELECT pg_try_advisory_lock(`+lock+`)`); err != nil {
		return payments.Reconciliation{}, fmt.Errorf("lock reconciliation: %w", err)
	}
	if !mine {
		return payments.Reconciliation{}, link.E(link.Conflict, "recon.running", "")
	}
	defer func() {
		if _, err := conn.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock(`+lock+`)`); err != nil {
			s.log.Warn("unlock reconciliation", "error", err)
		}
	}()
	out := payments.Reconciliation{RanAt: s.now(), RanBy: payments.RecordedName(link.ActorFrom(ctx)), Clearing: []payments.ClearingState{}, Differences: []payments.Difference{}}
	for _, g := range s.order {
		if audited, ok := g.(gateway.Audited); ok {
			if err := s.reconcileGateway(ctx, audited, &out); err != nil {
				return out, err
			}
		}
	}
	if err := s.change(ctx, func(c *change) error { _, err := c.explainOutgoing(ctx); return err }); err != nil {
		return out, err
	}
	if err := s.reconcileBank(ctx, &out); err != nil {
		return out, err
	}
	if err := s.listWaiting(ctx, &out); err != nil {
		return out, err
	}
	out.Count = len(out.Differences)
	raw, err := json.Marshal(out)
	if err != nil {
		return out, fmt.Errorf("encode reconciliation: %w", err)
	}
	err = s.db.GetContext(ctx, &out.ID, `
		INSERT INTO reconciliation (daily, ran_at, ran_by, found, result) VALUES (nullif($1, '')::date, $2, $3, $4, $5) RETURNING id`,
		daily, out.RanAt, out.RanBy, out.Count, raw)
	if link.Constraint(err) == "reconciliation_daily" {
		return out, link.E(link.Conflict, "recon.running", "")
	}
	if err != nil {
		return out, fmt.Errorf("store reconciliation: %w", err)
	}
	return out, nil
}

// keepMovements stores a provider's movements and books its fees and payouts.
func (s *Service) keepMovements(ctx context.Context, provider string, moves []gateway.Movement) error {
	for part := range slices.Chunk(moves, statementPart) {
		err := s.change(ctx, func(c *change) error {
			n := len(part)
			ids, kinds, sessions, refunds, disputes := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
			amounts, fees, ours, at := make([]int64, n), make([]int64, n), make([]int64, n), make([]string, n)
			place := make(map[string]gateway.Movement, n)
			for i, m := range part {
				ids[i], kinds[i], sessions[i], refunds[i], disputes[i] = m.ID, string(m.Kind), m.SessionID, m.RefundID, m.DisputeID
				amounts[i], fees[i], ours[i], at[i] = m.AmountFen, m.FeeFen, m.PaymentID, m.At.UTC().Format(time.RFC3339Nano)
				place[m.ID] = m
			}
			var fresh []string
			err := c.tx.SelectContext(ctx, &fresh, `
				INSERT INTO provider_movement (provider, id, kind, session_id, refund_id, dispute_id, amount_fen, fee_fen, payment_id, at)
				SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::bigint[], $10::timestamptz[])
				ON CONFLICT (provider, id) DO NOTHING RETURNING id`,
				provider, pq.Array(ids), pq.Array(kinds), pq.Array(sessions), pq.Array(refunds), pq.Array(disputes),
				pq.Array(amounts), pq.Array(fees), pq.Array(ours), pq.Array(at))
			if err != nil {
				return fmt.Errorf("write movements of %s: %w", provider, err)
			}
			slices.Sort(fresh)
			for _, id := range fresh {
				m := place[id]
				fee := m.FeeFen
				if m.Kind == gateway.MovedFee {
					fee -= m.AmountFen
				}
				if fee != 0 {
					c.post("gateway.fee", "bt:"+provider+":"+id, m.At, ledger.Debit(ledger.GatewayFees(), fee), ledger.Credit(ledger.Clearing(provider), fee))
				}
				if m.Kind == gateway.MovedPayout && m.AmountFen != 0 {
					c.post("gateway.payout", "bt:"+provider+":"+id+":payout", m.At,
						ledger.Debit(ledger.ProviderTransit(provider), -m.AmountFen), ledger.Credit(ledger.Clearing(provider), -m.AmountFen))
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// reconcileGateway compares the clearing account with the provider's own books, entry by entry and in sum.
func (s *Service) reconcileGateway(ctx context.Context, g gateway.Audited, out *payments.Reconciliation) error {
	state := payments.ClearingState{Gateway: g.Name()}
	var since time.Time
	err := s.db.GetContext(ctx, &since, `SELECT coalesce(max(at), 'epoch') FROM provider_movement WHERE provider = $1`, g.Name())
	if err != nil {
		return fmt.Errorf("read movements of %s: %w", g.Name(), err)
	}
	if since = since.Add(-movementOverlap); since.Year() < 2000 {
		since = time.Time{}
	}
	moves, err := g.Movements(ctx, since)
	switch {
	case errors.Is(err, gateway.ErrUnknown):
		out.Differences = append(out.Differences, payments.Difference{Kind: "clearing.silent", Object: g.Name(), Since: out.RanAt, Act: payments.ActOperator})
	case err != nil:
		return fmt.Errorf("read books of %s: %w", g.Name(), err)
	default:
		state.Answered = true
		if err := s.keepMovements(ctx, g.Name(), moves); err != nil {
			return err
		}
		s.fault("movements kept")
		s.followDisputes(ctx, g, moves)
	}
	tx, err := s.db.BeginTxx(ctx, readOnlySnapshot)
	if err != nil {
		return fmt.Errorf("begin comparison: %w", err)
	}
	defer tx.Rollback() // it only read
	if state.LedgerFen, err = ledger.Derived(ctx, tx, ledger.KindClearing+g.Name()); err != nil {
		return err
	}
	if state.TransitFen, err = ledger.Derived(ctx, tx, ledger.KindProviderTransit+g.Name()); err != nil {
		return err
	}
	err = tx.QueryRowxContext(ctx, `
		SELECT coalesce(sum(amount_fen - fee_fen), 0)::bigint, coalesce(sum(fee_fen - CASE WHEN kind = 'fee' THEN amount_fen ELSE 0 END), 0)::bigint
		FROM provider_movement WHERE provider = $1`, g.Name()).Scan(&state.ProviderFen, &state.FeesFen)
	if err != nil {
		return fmt.Errorf("sum movements of %s: %w", g.Name(), err)
	}
	differences, err := compareMovements(ctx, tx, g.Name(), out.RanAt.Add(-verifyLag), state.Answered)
	if err != nil {
		return err
	}
	out.Differences = append(out.Differences, differences...)
	if len(differences) == 0 && state.Answered && state.LedgerFen != state.ProviderFen {
		out.Differences = append(out.Differences, payments.Difference{Kind: "clearing.balance", Object: g.Name(), OursFen: state.LedgerFen,
			TheirsFen: state.ProviderFen, Since: out.RanAt, Act: payments.ActOperator})
	}
	out.Clearing = append(out.Clearing, state)
	return nil
}

// followDisputes looks at the disputes that moved money, because their webhooks may have been lost.
func (s *Service) followDisputes(ctx context.Context, g gateway.Audited, moves []gateway.Movement) {
	hooks, ok := g.(gateway.Webhooks)
	if !ok {
		return
	}
	seen := map[string]bool{}
	for _, m := range moves {
		if m.DisputeID == "" || seen[m.DisputeID] {
			continue
		}
		seen[m.DisputeID] = true
		if _, err := s.handleDispute(ctx, eventRow{Provider: g.Name(), DisputeID: m.DisputeID}, hooks); err != nil {
			s.log.Warn("dispute has to wait", "gateway", g.Name(), "dispute", m.DisputeID, "error", err)
		}
	}
}

// compareMovements lists the differences between the module's and a provider's payments, refunds and disputes. Movements
// after recent are left out: their webhooks may be on the way.
func compareMovements(ctx context.Context, tx *sqlx.Tx, provider string, recent time.Time, answered bool) ([]payments.Difference, error) {
	var rows []struct {
		Object string    `db:"object"`
		Ref    string    `db:"ref"`
		Ours   int64     `db:"ours"`
		Theirs int64     `db:"theirs"`
		At     time.Time `db:"at"`
		Here   bool      `db:"here"`
		There  bool      `db:"there"`
	}
	// An object is a session, a refund or a dispute; a refund that came back counts for nothing on both sides.
	err := tx.SelectContext(ctx, &rows, `
		WITH ours AS (
			SELECT 'payment' AS kind, p.provider_id AS key, p.id AS payment, 'payment:' || p.id AS object, p.ref, p.amount_fen AS fen, p.succeeded_at AS at
			FROM payment p WHERE p.method = $1 AND p.state = 'succeeded'
			UNION ALL
			SELECT 'refund', f.provider_id, 0, 'refund:' || f.id, f.ref, -f.amount_fen, f.done_at
			FROM refund f JOIN payment p ON p.id = f.payment_id WHERE p.method = $1 AND f.state = 'succeeded' AND NOT f.by_bank
			UNION ALL
			SELECT 'dispute', d.provider_id, 0, 'dispute:' || d.id, d.ref, CASE WHEN d.state IN ('open', 'lost') THEN -d.amount_fen ELSE 0 END, d.opened_at
			FROM dispute d WHERE d.method = $1),
		theirs AS (
			SELECT m.kind, CASE m.kind WHEN 'refund' THEN m.refund_id WHEN 'dispute' THEN m.dispute_id
			              ELSE coalesce(nullif(m.session_id, ''), (SELECT p.provider_id FROM payment p WHERE p.id = m.payment_id AND p.method = $1), m.id) END AS key,
			       sum(m.amount_fen)::bigint AS fen, max(m.at) AS at
			FROM provider_movement m WHERE m.provider = $1 AND m.kind IN ('payment', 'refund', 'dispute') GROUP BY 1, 2)
		SELECT coalesce(o.object, t.kind || ' ' || t.key) AS object, coalesce(o.ref, '') AS ref, coalesce(o.fen, 0) AS ours, coalesce(t.fen, 0) AS theirs,
		       coalesce(o.at, t.at) AS at, o.key IS NOT NULL AS here, t.key IS NOT NULL AS there
		FROM ours o FULL JOIN theirs t ON t.kind = o.kind AND t.key = o.key
		WHERE coalesce(o.fen, 0) <> coalesce(t.fen, 0) ORDER BY at LIMIT 500`, provider)
	if err != nil {
		return nil, fmt.Errorf("compare with %s: %w", provider, err)
	}
	var out []payments.Difference
	for _, r := range rows {
		kind, name := payments.MovementDifference(r.Here, r.There, r.At, recent, answered)
		if !name {
			continue
		}
		out = append(out, payments.Difference{Kind: kind, Object: r.Object, Ref: r.Ref, OursFen: r.Ours, TheirsFen: r.Theirs, Since: r.At.UTC(), Act: payments.ActOperator})
	}
	return out, nil
}

// differ reads differences of one kind: object, ref, ours, theirs, since.
func differ(ctx context.Context, tx *sqlx.Tx, out *payments.Reconciliation, kind, act, query string, args ...any) error {
	rows, err := tx.QueryxContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("look for %s: %w", kind, err)
	}
	defer rows.Close()
	for rows.Next() {
		d := payments.Difference{Kind: kind, Act: act}
		if err := rows.Scan(&d.Object, &d.Ref, &d.OursFen, &d.TheirsFen, &d.Since); err != nil {
			return fmt.Errorf("look for %s: %w", kind, err)
		}
		d.Since = d.Since.UTC()
		out.Differences = append(out.Differences, d)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("look for %s: %w", kind, err)
	}
	return nil
}

// covered reports whether an imported statement covers a day.
const covered = `EXISTS (SELECT FROM bank_statement_file s WHERE s.from_on <= %[1]s AND s.to_on >= %[1]s)`

// reconcileBank compares the account at the bank with its statements.
func (s *Service) reconcileBank(ctx context.Context, out *payments.Reconciliation) error {
	tx, err := s.db.BeginTxx(ctx, readOnlySnapshot)
	if err != nil {
		return fmt.Errorf("begin comparison: %w", err)
	}
	defer tx.Rollback() // it only read
	if out.BankFen, err = ledger.Derived(ctx, tx, ledger.KindBank); err != nil {
		return err
	}
	if out.SuspenseFen, err = ledger.Derived(ctx, tx, ledger.KindSuspense); err != nil {
		return err
	}
	out.SuspenseFen = -out.SuspenseFen
	if out.CashFen, err = ledger.Derived(ctx, tx, ledger.KindCash); err != nil {
		return err
	}
	var to []time.Time
	if err := tx.SelectContext(ctx, &to, `SELECT to_on FROM bank_statement_file ORDER BY to_on DESC LIMIT 1`); err != nil {
		return fmt.Errorf("read statements: %w", err)
	}
	if len(to) > 0 {
		d := dateTime(to[0])
		out.CoveredTo = &d
	}
	for _, look := range []struct{ kind, act, query string }{
		{"bank.suspense", payments.ActOperator, `
			SELECT l.bank_ref, coalesce((SELECT p.ref FROM payment p WHERE p.id = l.payment_id), ''), 0::bigint, l.amount_fen, l.created_at
			FROM bank_statement_line l WHERE l.state = 'suspense' ORDER BY l.id LIMIT 200`},
		{"bank.doubtful", payments.ActOperator, `
			SELECT bank_ref, '', 0::bigint, fen, created_at FROM bank_doubtful_line WHERE state = 'open' ORDER BY id LIMIT 200`},
		{"bank.outgoing", payments.ActOperator, `
			SELECT bank_ref, '', 0::bigint, -amount_fen, created_at FROM bank_outgoing_line WHERE state = 'open' ORDER BY id LIMIT 200`},
		{"bank.by_hand", payments.ActOperator, `
			SELECT l.bank_ref, coalesce((SELECT p.ref FROM payment p WHERE p.id = l.payment_id), ''), l.amount_fen, 0::bigint, l.created_at
			FROM bank_statement_line l WHERE NOT l.in_file AND ` + fmt.Sprintf(covered, "l.paid_on") + ` ORDER BY l.id LIMIT 200`},
		{"bank.refund_missing", payments.ActOperator, `
			SELECT 'refund:' || f.id, f.ref, -f.amount_fen, 0::bigint, f.done_at
			FROM refund f JOIN payment p ON p.id = f.payment_id
			JOIN LATERAL (SELECT (t.occurred_at AT TIME ZONE 'Asia/Shanghai')::date AS on_day FROM ledger_txn t
			              WHERE t.business_key LIKE 'refund:' || f.id || ':done%' ORDER BY t.id DESC LIMIT 1) b ON true
			WHERE f.by_bank AND f.state = 'succeeded' AND f.bank_ref <> '' AND p.method <> 'cash' AND ` + fmt.Sprintf(covered, "b.on_day") + `
			  AND NOT EXISTS (SELECT FROM bank_outgoing_line o WHERE o.explained_as = 'refund:' || f.id) ORDER BY f.id LIMIT 200`},
		{"bank.return_missing", payments.ActOperator, `
			SELECT l.return_ref, '', -l.amount_fen, 0::bigint, l.created_at FROM bank_statement_line l
			WHERE l.state = 'returned' AND l.return_ref <> '' AND ` + fmt.Sprintf(covered, "l.returned_on") + `
			  AND NOT EXISTS (SELECT FROM bank_outgoing_line o WHERE o.explained_as = 'return:' || l.id) ORDER BY l.id LIMIT 200`},
		{"bank.banking_missing", payments.ActOperator, `
			SELECT b.slip, '', b.amount_fen, 0::bigint, b.created_at FROM cash_banking b
			WHERE b.reversed_at IS NULL AND ` + fmt.Sprintf(covered, "b.paid_on") + ` AND NOT EXISTS (SELECT FROM bank_statement_line l WHERE l.booked_as = 'banking:' || b.id)
			ORDER BY b.id LIMIT 200`},
		{"bank.org_missing", payments.ActOperator, `
			SELECT p.no, '', -p.amount_fen, 0::bigint, p.recorded_at FROM org_payout p
			WHERE p.bank_ref <> '' AND ` + fmt.Sprintf(covered, "p.paid_on") + `
			  AND NOT EXISTS (SELECT FROM bank_outgoing_line o WHERE o.explained_as = 'org:' || p.no) ORDER BY p.id LIMIT 200`},
		{"bank.org_return_missing", payments.ActOperator, `
			SELECT p.no, '', p.amount_fen, 0::bigint, p.recorded_at FROM org_payout p
			WHERE p.state = 'returned' AND ` + fmt.Sprintf(covered, "p.returned_on") + `
			  AND NOT EXISTS (SELECT FROM bank_statement_line l WHERE l.booked_as = 'org_return:' || p.id) ORDER BY p.id LIMIT 200`},
	} {
		if err := differ(ctx, tx, out, look.kind, look.act, look.query); err != nil {
			return err
		}
	}
	batches, err := readBatchesToShow(ctx, tx)
	if err != nil {
		return err
	}
	for _, b := range batches {
		if out.CoveredTo != nil && !b.On.After(out.CoveredTo.AddDate(0, 0, 1)) {
			out.Differences = append(out.Differences, payments.Difference{Kind: "bank.payout_missing", Object: b.No, OursFen: -b.Left, Since: b.On.UTC(), Act: payments.ActOperator})
		}
	}
	return nil
}

// listWaiting lists everything that has waited for a person for too long.
func (s *Service) listWaiting(ctx context.Context, out *payments.Reconciliation) error {
	tx, err := s.db.BeginTxx(ctx, readOnlySnapshot)
	if err != nil {
		return fmt.Errorf("begin comparison: %w", err)
	}
	defer tx.Rollback() // it only read
	long := out.RanAt.Add(-patience)
	for _, look := range []struct {
		kind, act, query string
		before           time.Time
	}{
		{"dispute.open", payments.ActOperator, `
			SELECT 'dispute:' || d.id, d.ref, 0::bigint, -d.amount_fen, d.opened_at FROM dispute d WHERE d.state IN ('open', 'inquiry') AND d.opened_at <= $1 ORDER BY d.id LIMIT 200`, out.RanAt},
		{"refund.review", payments.ActApprover, `
			SELECT 'refund:' || f.id, f.ref, f.amount_fen, 0::bigint, f.created_at FROM refund f WHERE f.state = 'review' AND f.created_at <= $1 ORDER BY f.id LIMIT 200`, out.RanAt},
		{"refund.by_bank", payments.ActOperator, `
			SELECT 'refund:' || f.id, f.ref, f.amount_fen, 0::bigint, f.created_at FROM refund f WHERE f.state = 'by_bank' AND f.created_at <= $1 ORDER BY f.id LIMIT 200`, long},
		{"org.proposed", payments.ActApprover, `
			SELECT p.no, '', p.amount_fen, 0::bigint, p.proposed_at FROM org_payout p WHERE p.state = 'proposed' AND p.proposed_at <= $1 ORDER BY p.id LIMIT 200`, long},
		{"org.approved", payments.ActOperator, `
			SELECT p.no, '', p.amount_fen, 0::bigint, p.decided_at FROM org_payout p WHERE p.state = 'approved' AND p.decided_at <= $1 ORDER BY p.id LIMIT 200`, long},
		{"refund.unknown", payments.ActOperator, `
			SELECT 'refund:' || f.id, f.ref, f.amount_fen, 0::bigint, f.created_at FROM refund f WHERE f.state IN ('sending', 'unknown') AND f.created_at <= $1 ORDER BY f.id LIMIT 200`, long},
		{"payment.late", payments.ActOperator, `
			SELECT 'payment:' || p.id, p.ref, p.amount_fen, 0::bigint, p.succeeded_at FROM payment p
			WHERE p.late AND p.state = 'succeeded' AND p.succeeded_at <= $1
			  AND p.amount_fen > coalesce((SELECT sum(f.amount_fen) FROM refund f WHERE f.payment_id = p.id AND f.state <> 'failed'), 0) ORDER BY p.id LIMIT 200`, out.RanAt.Add(-time.Hour)},
		{"provider.transit", payments.ActOperator, `
			SELECT m.id, '', -m.amount_fen, 0::bigint, m.at FROM provider_movement m
			WHERE m.kind = 'payout' AND m.amount_fen < 0 AND m.at <= $1
			  AND NOT EXISTS (SELECT FROM bank_statement_line l WHERE l.booked_as = 'provider_payout:' || m.provider || '/' || m.id) ORDER BY m.at LIMIT 200`, out.RanAt.Add(-transitPatience)},
		{"provider.other", payments.ActOperator, `
			SELECT m.id, '', 0::bigint, m.amount_fen, m.at FROM provider_movement m WHERE m.kind = 'other' AND m.amount_fen <> 0 AND m.at <= $1 ORDER BY m.at LIMIT 200`, out.RanAt},
	} {
		if err := differ(ctx, tx, out, look.kind, look.act, look.query, look.before); err != nil {
			return err
		}
	}
	if out.CashFen > 0 {
		box, err := s.Cashbox(link.System(ctx, "reconciliation"), payments.CashboxRequest{Limit: 1})
		if err != nil {
			return err
		}
		if box.OldestAt != nil && box.OldestAt.Before(long) {
			out.Differences = append(out.Differences, payments.Difference{Kind: "cash.unbanked", Object: "cash", OursFen: out.CashFen, Since: *box.OldestAt, Act: payments.ActClerk})
		}
	}
	return nil
}

type reconciliationRow struct {
	ID     int64  `db:"id"`
	Result []byte `db:"result"`
}

func (r reconciliationRow) out() (payments.Reconciliation, error) {
	var out payments.Reconciliation
	if err := json.Unmarshal(r.Result, &out); err != nil {
		return out, fmt.Errorf("decode reconciliation %d: %w", r.ID, err)
	}
	out.ID = r.ID
	return out, nil
}

// Reconciliation is one comparison, or the latest. Before the first there is an empty one, that ran never.
func (s *Service) Reconciliation(ctx context.Context, r payments.ReconciliationRef) (payments.Reconciliation, error) {
	if _, err := need(ctx, county...); err != nil {
		return payments.Reconciliation{}, err
	}
	var row reconciliationRow
	err := get(ctx, s.db, &row, `SELECT id, result FROM reconciliation WHERE id = $1 OR $1 = 0 ORDER BY id DESC LIMIT 1`, r.ID)
	if missing(err) && r.ID == 0 {
		return payments.Reconciliation{Clearing: []payments.ClearingState{}, Differences: []payments.Difference{}}, nil
	}
	if missing(err) {
		return payments.Reconciliation{}, link.E(link.NotFound, "recon.unknown", "")
	}
	if err != nil {
		return payments.Reconciliation{}, fmt.Errorf("read reconciliation %s: %w", strconv.FormatInt(r.ID, 10), err)
	}
	return row.out()
}

// Reconciliations lists comparisons without their differences, newest first.
func (s *Service) Reconciliations(ctx context.Context, r payments.ReconciliationsRequest) (payments.Reconciliations, error) {
	out := payments.Reconciliations{Items: []payments.Reconciliation{}}
	if _, err := need(ctx, county...); err != nil {
		return out, err
	}
	before, err := paging.ID("reconciliations", r.Cursor)
	if err != nil {
		return out, err
	}
	n, err := paging.Size(r.Limit, defaultLimit, 200)
	if err != nil {
		return out, err
	}
	if err := s.db.GetContext(ctx, &out.Total, `SELECT count(*) FROM reconciliation`); err != nil {
		return out, fmt.Errorf("count reconciliations: %w", err)
	}
	var rows []reconciliationRow
	err = s.db.SelectContext(ctx, &rows, `SELECT id, result - 'differences' AS result FROM reconciliation WHERE $1 = 0 OR id < $1 ORDER BY id DESC LIMIT $2`, before, n+1)
	if err != nil {
		return out, fmt.Errorf("read reconciliations: %w", err)
	}
	if len(rows) > n {
		rows = rows[:n]
		out.Cursor = paging.After("reconciliations", rows[n-1].ID)
	}
	for _, row := range rows {
		one, err := row.out()
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, one)
	}
	return out, nil
}
