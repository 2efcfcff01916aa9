package postgres

import (
	"context"
	"slices"

	"banmuyuan/internal/link"
	"banmuyuan/payments"
)

// Roles as other modules name them.
const (
	roleClerk     = "clerk"
	roleHousehold = "household"
	roleHelper    = "helper"
	roleOperator  = "operator"
	roleApprover  = "approver"
)

// county are the roles in the money. An administrator of accounts is in none.
var county = []string{roleOperator, roleApprover}

// need refuses an actor with none of the roles. The system's own jobs may do everything.
func need(ctx context.Context, roles ...string) (link.Actor, error) {
	a := link.ActorFrom(ctx)
	if a.System || slices.Contains(roles, a.Role) && a.Account != 0 {
		return a, nil
	}
	if a.Account == 0 {
		return a, link.E(link.Unauthenticated, "unauthenticated", "")
	}
	return a, link.E(link.Forbidden, "forbidden", "")
}

// needSystem refuses every actor but other modules.
func needSystem(ctx context.Context) error {
	_, err := need(ctx)
	return err
}

// needHousehold lets the household itself, a helper acting for it and the county through; for others it returns
// NotFound.
func needHousehold(ctx context.Context, household int64) (link.Actor, error) {
	a := link.ActorFrom(ctx)
	switch {
	case a.System, slices.Contains(county, a.Role) && a.Account != 0:
		return a, nil
	case a.Account == 0:
		return a, link.E(link.Unauthenticated, "unauthenticated", "")
	case household == 0:
	case a.Role == roleHousehold && a.Household == household, a.Role == roleHelper && a.OnBehalfOf == household:
		return a, nil
	}
	return a, link.E(link.NotFound, "not_found", "")
}

// same reports whether the actor is the recorded person: see payments.SamePerson.
func (c *change) same(actor link.Actor, account int64, name string) bool {
	return payments.SamePerson(actor, account, name)
}
