package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/internal/search"
)

// china is the zone of dates without a time.
var china = time.FixedZone("CST", 8*60*60)

// presaleRow is a presale as stored.
type presaleRow struct {
	catalog.Presale
	UnitFen  int64
	LeastFen int64
}

const presaleColumns = `p.id, p.code, p.product_id, p.season, p.title, p.note, p.state, p.channels, p.opens_at, p.closes_at,
	p.deliver_from, p.deliver_to, p.grades, p.min_qty, p.step_qty, p.max_qty, p.collection_min, p.grams_per_unit, p.terms,
	p.seller_org, p.policy, p.contract_id, p.unit_fen, p.households_bp, p.least_fen`

func scanPresale(scan func(...any) error) (presaleRow, error) {
	var p presaleRow
	var title, note desk.AsJSON[catalog.Text]
	var grades desk.AsJSON[[]catalog.GradePrice]
	var terms desk.AsJSON[catalog.Terms]
	var channels pq.StringArray
	err := scan(&p.ID, &p.Code, &p.ProductID, &p.Season, &title, &note, &p.State, &channels, &p.OpensAt, &p.ClosesAt,
		&p.DeliverFrom, &p.DeliverTo, &grades, &p.MinQty, &p.StepQty, &p.MaxQty, &p.CollectionMin, &p.GramsPerUnit, &terms,
		&p.SellerOrg, &p.Policy, &p.ContractID, &p.UnitFen, &p.HouseholdsBP, &p.LeastFen)
	if err != nil {
		return p, fmt.Errorf("read presale: %w", err)
	}
	p.Title, p.Note, p.Grades, p.Terms = title.V, note.V, grades.V, terms.V
	for _, c := range channels {
		p.Channels = append(p.Channels, catalog.Channel(c))
	}
	for _, t := range []*time.Time{&p.OpensAt, &p.ClosesAt, &p.DeliverFrom, &p.DeliverTo} {
		*t = t.UTC()
	}
	return p, nil
}

// readPresales reads the presales of a season, or all for season 0.
func readPresales(ctx context.Context, q desk.Querier, season int) ([]presaleRow, error) {
	rows, err := q.QueryContext(ctx, `SELECT `+presaleColumns+` FROM presale p WHERE $1 = 0 OR p.season = $1 ORDER BY p.id`, season)
	if err != nil {
		return nil, fmt.Errorf("read presales: %w", err)
	}
	defer rows.Close()
	var all []presaleRow
	for rows.Next() {
		p, err := scanPresale(rows.Scan)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read presales: %w", err)
	}
	return all, nil
}

// published is a presale as readers see it, without its live stock.
type published struct {
	catalog.Listed
	byVillage []catalog.PublicVillage
}

// addPresales puts the presales into the read model.
func (r *reference) addPresales(ctx context.Context, tx *sqlx.Tx) error {
	presales, err := readPresales(ctx, tx, 0)
	if err != nil {
		return err
	}
	byID := make(map[int64]*published, len(presales))
	for _, row := range presales {
		p := &published{Listed: catalog.Listed{InTownships: map[int64]bool{}}}
		p.Presale, p.Product, p.Seller = row.Presale, r.products[row.ProductID], r.organisations[row.SellerOrg].Name
		byID[p.ID] = p
		r.byID[p.ID], r.byCode[p.Code] = p, p
		r.presales = append(r.presales, p)
	}
	rows, err := tx.QueryContext(ctx, `
		SELECT l.presale_id, h.village_id, count(*), sum(l.capacity)::bigint
		FROM lot l JOIN household h ON h.id = l.household_id
		WHERE l.capacity > 0
		GROUP BY l.presale_id, h.village_id ORDER BY l.presale_id, h.village_id`)
	if err != nil {
		return fmt.Errorf("read supply: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var v catalog.PublicVillage
		if err := rows.Scan(&id, &v.VillageID, &v.Households, &v.Qty); err != nil {
			return fmt.Errorf("read supply: %w", err)
		}
		village := r.villages[v.VillageID]
		v.Village, v.Township, v.Lat, v.Lon = village.Name, r.townships[village.TownshipID].Name, village.Lat, village.Lon
		p := byID[id]
		p.byVillage = append(p.byVillage, v)
		p.Villages++
		p.Households += v.Households
		p.Capacity += v.Qty
		if !p.InTownships[village.TownshipID] {
			p.InTownships[village.TownshipID] = true
			p.Townships = append(p.Townships, v.Township)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read supply: %w", err)
	}
	for _, p := range r.presales {
		slices.SortFunc(p.byVillage, func(a, b catalog.PublicVillage) int {
			return cmp.Or(cmp.Compare(b.Qty, a.Qty), cmp.Compare(a.VillageID, b.VillageID))
		})
		words := []string{p.Code, p.Title.Zh, p.Title.En, p.Product.Code, p.Product.Name.Zh, p.Product.Name.En, p.Seller}
		words = append(words, p.Townships...)
		for _, v := range p.byVillage {
			words = append(words, v.Village)
		}
		for _, w := range words {
			words = append(words, search.Text(w))
		}
		p.Text = strings.ToLower(strings.Join(words, " "))
		if p.Townships == nil {
			p.Townships = []string{}
		}
		if p.byVillage == nil {
			p.byVillage = []catalog.PublicVillage{}
		}
	}
	slices.SortFunc(r.presales, comparePresales)
	return nil
}

func comparePresales(a, b *published) int {
	return cmp.Or(a.ClosesAt.Compare(b.ClosesAt), cmp.Compare(a.ID, b.ID))
}

// view adds the live stock.
func (c *Catalog) view(p *published, now time.Time) catalog.PublicPresale {
	return p.WithStock((*c.stock.Load())[p.ID], now)
}

const (
	defaultPage = 24
	largestPage = 100
)

// Presales lists presales that are open now or soon, soonest closing first.
func (c *Catalog) Presales(ctx context.Context, f catalog.PresaleFilter) (catalog.PresalePage, error) {
	limit, err := paging.Size(f.Limit, defaultPage, largestPage)
	if err != nil {
		return catalog.PresalePage{}, err
	}
	var day time.Time
	if f.DeliverOn != "" {
		if day, err = time.ParseInLocation(time.DateOnly, f.DeliverOn, china); err != nil {
			return catalog.PresalePage{}, link.E(link.Invalid, "date", "deliver_on")
		}
	}
	after, err := presaleAfter(f.Cursor)
	if err != nil {
		return catalog.PresalePage{}, err
	}
	now, actor := c.Now(), link.ActorFrom(ctx)
	page := catalog.PresalePage{Items: []catalog.PublicPresale{}}
	var last *published
	for _, p := range c.reference.Load().presales {
		if p.ContractID != 0 || !f.Matches(p.Listed, day, now) || (p.State == catalog.PresaleDraft && !catalog.MaySell(actor, p.SellerOrg)) {
			continue
		}
		page.Total++
		if after != nil && comparePresales(p, after) <= 0 {
			continue
		}
		if len(page.Items) == limit {
			if page.Cursor == "" {
				page.Cursor = paging.After("presales", last.ClosesAt.UnixMicro(), last.ID)
			}
			continue
		}
		page.Items = append(page.Items, c.view(p, now))
		last = p
	}
	return page, nil
}

// presaleAfter is the end of the page before: its last presale may be gone by now.
func presaleAfter(cursor string) (*published, error) {
	place, err := paging.Place("presales", cursor, 2)
	if err != nil || place == nil {
		return nil, err
	}
	p := &published{}
	p.ClosesAt, p.ID = time.UnixMicro(place[0]), place[1]
	return p, nil
}

// Presale returns one presale with the villages behind it.
func (c *Catalog) Presale(ctx context.Context, ref catalog.PresaleRef) (catalog.PresaleDetail, error) {
	actor := link.ActorFrom(ctx)
	field := "id"
	find := func() *published { return c.reference.Load().byID[ref.ID] }
	if ref.ID == 0 {
		field, find = "code", func() *published { return c.reference.Load().byCode[ref.Code] }
	}
	p := find()
	if p == nil && (actor.System || catalog.ScopeOf(actor).Kind == catalog.ScopeCounty || actor.Org != 0) {
		// Another process may have saved it a moment ago, for a person of the county or for a module that has heard of it.
		if err := c.RefreshReference(ctx); err != nil {
			return catalog.PresaleDetail{}, err
		}
		p = find()
	}
	if p == nil || ((p.State == catalog.PresaleDraft || p.ContractID != 0) && !catalog.MaySell(actor, p.SellerOrg)) {
		return catalog.PresaleDetail{}, link.E(link.NotFound, "presale.unknown", field)
	}
	return catalog.PresaleDetail{PublicPresale: c.view(p, c.Now()), ByVillage: p.byVillage}, nil
}

// Stock returns the units left in every open presale.
func (c *Catalog) Stock(context.Context, catalog.None) ([]catalog.Stock, error) {
	left := *c.stock.Load()
	all := []catalog.Stock{}
	for _, p := range c.reference.Load().presales {
		if p.State == catalog.PresaleOpen && p.ContractID == 0 {
			all = append(all, catalog.Stock{PresaleID: p.ID, Left: left[p.ID]})
		}
	}
	return all, nil
}
