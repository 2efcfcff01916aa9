package county

import (
	"fmt"
	"net/http"

	"banmuyuan/catalog"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// accountRoutes are the pages of accounts.
func (s *people) accountRoutes() {
	s.Guarded("GET", "/county/accounts", "county.accounts", s.accounts, auth.Admin)
	s.Guarded("POST", "/county/accounts", "county.accounts.open", s.accountOpen, auth.Admin)
	s.Guarded("POST", "/county/accounts/{id:[0-9]+}/password", "county.account.password", s.accountPassword, auth.Admin)
	s.Guarded("POST", "/county/accounts/{id:[0-9]+}/switch", "county.account.switch", s.accountSwitch, auth.Admin)
}

// openedRoles are the roles of accounts that the administrator opens; private buyers register themselves.
var openedRoles = []auth.Role{auth.Officer, auth.OrgApprover, auth.Clerk, auth.Household, auth.Helper, auth.Operator, auth.Approver, auth.Admin}

const accountsShown = 50

type accountsPage struct {
	Roles    []page.Option // to open
	Filter   []page.Option
	Orgs     []page.Option
	OrgNames map[int64]string
	Accounts []auth.Account
	Counts   map[auth.Role]int
	Next     string
	Me       int64
	Login    string // of the account with the password that is shown, once
	Password string
}

// Off reports whether an account of the list is switched off.
func (accountsPage) Off(a auth.Account) bool { return a.Disabled() }

func (s *people) accountsPage(r *http.Request) (accountsPage, error) {
	ctx, l := r.Context(), page.LangOf(r)
	d := accountsPage{OrgNames: map[int64]string{}, Me: auth.FromContext(ctx).ID}
	said := s.Words(r)
	name := func(role auth.Role) string { return said.Say("role", string(role)) }
	d.Roles = page.Options("", openedRoles, func(x auth.Role) string { return string(x) }, name)
	ref, err := s.Reference(ctx)
	if err != nil {
		return d, err
	}
	d.Orgs = page.Options(l.Pick("不属于单位", "None"), ref.Organisations, func(o catalog.Organisation) string { return page.Num64(o.ID) },
		func(o catalog.Organisation) string { return o.Name })
	for _, o := range ref.Organisations {
		d.OrgNames[o.ID] = o.Name
	}
	if d.Counts, err = s.Accounts.CountByRole(ctx); err != nil {
		return d, fmt.Errorf("count accounts: %w", err)
	}
	d.Filter = page.Options(l.Pick("全部角色", "All roles"), auth.Roles, func(x auth.Role) string { return string(x) },
		func(x auth.Role) string { return fmt.Sprintf("%s (%d)", name(x), d.Counts[x]) })
	q := s.QueryForm(r)
	var roles []auth.Role
	if role := auth.Role(q.Text("as")); role.Valid() {
		roles = []auth.Role{role}
	}
	if d.Accounts, err = s.Accounts.List(ctx, q.Text("q"), q.Text("cursor"), accountsShown+1, roles...); err != nil {
		return d, fmt.Errorf("list accounts: %w", err)
	}
	if len(d.Accounts) > accountsShown {
		d.Accounts = d.Accounts[:accountsShown]
		d.Next = d.Accounts[accountsShown-1].Login
	}
	return d, nil
}

// accounts lists the accounts.
func (s *people) accounts(w http.ResponseWriter, r *http.Request) error {
	d, err := s.accountsPage(r)
	if err != nil {
		return err
	}
	f := s.QueryForm(r)
	return s.RenderForm(w, r, "county/accounts", d, f)
}
