package contract

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/contract"
	"banmuyuan/orders/postgres/desk"
)

// CallOff places an order on the quotas of a running contract.
func (m *Room) CallOff(ctx context.Context, r contract.CallOff) (orders.Order, error) {
	c, p, err := m.findContract(ctx, r.No)
	if err != nil {
		return orders.Order{}, err
	}
	if err := p.Need(contract.PartBuyer); err != nil {
		return orders.Order{}, err
	}
	a := link.ActorFrom(ctx)
	key := r.IdempotencyKey
	asked := r
	asked.IdempotencyKey = ""
	hash, err := desk.HashBody(asked)
	if err != nil {
		return orders.Order{}, err
	}
	d, err := m.draftCallOff(ctx, a, c, r)
	if err == nil {
		d.BodyHash = hash
		err = m.order.Reserve(ctx, d)
	}
	if err == nil {
		err = m.writeCallOff(ctx, a, c, d.ID, r)
	}
	if err == nil {
		return m.order.Write(ctx, a, d)
	}
	// A refused request may be a repetition of one that succeeded.
	if desk.Refused(err) {
		if prior, lerr := m.order.PlacedBefore(ctx, a, key, hash); lerr != nil || prior != nil {
			if lerr != nil {
				return orders.Order{}, lerr
			}
			return *prior, nil
		}
	}
	if e := link.AsError(err); e.Field == "lines[0].quantity" {
		named := *e
		named.Field = "quantity"
		return orders.Order{}, &named
	}
	return orders.Order{}, err
}

// draftCallOff checks a call-off against everything but the quotas.
func (m *Room) draftCallOff(ctx context.Context, a link.Actor, c *contractRow, r contract.CallOff) (*desk.Draft, error) {
	note, err := r.Check(c.terms, m.today())
	if err != nil {
		return nil, err
	}
	if err := contract.CheckRunning(c.State, c.PresaleID); err != nil {
		return nil, err
	}
	p, err := m.Offers.Presale(ctx, c.PresaleID)
	if err != nil {
		return nil, err
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return nil, err
	}
	best := c.terms.Grades[0]
	measure := orders.UnitMeasure(p.PublicPresale)
	estimate, _, err := orders.Estimate(best.Floor, measure, r.Qty, 0)
	if err != nil {
		return nil, link.E(link.Invalid, "order.quantity.too_large", "quantity")
	}
	now := m.Now()
	return &desk.Draft{Key: r.IdempotencyKey,
		Lines: []desk.PricedLine{{Left: p.Left, LineRow: desk.LineRow{
			No: 1, OfferID: p.Offer.ID, PresaleID: p.ID, SellerOrg: p.SellerOrg, Grade: best.Grade, PriceFen: best.Floor.Fen,
			PricePer: best.Floor.Per, UnitMeasure: measure, FeeBP: p.Terms.FeeBP, VillageBP: p.Terms.VillageBP, Ordered: r.Qty,
			Allocated: r.Qty, EstimateFen: estimate, Offer: p.Offer,
		}}},
		OrderRow: desk.OrderRow{
			Channel: catalog.ChannelContract, State: orders.StatePlaced, AccountID: a.Account, OrgID: c.OrgID, Buyer: ref.Orgs[c.OrgID].Name,
			Kind: orders.DeliverAddress, Recipient: c.terms.Contact, Phone: c.terms.Phone, Address: c.terms.Destination,
			Shortage: orders.ShortageRefill, Note: note, EstimateFen: estimate, PlacedAt: now,
			ExpiresAt: now.Add(m.Config.PayOrganisation), Version: 1,
		}}, nil
}

// writeCallOff writes the contract and day of an order before the order itself: the order's id is that of its reservation,
// so a retry finds the same row.
func (m *Room) writeCallOff(ctx context.Context, a link.Actor, c *contractRow, order int64, r contract.CallOff) error {
	return m.Tx(ctx, func(tx *sqlx.Tx) error {
		now, err := contractByID(ctx, tx, c.ID, true)
		if err != nil {
			return err
		}
		if over := contract.CheckRunning(now.State, now.PresaleID); over != nil { // closed while the quotas were asked
			if err := link.Publish(ctx, tx, link.Message{Subject: catalog.CmdRelease, Data: catalog.HoldRelease{OrderID: order}}); err != nil {
				return err
			}
			return over
		}
		point, _ := c.terms.PointFor(r.PointID)
		res, err := tx.ExecContext(ctx, `
			INSERT INTO call_off (order_id, contract_id, on_day, slot, point_id, actor, at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (order_id) DO NOTHING`,
			order, c.ID, r.Day, string(r.Slot), point, orders.ActorName(a), m.Now())
		if err != nil {
			return fmt.Errorf("write call-off: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return m.addTimeline(ctx, tx, c.ID, "contract.timeline.called_off", "qty", figure(r.Qty), "unit", "unit."+c.Unit, "day", r.Day, "order", orders.Number(order))
	})
}

const callOffColumns = `k.order_id, k.contract_id, c.title, c.unit, to_char(k.on_day, 'YYYY-MM-DD') AS on_day, k.slot, k.point_id, o.state, o.placed_at,
	least(o.paid_fen, o.amount_fen) AS paid_fen, l.ordered, l.received, l.short, l.net_grams, l.amount_fen`

const callOffTables = ` FROM call_off k JOIN contract c ON c.id = k.contract_id JOIN orders o ON o.id = k.order_id JOIN order_line l ON l.order_id = o.id `

func (m *Room) callOffs(ctx context.Context, where string, args ...any) ([]contract.CallOffRow, error) {
	var rows []struct {
		OrderID    int64             `db:"order_id"`
		ContractID int64             `db:"contract_id"`
		Title      string            `db:"title"`
		Unit       string            `db:"unit"`
		Day        string            `db:"on_day"`
		Slot       contract.CallSlot `db:"slot"`
		PointID    int64             `db:"point_id"`
		State      orders.State      `db:"state"`
		PlacedAt   time.Time         `db:"placed_at"`
		PaidFen    int64             `db:"paid_fen"`
		Ordered    int64             `db:"ordered"`
		Received   int64             `db:"received"`
		Short      int64             `db:"short"`
		NetGrams   int64             `db:"net_grams"`
		AmountFen  int64             `db:"amount_fen"`
	}
	if err := m.DB.SelectContext(ctx, &rows, `SELECT `+callOffColumns+callOffTables+`WHERE `+where, args...); err != nil {
		return nil, fmt.Errorf("read call-offs: %w", err)
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return nil, err
	}
	out, today := make([]contract.CallOffRow, len(rows)), m.today()
	for i, r := range rows {
		out[i] = contract.CallOffRow{OrderID: r.OrderID, OrderNo: orders.Number(r.OrderID), ContractNo: contract.Number(r.ContractID),
			Title: r.Title, Day: r.Day, Slot: r.Slot, Point: ref.Points[r.PointID].Name, State: r.State, Ordered: r.Ordered, Received: r.Received, Short: r.Short,
			NetGrams: r.NetGrams, BilledFen: r.AmountFen, PaidFen: r.PaidFen, Unit: r.Unit, PlacedAt: r.PlacedAt.UTC()}
		out[i].Late = out[i].Overdue(today)
	}
	return out, nil
}

// CallOffs lists a contract's, newest day first.
func (m *Room) CallOffs(ctx context.Context, r contract.Ref) (contract.CallOffs, error) {
	c, p, err := m.findContract(ctx, r.No)
	if err != nil {
		return contract.CallOffs{}, err
	}
	if err := p.Need(contract.PartBuyer, contract.PartCollector, contract.PartCounty); err != nil {
		return contract.CallOffs{}, err
	}
	items, err := m.callOffs(ctx, `k.contract_id = $1 ORDER BY k.on_day DESC, k.order_id DESC LIMIT 1000`, c.ID)
	return contract.CallOffs{Items: items}, err
}
