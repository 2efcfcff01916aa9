package adopt

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/internal/search"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/postgres/desk"
)

type plotRow struct {
	ID          int64           `db:"id"`
	PresaleID   int64           `db:"presale_id"`
	HouseholdID int64           `db:"household_id"`
	VillageID   int64           `db:"village_id"`
	TownshipID  int64           `db:"township_id"`
	Kind        orders.PlotKind `db:"kind"`
	Family      string          `db:"family"`
	Units       int64           `db:"units"`
	EveryDays   int64           `db:"every_days"`
	StoryZh     string          `db:"story_zh"`
	StoryEn     string          `db:"story_en"`
	Taken       int64           `db:"taken"`
}

const plotColumns = `p.id, p.presale_id, p.household_id, p.village_id, p.township_id, p.kind, p.family, p.units, p.every_days,
	p.story_zh, p.story_en, (SELECT count(*) FROM adoption_unit u WHERE u.plot_id = p.id AND NOT u.released) AS taken`

func (m *Room) publicPlot(p *desk.Presale, ref *desk.Names, r plotRow, now time.Time) (adopt.PublicPlot, error) {
	out := adopt.PublicPlot{
		ID: r.ID, Kind: r.Kind, Season: p.Season, PresaleID: p.ID, Product: p.Product.Code, Title: p.Title, Picture: p.Product.Picture,
		Family: r.Family, VillageID: r.VillageID, Village: ref.Villages[r.VillageID].Name, Township: ref.Townships[r.TownshipID],
		Story: catalog.Text{Zh: r.StoryZh, En: r.StoryEn}, Units: r.Units, Left: max(r.Units-r.Taken, 0), EveryDays: r.EveryDays,
		DepositBP: p.Terms.DepositBP, ForfeitBP: p.Terms.ForfeitBP, FreeHours: p.Terms.FreeCancelHours, BalanceDays: adopt.BalanceDays,
		Seller: p.Seller, ClosesAt: p.ClosesAt, Boxes: 1,
	}
	if r.Kind == orders.PlotGarden {
		out.UnitM2 = adopt.BedM2
	}
	out.Open = p.CheckOpen(now, catalog.ChannelPrivate, "") == nil && out.Left > 0
	pl, err := adopt.PlanOf(p.PublicPresale, r.Kind, r.EveryDays, 1, now)
	if link.CodeOf(err) == link.Conflict { // over: shown as it was
		out.Open = false
		pl, err = adopt.PlanOf(p.PublicPresale, r.Kind, r.EveryDays, 1, p.DeliverFrom.AddDate(0, 0, -adopt.LeadDays))
	}
	if err != nil {
		return out, err
	}
	out.UnitFen, out.FirstOn = pl.UnitFen, pl.Dates[0].Format(time.DateOnly)
	if r.Kind == orders.PlotGarden {
		out.Boxes = int64(len(pl.Dates))
	}
	out.MaxUnits = adopt.MaxUnits(out.Left, p.MaxQty, out.Boxes)
	return out, nil
}

// adoptable are the presales that plots are offered in and that can be ordered from now.
func (m *Room) adoptable(ctx context.Context, now time.Time) (map[int64]*desk.Presale, []int64, error) {
	var ids []int64
	if err := m.DB.SelectContext(ctx, &ids, `SELECT DISTINCT presale_id FROM plot ORDER BY 1`); err != nil {
		return nil, nil, fmt.Errorf("find adoption presales: %w", err)
	}
	known := make(map[int64]*desk.Presale, len(ids))
	var open []int64
	for _, id := range ids {
		p, err := m.Offers.Presale(ctx, id)
		if link.CodeOf(err) == link.NotFound {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		known[id] = p
		if p.CheckOpen(now, catalog.ChannelPrivate, "") == nil {
			open = append(open, id)
		}
	}
	return known, open, nil
}

// Plots lists the plots that can be adopted now. Households with the least adopted come first, so that all have their turn.
func (m *Room) Plots(ctx context.Context, f adopt.PlotFilter) (adopt.PlotPage, error) {
	page := adopt.PlotPage{Items: []adopt.PublicPlot{}}
	limit, err := paging.Size(f.Limit, 24, 100)
	if err != nil {
		return page, err
	}
	after, err := paging.Place("plots", f.Cursor, 2)
	if err != nil {
		return page, err
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return page, err
	}
	now := m.Now()
	known, open, err := m.adoptable(ctx, now)
	if err != nil {
		return page, err
	}
	var w desk.Filter
	w.Add(`p.presale_id = ANY(?)`, desk.Ints(open))
	if f.Kind != "" {
		w.Add(`p.kind = ?`, string(f.Kind))
	}
	if f.Township != 0 {
		w.Add(`p.township_id = ?`, f.Township)
	}
	if f.Village != 0 {
		w.Add(`p.village_id = ?`, f.Village)
	}
	if q := strings.TrimSpace(f.Query); q != "" {
		var villages []int64
		key := search.Key(q)
		for id, v := range ref.Villages {
			if strings.Contains(v.Name, q) || strings.Contains(ref.Townships[v.TownshipID], q) ||
				key != "" && (strings.Contains(search.Text(v.Name), key) || strings.Contains(search.Text(ref.Townships[v.TownshipID]), key)) {
				villages = append(villages, id)
			}
		}
		w.Add(`(p.story_zh ILIKE ? OR p.story_en ILIKE ? OR p.village_id = ANY(?))`, desk.LikePattern(q), desk.LikePattern(q), desk.Ints(villages))
	}
	list := `SELECT * FROM (SELECT ` + plotColumns + ` FROM plot p WHERE ` + w.Where() + `) p WHERE p.taken < p.units`
	if err := m.DB.GetContext(ctx, &page.Total, `SELECT count(*) FROM (`+list+`) x`, w.Args...); err != nil {
		return page, fmt.Errorf("count plots: %w", err)
	}
	args := w.Args
	if after != nil {
		list += fmt.Sprintf(` AND (p.taken, p.id) > ($%d, $%d)`, len(args)+1, len(args)+2)
		args = append(args, after[0], after[1])
	}
	var rows []plotRow
	list += fmt.Sprintf(` ORDER BY p.taken, p.id LIMIT %d`, limit+1)
	if err := m.DB.SelectContext(ctx, &rows, list, args...); err != nil {
		return page, fmt.Errorf("list plots: %w", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		page.Cursor = paging.After("plots", rows[limit-1].Taken, rows[limit-1].ID)
	}
	for _, r := range rows {
		out, err := m.publicPlot(known[r.PresaleID], ref, r, now)
		if err != nil {
			return page, err
		}
		page.Items = append(page.Items, out)
	}
	return page, nil
}

func (m *Room) plotRow(ctx context.Context, q desk.Queryer, id int64) (plotRow, error) {
	var r plotRow
	err := q.GetContext(ctx, &r, `SELECT `+plotColumns+` FROM plot p WHERE p.id = $1`, id)
	if desk.Missing(err) {
		return r, link.E(link.NotFound, "adoption.plot.unknown", "plot_id")
	}
	if err != nil {
		return r, fmt.Errorf("read plot %d: %w", id, err)
	}
	return r, nil
}

// Plot returns one plot to anybody.
func (m *Room) Plot(ctx context.Context, r adopt.PlotRef) (adopt.PublicPlot, error) {
	row, err := m.plotRow(ctx, m.DB, r.ID)
	if err != nil {
		return adopt.PublicPlot{}, err
	}
	p, err := m.Offers.Presale(ctx, row.PresaleID)
	if err != nil {
		return adopt.PublicPlot{}, err
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return adopt.PublicPlot{}, err
	}
	return m.publicPlot(p, ref, row, m.Now())
}

// mayOffer lets through the household itself and its helper with consent: both offer, write and hand over.
func (m *Room) mayOffer(ctx context.Context, household int64) error {
	a := link.ActorFrom(ctx)
	switch {
	case a.System:
		return nil
	case a.Role == orders.RoleHousehold && a.Household != 0:
		if a.Household != household {
			return link.E(link.NotFound, "household.unknown", "")
		}
		return nil
	case a.Role == orders.RoleHelper && a.Helper != 0:
		return m.Helps(ctx, a, household)
	}
	return desk.Denied(a)
}

// HouseholdPlots lists the offers of a household and the ones it could make.
func (m *Room) HouseholdPlots(ctx context.Context, r catalog.HouseholdRef) (adopt.HouseholdPlots, error) {
	res := adopt.HouseholdPlots{Items: []adopt.HouseholdPlot{}}
	household, err := m.MayEarn(ctx, r.ID)
	if err != nil {
		return res, err
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return res, err
	}
	var lots []catalog.HouseholdLot
	for _, season := range ref.Seasons {
		if !season.State.Takes() {
			continue
		}
		of, err := m.Catalog.HouseholdLots(desk.AsSystem(ctx), catalog.HouseholdSeason{ID: household, Season: season.ID})
		if err != nil {
			return res, err
		}
		lots = append(lots, of.Lots...)
	}
	for _, l := range lots {
		if _, ok := orders.KindOfPlot(l.Product); !ok {
			continue
		}
		p, err := m.Offers.Presale(ctx, l.PresaleID)
		if err != nil {
			return res, err
		}
		kind, ok := orders.PlotOf(p.PublicPresale)
		if !ok {
			continue
		}
		out, err := m.householdPlot(ctx, m.DB, p, kind, l.Lot)
		if err != nil {
			return res, err
		}
		if !out.Saved && p.CheckOpen(m.Now(), catalog.ChannelPrivate, "") != nil {
			continue // too late to offer
		}
		res.Items = append(res.Items, out)
	}
	return res, nil
}

func (m *Room) householdPlot(ctx context.Context, q desk.Queryer, p *desk.Presale, kind orders.PlotKind, lot catalog.Lot) (adopt.HouseholdPlot, error) {
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return adopt.HouseholdPlot{}, err
	}
	var r plotRow
	err = q.GetContext(ctx, &r, `SELECT `+plotColumns+` FROM plot p WHERE p.presale_id = $1 AND p.household_id = $2`, p.ID, lot.HouseholdID)
	saved := err == nil
	if desk.Missing(err) {
		v := ref.Villages[lot.VillageID]
		r = plotRow{PresaleID: p.ID, HouseholdID: lot.HouseholdID, VillageID: lot.VillageID, TownshipID: v.TownshipID, Kind: kind, EveryDays: adopt.EveryDaysOf(kind)}
		err = nil
	}
	if err != nil {
		return adopt.HouseholdPlot{}, fmt.Errorf("read plot of household %d: %w", lot.HouseholdID, err)
	}
	out := adopt.HouseholdPlot{HouseholdID: lot.HouseholdID, Adopted: r.Taken, Saved: saved}
	if out.PublicPlot, err = m.publicPlot(p, ref, r, m.Now()); err != nil {
		return out, err
	}
	out.Supply = adopt.Supply(r.Taken, lot, out.Boxes)
	return out, nil
}

// SavePlot offers geese or beds, or changes the offer.
func (m *Room) SavePlot(ctx context.Context, r adopt.SavePlot) (adopt.HouseholdPlot, error) {
	if err := m.mayOffer(ctx, r.HouseholdID); err != nil {
		return adopt.HouseholdPlot{}, err
	}
	if err := r.Check().Err(); err != nil {
		return adopt.HouseholdPlot{}, err
	}
	p, err := m.Offers.Presale(ctx, r.PresaleID)
	if err != nil {
		return adopt.HouseholdPlot{}, err
	}
	kind, ok := orders.PlotOf(p.PublicPresale)
	if !ok {
		return adopt.HouseholdPlot{}, link.E(link.Invalid, "adoption.plot.presale", "presale_id")
	}
	lots, err := m.Catalog.HouseholdLots(desk.AsSystem(ctx), catalog.HouseholdSeason{ID: r.HouseholdID, Season: p.Season})
	if err != nil {
		return adopt.HouseholdPlot{}, err
	}
	var lot catalog.Lot
	for _, l := range lots.Lots {
		if l.PresaleID == p.ID {
			lot = l.Lot
		}
	}
	if lot.ID == 0 {
		return adopt.HouseholdPlot{}, link.E(link.Invalid, "reserve.household", "presale_id")
	}
	home, err := m.Catalog.Household(desk.AsSystem(ctx), catalog.HouseholdRef{ID: r.HouseholdID})
	if err != nil {
		return adopt.HouseholdPlot{}, err
	}
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return adopt.HouseholdPlot{}, err
	}
	if adopt.NamesPerson(r.Story.Zh+"\n"+r.Story.En, home.Head) {
		return adopt.HouseholdPlot{}, link.E(link.Invalid, "adoption.plot.private", "story.zh")
	}
	var out adopt.HouseholdPlot
	err = m.Tx(ctx, func(tx *sqlx.Tx) error {
		if out, err = m.householdPlot(ctx, tx, p, kind, lot); err != nil {
			return err
		}
		// In the rhythm that is asked for: a bed that is cut every other week needs half the boxes.
		pl, err := adopt.PlanOf(p.PublicPresale, kind, r.EveryDays, 1, m.Now())
		if err != nil {
			return err
		}
		if err := r.CheckUnits(out.Adopted, adopt.Supply(out.Adopted, lot, pl.Stock())); err != nil {
			return err
		}
		a := link.ActorFrom(ctx)
		onBehalf := int64(0)
		if a.Role == orders.RoleHelper {
			onBehalf = r.HouseholdID
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO plot (presale_id, household_id, village_id, township_id, kind, family, units, every_days, story_zh, story_en,
			                  saved_at, account_id, actor, on_behalf_of)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
			ON CONFLICT (presale_id, household_id) DO UPDATE
			SET units = excluded.units, every_days = excluded.every_days, story_zh = excluded.story_zh, story_en = excluded.story_en,
			    family = excluded.family, saved_at = excluded.saved_at, account_id = excluded.account_id, actor = excluded.actor,
			    on_behalf_of = excluded.on_behalf_of`,
			p.ID, r.HouseholdID, home.VillageID, ref.Villages[home.VillageID].TownshipID, string(kind), adopt.Family(home.Head), r.Units,
			r.EveryDays, r.Story.Zh, r.Story.En, m.Now(), a.Account, orders.ActorName(a), onBehalf)
		if err != nil {
			return fmt.Errorf("save plot of household %d: %w", r.HouseholdID, err)
		}
		out, err = m.householdPlot(ctx, tx, p, kind, lot)
		return err
	})
	return out, err
}
