package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
	"banmuyuan/payments/gateway/banktransfer"
	"banmuyuan/payments/ledger"
	"banmuyuan/payments/refund"
)

type refundRow struct {
	ID          int64                `db:"id"`
	PaymentID   int64                `db:"payment_id"`
	Ref         string               `db:"ref"`
	AmountFen   int64                `db:"amount_fen"`
	Reason      string               `db:"reason"`
	State       payments.RefundState `db:"state"`
	IdemKey     sql.NullString       `db:"idem_key"`
	ProviderID  string               `db:"provider_id"`
	ByBank      bool                 `db:"by_bank"`
	BankRef     string               `db:"bank_ref"`
	FailureKey  string               `db:"failure_key"`
	Failures    int                  `db:"failures"`
	CreatedAt   time.Time            `db:"created_at"`
	DoneAt      sql.NullTime         `db:"done_at"`
	FirstSentAt sql.NullTime         `db:"first_sent_at"`
	Method      string               `db:"method"`
	SessionID   string               `db:"session_id"`
	Until       sql.NullTime         `db:"refundable_until"`
	CausedBy    string               `db:"caused_by"`
	Till        int64                `db:"till"` // the organisation with the money in its till, 0: the county's box
	ApprovedBy  string               `db:"approved_by"`
}

const refundColumns = `f.id, f.payment_id, f.ref, f.amount_fen, f.reason, f.state, f.idem_key, f.provider_id, f.by_bank, f.bank_ref,
	f.failure_key, f.failures, f.created_at, f.done_at, f.first_sent_at, f.caused_by, f.approved_by,
	coalesce((SELECT c.org FROM cash_receipt c WHERE c.payment_id = p.id), 0) AS till,
	p.method, p.provider_id AS session_id, p.refundable_until`

func (f refundRow) out() payments.Refund {
	return payments.Refund{ID: f.ID, PaymentID: f.PaymentID, Ref: f.Ref, AmountFen: f.AmountFen, Reason: f.Reason, State: f.State,
		Method: f.Method, CreatedAt: f.CreatedAt.UTC(), DoneAt: timePtr(f.DoneAt), FailureKey: f.FailureKey, BankRef: f.BankRef,
		ApprovedBy: f.ApprovedBy}
}

func (f refundRow) request() gateway.RefundRequest {
	return gateway.RefundRequest{Key: f.IdemKey.String, RefundID: f.ID, SessionID: f.SessionID, AmountFen: f.AmountFen}
}

func refundByID(ctx context.Context, q queryer, id int64) (refundRow, error) {
	var f refundRow
	err := get(ctx, q, &f, `SELECT `+refundColumns+` FROM refund f JOIN payment p ON p.id = f.payment_id WHERE f.id = $1`, id)
	if missing(err) {
		return f, link.E(link.NotFound, "refund.unknown", "")
	}
	if err != nil {
		return f, fmt.Errorf("read refund %d: %w", id, err)
	}
	return f, nil
}

func (c *change) lockRefund(ctx context.Context, id int64) (refundRow, error) {
	f, err := refundByID(ctx, c.tx, id)
	if err != nil {
		return f, err
	}
	if _, err := c.lockRef(ctx, f.Ref); err != nil {
		return f, err
	}
	if _, err := c.tx.ExecContext(ctx, `SELECT FROM refund WHERE id = $1 FOR UPDATE`, id); err != nil {
		return f, fmt.Errorf("lock refund %d: %w", id, err)
	}
	return refundByID(ctx, c.tx, id)
}

func (c *change) saveRefund(ctx context.Context, f refundRow, next time.Time) error {
	_, err := c.tx.ExecContext(ctx, `
		UPDATE refund SET state = $2, provider_id = $3, by_bank = $4, bank_ref = $5, failure_key = $6, failures = $7, done_at = $8,
		       first_sent_at = $9, next_check_at = $10
		WHERE id = $1`, f.ID, f.State, f.ProviderID, f.ByBank, f.BankRef, f.FailureKey, f.Failures, f.DoneAt, f.FirstSentAt, next)
	if err != nil {
		return fmt.Errorf("save refund %d: %w", f.ID, err)
	}
	return nil
}

func (s *Service) readRefunds(ctx context.Context, where string, args ...any) ([]payments.Refund, error) {
	var rows []refundRow
	err := s.db.SelectContext(ctx, &rows, `SELECT `+refundColumns+` FROM refund f JOIN payment p ON p.id = f.payment_id WHERE `+where, args...)
	if err != nil {
		return nil, fmt.Errorf("read refunds: %w", err)
	}
	items := make([]payments.Refund, len(rows))
	for i, r := range rows {
		items[i] = r.out()
	}
	return items, nil
}

// keyLife is how long a provider surely remembers an idempotency key. After that one looks instead of asking again.
const keyLife = 23 * time.Hour

// advance takes a refund one step on with its provider.
func (s *Service) advance(ctx context.Context, id int64) error {
	var f refundRow
	var ask func(context.Context) (gateway.RefundStatus, error)
	err := s.change(ctx, func(c *change) error {
		var err error
		ask = nil
		if f, err = c.lockRefund(ctx, id); err != nil {
			return err
		}
		g := s.gateways[f.Method]
		if f.State == payments.RefundReady {
			// The buyer may have taken the money back through the bank: it must not go twice.
			open, lost, err := c.disputed(ctx, f.PaymentID)
			if err != nil {
				return err
			}
			if open > 0 {
				return c.saveRefund(ctx, f, c.now.Add(disputeWait))
			}
			if lost > 0 {
				return c.refundByDispute(ctx, f, lost)
			}
		}
		switch {
		case payments.RefundMachine.Can(f.State, payments.RefundSend):
			if to, ok := payments.RefundMachine.Next(f.State, payments.RefundBlock); ok && (g == nil || refund.WindowOver(f.Until.Time, c.now)) {
				f.State, f.ByBank, f.FailureKey = to, true, "refund.window_over"
				return c.saveRefund(ctx, f, c.now)
			}
			if !f.FirstSentAt.Valid {
				f.FirstSentAt = nullTime(c.now)
			}
			f.State = payments.RefundMachine.To(payments.RefundSend)
			ask = func(ctx context.Context) (gateway.RefundStatus, error) { return g.Refund(ctx, f.request()) }
			if c.now.Sub(f.FirstSentAt.Time) > keyLife {
				ask = func(ctx context.Context) (gateway.RefundStatus, error) {
					st, err := g.LookupRefund(ctx, f.ProviderID, f.request())
					if errors.Is(err, gateway.ErrNotFound) {
						return gateway.RefundStatus{State: payments.RefundFailed, FailureKey: "refund.provider_failed"}, nil
					}
					return st, err
				}
			}
		case f.State == payments.RefundPending:
			ask = func(ctx context.Context) (gateway.RefundStatus, error) {
				return g.LookupRefund(ctx, f.ProviderID, f.request())
			}
		default:
			return nil
		}
		if g == nil {
			ask = nil
		}
		return c.saveRefund(ctx, f, c.now.Add(sendGrace))
	})
	if err != nil || ask == nil {
		return err
	}
	s.fault("refund sending")
	st, err := ask(ctx)
	s.fault("refund asked")
	var refused *gateway.Refused
	switch {
	case errors.As(err, &refused):
		s.log.Warn("refund refused", "refund", id, "error", err)
		st = gateway.RefundStatus{State: payments.RefundFailed, FailureKey: refused.Key}
	case err != nil:
		s.log.Warn("refund provider did not answer", "refund", id, "error", err)
		st = gateway.RefundStatus{State: payments.RefundUnknown}
	}
	return s.applyRefundReport(context.WithoutCancel(ctx), id, st)
}

// disputeWait is the time between two looks of a refund at the dispute that holds it; the end of a dispute makes it look
// at once.
const disputeWait = time.Hour

// refundByDispute ends a refund when the buyer's bank has taken its money: there is no loss, for the money was owed. A refund
// above that sum goes by bank, because the provider refunds nothing of a disputed payment.
func (c *change) refundByDispute(ctx context.Context, f refundRow, lost int64) error {
	var gone int64
	err := c.tx.GetContext(ctx, &gone, `
		SELECT coalesce(sum(amount_fen), 0)::bigint FROM refund WHERE payment_id = $1 AND failure_key = 'refund.by_dispute' AND state = 'succeeded'`, f.PaymentID)
	if err != nil {
		return fmt.Errorf("sum refunds of payment %d: %w", f.PaymentID, err)
	}
	f.ByBank = true
	if !refund.DisputeCovers(lost, gone, f.AmountFen) {
		f.State, f.FailureKey = payments.RefundMachine.To(payments.RefundBlock), "refund.disputed"
		return c.saveRefund(ctx, f, c.now)
	}
	f.FailureKey = "refund.by_dispute"
	f.done(c, payments.RefundByDispute, "", c.now, ledger.Chargeback())
	return c.saveRefund(ctx, f, c.now)
}

// applyRefundReport applies a provider's report on a refund. Reports may come any number of times and in any order.
func (s *Service) applyRefundReport(ctx context.Context, id int64, st gateway.RefundStatus) error {
	return s.change(ctx, func(c *change) error {
		f, err := c.lockRefund(ctx, id)
		if err != nil {
			return err
		}
		if st.ID != "" && f.ProviderID == "" {
			f.ProviderID = st.ID
		}
		next := payments.NextRefundCheck(f.CreatedAt, c.now)
		on, known := payments.RefundReport(st.State)
		if f.State == payments.RefundSucceeded && f.ByBank || !known || !payments.RefundMachine.Can(f.State, on) {
			return c.saveRefund(ctx, f, next)
		}
		to := payments.RefundMachine.To(on)
		switch on {
		case payments.RefundSucceed:
			f.done(c, on, "", c.now, f.from())
		case payments.RefundFail:
			if f.State == payments.RefundSucceeded {
				// It had gone out and came back.
				f.Failures++
				f.DoneAt = sql.NullTime{}
				c.post("refund.failed", fmt.Sprintf("refund:%d:failed:%d", f.ID, f.Failures), c.now,
					ledger.Debit(moneyAccount(f.Method), f.AmountFen), ledger.Credit(ledger.RefundPayable(f.Ref), f.AmountFen))
			}
			f.State, f.ByBank, f.FailureKey = to, true, st.FailureKey
		case payments.RefundDivert:
			f.State, f.ByBank = to, true
		case payments.RefundPend, payments.RefundNoAnswer:
			f.State = to
		}
		return c.saveRefund(ctx, f, next)
	})
}

// from is the account that the money of a refund comes from.
func (f *refundRow) from() ledger.Account {
	switch {
	case f.Method == payments.Cash && f.Till != 0:
		return ledger.TillCash(f.Till)
	case f.ByBank && f.Method != payments.Cash:
		return ledger.Bank()
	}
	return moneyAccount(f.Method)
}

// done books that the money has gone back, by an event that ends the refund.
func (f *refundRow) done(c *change, on payments.RefundStep, bankRef string, at time.Time, from ledger.Account) {
	key := fmt.Sprintf("refund:%d:done", f.ID)
	if f.Failures > 0 {
		key += fmt.Sprintf(":%d", f.Failures)
	}
	c.post("refund", key, at, ledger.Debit(ledger.RefundPayable(f.Ref), f.AmountFen), ledger.Credit(from, f.AmountFen))
	f.State, f.BankRef, f.DoneAt = payments.RefundMachine.To(on), bankRef, nullTime(c.now)
	c.publish(payments.EvtRefundDone, payments.RefundEvent{RefundID: f.ID, PaymentID: f.PaymentID, Ref: f.Ref, AmountFen: f.AmountFen})
}

// Refunds lists refunds, newest first.
func (s *Service) Refunds(ctx context.Context, q payments.RefundFilter) (payments.RefundPage, error) {
	if _, err := need(ctx, county...); err != nil {
		return payments.RefundPage{}, err
	}
	before, err := paging.ID("refunds", q.Cursor)
	if err != nil {
		return payments.RefundPage{}, err
	}
	n, err := paging.Size(q.Limit, defaultLimit, 200)
	if err != nil {
		return payments.RefundPage{}, err
	}
	where := `($1 = '' OR f.ref = $1) AND ($2 = '' OR f.state = $2)
		AND ($4 = '' OR ($3 <> '' AND strpos(p.code_norm, $3) > 0) OR strpos(replace(p.party_name, ' ', ''), $4) > 0)`
	args := []any{q.Ref, string(q.State), banktransfer.Normal(q.Query), strings.Join(strings.Fields(q.Query), "")}
	var page payments.RefundPage
	err = s.db.QueryRowxContext(ctx, `SELECT count(*), coalesce(sum(f.amount_fen), 0)::bigint FROM refund f JOIN payment p ON p.id = f.payment_id WHERE `+where, args...).
		Scan(&page.Total, &page.SumFen)
	if err != nil {
		return page, fmt.Errorf("count refunds: %w", err)
	}
	page.Items, err = s.readRefunds(ctx, where+` AND ($5 = 0 OR f.id < $5) ORDER BY f.id DESC LIMIT $6`, append(args, before, n+1)...)
	if err != nil {
		return page, err
	}
	if len(page.Items) > n {
		page.Items = page.Items[:n]
		page.Cursor = paging.After("refunds", page.Items[n-1].ID)
	}
	return page, nil
}

// RecordRefund ends a refund that the county transferred or paid out itself.
func (s *Service) RecordRefund(ctx context.Context, r payments.RecordRefund) (payments.Refund, error) {
	actor, err := need(ctx, roleOperator)
	if err != nil {
		return payments.Refund{}, err
	}
	r.BankRef = strings.TrimSpace(r.BankRef)
	if r.BankRef == "" || len(r.BankRef) > 100 {
		return payments.Refund{}, link.E(link.Invalid, "refund.bank_ref", "bank_ref")
	}
	var out payments.Refund
	err = s.change(ctx, func(c *change) error {
		f, err := c.lockRefund(ctx, r.RefundID)
		if err != nil {
			return err
		}
		if f.State == payments.RefundSucceeded && f.ByBank && f.BankRef == r.BankRef {
			out = f.out() // sent twice
			return nil
		}
		if _, err := next(payments.RefundMachine, f.State, payments.RefundRecord, "refund_id"); err != nil {
			return err
		}
		at := c.now
		if !r.PaidOn.IsZero() {
			if r.PaidOn.After(c.now.Add(24 * time.Hour)) {
				return link.E(link.Invalid, "refund.paid_on", "paid_on")
			}
			at = r.PaidOn
		}
		if c.same(actor, 0, f.ApprovedBy) {
			return link.E(link.Forbidden, "refund.second_person", "")
		}
		f.done(c, payments.RefundRecord, r.BankRef, at, f.from())
		c.did("refund.recorded", "refund", f.ID, "")
		out = f.out()
		if _, err := c.tx.ExecContext(ctx, `UPDATE refund SET till = $2 WHERE id = $1`, f.ID, f.Till); err != nil {
			return fmt.Errorf("note whose cash refund %d was: %w", f.ID, err)
		}
		return c.saveRefund(ctx, f, c.now)
	})
	if link.Constraint(err) == "refund_bank_ref" {
		return payments.Refund{}, link.E(link.Conflict, "refund.bank_ref_used", "bank_ref")
	}
	return out, err
}
