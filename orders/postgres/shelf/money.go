package shelf

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"

	"banmuyuan/internal/link"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
)

// shelfPaid applies what payments tells of sales and of sheets of buy-ins, each locked in the order of ids.
func (m *Room) shelfPaid(ctx context.Context, tx *sqlx.Tx, got []payments.PaymentEvent, refs []payments.RefEvent) error {
	s := m
	slices.SortStableFunc(got, func(a, b payments.PaymentEvent) int { return int(shelfID(a.Ref) - shelfID(b.Ref)) })
	for _, e := range got {
		kind, id, ok := shelf.ParseShelfRef(e.Ref)
		if !ok {
			continue
		}
		if e.Late {
			// Its goods were given back, or the bill was paid already: the money goes back in full.
			err := link.Publish(ctx, tx, link.Message{Subject: payments.CmdRefundLate, Data: payments.RefundPayment{PaymentID: e.PaymentID, Reason: "refund.late"}})
			if err != nil {
				return err
			}
			continue
		}
		if kind != "sale" {
			continue
		}
		sale, err := s.lockSale(ctx, tx, id)
		if err != nil {
			return fmt.Errorf("payment %d: %w", e.PaymentID, err)
		}
		if sale.State.Can(shelf.SalePay) {
			if err := s.step(ctx, tx, sale, shelf.SalePay); err != nil {
				return err
			}
		}
	}
	slices.SortStableFunc(refs, func(a, b payments.RefEvent) int { return int(shelfID(a.Ref) - shelfID(b.Ref)) })
	for _, e := range refs {
		kind, id, ok := shelf.ParseShelfRef(e.Ref)
		if !ok || kind != "buyin" {
			continue
		}
		if err := s.sheetBilled(ctx, tx, id, e); err != nil {
			return err
		}
	}
	return nil
}

func shelfID(ref string) int64 {
	_, id, _ := shelf.ParseShelfRef(ref)
	return id
}

// sheetBilled notes that payments has closed a sheet's bill, or that nothing of it is due any more: then the households
// are released.
func (s *Room) sheetBilled(ctx context.Context, tx *sqlx.Tx, id int64, e payments.RefEvent) error {
	var state shelf.SheetState
	err := tx.GetContext(ctx, &state, `SELECT state FROM shelf_sheet WHERE id = $1 FOR UPDATE`, id)
	if err != nil {
		return fmt.Errorf("lock sheet %d: %w", id, err)
	}
	step := shelf.SheetBill
	if e.ReceivableFen == 0 {
		step = shelf.SheetSettle
	}
	to, err := state.Next(step)
	if err != nil {
		return nil // told before
	}
	now := s.Now()
	if _, err := tx.ExecContext(ctx, `
		UPDATE shelf_sheet SET state = $2, settled_at = CASE WHEN $2 = 'settled' THEN $3::timestamptz END WHERE id = $1`, id, string(to), now); err != nil {
		return fmt.Errorf("move sheet %d: %w", id, err)
	}
	if to != shelf.SheetSettled {
		return nil
	}
	return link.Publish(ctx, tx, link.Message{Subject: payments.CmdReleaseRef, Data: payments.ReleaseRef{Ref: shelf.SheetRefOf(id)}})
}

// expireSales gives back what was kept for sales that nobody paid in time, once payments says so.
func (m *Room) expireSales(ctx context.Context) error {
	s := m
	_, err := m.DB.ExecContext(ctx, `
		UPDATE shelf_sale SET state = 'expiring', check_at = $1
		WHERE id IN (SELECT id FROM shelf_sale WHERE state = 'placed' AND expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)`,
		m.Now(), desk.WorkBatch)
	if err != nil {
		return fmt.Errorf("stop unpaid sales: %w", err)
	}
	var ids []int64
	err = m.DB.SelectContext(ctx, &ids, `
		UPDATE shelf_sale SET check_at = $2
		WHERE id IN (SELECT id FROM shelf_sale WHERE state = 'expiring' AND check_at <= $1 ORDER BY check_at LIMIT $3 FOR UPDATE SKIP LOCKED)
		RETURNING id`, m.Now(), m.After(m.Config.Lease), desk.WorkBatch)
	if err != nil || len(ids) == 0 {
		return err
	}
	unpaid := make([]bool, len(ids))
	var g errgroup.Group
	g.SetLimit(8)
	for i, id := range ids {
		g.Go(func() error {
			res, err := m.Payments.ExpirePayments(desk.AsSystem(ctx), payments.Ref{Ref: shelf.SaleRefOf(id)})
			if err != nil {
				m.Log.Warn("ask whether a sale was paid", "sale", id, "error", err)
			}
			unpaid[i] = err == nil && !res.Paid
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	for i, id := range ids {
		if !unpaid[i] {
			continue
		}
		err := m.Tx(ctx, func(tx *sqlx.Tx) error {
			sale, err := s.lockSale(ctx, tx, id)
			if err != nil || !sale.State.Can(shelf.SaleLapse) {
				return err
			}
			return s.step(ctx, tx, sale, shelf.SaleLapse)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
