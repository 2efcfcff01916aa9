package postgres

import (
	"context"

	"banmuyuan/internal/link"
)

// Roles as web names them.
const (
	roleOfficer     = "officer"
	roleOrgApprover = "org_approver"
	roleClerk       = "clerk"
	roleHousehold   = "household"
	roleHelper      = "helper"
	roleOperator    = "operator"
	roleApprover    = "approver"
	roleAdmin       = "admin"
)

// isCounty tells whether a is county staff or a job of ours.
func isCounty(a link.Actor) bool {
	return a.System || a.Role == roleOperator || a.Role == roleApprover || a.Role == roleAdmin
}

// staffOf is the organisation whose staff a is, or 0.
func staffOf(a link.Actor) int64 {
	switch a.Role {
	case roleOfficer, roleOrgApprover, roleClerk:
		return a.Org
	}
	return 0
}

// requireCounty returns Unauthenticated or Forbidden to everybody but the county.
func requireCounty(ctx context.Context) (link.Actor, error) {
	a := link.ActorFrom(ctx)
	if isCounty(a) {
		return a, nil
	}
	return a, denied(a)
}

func denied(a link.Actor) error {
	if a == (link.Actor{}) {
		return link.E(link.Unauthenticated, "unauthenticated", "")
	}
	return link.E(link.Forbidden, "forbidden", "")
}

// householdScope is the condition under which a sees household h, with the result of scope as $1 and $2:
// itself, those it helps, or those its cooperative collects from, because it runs their village's collection point or
// sells a presale they have a lot in.
const householdScope = `($1 = 'county'
	OR ($1 = 'household' AND h.id = $2)
	OR ($1 = 'helper' AND h.helper_id = $2)
	OR ($1 = 'org' AND (h.village_id IN (SELECT village_id FROM collection_point WHERE org_id = $2)
		OR EXISTS (SELECT FROM lot l JOIN presale p ON p.id = l.presale_id WHERE l.household_id = h.id AND p.seller_org = $2))))`

// scope says which households a sees. It is "" for those who see none.
func scope(a link.Actor) (kind string, id int64) {
	switch {
	case isCounty(a):
		return "county", 0
	case a.Role == roleHousehold && a.Household > 0:
		return "household", a.Household
	case a.Role == roleHelper && a.Helper > 0:
		return "helper", a.Helper
	case staffOf(a) > 0:
		return "org", staffOf(a)
	}
	return "", 0
}
