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

// treasuryRoutes are the pages on which the county holds its books against banks and providers.
func (s *moneyPages) treasuryRoutes() {
	county := auth.County
	s.Guarded("POST", "/county/receipts/{id:[0-9]+}/booked", "county.receipts.explain", s.receiptsExplain, county...)
	s.Guarded("POST", "/county/receipts/{id:[0-9]+}/return", "county.receipts.return", s.receiptsReturn, county...)
	s.Guarded("GET", "/county/outgoing", "county.outgoing", s.outgoing, county...)
	s.Guarded("POST", "/county/outgoing/{id:[0-9]+}", "county.outgoing.explain", s.outgoingExplain, county...)
	s.Guarded("GET", "/county/cash", "county.cash", s.cash, county...)
	s.Guarded("POST", "/county/cash", "county.cash.bank", s.cashBank, county...)
	s.Guarded("GET", "/county/refunds", "county.refunds", s.refunds, county...)
	s.Guarded("POST", "/county/refunds/{id:[0-9]+}/approve", "county.refund.approve", s.refundApprove, county...)
	s.Guarded("POST", "/county/refunds/{id:[0-9]+}/transferred", "county.refund.transferred", s.refundTransferred, county...)
	s.Guarded("GET", "/county/disputes", "county.disputes", s.disputes, county...)
	s.Guarded("GET", "/county/reconciliation", "county.reconciliation", s.reconciliation, county...)
	s.Guarded("POST", "/county/reconciliation", "county.reconciliation.run", s.reconcile, county...)
	s.Guarded("GET", "/county/reconciliation/{id:[0-9]+}", "county.reconciliation.past", s.reconciliation, county...)
}

type outgoingPage struct {
	Page   payments.OutgoingPage
	State  string
	States []string
}

// As is what a line was, as a key of the glossary and what it names.
func (outgoingPage) As(explained string) [2]string {
	kind, what, _ := strings.Cut(explained, ":")
	return [2]string{"explained." + kind, what}
}

func (s *moneyPages) outgoingPage(r *http.Request, f *page.Form) (outgoingPage, error) {
	d := outgoingPage{State: r.URL.Query().Get("state"), States: []string{"open", "explained", "all"}}
	if d.State == "" {
		d.State = "open"
	}
	filter := payments.StatementFilter{State: d.State, Cursor: r.URL.Query().Get("cursor"), Limit: 50}
	if d.State == "all" {
		filter.State = ""
	}
	var err error
	if d.Page, err = s.Treasury.Outgoing(r.Context(), filter); err != nil && !f.Fail(err) {
		return d, err
	}
	return d, nil
}

// outgoing lists what left the account by the bank's statement.
func (s *moneyPages) outgoing(w http.ResponseWriter, r *http.Request) error {
	f := s.NewForm(page.LangOf(r))
	d, err := s.outgoingPage(r, f)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/outgoing", d, f)
}

func (s *moneyPages) outgoingExplain(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	_, err = s.Treasury.ExplainOutgoing(r.Context(), payments.ExplainOutgoing{LineID: page.PathInt(r, "id"), Note: f.Text("note")})
	if err != nil && !f.Fail(err) {
		return err
	}
	if f.OK() {
		s.Flash(r, page.Good, "treasury.explained")
		return s.GoTo(w, r, "county.outgoing")
	}
	d, err := s.outgoingPage(r, f)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/outgoing", d, f)
}

type cashPage struct {
	Box   payments.Cashbox
	Today string
}

func (s *moneyPages) cashPage(r *http.Request, f *page.Form) (cashPage, error) {
	d := cashPage{Today: s.Now().In(page.China).Format(time.DateOnly)}
	var err error
	if d.Box, err = s.Treasury.Cashbox(r.Context(), payments.None{}); err != nil && !f.Fail(err) {
		return d, err
	}
	return d, nil
}

// cash is the cash taken and brought to the bank.
func (s *moneyPages) cash(w http.ResponseWriter, r *http.Request) error {
	f := s.NewForm(page.LangOf(r))
	d, err := s.cashPage(r, f)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/cash", d, f)
}

func (s *moneyPages) cashBank(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	banking := payments.BankCash{Slip: f.Text("slip"), AmountFen: f.Fen("amount_fen"), PaidOn: f.When("paid_on", time.DateOnly)}
	if f.Need("slip", "amount_fen", "paid_on") && f.OK() {
		if _, err := s.Treasury.BankCash(r.Context(), banking); err != nil && !f.Fail(err) {
			return err
		}
	}
	if f.OK() {
		s.Flash(r, page.Good, "treasury.banked")
		return s.GoTo(w, r, "county.cash")
	}
	d, err := s.cashPage(r, f)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/cash", d, f)
}

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
		MayApprove: auth.FromContext(r.Context()).Role.In(auth.Approver, auth.Admin)}
	if d.State == "" {
		d.State = "all"
	}
	filter := payments.RefundFilter{State: payments.RefundState(d.State), Cursor: r.URL.Query().Get("cursor"), Limit: 50}
	if d.State == "all" {
		filter.State = ""
	}
	var err error
	if d.Page, err = s.Payments.Refunds(r.Context(), filter); err != nil && !f.Fail(err) {
		return d, err
	}
	return d, nil
}

// refunds lists refunds with what each waits for.
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

// refundApprove: the payment module refuses whoever caused the refund, whatever the page offers.
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

type disputesPage struct {
	Words  page.Words
	Page   payments.DisputePage
	State  string
	States []string
}

// disputes lists the payments that buyers take back through their banks.
func (s *moneyPages) disputes(w http.ResponseWriter, r *http.Request) error {
	f := s.NewForm(page.LangOf(r))
	d := disputesPage{Words: s.Words(r), State: r.URL.Query().Get("state"), States: []string{"all", "open", "inquiry", "won", "lost", "closed"}}
	if d.State == "" {
		d.State = "all"
	}
	filter := payments.DisputeFilter{State: payments.DisputeState(d.State), Cursor: r.URL.Query().Get("cursor"), Limit: 50}
	if d.State == "all" {
		filter.State = ""
	}
	var err error
	if d.Page, err = s.Treasury.Disputes(r.Context(), filter); err != nil && !f.Fail(err) {
		return err
	}
	return s.RenderForm(w, r, "county/disputes", d, f)
}

type reconciliationPage struct {
	Words   page.Words
	Now     payments.Reconciliation
	Earlier []payments.Reconciliation
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
	all, err := s.Treasury.Reconciliations(ctx, payments.None{})
	if err != nil {
		return err
	}
	d.Earlier = all.Items
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
