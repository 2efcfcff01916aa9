package county

import (
	"context"
	"net/http"
	"time"

	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

type orgPayoutPage struct {
	Payout    payments.OrgPayout
	Name      string
	Account   payments.OrgAccount
	Today     string
	Mine      bool // the reader proposed it: somebody else has to approve it
	Approved  bool // the reader approved it: somebody else has to record it
	MayDecide bool
	MayRecord bool
}

func (s *moneyPages) orgPayoutPage(r *http.Request) (orgPayoutPage, error) {
	ctx := r.Context()
	d := orgPayoutPage{Today: s.Now().In(page.China).Format(time.DateOnly)}
	var err error
	if d.Payout, err = s.OrgPayouts.OrgPayout(ctx, payments.OrgPayoutRef{ID: page.PathInt(r, "id")}); err != nil {
		return d, err
	}
	names, err := s.payeeNames(ctx)
	if err != nil {
		return d, err
	}
	d.Name = names.Of(d.Payout.Account, d.Payout.Org)
	found, err := s.OrgPayouts.OrgAccounts(ctx, payments.OrgAccountFilter{Org: d.Payout.Org, Account: d.Payout.Account})
	if err != nil {
		return d, err
	}
	for _, a := range found.Items {
		d.Account = a
	}
	a := auth.FromContext(ctx)
	d.Mine, d.Approved = d.Payout.ProposedBy == a.Login, d.Payout.DecidedBy == a.Login
	d.MayDecide = a.Role == auth.Approver && !d.Mine
	d.MayRecord = a.Role == auth.Operator
	return d, nil
}

// orgPayout is one payment with the next action.
func (s *moneyPages) orgPayout(w http.ResponseWriter, r *http.Request) error {
	d, err := s.orgPayoutPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/org_payout", d, s.NewForm(page.LangOf(r)))
}

// onOrgPayout runs a command on the payment of the path, and shows its page with the errors.
func (s *moneyPages) onOrgPayout(w http.ResponseWriter, r *http.Request, command func(ctx context.Context, f *page.Form, id int64) (done string, err error)) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	done, err := command(r.Context(), f, page.PathInt(r, "id"))
	if err != nil && !f.Fail(err) {
		return err
	}
	if f.OK() {
		s.Flash(r, page.Good, done)
		return s.GoTo(w, r, "county.orgpayout", "id", page.PathInt(r, "id"))
	}
	d, err := s.orgPayoutPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/org_payout", d, f)
}

// orgPayoutDecide decides a proposed payment. The payment module refuses the proposer, independent of the page.
func (s *moneyPages) orgPayoutDecide(w http.ResponseWriter, r *http.Request) error {
	return s.onOrgPayout(w, r, func(ctx context.Context, f *page.Form, id int64) (string, error) {
		if f.Text("decision") == "approve" {
			_, err := s.OrgPayouts.DecideOrgPayout(ctx, payments.DecideOrgPayout{ID: id, Approve: true})
			return "orgpayouts.approved", err
		}
		if !f.Need("why") {
			return "", nil
		}
		_, err := s.OrgPayouts.DecideOrgPayout(ctx, payments.DecideOrgPayout{ID: id, Why: f.Text("why")})
		return "orgpayouts.rejected", err
	})
}

func (s *moneyPages) orgPayoutPaid(w http.ResponseWriter, r *http.Request) error {
	return s.onOrgPayout(w, r, func(ctx context.Context, f *page.Form, id int64) (string, error) {
		on := f.When("paid_on", time.DateOnly)
		if !f.Need("bank_ref", "paid_on") || !f.OK() {
			return "", nil
		}
		_, err := s.OrgPayouts.RecordOrgPayout(ctx, payments.RecordOrgPayout{ID: id, BankRef: f.Text("bank_ref"), PaidOn: on})
		return "orgpayouts.paid", err
	})
}

func (s *moneyPages) orgPayoutFailed(w http.ResponseWriter, r *http.Request) error {
	return s.onOrgPayout(w, r, func(ctx context.Context, f *page.Form, id int64) (string, error) {
		if !f.Need("why") {
			return "", nil
		}
		_, err := s.OrgPayouts.FailOrgPayout(ctx, payments.FailOrgPayout{ID: id, Why: f.Text("why")})
		return "orgpayouts.failed", err
	})
}

func (s *moneyPages) orgPayoutReturned(w http.ResponseWriter, r *http.Request) error {
	return s.onOrgPayout(w, r, func(ctx context.Context, f *page.Form, id int64) (string, error) {
		on := f.When("returned_on", time.DateOnly)
		if !f.Need("why", "returned_on") || !f.OK() {
			return "", nil
		}
		_, err := s.OrgPayouts.ReturnOrgPayout(ctx, payments.ReturnOrgPayout{ID: id, Why: f.Text("why"), ReturnedOn: on})
		return "orgpayouts.returned", err
	})
}
