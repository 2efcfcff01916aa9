package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/ledger"
	"banmuyuan/payments/refund"
)

// refState is a locked Ref with its three balances, all counted positive. While the lock is held no other transaction changes
// them: additions and deductions here stay true until the commit.
type refState struct {
	Ref        string             `db:"ref"`
	Stop       payments.StopState `db:"stop"`
	Cancelled  bool               `db:"cancelled"`
	Closed     bool               `db:"closed"`
	CloseSeq   int                `db:"close_seq"`
	ReleaseSeq int                `db:"release_seq"`
	BilledFen  int64              `db:"billed_fen"`
	ForfeitFen int64              `db:"forfeit_fen"`

	deposit, receivable, refundDue int64

	fresh  bool // created by this transaction
	others []sibling
}

// refColumns are the columns of refState.
const refColumns = `ref, stop, cancelled, closed, close_seq, release_seq, billed_fen, forfeit_fen`

// lockRef locks a Ref, made on first sight, and reads its balances.
func (c *change) lockRef(ctx context.Context, ref string) (*refState, error) {
	all, err := c.lockRefs(ctx, ref)
	if err != nil {
		return nil, err
	}
	return all[ref], c.readBalances(ctx, all)
}

// lockRefs locks Refs, created on first sight, without their balances, in the order of their names, so that transactions
// cannot deadlock.
func (c *change) lockRefs(ctx context.Context, refs ...string) (map[string]*refState, error) {
	all := make(map[string]*refState, len(refs))
	missing := func() (left []string) {
		for _, ref := range refs {
			if all[ref] == nil {
				left = append(left, ref)
			}
		}
		return left
	}
	read := func(query string, args ...any) error {
		rows, err := c.readRefs(ctx, query, args...)
		for _, r := range rows {
			all[r.Ref] = r
		}
		return err
	}
	lock := func() error {
		return read(`SELECT `+refColumns+` FROM ref WHERE ref = ANY($1::text[]) ORDER BY ref FOR UPDATE`, pq.StringArray(missing()))
	}
	if err := lock(); err != nil {
		return nil, err
	}
	if left := missing(); len(left) > 0 {
		fresh, err := c.readRefs(ctx, `
			INSERT INTO ref (ref, created_at) SELECT DISTINCT r, $2::timestamptz FROM unnest($1::text[]) AS r ORDER BY r
			ON CONFLICT (ref) DO NOTHING RETURNING `+refColumns, pq.StringArray(left), c.now)
		if err != nil {
			return nil, err
		}
		for _, r := range fresh {
			r.fresh = true
			all[r.Ref] = r
		}
		if len(missing()) > 0 { // somebody else was a moment ahead
			if err := lock(); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

func (c *change) readRefs(ctx context.Context, query string, args ...any) ([]*refState, error) {
	var rows []*refState
	err := c.tx.SelectContext(ctx, &rows, query, args...)
	if link.IsCode(err, "23514") {
		return nil, link.E(link.Invalid, "payment.ref", "ref").Because(err)
	}
	if err != nil {
		return nil, fmt.Errorf("lock refs: %w", err)
	}
	return rows, nil
}

// readBalances reads the balances of locked Refs, in a statement of its own: one that waited for the lock would show
// balances of before the wait. A Ref created just now has none.
func (c *change) readBalances(ctx context.Context, all map[string]*refState) error {
	var refs []*refState
	var accounts []ledger.Account
	for _, r := range all {
		if !r.fresh {
			refs = append(refs, r)
			accounts = append(accounts, ledger.Deposit(r.Ref), ledger.Receivable(r.Ref), ledger.RefundPayable(r.Ref))
		}
	}
	if len(refs) == 0 {
		return nil
	}
	b, err := ledger.Balances(ctx, c.tx, accounts...)
	if err != nil {
		return err
	}
	for i, r := range refs {
		of := accounts[3*i:]
		r.deposit, r.receivable, r.refundDue = -b[of[0].Code], b[of[1].Code], -b[of[2].Code]
	}
	return nil
}

func (c *change) saveRef(ctx context.Context, r *refState) error {
	_, err := c.tx.ExecContext(ctx, `
		UPDATE ref SET stop = $2, cancelled = $3, closed = $4, close_seq = $5, release_seq = $6, billed_fen = $7, forfeit_fen = $8
		WHERE ref = $1`, r.Ref, r.Stop, r.Cancelled, r.Closed, r.CloseSeq, r.ReleaseSeq, r.BilledFen, r.ForfeitFen)
	if err != nil {
		return fmt.Errorf("save %s: %w", r.Ref, err)
	}
	return nil
}

// expireNow lets the workers expire the open payments of a Ref: of one purpose, or with "" of all.
func (c *change) expireNow(ctx context.Context, ref, purpose string, except int64) error {
	_, err := c.tx.ExecContext(ctx, `
		UPDATE payment SET expires_at = least(expires_at, $3), next_check_at = least(next_check_at, $3)
		WHERE ref = $1 AND ($2 = '' OR purpose = $2) AND id <> $4 AND state IN ('ready', 'sending', 'unknown', 'open')`,
		ref, purpose, c.now, except)
	if err != nil {
		return fmt.Errorf("expire payments of %s: %w", ref, err)
	}
	return nil
}

// refund takes amount, which refund_payable must already hold, back to the payments it came from: the newest first, or
// one in particular.
func (c *change) refund(ctx context.Context, s *Service, r *refState, amount int64, reason string, payment int64) error {
	if amount == 0 {
		return nil
	}
	var rows []struct {
		ID     int64        `db:"id"`
		Method string       `db:"method"`
		Left   int64        `db:"left_fen"`
		Late   bool         `db:"late"`
		Until  sql.NullTime `db:"refundable_until"`
	}
	err := c.tx.SelectContext(ctx, &rows, `
		SELECT p.id, p.method, p.late, p.refundable_until,
		       p.amount_fen - coalesce((SELECT sum(f.amount_fen) FROM refund f WHERE f.payment_id = p.id AND f.state <> 'failed'), 0) AS left_fen
		FROM payment p
		WHERE p.ref = $1 AND p.state = 'succeeded'
		ORDER BY p.id DESC FOR UPDATE`, r.Ref)
	if err != nil {
		return fmt.Errorf("read payments of %s: %w", r.Ref, err)
	}
	from := make([]refund.Source, len(rows))
	for i, p := range rows {
		_, known := s.gateways[p.Method]
		from[i] = refund.Source{PaymentID: p.ID, LeftFen: p.Left, Late: p.Late, Manual: !known || manual(p.Method), Until: p.Until.Time}
	}
	parts, err := refund.Rules{LimitFen: s.refundLimit, Now: c.now}.Split(amount, payment, from)
	if err != nil {
		return fmt.Errorf("%s: %w", r.Ref, err)
	}
	for _, p := range parts {
		if err := c.insertRefund(ctx, s, r.Ref, reason, p); err != nil {
			return err
		}
	}
	return nil
}

// insertRefund writes a refund and the key by which its provider will be asked: stored before that, and never another one for
// this refund.
func (c *change) insertRefund(ctx context.Context, s *Service, ref, reason string, p refund.Part) error {
	var id int64
	err := c.tx.GetContext(ctx, &id, `
		INSERT INTO refund (payment_id, ref, amount_fen, reason, state, by_bank, failure_key, needs_approval, caused_by, created_at, next_check_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) RETURNING id`,
		p.PaymentID, ref, p.AmountFen, reason, p.State, p.ByBank, p.FailureKey, p.Review, c.actor, c.now)
	if err == nil {
		_, err = c.tx.ExecContext(ctx, `UPDATE refund SET idem_key = $2 WHERE id = $1`, id, fmt.Sprintf("banmuyuan:%s:refund:%d", s.env, id))
	}
	if err != nil {
		return fmt.Errorf("write refund of payment %d: %w", p.PaymentID, err)
	}
	return nil
}

// settled publishes that a closed Ref has nothing due any more, if so.
func (c *change) settled(ctx context.Context, r *refState) error {
	if !r.Closed || r.receivable != 0 {
		return nil
	}
	e, err := c.refEvent(ctx, r)
	if err == nil {
		c.publish(payments.EvtRefSettled, e)
	}
	return err
}

func (c *change) refEvent(ctx context.Context, r *refState) (payments.RefEvent, error) {
	e := payments.RefEvent{Ref: r.Ref, BilledFen: r.BilledFen, ReceivableFen: r.receivable}
	err := c.tx.QueryRowxContext(ctx, `
		SELECT (SELECT coalesce(sum(amount_fen), 0) FROM payment WHERE ref = $1 AND state = 'succeeded'),
		       (SELECT coalesce(sum(amount_fen), 0) FROM refund WHERE ref = $1 AND state <> 'failed')`, r.Ref).
		Scan(&e.PaidFen, &e.RefundFen)
	if err != nil {
		return e, fmt.Errorf("sum payments of %s: %w", r.Ref, err)
	}
	return e, nil
}

// Account returns the balances, payments and refunds of one Ref.
func (s *Service) Account(ctx context.Context, q payments.Ref) (payments.Account, error) {
	if err := s.mayRead(ctx, q.Ref); err != nil {
		return payments.Account{}, err
	}
	accounts, err := s.accounts(ctx, []string{q.Ref})
	if err != nil {
		return payments.Account{}, err
	}
	if len(accounts) == 0 {
		return payments.Account{Ref: q.Ref, Payments: []payments.Payment{}, Refunds: []payments.Refund{}}, nil
	}
	a := accounts[0]
	if a.Payments, err = s.readPayments(ctx, `p.ref = $1 ORDER BY p.id`, q.Ref); err != nil {
		return payments.Account{}, err
	}
	if a.Refunds, err = s.readRefunds(ctx, `f.ref = $1 ORDER BY f.id`, q.Ref); err != nil {
		return payments.Account{}, err
	}
	return a, nil
}

// Accounts is Account for many, without payments and refunds. Unknown Refs are left out.
func (s *Service) Accounts(ctx context.Context, q payments.RefsRequest) (payments.Accounts, error) {
	if _, err := need(ctx, county...); err != nil {
		return payments.Accounts{}, err
	}
	if len(q.Refs) > 1000 {
		return payments.Accounts{}, link.E(link.Invalid, "payment.too_many", "refs", "max", "1000")
	}
	items, err := s.accounts(ctx, q.Refs)
	return payments.Accounts{Items: items}, err
}

func (s *Service) accounts(ctx context.Context, refs []string) ([]payments.Account, error) {
	var rows []struct {
		Ref        string `db:"ref"`
		Deposit    int64  `db:"deposit"`
		Receivable int64  `db:"receivable"`
		RefundDue  int64  `db:"refund_due"`
		Paid       int64  `db:"paid"`
		Refunded   int64  `db:"refunded"`
		Forfeit    int64  `db:"forfeit_fen"`
		Billed     int64  `db:"billed_fen"`
		Closed     bool   `db:"closed"`
	}
	err := s.db.SelectContext(ctx, &rows, `
		SELECT r.ref, r.forfeit_fen, r.billed_fen, r.closed,
		       -coalesce(b.deposit, 0) AS deposit, coalesce(b.receivable, 0) AS receivable, -coalesce(b.refund, 0) AS refund_due,
		       (SELECT coalesce(sum(p.amount_fen), 0) FROM payment p WHERE p.ref = r.ref AND p.state = 'succeeded')::bigint AS paid,
		       (SELECT coalesce(sum(f.amount_fen), 0) FROM refund f WHERE f.ref = r.ref AND f.state = 'succeeded')::bigint AS refunded
		FROM ref r
		LEFT JOIN LATERAL (
			SELECT sum(b.balance) FILTER (WHERE a.kind = 'deposit')::bigint AS deposit,
			       sum(b.balance) FILTER (WHERE a.kind = 'receivable')::bigint AS receivable,
			       sum(b.balance) FILTER (WHERE a.kind = 'refund_payable')::bigint AS refund
			FROM ledger_account a JOIN ledger_balance b ON b.account_id = a.id
			WHERE a.code IN ('deposit:' || r.ref, 'receivable:' || r.ref, 'refund_payable:' || r.ref)) b ON true
		WHERE r.ref = ANY($1) ORDER BY r.ref`, textArray(refs))
	if err != nil {
		return nil, fmt.Errorf("read accounts: %w", err)
	}
	items := make([]payments.Account, len(rows))
	for i, r := range rows {
		items[i] = payments.Account{Ref: r.Ref, DepositFen: r.Deposit, ReceivableFen: r.Receivable, RefundDueFen: r.RefundDue,
			PaidFen: r.Paid, RefundedFen: r.Refunded, ForfeitFen: r.Forfeit, BilledFen: r.Billed, Closed: r.Closed}
	}
	return items, nil
}

// mayRead lets modules, the county and the paying party read the payments of a Ref.
func (s *Service) mayRead(ctx context.Context, ref string) error {
	a, err := need(ctx, county...)
	if err == nil || a.Account == 0 {
		return err
	}
	var own bool
	err = s.db.GetContext(ctx, &own, `
		SELECT EXISTS (SELECT FROM payment WHERE ref = $1
		       AND ((party_kind = 'account' AND party_id = $2) OR (party_kind = 'organisation' AND party_id = $3 AND $3 <> 0)))`,
		ref, a.Account, a.Org)
	if err != nil {
		return fmt.Errorf("look up the paying party: %w", err)
	}
	if !own {
		return link.E(link.NotFound, "not_found", "")
	}
	return nil
}

func nullTime(t time.Time) sql.NullTime { return sql.NullTime{Time: t.UTC(), Valid: !t.IsZero()} }

func timePtr(t sql.NullTime) *time.Time {
	if !t.Valid {
		return nil
	}
	u := t.Time.UTC()
	return &u
}

func missing(err error) bool { return errors.Is(err, sql.ErrNoRows) }
