package page

import (
	"context"
	"net/http"
	"strings"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
)

// HouseholdPage is the household that the pages speak of.
type HouseholdPage struct {
	Words     Words
	Household catalog.Household
	H         string // its code in the address when a helper looks, else ""
}

// Helping reports whether somebody else looks at the household's page.
func (d HouseholdPage) Helping() bool { return d.H != "" }

// Acting finds the household of a request, and returns a context that acts for it. Commands in this context record the actor
// and the household.
func (s *Site) Acting(r *http.Request) (context.Context, HouseholdPage, error) {
	ctx := r.Context()
	a := auth.FromContext(ctx)
	d := HouseholdPage{Words: s.Words(r)}
	ref := catalog.HouseholdRef{ID: a.HouseholdID}
	if a.Role == auth.Helper {
		d.H = r.URL.Query().Get("h")
		ref = catalog.HouseholdRef{Code: d.H}
	}
	if ref == (catalog.HouseholdRef{}) {
		return ctx, d, link.E(link.NotFound, "household.unknown", "")
	}
	var err error
	if d.Household, err = s.register.Household(ctx, ref); err != nil {
		return ctx, d, err
	}
	if a.Role == auth.Helper {
		if !d.Household.Consent {
			return ctx, d, link.E(link.Forbidden, "household.consent.missing", "")
		}
		actor := link.ActorFrom(ctx)
		actor.OnBehalfOf = d.Household.ID
		ctx = link.WithActor(ctx, actor)
	}
	return ctx, d, nil
}

// ChooseHousehold sends a helper who named no household to the list, and reports whether it did.
func (s *Site) ChooseHousehold(w http.ResponseWriter, r *http.Request) bool {
	if a := auth.FromContext(r.Context()); a.Role != auth.Helper || r.URL.Query().Get("h") != "" {
		return false
	}
	return s.GoTo(w, r, "helper.households") == nil
}

// Reason says why a share came to this household.
func (d HouseholdPage) Reason(policy string, levelFen int64) string {
	text, _ := d.Words.Glossary.Say(d.Words.Lang, "household.reason."+PolicyWords(policy), map[string]any{"level": levelFen})
	return text
}

// ByLevel reports whether a share came to a household for its income, which its income page has.
func (HouseholdPage) ByLevel(policy string) bool {
	name, _, _ := strings.Cut(policy, "/")
	return name == "fair" || name == "near"
}

// PolicyWords is the end of the keys of a policy's words: "fair" for the first version, "fair2" for "fair/2". A share is explained
// by the version that it was divided by.
func PolicyWords(policy string) string {
	name, version, _ := strings.Cut(policy, "/")
	if version == "1" {
		version = ""
	}
	return name + version
}
