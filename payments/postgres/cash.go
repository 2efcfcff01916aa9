package postgres

import (
	"context"
	"fmt"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/payments"
	"banmuyuan/payments/ledger"
)

type bankingRow struct {
	ID        int64     `db:"id"`
	Slip      string    `db:"slip"`
	AmountFen int64     `db:"amount_fen"`
	PaidOn    time.Time `db:"paid_on"`
	Actor     string    `db:"actor"`
	OnBank    bool      `db:"on_bank"`
	Reversed  bool      `db:"reversed"`
}

const bankingColumns = `b.id, b.slip, b.amount_fen, b.paid_on, b.actor, b.reversed_at IS NOT NULL AS reversed,
	EXISTS (SELECT FROM bank_statement_line l WHERE l.booked_as = 'banking:' || b.id) AS on_bank`

func (b bankingRow) out() payments.CashBanking {
	return payments.CashBanking{ID: b.ID, Slip: b.Slip, AmountFen: b.AmountFen, PaidOn: dateTime(b.PaidOn), By: b.Actor, OnBank: b.OnBank, Reversed: b.Reversed}
}

// BankCash books cash that was brought to the bank against the number on the bank's slip.
func (s *Service) BankCash(ctx context.Context, r payments.BankCash) (payments.CashBanking, error) {
	if _, err := need(ctx, roleOperator, roleClerk); err != nil {
		return payments.CashBanking{}, err
	}
	r, err := r.Check(s.now())
	if err != nil {
		return payments.CashBanking{}, err
	}
	var out bankingRow
	err = s.change(ctx, func(c *change) error {
		// The cashbox is a derived account, which nothing keeps from going below zero: one at a time.
		if _, err := c.tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(hashtextextended('payments cashbox', 0))`); err != nil {
			return fmt.Errorf("lock cashbox: %w", err)
		}
		err := get(ctx, c.tx, &out, `SELECT `+bankingColumns+` FROM cash_banking b WHERE b.slip = $1 AND b.reversed_at IS NULL`, r.Slip)
		if err == nil {
			if out.AmountFen != r.AmountFen {
				return link.E(link.Conflict, "cash.slip_used", "slip")
			}
			return nil // sent twice
		}
		if !missing(err) {
			return fmt.Errorf("look up slip: %w", err)
		}
		onHand, err := ledger.Derived(ctx, c.tx, ledger.KindCash)
		if err != nil {
			return err
		}
		if r.AmountFen > onHand {
			return link.E(link.Invalid, "cash.more_than_there_is", "amount_fen", "have", money.FormatYuan(onHand))
		}
		out = bankingRow{Slip: r.Slip, AmountFen: r.AmountFen, PaidOn: r.PaidOn, Actor: c.actor}
		err = c.tx.GetContext(ctx, &out.ID, `
			INSERT INTO cash_banking (slip, amount_fen, paid_on, actor, created_at) VALUES ($1, $2, $3::date, $4, $5) RETURNING id`,
			r.Slip, r.AmountFen, day(r.PaidOn), c.actor, c.now)
		if err != nil {
			return fmt.Errorf("write banking: %w", err)
		}
		var reversals int
		if err := c.tx.GetContext(ctx, &reversals, `SELECT count(*) FROM cash_banking WHERE slip = $1 AND reversed_at IS NOT NULL`, r.Slip); err != nil {
			return fmt.Errorf("count reversals of slip: %w", err)
		}
		c.post("cash.banked", again("banking:"+r.Slip, reversals), r.PaidOn, ledger.Debit(ledger.Bank(), r.AmountFen), ledger.Credit(ledger.Cash(), r.AmountFen))
		return nil
	})
	return out.out(), err
}

// Cashbox returns the cash on hand, the latest receipts and the latest bankings.
func (s *Service) Cashbox(ctx context.Context, _ payments.None) (payments.Cashbox, error) {
	if _, err := need(ctx, append(county, roleClerk)...); err != nil {
		return payments.Cashbox{}, err
	}
	box := payments.Cashbox{Receipts: []payments.CashReceipt{}, Bankings: []payments.CashBanking{}}
	var err error
	if box.OnHandFen, err = ledger.Derived(ctx, s.db, ledger.KindCash); err != nil {
		return box, err
	}
	var receipts []struct {
		Receipt string    `db:"receipt"`
		Payment int64     `db:"payment_id"`
		Ref     string    `db:"ref"`
		Fen     int64     `db:"amount_fen"`
		Actor   string    `db:"actor"`
		At      time.Time `db:"created_at"`
	}
	err = s.db.SelectContext(ctx, &receipts, `
		SELECT r.receipt, r.payment_id, p.ref, r.amount_fen, r.actor, r.created_at
		FROM cash_receipt r JOIN payment p ON p.id = r.payment_id
		WHERE r.org = 0 -- what an organisation took at its own counter is in its till, not here
		ORDER BY r.created_at DESC, r.receipt DESC LIMIT 200`)
	if err != nil {
		return box, fmt.Errorf("read receipts: %w", err)
	}
	for _, r := range receipts {
		box.Receipts = append(box.Receipts, payments.CashReceipt{Receipt: r.Receipt, PaymentID: r.Payment, Ref: r.Ref, AmountFen: r.Fen, TakenBy: r.Actor, At: r.At.UTC()})
	}
	box.OldestAt = payments.OldestInBox(box.OnHandFen, box.Receipts)
	var bankings []bankingRow
	if err := s.db.SelectContext(ctx, &bankings, `SELECT `+bankingColumns+` FROM cash_banking b ORDER BY b.id DESC LIMIT 200`); err != nil {
		return box, fmt.Errorf("read bankings: %w", err)
	}
	for _, b := range bankings {
		box.Bankings = append(box.Bankings, b.out())
	}
	return box, nil
}
