package county

import (
	"context"
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"banmuyuan/catalog"
	"banmuyuan/orders"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// peopleRoutes are the pages of households. The modules decide what each of the staff may do; here all may look.
func (s *people) peopleRoutes() {
	county := auth.County
	s.Guarded("GET", "/county/households", "county.households", s.households, county...)
	s.Guarded("GET", "/county/households/import", "county.import", s.importMoved, county...)
	s.Guarded("GET", "/county/reviews", "county.reviews", s.reviews, county...)
	s.Guarded("POST", "/county/reviews/{id:[0-9]+}", "county.review.decide", s.reviewDecide, county...)
	s.Guarded("POST", "/county/reviews/accounts/{household:[0-9]+}", "county.review.account", s.reviewAccount, auth.Approver)
	s.Guarded("GET", "/county/households/{code}", "county.household", s.household, county...)
	s.Guarded("POST", "/county/households/{code}/consent", "county.household.consent", s.householdConsent, county...)
	s.Guarded("POST", "/county/households/{code}/account", "county.household.account", s.householdAccount, county...)
	s.Guarded("POST", "/county/households/{code}/account/approve", "county.household.approve", s.householdApprove, auth.Approver)
}

// importMoved leads to the page that takes workbooks, which reads lists of households as well.
func (s *people) importMoved(w http.ResponseWriter, r *http.Request) error {
	return s.GoTo(w, r, "county.setup")
}

type householdsPage struct {
	Words      page.Words
	Page       catalog.HouseholdPage
	Filter     catalog.HouseholdFilter
	Townships  []page.Option
	Villages   []page.Option
	Programmes []page.Option
	Unsold     []page.Option
	Choice     page.SeasonChoice
	Filtered   bool
}

func (s *people) households(w http.ResponseWriter, r *http.Request) error {
	ctx, l := r.Context(), page.LangOf(r)
	f := s.QueryForm(r)
	d := householdsPage{Words: s.Words(r), Filter: catalog.HouseholdFilter{Query: f.Text("q"), Township: f.Int("township"),
		VillageID: f.Int("village"), Programme: f.Text("programme"), Unsold: f.Text("unsold") != "", Season: int(f.Int("season")), Cursor: f.Text("cursor"), Limit: 50}}
	d.Filtered = d.Filter.Query != "" || d.Filter.Township != 0 || d.Filter.VillageID != 0 || d.Filter.Programme != "" || d.Filter.Unsold
	ref, err := s.Reference(ctx)
	if err != nil {
		return err
	}
	d.Townships = townshipOptions(l, ref)
	villages := slices.DeleteFunc(slices.Clone(ref.Villages), func(v catalog.Village) bool {
		return d.Filter.Township != 0 && v.TownshipID != d.Filter.Township
	})
	d.Villages = page.Options(l.Pick("全部村", "All villages"), villages, func(v catalog.Village) string { return page.Num64(v.ID) }, func(v catalog.Village) string { return v.Name })
	d.Programmes = page.Options(l.Pick("全部项目", "All programmes"), ref.Programmes, func(p catalog.Programme) string { return p.Code }, func(p catalog.Programme) string { return l.Text(p.Name) })
	if d.Choice, err = s.SeasonChoice(r, d.Filter.Season); err != nil {
		return err
	}
	d.Filter.Season = d.Choice.Season
	year := page.Num64(int64(d.Choice.Season))
	d.Unsold = []page.Option{{Value: "", Label: l.Pick("不限", "All")}, {Value: "1", Label: l.Pick(year+" 年度还没有卖出", "Nothing sold in "+year)}}
	if f.OK() {
		if d.Page, err = s.Catalog.Households(ctx, d.Filter); err != nil && !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "county/households", d, f)
}

func townshipOptions(l page.Lang, ref catalog.Reference) []page.Option {
	return page.Options(l.Pick("全部乡镇", "All townships"), ref.Townships,
		func(t catalog.Township) string { return page.Num64(t.ID) }, func(t catalog.Township) string { return t.Name })
}

type householdPage struct {
	Words     page.Words
	Choice    page.SeasonChoice
	Household catalog.Household
	Lots      []catalog.HouseholdLot
	Account   payments.HouseholdAccount
	Income    orders.Income
	Shares    orders.CollectionPage
	How       []page.Option
	MayDecide bool
}

func (s *people) householdPage(r *http.Request) (householdPage, error) {
	ctx := r.Context()
	d := householdPage{Words: s.Words(r), How: consentHow(page.LangOf(r))}
	var err error
	if d.Household, err = s.Catalog.Household(ctx, catalog.HouseholdRef{Code: mux.Vars(r)["code"]}); err != nil {
		return d, err
	}
	id := d.Household.ID
	if d.Choice, err = s.SeasonChoice(r, int(s.QueryForm(r).Int("season"))); err != nil {
		return d, err
	}
	lots, err := s.Catalog.HouseholdLots(ctx, catalog.HouseholdSeason{ID: id, Season: d.Choice.Season})
	if err != nil {
		return d, err
	}
	d.Lots = lots.Lots
	if d.Account, err = s.Payments.HouseholdAccount(ctx, payments.HouseholdRef{ID: id}); err != nil {
		return d, err
	}
	if d.Income, err = s.Orders.Income(ctx, orders.IncomeRequest{HouseholdID: id, Season: d.Choice.Season}); err != nil {
		return d, err
	}
	if d.Shares, err = s.Orders.Collection(ctx, orders.CollectionFilter{Household: id, Limit: 20}); err != nil {
		return d, err
	}
	d.MayDecide = auth.FromContext(ctx).Role == auth.Approver
	return d, nil
}

// consentHow are the ways in which a household can agree.
func consentHow(l page.Lang) []page.Option {
	return []page.Option{
		{Value: "signed", Label: l.Pick("签了同意书", "It signed the form")},
		{Value: "visit", Label: l.Pick("上门时当面同意", "Agreed on a visit")},
		{Value: "phone", Label: l.Pick("电话里同意", "Agreed by phone")},
	}
}

func (s *people) household(w http.ResponseWriter, r *http.Request) error {
	d, err := s.householdPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/household", d, s.NewForm(page.LangOf(r)))
}

// onHousehold runs a command on the household of the path, and goes to its page or shows it with the errors.
func (s *people) onHousehold(w http.ResponseWriter, r *http.Request, done string, command func(context.Context, *page.Form, catalog.Household) error) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.householdPage(r)
	if err != nil {
		return err
	}
	if err := command(r.Context(), f, d.Household); err != nil && !f.Fail(err) {
		return err
	}
	if !f.OK() {
		return s.RenderForm(w, r, "county/household", d, f)
	}
	s.Flash(r, page.Good, done)
	return s.GoTo(w, r, "county.household", "code", d.Household.Code)
}

func (s *people) householdConsent(w http.ResponseWriter, r *http.Request) error {
	return s.onHousehold(w, r, "household.consent.saved", func(ctx context.Context, f *page.Form, h catalog.Household) error {
		_, err := s.Catalog.SetConsent(ctx, catalog.ConsentRequest{HouseholdID: h.ID, Given: f.Text("given") != "", How: f.Text("how")})
		return err
	})
}

func (s *people) householdAccount(w http.ResponseWriter, r *http.Request) error {
	return s.onHousehold(w, r, "household.account.review", func(ctx context.Context, f *page.Form, h catalog.Household) error {
		if !f.Need("holder", "bank", "number") {
			return nil
		}
		_, err := s.Payments.SetPayoutAccount(ctx, payments.SetPayoutAccount{Household: h.ID,
			Holder: f.Text("holder"), Bank: f.Text("bank"), Number: f.Text("number"), Why: f.Text("why"), Document: f.Text("document")})
		return err
	})
}

func (s *people) householdApprove(w http.ResponseWriter, r *http.Request) error {
	return s.onHousehold(w, r, "household.account.approved", func(ctx context.Context, _ *page.Form, h catalog.Household) error {
		_, err := s.Payments.ApprovePayoutAccount(ctx, payments.HouseholdRef{ID: h.ID})
		return err
	})
}
