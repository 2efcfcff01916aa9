package organisation

import (
	"net/http"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/orders"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

type raisersPage struct {
	orders.Raising
	Choice page.SeasonChoice
	Raiser orders.Raiser // the one that is looked at
	County bool          // the reader pays raisers
}

// raisers lists the raisers of households' geese with their part.
func (s *contractPages) raisers(w http.ResponseWriter, r *http.Request) error {
	f := s.QueryForm(r)
	list, err := s.Contracts.Raising(r.Context(), orders.RaisingRequest{Season: int(f.Int("season"))})
	if err != nil {
		return err
	}
	choice, err := s.SeasonChoice(r, list.Season)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "organisation/raisers", raisersPage{Raising: list, Choice: choice})
}

// raiser is one raiser's account: every ticket, with the household's part beside his.
func (s *contractPages) raiser(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	id := page.PathInt(r, "org")
	list, err := s.Contracts.Raising(ctx, orders.RaisingRequest{OrgID: id, Season: int(f.Int("season"))})
	if err != nil {
		return err
	}
	choice, err := s.SeasonChoice(r, list.Season)
	if err != nil {
		return err
	}
	d := raisersPage{Raising: list, Choice: choice, County: auth.FromContext(ctx).Role.In(auth.County...)}
	if len(list.Raisers) > 0 {
		d.Raiser = list.Raisers[0]
		return s.Render(w, r, http.StatusOK, "organisation/raiser", d)
	}
	ref, err := s.Catalog.Reference(ctx, catalog.None{}) // strangers are not told of raisers
	if err != nil {
		return err
	}
	for _, o := range ref.Organisations {
		if o.ID == id {
			d.Raiser.OrgID, d.Raiser.Name = id, o.Name
			return s.Render(w, r, http.StatusOK, "organisation/raiser", d)
		}
	}
	return link.E(link.NotFound, "not_found", "")
}
