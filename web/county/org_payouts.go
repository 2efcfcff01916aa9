package county

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// orgPayoutRoutes are the pages on which the county pays organisations, and the one on which they read it.
func (s *moneyPages) orgPayoutRoutes() {
	county := auth.County
	s.Guarded("GET", "/county/org-payouts", "county.orgaccounts", s.orgAccounts, county...)
	s.Guarded("GET", "/county/org-payouts/list", "county.orgpayouts", s.orgPayouts, county...)
	s.Guarded("GET", "/county/org-payouts/{account:coop|raiser}/{org:[0-9]+}", "county.orgaccount", s.orgAccount, county...)
	s.Guarded("POST", "/county/org-payouts/{account:coop|raiser}/{org:[0-9]+}", "county.orgaccount.propose", s.orgPayoutPropose, county...)
	s.Guarded("GET", "/county/org-payouts/{id:[0-9]+}", "county.orgpayout", s.orgPayout, county...)
	s.Guarded("POST", "/county/org-payouts/{id:[0-9]+}/decide", "county.orgpayout.decide", s.orgPayoutDecide, county...)
	s.Guarded("POST", "/county/org-payouts/{id:[0-9]+}/paid", "county.orgpayout.paid", s.orgPayoutPaid, county...)
	s.Guarded("POST", "/county/org-payouts/{id:[0-9]+}/failed", "county.orgpayout.failed", s.orgPayoutFailed, county...)
	s.Guarded("POST", "/county/org-payouts/{id:[0-9]+}/returned", "county.orgpayout.returned", s.orgPayoutReturned, county...)
}

// organisationNames are those that the reader may know: raisers are not told to strangers, so they are asked for afresh.
func (s *moneyPages) organisationNames(ctx context.Context) (map[int64]string, error) {
	ref, err := s.Catalog.Reference(ctx, catalog.None{})
	names := make(map[int64]string, len(ref.Organisations))
	for _, o := range ref.Organisations {
		names[o.ID] = o.Name
	}
	return names, err
}

// orgPayoutStates are the lists of payments, what somebody has to do first.
var orgPayoutStates = []payments.OrgPayoutState{payments.OrgPayoutProposed, payments.OrgPayoutApproved, payments.OrgPayoutPaid, payments.OrgPayoutReturned,
	payments.OrgPayoutFailed, payments.OrgPayoutRejected, "all"}

// orgAccountsShown is how many organisations a page lists.
const orgAccountsShown = 100

type orgAccountsPage struct {
	Items    []payments.OrgAccount // those that are listed
	Names    map[int64]string
	Due      bool // only those that can be paid something
	Found    int
	Payable  int64 // sums over all that were found
	Owed     int64
	Proposed int
	Approved int
}

// orgAccounts lists what each organisation is owed, those with most to pay first.
func (s *moneyPages) orgAccounts(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	d := orgAccountsPage{Due: f.Text("which") != "all"}
	all, err := s.OrgPayouts.OrgAccounts(ctx, payments.OrgAccountFilter{Account: payments.OrgAccountKind(f.Text("account"))})
	if err != nil {
		return err
	}
	if d.Names, err = s.organisationNames(ctx); err != nil {
		return err
	}
	name := f.Text("q")
	for _, a := range all.Items {
		if d.Due && a.PayableFen == 0 && a.OpenFen == 0 || !strings.Contains(d.Names[a.Org], name) {
			continue
		}
		d.Found++
		d.Payable += a.PayableFen
		d.Owed += a.OwedFen
		if len(d.Items) < orgAccountsShown {
			d.Items = append(d.Items, a)
		}
	}
	for _, count := range []struct {
		state payments.OrgPayoutState
		n     *int
	}{{payments.OrgPayoutProposed, &d.Proposed}, {payments.OrgPayoutApproved, &d.Approved}} {
		list, err := s.OrgPayouts.OrgPayouts(ctx, payments.OrgPayoutFilter{State: count.state, Limit: 1})
		if err != nil {
			return err
		}
		*count.n = list.Total
	}
	return s.RenderForm(w, r, "county/org_accounts", d, f)
}

type orgPayoutsPage struct {
	Page   payments.OrgPayoutPage
	Names  map[int64]string
	State  payments.OrgPayoutState
	States []payments.OrgPayoutState
}

// orgPayouts lists payments to organisations by what is to be done with them.
func (s *moneyPages) orgPayouts(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	d := orgPayoutsPage{State: payments.OrgPayoutState(f.Text("state")), States: orgPayoutStates}
	if d.State == "" {
		d.State = "all"
	}
	filter := payments.OrgPayoutFilter{State: d.State, Cursor: f.Text("cursor"), Limit: 50}
	if d.State == "all" {
		filter.State = ""
	}
	var err error
	if d.Page, err = s.OrgPayouts.OrgPayouts(ctx, filter); err != nil && !f.Fail(err) {
		return err
	}
	if d.Names, err = s.organisationNames(ctx); err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/org_payouts", d, f)
}

type orgAccountPage struct {
	Account payments.OrgAccount
	Name    string
	Payouts payments.OrgPayoutPage
	Names   map[int64]string
	MayAsk  bool
	Most    string // what can be paid, as it is typed
	Ledger  string // code of the account
}

func (s *moneyPages) orgAccountPage(r *http.Request) (orgAccountPage, error) {
	ctx := r.Context()
	org, kind := page.PathInt(r, "org"), payments.OrgAccountKind(mux.Vars(r)["account"])
	d := orgAccountPage{Ledger: "payable_" + string(kind) + ":org:" + mux.Vars(r)["org"],
		MayAsk: auth.FromContext(ctx).Role.In(auth.Operator, auth.Admin)}
	if org == 0 {
		return d, link.E(link.NotFound, "not_found", "")
	}
	found, err := s.OrgPayouts.OrgAccounts(ctx, payments.OrgAccountFilter{Org: org, Account: kind})
	if err != nil {
		return d, err
	}
	if len(found.Items) == 0 {
		return d, link.E(link.NotFound, "not_found", "")
	}
	d.Account = found.Items[0]
	d.Most = strings.TrimPrefix(money.FormatYuan(d.Account.PayableFen), "¥")
	if d.Names, err = s.organisationNames(ctx); err != nil {
		return d, err
	}
	d.Name = d.Names[org]
	d.Payouts, err = s.OrgPayouts.OrgPayouts(ctx, payments.OrgPayoutFilter{Org: org, Account: kind, Cursor: r.URL.Query().Get("cursor"), Limit: 50})
	return d, err
}

// orgAccount is what one organisation is owed for one thing, with what it was paid.
func (s *moneyPages) orgAccount(w http.ResponseWriter, r *http.Request) error {
	d, err := s.orgAccountPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/org_account", d, s.NewForm(page.LangOf(r)))
}

// orgPayoutPropose asks the second person to pay it.
func (s *moneyPages) orgPayoutPropose(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	fen := f.Fen("amount_fen")
	if f.Need("amount_fen") && f.OK() {
		p, err := s.OrgPayouts.ProposeOrgPayout(r.Context(), payments.ProposeOrgPayout{IdempotencyKey: f.Key(), Org: page.PathInt(r, "org"),
			Account: payments.OrgAccountKind(mux.Vars(r)["account"]), AmountFen: fen, Note: f.Text("note")})
		if err == nil {
			s.Flash(r, page.Good, "orgpayouts.proposed", "no", p.No)
			return s.GoTo(w, r, "county.orgpayout", "id", p.ID)
		}
		if !f.Fail(err) {
			return err
		}
	}
	d, err := s.orgAccountPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/org_account", d, f)
}

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
	names, err := s.organisationNames(ctx)
	if err != nil {
		return d, err
	}
	d.Name = names[d.Payout.Org]
	found, err := s.OrgPayouts.OrgAccounts(ctx, payments.OrgAccountFilter{Org: d.Payout.Org, Account: d.Payout.Account})
	if err != nil {
		return d, err
	}
	for _, a := range found.Items {
		d.Account = a
	}
	a := auth.FromContext(ctx)
	d.Mine, d.Approved = d.Payout.ProposedBy == a.Login, d.Payout.DecidedBy == a.Login
	d.MayDecide = a.Role.In(auth.Approver, auth.Admin) && !d.Mine
	d.MayRecord = a.Role.In(auth.Operator, auth.Admin)
	return d, nil
}

// orgPayout is one payment with what is to be done with it.
func (s *moneyPages) orgPayout(w http.ResponseWriter, r *http.Request) error {
	d, err := s.orgPayoutPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/org_payout", d, s.NewForm(page.LangOf(r)))
}

// onOrgPayout runs a command on the payment of the path, and shows its page with what is wrong.
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

// orgPayoutDecide: the payment module refuses whoever proposed it, whatever the page offers.
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
