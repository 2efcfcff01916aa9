package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"banmuyuan/payments"
	"banmuyuan/payments/ledger"
)

// reversalDays is how long after a line the bank may take it back.
const reversalDays = 45

// meetReversals puts lines by which the bank took something back to what they take back: of the same amount, with the same
// reference or the same name, the latest before them. What is not found waits for a person, as any other line does. It
// returns the number of lines of money out that have met.
func (c *change) meetReversals(ctx context.Context) (int, error) {
	if err := c.lockBooked(ctx); err != nil {
		return 0, err
	}
	in, err := c.meetIncoming(ctx)
	if err != nil {
		return 0, err
	}
	out, err := c.meetOutgoing(ctx)
	return in + out, err
}

// meetIncoming puts money that came back to the line by which it had gone.
func (c *change) meetIncoming(ctx context.Context) (int, error) {
	var lines []lineRow
	err := c.tx.SelectContext(ctx, &lines, `SELECT `+lineColumns+` FROM bank_statement_line l WHERE l.reversal AND l.state = ANY($1) AND l.payment_id IS NULL ORDER BY l.id`,
		pq.Array(payments.LineMachine.From(payments.LineBook)))
	if err != nil {
		return 0, fmt.Errorf("read reversals: %w", err)
	}
	n := 0
	for _, l := range lines {
		var gone outgoingRow
		err := get(ctx, c.tx, &gone, `SELECT `+outgoingColumns+` FROM bank_outgoing_line o
			WHERE o.amount_fen = $1 AND o.paid_on BETWEEN $2::date - $5::int AND $2::date AND NOT o.reversal
			  AND (o.bank_ref = $3 OR o.payee = $4::text OR o.payee = '' OR $4 = '')
			  AND (o.state = ANY($6) OR o.explained_as LIKE 'note:%')
			  AND NOT EXISTS (SELECT FROM bank_statement_line x WHERE x.booked_as = $7::text || ':' || o.id)
			ORDER BY (o.bank_ref = $3) DESC, o.paid_on DESC, o.id DESC LIMIT 1 FOR UPDATE`,
			l.AmountFen, l.PaidOn.Format(time.DateOnly), l.BankRef, l.Payer, reversalDays, pq.Array(payments.OutgoingMachine.From(payments.OutgoingRecognise)), payments.BookedReversal)
		if missing(err) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("look up the line of reversal %d: %w", l.ID, err)
		}
		fee := gone.State == payments.OutgoingExplained
		if !fee {
			err := c.exec(ctx, "explain outgoing line", `UPDATE bank_outgoing_line SET state = $2, explained_as = $3 WHERE id = $1`,
				gone.ID, payments.OutgoingMachine.To(payments.OutgoingRecognise), fmt.Sprintf("%s:%d", payments.BookedReversal, l.ID))
			if err != nil {
				return 0, err
			}
			n++
		}
		if err := c.putToBooked(ctx, l, bookedRow{Kind: payments.BookedReversal, ID: fmt.Sprint(gone.ID), Fen: l.AmountFen, Fee: fee}); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// meetOutgoing puts money that the bank took back to the line by which it had come, as long as that pays nothing.
func (c *change) meetOutgoing(ctx context.Context) (int, error) {
	var lines []outgoingRow
	err := c.tx.SelectContext(ctx, &lines, `SELECT `+outgoingColumns+` FROM bank_outgoing_line WHERE reversal AND state = ANY($1) ORDER BY id`,
		pq.Array(payments.OutgoingMachine.From(payments.OutgoingRecognise)))
	if err != nil {
		return 0, fmt.Errorf("read reversals: %w", err)
	}
	n := 0
	for _, gone := range lines {
		var l lineRow
		err := get(ctx, c.tx, &l, `SELECT `+lineColumns+` FROM bank_statement_line l
			WHERE l.amount_fen = $1 AND l.paid_on BETWEEN $2::date - $5::int AND $2::date AND NOT l.reversal
			  AND (l.bank_ref = $3 OR l.payer = $4::text OR l.payer = '' OR $4 = '') AND l.state = ANY($6)
			  AND NOT EXISTS (SELECT FROM bank_statement_line x WHERE x.return_ref = $3)
			ORDER BY (l.bank_ref = $3) DESC, l.paid_on DESC, l.id DESC LIMIT 1 FOR UPDATE OF l`,
			gone.AmountFen, gone.PaidOn.Format(time.DateOnly), gone.BankRef, gone.Payee, reversalDays, pq.Array(payments.LineMachine.From(payments.LineReturn)))
		if missing(err) {
			continue
		}
		if err != nil {
			return 0, fmt.Errorf("look up the line of reversal %d: %w", gone.ID, err)
		}
		err = c.exec(ctx, "return statement line", `UPDATE bank_statement_line SET state = $2, payment_id = NULL, return_ref = $3, returned_on = $4::date WHERE id = $1`,
			l.ID, payments.LineMachine.To(payments.LineReturn), gone.BankRef, gone.PaidOn.Format(time.DateOnly))
		if err != nil {
			return 0, err
		}
		err = c.exec(ctx, "explain outgoing line", `UPDATE bank_outgoing_line SET state = $2, explained_as = 'return:' || $3::text WHERE id = $1`,
			gone.ID, payments.OutgoingMachine.To(payments.OutgoingRecognise), fmt.Sprint(l.ID))
		if err != nil {
			return 0, err
		}
		c.post("statement.returned", again("stmt:main:"+l.Key+":returned", l.Reversals), dateTime(gone.PaidOn), ledger.Debit(ledger.Suspense(), l.AmountFen), ledger.Credit(ledger.Bank(), l.AmountFen))
		n++
	}
	return n, nil
}
