package county

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"

	"banmuyuan/catalog"
	"banmuyuan/internal/search"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// orgPayoutRoutes are the pages on which the county pays organisations, and the one on which they read it.
func (s *moneyPages) orgPayoutRoutes() {
	county := auth.County
	s.Guarded("GET", "/county/org-payouts", "county.orgaccounts", s.orgAccounts, county...)
	s.Guarded("GET", "/county/org-payouts/list", "county.orgpayouts", s.orgPayouts, county...)
	s.Guarded("GET", "/county/org-payouts/{account:coop|raiser|village}/{org:[0-9]+}", "county.orgaccount", s.orgAccount, county...)
	s.Guarded("POST", "/county/org-payouts/{account:coop|raiser|village}/{org:[0-9]+}", "county.orgaccount.propose", s.orgPayoutPropose, county...)
	s.Guarded("GET", "/county/org-payouts/{id:[0-9]+}", "county.orgpayout", s.orgPayout, county...)
	s.Guarded("POST", "/county/org-payouts/{id:[0-9]+}/decide", "county.orgpayout.decide", s.orgPayoutDecide, county...)
	s.Guarded("POST", "/county/org-payouts/{id:[0-9]+}/paid", "county.orgpayout.paid", s.orgPayoutPaid, county...)
	s.Guarded("POST", "/county/org-payouts/{id:[0-9]+}/failed", "county.orgpayout.failed", s.orgPayoutFailed, county...)
	s.Guarded("POST", "/county/org-payouts/{id:[0-9]+}/returned", "county.orgpayout.returned", s.orgPayoutReturned, county...)
}

// payeeNames are the names of organisations and of village collectives.
type payeeNames struct{ organisations, villages map[int64]string }

// Of is the name of a payee, or its number.
func (n payeeNames) Of(account payments.OrgAccountKind, id int64) string {
	names := n.organisations
	if account == payments.OrgVillage {
		names = n.villages
	}
	return cmp.Or(names[id], strconv.FormatInt(id, 10))
}

// payeeNames are the names that the reader may know. Raisers are hidden from strangers, so the names are not cached.
func (s *moneyPages) payeeNames(ctx context.Context) (payeeNames, error) {
	ref, err := s.Catalog.Reference(ctx, catalog.None{})
	if err != nil {
		return payeeNames{}, err
	}
	n := payeeNames{organisations: make(map[int64]string, len(ref.Organisations)), villages: make(map[int64]string, len(ref.Villages))}
	for _, o := range ref.Organisations {
		n.organisations[o.ID] = o.Name
	}
	unique := newVillageNames(ref)
	for _, v := range ref.Villages {
		n.villages[v.ID] = cmp.Or(v.Collective, unique.name[v.ID]+"村集体")
	}
	return n, nil
}

// orgPayoutStates are the lists of payments; states that need an action come first.
var orgPayoutStates = []payments.OrgPayoutState{payments.OrgPayoutProposed, payments.OrgPayoutApproved, payments.OrgPayoutPaid, payments.OrgPayoutReturned,
	payments.OrgPayoutFailed, payments.OrgPayoutRejected, "all"}

// orgAccountsShown is how many accounts of organisations a page lists.
const orgAccountsShown = 100

type orgAccountsPage struct {
	Items    []payments.OrgAccount // of this page
	Pager    page.Pager
	Names    payeeNames
	Due      bool  // only accounts with an amount to pay
	Payable  int64 // sums over all that were found
	Owed     int64
	Proposed int
	Approved int
}

// orgAccounts lists the amount owed to each organisation, the largest first.
func (s *moneyPages) orgAccounts(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f := s.QueryForm(r)
	d := orgAccountsPage{Due: f.Text("which") != "all"}
	all, err := s.OrgPayouts.OrgAccounts(ctx, payments.OrgAccountFilter{Account: payments.OrgAccountKind(f.Text("account"))})
	if err != nil {
		return err
	}
	if d.Names, err = s.payeeNames(ctx); err != nil {
		return err
	}
	name := search.Key(f.Text("q"))
	for _, a := range all.Items {
		if d.Due && a.PayableFen == 0 && a.OpenFen == 0 || !strings.Contains(search.Text(d.Names.Of(a.Account, a.Org)), name) {
			continue
		}
		d.Payable += a.PayableFen
		d.Owed += a.OwedFen
		d.Items = append(d.Items, a)
	}
	d.Pager = page.NewPager(int(min(f.Int("page"), int64(len(d.Items)))), orgAccountsShown, int64(len(d.Items)))
	d.Items = d.Items[min(d.Pager.Offset(), len(d.Items)):d.Pager.To()]
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
	Names  payeeNames
	State  payments.OrgPayoutState
	States []payments.OrgPayoutState
}

// orgPayouts lists payments to organisations by their next action.
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
	if d.Names, err = s.payeeNames(ctx); err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/org_payouts", d, f)
}
