package order

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/payments"
)

// PaymentsChanged applies the payment module's events to orders: each order is locked once, in the order of ids.
func (m *Room) PaymentsChanged(ctx context.Context, tx *sqlx.Tx, e desk.PaymentEvents) error {
	ids := map[int64]bool{}
	for _, p := range e.Succeeded {
		addOrder(ids, p.Ref)
	}
	for _, r := range e.Refs {
		addOrder(ids, r.Ref)
	}
	for _, r := range e.Refunds {
		addOrder(ids, r.Ref)
	}
	if len(ids) == 0 {
		return nil
	}
	locked, err := desk.LockOrders(ctx, tx, desk.KeysOf(ids))
	if err != nil {
		return err
	}
	return errors.Join(m.applyPayments(ctx, tx, locked, e.Succeeded), m.refsChanged(ctx, tx, locked, e.Refs), m.refunded(ctx, tx, locked, e.Refunds))
}

func addOrder(ids map[int64]bool, ref string) {
	if id, ok := orders.ParsePaymentRef(ref); ok {
		ids[id] = true
	}
}

// applyPayments books payments on their orders. A deposit in time confirms; a late one, or one after its stock is gone, becomes
// a task, because the catalogue has to be asked first.
func (m *Room) applyPayments(ctx context.Context, tx *sqlx.Tx, locked map[int64]*desk.OrderRow, got []payments.PaymentEvent) error {
	var ours []payments.PaymentEvent
	var told []desk.TimelineEntry
	paid := map[int64]bool{}
	for _, e := range got {
		id, is := orders.ParsePaymentRef(e.Ref)
		if !is {
			continue
		}
		o := locked[id]
		if o == nil {
			return fmt.Errorf("payment %d is for order %d, which is not there", e.PaymentID, id)
		}
		o.SetFunds(o.Funds().Received(orders.Purpose(e.Purpose), e.AmountFen, e.ReturnFen, e.Late))
		ours, paid[id] = append(ours, e), true
		told = append(told, desk.TimelineEntry{OrderID: id, Key: "order.timeline.payment_" + e.Purpose, Args: map[string]string{"amount": strconv.FormatInt(e.AmountFen, 10)}})
	}
	if err := savePaid(ctx, tx, locked, desk.KeysOf(paid)); err != nil {
		return err
	}
	if err := m.AddTimelines(ctx, tx, told); err != nil {
		return err
	}
	var confirm []int64
	for _, e := range ours {
		id, _ := orders.ParsePaymentRef(e.Ref)
		o := locked[id]
		var err error
		switch o.Funds().Arrived(orders.Purpose(e.Purpose), e.Late) {
		case orders.ArrivalLate:
			err = m.AddTask(ctx, tx, "late", e.PaymentID, id, e.AmountFen, e.Purpose)
		case orders.ArrivalConfirms:
			o.State, err = o.State.Next(orders.StepDepositPaid)
			confirm = append(confirm, id)
		case orders.ArrivalReclaims:
			err = m.AddTask(ctx, tx, "reclaim", id, id, 0, "")
		case orders.ArrivalReturned:
			err = m.sendBack(ctx, tx, o, 0, "refund.order_cancelled")
		case orders.ArrivalBooked:
		}
		if err != nil {
			return err
		}
	}
	return m.confirm(ctx, tx, confirm)
}

// savePaid writes the received amounts of orders.
func savePaid(ctx context.Context, tx *sqlx.Tx, locked map[int64]*desk.OrderRow, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	fen, back, late, deposit := make([]int64, len(ids)), make([]int64, len(ids)), make([]int64, len(ids)), make(pq.BoolArray, len(ids))
	for i, id := range ids {
		o := locked[id]
		fen[i], back[i], late[i], deposit[i] = o.PaidFen, o.RefundFen, o.LateFen, o.DepositPaid
	}
	_, err := tx.ExecContext(ctx, `
		UPDATE orders o SET paid_fen = u.fen, refund_fen = u.back, late_fen = u.late, deposit_paid = u.deposit, version = version + 1
		FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::boolean[]) AS u (id, fen, back, late, deposit) WHERE o.id = u.id`,
		desk.Ints(ids), desk.Ints(fen), desk.Ints(back), desk.Ints(late), deposit)
	if err != nil {
		return fmt.Errorf("book payments of orders: %w", err)
	}
	return nil
}

// sendBack closes the order's account at payments: the payments go back less the forfeit.
func (m *Room) sendBack(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow, forfeit int64, reason string) error {
	coop := int64(0)
	if forfeit > 0 {
		err := tx.GetContext(ctx, &coop, `
			SELECT seller_org FROM order_line WHERE order_id = $1 ORDER BY deposit_fen DESC, no LIMIT 1`, o.ID)
		if err != nil {
			return fmt.Errorf("read seller of order %d: %w", o.ID, err)
		}
	}
	o.SetFunds(o.Funds().Ended(forfeit))
	_, err := tx.ExecContext(ctx, `
		UPDATE orders SET forfeit_fen = $2, refund_fen = $3, balance_fen = $4, version = version + 1 WHERE id = $1`,
		o.ID, o.ForfeitFen, o.RefundFen, o.BalanceFen)
	if err != nil {
		return fmt.Errorf("refund order %d: %w", o.ID, err)
	}
	return link.Publish(ctx, tx, link.Message{Subject: payments.CmdCancelRef,
		Data: payments.CancelRef{Ref: orders.PaymentRef(o.ID), ForfeitFen: forfeit, Coop: coop, Reason: reason}})
}

// refsChanged takes over the results of closed bills. An answer to an earlier bill of a corrected order is ignored.
func (m *Room) refsChanged(ctx context.Context, tx *sqlx.Tx, locked map[int64]*desk.OrderRow, refs []payments.RefEvent) error {
	for _, e := range refs {
		id, _ := orders.ParsePaymentRef(e.Ref)
		o := locked[id]
		if o == nil {
			continue
		}
		f, ok := o.Funds().Billed(e.BilledFen, e.ReceivableFen)
		if !ok {
			continue
		}
		o.SetFunds(f)
		_, err := tx.ExecContext(ctx, `
			UPDATE orders SET balance_fen = $2, refund_fen = $3, version = version + 1 WHERE id = $1`, id, o.BalanceFen, o.RefundFen)
		if err != nil {
			return fmt.Errorf("bill order %d: %w", id, err)
		}
		if e.ReceivableFen > 0 {
			continue
		}
		if err := m.settle(ctx, tx, o); err != nil {
			return err
		}
	}
	return nil
}

// settle makes an order paid and starts the buyer's time to inspect.
func (m *Room) settle(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow) error {
	if err := desk.MoveTo(ctx, tx, o, orders.StepPaid); err != nil {
		return err
	}
	lines, err := m.LinesOf(ctx, tx, o.ID)
	if err != nil {
		return err
	}
	now := m.Now()
	_, err = tx.ExecContext(ctx, `UPDATE orders SET paid_at = $2, inspect_until = $3 WHERE id = $1`, o.ID, now, orders.InspectionEnds(desk.LinesOut(lines[o.ID]), now))
	if err != nil {
		return fmt.Errorf("settle order %d: %w", o.ID, err)
	}
	if err := m.AddTimeline(ctx, tx, []int64{o.ID}, "order.timeline.paid", nil); err != nil {
		return err
	}
	return link.Publish(ctx, tx, desk.Changed(o.State, o.ID)...)
}

func (m *Room) refunded(ctx context.Context, tx *sqlx.Tx, locked map[int64]*desk.OrderRow, refunds []payments.RefundEvent) error {
	for _, e := range refunds {
		id, _ := orders.ParsePaymentRef(e.Ref)
		if locked[id] == nil {
			continue
		}
		args := map[string]string{"amount": strconv.FormatInt(e.AmountFen, 10)}
		if err := m.AddTimeline(ctx, tx, []int64{id}, "order.timeline.refunded", args); err != nil {
			return err
		}
	}
	return nil
}

// HoldExpired handles the catalogue's event that an order's stock was given away because nobody confirmed in time. NotFound.
func (m *Room) HoldExpired(ctx context.Context, tx *sqlx.Tx, id int64) error {
	o, err := desk.LockOrder(ctx, tx, id)
	if err != nil {
		return err
	}
	switch o.State.OnHoldExpired() {
	case orders.HoldMarked:
		if _, err := tx.ExecContext(ctx, `UPDATE orders SET hold_lost = true, expires_at = least(expires_at, $2) WHERE id = $1`, o.ID, m.Now()); err != nil {
			return fmt.Errorf("mark order %d: %w", o.ID, err)
		}
	case orders.HoldReclaims:
		// It was paid in the same moment. A worker asks the catalogue whether the stock is really gone.
		return m.AddTask(ctx, tx, "reclaim", o.ID, o.ID, 0, "")
	}
	return nil
}
