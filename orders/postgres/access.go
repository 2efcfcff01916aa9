package postgres

import (
	"context"
	"fmt"
	"slices"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
)

// Roles as web names them.
const (
	roleBuyer       = "buyer"
	roleOfficer     = "officer"
	roleOrgApprover = "org_approver"
	roleClerk       = "clerk"
	roleHousehold   = "household"
	roleHelper      = "helper"
	roleOperator    = "operator"
	roleApprover    = "approver"
	roleAdmin       = "admin"
)

func isCounty(a link.Actor) bool {
	return a.System || a.Account != 0 && slices.Contains([]string{roleOperator, roleApprover, roleAdmin}, a.Role)
}

// buysFor tells for which organisation the actor orders: 0 for itself. ok is false for those who do not order.
func buysFor(a link.Actor) (org int64, ok bool) {
	switch a.Role {
	case roleBuyer:
		return 0, a.Account != 0
	case roleOfficer, roleOrgApprover:
		return a.Org, a.Account != 0 && a.Org != 0
	}
	return 0, false
}

// worksFor is the organisation whose sales and collection the actor sees, or 0.
func worksFor(a link.Actor) int64 {
	if a.Account != 0 && slices.Contains([]string{roleClerk, roleOfficer, roleOrgApprover}, a.Role) {
		return a.Org
	}
	return 0
}

func errLogin() error    { return link.E(link.Unauthenticated, "unauthenticated", "") }
func errRole() error     { return link.E(link.Forbidden, "forbidden", "") }
func errNotFound() error { return link.E(link.NotFound, "order.not_found", "") }

// denied is for whoever asks for something that their role never has.
func denied(a link.Actor) error {
	if a.Account == 0 && !a.System {
		return errLogin()
	}
	return errRole()
}

func needSystem(ctx context.Context) error {
	if a := link.ActorFrom(ctx); !a.System {
		return denied(a)
	}
	return nil
}

func needCounty(ctx context.Context) error {
	if a := link.ActorFrom(ctx); !isCounty(a) {
		return denied(a)
	}
	return nil
}

// view is how much of an order somebody sees.
type view int

const (
	viewNothing view = iota
	viewSale         // what the actor's cooperative sells in it, the buyer's name and the delivery
	viewAll
)

func viewOf(a link.Actor, o *orderRow, lines []lineRow) view {
	if isCounty(a) || owns(a, o) {
		return viewAll
	}
	if org := worksFor(a); org != 0 {
		for _, l := range lines {
			if l.SellerOrg == org {
				return viewSale
			}
		}
	}
	return viewNothing
}

// owns tells whether the actor ordered it, or belongs to the buying side of the organisation that did.
func owns(a link.Actor, o *orderRow) bool {
	org, ok := buysFor(a)
	if !ok {
		return false
	}
	if org != 0 {
		return o.OrgID == org
	}
	return o.AccountID == a.Account && o.OrgID == 0
}

// collector is whose work of collecting an actor sees: every share, those of an organisation's sales and villages, or
// those of some households.
type collector struct {
	all        bool
	org        int64
	villages   []int64 // where the organisation runs a point
	households []int64
	works      bool // may weigh and close, not only look
	onBehalf   int64
}

// collects finds what the actor may see; household, when given, is the one asked for. A helper sees households that
// consented, and each only while it does.
func (m *desk) collects(ctx context.Context, household int64) (collector, error) {
	a := link.ActorFrom(ctx)
	switch {
	case isCounty(a):
		return collector{all: true, works: true}, nil
	case worksFor(a) != 0:
		ref, err := m.ref.get(ctx)
		if err != nil {
			return collector{}, err
		}
		return collector{org: a.Org, villages: ref.villagesOf[a.Org], works: true}, nil
	case a.Role == roleHousehold && a.Household != 0:
		return collector{households: []int64{a.Household}}, nil
	case a.Role == roleHelper && a.Helper != 0:
		if household == 0 {
			household = a.OnBehalfOf
		}
		if household != 0 {
			if err := m.helps(ctx, a, household); err != nil {
				return collector{}, err
			}
			return collector{households: []int64{household}, onBehalf: household}, nil
		}
		ids, err := m.helped(ctx, a)
		return collector{households: ids}, err
	}
	return collector{}, denied(a)
}

// covers tells whether a share is the collector's to see.
func (c collector) covers(sellerOrg, village, household int64) bool {
	return c.all || c.org != 0 && (c.org == sellerOrg || slices.Contains(c.villages, village)) || slices.Contains(c.households, household)
}

// where is covers in SQL, over the columns of alias t, with arguments from number n on.
func (c collector) where(t string, n int) (string, []any) {
	switch {
	case c.all:
		return "true", nil
	case c.org != 0:
		return fmt.Sprintf("(%[1]s.seller_org = $%[2]d OR %[1]s.village_id = ANY($%[3]d))", t, n, n+1), []any{c.org, ints(c.villages)}
	default:
		return fmt.Sprintf("%s.household_id = ANY($%d)", t, n), []any{ints(c.households)}
	}
}

// helps is NotFound unless the actor is the household's helper and it consented.
func (m *desk) helps(ctx context.Context, a link.Actor, household int64) error {
	h, err := m.catalog.Household(asSystem(ctx), catalog.HouseholdRef{ID: household})
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

func (m *desk) helped(ctx context.Context, a link.Actor) ([]int64, error) {
	ids := []int64{}
	f := catalog.HouseholdFilter{HelperID: a.Helper, Limit: 500}
	for {
		page, err := m.catalog.Households(asSystem(ctx), f)
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

// mayEarn lets through the household itself, its helper with consent, and the county.
func (m *desk) mayEarn(ctx context.Context, household int64) (int64, error) {
	a := link.ActorFrom(ctx)
	switch {
	case isCounty(a):
		if household == 0 {
			return 0, link.E(link.Invalid, "income.household.missing", "household_id")
		}
		return household, nil
	case a.Role == roleHousehold && a.Household != 0:
		if household != 0 && household != a.Household {
			return 0, link.E(link.NotFound, "household.unknown", "")
		}
		return a.Household, nil
	case a.Role == roleHelper && a.Helper != 0:
		if household == 0 {
			household = a.OnBehalfOf
		}
		if household == 0 {
			return 0, link.E(link.Invalid, "income.household.missing", "household_id")
		}
		return household, m.helps(ctx, a, household)
	}
	return 0, denied(a)
}

// who is how an actor is written into rows: its login, or that it was a job of the system and which.
func who(a link.Actor) string {
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
