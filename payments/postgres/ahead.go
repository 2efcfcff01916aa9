package postgres

import (
	"context"
	"fmt"

	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/ledger"
)

// releaseDelivery settles one delivery of a Ref that goes on: the money paid ahead pays the bill, and the delivery's
// households are released.
func (s *Service) releaseDelivery(ctx context.Context, c *change, cmd payments.ReleaseDelivery) error {
	r, err := c.lockRef(ctx, cmd.Ref)
	if err != nil {
		return err
	}
	var row struct {
		Ref      string `db:"ref"`
		Reversed bool   `db:"reversed"`
	}
	err = c.tx.GetContext(ctx, &row, `SELECT ref, reversed FROM delivery WHERE delivery_id = $1`, cmd.DeliveryID)
	switch {
	case missing(err):
		return early("delivery %d is not known", cmd.DeliveryID)
	case err != nil:
		return fmt.Errorf("read delivery %d: %w", cmd.DeliveryID, err)
	case row.Ref != cmd.Ref:
		return link.E(link.Conflict, "conflict", "").Because(fmt.Errorf("delivery %d is of %s", cmd.DeliveryID, row.Ref))
	case row.Reversed:
		return nil
	}
	var pending []payableRow
	err = c.tx.SelectContext(ctx, &pending, `
		SELECT id, source_key, household, gross_fen, fee_fen, amount_fen, state, version
		FROM payable WHERE delivery_id = $1 AND state = ANY($2) ORDER BY id FOR UPDATE`,
		cmd.DeliveryID, pq.Array(payments.PayableMachine.From(payments.PayableRelease)))
	if err != nil {
		return fmt.Errorf("lock payables of delivery %d: %w", cmd.DeliveryID, err)
	}
	if len(pending) == 0 {
		return nil
	}
	if r.deposit < r.receivable {
		return early("%s has %d fen of the %d billed", cmd.Ref, r.deposit, r.receivable)
	}
	key := deliveryKey(cmd.DeliveryID)
	if used := r.receivable; used > 0 {
		c.post("deposit.applied", key+":applied", c.now, ledger.Debit(ledger.Deposit(r.Ref), used), ledger.Credit(ledger.Receivable(r.Ref), used))
		r.deposit, r.receivable = r.deposit-used, 0
	}
	var released ledger.ByHousehold
	ids := map[payments.PayableStep][]int64{}
	for _, p := range pending {
		on := payments.ReleaseStep(p.AmountFen)
		ids[on] = append(ids[on], p.ID)
		if on == payments.PayableRelease {
			released.Add(p.Household, p.AmountFen)
		}
	}
	if len(ids[payments.PayableRelease]) > 0 {
		c.post("released", key+":release", c.now,
			released.Move(ledger.PayablePending, ledger.Payable)...)
	}
	if err := c.movePayables(ctx, payments.PayableClear, ids[payments.PayableClear], day(c.now)); err != nil {
		return err
	}
	return c.movePayables(ctx, payments.PayableRelease, ids[payments.PayableRelease], "")
}

// refundAhead refunds money that was paid ahead for a delivery that will not come.
func (s *Service) refundAhead(ctx context.Context, c *change, cmd payments.RefundAhead) error {
	if cmd.Key == "" || cmd.AmountFen <= 0 || cmd.AmountFen > payments.MaxFen {
		return link.E(link.Invalid, "malformed", "").Because(fmt.Errorf("refund %d fen of %s under key %q", cmd.AmountFen, cmd.Ref, cmd.Key))
	}
	r, err := c.lockRef(ctx, cmd.Ref)
	if err != nil {
		return err
	}
	key := fmt.Sprintf("%s:ahead:%s", r.Ref, cmd.Key)
	var done bool
	if err := c.tx.GetContext(ctx, &done, `SELECT EXISTS (SELECT FROM ledger_txn WHERE business_key = $1)`, key); err != nil {
		return fmt.Errorf("look up refund %s: %w", key, err)
	}
	if done || r.Closed || r.Cancelled { // closing and cancelling refunded the rest
		return nil
	}
	if free := r.deposit - r.receivable; cmd.AmountFen > free {
		return early("%s has %d fen that nothing was billed for, not %d", r.Ref, free, cmd.AmountFen)
	}
	c.post("ahead.refunded", key, c.now, ledger.Debit(ledger.Deposit(r.Ref), cmd.AmountFen), ledger.Credit(ledger.RefundPayable(r.Ref), cmd.AmountFen))
	r.deposit, r.refundDue = r.deposit-cmd.AmountFen, r.refundDue+cmd.AmountFen
	reason := cmd.Reason
	if reason == "" {
		reason = "refund.less_than_deposit"
	}
	return c.refund(ctx, s, r, cmd.AmountFen, reason, 0)
}
