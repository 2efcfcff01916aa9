package postgres

import (
	"context"
	"fmt"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
	"banmuyuan/payments/ledger"
)

// takeCash books cash that an organisation took at its own counter: see payments.CounterPurpose.
func (s *Service) takeCash(ctx context.Context, c *change, cmd payments.TakeCash) error {
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
	err = get(ctx, c.tx, &old, `
		SELECT p.ref, r.amount_fen FROM cash_receipt r JOIN payment p ON p.id = r.payment_id WHERE r.receipt = $1`, cmd.Receipt)
	switch {
	case err == nil && old.Ref == cmd.Ref && old.Fen == cmd.AmountFen:
		return nil
	case err == nil:
		return link.E(link.Conflict, "cash.receipt_used", "").Because(fmt.Errorf("receipt %s is of %s", cmd.Receipt, old.Ref))
	case !missing(err):
		return fmt.Errorf("look up receipt: %w", err)
	}
	p, err := c.insertPayment(ctx, s, c.newPayment(payments.CreatePayment{Key: "cash:" + cmd.Receipt, Ref: cmd.Ref, Purpose: payments.CounterPurpose(r.receivable, r.Closed),
		AmountFen: cmd.AmountFen, Method: payments.Cash, Party: payments.Party{Kind: "organisation", ID: cmd.Org}}, hashOf(cmd), payments.PaymentOpen))
	if err != nil {
		return err
	}
	_, err = c.tx.ExecContext(ctx, `
		INSERT INTO cash_receipt (receipt, payment_id, amount_fen, actor, created_at, org) VALUES ($1, $2, $3, $4, $5, $6)`,
		cmd.Receipt, p.ID, cmd.AmountFen, c.actor, c.now, cmd.Org)
	if err != nil {
		return fmt.Errorf("write receipt: %w", err)
	}
	return c.succeed(ctx, s, r, p, receipt{Key: "cash:" + cmd.Receipt, Into: ledger.TillCash(cmd.Org), Fen: cmd.AmountFen,
		At: time.Unix(cmd.TakenAt, 0).UTC()})
}
