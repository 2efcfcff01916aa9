package postgres

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/link"
)

// Seed is a whole county for tests, which choose its ids: positive, and unique within their list.
type Seed struct {
	Season        int   // begins; 0: none does
	Earlier       []int // seasons that began before it and are closing
	County        catalog.County
	Reported      []catalog.ReportedYear
	Programmes    []catalog.Programme
	Townships     []catalog.Township
	Villages      []catalog.Village
	Organisations []catalog.Organisation
	Points        []catalog.CollectionPoint
	Helpers       []catalog.Helper
	Households    []SeedHousehold
	Products      []catalog.Product
	Presales      []catalog.Presale
	Lots          []SeedLot
}

// SeedHousehold carries its members' full id numbers; the first member is the head.
type SeedHousehold struct {
	catalog.Household
}

// SeedLot is a lot with nothing reserved yet.
type SeedLot struct {
	catalog.Lot
}

// size is how many rows a seed has.
func (s *Seed) size() int {
	n := len(s.Reported) + len(s.Programmes) + len(s.Townships) + len(s.Villages) + len(s.Organisations) + len(s.Points) + len(s.Helpers) + len(s.Products) + len(s.Presales) + len(s.Lots)
	for i := range s.Households {
		n += 1 + len(s.Households[i].Members)
	}
	return n
}

// LoadSeed loads a county in one transaction. It returns Conflict when there is one already. progress may be nil.
func (c *Catalog) LoadSeed(ctx context.Context, s Seed, progress func(done, total int)) error {
	if progress == nil {
		progress = func(int, int) {}
	}
	err := link.InTx(ctx, c.DB, nil, func(tx *sqlx.Tx) error {
		var used bool
		if err := tx.GetContext(ctx, &used, `SELECT EXISTS (SELECT FROM township) OR EXISTS (SELECT FROM household)`); err != nil {
			return fmt.Errorf("look for a county: %w", err)
		}
		if used {
			return link.E(link.Conflict, "conflict", "")
		}
		l := &loader{c: c, ctx: ctx, tx: tx, total: s.size(), progress: progress}
		if err := l.load(s); err != nil {
			return err
		}
		return desk.PublishHouseholds(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("load seed: %w", err)
	}
	return learn(ctx, c)
}

// learn has everybody learn a county that was loaded.
func learn(ctx context.Context, c *Catalog) error {
	c.Relay.Notify()
	// Planner statistics: without them the first minutes would run on guesses.
	for _, table := range []string{"household", "person", "lot", "presale", "village"} {
		if _, err := c.DB.ExecContext(ctx, `ANALYZE `+table); err != nil {
			return fmt.Errorf("analyze %s: %w", table, err)
		}
	}
	return nil
}

// loader copies rows and counts them.
type loader struct {
	c           *Catalog
	ctx         context.Context //nolint:containedctx // a loader lives as long as one call
	tx          *sqlx.Tx
	done, total int
	progress    func(done, total int)
}

const progressEvery = 500

// copyIn copies n rows into a table.
func (l *loader) copyIn(table string, columns []string, n int, row func(i int) []any) error {
	if n == 0 {
		return nil
	}
	stmt, err := l.tx.PrepareContext(l.ctx, pq.CopyIn(table, columns...)) //nolint:staticcheck // it quotes the columns; a COPY text of our own would do so again
	if err != nil {
		return fmt.Errorf("copy %s: %w", table, err)
	}
	defer stmt.Close()
	for i := range n {
		if _, err := stmt.ExecContext(l.ctx, row(i)...); err != nil {
			return fmt.Errorf("copy %s: %w", table, err)
		}
		if l.done++; l.done%progressEvery == 0 {
			l.progress(l.done, l.total)
		}
	}
	if _, err := stmt.ExecContext(l.ctx); err != nil {
		return fmt.Errorf("copy %s: %w", table, err)
	}
	// Identity columns continue behind the seed's ids.
	if columns[0] == "id" {
		_, err := l.tx.ExecContext(l.ctx, `
			SELECT setval(pg_get_serial_sequence($1, 'id'), (SELECT max(id) FROM `+pq.QuoteIdentifier(table)+`))`, table)
		if err != nil {
			return fmt.Errorf("continue ids of %s: %w", table, err)
		}
	}
	l.progress(l.done, l.total)
	return nil
}

func (l *loader) load(s Seed) error {
	if err := loadCounty(l, s); err != nil {
		return err
	}
	if err := l.copyIn("township", []string{"id", "name", "lat", "lon"}, len(s.Townships), func(i int) []any {
		t := &s.Townships[i]
		return []any{t.ID, t.Name, t.Lat, t.Lon}
	}); err != nil {
		return err
	}
	if err := l.copyIn("village", []string{"id", "township_id", "code", "name", "poor", "solar", "speciality", "lat", "lon"}, len(s.Villages), func(i int) []any {
		v := &s.Villages[i]
		return []any{v.ID, v.TownshipID, v.Code, v.Name, v.Poor, v.Solar, v.Speciality, v.Lat, v.Lon}
	}); err != nil {
		return err
	}
	if err := l.copyIn("organisation", []string{"id", "kind", "name", "township_id", "village_id", "product", "model", "members", "address", "credit_code", "raiser_bp"}, len(s.Organisations), func(i int) []any {
		o := &s.Organisations[i]
		return []any{o.ID, string(o.Kind), o.Name, desk.OrNull(o.TownshipID), desk.OrNull(o.VillageID), o.Product, o.Model, o.Members, o.Address, o.CreditCode, o.RaiserBP}
	}); err != nil {
		return err
	}
	if err := l.copyIn("collection_point", []string{"id", "village_id", "org_id", "name", "address", "pickup"}, len(s.Points), func(i int) []any {
		p := &s.Points[i]
		return []any{p.ID, p.VillageID, p.OrgID, p.Name, p.Address, p.Pickup}
	}); err != nil {
		return err
	}
	if err := l.copyIn("helper", []string{"id", "name", "unit", "phone"}, len(s.Helpers), func(i int) []any {
		h := &s.Helpers[i]
		return []any{h.ID, h.Name, h.Unit, h.Phone}
	}); err != nil {
		return err
	}
	if err := l.loadHouseholds(s.Households); err != nil {
		return err
	}
	return l.loadSupply(s)
}

func loadCounty(l *loader, s Seed) error {
	if c := s.County; c.Name.Zh != "" {
		_, err := l.tx.ExecContext(l.ctx, `
			INSERT INTO county (name, name_en, region, office, address, phone, bank_holder, bank_account, bank_name, intro, intro_en)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, c.Name.Zh, c.Name.En, c.Region, c.Office, c.Address, c.Phone,
			c.BankHolder, c.BankAccount, c.BankName, c.Intro.Zh, c.Intro.En)
		if err != nil {
			return fmt.Errorf("load county: %w", err)
		}
	}
	if err := l.copyIn("reported_year", []string{"year", "per_person", "source"}, len(s.Reported), func(i int) []any {
		y := &s.Reported[i]
		return []any{y.Year, y.PerPersonFen, y.Source}
	}); err != nil {
		return err
	}
	return l.copyIn("programme", []string{"id", "code", "name", "name_en"}, len(s.Programmes), func(i int) []any {
		p := &s.Programmes[i]
		return []any{p.ID, p.Code, p.Name.Zh, p.Name.En}
	})
}

func (l *loader) loadHouseholds(households []SeedHousehold) error {
	err := l.copyIn("household", []string{"id", "code", "head", "persons", "village_id", "helper_id", "consent", "phone", "kinds", "programmes",
		"garden_m2", "geese", "raiser", "raiser_org", "mushroom_bags", "demo"}, len(households), func(i int) []any {
		h := &households[i]
		return []any{h.ID, h.Code, h.Head, h.Persons, h.VillageID, desk.OrNull(h.HelperID), h.Consent, h.Phone, desk.Texts(h.Kinds), desk.Texts(h.Programmes),
			h.GardenM2, h.Geese, h.Raiser, desk.OrNull(h.RaiserOrg), h.MushroomBag, h.Demo}
	})
	if err != nil {
		return err
	}
	type member struct {
		household *SeedHousehold
		position  int
	}
	var members []member
	for i := range households {
		for n := range households[i].Members {
			members = append(members, member{&households[i], n})
		}
	}
	return l.copyIn("person", []string{"household_id", "position", "name", "relation", "born", "female", "id_sealed", "id_index"}, len(members), func(i int) []any {
		h, n := members[i].household, members[i].position
		p := &h.Members[n]
		sealed, index := l.c.Seal(p.IDNumber, h.Code)
		return []any{h.ID, n + 1, p.Name, p.Relation, p.Born, p.Female, sealed, index}
	})
}

// loadSeasons plans the seasons and begins them one after the other, by the same acts as the county, up to the seed's own.
func (l *loader) loadSeasons(s Seed) error {
	ctx := link.System(l.ctx, "seed")
	ids := slices.Clone(s.Earlier)
	if s.Season != 0 {
		ids = append(ids, s.Season)
	}
	for _, p := range s.Presales {
		ids = append(ids, p.Season)
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		if err := l.c.planSeason(ctx, l.tx, catalog.PlanSeason{Season: id}); err != nil {
			return err
		}
		if id > s.Season {
			continue
		}
		if err := l.c.beginSeason(ctx, l.tx, id); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) loadSupply(s Seed) error {
	if err := l.copyIn("product", []string{"id", "code", "name", "picture", "order_unit", "price_unit", "grams_per_unit", "programme", "story", "storage", "cooking",
		"grades", "season", "yield_of", "yield", "raised"}, len(s.Products), func(i int) []any {
		p := &s.Products[i]
		return []any{p.ID, p.Code, desk.ToJSON(p.Name), p.Picture, p.OrderUnit, p.PriceUnit, p.GramsPerUnit, p.Programme, desk.ToJSON(p.Story), desk.ToJSON(p.Storage), desk.ToJSON(p.Cooking),
			desk.Texts(p.Grades), p.InSeason, cmp.Or(p.YieldOf, catalog.YieldRegistered), p.Yield, p.MayRaise}
	}); err != nil {
		return err
	}
	return l.loadOffers(s)
}

// loadOffers loads the seasons, the presales and their lots.
func (l *loader) loadOffers(s Seed) error {
	products := make(map[int64]catalog.Product, len(s.Products))
	for _, p := range s.Products {
		products[p.ID] = p
	}
	if err := l.loadSeasons(s); err != nil {
		return err
	}
	if err := l.copyIn("presale", []string{"id", "code", "product_id", "season", "title", "note", "state", "channels", "opens_at", "closes_at",
		"deliver_from", "deliver_to", "grades", "min_qty", "step_qty", "max_qty", "collection_min", "grams_per_unit", "terms", "seller_org", "policy", "unit_fen", "households_bp", "least_fen"},
		len(s.Presales), func(i int) []any {
			p := &s.Presales[i]
			return []any{p.ID, p.Code, p.ProductID, p.Season, desk.ToJSON(p.Title), desk.ToJSON(p.Note), string(p.State), channels(p.Channels), p.OpensAt, p.ClosesAt,
				p.DeliverFrom, p.DeliverTo, desk.ToJSON(p.Grades), p.MinQty, p.StepQty, p.MaxQty, p.CollectionMin, p.GramsPerUnit, desk.ToJSON(p.Terms),
				p.SellerOrg, p.Policy, catalog.UnitFen(*p, products[p.ProductID]),
				p.HouseholdsBP, catalog.LeastFen(*p, products[p.ProductID])}
		}); err != nil {
		return err
	}
	if err := l.copyIn("lot", []string{"id", "presale_id", "household_id", "capacity", "agent_org", "agent_bp"}, len(s.Lots), func(i int) []any {
		lot := &s.Lots[i]
		return []any{lot.ID, lot.PresaleID, lot.HouseholdID, lot.Capacity, lot.AgentOrg, lot.AgentBP}
	}); err != nil {
		return err
	}
	return desk.TouchReference(l.ctx, l.tx)
}

func channels(all []catalog.Channel) pq.StringArray {
	out := make(pq.StringArray, len(all))
	for i, c := range all {
		out[i] = string(c)
	}
	return out
}
