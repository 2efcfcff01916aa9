package catalog

import (
	"testing"

	"banmuyuan/internal/link"
)

func TestScopeOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		actor  link.Actor
		want   Scope
		county bool
		staff  int64
	}{
		{link.Actor{}, Scope{}, false, 0},
		{link.Actor{System: true}, Scope{ScopeCounty, 0}, true, 0},
		{link.Actor{Role: "operator"}, Scope{ScopeCounty, 0}, true, 0},
		{link.Actor{Role: "approver"}, Scope{ScopeCounty, 0}, true, 0},
		{link.Actor{Role: "admin", Household: 3}, Scope{}, false, 0},
		{link.Actor{Role: "household", Household: 3}, Scope{ScopeHousehold, 3}, false, 0},
		{link.Actor{Role: "household"}, Scope{}, false, 0},
		{link.Actor{Role: "helper", Helper: 4}, Scope{ScopeHelper, 4}, false, 0},
		{link.Actor{Role: "helper", Household: 4}, Scope{}, false, 0},
		{link.Actor{Role: "officer", Org: 5}, Scope{ScopeOrg, 5}, false, 5},
		{link.Actor{Role: "org_approver", Org: 5}, Scope{ScopeOrg, 5}, false, 5},
		{link.Actor{Role: "clerk", Org: 5}, Scope{ScopeOrg, 5}, false, 5},
		{link.Actor{Role: "clerk"}, Scope{}, false, 0},
		{link.Actor{Role: "buyer", Org: 5, Household: 3, Helper: 4}, Scope{}, false, 0},
	} {
		if got := ScopeOf(test.actor); got != test.want || IsCounty(test.actor) != test.county || StaffOf(test.actor) != test.staff {
			t.Errorf("%+v sees %+v, want %+v", test.actor, got, test.want)
		}
		if sells := test.county || test.staff == 5; MaySell(test.actor, 5) != sells || MaySell(test.actor, 0) != test.county || MaySell(test.actor, 6) != test.county {
			t.Errorf("%+v: MaySell", test.actor)
		}
		if OnBehalf(test.actor) != (test.actor.Role != "household") {
			t.Errorf("%+v: OnBehalf", test.actor)
		}
	}
	if link.CodeOf(Denied(link.Actor{})) != link.Unauthenticated || link.CodeOf(Denied(link.Actor{Role: "buyer"})) != link.Forbidden {
		t.Error("Denied")
	}
}

func TestCareOfHouseholds(t *testing.T) {
	t.Parallel()
	key := func(err error) string {
		if err == nil {
			return ""
		}
		return link.AsError(err).Key
	}
	for _, test := range []struct {
		kind                                     ScopeKind
		offer, offerWithConsent, consent, giveUp string
	}{
		{ScopeCounty, "household.offer.not_yours", "household.offer.not_yours", "", ""},
		{ScopeHousehold, "", "", "", ""},
		{ScopeHelper, "household.consent.missing", "", "household.consent.self", ""},
		{ScopeOrg, "household.offer.not_yours", "household.offer.not_yours", "household.offer.not_yours", "household.offer.not_yours"},
		{ScopeNone, "household.offer.not_yours", "household.offer.not_yours", "household.offer.not_yours", "household.offer.not_yours"},
	} {
		s := Scope{test.kind, 1}
		if got := [4]string{key(s.MayOffer(Household{})), key(s.MayOffer(Household{Consent: true})), key(s.MayConsent(true)), key(s.MayConsent(false))}; got != [4]string{test.offer, test.offerWithConsent, test.consent, test.giveUp} {
			t.Errorf("%q: %v", test.kind, got)
		}
	}
	for how, fine := range map[string]bool{"signed": true, "phone": true, "visit": true, "": false, "email": false} {
		if err := (ConsentRequest{How: how}).Check(); (err == nil) != fine {
			t.Errorf("consent by %q: %v", how, err)
		}
	}
}
