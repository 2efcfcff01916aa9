package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/internal/money"
	"banmuyuan/payments"
	"banmuyuan/payments/ledger"
)

var _ payments.OrgPayouts = (*Service)(nil)

type orgPayoutRow struct {
	ID              int64                   `db:"id"`
	No              string                  `db:"no"`
	Org             int64                   `db:"org"`
	Account         payments.OrgAccountKind `db:"account"`
	AmountFen       int64                   `db:"amount_fen"`
	Note            string                  `db:"note"`
	State           payments.OrgPayoutState `db:"state"`
	ProposedAt      time.Time               `db:"proposed_at"`
	ProposedBy      string                  `db:"proposed_by"`
	Proposer        int64                   `db:"proposer"`
	DecidedAt       sql.NullTime            `db:"decided_at"`
	DecidedBy       string                  `db:"decided_by"`
	Decider         int64                   `db:"decider"`
	Why             string                  `db:"why"`
	BankRef         string                  `db:"bank_ref"`
	PaidOn          sql.NullTime            `db:"paid_on"`
	ReturnedOn      sql.NullTime            `db:"returned_on"`
	RecordedAt      sql.NullTime            `db:"recorded_at"`
	RecordedBy      string                  `db:"recorded_by"`
	Reversals       int                     `db:"reversals"`
	ReturnReversals int                     `db:"return_reversals"`
	OnBank          bool                    `db:"on_bank"`
}

const orgPayoutColumns = `p.id, p.no, p.org, p.account, p.amount_fen, p.note, p.state, p.proposed_at, p.proposed_by, p.proposer, p.decided_at, p.decided_by,
	p.decider, p.why, p.bank_ref, p.paid_on, p.returned_on, p.recorded_at, p.recorded_by, p.reversals, p.return_reversals,
	EXISTS (SELECT FROM bank_outgoing_line l WHERE l.explained_as = 'org:' || p.no) AS on_bank`

func (r orgPayoutRow) of() orgAccount { return orgAccount{r.Account, r.Org} }

func (r orgPayoutRow) out() payments.OrgPayout {
	return payments.OrgPayout{ID: r.ID, No: r.No, Org: r.Org, Account: r.Account, AmountFen: r.AmountFen, Note: r.Note, State: r.State,
		ProposedAt: r.ProposedAt.UTC(), ProposedBy: r.ProposedBy, DecidedAt: timePtr(r.DecidedAt), DecidedBy: r.DecidedBy, Why: r.Why, BankRef: r.BankRef,
		PaidOn: dayPtr(r.PaidOn), ReturnedOn: dayPtr(r.ReturnedOn), RecordedAt: timePtr(r.RecordedAt), RecordedBy: r.RecordedBy, OnBank: r.OnBank}
}

// outFor leaves out the names of the county's people when the organisation itself reads.
func (r orgPayoutRow) outFor(own bool) payments.OrgPayout {
	o := r.out()
	if own {
		o.ProposedBy, o.DecidedBy, o.RecordedBy = "", "", ""
	}
	return o
}

func dayPtr(t sql.NullTime) *time.Time {
	if !t.Valid {
		return nil
	}
	d := dateTime(t.Time)
	return &d
}

// orgSees selects the payments that an organisation sees: from the approval on.
const orgSees = `p.state NOT IN ('proposed', 'rejected') AND p.account <> 'village'`

// OrgPayouts lists payments to organisations.
func (s *Service) OrgPayouts(ctx context.Context, f payments.OrgPayoutFilter) (payments.OrgPayoutPage, error) {
	own, org, err := needOrg(ctx, f.Org)
	if err != nil {
		return payments.OrgPayoutPage{}, err
	}
	before, err := paging.ID("org_payouts", f.Cursor)
	if err != nil {
		return payments.OrgPayoutPage{}, err
	}
	if err := f.Check(); err != nil {
		return payments.OrgPayoutPage{}, err
	}
	where := `($1 = 0 OR p.org = $1) AND (p.account = $2 OR $2 = '' AND ($1 = 0 OR p.account <> 'village')) AND ($3 = '' OR p.state = $3)`
	if own {
		where += ` AND ` + orgSees
	}
	args := []any{org, string(f.Account), string(f.State)}
	page := payments.OrgPayoutPage{Items: []payments.OrgPayout{}}
	err = s.db.QueryRowxContext(ctx, `SELECT count(*), coalesce(sum(p.amount_fen), 0)::bigint FROM org_payout p WHERE `+where, args...).Scan(&page.Total, &page.SumFen)
	if err != nil {
		return page, fmt.Errorf("count payments to organisations: %w", err)
	}
	n, err := paging.Size(f.Limit, defaultLimit, 200)
	if err != nil {
		return payments.OrgPayoutPage{}, err
	}
	var rows []orgPayoutRow
	err = s.db.SelectContext(ctx, &rows, `SELECT `+orgPayoutColumns+` FROM org_payout p WHERE `+where+` AND ($4 = 0 OR p.id < $4) ORDER BY p.id DESC LIMIT $5`,
		append(args, before, n+1)...)
	if err != nil {
		return page, fmt.Errorf("read payments to organisations: %w", err)
	}
	if len(rows) > n {
		rows = rows[:n]
		page.Cursor = paging.After("org_payouts", rows[n-1].ID)
	}
	for _, r := range rows {
		page.Items = append(page.Items, r.outFor(own))
	}
	return page, nil
}

func readOrgPayout(ctx context.Context, q queryer, id int64, lock string) (orgPayoutRow, error) {
	var r orgPayoutRow
	err := get(ctx, q, &r, `SELECT `+orgPayoutColumns+` FROM org_payout p WHERE p.id = $1 `+lock, id)
	if missing(err) {
		return r, link.E(link.NotFound, "orgpay.unknown", "")
	}
	if err != nil {
		return r, fmt.Errorf("read payment %d to an organisation: %w", id, err)
	}
	return r, nil
}

// OrgPayout is one payment.
func (s *Service) OrgPayout(ctx context.Context, q payments.OrgPayoutRef) (payments.OrgPayout, error) {
	own, org, err := needOrg(ctx, 0)
	if err != nil {
		return payments.OrgPayout{}, err
	}
	r, err := readOrgPayout(ctx, s.db, q.ID, "")
	if err != nil {
		return payments.OrgPayout{}, err
	}
	if own && (r.Org != org || r.Account == payments.OrgVillage || r.State == payments.OrgPayoutProposed || r.State == payments.OrgPayoutRejected) {
		return payments.OrgPayout{}, link.E(link.NotFound, "orgpay.unknown", "")
	}
	return r.outFor(own), nil
}

// ProposeOrgPayout asks the second person to pay an organisation.
func (s *Service) ProposeOrgPayout(ctx context.Context, r payments.ProposeOrgPayout) (payments.OrgPayout, error) {
	actor, err := need(ctx, roleOperator)
	if err != nil {
		return payments.OrgPayout{}, err
	}
	if r, err = r.Check(); err != nil {
		return payments.OrgPayout{}, err
	}
	key := fmt.Sprintf("%d:%s", actor.Account, r.IdempotencyKey)
	var out orgPayoutRow
	err = s.change(ctx, func(c *change) error {
		// One at a time: two would each find the money that is enough for one, numbers are counted, and the same key may be
		// on its way twice.
		if _, err := c.tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('payments org_payout', 0))`); err != nil {
			return fmt.Errorf("lock proposals: %w", err)
		}
		err := get(ctx, c.tx, &out, `SELECT `+orgPayoutColumns+` FROM org_payout p WHERE p.idem_key = $1`, key)
		if err == nil {
			if !r.Asks(out.out()) {
				return link.E(link.Conflict, "payment.key_reused", "idempotency_key")
			}
			return nil
		}
		if !missing(err) {
			return fmt.Errorf("look up proposal: %w", err)
		}
		free, err := c.freeFor(ctx, orgAccount{r.Account, r.Org})
		if err != nil {
			return err
		}
		if r.AmountFen > free {
			return link.E(link.Conflict, "orgpay.too_much", "amount_fen", "have", money.FormatYuan(max(free, 0)))
		}
		var id int64
		err = c.tx.GetContext(ctx, &id, `
			INSERT INTO org_payout (no, org, account, amount_fen, note, state, idem_key, proposed_at, proposed_by, proposer)
			SELECT 'DG' || $1 || '-' || lpad((count(*) + 1)::text, 2, '0'), $2, $3, $4, $5, $10, $6, $7, $8, $9
			FROM org_payout WHERE no LIKE 'DG' || $1 || '-%' RETURNING id`,
			c.now.In(china).Format("20060102"), r.Org, string(r.Account), r.AmountFen, r.Note, key, c.now, c.actor, actor.Account, payments.OrgPayoutProposed)
		if err != nil {
			return fmt.Errorf("write proposal: %w", err)
		}
		out, err = readOrgPayout(ctx, c.tx, id, "")
		return err
	})
	if err != nil {
		return payments.OrgPayout{}, err
	}
	return out.out(), nil
}

// onOrgPayout runs a step on a locked payment and returns the payment after it.
func (s *Service) onOrgPayout(ctx context.Context, id int64, do func(c *change, r orgPayoutRow) error) (payments.OrgPayout, error) {
	var out orgPayoutRow
	err := s.change(ctx, func(c *change) error {
		r, err := readOrgPayout(ctx, c.tx, id, "FOR UPDATE OF p")
		if err != nil {
			return err
		}
		if err := do(c, r); err != nil {
			return err
		}
		out, err = readOrgPayout(ctx, c.tx, id, "")
		return err
	})
	switch {
	case link.Constraint(err) == "org_payout_bank_ref":
		err = link.E(link.Conflict, "orgpay.bank_ref_used", "bank_ref").Because(err)
	case link.Constraint(err) == "org_payout_second_person":
		err = link.E(link.Forbidden, "orgpay.second_person", "").Because(err)
	}
	if err != nil {
		return payments.OrgPayout{}, err
	}
	return out.out(), nil
}

// DecideOrgPayout approves or rejects, by a second person. A proposal may exceed the sum that is left by now.
func (s *Service) DecideOrgPayout(ctx context.Context, r payments.DecideOrgPayout) (payments.OrgPayout, error) {
	actor, err := need(ctx, roleApprover)
	if err != nil {
		return payments.OrgPayout{}, err
	}
	if r, err = r.Check(); err != nil {
		return payments.OrgPayout{}, err
	}
	on := payments.OrgPayoutReject
	if r.Approve {
		on = payments.OrgPayoutApprove
	}
	return s.onOrgPayout(ctx, r.ID, func(c *change, p orgPayoutRow) error {
		switch {
		case c.same(actor, p.Proposer, p.ProposedBy):
			return link.E(link.Forbidden, "orgpay.second_person", "")
		case p.State == payments.OrgPayoutMachine.To(on) && c.same(actor, p.Decider, p.DecidedBy):
			return nil // sent twice
		}
		to, err := next(payments.OrgPayoutMachine, p.State, on, "")
		if err != nil {
			return err
		}
		if r.Approve {
			free, err := c.freeFor(ctx, p.of()) // this payment deducted
			if err != nil {
				return err
			}
			if free < 0 {
				return link.E(link.Conflict, "orgpay.less_now", "", "have", money.FormatYuan(max(free+p.AmountFen, 0)))
			}
		}
		c.decided("org_payout", p.ID, r.Approve)
		return c.exec(ctx, "decide payment to an organisation", `
			UPDATE org_payout SET state = $2, decided_at = $3, decided_by = $4, decider = $5, why = $6 WHERE id = $1`,
			p.ID, to, c.now, c.actor, actor.Account, r.Why)
	})
}

// RecordOrgPayout books the bank's payment. Goods may have come back since it was approved: the organisation owes the
// overpayment.
func (s *Service) RecordOrgPayout(ctx context.Context, r payments.RecordOrgPayout) (payments.OrgPayout, error) {
	actor, err := need(ctx, roleOperator)
	if err != nil {
		return payments.OrgPayout{}, err
	}
	if r, err = r.Check(s.now()); err != nil {
		return payments.OrgPayout{}, err
	}
	return s.onOrgPayout(ctx, r.ID, func(c *change, p orgPayoutRow) error {
		if p.State == payments.OrgPayoutPaid && p.BankRef == r.BankRef && day(dateTime(p.PaidOn.Time)) == day(r.PaidOn) {
			return nil // sent twice
		}
		to, err := next(payments.OrgPayoutMachine, p.State, payments.OrgPayoutRecord, "")
		switch {
		case err != nil:
			return err
		case c.same(actor, p.Decider, p.DecidedBy):
			return link.E(link.Forbidden, "orgpay.second_person", "")
		case day(r.PaidOn) < day(p.DecidedAt.Time):
			return link.E(link.Invalid, "orgpay.paid_on", "paid_on")
		}
		var taken bool
		err = c.tx.GetContext(ctx, &taken, `
			SELECT EXISTS (SELECT FROM refund WHERE bank_ref = $1) OR EXISTS (SELECT FROM bank_statement_line WHERE return_ref = $1)`, r.BankRef)
		if err != nil {
			return fmt.Errorf("look for reference %s: %w", r.BankRef, err)
		}
		if taken {
			return link.E(link.Conflict, "orgpay.bank_ref_used", "bank_ref")
		}
		if err := c.lockOrgs(ctx, p.of()); err != nil {
			return err
		}
		owed, overpaid, err := c.owedToOrg(ctx, p.of())
		if err != nil {
			return err
		}
		c.did("org_payout.paid", "org_payout", p.ID, "")
		payable, receivable := payments.OrgPayoutBooking(p.AmountFen, owed, overpaid)
		c.post("org.paid", again(fmt.Sprintf("orgpay:%d:paid", p.ID), p.Reversals), r.PaidOn,
			ledger.Debit(p.of().payable(), payable), ledger.Debit(p.of().receivable(), receivable), ledger.Credit(ledger.Bank(), p.AmountFen))
		return c.exec(ctx, "record payment to an organisation", `
			UPDATE org_payout SET state = $6, bank_ref = $2, paid_on = $3::date, recorded_at = $4, recorded_by = $5, why = '' WHERE id = $1`,
			p.ID, r.BankRef, day(r.PaidOn), c.now, c.actor, to)
	})
}

// FailOrgPayout ends a payment that the bank did not make.
func (s *Service) FailOrgPayout(ctx context.Context, r payments.FailOrgPayout) (payments.OrgPayout, error) {
	if _, err := need(ctx, roleOperator); err != nil {
		return payments.OrgPayout{}, err
	}
	r, err := r.Check()
	if err != nil {
		return payments.OrgPayout{}, err
	}
	return s.onOrgPayout(ctx, r.ID, func(c *change, p orgPayoutRow) error {
		if p.State == payments.OrgPayoutFailed && p.Why == r.Why {
			return nil // sent twice
		}
		to, err := next(payments.OrgPayoutMachine, p.State, payments.OrgPayoutFail, "")
		if err != nil {
			return err
		}
		c.did("org_payout.failed", "org_payout", p.ID, "")
		return c.exec(ctx, "end payment to an organisation", `
			UPDATE org_payout SET state = $5, why = $2, recorded_at = $3, recorded_by = $4 WHERE id = $1`, p.ID, r.Why, c.now, c.actor, to)
	})
}

// ReturnOrgPayout books that a payment came back: it is owed again.
func (s *Service) ReturnOrgPayout(ctx context.Context, r payments.ReturnOrgPayout) (payments.OrgPayout, error) {
	if _, err := need(ctx, roleOperator); err != nil {
		return payments.OrgPayout{}, err
	}
	r, err := r.Check(s.now())
	if err != nil {
		return payments.OrgPayout{}, err
	}
	return s.onOrgPayout(ctx, r.ID, func(c *change, p orgPayoutRow) error {
		if p.State == payments.OrgPayoutReturned && p.Why == r.Why {
			return nil // sent twice
		}
		to, err := next(payments.OrgPayoutMachine, p.State, payments.OrgPayoutReturn, "")
		switch {
		case err != nil:
			return err
		case day(r.ReturnedOn) < day(dateTime(p.PaidOn.Time)):
			return link.E(link.Invalid, "orgpay.returned_on", "returned_on")
		}
		c.did("org_payout.returned", "org_payout", p.ID, "")
		c.post("org.returned", again(fmt.Sprintf("orgpay:%d:returned", p.ID), p.ReturnReversals), r.ReturnedOn,
			ledger.Debit(ledger.Bank(), p.AmountFen), ledger.Credit(p.of().payable(), p.AmountFen))
		return c.exec(ctx, "take payment to an organisation back", `
			UPDATE org_payout SET state = $6, returned_on = $2::date, why = $3, recorded_at = $4, recorded_by = $5 WHERE id = $1`,
			p.ID, day(r.ReturnedOn), r.Why, c.now, c.actor, to)
	})
}

// orgPayoutKey is the present key of a payment's posting.
func orgPayoutKey(suffix, reversals string) string {
	return `'orgpay:' || p.id || ':` + suffix + `' || CASE WHEN p.` + reversals + ` > 0 THEN ':' || p.` + reversals + ` ELSE '' END`
}

// undoOrgPaid takes the record of a payment back: it waits to be paid again.
func (c *change) undoOrgPaid(ctx context.Context, key string) error {
	if err := c.lockBooked(ctx); err != nil {
		return err
	}
	var id int64
	err := c.entryBehind(ctx, &id, `SELECT p.id FROM org_payout p WHERE p.state = ANY($2) AND $1 = `+orgPayoutKey("paid", "reversals")+` FOR UPDATE`,
		key, payments.OrgPayoutMachine.From(payments.OrgPayoutUndoRecord)...)
	if err != nil {
		return err
	}
	p, err := readOrgPayout(ctx, c.tx, id, "")
	if err != nil {
		return err
	}
	if err := c.notOnStatement(ctx, "bank_outgoing_line", "explained_as", "org:"+p.No); err != nil {
		return err
	}
	if err := c.lockOrgs(ctx, p.of()); err != nil {
		return err
	}
	return c.exec(ctx, "take record of payment back", `
		UPDATE org_payout SET state = $2, bank_ref = '', paid_on = NULL, recorded_at = NULL, recorded_by = '', reversals = reversals + 1 WHERE id = $1`,
		id, payments.OrgPayoutMachine.To(payments.OrgPayoutUndoRecord))
}

// undoOrgReturned takes the record of a return back: the payment counts as made.
func (c *change) undoOrgReturned(ctx context.Context, key string) error {
	if err := c.lockBooked(ctx); err != nil {
		return err
	}
	var id int64
	err := c.entryBehind(ctx, &id, `SELECT p.id FROM org_payout p WHERE p.state = ANY($2) AND $1 = `+orgPayoutKey("returned", "return_reversals")+` FOR UPDATE`,
		key, payments.OrgPayoutMachine.From(payments.OrgPayoutUndoReturn)...)
	if err != nil {
		return err
	}
	if err := c.notOnStatement(ctx, "bank_statement_line", "booked_as", fmt.Sprintf("%s:%d", payments.BookedOrgReturn, id)); err != nil {
		return err
	}
	p, err := readOrgPayout(ctx, c.tx, id, "")
	if err != nil {
		return err
	}
	if err := c.lockOrgs(ctx, p.of()); err != nil { // its mirror is a deduction
		return err
	}
	return c.exec(ctx, "take record of return back", `
		UPDATE org_payout SET state = $2, returned_on = NULL, why = '', return_reversals = return_reversals + 1 WHERE id = $1`,
		id, payments.OrgPayoutMachine.To(payments.OrgPayoutUndoReturn))
}

// orgChecks are of Verify: organisations are owed their earnings less their payments, two people stand behind every payment,
// and each payment is in the ledger.
var orgChecks = []string{`
	SELECT 'orgs.coops' AS check, 'org:' || coalesce(e.org::text, a.party_id) AS object,
	       'earned ' || coalesce(e.fen, 0) || ' less what was paid, ledger ' || coalesce(a.owed, 0) AS detail
	FROM (SELECT org, sum(fen)::bigint AS fen FROM (
	          SELECT coop AS org, fee_fen - village_fen AS fen FROM delivery WHERE NOT reversed AND fee_fen > village_fen
	          UNION ALL SELECT org, -amount_fen FROM take_back
	          UNION ALL SELECT org, -amount_fen FROM org_payout WHERE account = 'coop' AND state = 'paid'
	          UNION ALL SELECT a.party_id::bigint, -e.amount FROM ledger_txn t JOIN ledger_entry e ON e.txn_id = t.id JOIN ledger_account a ON a.id = e.account_id
	                    WHERE t.kind = 'history' AND a.kind = 'payable_coop') m GROUP BY org) e
	FULL JOIN (SELECT a.party_id, -sum(b.balance)::bigint AS owed FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
	           WHERE a.kind IN ('payable_coop', 'receivable_coop') GROUP BY a.party_id) a ON a.party_id = e.org::text
	WHERE coalesce(e.fen, 0) <> coalesce(a.owed, 0) LIMIT 100`, `
	SELECT 'orgs.overpaid', r.code, 'got ' || r.balance || ' too much, and only ' || coalesce(m.fen, 0) || ' was taken back'
	FROM (SELECT a.code, substr(a.kind, 12) AS account, a.party_id, b.balance FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
	      WHERE a.kind IN ('receivable_coop', 'receivable_raiser') AND b.balance > 0) r
	LEFT JOIN (SELECT substr(a.kind, strpos(a.kind, '_') + 1) AS account, a.party_id, sum(e.amount)::bigint AS fen
	           FROM ledger_txn t JOIN ledger_entry e ON e.txn_id = t.id AND e.amount > 0 JOIN ledger_account a ON a.id = e.account_id
	           WHERE t.kind IN ('delivery.reversed', 'taken_back') AND a.kind IN ('payable_coop', 'receivable_coop', 'payable_raiser', 'receivable_raiser')
	           GROUP BY 1, 2) m ON m.account = r.account AND m.party_id = r.party_id
	WHERE r.balance > coalesce(m.fen, 0) LIMIT 100`, `
	SELECT 'orgs.posted', p.no, 'is ' || p.state || ', in the ledger ' || coalesce(l.fen, 0)
	FROM org_payout p LEFT JOIN (
	     SELECT split_part(coalesce(o.business_key, t.business_key), ':', 2) AS id, -sum(e.amount)::bigint AS fen
	     FROM ledger_txn t LEFT JOIN ledger_txn o ON o.id = t.reverses_txn_id
	     JOIN ledger_entry e ON e.txn_id = t.id JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'bank'
	     WHERE t.kind IN ('org.paid', 'org.returned', 'org.paid.reversed', 'org.returned.reversed') GROUP BY 1) l ON l.id = p.id::text
	WHERE coalesce(l.fen, 0) <> CASE WHEN p.state = 'paid' THEN p.amount_fen ELSE 0 END LIMIT 100`, `
	SELECT 'orgs.second_person', p.no, 'proposed by ' || p.proposed_by || ', decided by ' || p.decided_by || ', recorded by ' || p.recorded_by
	FROM org_payout p WHERE p.decided_by <> '' AND (p.decided_by = p.proposed_by OR p.decider <> 0 AND p.decider = p.proposer)
	   OR p.state IN ('paid', 'returned') AND p.decided_by = '' LIMIT 100`, `
	SELECT 'orgs.on_statement', l.bank_ref, 'explained as ' || l.explained_as || ', which is ' || coalesce(p.state || ' ' || p.bank_ref || ' ' || p.amount_fen, 'unknown')
	FROM bank_outgoing_line l LEFT JOIN org_payout p ON 'org:' || p.no = l.explained_as
	WHERE l.explained_as LIKE 'org:%' AND (p.id IS NULL OR p.state NOT IN ('paid', 'returned') OR p.bank_ref <> l.bank_ref OR p.amount_fen <> l.amount_fen) LIMIT 100`}
