package catalog

import "banmuyuan/internal/link"

// For returns a household with the fields that the work of its reader needs. The household is in the reader's scope.
//
//   - The county and the household itself read everything; id numbers are masked before.
//   - A helper reads everything while the household agrees. Without its consent the helper reads that the household exists,
//     so that it can ask for the consent, and nothing of it: no phone, needs, members or register.
//   - The staff of an organisation that collects from it read its phone and its offer: no needs, no members
//     and no id numbers.
func (h Household) For(a link.Actor) Household {
	switch scope := ScopeOf(a); {
	case scope.Kind == ScopeCounty, scope.Kind == ScopeHousehold, scope.Kind == ScopeHelper && h.Consent:
		return h
	case scope.Kind == ScopeHelper:
		return Household{ID: h.ID, Code: h.Code, Head: h.Head, VillageID: h.VillageID, Village: h.Village, Township: h.Township,
			HelperID: h.HelperID, HelperName: h.HelperName, Programmes: []string{}, Demo: h.Demo}
	}
	h.Kinds, h.Members = nil, nil
	return h
}
