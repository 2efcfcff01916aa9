package web

import (
	"net/http"

	"banmuyuan/payments"
)

type householdDistributionsPage struct {
	whose
	Shares []explainedShare
	Orgs   map[int64]string
}

// explainedShare is a dividend with how it came about, in words.
type explainedShare struct {
	payments.HouseholdShare
	Why []string
}

// householdDistributions shows what a household got of each distribution and how that was worked out.
func (s *householdPages) householdDistributions(w http.ResponseWriter, r *http.Request) error {
	if s.asksWhose(w, r) {
		return nil
	}
	ctx, who, err := s.acting(r)
	if err != nil {
		return err
	}
	d := householdDistributionsPage{whose: who}
	all, err := s.Distributions.HouseholdShares(ctx, payments.HouseholdRef{ID: who.Household.ID})
	if err != nil {
		return err
	}
	for _, one := range all.Items {
		figures := poolFigures{format{lang: langOf(r), now: s.now()}, one.Pool.Kind}
		d.Shares = append(d.Shares, explainedShare{one, figures.explain(one.Pool, one.Share)})
	}
	if d.Orgs, err = s.orgNames(ctx); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "household/distributions", d)
}

// FromPool reports whether an income entry is a dividend that can be explained.
func (householdIncomePage) FromPool(sourceKey string) bool {
	_, ok := payments.ParsePoolSourceKey(sourceKey)
	return ok
}
