package county

import (
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"banmuyuan/internal/link"
	"banmuyuan/internal/money"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

type orgAccountPage struct {
	Account payments.OrgAccount
	Name    string
	Payouts payments.OrgPayoutPage
	Names   payeeNames
	MayAsk  bool
	Most    string // the amount that can be paid, as it is typed
	Ledger  string // code of the account
}

func (s *moneyPages) orgAccountPage(r *http.Request) (orgAccountPage, error) {
	ctx := r.Context()
	org, kind := page.PathInt(r, "org"), payments.OrgAccountKind(mux.Vars(r)["account"])
	party := "org"
	if kind == payments.OrgVillage {
		party = "village"
	}
	d := orgAccountPage{Ledger: "payable_" + string(kind) + ":" + party + ":" + mux.Vars(r)["org"],
		MayAsk: auth.FromContext(ctx).Role == auth.Operator}
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
	if d.Names, err = s.payeeNames(ctx); err != nil {
		return d, err
	}
	d.Name = d.Names.Of(kind, org)
	d.Payouts, err = s.OrgPayouts.OrgPayouts(ctx, payments.OrgPayoutFilter{Org: org, Account: kind, Cursor: r.URL.Query().Get("cursor"), Limit: 50})
	return d, err
}

// orgAccount is the account of one organisation for one purpose, with its payments.
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
