package order

import (
	"context"
	"fmt"
	"time"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// Quote shows the cost of an order. It holds nothing.
func (m *Room) Quote(ctx context.Context, r orders.QuoteRequest) (orders.Quote, error) {
	a := link.ActorFrom(ctx)
	var problems link.Problems
	channel, _, err := m.channel(ctx, a, r.Channel, &problems)
	if err != nil {
		return orders.Quote{}, err
	}
	now := m.Now()
	lines, err := m.price(ctx, r.Lines, channel, now, &problems)
	if err != nil {
		return orders.Quote{}, err
	}
	if err := problems.Err(); err != nil {
		return orders.Quote{}, err
	}
	asked := make([]orders.AskedUnits, len(lines))
	for i, l := range lines {
		asked[i] = orders.AskedUnits{PresaleID: l.PresaleID, Qty: l.Ordered, Left: l.Left}
	}
	if err := orders.CheckLeft(asked); err != nil {
		return orders.Quote{}, err
	}
	q := orders.Quote{Channel: channel, Lines: make([]orders.Line, len(lines)), PayWithin: int64(m.payWithin(channel).Seconds())}
	for i := range lines {
		q.Lines[i] = lines[i].Out()
		q.EstimateFen += lines[i].EstimateFen
		q.DepositFen += lines[i].DepositFen
	}
	return q.Summarised(), nil
}

func (m *Room) payWithin(c catalog.Channel) time.Duration {
	if c == catalog.ChannelPrivate {
		return m.Config.PayPrivate
	}
	return m.Config.PayOrganisation
}

// channel says through which channel the actor orders and under which name. Visitors may look at private prices.
func (m *Room) channel(ctx context.Context, a link.Actor, asked catalog.Channel, problems *link.Problems) (catalog.Channel, string, error) {
	own, name := catalog.ChannelPrivate, ""
	if org, ok := orders.BuysFor(a); ok && org != 0 {
		ref, err := m.Ref.Get(ctx)
		if err != nil {
			return "", "", err
		}
		o, known := ref.Orgs[org]
		if !known {
			return "", "", link.E(link.Forbidden, "order.organisation.unknown", "")
		}
		name = o.Name
		own = orders.OwnChannel(o.Kind)
	}
	channel, ok := orders.ChannelFor(own, asked, orders.IsCounty(a))
	if !ok {
		problems.Add("order.channel", "channel", "channel", string(own))
	}
	return channel, name, nil
}

// price checks the lines and prices them, as far as they make sense.
func (m *Room) price(ctx context.Context, asked []orders.QuoteLine, channel catalog.Channel, now time.Time, problems *link.Problems) ([]desk.PricedLine, error) {
	if !orders.CheckLineCount(problems, asked) {
		return nil, nil
	}
	lines := make([]desk.PricedLine, len(asked))
	quoting := orders.Quoting{Problems: problems, Channel: channel, Now: now}
	for i, q := range asked {
		field := fmt.Sprintf("lines[%d]", i)
		p, err := m.Offers.Presale(ctx, q.PresaleID)
		if err != nil {
			if link.CodeOf(err) == link.NotFound {
				problems.Add("presale.unknown", field+".presale_id")
				continue
			}
			return nil, err
		}
		l, ok := quoting.Line(field, p.PublicPresale, q)
		if !ok {
			continue
		}
		lines[i] = desk.PricedLine{Left: p.Left, Whole: p.Capacity, Asked: orders.PolicyFor(p.Policy), LineRow: desk.LineRow{
			No: i + 1, OfferID: p.Offer.ID, PresaleID: p.ID, SellerOrg: p.SellerOrg, Grade: l.Grade.Grade,
			PriceFen: l.Grade.Price.Fen, PricePer: l.Grade.Price.Per, UnitMeasure: l.UnitMeasure, FeeBP: p.Terms.FeeBP, VillageBP: p.Terms.VillageBP,
			Ordered: q.Qty, Allocated: q.Qty, EstimateFen: l.EstimateFen, DepositFen: l.DepositFen, Offer: p.Offer,
		}}
	}
	return lines, nil
}

// placeHash takes the hash from the bytes that arrived. Orders of earlier releases, and requests made in this process,
// are hashed over the request without its key, encoded anew.
func placeHash(ctx context.Context, r orders.PlaceRequest) (desk.BodyHash, error) {
	encoded := func() ([]byte, error) {
		r.IdempotencyKey = ""
		return desk.HashBody(r)
	}
	if body := link.BodyFrom[orders.PlaceRequest](ctx); body != nil {
		return desk.BodyHash{Sum: desk.HashBytes(body), Earlier: encoded}, nil
	}
	sum, err := encoded()
	return desk.BodyHash{Sum: sum}, err
}

// Place checks an order, holds its stock and writes it together with other waiting orders.
func (m *Room) Place(ctx context.Context, r orders.PlaceRequest) (orders.Order, error) {
	a := link.ActorFrom(ctx)
	org, ok := orders.BuysFor(a)
	if !ok {
		return orders.Order{}, desk.Denied(a)
	}
	key := r.IdempotencyKey
	hash, err := placeHash(ctx, r)
	if err != nil {
		return orders.Order{}, err
	}
	d, err := m.Draft(ctx, a, org, r)
	if err == nil {
		d.BodyHash, d.EarlierHash = hash.Sum, hash.Earlier
		d.Person = a.Person
		if d.Limit, err = m.Limits.Of(ctx, a); err != nil {
			return orders.Order{}, err
		}
		var leave func()
		if leave, err = m.enter(ctx, d); err == nil {
			defer leave()
			err = m.Reserve(ctx, d)
		}
	}
	if err == nil {
		return m.Write(ctx, a, d)
	}
	// A request that cannot be fulfilled any more may have placed its order before.
	if code := link.CodeOf(err); code == link.Invalid || code == link.Conflict || code == link.SoldOut || code == link.NotFound {
		if prior, lerr := m.placedUnder(ctx, a, key, hash); lerr != nil || prior != nil {
			if lerr != nil {
				return orders.Order{}, lerr
			}
			return *prior, nil
		}
	}
	return orders.Order{}, err
}

// PlacedBefore finds the order that the account placed with key, or nil. Conflict when it was another order.
func (m *Room) PlacedBefore(ctx context.Context, a link.Actor, key string, hash []byte) (*orders.Order, error) {
	return m.placedUnder(ctx, a, key, desk.BodyHash{Sum: hash})
}

func (m *Room) placedUnder(ctx context.Context, a link.Actor, key string, hash desk.BodyHash) (*orders.Order, error) {
	o := &desk.OrderRow{}
	err := m.DB.GetContext(ctx, o, `
		SELECT `+desk.OrderColumns+` FROM orders o WHERE o.account_id = $1 AND o.idem_key = $2`, a.Account, key)
	if desk.Missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look up order of key: %w", err)
	}
	same, err := hash.Is(o.BodyHash)
	if err != nil {
		return nil, err
	}
	if !same {
		return nil, desk.ErrKeyReused()
	}
	lines, err := m.LinesOf(ctx, m.DB, o.ID)
	if err != nil {
		return nil, err
	}
	res := m.Out(a, o, lines[o.ID])
	return &res, nil
}

// Draft checks a request against everything but the stock, and names all that is wrong with it at once.
func (m *Room) Draft(ctx context.Context, a link.Actor, org int64, r orders.PlaceRequest) (*desk.Draft, error) {
	var problems link.Problems
	orders.CheckKey(&problems, r.IdempotencyKey)
	channel, orgName, err := m.channel(ctx, a, r.Channel, &problems)
	if err != nil {
		return nil, err
	}
	now := m.Now()
	lines, err := m.price(ctx, r.Lines, channel, now, &problems)
	if err != nil {
		return nil, err
	}
	if err := m.CheckDelivery(ctx, &r.Delivery, &problems); err != nil {
		return nil, err
	}
	var ok bool
	if r.Note, ok = orders.CleanText(r.Note, orders.NoteMax); !ok {
		problems.Add("order.note", "note", "max", fmt.Sprint(orders.NoteMax))
	}
	if r.Shortage, ok = r.Shortage.Or(); !ok {
		problems.Add("order.shortage", "shortage")
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	d := &desk.Draft{Key: r.IdempotencyKey, Lines: lines, OrderRow: desk.OrderRow{
		Channel: channel, State: orders.StatePlaced, AccountID: a.Account, OrgID: org, Buyer: orgName,
		Kind: r.Delivery.Kind, PointID: r.Delivery.PointID, Point: r.Delivery.Point, Recipient: r.Delivery.Name,
		Phone: r.Delivery.Phone, Address: r.Delivery.Address, Shortage: r.Shortage, Note: r.Note,
		PlacedAt: now, ExpiresAt: now.Add(m.payWithin(channel)), Version: 1,
	}}
	if d.Buyer == "" {
		d.Buyer = d.Recipient
	}
	for _, l := range lines {
		d.EstimateFen += l.EstimateFen
		d.DepositFen += l.DepositFen
	}
	return d, nil
}

// Reserve holds the stock of a draft and takes over the split. The hold outlives the order's own time to pay, so that
// it is the order that expires first.
func (m *Room) Reserve(ctx context.Context, d *desk.Draft) error {
	if m.Intake.full() {
		return desk.ErrBusy() // before anything is held
	}
	req := catalog.ReserveRequest{
		Channel: d.Channel, Lines: make([]catalog.ReserveLine, len(d.Lines)), ExpiresAt: d.ExpiresAt.Add(m.Config.HoldSlack),
	}
	for i, l := range d.Lines {
		req.Lines[i] = catalog.ReserveLine{Line: l.No, PresaleID: l.PresaleID, Qty: l.Ordered, Policy: l.Asked}
	}
	// A reservation of an earlier try that never became an order may be over, or nearly so: then its key is spent and
	// the next one is taken.
	const tries = 8
	for try := 1; try <= tries; try++ {
		id, err := m.Ids.Take(ctx, m.DB)
		if err != nil {
			return err
		}
		req.OrderID = id
		req.Key = fmt.Sprintf("%d:%s", d.AccountID, d.Key)
		if try > 1 {
			req.Key += fmt.Sprintf("/%d", try)
		}
		res, err := m.Catalog.Reserve(desk.AsSystem(ctx), req)
		if err != nil {
			return reserveError(err)
		}
		if orders.Outlives(res, d.ExpiresAt, m.Config.HoldSlack) {
			return d.Take(res)
		}
		if prior, err := m.written(ctx, d); err != nil || prior {
			if err == nil {
				err = d.Take(res) // the writer answers with it
			}
			return err
		}
	}
	return link.E(link.Conflict, "order.key.spent", "idempotency_key")
}

func (m *Room) written(ctx context.Context, d *desk.Draft) (bool, error) {
	var found bool
	err := m.DB.GetContext(ctx, &found, `SELECT EXISTS (SELECT FROM orders WHERE account_id = $1 AND idem_key = $2)`, d.AccountID, d.Key)
	if err != nil {
		return false, fmt.Errorf("look up order of key: %w", err)
	}
	return found, nil
}

// reserveError names the request's own field where the catalogue names its.
func reserveError(err error) error {
	e := link.AsError(err)
	if e.Code == link.Unavailable || e.Code == link.Internal {
		return err
	}
	e.Field = orders.ReservedField(e.Field)
	return e
}
