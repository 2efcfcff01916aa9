package county

import (
	"context"
	"net/http"

	"github.com/gorilla/mux"

	"banmuyuan/catalog"
	"banmuyuan/payments"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

func (s *people) privacyRoutes() {
	s.Guarded("GET", "/county/unmaskings", "county.unmaskings", s.unmaskings, auth.County...)
	s.Guarded("GET", "/county/households/{code}/unmask", "county.unmask", s.unmaskForm, auth.County...)
	s.Guarded("POST", "/county/households/{code}/unmask", "county.unmask.look", s.unmaskLook, auth.County...)
}

type unmaskPage struct {
	Words     page.Words
	Household catalog.Household
	What      []page.Option
	Account   *payments.Unmasked
	Person    *catalog.UnmaskedID
}

func (s *people) unmaskPage(r *http.Request) (unmaskPage, error) {
	d := unmaskPage{Words: s.Words(r)}
	l := page.LangOf(r)
	d.What = []page.Option{{Value: "account", Label: l.Pick("收款账号", "Account number")}, {Value: "id", Label: l.Pick("户主身份证号", "Id number of the head")}}
	var err error
	d.Household, err = s.Catalog.Household(r.Context(), catalog.HouseholdRef{Code: mux.Vars(r)["code"]})
	return d, err
}

func (s *people) unmaskForm(w http.ResponseWriter, r *http.Request) error {
	d, err := s.unmaskPage(r)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/unmask", d, s.NewForm(page.LangOf(r)))
}

// unmaskLook shows a number once, on the page that answers the form: it has no address that could be kept.
func (s *people) unmaskLook(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	d, err := s.unmaskPage(r)
	if err != nil {
		return err
	}
	if f.Need("what", "reason") {
		if err := s.unmask(r.Context(), f, &d); err != nil && !f.Fail(err) {
			return err
		}
	}
	return s.RenderForm(w, r, "county/unmask", d, f)
}

func (s *people) unmask(ctx context.Context, f *page.Form, d *unmaskPage) error {
	if f.Text("what") == "id" {
		id, err := s.PrivateIDs.UnmaskID(ctx, catalog.UnmaskID{HouseholdID: d.Household.ID, Reason: f.Text("reason")})
		if err == nil {
			d.Person = &id
		}
		return err
	}
	account, err := s.PrivateAccounts.Unmask(ctx, payments.Unmask{Household: d.Household.ID, Reason: f.Text("reason")})
	if err == nil {
		d.Account = &account
	}
	return err
}

type unmaskingsPage struct {
	Words    page.Words
	Accounts payments.Unmaskings
	IDs      catalog.IDUnmaskings
	Codes    map[int64]string
}

// unmaskings lists each look at a full number: actor, time and reason.
func (s *people) unmaskings(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	d := unmaskingsPage{Words: s.Words(r), Codes: map[int64]string{}}
	var err error
	if d.Accounts, err = s.PrivateAccounts.Unmaskings(ctx, payments.UnmaskingFilter{Cursor: r.URL.Query().Get("cursor"), Limit: 50}); err != nil {
		return err
	}
	if d.IDs, err = s.PrivateIDs.IDUnmaskings(ctx, catalog.None{}); err != nil {
		return err
	}
	var ids []int64
	for _, u := range d.Accounts.Items {
		if u.Household != 0 {
			ids = append(ids, u.Household)
		}
	}
	if len(ids) > 0 {
		households, err := s.Catalog.Households(ctx, catalog.HouseholdFilter{IDs: ids})
		if err != nil {
			return err
		}
		for _, h := range households.Items {
			d.Codes[h.ID] = h.Code
		}
	}
	return s.Render(w, r, http.StatusOK, "county/unmaskings", d)
}
