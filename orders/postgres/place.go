package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// Quote shows what an order would cost. It holds nothing.
func (m *orderRoom) Quote(ctx context.Context, r orders.QuoteRequest) (orders.Quote, error) {
	a := link.ActorFrom(ctx)
	var problems link.Problems
	channel, _, err := m.channel(ctx, a, r.Channel, &problems)
	if err != nil {
		return orders.Quote{}, err
	}
	now := m.now()
	lines, err := m.price(ctx, r.Lines, channel, now, &problems)
	if err != nil {
		return orders.Quote{}, err
	}
	if err := problems.Err(); err != nil {
		return orders.Quote{}, err
	}
	if err := enoughLeft(lines); err != nil {
		return orders.Quote{}, err
	}
	q := orders.Quote{Channel: channel, Lines: make([]orders.Line, len(lines)), PayWithin: int64(m.payWithin(channel).Seconds())}
	for i := range lines {
		q.Lines[i] = lines[i].out()
		q.EstimateFen += lines[i].EstimateFen
		q.DepositFen += lines[i].DepositFen
	}
	return q, nil
}

// enoughLeft tells of a line that asks for more than was left a moment ago. It is for quotes: placing an order asks the
// catalogue.
func enoughLeft(lines []pricedLine) error {
	asked := map[int64]int64{}
	for i := range lines {
		l := &lines[i]
		asked[l.PresaleID] += l.Ordered
		if asked[l.PresaleID] > l.left {
			return link.E(link.SoldOut, "order.quantity.sold_out", fmt.Sprintf("lines[%d].quantity", i), "left", fmt.Sprint(l.left))
		}
	}
	return nil
}

func (m *orderRoom) payWithin(c catalog.Channel) time.Duration {
	if c == catalog.ChannelPrivate {
		return m.cfg.PayPrivate
	}
	return m.cfg.PayOrganisation
}

// channel says through which channel the actor orders and under which name. Visitors may look at private prices.
func (m *orderRoom) channel(ctx context.Context, a link.Actor, asked catalog.Channel, problems *link.Problems) (catalog.Channel, string, error) {
	own, name := catalog.ChannelPrivate, ""
	if org, ok := buysFor(a); ok && org != 0 {
		ref, err := m.ref.get(ctx)
		if err != nil {
			return "", "", err
		}
		o, known := ref.orgs[org]
		if !known {
			return "", "", link.E(link.Forbidden, "order.organisation.unknown", "")
		}
		name = o.Name
		own = catalog.ChannelContract
		if o.Kind == catalog.OrgSupermarket {
			own = catalog.ChannelMarket
		}
	}
	switch {
	case asked == "" || asked == own:
	case isCounty(a) && asked.Valid(): // looks at what others would see
		own = asked
	default:
		problems.Add("order.channel", "channel", "channel", string(own))
	}
	return own, name, nil
}

// pricedLine is a line that was checked, with what it is expected to cost.
type pricedLine struct {
	lineRow
	left   int64
	policy string // asked of the catalogue
}

// price checks the lines and prices them, as far as they make sense.
func (m *orderRoom) price(ctx context.Context, asked []orders.QuoteLine, channel catalog.Channel, now time.Time, problems *link.Problems) ([]pricedLine, error) {
	if len(asked) == 0 {
		problems.Add("order.lines.missing", "lines")
		return nil, nil
	}
	if len(asked) > orders.MaxLines {
		problems.Add("order.lines.many", "lines", "max", fmt.Sprint(orders.MaxLines))
		return nil, nil
	}
	lines := make([]pricedLine, len(asked))
	var total int64
	season := 0
	for i, q := range asked {
		field := fmt.Sprintf("lines[%d]", i)
		p, err := m.offers.presale(ctx, q.PresaleID)
		if err != nil {
			if link.CodeOf(err) == link.NotFound {
				problems.Add("presale.unknown", field+".presale_id")
				continue
			}
			return nil, err
		}
		for _, other := range asked[:i] {
			if other.PresaleID == q.PresaleID && sameGrade(p, other.Grade, q.Grade) {
				problems.Add("order.line.twice", field+".presale_id")
				break
			}
		}
		if season != 0 && season != p.Season {
			problems.Add("reserve.lines.season", field+".presale_id")
		}
		season = p.Season
		if p.ContractID != 0 { // its contract alone calls it off
			problems.Add("presale.unknown", field+".presale_id")
			continue
		}
		before := len(*problems)
		orders.CheckLine(problems, field, p.PublicPresale, q, channel, now)
		if len(*problems) > before {
			continue
		}
		g, _ := p.Grade(q.Grade)
		measure := orders.UnitMeasure(p.PublicPresale)
		estimate, deposit, err := orders.Estimate(g.Price, measure, q.Qty, p.Terms.DepositBP)
		if err != nil || total+estimate < total {
			problems.Add("order.quantity.too_large", field+".quantity")
			continue
		}
		total += estimate
		lines[i] = pricedLine{left: p.Left, policy: policyFor(p.Policy), lineRow: lineRow{
			No: i + 1, OfferID: p.offer.ID, PresaleID: p.ID, SellerOrg: p.SellerOrg, Grade: g.Grade,
			PriceFen: g.Price.Fen, PricePer: g.Price.Per, UnitMeasure: measure, FeeBP: p.Terms.FeeBP,
			Ordered: q.Qty, Allocated: q.Qty, EstimateFen: estimate, DepositFen: deposit, offer: p.offer,
		}}
	}
	return lines, nil
}

func sameGrade(p *presale, a, b string) bool {
	x, _ := p.Grade(a)
	y, _ := p.Grade(b)
	return x.Grade == y.Grade
}

// policyFor is what to ask the catalogue for: a presale whose policy needs a household named is shared out fairly when
// nobody is named.
func policyFor(policy string) string {
	if policy == "direct" {
		return "fair"
	}
	return ""
}

var phonePattern = regexp.MustCompile(`^\+?[0-9][0-9 -]{5,18}[0-9]$`)

const (
	keyMin, keyMax = 8, 64
	nameMax        = 40
	addressMin     = 5
	addressMax     = 200
	noteMax        = 500
	reasonMax      = 200
)

func checkKey(problems *link.Problems, key string) {
	ok := len(key) >= keyMin && len(key) <= keyMax
	for _, c := range []byte(key) {
		ok = ok && c > ' ' && c < 0x7f
	}
	if !ok {
		problems.Add("order.key.invalid", "idempotency_key", "min", fmt.Sprint(keyMin), "max", fmt.Sprint(keyMax))
	}
}

// clean drops blanks around a text that people typed. ok is false when it has control signs or a wrong length.
func clean(s string, low, high int) (string, bool) {
	s = strings.TrimSpace(s)
	n := utf8.RuneCountInString(s)
	return s, utf8.ValidString(s) && n >= low && n <= high && strings.IndexFunc(s, unicode.IsControl) < 0
}

// cleanText is clean for texts that may have several lines.
func cleanText(s string, high int) (string, bool) {
	s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	_, ok := clean(strings.NewReplacer("\n", " ", "\t", " ").Replace(s), 0, high)
	return s, ok
}

// checkDelivery fills in the pickup point's name and says what is wrong.
func (m *desk) checkDelivery(ctx context.Context, d *orders.Delivery, problems *link.Problems) error {
	d.Point = ""
	var ok bool
	if d.Name, ok = clean(d.Name, 1, nameMax); !ok {
		problems.Add("order.delivery.name", "delivery.name", "max", fmt.Sprint(nameMax))
	}
	d.Phone = strings.TrimSpace(d.Phone)
	if !phonePattern.MatchString(d.Phone) {
		problems.Add("order.delivery.phone", "delivery.phone")
	}
	switch d.Kind {
	case orders.DeliverPickup:
		d.Address = ""
		ref, err := m.ref.get(ctx)
		if err != nil {
			return err
		}
		p, known := ref.points[d.PointID]
		if !known || !p.Pickup {
			problems.Add("order.delivery.point", "delivery.point_id")
		}
		d.Point = p.Name
	case orders.DeliverAddress:
		d.PointID = 0
		if d.Address, ok = clean(d.Address, addressMin, addressMax); !ok {
			problems.Add("order.delivery.address", "delivery.address", "min", fmt.Sprint(addressMin), "max", fmt.Sprint(addressMax))
		}
	default:
		problems.Add("order.delivery.kind", "delivery.kind")
	}
	return nil
}

// draft is an order that was checked and not yet written.
type draft struct {
	orderRow
	key   string
	lines []pricedLine
	split []catalog.Shares

	subject, event, headers string
}

// hashBody is what a repeated key is compared by.
func hashBody(v any) ([]byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	sum := sha256.Sum256(body)
	return sum[:16], nil
}

// Place checks an order, holds its stock and writes it together with whatever else is waiting.
func (m *orderRoom) Place(ctx context.Context, r orders.PlaceRequest) (orders.Order, error) {
	a := link.ActorFrom(ctx)
	org, ok := buysFor(a)
	if !ok {
		return orders.Order{}, denied(a)
	}
	key := r.IdempotencyKey
	asked := r
	asked.IdempotencyKey = ""
	hash, err := hashBody(asked)
	if err != nil {
		return orders.Order{}, err
	}
	d, err := m.draft(ctx, a, org, r)
	if err == nil {
		d.BodyHash = hash
		err = m.reserve(ctx, d)
	}
	if err == nil {
		return m.write(ctx, a, d)
	}
	// What cannot be ordered any more may have been ordered before by the very same request.
	if code := link.CodeOf(err); code == link.Invalid || code == link.Conflict || code == link.SoldOut || code == link.NotFound {
		if prior, lerr := m.placedBefore(ctx, a, key, hash); lerr != nil || prior != nil {
			if lerr != nil {
				return orders.Order{}, lerr
			}
			return *prior, nil
		}
	}
	return orders.Order{}, err
}

// placedBefore finds the order that the account placed with key, or nil. Conflict when it was another order.
func (m *orderRoom) placedBefore(ctx context.Context, a link.Actor, key string, hash []byte) (*orders.Order, error) {
	o := &orderRow{}
	err := m.db.GetContext(ctx, o, `
		SELECT `+orderColumns+` FROM orders o WHERE o.account_id = $1 AND o.idem_key = $2`, a.Account, key)
	if missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look up order of key: %w", err)
	}
	if !slices.Equal(o.BodyHash, hash) {
		return nil, errKeyReused()
	}
	lines, err := m.linesOf(ctx, m.db, o.ID)
	if err != nil {
		return nil, err
	}
	res := m.out(a, o, lines[o.ID])
	return &res, nil
}

// draft checks a request against everything but the stock, and names all that is wrong with it at once.
func (m *orderRoom) draft(ctx context.Context, a link.Actor, org int64, r orders.PlaceRequest) (*draft, error) {
	var problems link.Problems
	checkKey(&problems, r.IdempotencyKey)
	channel, orgName, err := m.channel(ctx, a, r.Channel, &problems)
	if err != nil {
		return nil, err
	}
	now := m.now()
	lines, err := m.price(ctx, r.Lines, channel, now, &problems)
	if err != nil {
		return nil, err
	}
	if err := m.checkDelivery(ctx, &r.Delivery, &problems); err != nil {
		return nil, err
	}
	var ok bool
	if r.Note, ok = cleanText(r.Note, noteMax); !ok {
		problems.Add("order.note", "note", "max", fmt.Sprint(noteMax))
	}
	switch r.Shortage {
	case "":
		r.Shortage = orders.ShortageRefill
	case orders.ShortageRefill, orders.ShortageRefund, orders.ShortageAsk:
	default:
		problems.Add("order.shortage", "shortage")
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	d := &draft{key: r.IdempotencyKey, lines: lines, orderRow: orderRow{
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

// reserve holds the stock of a draft and takes over the split. The hold outlives the order's own time to pay, so that
// it is the order that expires first.
func (m *orderRoom) reserve(ctx context.Context, d *draft) error {
	if m.intake.full() {
		return errBusy() // before anything is held
	}
	req := catalog.ReserveRequest{
		Channel: d.Channel, Lines: make([]catalog.ReserveLine, len(d.lines)), ExpiresAt: d.ExpiresAt.Add(m.cfg.HoldSlack),
	}
	for i, l := range d.lines {
		req.Lines[i] = catalog.ReserveLine{Line: l.No, PresaleID: l.PresaleID, Qty: l.Ordered, Policy: l.policy}
	}
	// A reservation of an earlier try whose order was never written may be over, or nearly so: then its key is spent and
	// the next one is taken.
	const tries = 8
	for try := 1; try <= tries; try++ {
		id, err := m.ids.take(ctx, m.db)
		if err != nil {
			return err
		}
		req.OrderID = id
		req.Key = fmt.Sprintf("%d:%s", d.AccountID, d.key)
		if try > 1 {
			req.Key += fmt.Sprintf("/%d", try)
		}
		res, err := m.catalog.Reserve(asSystem(ctx), req)
		if err != nil {
			return reserveError(err)
		}
		if res.State != "released" && !res.ExpiresAt.Add(-m.cfg.HoldSlack/2).Before(d.ExpiresAt) {
			return d.take(res)
		}
		if prior, err := m.written(ctx, d); err != nil || prior {
			if err == nil {
				err = d.take(res) // the writer answers with it
			}
			return err
		}
	}
	return link.E(link.Conflict, "order.key.spent", "idempotency_key")
}

func (m *orderRoom) written(ctx context.Context, d *draft) (bool, error) {
	var found bool
	err := m.db.GetContext(ctx, &found, `SELECT EXISTS (SELECT FROM orders WHERE account_id = $1 AND idem_key = $2)`, d.AccountID, d.key)
	if err != nil {
		return false, fmt.Errorf("look up order of key: %w", err)
	}
	return found, nil
}

// take fills the split of a reservation into the draft's lines.
func (d *draft) take(res catalog.Reservation) error {
	d.ID = res.OrderID
	d.split = make([]catalog.Shares, len(d.lines))
	for _, s := range res.Lines {
		if s.Line < 1 || s.Line > len(d.lines) {
			return fmt.Errorf("reservation of order %d has a line %d", d.ID, s.Line)
		}
		n := len(s.Lots)
		if n == 0 || len(s.Households) != n || len(s.Villages) != n || len(s.Qty) != n || len(s.LevelFen) != n {
			return fmt.Errorf("reservation of order %d has columns of different length", d.ID)
		}
		d.split[s.Line-1] = s
		d.lines[s.Line-1].Policy = s.Policy
	}
	for i, s := range d.split {
		var sum int64
		for _, q := range s.Qty {
			sum += q
		}
		if sum != d.lines[i].Ordered {
			return fmt.Errorf("reservation of order %d line %d has %d of %d units", d.ID, i+1, sum, d.lines[i].Ordered)
		}
	}
	return nil
}

// reserveError names the request's own field where the catalogue names its.
func reserveError(err error) error {
	e := link.AsError(err)
	if e.Code == link.Unavailable || e.Code == link.Internal {
		return err
	}
	if strings.HasPrefix(e.Field, "lines[") {
		e.Field = strings.TrimSuffix(e.Field, ".qty")
		if !strings.HasSuffix(e.Field, ".presale_id") && !strings.HasSuffix(e.Field, ".quantity") {
			e.Field += ".quantity"
		}
	}
	if e.Field == "key" {
		e.Field = "idempotency_key"
	}
	return e
}

func errBusy() error {
	e := link.E(link.Unavailable, "busy", "")
	e.RetryAfter = 1
	return e
}
