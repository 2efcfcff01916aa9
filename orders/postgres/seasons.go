package postgres

import (
	"context"
	"fmt"
	"strings"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/orders/postgres/desk"
	"banmuyuan/payments"
)

// SeasonOpenItems lists what keeps a season from being closed.
func (m *Module) SeasonOpenItems(ctx context.Context, r catalog.SeasonRef) (orders.SeasonOpenItems, error) {
	if err := desk.NeedCounty(ctx); err != nil {
		return orders.SeasonOpenItems{}, err
	}
	season, err := m.CatalogSeasons.Season(desk.AsSystem(ctx), r)
	if err != nil {
		return orders.SeasonOpenItems{}, err
	}
	items, err := m.openHere(ctx, r.Season)
	if err != nil {
		return orders.SeasonOpenItems{}, err
	}
	items = append(items, orders.OpenItem{Kind: orders.OpenPresales, Count: season.Figures.Open},
		orders.OpenItem{Kind: orders.OpenHolds, Count: season.Figures.Holds})
	for _, state := range []payments.PoolState{payments.PoolDraft, payments.PoolWaiting} {
		pools, err := m.Distributions.Pools(desk.AsSystem(ctx), payments.PoolFilter{State: state})
		if err != nil {
			return orders.SeasonOpenItems{}, err
		}
		for _, p := range pools.Items {
			if p.Season == r.Season {
				items = append(items, orders.OpenItem{Kind: orders.OpenPools, Count: 1, AmountFen: p.SurplusFen})
			}
		}
	}
	return orders.OpenItemsOf(r.Season, items), nil
}

// openHere counts what the rooms have open.
func (m *Module) openHere(ctx context.Context, season int) ([]orders.OpenItem, error) {
	var items []orders.OpenItem
	for _, room := range m.rooms {
		for _, c := range room.Open(season) {
			item := orders.OpenItem{Kind: c.Kind}
			if err := m.DB.QueryRowContext(ctx, c.SQL, c.Args...).Scan(&item.Count, &item.AmountFen); err != nil {
				return nil, fmt.Errorf("count open %s of season %d: %w", c.Kind, season, err)
			}
			items = append(items, item)
		}
	}
	return items, nil
}

// person returns the person of the county who acts; a job of the system ends no season.
func person(ctx context.Context) (catalog.SeasonActor, error) {
	a := link.ActorFrom(ctx)
	if a.System || !orders.IsCounty(a) {
		return catalog.SeasonActor{}, desk.Denied(a)
	}
	return catalog.SeasonActor{Account: a.Account, Login: a.Login, Role: a.Role}, nil
}

// CloseSeason ends a closing season of which nothing is open. Nothing new can come into it between the count and the act:
// its presales and contracts are over, and the catalogue looks at them once more.
func (m *Module) CloseSeason(ctx context.Context, r catalog.SeasonRef) (catalog.SeasonSummary, error) {
	by, err := person(ctx)
	if err != nil {
		return catalog.SeasonSummary{}, err
	}
	season, err := m.CatalogSeasons.Season(desk.AsSystem(ctx), r)
	if err != nil {
		return catalog.SeasonSummary{}, err
	}
	if season.State != catalog.SeasonClosed {
		if _, err := link.Next(catalog.SeasonMachine, season.State, catalog.SeasonStepClose); err != nil {
			return catalog.SeasonSummary{}, err
		}
		open, err := m.SeasonOpenItems(ctx, r)
		if err != nil {
			return catalog.SeasonSummary{}, err
		}
		if err := open.CheckClose(); err != nil {
			return catalog.SeasonSummary{}, err
		}
	}
	defer m.Ref.Forget()
	return m.CatalogSeasons.CloseSeason(desk.AsSystem(ctx), catalog.CloseSeason{Season: r.Season, By: by})
}

// ReopenSeason takes a closed season back to closing.
func (m *Module) ReopenSeason(ctx context.Context, r orders.ReopenSeason) (catalog.SeasonSummary, error) {
	by, err := person(ctx)
	if err != nil {
		return catalog.SeasonSummary{}, err
	}
	defer m.Ref.Forget()
	return m.CatalogSeasons.ReopenSeason(desk.AsSystem(ctx), catalog.ReopenSeason{Season: r.Season, Reason: strings.TrimSpace(r.Reason), By: by})
}

// outside are the kinds that the world may open again after a season is closed: the bank returns a payout.
var outside = map[orders.OpenKind]bool{orders.OpenUnsettled: true, orders.OpenUnpaid: true}

// verifyClosed finds live objects of closed seasons, and notes payouts that the bank gave back after the close.
func (m *Module) verifyClosed(ctx context.Context, res *orders.Findings) error {
	ref, err := m.Ref.Get(ctx)
	if err != nil {
		return err
	}
	for _, s := range ref.Seasons {
		if s.State.Takes() {
			continue
		}
		items, err := m.openHere(ctx, s.ID)
		if err != nil {
			return err
		}
		for _, i := range orders.OpenItemsOf(s.ID, items).Open() {
			res.Items = append(res.Items, orders.Finding{Check: "closed season", Object: fmt.Sprintf("season %d", s.ID), Note: outside[i.Kind],
				Detail: fmt.Sprintf("it is closed, and has %d open %s of %d fen", i.Count, i.Kind, i.AmountFen)})
		}
	}
	return nil
}
