package county

import (
	"errors"
	"fmt"
	"net/http"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// accountHistoryShown is how many changes the page of an account lists.
const accountHistoryShown = 100

type loginPage struct {
	Account   *auth.Account
	State     string
	Off, Self bool
	Factor    bool // it has a second factor
	Org       string
	Household string // its code
	Roles     []page.Option
	Orgs      []page.Option
	Seen      int64 // the last change that the page shows
	History   []accountLine
	OneTime   oneTime
}

// accountLine is a change as the page shows it.
type accountLine struct {
	auth.Change
	Text, By string
}

// accountShow shows an account, the form to change it and what was changed before.
func (s *people) accountShow(w http.ResponseWriter, r *http.Request) error {
	a, err := s.onAccount(r)
	if err != nil {
		return err
	}
	d, err := s.loginPage(r, a)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/login_account", d, s.accountForm(r, d))
}

// accountForm holds an account's present values.
func (s *people) accountForm(r *http.Request, d loginPage) *page.Form {
	f := s.NewForm(page.LangOf(r))
	f.Values.Set("name", d.Account.Name)
	f.Values.Set("phone", d.Account.Phone)
	f.Values.Set("role", string(d.Account.Role))
	if d.Account.OrgID > 0 {
		f.Values.Set("org", page.Num64(d.Account.OrgID))
	}
	f.Values.Set("household", d.Household)
	return f
}

func (s *people) loginPage(r *http.Request, a *auth.Account) (loginPage, error) {
	ctx, l := r.Context(), page.LangOf(r)
	d := loginPage{Account: a, State: accountState(a), Off: a.Disabled(), Self: a.ID == auth.FromContext(ctx).ID, Roles: s.roleOptions(r)}
	if a.Role == auth.Buyer {
		d.Roles = append([]page.Option{{Value: string(auth.Buyer), Label: s.Words(r).Say("role", string(auth.Buyer))}}, d.Roles...)
	}
	_, err := s.Factors.Factor(ctx, a.ID)
	if d.Factor = err == nil; err != nil && !errors.Is(err, auth.ErrNotFound) {
		return d, err
	}
	ref, err := s.Reference(ctx)
	if err != nil {
		return d, err
	}
	d.Orgs = orgOptions(l, ref)
	names := map[string]string{}
	for _, o := range ref.Organisations {
		names[page.Num64(o.ID)] = o.Name
	}
	d.Org = names[page.Num64(a.OrgID)]
	if a.HouseholdID > 0 {
		h, err := s.Catalog.Household(link.System(ctx, "accounts"), catalog.HouseholdRef{ID: a.HouseholdID})
		if err != nil && link.CodeOf(err) != link.NotFound {
			return d, err
		}
		d.Household = h.Code
	}
	history, err := s.Accounts.History(ctx, a.ID, accountHistoryShown)
	if err != nil {
		return d, fmt.Errorf("read history: %w", err)
	}
	if err := s.nameBound(ctx, history); err != nil {
		return d, err
	}
	for _, c := range history {
		d.Seen = max(d.Seen, c.ID)
		d.History = append(d.History, s.accountLine(r, c, names))
	}
	return d, nil
}

// accountLine writes a change in the reader's language. orgs are names by id.
func (s *people) accountLine(r *http.Request, c auth.Change, orgs map[string]string) accountLine {
	said, l := s.Words(r), page.LangOf(r)
	value := func(v string) string {
		switch {
		case v == "":
			return l.Pick("（无）", "(none)")
		case c.What == auth.ChangedRole || c.What == auth.ChangedOpened:
			return said.Say("role", v)
		case c.What == auth.ChangedOrg && orgs[v] != "":
			return orgs[v]
		}
		return v
	}
	line := accountLine{Change: c, By: c.By.Login}
	switch {
	case c.By.Account == 0:
		line.By = said.Say("accounts.by", c.By.Login)
	case c.By.Login == "": // people with a phone as their login change their own account
		line.By = said.Say("accounts.by", "owner")
	}
	switch {
	case c.What == auth.ChangedOpened:
		line.Text = value(c.After)
	case c.Before != c.After:
		line.Text = value(c.Before) + " → " + value(c.After)
	}
	return line
}
