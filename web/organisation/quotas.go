package organisation

import (
	"net/http"

	"github.com/gorilla/mux"

	"banmuyuan/orders/contract"
	"banmuyuan/web/page"
)

type contractQuotasPage struct {
	Contract contract.Contract
	Page     contract.QuotaPage
	State    string
}

func (s *contractPages) contractQuotas(w http.ResponseWriter, r *http.Request) error {
	ctx, no := r.Context(), mux.Vars(r)["no"]
	f := s.QueryForm(r)
	d := contractQuotasPage{State: f.Text("state")}
	var err error
	if d.Contract, err = s.Contracts.Contract(ctx, contract.Ref{No: no}); err != nil {
		return err
	}
	d.Page, err = s.Contracts.Quotas(ctx, contract.QuotaFilter{No: no, State: contract.QuotaState(d.State), Cursor: f.Text("cursor"), Limit: 100})
	if err != nil && !f.Fail(err) {
		return err
	}
	return s.RenderForm(w, r, "organisation/quotas", d, f)
}

// quotaPaper is a signed quota on paper.
func (s *contractPages) quotaPaper(w http.ResponseWriter, r *http.Request) error {
	q, err := s.Contracts.Quota(r.Context(), contract.QuotaRef{ID: page.PathInt(r, "id")})
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, "organisation/quota", q)
}
