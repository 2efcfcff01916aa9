package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/singleflight"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

// offer is what a presale said at one time, as lines keep it.
type offer struct {
	ID           int64                `json:"-"`
	PresaleID    int64                `json:"presale_id"`
	Code         string               `json:"code"`
	Season       int                  `json:"season"`
	Product      string               `json:"product"`
	Programme    string               `json:"programme"`
	Title        catalog.Text         `json:"title"`
	Picture      string               `json:"picture"`
	Unit         string               `json:"unit"`
	PriceUnit    string               `json:"price_unit"`
	Prices       []catalog.GradePrice `json:"prices"`
	GramsPerUnit int64                `json:"grams_per_unit"`
	SellerOrg    int64                `json:"seller_org"`
	Seller       string               `json:"seller"`
	Terms        catalog.Terms        `json:"terms"`
	DeliverFrom  time.Time            `json:"deliver_from"`
	DeliverTo    time.Time            `json:"deliver_to"`
}

func offerOf(p catalog.PublicPresale) offer {
	return offer{
		PresaleID: p.ID, Code: p.Code, Season: p.Season, Product: p.Product.Code, Programme: p.Product.Programme,
		Title: p.Title, Picture: p.Product.Picture, Unit: p.Product.OrderUnit, PriceUnit: p.Product.PriceUnit,
		Prices: p.Grades, GramsPerUnit: p.GramsPerUnit, SellerOrg: p.SellerOrg, Seller: p.Seller, Terms: p.Terms,
		DeliverFrom: p.DeliverFrom.UTC(), DeliverTo: p.DeliverTo.UTC(),
	}
}

// presale is a presale as it was a moment ago, and the offer that lines placed under it name.
type presale struct {
	catalog.PublicPresale
	offer *offer
	at    time.Time
}

// offers remembers presales for a moment and offers, which never change, for good.
type offers struct {
	m       *desk
	flights singleflight.Group

	mu       sync.RWMutex
	presales map[int64]*presale
	byID     map[int64]*offer
	byHash   map[[32]byte]*offer
}

const (
	presaleFresh = 500 * time.Millisecond // looked at again behind the back of whoever asks
	presaleStale = 1500 * time.Millisecond
)

func newOffers(m *desk) *offers {
	return &offers{m: m, presales: map[int64]*presale{}, byID: map[int64]*offer{}, byHash: map[[32]byte]*offer{}}
}

// presale returns a presale no older than about a second. NotFound.
func (s *offers) presale(ctx context.Context, id int64) (*presale, error) {
	s.mu.RLock()
	p := s.presales[id]
	s.mu.RUnlock()
	age := time.Duration(1<<62 - 1)
	if p != nil {
		age = time.Since(p.at)
	}
	if age < presaleFresh {
		return p, nil
	}
	ch := s.flights.DoChan(fmt.Sprint(id), func() (any, error) {
		ctx, cancel := context.WithTimeout(asSystem(context.Background()), 5*time.Second)
		defer cancel()
		return s.look(ctx, id)
	})
	if age < presaleStale {
		return p, nil
	}
	select {
	case <-ctx.Done():
		return nil, link.E(link.Unavailable, "timeout", "").Because(ctx.Err())
	case r := <-ch:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*presale), nil
	}
}

func (s *offers) look(ctx context.Context, id int64) (*presale, error) {
	began := time.Now()
	d, err := s.m.catalog.Presale(ctx, catalog.PresaleRef{ID: id})
	if err != nil {
		if link.CodeOf(err) == link.NotFound {
			s.mu.Lock()
			delete(s.presales, id)
			s.mu.Unlock()
		}
		return nil, err
	}
	o, err := s.keep(ctx, offerOf(d.PublicPresale))
	if err != nil {
		return nil, err
	}
	p := &presale{PublicPresale: d.PublicPresale, offer: o, at: began}
	s.mu.Lock()
	s.presales[id] = p
	s.mu.Unlock()
	return p, nil
}

// keep finds the row of an offer, or writes it.
func (s *offers) keep(ctx context.Context, o offer) (*offer, error) {
	body, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("encode offer: %w", err)
	}
	hash := sha256.Sum256(body)
	s.mu.RLock()
	known := s.byHash[hash]
	s.mu.RUnlock()
	if known != nil {
		return known, nil
	}
	err = s.m.db.GetContext(ctx, &o.ID, `
		WITH fresh AS (
			INSERT INTO offer (hash, presale_id, season, product, programme, body) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (hash) DO NOTHING RETURNING id)
		SELECT id FROM fresh UNION ALL SELECT id FROM offer WHERE hash = $1 LIMIT 1`,
		hash[:], o.PresaleID, o.Season, o.Product, o.Programme, string(body))
	if missing(err) { // another process wrote it while this statement ran
		err = s.m.db.GetContext(ctx, &o.ID, `SELECT id FROM offer WHERE hash = $1`, hash[:])
	}
	if err != nil {
		return nil, fmt.Errorf("write offer: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byHash[hash], s.byID[o.ID] = &o, &o
	return &o, nil
}

// get returns offers by id.
func (s *offers) get(ctx context.Context, q queryer, ids ...int64) (map[int64]*offer, error) {
	found := make(map[int64]*offer, len(ids))
	var unknown []int64
	s.mu.RLock()
	for _, id := range ids {
		if o := s.byID[id]; o != nil {
			found[id] = o
		} else {
			unknown = append(unknown, id)
		}
	}
	s.mu.RUnlock()
	if len(unknown) == 0 {
		return found, nil
	}
	var rows []struct {
		ID   int64  `db:"id"`
		Body []byte `db:"body"`
	}
	if err := q.SelectContext(ctx, &rows, `SELECT id, body FROM offer WHERE id = ANY($1)`, ints(unknown)); err != nil {
		return nil, fmt.Errorf("read offers: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range rows {
		o := &offer{}
		if err := json.Unmarshal(r.Body, o); err != nil {
			return nil, fmt.Errorf("decode offer %d: %w", r.ID, err)
		}
		o.ID = r.ID
		s.byID[r.ID], found[r.ID] = o, o
	}
	for _, id := range unknown {
		if found[id] == nil {
			return nil, fmt.Errorf("offer %d is missing", id)
		}
	}
	return found, nil
}

// reference remembers the catalogue's names of places and organisations.
type reference struct {
	m       *desk
	flights singleflight.Group

	mu  sync.RWMutex
	now *names
}

type names struct {
	at         time.Time
	season     int
	points     map[int64]catalog.CollectionPoint
	orgs       map[int64]catalog.Organisation
	villages   map[int64]catalog.Village
	townships  map[int64]string
	products   map[string]catalog.Product
	villagesOf map[int64][]int64 // organisation: villages where it runs a point
	pointOf    map[int64]int64   // the first point of each village
}

const (
	namesFresh = 5 * time.Second
	namesStale = time.Minute
)

// get returns names that are at most a minute old, and when somebody asks often, a few seconds.
func (r *reference) get(ctx context.Context) (*names, error) {
	r.mu.RLock()
	n := r.now
	r.mu.RUnlock()
	if n != nil && time.Since(n.at) < namesFresh {
		return n, nil
	}
	ch := r.flights.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(asSystem(context.Background()), 10*time.Second)
		defer cancel()
		return r.look(ctx)
	})
	if n != nil && time.Since(n.at) < namesStale {
		return n, nil
	}
	select {
	case <-ctx.Done():
		return nil, link.E(link.Unavailable, "timeout", "").Because(ctx.Err())
	case res := <-ch:
		if res.Err != nil {
			return nil, res.Err
		}
		return res.Val.(*names), nil
	}
}

func (r *reference) look(ctx context.Context) (*names, error) {
	began := time.Now()
	ref, err := r.m.catalog.Reference(asSystem(ctx), catalog.None{}) // raisers too: what is shown of it is for each page to say
	if err != nil {
		return nil, err
	}
	n := &names{
		at: began, season: ref.Season,
		points: map[int64]catalog.CollectionPoint{}, orgs: map[int64]catalog.Organisation{}, villages: map[int64]catalog.Village{},
		townships: map[int64]string{}, products: map[string]catalog.Product{}, villagesOf: map[int64][]int64{}, pointOf: map[int64]int64{},
	}
	for _, p := range ref.Points {
		n.points[p.ID] = p
		if old, ok := n.pointOf[p.VillageID]; !ok || p.ID < old {
			n.pointOf[p.VillageID] = p.ID
		}
		if p.OrgID != 0 {
			n.villagesOf[p.OrgID] = append(n.villagesOf[p.OrgID], p.VillageID)
		}
	}
	for _, o := range ref.Organisations {
		n.orgs[o.ID] = o
	}
	for _, v := range ref.Villages {
		n.villages[v.ID] = v
	}
	for _, t := range ref.Townships {
		n.townships[t.ID] = t.Name
	}
	for _, p := range ref.Products {
		n.products[p.Code] = p
	}
	r.mu.Lock()
	r.now = n
	r.mu.Unlock()
	return n, nil
}

// orderRow is an order as it is stored.
type orderRow struct {
	ID           int64               `db:"id"`
	Channel      catalog.Channel     `db:"channel"`
	State        orders.State        `db:"state"`
	AccountID    int64               `db:"account_id"`
	OrgID        int64               `db:"org_id"`
	Buyer        string              `db:"buyer"`
	BodyHash     []byte              `db:"body_hash"`
	Kind         orders.DeliveryKind `db:"delivery_kind"`
	PointID      int64               `db:"point_id"`
	Point        string              `db:"point"`
	Recipient    string              `db:"recipient"`
	Phone        string              `db:"phone"`
	Address      string              `db:"address"`
	Shortage     orders.Shortage     `db:"shortage"`
	Note         string              `db:"note"`
	EstimateFen  int64               `db:"estimate_fen"`
	DepositFen   int64               `db:"deposit_fen"`
	AmountFen    int64               `db:"amount_fen"`
	PaidFen      int64               `db:"paid_fen"`
	RefundFen    int64               `db:"refund_fen"`
	LateFen      int64               `db:"late_fen"`
	ForfeitFen   int64               `db:"forfeit_fen"`
	BalanceFen   int64               `db:"balance_fen"`
	CloseSeq     int                 `db:"close_seq"`
	HoldLost     bool                `db:"hold_lost"`
	DepositPaid  bool                `db:"deposit_paid"`
	PlacedAt     time.Time           `db:"placed_at"`
	ExpiresAt    time.Time           `db:"expires_at"`
	ConfirmedAt  *time.Time          `db:"confirmed_at"`
	PaidAt       *time.Time          `db:"paid_at"`
	InspectUntil *time.Time          `db:"inspect_until"`
	Version      int64               `db:"version"`
}

const orderColumns = `o.id, o.channel, o.state, o.account_id, o.org_id, o.buyer, o.body_hash, o.delivery_kind, o.point_id, o.point,
	o.recipient, o.phone, o.address, o.shortage, o.note, o.estimate_fen, o.deposit_fen, o.amount_fen, o.paid_fen, o.refund_fen,
	o.late_fen, o.forfeit_fen, o.balance_fen, o.close_seq, o.hold_lost, o.deposit_paid, o.placed_at, o.expires_at, o.confirmed_at,
	o.paid_at, o.inspect_until, o.version`

// lineRow is a line as it is stored, without its split.
type lineRow struct {
	OrderID     int64  `db:"order_id"`
	No          int    `db:"no"`
	OfferID     int64  `db:"offer_id"`
	PresaleID   int64  `db:"presale_id"`
	SellerOrg   int64  `db:"seller_org"`
	Grade       string `db:"grade"`
	PriceFen    int64  `db:"price_fen"`
	PricePer    int64  `db:"price_per"`
	UnitMeasure int64  `db:"unit_measure"`
	FeeBP       int64  `db:"fee_bp"`
	Policy      string `db:"policy"`
	Ordered     int64  `db:"ordered"`
	Allocated   int64  `db:"allocated"`
	Received    int64  `db:"received"`
	Short       int64  `db:"short"`
	NetGrams    int64  `db:"net_grams"`
	EstimateFen int64  `db:"estimate_fen"`
	DepositFen  int64  `db:"deposit_fen"`
	AmountFen   int64  `db:"amount_fen"`
	Complete    bool   `db:"complete"`

	offer *offer
}

const lineColumns = `l.order_id, l.no, l.offer_id, l.presale_id, l.seller_org, l.grade, l.price_fen, l.price_per, l.unit_measure,
	l.fee_bp, l.policy, l.ordered, l.allocated, l.received, l.short, l.net_grams, l.estimate_fen, l.deposit_fen, l.amount_fen, l.complete`

// lockOrder locks an order for a change. NotFound.
func lockOrder(ctx context.Context, tx *sqlx.Tx, id int64) (*orderRow, error) {
	o := &orderRow{}
	err := tx.GetContext(ctx, o, `SELECT `+orderColumns+` FROM orders o WHERE o.id = $1 FOR UPDATE`, id)
	if missing(err) {
		return nil, errNotFound()
	}
	if err != nil {
		return nil, fmt.Errorf("lock order %d: %w", id, err)
	}
	return o, nil
}

// linesOf reads the lines of orders, by order.
func (m *desk) linesOf(ctx context.Context, q queryer, orderIDs ...int64) (map[int64][]lineRow, error) {
	var rows []lineRow
	var err error
	const read, sorted = `SELECT ` + lineColumns + ` FROM order_line l WHERE l.order_id = `, ` ORDER BY l.order_id, l.no`
	if len(orderIDs) == 1 { // PostgreSQL plans this once, and a lookup by an array each time
		err = q.SelectContext(ctx, &rows, read+`$1`+sorted, orderIDs[0])
	} else {
		err = q.SelectContext(ctx, &rows, read+`ANY($1)`+sorted, ints(orderIDs))
	}
	if err != nil {
		return nil, fmt.Errorf("read lines: %w", err)
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.OfferID
	}
	found, err := m.offers.get(ctx, q, ids...)
	if err != nil {
		return nil, err
	}
	byOrder := make(map[int64][]lineRow, len(orderIDs))
	for _, r := range rows {
		r.offer = found[r.OfferID]
		byOrder[r.OrderID] = append(byOrder[r.OrderID], r)
	}
	return byOrder, nil
}
