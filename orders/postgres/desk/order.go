package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/orders"
)

// Changed returns the events of orders in a new state.
func Changed(state orders.State, ids ...int64) []link.Message {
	msgs := make([]link.Message, len(ids))
	for i, id := range ids {
		msgs[i] = link.Message{Subject: orders.EvtOrderChanged, Data: orders.OrderEvent{OrderID: id, State: state}}
	}
	return msgs
}

// LockOrders locks orders in the order of their ids.
func LockOrders(ctx context.Context, tx *sqlx.Tx, ids []int64) (map[int64]*OrderRow, error) {
	var rows []OrderRow
	err := tx.SelectContext(ctx, &rows, `SELECT `+OrderColumns+` FROM orders o WHERE o.id = ANY($1) ORDER BY o.id FOR UPDATE`, Ints(ids))
	if err != nil {
		return nil, fmt.Errorf("lock orders: %w", err)
	}
	byID := make(map[int64]*OrderRow, len(rows))
	for i := range rows {
		byID[rows[i].ID] = &rows[i]
	}
	return byID, nil
}

// MoveTo writes an order's new state.
func MoveTo(ctx context.Context, tx *sqlx.Tx, o *OrderRow, event orders.Step) error {
	to, err := o.State.Next(event)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE orders SET state = $2, version = version + 1 WHERE id = $1`, o.ID, string(to)); err != nil {
		return fmt.Errorf("move order %d to %s: %w", o.ID, to, err)
	}
	o.State, o.Version = to, o.Version+1
	return nil
}

// LineOf finds a line of an order. NotFound.
func LineOf(lines []LineRow, no int) (*LineRow, error) {
	for i := range lines {
		if lines[i].No == no {
			return &lines[i], nil
		}
	}
	return nil, link.E(link.NotFound, "order.line.unknown", "line")
}

func (l *LineRow) price() money.Price { return money.Price{Fen: l.PriceFen, Per: l.PricePer} }

// Weighed reports whether the line's goods go over a scale.
func (l *LineRow) Weighed() bool { return orders.Weighed(l.Offer.PriceUnit) }

func (l *LineRow) Out() orders.Line {
	o := l.Offer
	return orders.Line{
		No: l.No, PresaleID: l.PresaleID, Presale: o.Code, Product: o.Product, Programme: o.Programme, Title: o.Title,
		Picture: o.Picture, Unit: o.Unit, PriceUnit: o.PriceUnit, Grade: l.Grade, Prices: o.Prices, Price: l.price(),
		GramsPerUnit: o.GramsPerUnit, SellerOrg: l.SellerOrg, Seller: o.Seller, Policy: l.Policy, Terms: o.Terms,
		DeliverFrom: o.DeliverFrom, DeliverTo: o.DeliverTo,
		Ordered: l.Ordered, Allocated: l.Allocated, Received: l.Received, Short: l.Short, NetGrams: l.NetGrams,
		EstimateFen: l.EstimateFen, DepositFen: l.DepositFen, AmountFen: l.AmountFen, Complete: l.Complete,
	}
}

// LinesOut returns lines as the contract has them.
func LinesOut(rows []LineRow) []orders.Line {
	out := make([]orders.Line, len(rows))
	for i := range rows {
		out[i] = rows[i].Out()
	}
	return out
}

// Funds is the order's money.
func (o *OrderRow) Funds() orders.Funds {
	return orders.Funds{State: o.State, DepositFen: o.DepositFen, DepositPaid: o.DepositPaid, HoldLost: o.HoldLost, ExpiresAt: o.ExpiresAt,
		AmountFen: o.AmountFen, BalanceFen: o.BalanceFen, PaidFen: o.PaidFen, LateFen: o.LateFen, RefundFen: o.RefundFen, ForfeitFen: o.ForfeitFen}
}

// SetFunds takes over the order's money as a rule changed it.
func (o *OrderRow) SetFunds(f orders.Funds) {
	o.DepositPaid, o.BalanceFen, o.PaidFen = f.DepositPaid, f.BalanceFen, f.PaidFen
	o.LateFen, o.RefundFen, o.ForfeitFen = f.LateFen, f.RefundFen, f.ForfeitFen
}

// By is the order's buyer.
func (o *OrderRow) By() orders.Buyer {
	return orders.Buyer{AccountID: o.AccountID, OrgID: o.OrgID, Name: o.Buyer}
}

// Timeline returns the order's timeline, oldest first. Only the county sees logins; others see roles.
func (m *Desk) Timeline(ctx context.Context, o *OrderRow, logins bool) ([]orders.TimelineEntry, error) {
	var rows []struct {
		At    time.Time `db:"at"`
		Key   string    `db:"key"`
		Args  []byte    `db:"args"`
		Actor string    `db:"actor"`
		Role  string    `db:"role"`
	}
	err := m.DB.SelectContext(ctx, &rows, `
		SELECT at, key, args, actor, role FROM order_event WHERE order_id = $1 ORDER BY id`, o.ID)
	if err != nil {
		return nil, fmt.Errorf("read timeline: %w", err)
	}
	entries := make([]orders.TimelineEntry, 0, len(rows)+1)
	entries = append(entries, orders.TimelineEntry{At: o.PlacedAt.UTC(), Key: "order.timeline.placed"})
	for _, r := range rows {
		e := orders.TimelineEntry{At: r.At.UTC(), Key: r.Key, Actor: r.Role}
		if logins {
			e.Actor = r.Actor
		}
		if err := json.Unmarshal(r.Args, &e.Args); err != nil {
			return nil, fmt.Errorf("decode timeline: %w", err)
		}
		entries = append(entries, e)
	}
	return entries, nil
}
