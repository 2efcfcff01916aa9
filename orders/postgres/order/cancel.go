package order

import (
	"context"
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

// Cancel ends an order: its stock returns to the lots, its money to the buyer less the forfeit.
func (m *Room) Cancel(ctx context.Context, r orders.CancelRequest) (orders.Order, error) {
	var problems link.Problems
	orders.CheckKey(&problems, r.IdempotencyKey)
	reason, ok := orders.Clean(r.Reason, 0, orders.ReasonMax)
	if !ok {
		problems.Add("order.cancel.reason", "reason", "max", fmt.Sprint(orders.ReasonMax))
	}
	if err := problems.Err(); err != nil {
		return orders.Order{}, err
	}
	o, _, _, err := m.Find(ctx, orders.OrderRef{No: r.OrderNo})
	if err != nil {
		return orders.Order{}, err
	}
	a := link.ActorFrom(ctx)
	step, may := orders.CancelStep(orders.Owns(a, o.By()), orders.IsCounty(a))
	if !may {
		return orders.Order{}, desk.ErrRole()
	}
	if o.State != orders.StateCancelled { // cancelled twice is cancelled
		if o.State.Unpaid() {
			if err := m.stopPayments(ctx, o.ID); err != nil {
				return orders.Order{}, err
			}
		}
		err = m.Tx(ctx, func(tx *sqlx.Tx) error { return m.cancel(ctx, tx, o.ID, step, reason) })
		if err != nil {
			return orders.Order{}, err
		}
	}
	return m.Order(ctx, orders.OrderRef{ID: o.ID})
}

// stopPayments makes sure that an unpaid order cannot be paid any more. Conflict when it was, just now.
func (m *Room) stopPayments(ctx context.Context, id int64) error {
	res, err := m.Payments.ExpirePayments(desk.AsSystem(ctx), payments.Ref{Ref: orders.PaymentRef(id)})
	if err != nil {
		return err
	}
	if res.Paid {
		return link.E(link.Conflict, "order.cancel.just_paid", "")
	}
	return nil
}

func (m *Room) cancel(ctx context.Context, tx *sqlx.Tx, id int64, step orders.Step, reason string) error {
	o, err := desk.LockOrder(ctx, tx, id)
	if err != nil {
		return err
	}
	if o.State == orders.StateCancelled {
		return nil
	}
	lines, err := m.LinesOf(ctx, tx, id)
	if err != nil {
		return err
	}
	weighed := false
	if orders.EndsUnweighed(o.State, step) {
		if err := tx.GetContext(ctx, &weighed, `SELECT EXISTS (SELECT FROM ticket WHERE order_id = $1)`, id); err != nil {
			return fmt.Errorf("look for tickets of order %d: %w", id, err)
		}
	}
	if err := orders.CheckCancel(o.Funds(), step, weighed); err != nil {
		return err
	}
	forfeit, err := orders.Forfeit(o.Funds(), step, desk.LinesOut(lines[id]), o.ConfirmedAt, m.Now())
	if err != nil {
		return fmt.Errorf("compute forfeit of order %d: %w", id, err)
	}
	if err := desk.MoveTo(ctx, tx, o, step); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE orders SET check_at = NULL WHERE id = $1`, id); err != nil {
		return fmt.Errorf("cancel order %d: %w", id, err)
	}
	if err := m.takeBack(ctx, tx, o); err != nil {
		return err
	}
	if o.Funds().InTimeFen() > 0 {
		if err := m.sendBack(ctx, tx, o, forfeit, "refund.cancelled"); err != nil {
			return err
		}
	}
	args := map[string]string{"reason": reason, "forfeit": strconv.FormatInt(forfeit, 10)}
	told := "order.timeline.cancelled"
	if forfeit == 0 {
		told = "order.timeline.cancelled_free"
	}
	if err := m.AddTimeline(ctx, tx, []int64{id}, told, args); err != nil {
		return err
	}
	return link.Publish(ctx, tx, append(desk.Changed(o.State, id),
		link.Message{Subject: catalog.CmdRelease, Data: catalog.HoldRelease{OrderID: id}})...)
}

// takeBack reverses an order's deliveries, refuses its tickets and deletes its shares.
func (m *Room) takeBack(ctx context.Context, tx *sqlx.Tx, o *desk.OrderRow) error {
	var open []int64
	err := tx.SelectContext(ctx, &open, `SELECT id FROM delivery WHERE order_id = $1 AND reversed_at IS NULL ORDER BY id`, o.ID)
	if err != nil {
		return fmt.Errorf("read deliveries of order %d: %w", o.ID, err)
	}
	for _, id := range open {
		if err := m.weigh.ReverseDelivery(ctx, tx, o, id); err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, `
		UPDATE ticket SET state = $3, decided_why = 'order.cancelled_tickets', decided_by = $2
		WHERE order_id = $1 AND state = ANY($4)`, o.ID, orders.ActorName(link.ActorFrom(ctx)),
		string(orders.TicketMachine.To(orders.TicketCallOff)), pq.Array(orders.TicketMachine.From(orders.TicketCallOff)))
	if err != nil {
		return fmt.Errorf("refuse tickets of order %d: %w", o.ID, err)
	}
	_, err = tx.ExecContext(ctx, `UPDATE order_line SET received = 0, net_grams = 0, complete = false WHERE order_id = $1`, o.ID)
	if err != nil {
		return fmt.Errorf("take back lines of order %d: %w", o.ID, err)
	}
	return dropShares(ctx, tx, o.ID)
}
