package postgres

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
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

type cashReceiptRow struct {
	Receipt string    `db:"receipt"`
	Payment int64     `db:"payment_id"`
	Ref     string    `db:"ref"`
	Fen     int64     `db:"amount_fen"`
	Actor   string    `db:"actor"`
	At      time.Time `db:"created_at"`
}

func (r cashReceiptRow) out() payments.CashReceipt {
	return payments.CashReceipt{Receipt: r.Receipt, PaymentID: r.Payment, Ref: r.Ref, AmountFen: r.Fen, TakenBy: r.Actor, At: r.At.UTC()}
}

// Cashbox returns the cash on hand, a page of the receipts and a page of the bankings.
func (s *Service) Cashbox(ctx context.Context, r payments.CashboxRequest) (payments.Cashbox, error) {
	if _, err := need(ctx, append(county, roleClerk)...); err != nil {
		return payments.Cashbox{}, err
	}
	box := payments.Cashbox{Receipts: []payments.CashReceipt{}, Bankings: []payments.CashBanking{}}
	n, err := paging.Size(r.Limit, defaultLimit, 200)
	if err != nil {
		return box, err
	}
	if box.OnHandFen, err = ledger.Derived(ctx, s.db, ledger.KindCash); err != nil {
		return box, err
	}
	if box.OldestAt, err = s.oldestInBox(ctx, box.OnHandFen); err != nil {
		return box, err
	}
	r.Query = strings.ToLower(strings.Join(strings.Fields(r.Query), ""))
	if err := s.boxReceipts(ctx, r, n, &box); err != nil {
		return box, err
	}
	return box, s.boxBankings(ctx, r, n, &box)
}

// boxReceiptsFrom is the table of receipts of the county's box. Cash of an organisation's own counter is in its till.
const boxReceiptsFrom = ` FROM cash_receipt r JOIN payment p ON p.id = r.payment_id WHERE r.org = 0`

func (s *Service) boxReceipts(ctx context.Context, r payments.CashboxRequest, n int, box *payments.Cashbox) error {
	at, receipt, err := cashPlace(r.ReceiptsCursor)
	if err != nil {
		return err
	}
	const found = ` AND ($1 = '' OR strpos(lower(replace(r.receipt, ' ', '')), $1) > 0)`
	if err := s.db.GetContext(ctx, &box.ReceiptsTotal, `SELECT count(*)`+boxReceiptsFrom+found, r.Query); err != nil {
		return fmt.Errorf("count receipts: %w", err)
	}
	var rows []cashReceiptRow
	err = s.db.SelectContext(ctx, &rows, `SELECT r.receipt, r.payment_id, p.ref, r.amount_fen, r.actor, r.created_at`+boxReceiptsFrom+found+`
		AND ($2 = '' OR (r.created_at, r.receipt) < ($3, $2)) ORDER BY r.created_at DESC, r.receipt DESC LIMIT $4`, r.Query, receipt, at, n+1)
	if err != nil {
		return fmt.Errorf("read receipts: %w", err)
	}
	if len(rows) > n {
		rows = rows[:n]
		box.ReceiptsCursor = paging.AfterText("cash_receipts", fmt.Sprintf("%d %s", rows[n-1].At.UnixMicro(), rows[n-1].Receipt))
	}
	for _, row := range rows {
		box.Receipts = append(box.Receipts, row.out())
	}
	return nil
}

// cashPlace reads a cursor of receipts: the time and the number of the last one; "" is the beginning.
func cashPlace(cursor string) (at time.Time, receipt string, err error) {
	place, err := paging.PlaceText("cash_receipts", cursor)
	if err == nil && place != "" {
		micros, number, ok := strings.Cut(place, " ")
		n, wrong := strconv.ParseInt(micros, 10, 64)
		if !ok || wrong != nil || number == "" {
			err = link.E(link.Invalid, "page.cursor", "cursor")
		}
		at, receipt = time.UnixMicro(n), number
	}
	return at, receipt, cursorField(err, "receipts_cursor")
}

// cursorField names the field of one of several cursors.
func cursorField(err error, field string) error {
	if err == nil {
		return nil
	}
	e := link.AsError(err)
	return link.E(e.Code, e.Key, field).Because(err)
}

func (s *Service) boxBankings(ctx context.Context, r payments.CashboxRequest, n int, box *payments.Cashbox) error {
	before, err := paging.ID("cash_bankings", r.BankingsCursor)
	if err != nil {
		return cursorField(err, "bankings_cursor")
	}
	const found = ` FROM cash_banking b WHERE ($1 = '' OR strpos(lower(replace(b.slip, ' ', '')), $1) > 0)`
	if err := s.db.GetContext(ctx, &box.BankingsTotal, `SELECT count(*)`+found, r.Query); err != nil {
		return fmt.Errorf("count bankings: %w", err)
	}
	var rows []bankingRow
	err = s.db.SelectContext(ctx, &rows, `SELECT `+bankingColumns+found+` AND ($2 = 0 OR b.id < $2) ORDER BY b.id DESC LIMIT $3`, r.Query, before, n+1)
	if err != nil {
		return fmt.Errorf("read bankings: %w", err)
	}
	if len(rows) > n {
		rows = rows[:n]
		box.BankingsCursor = paging.After("cash_bankings", rows[n-1].ID)
	}
	for _, b := range rows {
		box.Bankings = append(box.Bankings, b.out())
	}
	return nil
}

// oldestStep is how many receipts are read at once to find the oldest in the box.
const oldestStep = 500

// oldestInBox reads receipts, the newest first, until they are worth the cash on hand.
func (s *Service) oldestInBox(ctx context.Context, onHand int64) (*time.Time, error) {
	var all []payments.CashReceipt
	at, receipt := time.Time{}, ""
	for left := onHand; left > 0; {
		var rows []cashReceiptRow
		err := s.db.SelectContext(ctx, &rows, `SELECT r.receipt, r.payment_id, p.ref, r.amount_fen, r.actor, r.created_at`+boxReceiptsFrom+`
			AND ($1 = '' OR (r.created_at, r.receipt) < ($2, $1)) ORDER BY r.created_at DESC, r.receipt DESC LIMIT $3`, receipt, at, oldestStep)
		if err != nil {
			return nil, fmt.Errorf("read receipts: %w", err)
		}
		for _, row := range rows {
			left -= row.Fen
			all = append(all, row.out())
			at, receipt = row.At, row.Receipt
		}
		if len(rows) < oldestStep {
			break
		}
	}
	return payments.OldestInBox(onHand, all), nil
}
