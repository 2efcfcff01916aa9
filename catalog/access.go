package catalog

import "banmuyuan/internal/link"

// Roles as web names them.
const (
	roleOfficer     = "officer"
	roleOrgApprover = "org_approver"
	roleClerk       = "clerk"
	roleHousehold   = "household"
	roleHelper      = "helper"
	roleOperator    = "operator"
	roleApprover    = "approver"
)

// IsCounty reports whether a is county staff or a job of the system. An administrator of accounts is not: it reads no
// personal data.
func IsCounty(a link.Actor) bool {
	return a.System || a.Role == roleOperator || a.Role == roleApprover
}

// StaffOf returns the organisation of which a is staff, or 0.
func StaffOf(a link.Actor) int64 {
	switch a.Role {
	case roleOfficer, roleOrgApprover, roleClerk:
		return a.Org
	}
	return 0
}

// OnBehalf reports whether a acts for a household without being one.
func OnBehalf(a link.Actor) bool { return a.Role != roleHousehold }

// Denied refuses an actor: Unauthenticated without one, else Forbidden.
func Denied(a link.Actor) error {
	if a == (link.Actor{}) {
		return link.E(link.Unauthenticated, "unauthenticated", "")
	}
	return link.E(link.Forbidden, "forbidden", "")
}

// Scope is the set of households that an actor sees; ID names the one household, the helper or the organisation.
type Scope struct {
	Kind ScopeKind
	ID   int64
}

type ScopeKind string

const (
	ScopeNone      ScopeKind = ""
	ScopeCounty    ScopeKind = "county"    // all
	ScopeHousehold ScopeKind = "household" // itself
	ScopeHelper    ScopeKind = "helper"    // the households that it helps
	ScopeOrg       ScopeKind = "org"       // the households that it collects from
)

// ScopeOf returns the scope of an actor.
func ScopeOf(a link.Actor) Scope {
	switch {
	case IsCounty(a):
		return Scope{Kind: ScopeCounty}
	case a.Role == roleHousehold && a.Household > 0:
		return Scope{ScopeHousehold, a.Household}
	case a.Role == roleHelper && a.Helper > 0:
		return Scope{ScopeHelper, a.Helper}
	case StaffOf(a) > 0:
		return Scope{ScopeOrg, StaffOf(a)}
	}
	return Scope{}
}

// MaySell reports whether a may change presales of a seller and see its drafts.
func MaySell(a link.Actor, seller int64) bool {
	return IsCounty(a) || (seller > 0 && StaffOf(a) == seller)
}

// MayOffer refuses to change the offer of a household: only itself may, or its helper with consent. Forbidden.
func (s Scope) MayOffer(h Household) error {
	switch {
	case s.Kind == ScopeHousehold, s.Kind == ScopeHelper && h.Consent:
		return nil
	case s.Kind == ScopeHelper:
		return link.E(link.Forbidden, "household.consent.missing", "household_id")
	}
	return link.E(link.Forbidden, "household.offer.not_yours", "household_id")
}

// MayConsent refuses to record a consent: the household itself and the county may; the helper may only give it up,
// because nobody consents to their own acting. Forbidden.
func (s Scope) MayConsent(given bool) error {
	switch {
	case s.Kind == ScopeCounty, s.Kind == ScopeHousehold, s.Kind == ScopeHelper && !given:
		return nil
	case s.Kind == ScopeHelper:
		return link.E(link.Forbidden, "household.consent.self", "household_id")
	}
	return link.E(link.Forbidden, "household.offer.not_yours", "household_id")
}

// Check reports an unknown way of consenting.
func (r ConsentRequest) Check() error {
	switch r.How {
	case "signed", "phone", "visit":
		return nil
	}
	return link.E(link.Invalid, "household.consent.how", "how")
}
