package order

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
)

// intake writes placed orders. All waiting orders are written by one statement, so that hundreds of orders share a commit
// when there are hundreds.
type intake struct {
	m     *Room
	Queue chan *placing
	Stmt  *sqlx.Stmt

	mu      sync.RWMutex // guards queue against being closed under a sender
	stopped bool
	writers sync.WaitGroup
}

type placing struct {
	*desk.Draft
	answer chan placed // has room for the answer, whether or not anybody waits
}

type placed struct {
	fresh bool
	err   error
}

// IntakeSQL writes orders with their lines and events. A second order of an account and key conflicts and is
// left out, also when the other one is in the same batch or being committed by another process.
//
// An order with a limit takes a free place among the unpaid orders of its account and person. It is left out when
// none is free, when its presales would be held beyond the buyer's part, and when another statement takes the same place at
// the same time: the unique indexes on the places make statements about one buyer exact, whichever process runs them,
// because the later of two that both saw the place free conflicts. So a statement has one order of a limited buyer, see
// onePerBuyer.
var IntakeSQL = `
WITH asked AS (
	SELECT o.*, mine.slots, mine.ids
	FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::bytea[], $8::text[], $9::bigint[],
	            $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::bigint[], $17::bigint[],
	            $18::timestamptz[], $19::timestamptz[], $42::text[], $43::int[])
	     AS o (id, channel, account_id, org_id, buyer, idem_key, body_hash, delivery_kind, point_id, point, recipient, phone,
	           address, shortage, note, estimate_fen, deposit_fen, placed_at, expires_at, person, most)
	CROSS JOIN LATERAL (
		SELECT array_agg(t.open_slot) AS slots, array_agg(t.id) AS ids FROM (
			SELECT s.id, s.open_slot FROM orders s
			WHERE s.account_id = o.account_id AND s.open_slot > 0 AND ` + unpaidState("s") + `
			UNION ALL
			SELECT s.id, s.open_slot FROM orders s
			WHERE s.person = o.person AND s.person <> '' AND s.account_id <> o.account_id AND s.open_slot > 0 AND ` + unpaidState("s") + `
		) t WHERE o.most > 0
	) mine
), line AS (
	SELECT * FROM unnest($20::bigint[], $21::int[], $22::bigint[], $23::bigint[], $24::bigint[], $25::text[], $26::bigint[], $27::bigint[],
	            $28::bigint[], $29::int[], $30::text[], $31::bigint[], $32::bigint[], $33::bigint[], $34::text[], $35::text[],
	            $36::text[], $37::text[], $38::text[], $44::bigint[], $45::int[])
	     AS l (order_id, no, offer_id, presale_id, seller_org, grade, price_fen, price_per, unit_measure, fee_bp, policy, ordered,
	           estimate_fen, deposit_fen, lots, households, villages, quantities, levels, spare, village_bp)
), fresh AS (
	INSERT INTO orders (id, channel, state, account_id, org_id, buyer, idem_key, body_hash, delivery_kind, point_id, point,
	                    recipient, phone, address, shortage, note, estimate_fen, deposit_fen, placed_at, expires_at, person, open_slot)
	SELECT o.id, o.channel, ` + desk.StateText(orders.StatePlaced) + `, o.account_id, o.org_id, o.buyer, o.idem_key, o.body_hash, o.delivery_kind, o.point_id, o.point,
	       o.recipient, o.phone, o.address, o.shortage, o.note, o.estimate_fen, o.deposit_fen, o.placed_at, o.expires_at, o.person, slot.no
	FROM asked o CROSS JOIN LATERAL (
		SELECT CASE WHEN o.most = 0 THEN 0 WHEN o.slots IS NULL THEN 1
		            ELSE (SELECT n FROM generate_series(1, o.most) n WHERE n <> ALL (o.slots) LIMIT 1) END AS no
	) slot
	WHERE slot.no IS NOT NULL AND CASE WHEN o.ids IS NULL THEN true ELSE NOT EXISTS (
		SELECT FROM line l WHERE l.order_id = o.id AND l.spare >= 0 AND l.spare < (
			SELECT coalesce(sum(held.ordered), 0) FROM order_line held WHERE held.order_id = ANY(o.ids) AND held.presale_id = l.presale_id)) END
	ON CONFLICT DO NOTHING RETURNING id
), lines AS (
	INSERT INTO order_line (order_id, no, offer_id, presale_id, seller_org, grade, price_fen, price_per, unit_measure, fee_bp, village_bp, policy,
	                        ordered, allocated, estimate_fen, deposit_fen, lots, households, villages, quantities, levels)
	SELECT l.order_id, l.no, l.offer_id, l.presale_id, l.seller_org, l.grade, l.price_fen, l.price_per, l.unit_measure, l.fee_bp, l.village_bp, l.policy,
	       l.ordered, l.ordered, l.estimate_fen, l.deposit_fen, l.lots::bigint[], l.households::bigint[], l.villages::bigint[],
	       l.quantities::bigint[], l.levels::bigint[]
	FROM line l
	JOIN fresh ON fresh.id = l.order_id
), events AS (
	INSERT INTO outbox (subject, data, headers)
	SELECT e.subject, e.data::json, e.headers::json
	FROM unnest($1::bigint[], $39::text[], $40::text[], $41::text[]) AS e (order_id, subject, data, headers)
	JOIN fresh ON fresh.id = e.order_id
)
SELECT id FROM fresh`

func newIntake(ctx context.Context, m *Room) (*intake, error) {
	stmt, err := m.DB.PreparexContext(ctx, IntakeSQL)
	if err != nil {
		return nil, fmt.Errorf("prepare intake: %w", err)
	}
	in := &intake{m: m, Queue: make(chan *placing, m.Config.Queue), Stmt: stmt}
	in.writers.Add(m.Config.Writers)
	for range m.Config.Writers {
		go in.work()
	}
	return in, nil
}

// stop writes the waiting orders and ends. Later orders get ErrBusy.
func (in *intake) stop() {
	in.mu.Lock()
	in.stopped = true
	close(in.Queue)
	in.mu.Unlock()
	in.writers.Wait()
	if err := in.Stmt.Close(); err != nil {
		in.m.Log.Warn("close intake", "error", err)
	}
}

func (in *intake) full() bool { return len(in.Queue) == cap(in.Queue) }

func (in *intake) put(p *placing) error {
	in.mu.RLock()
	defer in.mu.RUnlock()
	if in.stopped {
		return desk.ErrBusy()
	}
	select {
	case in.Queue <- p:
		return nil
	default:
		return desk.ErrBusy()
	}
}

func (in *intake) work() {
	defer in.writers.Done()
	batch := make([]*placing, 0, in.m.Config.Batch)
	for first := range in.Queue {
		batch = append(batch[:0], first)
	more:
		for len(batch) < in.m.Config.Batch {
			select {
			case p, ok := <-in.Queue:
				if !ok {
					break more
				}
				batch = append(batch, p)
			default:
				break more
			}
		}
		in.Write(batch)
	}
}

// intakeTimeout is how long a batch may take. It is the batch's own: a buyer that no longer waits must not undo the
// orders of others.
const intakeTimeout = 30 * time.Second

// Write writes a batch, and answers all of it.
func (in *intake) Write(batch []*placing) {
	for len(batch) > 0 {
		now, later := onePerBuyer(batch)
		in.write(now)
		batch = later
	}
}

// onePerBuyer returns the first order of each limited account and person, with all orders without a limit, and the others,
// which a later statement writes: it sees the places and quantities that the earlier ones took.
func onePerBuyer(batch []*placing) (now, later []*placing) {
	accounts, persons := map[int64]bool{}, map[string]bool{}
	for _, p := range batch {
		switch {
		case p.Limit.Orders == 0:
			now = append(now, p)
		case accounts[p.AccountID] || p.Person != "" && persons[p.Person]:
			later = append(later, p)
		default:
			accounts[p.AccountID], persons[p.Person] = true, true
			now = append(now, p)
		}
	}
	return now, later
}

func (in *intake) write(batch []*placing) {
	ctx, cancel := context.WithTimeout(context.Background(), intakeTimeout)
	defer cancel()
	// Two processes with the same keys wait for each other in one direction only.
	slices.SortFunc(batch, func(a, b *placing) int {
		if a.AccountID != b.AccountID {
			return int(min(max(a.AccountID-b.AccountID, -1), 1))
		}
		return strings.Compare(a.Key, b.Key)
	})
	args := intakeArgs(batch)
	var ids []int64
	var err error
	for attempt := 1; ; attempt++ {
		ids = ids[:0]
		err = in.Stmt.SelectContext(ctx, &ids, args...)
		if attempt == 3 || !link.IsCode(err, "40P01") && !link.IsCode(err, "40001") {
			break
		}
	}
	if err != nil && len(batch) > 1 && link.CodeOf(err) == link.Internal {
		// One of them cannot be written: the others are written without it.
		for _, p := range batch {
			in.write([]*placing{p})
		}
		return
	}
	if err != nil {
		err = fmt.Errorf("write %d orders: %w", len(batch), err)
		in.m.Log.Error("intake", "orders", len(batch), "error", err)
	}
	fresh := make(map[int64]bool, len(ids))
	for _, id := range ids {
		fresh[id] = true
	}
	for _, p := range batch {
		first := fresh[p.ID]
		fresh[p.ID] = false // the same reservation twice in a batch is one order
		p.answer <- placed{fresh: first, err: err}
	}
	if len(ids) > 0 {
		in.m.Relay.Notify()
	}
}

func intakeArgs(batch []*placing) []any {
	n, lines := len(batch), 0
	for _, p := range batch {
		lines += len(p.Lines)
	}
	i64 := func(n int) pq.Int64Array { return make(pq.Int64Array, 0, n) }
	text := func(n int) pq.StringArray { return make(pq.StringArray, 0, n) }
	var (
		id, account, org, point, estimate, deposit                                                         = i64(n), i64(n), i64(n), i64(n), i64(n), i64(n)
		channel, buyer, key, kind, pointName, recipient, phone, address, shortage, note, placedAt, expires = text(n), text(n), text(n), text(n), text(n), text(n), text(n), text(n), text(n), text(n), text(n), text(n)
		subject, event, headers                                                                            = text(n), text(n), text(n)
		hash                                                                                               = make(pq.ByteaArray, 0, n)
		lOrder, lNo, lOffer, lPresale, lSeller, lFen, lPer, lMeasure, lFee, lOrdered, lEstimate, lDeposit  = i64(lines), i64(lines), i64(lines), i64(lines), i64(lines), i64(lines), i64(lines), i64(lines), i64(lines), i64(lines), i64(lines), i64(lines)
		lVillageBP                                                                                         = i64(lines)
		person, most, lSpare                                                                               = text(n), i64(n), i64(lines)
		lGrade, lPolicy, lLots, lHouseholds, lVillages, lQty, lLevels                                      = text(lines), text(lines), text(lines), text(lines), text(lines), text(lines), text(lines)
	)
	for _, p := range batch {
		id, account, org, point = append(id, p.ID), append(account, p.AccountID), append(org, p.OrgID), append(point, p.PointID)
		estimate, deposit = append(estimate, p.EstimateFen), append(deposit, p.DepositFen)
		channel, buyer, key = append(channel, string(p.Channel)), append(buyer, p.Buyer), append(key, p.Key)
		kind, pointName, recipient = append(kind, string(p.Kind)), append(pointName, p.Point), append(recipient, p.Recipient)
		phone, address, shortage = append(phone, p.Phone), append(address, p.Address), append(shortage, string(p.Shortage))
		note, hash = append(note, p.Note), append(hash, p.BodyHash)
		placedAt = append(placedAt, p.PlacedAt.Format(time.RFC3339Nano))
		expires = append(expires, p.ExpiresAt.Format(time.RFC3339Nano))
		subject, event, headers = append(subject, p.Subject), append(event, p.Event), append(headers, p.Headers)
		person, most = append(person, p.Person), append(most, int64(p.Limit.Orders))
		lSpare = append(lSpare, p.Limit.Spare(p.Asks())...)
		for i := range p.Lines {
			l, s := &p.Lines[i], &p.Split[i]
			lOrder, lNo, lOffer, lPresale = append(lOrder, p.ID), append(lNo, int64(l.No)), append(lOffer, l.OfferID), append(lPresale, l.PresaleID)
			lSeller, lFen, lPer, lMeasure = append(lSeller, l.SellerOrg), append(lFen, l.PriceFen), append(lPer, l.PricePer), append(lMeasure, l.UnitMeasure)
			lFee, lOrdered, lEstimate, lDeposit = append(lFee, l.FeeBP), append(lOrdered, l.Ordered), append(lEstimate, l.EstimateFen), append(lDeposit, l.DepositFen)
			lVillageBP = append(lVillageBP, l.VillageBP)
			lGrade, lPolicy, lLots = append(lGrade, l.Grade), append(lPolicy, l.Policy), append(lLots, desk.Literal(s.Lots))
			lHouseholds, lVillages = append(lHouseholds, desk.Literal(s.Households)), append(lVillages, desk.Literal(s.Villages))
			lQty, lLevels = append(lQty, desk.Literal(s.Qty)), append(lLevels, desk.Literal(s.LevelFen))
		}
	}
	return []any{
		id, channel, account, org, buyer, key, hash, kind, point, pointName, recipient, phone, address, shortage, note,
		estimate, deposit, placedAt, expires,
		lOrder, lNo, lOffer, lPresale, lSeller, lGrade, lFen, lPer, lMeasure, lFee, lPolicy, lOrdered, lEstimate, lDeposit,
		lLots, lHouseholds, lVillages, lQty, lLevels,
		subject, event, headers, person, most, lSpare, lVillageBP,
	}
}

// put hands a draft to the writers and waits until they decided. fresh is false when the order was left out.
func (m *Room) put(ctx context.Context, d *desk.Draft) (fresh bool, err error) {
	p := &placing{Draft: d, answer: make(chan placed, 1)}
	if err := m.Intake.put(p); err != nil {
		return false, err
	}
	select {
	case <-ctx.Done():
		return false, link.E(link.Unavailable, "timeout", "").Because(ctx.Err())
	case res := <-p.answer:
		return res.fresh, res.err
	}
}

// release has the catalogue release the stock of a draft that did not become an order.
func (m *Room) release(ctx context.Context, d *desk.Draft) error {
	message := link.Message{Subject: catalog.CmdRelease, Data: catalog.HoldRelease{OrderID: d.ID}}
	return m.Tx(ctx, func(tx *sqlx.Tx) error { return link.Publish(ctx, tx, message) })
}

// Write hands a draft to the writers and waits until it is durable.
func (m *Room) Write(ctx context.Context, a link.Actor, d *desk.Draft) (orders.Order, error) {
	s, data, h, err := link.Encode(ctx, link.Message{Subject: orders.EvtOrderPlaced, Data: orders.OrderEvent{OrderID: d.ID, State: d.State}})
	if err != nil {
		return orders.Order{}, err
	}
	d.Subject, d.Event, d.Headers = s, string(data), string(h)
	fresh, err := m.put(ctx, d)
	for try := 1; err == nil && !fresh; try++ {
		var prior *orders.Order
		if prior, err = m.placedUnder(ctx, a, d.Key, desk.BodyHash{Sum: d.BodyHash, Earlier: d.EarlierHash}); err != nil {
			return orders.Order{}, err
		}
		switch {
		case prior != nil && prior.ID != d.ID: // it expired, and the catalogue held stock anew for its key: release that
			return *prior, m.release(ctx, d)
		case prior != nil:
			return *prior, nil
		case d.Limit.Orders == 0:
			return orders.Order{}, fmt.Errorf("order %d was not written and is not there", d.ID)
		}
		if err = m.refusedUnpaid(ctx, d, try); err == nil { // another process took its place: there is another one
			fresh, err = m.put(ctx, d)
		}
	}
	if err != nil {
		return orders.Order{}, err
	}
	if d.DepositFen == 0 {
		if err := m.Tx(ctx, func(tx *sqlx.Tx) error { return m.confirmUnpaid(ctx, tx, []int64{d.ID}) }); err != nil {
			m.Log.Warn("confirm order without deposit", "order", d.ID, "error", err) // a worker does it
		}
		return m.Order(ctx, orders.OrderRef{ID: d.ID})
	}
	lines := make([]desk.LineRow, len(d.Lines))
	for i := range d.Lines {
		lines[i] = d.Lines[i].LineRow
		lines[i].OrderID = d.ID
	}
	return m.Out(a, &d.OrderRow, lines), nil
}
