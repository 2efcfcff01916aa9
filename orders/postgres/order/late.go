package order

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/payments"
)

// readOrder reads an order without locking it.
func (m *Room) readOrder(ctx context.Context, id int64) (*desk.OrderRow, error) {
	o := &desk.OrderRow{}
	err := m.DB.GetContext(ctx, o, `SELECT `+desk.OrderColumns+` FROM orders o WHERE o.id = $1`, id)
	if desk.Missing(err) {
		return nil, desk.ErrNotFound()
	}
	if err != nil {
		return nil, fmt.Errorf("read order %d: %w", id, err)
	}
	return o, nil
}

// latePayment decides on money that came after its order had been given up, or twice, or short: a deposit revives an
// expired order when its stock can be found again; everything else goes back in full.
func (m *Room) latePayment(ctx context.Context, t desk.TaskRow) error {
	o, err := m.readOrder(ctx, t.OrderID)
	if err != nil {
		return err
	}
	switch o.Funds().Late(orders.Purpose(t.Purpose), t.AmountFen) {
	case orders.LateWaits:
		return fmt.Errorf("order %d is expiring: %w", o.ID, desk.ErrLater)
	case orders.LateAccepted:
		return m.acceptLate(ctx, t, nil)
	case orders.LateReserves:
		res, err := m.reserveAgain(ctx, o, fmt.Sprintf("late:%d", t.About))
		if err == nil {
			return m.acceptLate(ctx, t, &res)
		}
		if !desk.Refused(err) {
			return err
		}
	case orders.LateRefunded:
	}
	return m.Tx(ctx, func(tx *sqlx.Tx) error {
		o, err := desk.LockOrder(ctx, tx, t.OrderID)
		if err != nil {
			return err
		}
		if err := m.refundLate(ctx, tx, o, t); err != nil {
			return err
		}
		return m.Finish(ctx, tx, t, "refunded")
	})
}

func (m *Room) refundLate(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow, t desk.TaskRow) error {
	_, err := tx.ExecContext(ctx, `
		UPDATE orders SET refund_fen = refund_fen + $2, late_fen = late_fen + $2, version = version + 1 WHERE id = $1`, o.ID, t.AmountFen)
	if err != nil {
		return fmt.Errorf("refund late payment of order %d: %w", o.ID, err)
	}
	args := map[string]string{"amount": strconv.FormatInt(t.AmountFen, 10)}
	if err := m.AddTimeline(ctx, tx, []int64{o.ID}, "order.timeline.late_refunded", args); err != nil {
		return err
	}
	return link.Publish(ctx, tx, link.Message{Subject: payments.CmdRefundLate,
		Data: payments.RefundPayment{PaymentID: t.About, Reason: "refund.late"}})
}

// reserveAgain reserves the whole order's stock anew, confirmed at once. The same key finds the reservation of an earlier
// attempt.
func (m *Room) reserveAgain(ctx context.Context, o *desk.OrderRow, key string) (catalog.Reservation, error) {
	lines, err := m.LinesOf(ctx, m.DB, o.ID)
	if err != nil {
		return catalog.Reservation{}, err
	}
	req := catalog.ReserveRequest{Key: key, OrderID: o.ID, Channel: o.Channel, ExpiresAt: m.After(m.Config.HoldSlack), Confirmed: true}
	for _, l := range lines[o.ID] {
		req.Lines = append(req.Lines, catalog.ReserveLine{Line: l.No, PresaleID: l.PresaleID, Qty: l.Ordered, Policy: orders.PolicyName(l.Policy)})
	}
	return m.Catalog.Reserve(desk.AsSystem(ctx), req)
}

// replaceSplit writes a new reservation into the lines of an order without share rows.
func replaceSplit(ctx context.Context, tx *sqlx.Tx, orderID int64, res catalog.Reservation) error {
	n := len(res.Lines)
	no := make([]int64, n)
	policy, lots, households, villages, qty, levels := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, s := range res.Lines {
		no[i], policy[i] = int64(s.Line), s.Policy
		lots[i], households[i], villages[i] = desk.Literal(s.Lots), desk.Literal(s.Households), desk.Literal(s.Villages)
		qty[i], levels[i] = desk.Literal(s.Qty), desk.Literal(s.LevelFen)
	}
	_, err := tx.ExecContext(ctx, `
		UPDATE order_line l SET policy = s.policy, lots = s.lots::bigint[], households = s.households::bigint[],
		       villages = s.villages::bigint[], quantities = s.qty::bigint[], levels = s.levels::bigint[]
		FROM unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
		     AS s (no, policy, lots, households, villages, qty, levels)
		WHERE l.order_id = $1 AND l.no = s.no`,
		orderID, pq.Array(no), pq.Array(policy), pq.Array(lots), pq.Array(households), pq.Array(villages), pq.Array(qty), pq.Array(levels))
	if err != nil {
		return fmt.Errorf("write new split of order %d: %w", orderID, err)
	}
	return nil
}

// acceptLate makes a late payment the deposit after all.
func (m *Room) acceptLate(ctx context.Context, t desk.TaskRow, res *catalog.Reservation) error {
	return m.Tx(ctx, func(tx *sqlx.Tx) error {
		o, err := desk.LockOrder(ctx, tx, t.OrderID)
		if err != nil {
			return err
		}
		event := orders.StepRevive
		if res == nil {
			event = orders.StepDepositPaid
		}
		if !o.State.Can(event) {
			return fmt.Errorf("order %d is %s by now: %w", o.ID, o.State, desk.ErrLater)
		}
		if res != nil {
			if err := replaceSplit(ctx, tx, o.ID, *res); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, `UPDATE orders SET deposit_paid = true, hold_lost = false WHERE id = $1`, o.ID); err != nil {
			return fmt.Errorf("revive order %d: %w", o.ID, err)
		}
		if err := m.confirm(ctx, tx, []int64{o.ID}); err != nil {
			return err
		}
		if err := link.Publish(ctx, tx, link.Message{Subject: payments.CmdAcceptLate, Data: payments.AcceptLate{PaymentID: t.About}}); err != nil {
			return err
		}
		return m.Finish(ctx, tx, t, "accepted")
	})
}

// reclaim reserves anew the stock of an order that was paid in time while its stock was given away. Without stock the
// order ends and is refunded.
func (m *Room) reclaim(ctx context.Context, t desk.TaskRow) error {
	o, err := m.readOrder(ctx, t.OrderID)
	if err != nil {
		return err
	}
	switch o.Funds().Reclaim() {
	case orders.ReclaimNothing:
		return m.Tx(ctx, func(tx *sqlx.Tx) error { return m.Finish(ctx, tx, t, "nothing to do") })
	case orders.ReclaimAsks:
		held, err := m.stillHeld(ctx, o)
		if err != nil {
			return err
		}
		if held {
			return m.Tx(ctx, func(tx *sqlx.Tx) error { return m.Finish(ctx, tx, t, "still held") })
		}
	case orders.ReclaimReserves:
	}
	res, err := m.reserveAgain(ctx, o, fmt.Sprintf("reclaim:%d", t.ID))
	if err != nil && !desk.Refused(err) {
		return err
	}
	lost := err != nil
	return m.Tx(ctx, func(tx *sqlx.Tx) error {
		o, err := desk.LockOrder(ctx, tx, t.OrderID)
		if err != nil {
			return err
		}
		if !o.State.Can(orders.StepReclaim) {
			// It was cancelled meanwhile; the new reservation is released.
			return errors.Join(link.Publish(ctx, tx, link.Message{Subject: catalog.CmdRelease, Data: catalog.HoldRelease{OrderID: o.ID}}),
				m.Finish(ctx, tx, t, "over"))
		}
		if err := dropShares(ctx, tx, o.ID); err != nil {
			return err
		}
		if lost {
			if err := m.cancelLost(ctx, tx, o); err != nil {
				return err
			}
			return m.Finish(ctx, tx, t, "refunded")
		}
		if err := replaceSplit(ctx, tx, o.ID, res); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `UPDATE orders SET hold_lost = false WHERE id = $1`, o.ID); err != nil {
			return fmt.Errorf("revive order %d: %w", o.ID, err)
		}
		if err := m.confirm(ctx, tx, []int64{o.ID}); err != nil {
			return err
		}
		return m.Finish(ctx, tx, t, "reserved again")
	})
}

// stillHeld asks the catalogue whether an order's units are still kept for it.
func (m *Room) stillHeld(ctx context.Context, o *desk.OrderRow) (bool, error) {
	page, err := m.Catalog.Holds(desk.AsSystem(ctx), catalog.HoldPageRequest{AfterOrder: o.ID - 1, Limit: 200})
	if err != nil {
		return false, err
	}
	held := map[int]int64{}
	for _, h := range page.Items {
		if h.OrderID == o.ID && h.State != catalog.HoldReleased {
			held[h.Line] += h.Held + h.Deliv
		}
	}
	lines, err := m.LinesOf(ctx, m.DB, o.ID)
	if err != nil {
		return false, err
	}
	return orders.HoldsAll(held, desk.LinesOut(lines[o.ID])), nil
}

func (m *Room) cancelLost(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow) error {
	if err := desk.MoveTo(ctx, tx, o, orders.StepLost); err != nil {
		return err
	}
	if err := m.sendBack(ctx, tx, o, 0, "refund.sold_out"); err != nil {
		return err
	}
	if err := m.AddTimeline(ctx, tx, []int64{o.ID}, "order.timeline.lost", nil); err != nil {
		return err
	}
	return link.Publish(ctx, tx, append(desk.Changed(o.State, o.ID),
		link.Message{Subject: catalog.CmdRelease, Data: catalog.HoldRelease{OrderID: o.ID}})...)
}

// dropShares deletes an order's shares and their expected income.
func dropShares(ctx context.Context, tx *sqlx.Tx, orderID int64) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM income_entry WHERE order_id = $1`, orderID); err != nil {
		return fmt.Errorf("drop income of order %d: %w", orderID, err)
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM share WHERE order_id = $1`, orderID); err != nil {
		return fmt.Errorf("drop shares of order %d: %w", orderID, err)
	}
	return nil
}
