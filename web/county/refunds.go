package county

import (
	"context"
	"net/http"
	"strings"
	"time"

	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

type refundsPage struct {
	Words      page.Words
	Page       payments.RefundPage
	State      string
	States     []string
	Today      string
	MayApprove bool
}

var refundStates = []string{"review", "by_bank", "pending", "unknown", "succeeded", "all"}

func (s *moneyPages) refundsPage(r *http.Request, f *page.Form) (refundsPage, error) {
	d := refundsPage{Words: s.Words(r), State: r.URL.Query().Get("state"), States: refundStates, Today: s.Now().In(page.China).Format(time.DateOnly),
		MayApprove: auth.FromContext(r.Context()).Role == auth.Approver}
	if d.State == "" {
		d.State = "all"
	}
	filter := payments.RefundFilter{State: payments.RefundState(d.State), Query: strings.TrimSpace(r.URL.Query().Get("q")), Cursor: r.URL.Query().Get("cursor"), Limit: 50}
	if d.State == "all" {
		filter.State = ""
	}
	var err error
	if d.Page, err = s.Payments.Refunds(r.Context(), filter); err != nil && !f.Fail(err) {
		return d, err
	}
	return d, nil
}

// refunds lists refunds with the next step of each.
func (s *moneyPages) refunds(w http.ResponseWriter, r *http.Request) error {
	f := s.NewForm(page.LangOf(r))
	d, err := s.refundsPage(r, f)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/refunds", d, f)
}

// onRefund runs a command on the refund of the path and goes back to the list.
func (s *moneyPages) onRefund(w http.ResponseWriter, r *http.Request, done string, command func(context.Context, *page.Form) error) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	if err := command(r.Context(), f); err != nil && !f.Fail(err) {
		return err
	}
	if f.OK() {
		s.Flash(r, page.Good, done)
		return s.GoTo(w, r, "county.refunds")
	}
	d, err := s.refundsPage(r, f)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/refunds", d, f)
}

// refundApprove approves a refund. The payment module refuses the person who caused it, independent of the page.
func (s *moneyPages) refundApprove(w http.ResponseWriter, r *http.Request) error {
	return s.onRefund(w, r, "treasury.approved", func(ctx context.Context, _ *page.Form) error {
		_, err := s.Treasury.ApproveRefund(ctx, payments.RefundRef{ID: page.PathInt(r, "id")})
		return err
	})
}

func (s *moneyPages) refundTransferred(w http.ResponseWriter, r *http.Request) error {
	return s.onRefund(w, r, "treasury.refunded", func(ctx context.Context, f *page.Form) error {
		on := f.When("refund_paid_on", time.DateOnly)
		if !f.Need("refund_bank_ref", "refund_paid_on") || !f.OK() {
			return nil
		}
		_, err := s.Payments.RecordRefund(ctx, payments.RecordRefund{RefundID: page.PathInt(r, "id"), BankRef: f.Text("refund_bank_ref"), PaidOn: on})
		return err
	})
}
