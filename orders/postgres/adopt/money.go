package adopt

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/payments"
)

// adoptionMoney books payments and refunds of adoptions, in the order of their ids.
func (m *Room) adoptionMoney(ctx context.Context, tx *sqlx.Tx, got []payments.PaymentEvent, refunds []payments.RefundEvent) error {
	ids := map[int64]bool{}
	for _, e := range got {
		if id, ok := adopt.ParsePaymentRef(e.Ref); ok {
			ids[id] = true
		}
	}
	for _, e := range refunds {
		if id, ok := adopt.ParsePaymentRef(e.Ref); ok {
			ids[id] = true
		}
	}
	locked := make(map[int64]*adoptionRow, len(ids))
	for _, id := range desk.KeysOf(ids) {
		a, err := lockAdoption(ctx, tx, id)
		if err != nil {
			return fmt.Errorf("money for adoption %d: %w", id, err)
		}
		locked[id] = a
	}
	for _, e := range got {
		if id, ok := adopt.ParsePaymentRef(e.Ref); ok {
			if err := m.adoptionPaid(ctx, tx, locked[id], e); err != nil {
				return err
			}
		}
	}
	for _, e := range refunds {
		id, ok := adopt.ParsePaymentRef(e.Ref)
		if !ok {
			continue
		}
		args := map[string]string{"amount": strconv.FormatInt(e.AmountFen, 10)}
		if err := m.AddTimeline(ctx, tx, []int64{id}, "order.timeline.refunded", args); err != nil {
			return err
		}
	}
	return nil
}

func (m *Room) adoptionPaid(ctx context.Context, tx *sqlx.Tx, a *adoptionRow, e payments.PaymentEvent) error {
	account := a.account()
	account.Book(e.AmountFen, e.ReturnFen, e.Late)
	a.book(account)
	_, err := tx.ExecContext(ctx, `UPDATE adoption SET paid_fen = $2, refund_fen = $3, late_fen = $4, version = version + 1 WHERE id = $1`,
		a.ID, a.PaidFen, a.RefundFen, a.LateFen)
	if err != nil {
		return fmt.Errorf("book payment of adoption %d: %w", a.ID, err)
	}
	args := map[string]string{"amount": strconv.FormatInt(e.AmountFen, 10)}
	if err := m.AddTimeline(ctx, tx, []int64{a.ID}, "adoption.timeline.payment_"+e.Purpose, args); err != nil {
		return err
	}
	switch account.Follows(orders.Purpose(e.Purpose), e.Late) {
	case adopt.FollowReturn:
		return link.Publish(ctx, tx, link.Message{Subject: payments.CmdRefundLate,
			Data: payments.RefundPayment{PaymentID: e.PaymentID, Reason: "refund.late"}})
	case adopt.FollowSettle:
		return m.balanceOut(ctx, tx, a)
	case adopt.FollowLost:
		return m.endAdoption(ctx, tx, a, adopt.StepLost, 0, "refund.sold_out", "adoption.timeline.lost")
	case adopt.FollowReserve:
		return m.reserveAdoption(ctx, tx, a)
	}
	return nil
}

// reserveAdoption books a paid deposit. The stock stays held, and the income of the boxes is expected.
func (m *Room) reserveAdoption(ctx context.Context, tx *sqlx.Tx, a *adoptionRow) error {
	now := m.Now()
	if err := moveAdoption(ctx, tx, a, adopt.StepDeposit, now); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE adoption SET reserved_at = $2 WHERE id = $1`, a.ID, now); err != nil {
		return fmt.Errorf("reserve adoption %d: %w", a.ID, err)
	}
	a.ReservedAt = &now
	if err := writeBoxIncome(ctx, tx, a.ID); err != nil {
		return err
	}
	m.income.ForgetAverages()
	if err := m.publishAdoption(ctx, tx, a.ID, a.State, "adoption.timeline.reserved"); err != nil {
		return err
	}
	if err := link.Publish(ctx, tx, link.Message{Subject: catalog.CmdConfirm, Data: catalog.HoldConfirm{OrderID: a.ID}}); err != nil {
		return err
	}
	return m.balanceOut(ctx, tx, a)
}

// writeBoxIncome brings the income ledger in line with the boxes of a locked adoption. Money on its way to the
// household already is payments' to move.
func writeBoxIncome(ctx context.Context, tx *sqlx.Tx, id int64) error {
	_, err := tx.ExecContext(ctx, desk.BoxIncome+` AND a.id = $1
		ON CONFLICT (source_key) DO UPDATE
		SET household_id = excluded.household_id, month = excluded.month, stage = excluded.stage, occurred_on = excluded.occurred_on,
		    policy = excluded.policy
		WHERE income_entry.stage = 'expected'`, id)
	if err != nil {
		return fmt.Errorf("write income of adoption %d: %w", id, err)
	}
	_, err = tx.ExecContext(ctx, `
		DELETE FROM income_entry e USING adoption_box b
		WHERE e.adoption_id = $1 AND e.stage = 'expected' AND b.adoption_id = $1
		  AND e.source_key = 'adoption:' || b.adoption_id || ':' || b.no AND b.state IN ('seeking', 'failed', 'void')`, id)
	if err != nil {
		return fmt.Errorf("drop income of adoption %d: %w", id, err)
	}
	return nil
}

// HoldExpired marks an adoption when the catalogue gave its stock away because nobody paid in time, or ends it when it was
// paid in that very moment.
func (m *Room) HoldExpired(ctx context.Context, tx *sqlx.Tx, id int64) error {
	a, err := lockAdoption(ctx, tx, id)
	if link.CodeOf(err) == link.NotFound {
		return nil // held for an adoption that was never written
	}
	if err != nil {
		return err
	}
	switch {
	case a.State == adopt.Placed || a.State == adopt.Expiring:
		_, err := tx.ExecContext(ctx, `UPDATE adoption SET hold_lost = true, expires_at = least(expires_at, $2) WHERE id = $1`, id, m.Now())
		if err != nil {
			return fmt.Errorf("mark adoption %d: %w", id, err)
		}
	case a.State == adopt.Reserved || a.State == adopt.Growing:
		// Paid in the very moment in which the hold ended: nothing is delivered yet, so everything goes back.
		boxes, err := boxesOf(ctx, tx, id)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(boxes[id], func(b boxRow) bool { return b.DeliveryID != nil }) {
			return fmt.Errorf("the hold of adoption %d expired after a box was delivered", id)
		}
		return m.endAdoption(ctx, tx, a, adopt.StepLost, 0, "refund.sold_out", "adoption.timeline.lost")
	}
	return nil
}
