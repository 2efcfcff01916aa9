package adopt

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"banmuyuan/internal/link"
	"banmuyuan/internal/link/paging"
	"banmuyuan/orders"
	"banmuyuan/orders/adopt"
	"banmuyuan/orders/postgres/desk"
)

// Adoption returns one adoption to people with a part in it.
func (m *Room) Adoption(ctx context.Context, r adopt.Ref) (adopt.Adoption, error) {
	a, boxes, s, household, err := m.findAdoption(ctx, r.No)
	if err != nil {
		return adopt.Adoption{}, err
	}
	out, err := m.outAdoptions(ctx, []*adoptionRow{a}, map[int64][]boxRow{a.ID: boxes}, func(*adoptionRow) (adopt.Stake, int64) { return s, household })
	if err != nil {
		return adopt.Adoption{}, err
	}
	res := out[0]
	if s != adopt.StakeHousehold {
		if res.Timeline, err = m.adoptionTimeline(ctx, a, s == adopt.StakeCounty); err != nil {
			return adopt.Adoption{}, err
		}
	}
	if s == adopt.StakeAdopter && a.State.ReadsUpdates() {
		res.Updates, err = m.updatesOf(ctx, a.PlotID)
	}
	return res, err
}

func (m *Room) adoptionTimeline(ctx context.Context, a *adoptionRow, logins bool) ([]orders.TimelineEntry, error) {
	var rows []struct {
		orders.TimelineEntry
		Body []byte `db:"args"`
	}
	err := m.DB.SelectContext(ctx, &rows, `SELECT at, key, args, actor FROM order_event WHERE order_id = $1 ORDER BY id`, a.ID)
	if err != nil {
		return nil, fmt.Errorf("read timeline of adoption %d: %w", a.ID, err)
	}
	line := []orders.TimelineEntry{{At: a.PlacedAt.UTC(), Key: "adoption.timeline.placed"}}
	for _, r := range rows {
		e := orders.TimelineEntry{At: r.At.UTC(), Key: r.Key}
		if err := json.Unmarshal(r.Body, &e.Args); err != nil {
			return nil, fmt.Errorf("decode timeline: %w", err)
		}
		if logins {
			e.Actor = r.Actor
		}
		line = append(line, e)
	}
	return line, nil
}

// AdoptionList lists the adoptions the caller has to do with, newest first.
func (m *Room) AdoptionList(ctx context.Context, f adopt.Filter) (adopt.Page, error) {
	page := adopt.Page{Items: []adopt.Adoption{}}
	limit, err := paging.Size(f.Limit, 20, 100)
	if err != nil {
		return page, err
	}
	after, err := paging.Place("adoption_list", f.Cursor, 1)
	if err != nil {
		return page, err
	}
	actor := link.ActorFrom(ctx)
	var w desk.Filter
	s, household := adopt.StakeNone, int64(0)
	ofHousehold := func(id int64) {
		household = id
		w.Add(`(a.household_id = ? OR EXISTS (SELECT FROM adoption_box b WHERE b.adoption_id = a.id AND b.household_id = ?))
			AND a.reserved_at IS NOT NULL`, id, id)
	}
	switch {
	case orders.IsCounty(actor):
		s = adopt.StakeCounty
		if f.Household != 0 {
			ofHousehold(f.Household)
		}
	case actor.Role == orders.RoleBuyer && actor.Account != 0:
		s = adopt.StakeAdopter
		w.Add(`a.account_id = ?`, actor.Account)
	case orders.WorksFor(actor) != 0:
		s = adopt.StakeSeller
		w.Add(`a.seller_org = ? AND a.reserved_at IS NOT NULL`, orders.WorksFor(actor))
	default:
		id, err := m.MayEarn(ctx, f.Household)
		if err != nil {
			return page, err
		}
		s = adopt.StakeHousehold
		ofHousehold(id)
	}
	if len(f.State) > 0 {
		states := make([]string, len(f.State))
		for i, st := range f.State {
			states[i] = string(st)
		}
		w.Add(`a.state = ANY(?)`, desk.TextArray(states))
	}
	if q := strings.TrimSpace(f.Query); q != "" {
		id, _ := adopt.ParseNumber(q)
		if s == adopt.StakeCounty || s == adopt.StakeSeller {
			w.Add(`(a.id = ? OR a.buyer ILIKE ? OR EXISTS (SELECT FROM buyer_search b WHERE b.name = a.buyer AND strpos(b.search, ?) > 0))`,
				id, desk.LikePattern(q), desk.SearchKey(q))
		} else {
			w.Add(`a.id = ?`, id)
		}
	}
	var sum struct {
		Total int   `db:"total"`
		Price int64 `db:"price"`
		Paid  int64 `db:"paid"`
	}
	err = m.DB.GetContext(ctx, &sum, `
		SELECT count(*) AS total, coalesce(sum(a.price_fen), 0)::bigint AS price, coalesce(sum(a.paid_fen - a.refund_fen), 0)::bigint AS paid
		FROM adoption a WHERE `+w.Where(), w.Args...)
	if err != nil {
		return page, fmt.Errorf("count adoptions: %w", err)
	}
	page.Total, page.PriceFen, page.PaidFen = sum.Total, sum.Price, sum.Paid
	if s == adopt.StakeHousehold {
		page.PriceFen, page.PaidFen = 0, 0
	}
	if after != nil {
		w.Add(`a.id < ?`, after[0])
	}
	var rows []*adoptionRow
	err = m.DB.SelectContext(ctx, &rows, `
		SELECT `+adoptionColumns+` FROM adoption a WHERE `+w.Where()+` ORDER BY a.id DESC LIMIT `+fmt.Sprint(limit+1), w.Args...)
	if err != nil {
		return page, fmt.Errorf("list adoptions: %w", err)
	}
	if len(rows) > limit {
		rows = rows[:limit]
		page.Cursor = paging.After("adoption_list", rows[limit-1].ID)
	}
	ids := make([]int64, len(rows))
	for i, a := range rows {
		ids[i] = a.ID
	}
	boxes, err := boxesOf(ctx, m.DB, ids...)
	if err != nil {
		return page, err
	}
	page.Items, err = m.outAdoptions(ctx, rows, boxes, func(*adoptionRow) (adopt.Stake, int64) { return s, household })
	return page, err
}
