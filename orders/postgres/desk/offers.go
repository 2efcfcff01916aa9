package desk

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

// Offer is the content of a presale at one time, as lines keep it.
type Offer struct {
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

func offerOf(p catalog.PublicPresale) Offer {
	return Offer{
		PresaleID: p.ID, Code: p.Code, Season: p.Season, Product: p.Product.Code, Programme: p.Product.Programme,
		Title: p.Title, Picture: p.Product.Picture, Unit: p.Product.OrderUnit, PriceUnit: p.Product.PriceUnit,
		Prices: p.Grades, GramsPerUnit: p.GramsPerUnit, SellerOrg: p.SellerOrg, Seller: p.Seller, Terms: p.Terms,
		DeliverFrom: p.DeliverFrom.UTC(), DeliverTo: p.DeliverTo.UTC(),
	}
}

// Presale is a presale as it was a moment ago, and the offer that lines placed under it name.
type Presale struct {
	catalog.PublicPresale
	Offer *Offer
	at    time.Time
}

// offers remembers presales for a moment and offers, which never change, for good.
type offers struct {
	m       *Desk
	flights singleflight.Group

	mu       sync.RWMutex
	presales map[int64]*Presale
	byID     map[int64]*Offer
	byHash   map[[32]byte]*Offer
}

const (
	presaleFresh = 500 * time.Millisecond // afterwards refreshed in the background
	presaleStale = 1500 * time.Millisecond
)

func newOffers(m *Desk) *offers {
	return &offers{m: m, presales: map[int64]*Presale{}, byID: map[int64]*Offer{}, byHash: map[[32]byte]*Offer{}}
}

// Presale returns a presale no older than about a second. NotFound.
func (s *offers) Presale(ctx context.Context, id int64) (*Presale, error) {
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
		ctx, cancel := context.WithTimeout(AsSystem(context.Background()), 5*time.Second)
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
		return r.Val.(*Presale), nil
	}
}

func (s *offers) look(ctx context.Context, id int64) (*Presale, error) {
	began := time.Now()
	d, err := s.m.Catalog.Presale(ctx, catalog.PresaleRef{ID: id})
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
	p := &Presale{PublicPresale: d.PublicPresale, Offer: o, at: began}
	s.mu.Lock()
	s.presales[id] = p
	s.mu.Unlock()
	return p, nil
}

// keep finds the row of an offer, or writes it.
func (s *offers) keep(ctx context.Context, o Offer) (*Offer, error) {
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
	err = s.m.DB.GetContext(ctx, &o.ID, `
		WITH fresh AS (
			INSERT INTO offer (hash, presale_id, season, product, programme, body) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (hash) DO NOTHING RETURNING id)
		SELECT id FROM fresh UNION ALL SELECT id FROM offer WHERE hash = $1 LIMIT 1`,
		hash[:], o.PresaleID, o.Season, o.Product, o.Programme, string(body))
	if Missing(err) { // another process wrote it while this statement ran
		err = s.m.DB.GetContext(ctx, &o.ID, `SELECT id FROM offer WHERE hash = $1`, hash[:])
	}
	if err != nil {
		return nil, fmt.Errorf("write offer: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byHash[hash], s.byID[o.ID] = &o, &o
	return &o, nil
}

// Get returns offers by id.
func (s *offers) Get(ctx context.Context, q Queryer, ids ...int64) (map[int64]*Offer, error) {
	found := make(map[int64]*Offer, len(ids))
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
	if err := q.SelectContext(ctx, &rows, `SELECT id, body FROM offer WHERE id = ANY($1)`, Ints(unknown)); err != nil {
		return nil, fmt.Errorf("read offers: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range rows {
		o := &Offer{}
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
	m       *Desk
	flights singleflight.Group

	mu  sync.RWMutex
	now *Names
}

type Names struct {
	at         time.Time
	Season     int // the default one; 0: none is planned
	Seasons    []catalog.Season
	Points     map[int64]catalog.CollectionPoint
	Orgs       map[int64]catalog.Organisation
	Villages   map[int64]catalog.Village
	Townships  map[int64]string
	Programmes []catalog.Programme
	Products   map[string]catalog.Product
	villagesOf map[int64][]int64 // organisation: villages where it runs a point
	PointOf    map[int64]int64   // the first point of each village
}

const (
	namesFresh = 5 * time.Second
	namesStale = time.Minute
)

// Forget has the next Get ask the catalogue: this process has just changed a season.
func (r *reference) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = nil
}

// Get returns names that are at most a minute old, and when somebody asks often, a few seconds.
func (r *reference) Get(ctx context.Context) (*Names, error) {
	r.mu.RLock()
	n := r.now
	r.mu.RUnlock()
	if n != nil && time.Since(n.at) < namesFresh {
		return n, nil
	}
	ch := r.flights.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(AsSystem(context.Background()), 10*time.Second)
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
		return res.Val.(*Names), nil
	}
}

func (r *reference) look(ctx context.Context) (*Names, error) {
	began := time.Now()
	ref, err := r.m.Catalog.Reference(AsSystem(ctx), catalog.None{}) // raisers too: each page makes its choice
	if err != nil {
		return nil, err
	}
	n := &Names{
		at: began, Season: ref.Season, Seasons: ref.Seasons,
		Points: map[int64]catalog.CollectionPoint{}, Orgs: map[int64]catalog.Organisation{}, Villages: map[int64]catalog.Village{},
		Townships: map[int64]string{}, Products: map[string]catalog.Product{}, villagesOf: map[int64][]int64{}, PointOf: map[int64]int64{},
	}
	for _, p := range ref.Points {
		n.Points[p.ID] = p
		if old, ok := n.PointOf[p.VillageID]; !ok || p.ID < old {
			n.PointOf[p.VillageID] = p.ID
		}
		if p.OrgID != 0 {
			n.villagesOf[p.OrgID] = append(n.villagesOf[p.OrgID], p.VillageID)
		}
	}
	for _, o := range ref.Organisations {
		n.Orgs[o.ID] = o
	}
	for _, v := range ref.Villages {
		n.Villages[v.ID] = v
	}
	n.Programmes = ref.Programmes
	for _, t := range ref.Townships {
		n.Townships[t.ID] = t.Name
	}
	for _, p := range ref.Products {
		n.Products[p.Code] = p
	}
	r.mu.Lock()
	r.now = n
	r.mu.Unlock()
	return n, nil
}

// OrderRow is an order as it is stored.
type OrderRow struct {
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

const OrderColumns = `o.id, o.channel, o.state, o.account_id, o.org_id, o.buyer, o.body_hash, o.delivery_kind, o.point_id, o.point,
	o.recipient, o.phone, o.address, o.shortage, o.note, o.estimate_fen, o.deposit_fen, o.amount_fen, o.paid_fen, o.refund_fen,
	o.late_fen, o.forfeit_fen, o.balance_fen, o.close_seq, o.hold_lost, o.deposit_paid, o.placed_at, o.expires_at, o.confirmed_at,
	o.paid_at, o.inspect_until, o.version`

// LineRow is a line as it is stored, without its split.
type LineRow struct {
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
	VillageBP   int64  `db:"village_bp"`
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

	Offer *Offer
}

const lineColumns = `l.order_id, l.no, l.offer_id, l.presale_id, l.seller_org, l.grade, l.price_fen, l.price_per, l.unit_measure,
	l.fee_bp, l.village_bp, l.policy, l.ordered, l.allocated, l.received, l.short, l.net_grams, l.estimate_fen, l.deposit_fen, l.amount_fen, l.complete`

// LockOrder locks an order for a change. NotFound.
func LockOrder(ctx context.Context, tx *sqlx.Tx, id int64) (*OrderRow, error) {
	o := &OrderRow{}
	err := tx.GetContext(ctx, o, `SELECT `+OrderColumns+` FROM orders o WHERE o.id = $1 FOR UPDATE`, id)
	if Missing(err) {
		return nil, ErrNotFound()
	}
	if err != nil {
		return nil, fmt.Errorf("lock order %d: %w", id, err)
	}
	return o, nil
}

// LinesOf reads the lines of orders, by order.
func (m *Desk) LinesOf(ctx context.Context, q Queryer, orderIDs ...int64) (map[int64][]LineRow, error) {
	var rows []LineRow
	var err error
	const read, sorted = `SELECT ` + lineColumns + ` FROM order_line l WHERE l.order_id = `, ` ORDER BY l.order_id, l.no`
	if len(orderIDs) == 1 { // PostgreSQL plans this once, and a lookup by an array each time
		err = q.SelectContext(ctx, &rows, read+`$1`+sorted, orderIDs[0])
	} else {
		err = q.SelectContext(ctx, &rows, read+`ANY($1)`+sorted, Ints(orderIDs))
	}
	if err != nil {
		return nil, fmt.Errorf("read lines: %w", err)
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.OfferID
	}
	found, err := m.Offers.Get(ctx, q, ids...)
	if err != nil {
		return nil, err
	}
	byOrder := make(map[int64][]LineRow, len(orderIDs))
	for _, r := range rows {
		r.Offer = found[r.OfferID]
		byOrder[r.OrderID] = append(byOrder[r.OrderID], r)
	}
	return byOrder, nil
}
