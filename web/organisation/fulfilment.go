package organisation

import (
	"net/http"

	"github.com/gorilla/mux"

	"banmuyuan/orders/contract"
)

type fulfilmentPage struct {
	Contract contract.Contract
	Rate     contract.Fulfilment
	Village  int64
}

func (s *contractPages) contractFulfilment(w http.ResponseWriter, r *http.Request) error {
	ctx, no := r.Context(), mux.Vars(r)["no"]
	f := s.QueryForm(r)
	d := fulfilmentPage{Village: f.Int("village")}
	var err error
	if d.Contract, err = s.Contracts.Contract(ctx, contract.Ref{No: no}); err != nil {
		return err
	}
	if d.Rate, err = s.Contracts.Fulfilment(ctx, contract.Ref{No: no}); err != nil {
		return err
	}
	return s.RenderForm(w, r, "organisation/fulfilment", d, f)
}
