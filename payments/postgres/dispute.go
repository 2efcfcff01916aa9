package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/payments"
	"banmuyuan/payments/gateway"
	"banmuyuan/payments/ledger"
)

type disputeRow struct {
	ID         int64                 `db:"id"`
	PaymentID  int64                 `db:"payment_id"`
	Ref        string                `db:"ref"`
	Method     string                `db:"method"`
	ProviderID string                `db:"provider_id"`
	State      payments.DisputeState `db:"state"`
	AmountFen  int64                 `db:"amount_fen"`
	Reason     string                `db:"reason"`
	Changes    int                   `db:"changes"`
	OpenedAt   time.Time             `db:"opened_at"`
	RespondBy  sql.NullTime          `db:"respond_by"`
	EndedAt    sql.NullTime          `db:"ended_at"`
}

const disputeColumns = `d.id, d.payment_id, d.ref, d.method, d.provider_id, d.state, d.amount_fen, d.reason, d.changes, d.opened_at, d.respond_by, d.ended_at`

func (d disputeRow) out() payments.Dispute {
	return payments.Dispute{ID: d.ID, PaymentID: d.PaymentID, Ref: d.Ref, Method: d.Method, ProviderID: d.ProviderID, State: d.State,
		AmountFen: d.AmountFen, Reason: d.Reason, OpenedAt: d.OpenedAt.UTC(), RespondBy: timePtr(d.RespondBy), EndedAt: timePtr(d.EndedAt)}
}

// handleDispute asks the provider about a dispute and applies its report. It returns the event's step, "" to try again
// later.
func (s *Service) handleDispute(ctx context.Context, e eventRow, g gateway.Webhooks) (payments.NoticeStep, error) {
	disputed, ok := g.(gateway.Disputed)
	if !ok {
		return payments.NoticeIgnore, nil
	}
	d, err := disputed.LookupDispute(ctx, e.DisputeID)
	if err != nil {
		return "", fmt.Errorf("look up dispute %s: %w", e.DisputeID, err)
	}
	var payment int64
	err = s.db.GetContext(ctx, &payment, `
		SELECT coalesce((SELECT id FROM payment WHERE method = $1 AND ((provider_id = $2 AND $2 <> '') OR (id = $3 AND $2 = ''))), 0)`,
		e.Provider, d.SessionID, d.PaymentID)
	if err != nil {
		return "", fmt.Errorf("look up what dispute %s is about: %w", e.DisputeID, err)
	}
	if payment == 0 {
		if s.now().Sub(e.ReceivedAt) < unknownFor {
			return "", nil
		}
		return payments.NoticeIgnore, nil
	}
	// The payment's own announcement may still be on its way: without the money there is nothing to withdraw.
	if st, err := g.Lookup(ctx, d.SessionID); d.SessionID != "" && err == nil {
		if err := s.applyReports(ctx, paymentReport{payment, st}); err != nil {
			return "", err
		}
	}
	return payments.NoticeApply, s.applyDispute(ctx, payment, d)
}

// applyDispute applies a provider's report on a dispute. Reports may come any number of times and in any order.
func (s *Service) applyDispute(ctx context.Context, payment int64, report gateway.Dispute) error {
	return s.change(ctx, func(c *change) error {
		_, p, err := c.lockPayment(ctx, payment)
		if err != nil {
			return err
		}
		if p.State != payments.PaymentSucceeded {
			return early("dispute %s of payment %d, which is %s", report.ID, p.ID, p.State)
		}
		var d disputeRow
		err = get(ctx, c.tx, &d, `SELECT `+disputeColumns+` FROM dispute d WHERE d.method = $1 AND d.provider_id = $2`, p.Method, report.ID)
		if missing(err) {
			d = disputeRow{PaymentID: p.ID, Ref: p.Ref, Method: p.Method, ProviderID: report.ID, AmountFen: report.AmountFen, Reason: report.Reason, OpenedAt: report.OpenedAt}
			if d.OpenedAt.IsZero() {
				d.OpenedAt = c.now
			}
		} else if err != nil {
			return fmt.Errorf("read dispute %s: %w", report.ID, err)
		}
		to, changes := payments.NextDispute(d.State, report.State)
		if !changes {
			return nil
		}
		before := d.State
		d.State, d.RespondBy, d.EndedAt = to, nullTime(report.RespondBy), sql.NullTime{}
		if payments.DisputeMachine.Final(to) {
			d.RespondBy, d.EndedAt = sql.NullTime{}, nullTime(c.now)
		}
		if err := c.writeDispute(ctx, &d, before, p.Method); err != nil {
			return err
		}
		c.publish(payments.EvtDispute, payments.DisputeEvent{DisputeID: d.ID, PaymentID: p.ID, Ref: p.Ref, State: d.State, AmountFen: d.AmountFen})
		// Refunds that waited for the decision are looked at now.
		_, err = c.tx.ExecContext(ctx, `UPDATE refund SET next_check_at = $2 WHERE payment_id = $1 AND state = ANY($3)`,
			p.ID, c.now, pq.Array(payments.RefundMachine.From(payments.RefundBlock)))
		if err != nil {
			return fmt.Errorf("look at refunds of payment %d: %w", p.ID, err)
		}
		return nil
	})
}

// whereDisputed returns the account that holds the money of a dispute: the gateway's, the withheld money's or the loss's.
func whereDisputed(state payments.DisputeState, method, ref string) ledger.Account {
	switch state {
	case payments.DisputeOpen:
		return ledger.Disputed(ref)
	case payments.DisputeLost:
		return ledger.Chargeback()
	}
	return moneyAccount(method)
}

// writeDispute saves a dispute and moves its money from where it was to where it now is.
func (c *change) writeDispute(ctx context.Context, d *disputeRow, before payments.DisputeState, method string) error {
	from, to := whereDisputed(before, method, d.Ref), whereDisputed(d.State, method, d.Ref)
	moves := from.Code != to.Code
	if moves {
		d.Changes++
	}
	var err error
	if d.ID == 0 {
		err = c.tx.GetContext(ctx, &d.ID, `
			INSERT INTO dispute (payment_id, ref, method, provider_id, state, amount_fen, reason, changes, opened_at, respond_by, ended_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id`,
			d.PaymentID, d.Ref, d.Method, d.ProviderID, d.State, d.AmountFen, d.Reason, d.Changes, d.OpenedAt, d.RespondBy, d.EndedAt)
	} else {
		_, err = c.tx.ExecContext(ctx, `
			UPDATE dispute SET state = $2, changes = $3, respond_by = $4, ended_at = $5 WHERE id = $1`, d.ID, d.State, d.Changes, d.RespondBy, d.EndedAt)
	}
	if err != nil {
		return fmt.Errorf("save dispute %s: %w", d.ProviderID, err)
	}
	if moves {
		c.post("dispute."+string(d.State), fmt.Sprintf("dispute:%d:%d", d.ID, d.Changes), c.now,
			ledger.Debit(to, d.AmountFen), ledger.Credit(from, d.AmountFen))
	}
	return nil
}

// disputed returns the parts of a payment that the buyer's bank withholds (open) and keeps (lost), in fen.
func (c *change) disputed(ctx context.Context, payment int64) (open, lost int64, err error) {
	err = c.tx.QueryRowxContext(ctx, `
		SELECT coalesce(sum(amount_fen) FILTER (WHERE state = 'open'), 0)::bigint, coalesce(sum(amount_fen) FILTER (WHERE state = 'lost'), 0)::bigint
		FROM dispute WHERE payment_id = $1`, payment).Scan(&open, &lost)
	if err != nil {
		err = fmt.Errorf("read disputes of payment %d: %w", payment, err)
	}
	return open, lost, err
}

// Disputes lists disputes, newest first.
func (s *Service) Disputes(ctx context.Context, f payments.DisputeFilter) (payments.DisputePage, error) {
	if _, err := need(ctx, county...); err != nil {
		return payments.DisputePage{}, err
	}
	before, err := paging.ID("disputes", f.Cursor)
	if err != nil {
		return payments.DisputePage{}, err
	}
	n, err := paging.Size(f.Limit, defaultLimit, 200)
	if err != nil {
		return payments.DisputePage{}, err
	}
	page := payments.DisputePage{Items: []payments.Dispute{}}
	if err := s.db.GetContext(ctx, &page.Total, `SELECT count(*) FROM dispute d WHERE ($1 = '' OR d.state = $1)`, string(f.State)); err != nil {
		return page, fmt.Errorf("count disputes: %w", err)
	}
	var rows []disputeRow
	err = s.db.SelectContext(ctx, &rows, `SELECT `+disputeColumns+` FROM dispute d
		WHERE ($1 = '' OR d.state = $1) AND ($2 = 0 OR d.id < $2) ORDER BY d.id DESC LIMIT $3`, string(f.State), before, n+1)
	if err != nil {
		return page, fmt.Errorf("read disputes: %w", err)
	}
	if len(rows) > n {
		rows = rows[:n]
		page.Cursor = paging.After("disputes", rows[n-1].ID)
	}
	for _, d := range rows {
		page.Items = append(page.Items, d.out())
	}
	return page, nil
}

// ApproveRefund approves a refund above the limit, by a second person.
func (s *Service) ApproveRefund(ctx context.Context, r payments.RefundRef) (payments.Refund, error) {
	actor, err := need(ctx, roleApprover)
	if err != nil {
		return payments.Refund{}, err
	}
	var out refundRow
	err = s.change(ctx, func(c *change) error {
		f, err := c.lockRefund(ctx, r.ID)
		if err != nil {
			return err
		}
		if f.State != payments.RefundReview && f.ApprovedBy == c.actor {
			out = f // sent twice
			return nil
		}
		on := payments.RefundApprove
		if f.ByBank {
			on = payments.RefundApproveByBank
		}
		to, err := next(payments.RefundMachine, f.State, on, "refund_id")
		if err != nil {
			return err
		}
		if c.same(actor, 0, f.CausedBy) {
			return link.E(link.Forbidden, "refund.second_person", "")
		}
		f.State, f.ApprovedBy = to, c.actor
		_, err = c.tx.ExecContext(ctx, `UPDATE refund SET approved_by = $2, approved_at = $3 WHERE id = $1`, f.ID, c.actor, c.now)
		if err != nil {
			return fmt.Errorf("approve refund %d: %w", f.ID, err)
		}
		out = f
		return c.saveRefund(ctx, f, c.now)
	})
	return out.out(), err
}
