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
	s.Guarded("POST", "/county/accounts/requests/{id:[0-9]+}", "county.accounts.decide", s.accountRequestDecide, auth.Admin)
	s.Guarded("GET", "/county/accounts/{id:[0-9]+}", "county.accounts.show", s.accountShow, auth.Admin)
	s.Guarded("POST", "/county/accounts/{id:[0-9]+}", "county.accounts.change", s.accountChange, auth.Admin)
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
	OneTime  oneTime // of the account that was opened just now
	Requests []rightsRequest
	Attack   bool // too many logins fail
	Alone    bool // no second administrator works: one acts alone
}

// oneTime is a one-time password as it is shown, once.
type oneTime struct {
	Login, Password string
	Hours           int
	First           string // the administrator who has the first half of it
}

// State is the word for the state of an account.
func (accountsPage) State(a auth.Account) string { return accountState(&a) }

func accountState(a *auth.Account) string {
	switch {
	case a.Disabled():
		return "account.disabled"
	case a.MustChangePassword():
		return "account.unused"
	}
	return "account.enabled"
}

// roleOptions are the roles that staff give, as choices.
func (s *people) roleOptions(r *http.Request) []page.Option {
	said := s.Words(r)
	return page.Options("", openedRoles, func(x auth.Role) string { return string(x) },
		func(x auth.Role) string { return said.Say("role", string(x)) })
}

// orgOptions are the organisations as choices.
func orgOptions(l page.Lang, ref catalog.Reference) []page.Option {
	return page.Options(l.Pick("不属于单位", "None"), ref.Organisations, func(o catalog.Organisation) string { return page.Num64(o.ID) },
		func(o catalog.Organisation) string { return o.Name })
}

func (s *people) accountsPage(r *http.Request) (accountsPage, error) {
	ctx, l := r.Context(), page.LangOf(r)
	d := accountsPage{OrgNames: map[int64]string{}}
	said := s.Words(r)
	name := func(role auth.Role) string { return said.Say("role", string(role)) }
	d.Roles = s.roleOptions(r)
	ref, err := s.Reference(ctx)
	if err != nil {
		return d, err
	}
	d.Orgs = orgOptions(l, ref)
	for _, o := range ref.Organisations {
		d.OrgNames[o.ID] = o.Name
	}
	names := map[string]string{}
	for id, name := range d.OrgNames {
		names[page.Num64(id)] = name
	}
	if d.Requests, err = s.rightsRequests(r, names); err != nil {
		return d, err
	}
	admins, err := s.Accounts.SettledAdmins(ctx)
	if err != nil {
		return d, err
	}
	d.Alone = admins < 2
	if d.Attack, err = auth.UnderAttack(ctx, s.Throttle); err != nil {
		return d, err
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
