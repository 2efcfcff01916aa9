package household

import (
	"net/http"

	"banmuyuan/payments"
	"banmuyuan/web/page"
)

type distributionsPage struct {
	page.HouseholdPage
	Shares []explainedShare
	Orgs   map[int64]string
}

// explainedShare is a dividend with how it came about, in words.
type explainedShare struct {
	payments.HouseholdShare
	Why []string
}

// distributions shows a household's share of each distribution and its calculation.
func (s *pages) distributions(w http.ResponseWriter, r *http.Request) error {
	if s.ChooseHousehold(w, r) {
		return nil
	}
	ctx, who, err := s.Acting(r)
	if err != nil {
		return err
	}
	d := distributionsPage{HouseholdPage: who}
	all, err := s.Distributions.HouseholdShares(ctx, payments.HouseholdRef{ID: who.Household.ID})
	if err != nil {
		return err
	}
	for _, one := range all.Items {
		figures := page.PoolFigures{Format: page.Format{Lang: page.LangOf(r), Now: s.Now()}, Kind: one.Pool.Kind}
		d.Shares = append(d.Shares, explainedShare{one, figures.Explain(one.Pool, one.Share)})
	}
	if d.Orgs, err = s.OrgNames(ctx); err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "household/distributions", d)
}

// FromPool reports whether an income entry is a dividend that can be explained.
func (incomePage) FromPool(sourceKey string) bool {
	_, ok := payments.ParsePoolSourceKey(sourceKey)
	return ok
}
