package organisation

import (
	"net/http"

	"banmuyuan/payments"
)

type owedPage struct {
	Accounts []payments.OrgAccount
	Payouts  payments.OrgPayoutPage
}

// owed lists the amounts that the reader's organisation is owed and was paid; the payment module finds the organisation by the actor.
func (s *pages) owed(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	accounts, err := s.OrgPayouts.OrgAccounts(ctx, payments.OrgAccountFilter{})
	if err != nil {
		return err
	}
	d := owedPage{Accounts: accounts.Items}
	if d.Payouts, err = s.OrgPayouts.OrgPayouts(ctx, payments.OrgPayoutFilter{Cursor: f.Text("cursor"), Limit: 50}); err != nil && !f.Fail(err) {
		return err
	}
	return s.RenderForm(w, r, "organisation/owed", d, f)
}
