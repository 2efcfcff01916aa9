package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
	"banmuyuan/payments/ledger"
)

// verifyLag is how long something may be on its way before it counts as lost.
const verifyLag = time.Minute

// Verify recomputes all invariants on one snapshot and lists the violations.
func (s *Service) Verify(ctx context.Context, _ payments.None) (payments.Findings, error) {
	if _, err := need(ctx); err != nil {
		return payments.Findings{}, err
	}
	out := payments.Findings{Items: []payments.Finding{}}
	add := func(check, object, detail string) {
		out.Items = append(out.Items, payments.Finding{Check: check, Object: object, Detail: detail})
	}
	tx, err := s.db.BeginTxx(ctx, readOnlySnapshot)
	if err != nil {
		return out, fmt.Errorf("begin verification: %w", err)
	}
	defer tx.Rollback() // it only read
	faults, err := ledger.Verify(ctx, tx)
	if err != nil {
		return out, err
	}
	for _, query := range slices.Concat(moneyChecks, poolChecks, villageChecks, reversalChecks, orgChecks, accountChecks) {
		found, err := ledger.Check(ctx, tx, query)
		if err != nil {
			return out, fmt.Errorf("verify payments: %w", err)
		}
		faults = append(faults, found...)
	}
	for _, f := range faults {
		add(f.Check, f.Object, f.Detail)
	}
	if err := verifyPools(ctx, tx, add); err != nil {
		return out, err
	}
	sealed, err := SealSamples(ctx, tx, s.keys)
	if err != nil {
		return out, err
	}
	for object, err := range sealed {
		add("keys.sample", object, err.Error())
	}
	waiting, oldest, dead, err := link.Backlog(ctx, s.db)
	if err != nil {
		return out, err
	}
	if oldest > verifyLag {
		add("events.unpublished", "outbox", fmt.Sprintf("%d wait, the oldest for %s", waiting, oldest.Round(time.Second)))
	}
	if dead > 0 {
		add("events.dead", "dead_letter", fmt.Sprintf("%d commands were given up", dead))
	}
	for _, g := range s.order {
		audited, ok := g.(gateway.Audited)
		if !ok {
			continue
		}
		if err := s.compareBooks(ctx, tx, audited, add); err != nil {
			return out, err
		}
	}
	return out, nil
}

// moneyChecks each list (check, object, detail) of violations.
var moneyChecks = []string{`
	SELECT 'payouts.cooling' AS check, 'payout_item:' || i.id AS object, 'paid to an account before its time' AS detail
	FROM payout_item i JOIN payout_batch b ON b.id = i.batch_id JOIN payout_account a ON a.id = i.account_id
	WHERE b.created_at < a.pay_from LIMIT 100`, `
	SELECT 'refunds.within_payment' AS check, 'payment:' || p.id AS object, 'paid ' || p.amount_fen || ', refunds ' || sum(f.amount_fen) AS detail
	FROM payment p JOIN refund f ON f.payment_id = p.id AND f.state <> 'failed'
	GROUP BY p.id HAVING sum(f.amount_fen) > p.amount_fen OR p.state <> 'succeeded' LIMIT 100`, `
	SELECT 'payments.posted', 'payment:' || p.id, 'succeeded and not in the ledger'
	FROM payment p WHERE p.state = 'succeeded'
	  AND NOT EXISTS (SELECT FROM ledger_txn t WHERE t.business_key = 'pay:' || p.id || ':succeeded')
	  AND NOT EXISTS (SELECT FROM cash_receipt c JOIN ledger_txn t ON t.business_key = 'cash:' || c.receipt WHERE c.payment_id = p.id)
	LIMIT 100`, `
	SELECT 'refunds.owed', r.ref, 'owed back ' || -coalesce(b.balance, 0) || ', refunds on their way ' || coalesce(f.fen, 0) || ', undecided ' || coalesce(l.fen, 0)
	FROM ref r
	LEFT JOIN ledger_account a ON a.code = 'refund_payable:' || r.ref LEFT JOIN ledger_balance b ON b.account_id = a.id
	LEFT JOIN (SELECT ref, sum(amount_fen) AS fen FROM refund WHERE state NOT IN ('succeeded', 'failed') GROUP BY ref) f ON f.ref = r.ref
	LEFT JOIN (SELECT p.ref, sum(p.amount_fen - coalesce((SELECT sum(x.amount_fen) FROM refund x WHERE x.payment_id = p.id AND x.state <> 'failed'), 0)) AS fen
	           FROM payment p WHERE p.state = 'succeeded' AND p.late GROUP BY p.ref) l ON l.ref = r.ref
	WHERE -coalesce(b.balance, 0) <> coalesce(f.fen, 0) + coalesce(l.fen, 0) LIMIT 100`, `
	SELECT 'refs.billed', r.ref, 'billed ' || r.billed_fen || ', deliveries ' || coalesce(d.fen, 0)
	FROM ref r LEFT JOIN (SELECT ref, sum(gross_fen) AS fen FROM delivery WHERE NOT reversed GROUP BY ref) d ON d.ref = r.ref
	WHERE r.billed_fen <> coalesce(d.fen, 0) LIMIT 100`, `
	SELECT 'refs.finished', r.ref, 'closed, but a deposit of ' || -b.balance || ' is still kept'
	FROM ref r JOIN ledger_account a ON a.code = 'deposit:' || r.ref JOIN ledger_balance b ON b.account_id = a.id
	WHERE (r.closed OR r.cancelled) AND b.balance <> 0 LIMIT 100`, `
	SELECT 'payables.pending', 'household:' || coalesce(p.household::text, a.party_id), 'payables ' || coalesce(p.fen, 0) || ', ledger ' || -coalesce(a.balance, 0)
	FROM (SELECT household, sum(amount_fen) AS fen FROM payable WHERE state = 'pending' GROUP BY household) p
	FULL JOIN (SELECT a.party_id, b.balance FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id WHERE a.kind = 'payable_pending') a
	     ON a.party_id = p.household::text
	WHERE coalesce(p.fen, 0) <> -coalesce(a.balance, 0) LIMIT 100`, `
	SELECT 'payables.owed', 'household:' || coalesce(p.household::text, a.party_id), 'payables ' || coalesce(p.fen, 0) || ', ledger ' || -coalesce(a.balance, 0)
	FROM (SELECT p.household, sum(p.amount_fen) AS fen FROM payable p LEFT JOIN payout_item i ON i.id = p.payout_item
	      WHERE p.amount_fen > 0 AND (p.state = 'released' OR (p.state = 'batched' AND i.state = 'ready')) GROUP BY p.household) p
	FULL JOIN (SELECT a.party_id, b.balance FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id WHERE a.kind = 'payable') a
	     ON a.party_id = p.household::text
	WHERE coalesce(p.fen, 0) <> -coalesce(a.balance, 0) LIMIT 100`, `
	SELECT 'payables.overpaid', 'household:' || coalesce(p.household::text, a.party_id), 'to keep back ' || coalesce(p.fen, 0) || ', ledger ' || coalesce(a.balance, 0)
	FROM (SELECT p.household, -sum(p.amount_fen) AS fen FROM payable p LEFT JOIN payout_item i ON i.id = p.payout_item
	      WHERE p.amount_fen < 0 AND (p.state = 'released' OR (p.state = 'batched' AND i.state = 'ready')) GROUP BY p.household) p
	FULL JOIN (SELECT a.party_id, b.balance FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id WHERE a.kind = 'receivable_household') a
	     ON a.party_id = p.household::text
	WHERE coalesce(p.fen, 0) <> coalesce(a.balance, 0) LIMIT 100`, `
	SELECT 'payables.raisers', 'org:' || coalesce(p.agent::text, a.party_id), 'payables less what was paid ' || coalesce(p.fen, 0) || ', ledger ' || -coalesce(a.balance, 0)
	FROM (SELECT agent, sum(fen) AS fen FROM (
	          SELECT agent, agent_fen AS fen FROM payable WHERE agent <> 0 AND state <> 'reversed'
	          UNION ALL SELECT org, -amount_fen FROM org_payout WHERE account = 'raiser' AND state = 'paid') m GROUP BY agent) p
	FULL JOIN (SELECT a.party_id, sum(b.balance) AS balance FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
	           WHERE a.kind IN ('payable_raiser', 'receivable_raiser') GROUP BY a.party_id) a ON a.party_id = p.agent::text
	WHERE coalesce(p.fen, 0) <> -coalesce(a.balance, 0) LIMIT 100`, `
	SELECT 'deliveries.divided', 'delivery:' || d.delivery_id, 'gross ' || d.gross_fen || ' less fee ' || d.fee_fen || ' and raisers ' || d.agent_fen || ', households have ' || coalesce(p.fen, 0) || ', raisers ' || coalesce(p.agent, 0)
	FROM delivery d LEFT JOIN (SELECT delivery_id, sum(amount_fen) AS fen, sum(agent_fen) AS agent FROM payable WHERE gross_fen >= 0 GROUP BY delivery_id) p ON p.delivery_id = d.delivery_id
	WHERE NOT d.reversed AND (d.gross_fen - d.fee_fen - d.agent_fen <> coalesce(p.fen, 0) OR d.agent_fen <> coalesce(p.agent, 0)) LIMIT 100`, `
	SELECT 'payouts.items', 'item:' || i.id, 'amount ' || i.amount_fen || ', its payables ' || coalesce(p.fen, 0)
	FROM payout_item i JOIN payout_batch b ON b.id = i.batch_id
	LEFT JOIN (SELECT payout_item, sum(amount_fen) AS fen FROM payable WHERE payout_item IS NOT NULL GROUP BY payout_item) p ON p.payout_item = i.id
	WHERE i.state IN ('ready', 'sent', 'paid') AND b.state <> 'rejected' AND i.amount_fen <> coalesce(p.fen, 0) LIMIT 100`, `
	SELECT 'payouts.states', 'item:' || i.id, 'is ' || i.state || ', a payable of it ' || p.state
	FROM payout_item i JOIN payable p ON p.payout_item = i.id
	WHERE (i.state, p.state) NOT IN (('ready', 'batched'), ('sent', 'batched'), ('paid', 'paid')) LIMIT 100`, `
	SELECT 'payouts.transit', b.no, 'in transit ' || -coalesce(x.balance, 0) || ', items on their way ' || coalesce(i.fen, 0)
	FROM payout_batch b
	LEFT JOIN ledger_account a ON a.code = 'payout_transit:batch:' || b.id LEFT JOIN ledger_balance x ON x.account_id = a.id
	LEFT JOIN (SELECT batch_id, sum(amount_fen) AS fen FROM payout_item WHERE state = 'sent' GROUP BY batch_id) i ON i.batch_id = b.id
	WHERE -coalesce(x.balance, 0) <> coalesce(i.fen, 0) LIMIT 100`, `
	SELECT 'payouts.second_person', b.no, 'created and approved by ' || b.created_by
	FROM payout_batch b WHERE b.decided_by <> '' AND b.decided_by = b.created_by LIMIT 100`, `
	SELECT 'bank.suspense', 'suspense', 'ledger ' || -x.fen || ', lines ' || y.fen
	FROM (SELECT coalesce(sum(e.amount), 0) AS fen FROM ledger_account a JOIN ledger_entry e ON e.account_id = a.id WHERE a.kind = 'suspense') x,
	     (SELECT coalesce(sum(amount_fen), 0) AS fen FROM bank_statement_line WHERE state = 'suspense') y
	WHERE -x.fen <> y.fen`, `
	SELECT 'bank.parts', 'line:' || l.id, 'line ' || l.amount_fen || ', its parts ' || coalesce(p.fen, 0)
	FROM bank_statement_line l LEFT JOIN (SELECT part_of, sum(amount_fen) AS fen FROM bank_statement_line WHERE part_of IS NOT NULL GROUP BY part_of) p ON p.part_of = l.id
	WHERE (l.state = 'split' AND coalesce(p.fen, 0) <> l.amount_fen OR l.state <> 'split' AND p.fen IS NOT NULL) LIMIT 100`, `
	SELECT 'cash.box', 'cash', 'ledger ' || x.fen || ', receipts less what left ' || y.fen
	FROM (SELECT coalesce(sum(e.amount), 0) AS fen FROM ledger_account a JOIN ledger_entry e ON e.account_id = a.id WHERE a.kind = 'cash:site') x,
	     (SELECT coalesce((SELECT sum(amount_fen) FROM cash_receipt WHERE org = 0), 0) - coalesce((SELECT sum(amount_fen) FROM cash_banking WHERE reversed_at IS NULL), 0)
	             - coalesce((SELECT sum(f.amount_fen) FROM refund f JOIN payment p ON p.id = f.payment_id WHERE p.method = 'cash' AND f.state = 'succeeded' AND f.till = 0), 0) AS fen) y
	WHERE x.fen <> y.fen`, `
	SELECT 'cash.till', 'org:' || coalesce(r.org::text, a.party_id), 'ledger ' || coalesce(a.balance, 0) || ', receipts less refunds ' || coalesce(r.fen, 0)
	FROM (SELECT org, sum(fen) AS fen FROM (
			SELECT org, amount_fen AS fen FROM cash_receipt WHERE org <> 0
			UNION ALL SELECT till, -amount_fen FROM refund WHERE till <> 0 AND state = 'succeeded') m GROUP BY org) r
	FULL JOIN (SELECT a.party_id, b.balance FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id WHERE a.kind = 'cash:till') a
	     ON a.party_id = r.org::text
	WHERE coalesce(a.balance, 0) <> coalesce(r.fen, 0) LIMIT 100`, `
	SELECT 'goods.taken_back', r.ref, 'billed ' || r.billed_fen || ', came back ' || b.fen || ', in the ledger ' || b.posted
	FROM (SELECT b.ref, sum(b.amount_fen) AS fen, coalesce(sum(e.amount), 0) AS posted
	      FROM take_back b LEFT JOIN ledger_txn t ON t.business_key = 'takeback:' || b.receipt
	      LEFT JOIN LATERAL (SELECT sum(e.amount) AS amount FROM ledger_entry e WHERE e.txn_id = t.id AND e.amount > 0) e ON true
	      GROUP BY b.ref) b JOIN ref r ON r.ref = b.ref
	WHERE b.fen > r.billed_fen OR b.fen <> b.posted LIMIT 100`, `
	SELECT 'disputes.withheld', d.ref, 'ledger ' || coalesce(x.balance, 0) || ', open disputes ' || d.fen
	FROM (SELECT ref, sum(CASE WHEN state = 'open' THEN amount_fen ELSE 0 END) AS fen FROM dispute GROUP BY ref) d
	LEFT JOIN ledger_account a ON a.code = 'dispute_receivable:' || d.ref LEFT JOIN ledger_balance x ON x.account_id = a.id
	WHERE coalesce(x.balance, 0) <> d.fen LIMIT 100`, `
	SELECT 'disputes.lost', 'loss:chargeback', 'ledger ' || x.fen || ', lost disputes less refunds that they were ' || y.fen
	FROM (SELECT coalesce(sum(e.amount), 0) AS fen FROM ledger_account a JOIN ledger_entry e ON e.account_id = a.id WHERE a.kind = 'loss:chargeback') x,
	     (SELECT coalesce((SELECT sum(amount_fen) FROM dispute WHERE state = 'lost'), 0)
	             - coalesce((SELECT sum(amount_fen) FROM refund WHERE failure_key = 'refund.by_dispute' AND state = 'succeeded'), 0) AS fen) y
	WHERE x.fen <> y.fen`, `
	SELECT 'refunds.second_person', 'refund:' || id, 'caused and approved by ' || caused_by
	FROM refund WHERE needs_approval AND approved_by <> '' AND approved_by = caused_by LIMIT 100`, `
	SELECT 'bank.booked', booked_as, 'statement lines ' || fen || ', booked ' || want
	FROM (SELECT l.booked_as, sum(l.amount_fen) AS fen, (SELECT b.amount_fen FROM cash_banking b WHERE 'banking:' || b.id = l.booked_as AND b.reversed_at IS NULL) AS want
	      FROM bank_statement_line l WHERE l.booked_as LIKE 'banking:%' GROUP BY l.booked_as) x
	WHERE want IS NULL OR fen > want LIMIT 100`}

// booksSpan is how far back a provider's books are read when everything is verified.
const booksSpan = 40 * 24 * time.Hour

// compareBooks compares the clearing account with the provider's own books: every movement but the latest is known here, and
// the account is their sum.
func (s *Service) compareBooks(ctx context.Context, tx *sqlx.Tx, g gateway.Audited, add func(check, object, detail string)) error {
	// The provider is read before our snapshot's account is summed: its later movements are in neither.
	since := s.now().Add(-booksSpan)
	moves, err := g.Movements(ctx, since)
	if errors.Is(err, gateway.ErrUnknown) {
		add("clearing.books", g.Name(), "the provider does not answer")
		return nil
	}
	if err != nil {
		return fmt.Errorf("read books of %s: %w", g.Name(), err)
	}
	var rows []struct {
		Kind    string    `db:"kind"`
		Key     string    `db:"key"`
		Payment int64     `db:"payment"`
		Amount  int64     `db:"amount"`
		At      time.Time `db:"at"`
	}
	err = tx.SelectContext(ctx, &rows, `
		SELECT 'payment' AS kind, provider_id AS key, id AS payment, amount_fen AS amount, succeeded_at AS at FROM payment WHERE method = $1 AND state = 'succeeded'
		UNION ALL
		SELECT 'refund', f.provider_id, 0, -f.amount_fen, f.done_at FROM refund f JOIN payment p ON p.id = f.payment_id
		WHERE p.method = $1 AND f.state = 'succeeded' AND NOT f.by_bank
		UNION ALL
		SELECT 'dispute', provider_id, 0, CASE WHEN state IN ('open', 'lost') THEN -amount_fen ELSE 0 END, opened_at FROM dispute WHERE method = $1`, g.Name())
	if err != nil {
		return fmt.Errorf("read payments through %s: %w", g.Name(), err)
	}
	type object struct {
		kind gateway.MovementKind
		key  string
	}
	ours := make(map[object]int64, len(rows))
	at := make(map[object]time.Time, len(rows))
	byPayment := make(map[int64]string, len(rows))
	var sum int64
	for _, r := range rows {
		o := object{gateway.MovementKind(r.Kind), r.Key}
		ours[o], at[o] = r.Amount, r.At
		if r.Payment != 0 {
			byPayment[r.Payment] = r.Key
		}
		sum += r.Amount
	}
	var without int64 // booked fees and payouts of the provider
	err = tx.GetContext(ctx, &without, `
		SELECT coalesce(sum(CASE WHEN kind IN ('fee', 'payout') THEN amount_fen ELSE 0 END - fee_fen), 0)::bigint FROM provider_movement WHERE provider = $1`, g.Name())
	if err != nil {
		return fmt.Errorf("sum movements of %s: %w", g.Name(), err)
	}
	clearing, err := ledger.Derived(ctx, tx, ledger.KindClearing+g.Name())
	if err != nil {
		return err
	}
	if clearing != sum+without {
		add("clearing.balance", g.Name(), fmt.Sprintf("ledger %d, payments less refunds, disputes, fees and payouts %d", clearing, sum+without))
	}
	recent := s.now().Add(-verifyLag)
	theirs := map[object]int64{}
	last := map[object]time.Time{}
	for _, m := range moves {
		o := object{m.Kind, m.SessionID}
		switch m.Kind {
		case gateway.MovedPayment:
			if o.key == "" {
				o.key = byPayment[m.PaymentID]
			}
			if o.key == "" {
				o.key = m.ID
			}
		case gateway.MovedRefund:
			o.key = m.RefundID
		case gateway.MovedDispute:
			o.key = m.DisputeID
		default:
			continue
		}
		theirs[o] += m.AmountFen
		last[o] = m.At
	}
	for o, amount := range theirs {
		mine, known := ours[o]
		switch {
		case known && mine != amount && (o.kind == gateway.MovedPayment || last[o].Before(recent)):
			add("clearing.amount", o.key, fmt.Sprintf("provider %d, we %d", amount, mine))
		case !known && amount != 0 && last[o].Before(recent):
			add("clearing.unknown", o.key, fmt.Sprintf("the provider moved %d and we did not book it", amount))
		}
		delete(ours, o)
	}
	for o, amount := range ours {
		if amount != 0 && at[o].After(since.Add(24*time.Hour)) {
			add("clearing.missing", o.key, fmt.Sprintf("we booked %d and the provider knows nothing of it", amount))
		}
	}
	return nil
}
