package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/link"
)

// reference is the read model of places, organisations, products and presales. It is replaced whole.
type reference struct {
	version       int64
	forCounty     catalog.Reference
	forAll        catalog.Reference // without poverty status
	townships     map[int64]catalog.Township
	villages      map[int64]catalog.Village
	organisations map[int64]catalog.Organisation
	products      map[int64]catalog.Product
	programmes    []catalog.Programme
	presales      []*published // soonest closing first
	byID          map[int64]*published
	byCode        map[string]*published
}

// RefreshReference reads the read model anew if something in it changed.
func (c *Catalog) RefreshReference(ctx context.Context) error {
	var version int64
	if err := c.DB.GetContext(ctx, &version, `SELECT version FROM reference_version`); err != nil {
		return fmt.Errorf("read reference version: %w", err)
	}
	if old := c.reference.Load(); old != nil && old.version == version {
		return nil
	}
	var r *reference
	err := desk.InSnapshot(ctx, c.DB, func(tx *sqlx.Tx) (err error) {
		r, err = readReference(ctx, tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("read reference: %w", err)
	}
	c.reference.Store(r)
	return nil
}

func readReference(ctx context.Context, tx *sqlx.Tx) (*reference, error) {
	r := &reference{
		townships: map[int64]catalog.Township{}, villages: map[int64]catalog.Village{},
		organisations: map[int64]catalog.Organisation{}, products: map[int64]catalog.Product{},
		byID: map[int64]*published{}, byCode: map[string]*published{},
	}
	if err := tx.GetContext(ctx, &r.version, `SELECT version FROM reference_version`); err != nil {
		return nil, fmt.Errorf("read reference version: %w", err)
	}
	ref := catalog.Reference{
		Townships: []catalog.Township{}, Villages: []catalog.Village{}, Points: []catalog.CollectionPoint{},
		Products: []catalog.Product{}, Organisations: []catalog.Organisation{},
		Programmes: []catalog.Programme{}, Reported: []catalog.ReportedYear{},
	}
	var err error
	if ref.Seasons, err = readSeasons(ctx, tx); err != nil {
		return nil, err
	}
	ref.Season = catalog.DefaultSeason(ref.Seasons)
	err = desk.Each(ctx, tx, `SELECT id, name, lat, lon, retired_at IS NOT NULL FROM township ORDER BY id`, func(scan func(...any) error) error {
		var t catalog.Township
		if err := scan(&t.ID, &t.Name, &t.Lat, &t.Lon, &t.Retired); err != nil {
			return err
		}
		r.townships[t.ID] = t
		ref.Townships = append(ref.Townships, t)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read townships: %w", err)
	}
	err = desk.Each(ctx, tx, `
		SELECT id, township_id, code, name, poor, solar, speciality, solar_kw, coalesce(g.stations, 0), coalesce(g.kw, 0), collective, lat, lon,
		       retired_at IS NOT NULL
		FROM village LEFT JOIN (`+stationSums+`) g ON g.village_id = village.id ORDER BY id`,
		func(scan func(...any) error) error {
			var v catalog.Village
			var own, stations, kw int64
			if err := scan(&v.ID, &v.TownshipID, &v.Code, &v.Name, &v.Poor, &v.Solar, &v.Speciality, &own, &stations, &kw, &v.Collective, &v.Lat, &v.Lon, &v.Retired); err != nil {
				return err
			}
			if _, v.SolarKW = catalog.VillageSolar(own, stations, kw); v.SolarKW > 0 {
				v.Solar = true
			}
			r.villages[v.ID] = v
			ref.Villages = append(ref.Villages, v)
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("read villages: %w", err)
	}
	err = desk.Each(ctx, tx, `
		SELECT id, village_id, org_id, name, address, pickup, hours, phone, retired_at IS NOT NULL FROM collection_point ORDER BY id`,
		func(scan func(...any) error) error {
			var p catalog.CollectionPoint
			if err := scan(&p.ID, &p.VillageID, &p.OrgID, &p.Name, &p.Address, &p.Pickup, &p.Hours, &p.Phone, &p.Retired); err != nil {
				return err
			}
			ref.Points = append(ref.Points, p)
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("read collection points: %w", err)
	}
	err = desk.Each(ctx, tx, `
		SELECT id, kind, name, coalesce(township_id, 0), coalesce(village_id, 0), product, model, members, address, credit_code,
		       raiser_bp, retired_at IS NOT NULL
		FROM organisation ORDER BY id`,
		func(scan func(...any) error) error {
			var o catalog.Organisation
			err := scan(&o.ID, &o.Kind, &o.Name, &o.TownshipID, &o.VillageID, &o.Product, &o.Model, &o.Members, &o.Address, &o.CreditCode,
				&o.RaiserBP, &o.Retired)
			if err != nil {
				return err
			}
			r.organisations[o.ID] = o
			ref.Organisations = append(ref.Organisations, o)
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("read organisations: %w", err)
	}
	err = desk.Each(ctx, tx, `
		SELECT id, code, name, picture, order_unit, price_unit, grams_per_unit, programme, story, storage, cooking,
		       grades, season, yield_of, yield, raised, retired_at IS NOT NULL
		FROM product ORDER BY id`,
		func(scan func(...any) error) error {
			var p catalog.Product
			var name, story, storage, cooking desk.AsJSON[catalog.Text]
			err := scan(&p.ID, &p.Code, &name, &p.Picture, &p.OrderUnit, &p.PriceUnit, &p.GramsPerUnit, &p.Programme, &story, &storage, &cooking,
				(*pq.StringArray)(&p.Grades), &p.InSeason, &p.YieldOf, &p.Yield, &p.MayRaise, &p.Retired)
			if err != nil {
				return err
			}
			p.Name, p.Story, p.Storage, p.Cooking = name.V, story.V, storage.V, cooking.V
			r.products[p.ID] = p
			ref.Products = append(ref.Products, p)
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("read products: %w", err)
	}
	if err := readCounty(ctx, tx, &ref); err != nil {
		return nil, err
	}
	r.programmes = ref.Programmes
	r.forCounty, r.forAll = ref, ref
	r.forAll.Villages = slices.Clone(ref.Villages)
	for i := range r.forAll.Villages {
		r.forAll.Villages[i].Poor = false
	}
	// A raiser is a person, and its organisation has the person's name.
	r.forAll.Organisations = slices.DeleteFunc(slices.Clone(ref.Organisations), func(o catalog.Organisation) bool { return o.Kind == catalog.OrgRaiser })
	return r, r.addPresales(ctx, tx)
}

// readCounty reads the county itself, the years that it reported, and its programmes.
func readCounty(ctx context.Context, tx *sqlx.Tx, ref *catalog.Reference) error {
	err := desk.Each(ctx, tx, `SELECT name, name_en, region, office, address, phone, bank_holder, bank_account, bank_name, intro, intro_en FROM county`,
		func(scan func(...any) error) error {
			c := &ref.County
			return scan(&c.Name.Zh, &c.Name.En, &c.Region, &c.Office, &c.Address, &c.Phone, &c.BankHolder, &c.BankAccount, &c.BankName,
				&c.Intro.Zh, &c.Intro.En)
		})
	if err != nil {
		return fmt.Errorf("read county: %w", err)
	}
	err = desk.Each(ctx, tx, `SELECT year, per_person, source FROM reported_year ORDER BY year`, func(scan func(...any) error) error {
		var y catalog.ReportedYear
		err := scan(&y.Year, &y.PerPersonFen, &y.Source)
		ref.Reported = append(ref.Reported, y)
		return err
	})
	if err != nil {
		return fmt.Errorf("read reported years: %w", err)
	}
	err = desk.Each(ctx, tx, `SELECT id, code, name, name_en, retired_at IS NOT NULL FROM programme ORDER BY id`, func(scan func(...any) error) error {
		var p catalog.Programme
		err := scan(&p.ID, &p.Code, &p.Name.Zh, &p.Name.En, &p.Retired)
		ref.Programmes = append(ref.Programmes, p)
		return err
	})
	if err != nil {
		return fmt.Errorf("read programmes: %w", err)
	}
	return nil
}

// Reference returns names of places, products and organisations.
func (c *Catalog) Reference(ctx context.Context, _ catalog.None) (catalog.Reference, error) {
	r := c.reference.Load()
	if catalog.IsCounty(link.ActorFrom(ctx)) {
		return r.forCounty, nil
	}
	return r.forAll, nil
}
