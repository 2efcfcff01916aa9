package turn

import (
	"context"
	"fmt"
	"time"

	"github.com/lib/pq"

	"banmuyuan/catalog"
	"banmuyuan/catalog/postgres/desk"
	"banmuyuan/internal/link"
)

// Turn returns where a household's turn stands in each presale in which it has a lot.
func (r *Room) Turn(ctx context.Context, q catalog.HouseholdSeason) (catalog.HouseholdTurn, error) {
	if catalog.ScopeOf(link.ActorFrom(ctx)).Kind == catalog.ScopeOrg {
		return catalog.HouseholdTurn{}, link.E(link.NotFound, "household.unknown", "id") // its income is none of a cooperative's affairs
	}
	lots, err := r.store.HouseholdLots(ctx, q) // refuses people without the right to see them
	if err != nil {
		return catalog.HouseholdTurn{}, err
	}
	t := catalog.HouseholdTurn{Season: lots.Season, At: r.Now(), Lots: []catalog.Turn{}}
	var id int64
	err = r.DB.QueryRowxContext(ctx, `
		SELECT h.id, h.persons, (SELECT count(*) FROM review v WHERE v.household_id = h.id AND v.state = `+desk.ReviewOpen+` AND v.kind = ANY($3))
		FROM household h WHERE h.id = $1 OR $1 = 0 AND h.code = $2`, q.ID, q.Code, pq.Array([]string{catalog.ReviewCapacity, catalog.ReviewOversold})).
		Scan(&id, &t.Persons, &t.Reviews)
	if err != nil {
		return t, desk.NotFound(fmt.Errorf("read household: %w", err), "household.unknown", "id")
	}
	known := false // its level
	for _, lot := range lots.Lots {
		one, at, err := r.turn(ctx, lot, id)
		if err != nil {
			return t, err
		}
		if one.InLine() && !known {
			t.LevelFen, known = one.LevelFen, true
		}
		if at.Before(t.At) {
			t.At = at
		}
		t.Lots = append(t.Lots, one)
	}
	if !known && t.Season != 0 {
		t.LevelFen, err = r.store.LevelFen(ctx, t.Season, id)
	}
	return t, err
}

// turn returns where the turn of one lot stands, and as of when.
func (r *Room) turn(ctx context.Context, lot catalog.HouseholdLot, household int64) (catalog.Turn, time.Time, error) {
	st, err := r.store.Standing(ctx, lot.PresaleID, household)
	if err != nil {
		return catalog.Turn{}, st.At, err
	}
	p := st.Presale
	t := catalog.Turn{HouseholdLot: lot, Place: st.Place, Policy: p.Policy, CollectionMin: p.CollectionMin, LeastBP: p.HouseholdsBP,
		FullFen: st.FullFen, OpensAt: p.OpensAt, ClosesAt: p.ClosesAt}
	t.Why = catalog.WhyTurn(lot.Lot, p, st.Season, st.Place, st.InLine, r.Now())
	if t.Begun {
		t.Missing = min(p.CollectionMin-lot.Reserved, t.Left())
	}
	if lot.AgentOrg != 0 {
		t.AgentName = r.store.RaiserName(lot.AgentOrg)
	}
	return t, st.At, nil
}

// PresaleMoney returns whom a presale's money reaches.
func (r *Room) PresaleMoney(ctx context.Context, ref catalog.PresaleRef) (catalog.PresaleMoney, error) {
	p, err := r.store.SellersPresale(ctx, ref)
	if err != nil {
		return catalog.PresaleMoney{}, err
	}
	lots, err := desk.UnitsByPart(ctx, r.DB, p.ID)
	if err != nil {
		return catalog.PresaleMoney{}, err
	}
	return p.Money(lots), nil
}
