package desk

import (
	"context"
	"fmt"
	"slices"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
)

// Roles as web names them.
const (
	RoleBuyer       = "buyer"
	RoleOfficer     = "officer"
	RoleOrgApprover = "org_approver"
	RoleClerk       = "clerk"
	RoleHousehold   = "household"
	RoleHelper      = "helper"
	RoleOperator    = "operator"
	roleApprover    = "approver"
	RoleAdmin       = "admin"
)

func IsCounty(a link.Actor) bool {
	return a.System || a.Account != 0 && slices.Contains([]string{RoleOperator, roleApprover, RoleAdmin}, a.Role)
}

// BuysFor tells for which organisation the actor orders: 0 for itself. ok is false for those who do not order.
func BuysFor(a link.Actor) (org int64, ok bool) {
	switch a.Role {
	case RoleBuyer:
		return 0, a.Account != 0
	case RoleOfficer, RoleOrgApprover:
		return a.Org, a.Account != 0 && a.Org != 0
	}
	return 0, false
}

// WorksFor is the organisation whose sales and collection the actor sees, or 0.
func WorksFor(a link.Actor) int64 {
	if a.Account != 0 && slices.Contains([]string{RoleClerk, RoleOfficer, RoleOrgApprover}, a.Role) {
		return a.Org
	}
	return 0
}

func ErrLogin() error    { return link.E(link.Unauthenticated, "unauthenticated", "") }
func ErrRole() error     { return link.E(link.Forbidden, "forbidden", "") }
func ErrNotFound() error { return link.E(link.NotFound, "order.not_found", "") }

// Denied is for whoever asks for something that their role never has.
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
	if a := link.ActorFrom(ctx); !IsCounty(a) {
		return Denied(a)
	}
	return nil
}

// View is how much of an order somebody sees.
type View int

const (
	ViewNothing View = iota
	ViewSale         // what the actor's cooperative sells in it, the buyer's name and the delivery
	ViewAll
)

func ViewOf(a link.Actor, o *OrderRow, lines []LineRow) View {
	if IsCounty(a) || Owns(a, o) {
		return ViewAll
	}
	if org := WorksFor(a); org != 0 {
		for _, l := range lines {
			if l.SellerOrg == org {
				return ViewSale
			}
		}
	}
	return ViewNothing
}

// Owns tells whether the actor ordered it, or belongs to the buying side of the organisation that did.
func Owns(a link.Actor, o *OrderRow) bool {
	org, ok := BuysFor(a)
	if !ok {
		return false
	}
	if org != 0 {
		return o.OrgID == org
	}
	return o.AccountID == a.Account && o.OrgID == 0
}

// Collector is whose work of collecting an actor sees: every share, those of an organisation's sales and villages, or
// those of some households.
type Collector struct {
	All        bool
	Org        int64
	villages   []int64 // where the organisation runs a point
	Households []int64
	Works      bool // may weigh and close, not only look
	OnBehalf   int64
}

// Collects finds what the actor may see; household, when given, is the one asked for. A helper sees households that
// consented, and each only while it does.
func (m *Desk) Collects(ctx context.Context, household int64) (Collector, error) {
	a := link.ActorFrom(ctx)
	switch {
	case IsCounty(a):
		return Collector{All: true, Works: true}, nil
	case WorksFor(a) != 0:
		ref, err := m.Ref.Get(ctx)
		if err != nil {
			return Collector{}, err
		}
		return Collector{Org: a.Org, villages: ref.villagesOf[a.Org], Works: true}, nil
	case a.Role == RoleHousehold && a.Household != 0:
		return Collector{Households: []int64{a.Household}}, nil
	case a.Role == RoleHelper && a.Helper != 0:
		if household == 0 {
			household = a.OnBehalfOf
		}
		if household != 0 {
			if err := m.Helps(ctx, a, household); err != nil {
				return Collector{}, err
			}
			return Collector{Households: []int64{household}, OnBehalf: household}, nil
		}
		ids, err := m.helped(ctx, a)
		return Collector{Households: ids}, err
	}
	return Collector{}, Denied(a)
}

// Covers tells whether a share is the collector's to see.
func (c Collector) Covers(sellerOrg, village, household int64) bool {
	return c.All || c.Org != 0 && (c.Org == sellerOrg || slices.Contains(c.villages, village)) || slices.Contains(c.Households, household)
}

// Where is covers in SQL, over the columns of alias t, with arguments from number n on.
func (c Collector) Where(t string, n int) (string, []any) {
	switch {
	case c.All:
		return "true", nil
	case c.Org != 0:
		return fmt.Sprintf("(%[1]s.seller_org = $%[2]d OR %[1]s.village_id = ANY($%[3]d))", t, n, n+1), []any{c.Org, Ints(c.villages)}
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
	case IsCounty(a):
		if household == 0 {
			return 0, link.E(link.Invalid, "income.household.missing", "household_id")
		}
		return household, nil
	case a.Role == RoleHousehold && a.Household != 0:
		if household != 0 && household != a.Household {
			return 0, link.E(link.NotFound, "household.unknown", "")
		}
		return a.Household, nil
	case a.Role == RoleHelper && a.Helper != 0:
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

// ActorName is how an actor is written into rows: its login, or that it was a job of the system and which.
func ActorName(a link.Actor) string {
	switch {
	case a.System && a.Login != "":
		return "system:" + a.Login
	case a.System:
		return "system"
	case a.Login != "":
		return a.Login
	}
	return fmt.Sprintf("account %d", a.Account)
}

// OnBehalf marks the context of a helper that acts for a household.
func OnBehalf(ctx context.Context, household int64) context.Context {
	a := link.ActorFrom(ctx)
	if a.Role != RoleHelper || household == 0 {
		return ctx
	}
	a.OnBehalfOf = household
	return link.WithActor(ctx, a)
}

// ConflictScope is what the collector may see of conflicts: what its own people brought, and what is about its goods.
func (c Collector) ConflictScope(n int) (string, []any) {
	if c.All {
		return "true", nil
	}
	return fmt.Sprintf("(w.org = $%[1]d OR w.seller_org = $%[1]d OR w.village_id = ANY($%[2]d))", n, n+1), []any{c.Org, Ints(c.villages)}
}
