package desk

import (
	"context"
	"fmt"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
)

func ErrLogin() error    { return link.E(link.Unauthenticated, "unauthenticated", "") }
func ErrRole() error     { return link.E(link.Forbidden, "forbidden", "") }
func ErrNotFound() error { return link.E(link.NotFound, "order.not_found", "") }

// Denied is the answer to a role that never has the right.
func Denied(a link.Actor) error {
	if a.Account == 0 && !a.System {
		return ErrLogin()
	}
	return ErrRole()
}

func NeedSystem(ctx context.Context) error {
	if a := link.ActorFrom(ctx); !a.System {
		return Denied(a)
	}
	return nil
}

func NeedCounty(ctx context.Context) error {
	if a := link.ActorFrom(ctx); !orders.IsCounty(a) {
		return Denied(a)
	}
	return nil
}

// ViewOf returns how much of an order the actor sees.
func ViewOf(a link.Actor, o *OrderRow, lines []LineRow) orders.View {
	sellers := make([]int64, len(lines))
	for i := range lines {
		sellers[i] = lines[i].SellerOrg
	}
	return orders.ViewOf(a, o.By(), sellers)
}

// Collector is an orders.Collector that narrows statements.
type Collector struct{ orders.Collector }

// Collects finds what the actor may see; household, when given, is the one asked for. A helper sees households that
// consented, each only while it does.
func (m *Desk) Collects(ctx context.Context, household int64) (Collector, error) {
	a := link.ActorFrom(ctx)
	switch {
	case orders.IsCounty(a):
		return Collector{orders.Collector{All: true, Works: true}}, nil
	case orders.WorksFor(a) != 0:
		ref, err := m.Ref.Get(ctx)
		if err != nil {
			return Collector{}, err
		}
		return Collector{orders.Collector{Org: a.Org, Villages: ref.villagesOf[a.Org], Works: true}}, nil
	case a.Role == orders.RoleHousehold && a.Household != 0:
		return Collector{orders.Collector{Households: []int64{a.Household}}}, nil
	case a.Role == orders.RoleHelper && a.Helper != 0:
		if household == 0 {
			household = a.OnBehalfOf
		}
		if household != 0 {
			if err := m.Helps(ctx, a, household); err != nil {
				return Collector{}, err
			}
			return Collector{orders.Collector{Households: []int64{household}, OnBehalf: household}}, nil
		}
		ids, err := m.helped(ctx, a)
		return Collector{orders.Collector{Households: ids}}, err
	}
	return Collector{}, Denied(a)
}

// Where is Covers in SQL, over the columns of alias t, with arguments from number n on.
func (c Collector) Where(t string, n int) (string, []any) {
	switch {
	case c.All:
		return "true", nil
	case c.Org != 0:
		return fmt.Sprintf("(%[1]s.seller_org = $%[2]d OR %[1]s.village_id = ANY($%[3]d))", t, n, n+1), []any{c.Org, Ints(c.Villages)}
	default:
		return fmt.Sprintf("%s.household_id = ANY($%d)", t, n), []any{Ints(c.Households)}
	}
}

// Helps is NotFound unless the actor is the household's helper and it consented.
func (m *Desk) Helps(ctx context.Context, a link.Actor, household int64) error {
	h, err := m.Catalog.Household(AsSystem(ctx), catalog.HouseholdRef{ID: household})
	if err != nil {
		return err
	}
	if a.Helper == 0 || h.HelperID != a.Helper {
		return link.E(link.NotFound, "household.unknown", "")
	}
	if !h.Consent {
		return link.E(link.Forbidden, "household.consent.missing", "")
	}
	return nil
}

func (m *Desk) helped(ctx context.Context, a link.Actor) ([]int64, error) {
	ids := []int64{}
	f := catalog.HouseholdFilter{HelperID: a.Helper, Limit: 500}
	for {
		page, err := m.Catalog.Households(AsSystem(ctx), f)
		if err != nil {
			return nil, err
		}
		for _, h := range page.Items {
			if h.Consent && h.HelperID == a.Helper {
				ids = append(ids, h.ID)
			}
		}
		if page.Cursor == "" {
			return ids, nil
		}
		f.Cursor = page.Cursor
	}
}

// MayEarn lets through the household itself, its helper with consent, and the county.
func (m *Desk) MayEarn(ctx context.Context, household int64) (int64, error) {
	a := link.ActorFrom(ctx)
	switch {
	case orders.IsCounty(a):
		if household == 0 {
			return 0, link.E(link.Invalid, "income.household.missing", "household_id")
		}
		return household, nil
	case a.Role == orders.RoleHousehold && a.Household != 0:
		if household != 0 && household != a.Household {
			return 0, link.E(link.NotFound, "household.unknown", "")
		}
		return a.Household, nil
	case a.Role == orders.RoleHelper && a.Helper != 0:
		if household == 0 {
			household = a.OnBehalfOf
		}
		if household == 0 {
			return 0, link.E(link.Invalid, "income.household.missing", "household_id")
		}
		return household, m.Helps(ctx, a, household)
	}
	return 0, Denied(a)
}

// OnBehalf marks the context of a helper that acts for a household.
func OnBehalf(ctx context.Context, household int64) context.Context {
	a := link.ActorFrom(ctx)
	if a.Role != orders.RoleHelper || household == 0 {
		return ctx
	}
	a.OnBehalfOf = household
	return link.WithActor(ctx, a)
}

// ConflictScope is the condition of conflicts that the collector may see: brought by its own people, or about its goods.
func (c Collector) ConflictScope(n int) (string, []any) {
	if c.All {
		return "true", nil
	}
	return fmt.Sprintf("(w.org = $%[1]d OR w.seller_org = $%[1]d OR w.village_id = ANY($%[2]d))", n, n+1), []any{c.Org, Ints(c.Villages)}
}
