package county

import (
	"net/http"
	"strings"

	"banmuyuan/payments"
	"banmuyuan/web/page"
)

type reconciliationPage struct {
	Words   page.Words
	Now     payments.Reconciliation
	Earlier payments.Reconciliations
	Past    bool
}

// Where is the page on which a difference can be ended, "" where there is none.
func (reconciliationPage) Where(kind string) string {
	switch {
	case kind == "bank.outgoing":
		return "county.outgoing"
	case strings.HasPrefix(kind, "bank.banking") || strings.HasPrefix(kind, "cash."):
		return "county.cash"
	case strings.HasPrefix(kind, "bank.refund") || strings.HasPrefix(kind, "refund."):
		return "county.refunds"
	case kind == "bank.payout_missing":
		return "county.payouts"
	case kind == "bank.org_missing" || strings.HasPrefix(kind, "org."):
		return "county.orgpayouts"
	case strings.HasPrefix(kind, "bank.") || kind == "provider.transit":
		return "county.receipts"
	case strings.HasPrefix(kind, "dispute."):
		return "county.disputes"
	}
	return ""
}

// reconciliation shows the latest comparison of the books with the outside, or an earlier one.
func (s *moneyPages) reconciliation(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.NewForm(page.LangOf(r))
	d := reconciliationPage{Words: s.Words(r), Past: page.PathInt(r, "id") != 0}
	var err error
	if d.Now, err = s.Treasury.Reconciliation(ctx, payments.ReconciliationRef{ID: page.PathInt(r, "id")}); err != nil {
		return err
	}
	if d.Earlier, err = s.Treasury.Reconciliations(ctx, payments.ReconciliationsRequest{Cursor: s.QueryForm(r).Text("cursor"), Limit: 50}); err != nil && !f.Fail(err) {
		return err
	}
	return s.RenderForm(w, r, "county/reconciliation", d, f)
}

func (s *moneyPages) reconcile(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	got, err := s.Treasury.Reconcile(r.Context(), payments.None{})
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		s.Flash(r, page.Care, "recon.running")
		return s.GoTo(w, r, "county.reconciliation")
	}
	if got.Count == 0 {
		s.Flash(r, page.Good, "treasury.all_equal")
	} else {
		s.Flash(r, page.Care, "treasury.reconciled", "count", got.Count)
	}
	return s.GoTo(w, r, "county.reconciliation")
}
