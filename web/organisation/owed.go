package organisation

import (
	"net/http"

	"banmuyuan/payments"
)

type organisationOwedPage struct {
	Accounts []payments.OrgAccount
	Payouts  payments.OrgPayoutPage
}

// organisationOwed is what the reader's organisation is owed, and was paid: the payment module knows whose it is.
func (s *deskPages) organisationOwed(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	accounts, err := s.OrgPayouts.OrgAccounts(ctx, payments.OrgAccountFilter{})
	if err != nil {
		return err
	}
	d := organisationOwedPage{Accounts: accounts.Items}
	if d.Payouts, err = s.OrgPayouts.OrgPayouts(ctx, payments.OrgPayoutFilter{Cursor: f.Text("cursor"), Limit: 50}); err != nil && !f.Fail(err) {
		return err
	}
	return s.RenderForm(w, r, "organisation/owed", d, f)
}
