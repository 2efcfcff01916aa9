package postgres

import (
	"context"
	"fmt"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/ledger"
)

// takeBack books goods that came back. It waits until their sale is billed and paid: commands may overtake each other.
func (s *Service) takeBack(ctx context.Context, c *change, cmd payments.TakeBack) error {
	var err error
	if cmd.Receipt, err = payments.CheckCounterReceipt(cmd.Receipt, cmd.Org, cmd.AmountFen); err != nil {
		return err
	}
	r, err := c.lockRef(ctx, cmd.Ref)
	if err != nil {
		return err
	}
	var old struct {
		Ref string `db:"ref"`
		Fen int64  `db:"amount_fen"`
	}
	err = get(ctx, c.tx, &old, `SELECT ref, amount_fen FROM take_back WHERE receipt = $1`, cmd.Receipt)
	switch {
	case err == nil && old.Ref == cmd.Ref && old.Fen == cmd.AmountFen:
		return nil
	case err == nil:
		return link.E(link.Conflict, "conflict", "").Because(fmt.Errorf("receipt %s is of %d fen of %s", cmd.Receipt, old.Fen, old.Ref))
	case !missing(err):
		return fmt.Errorf("look up receipt: %w", err)
	}
	if !r.Closed || r.receivable != 0 {
		return early("%s is not paid: %d fen due", r.Ref, r.receivable)
	}
	var before int64
	if err := c.tx.GetContext(ctx, &before, `SELECT coalesce(sum(amount_fen), 0)::bigint FROM take_back WHERE ref = $1`, r.Ref); err != nil {
		return fmt.Errorf("sum returned goods of %s: %w", r.Ref, err)
	}
	if !payments.MayTakeBack(cmd.AmountFen, before, r.BilledFen) {
		return link.E(link.Conflict, "conflict", "").Because(fmt.Errorf("%d fen of %s came back and %d more shall, of %d billed", before, r.Ref, cmd.AmountFen, r.BilledFen))
	}
	_, err = c.tx.ExecContext(ctx, `
		INSERT INTO take_back (receipt, ref, org, amount_fen, actor, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		cmd.Receipt, r.Ref, cmd.Org, cmd.AmountFen, c.actor, c.now)
	if err != nil {
		return fmt.Errorf("write returned goods of %s: %w", r.Ref, err)
	}
	of := orgAccount{payments.OrgCoop, cmd.Org}
	if err := c.lockOrgs(ctx, of); err != nil {
		return err
	}
	lack, err := c.lackingAtOrg(ctx, of, cmd.AmountFen) // it was paid for them already
	if err != nil {
		return err
	}
	at := time.Unix(cmd.TakenAt, 0).UTC()
	c.post("taken_back", "takeback:"+cmd.Receipt, at,
		ledger.Debit(of.payable(), cmd.AmountFen-lack), ledger.Debit(of.receivable(), lack), ledger.Credit(ledger.RefundPayable(r.Ref), cmd.AmountFen))
	r.refundDue += cmd.AmountFen
	reason := cmd.Reason
	if reason == "" {
		reason = "refund.taken_back"
	}
	rest, err := c.giveCash(ctx, r, cmd, reason, at)
	if err != nil {
		return err
	}
	return c.refund(ctx, s, r, rest, reason, 0)
}

// giveCash books cash that an organisation gave back at its own counter, and returns the rest that has to go back otherwise.
// That cash needs no approval and no transfer: it is gone.
func (c *change) giveCash(ctx context.Context, r *refState, cmd payments.TakeBack, reason string, at time.Time) (rest int64, err error) {
	var taken struct {
		ID   int64 `db:"id"`
		Left int64 `db:"left_fen"`
	}
	err = get(ctx, c.tx, &taken, `
		SELECT p.id, p.amount_fen - coalesce((SELECT sum(f.amount_fen) FROM refund f WHERE f.payment_id = p.id AND f.state <> 'failed'), 0) AS left_fen
		FROM payment p JOIN cash_receipt k ON k.payment_id = p.id AND p.key = 'cash:' || k.receipt
		WHERE p.ref = $1 AND p.state = 'succeeded' AND NOT p.late ORDER BY p.id DESC LIMIT 1`, r.Ref)
	if missing(err) {
		return cmd.AmountFen, nil
	}
	if err != nil {
		return 0, fmt.Errorf("look up cash of %s: %w", r.Ref, err)
	}
	part, rest := payments.CashBack(cmd.AmountFen, taken.Left)
	if part == 0 {
		return rest, nil
	}
	f := refundRow{PaymentID: taken.ID, Ref: r.Ref, AmountFen: part}
	err = c.tx.GetContext(ctx, &f.ID, `
		INSERT INTO refund (payment_id, ref, amount_fen, reason, state, bank_ref, caused_by, created_at, next_check_at, done_at, till)
		VALUES ($1, $2, $3, $4, $9, $5, $6, $7, $7, $7, $8) RETURNING id`,
		taken.ID, r.Ref, part, reason, cmd.Receipt, c.actor, c.now, cmd.Org, payments.RefundMachine.To(payments.RefundRecord))
	if err != nil {
		return 0, fmt.Errorf("write cash given back for %s: %w", r.Ref, err)
	}
	f.done(c, payments.RefundRecord, cmd.Receipt, at, ledger.TillCash(cmd.Org))
	r.refundDue -= part
	return rest, nil
}
