package shelf

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/orders/shelf"
	"banmuyuan/payments"
)

// shelfPaid applies payments of sales and bills of buy-in sheets, each locked in the order of ids.
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
	step := shelf.BilledStep(e.ReceivableFen)
	if !state.Can(step) {
		return nil // told before
	}
	to, err := state.Next(step)
	if err != nil {
		return err
	}
	var settledAt *time.Time
	if step == shelf.SheetSettle {
		now := s.Now()
		settledAt = &now
	}
	if _, err := tx.ExecContext(ctx, `UPDATE shelf_sheet SET state = $2, settled_at = $3 WHERE id = $1`, id, string(to), settledAt); err != nil {
		return fmt.Errorf("move sheet %d: %w", id, err)
	}
	if settledAt == nil {
		return nil
	}
	return link.Publish(ctx, tx, link.Message{Subject: payments.CmdReleaseRef, Data: payments.ReleaseRef{Ref: shelf.SheetRefOf(id)}})
}

// newUnpaid returns the worker that expires sales that were not paid in time.
func (m *Room) newUnpaid() *desk.Unpaid {
	return desk.NewUnpaid(m.Desk, desk.UnpaidConfig[shelf.SaleState, shelf.SaleStep]{
		Name: "sale", Table: "shelf_sale", Machine: shelf.SaleMachine, Expire: shelf.SaleExpire, Expired: shelf.SaleLapse,
		Ref: shelf.SaleRefOf, End: m.endUnpaid,
	})
}

// endUnpaid ends sales that were not paid: the goods they kept are free again.
func (m *Room) endUnpaid(ctx context.Context, tx *sqlx.Tx, ids []int64) error {
	for _, id := range ids {
		sale, err := m.lockSale(ctx, tx, id)
		if err != nil {
			return err
		}
		if !sale.State.Can(shelf.SaleLapse) {
			continue
		}
		if err := m.step(ctx, tx, sale, shelf.SaleLapse); err != nil {
			return err
		}
	}
	return nil
}
