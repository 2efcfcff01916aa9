package county

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"banmuyuan/catalog"
	"banmuyuan/internal/link"
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

// openedRoles are what the administrator opens accounts for; private buyers register themselves.
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
	Login    string // whose first password is shown, once
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

// accounts lists who can log in.
func (s *people) accounts(w http.ResponseWriter, r *http.Request) error {
	d, err := s.accountsPage(r)
	if err != nil {
		return err
	}
	f := s.QueryForm(r)
	return s.RenderForm(w, r, "county/accounts", d, f)
}

var loginPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9.\-]{2,39}$`)

// accountOpen opens an account with a password that is shown once, to be handed over and changed.
func (s *people) accountOpen(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	a := auth.Account{Login: auth.CleanLogin(f.Text("login")), Name: page.CheckName(f, "name"), Role: auth.Role(f.Text("role")), Lang: string(page.ZH)}
	if f.Need("login") && !loginPattern.MatchString(a.Login) {
		f.Add("login", "accounts.login.form")
	}
	if phone := f.Text("phone"); phone != "" {
		if a.Phone = auth.CleanPhone(phone); a.Phone == "" {
			f.Add("phone", "account.phone.invalid")
		}
	}
	if err := s.bindAccount(r, f, &a); err != nil {
		return err
	}
	password, hash, err := s.firstPassword(r)
	if err != nil {
		return err
	}
	a.PasswordHash = hash
	if f.OK() {
		if _, err = s.Accounts.Create(r.Context(), a); errors.Is(err, auth.ErrLoginTaken) {
			f.Add("login", "accounts.login.taken")
		} else if err != nil {
			return fmt.Errorf("open account: %w", err)
		}
	}
	d, err := s.accountsPage(r)
	if err != nil {
		return err
	}
	if f.OK() {
		s.Log.InfoContext(r.Context(), "account opened", "login", a.Login, "role", a.Role, "by", d.Me)
		d.Login, d.Password = a.Login, password
		f = s.NewForm(page.LangOf(r))
	}
	return s.RenderForm(w, r, "county/accounts", d, f)
}

// bindAccount finds what a role acts for.
func (s *people) bindAccount(r *http.Request, f *page.Form, a *auth.Account) error {
	switch {
	case a.Role.In(auth.Organisation...):
		if a.OrgID = f.Int("org"); a.OrgID == 0 {
			f.Add("org", "accounts.org")
		}
	case a.Role.In(auth.Earning...):
		h, err := s.Catalog.Household(r.Context(), catalog.HouseholdRef{Code: f.Text("household")})
		if err != nil && link.CodeOf(err) != link.NotFound && link.CodeOf(err) != link.Invalid {
			return err
		}
		switch {
		case a.Role == auth.Household && h.ID == 0:
			f.Add("household", "accounts.household")
		case a.Role == auth.Helper && h.HelperID == 0:
			f.Add("household", "accounts.household.helper")
		case a.Role == auth.Household:
			a.HouseholdID = h.ID
		default:
			a.HelperID = h.HelperID
		}
	case !a.Role.In(auth.County...):
		f.Add("role", "accounts.role")
	}
	return nil
}

// firstPassword makes a password that is easy to read out and to type, with 50 bits of chance in it.
func (s *people) firstPassword(r *http.Request) (password, hash string, err error) {
	text := strings.ToLower(rand.Text()) // base32: letters and 2 to 7
	password = text[:5] + "-" + text[5:10]
	hash, err = s.Passwords.Hash(r.Context(), password)
	return password, hash, err
}

// onAccount runs a command on the account of the path.
func (s *people) onAccount(r *http.Request) (*auth.Account, error) {
	a, err := s.Accounts.ByID(r.Context(), page.PathInt(r, "id"))
	if errors.Is(err, auth.ErrNotFound) {
		return nil, link.E(link.NotFound, "accounts.unknown", "")
	}
	return a, err
}

// accountPassword gives somebody who forgot theirs a new password, shown once.
func (s *people) accountPassword(w http.ResponseWriter, r *http.Request) error {
	a, err := s.onAccount(r)
	if err != nil {
		return err
	}
	password, hash, err := s.firstPassword(r)
	if err != nil {
		return err
	}
	if _, err := s.Accounts.SetPassword(r.Context(), a.ID, hash); err != nil {
		return fmt.Errorf("reset password: %w", err)
	}
	d, err := s.accountsPage(r)
	if err != nil {
		return err
	}
	s.Log.InfoContext(r.Context(), "password reset", "login", a.Login, "by", d.Me)
	d.Login, d.Password = a.Login, password
	return s.RenderForm(w, r, "county/accounts", d, s.NewForm(page.LangOf(r)))
}

// accountSwitch switches an account off, which ends its sessions, or on again.
func (s *people) accountSwitch(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	a, err := s.onAccount(r)
	if err != nil {
		return err
	}
	off := f.Text("off") != ""
	me := auth.FromContext(r.Context())
	if a.ID == me.ID {
		return link.E(link.Conflict, "accounts.self", "")
	}
	if err := s.Accounts.SetDisabled(r.Context(), a.ID, off); err != nil {
		return fmt.Errorf("switch account: %w", err)
	}
	s.Log.InfoContext(r.Context(), "account switched", "login", a.Login, "off", off, "by", me.ID)
	said := "accounts.on"
	if off {
		said = "accounts.off"
	}
	s.Flash(r, page.Good, said, "login", a.Login)
	return s.GoTo(w, r, "county.accounts", "q", a.Login)
}
