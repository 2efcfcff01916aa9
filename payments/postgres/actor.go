package postgres

import (
	"context"
	"fmt"
	"slices"

	"banmuyuan/internal/link"
)

// Roles as other modules name them.
const (
	roleClerk     = "clerk"
	roleHousehold = "household"
	roleHelper    = "helper"
	roleOperator  = "operator"
	roleApprover  = "approver"
	roleAdmin     = "admin"
)

var county = []string{roleOperator, roleApprover, roleAdmin}

// need refuses whoever has none of the roles. Jobs of ours may do everything.
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

// needSystem is for what only other modules ask.
func needSystem(ctx context.Context) error {
	_, err := need(ctx)
	return err
}

// needHousehold lets the household itself, a helper who acts for it and the county through; to others it does not exist.
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

// accountName is who acts by a command, where the login was a phone number and stayed out of it.
func accountName(id int64) string { return fmt.Sprintf("account:%d", id) }

// same tells whether whoever acts now is who did something before, which was written down with an account, with a name, or
// with both. A second person is somebody else.
func (c *change) same(actor link.Actor, account int64, name string) bool {
	return account != 0 && account == actor.Account || name == c.actor || name == accountName(actor.Account)
}

// actorName is what is stored of who did something, and for whom.
func actorName(a link.Actor) string {
	name := a.Login
	switch {
	case a.System && name == "":
		name = "system"
	case a.System:
		name = "system:" + name
	case name == "" && a.Account != 0:
		name = accountName(a.Account)
	case name == "":
		name = "anonymous"
	}
	if a.OnBehalfOf != 0 {
		name += fmt.Sprintf(onBehalfOf+"%d", a.OnBehalfOf)
	}
	return name
}
