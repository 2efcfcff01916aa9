package county

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// rightsRequest is a request as an administrator sees it.
type rightsRequest struct {
	auth.Request
	Lines []accountLine // changes of an account's rights
	Mine  bool
	Half  string // first half of the one-time password, for the asker
}

// Rights are the words of the role that the account is to have.
func (r rightsRequest) Rights() string { return "role." + string(r.Account.Role) }

func (s *people) rightsRequests(r *http.Request, orgs map[string]string) ([]rightsRequest, error) {
	ctx := r.Context()
	me := auth.FromContext(ctx)
	list, err := s.Accounts.AccountRequests(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]rightsRequest, len(list))
	for i, one := range list {
		all[i] = rightsRequest{Request: one, Mine: auth.CheckDecider(auth.AuthorOf(me), one) != nil}
		if one.By.Account == me.ID && (one.Kind == auth.RequestOpen || one.Kind == auth.RequestReset) {
			all[i].Half = auth.RequestHalf(s.Digests, one.ID)
		}
		if one.Kind != auth.RequestChange {
			continue
		}
		now, err := s.Accounts.ByID(ctx, one.Account.ID)
		if err != nil {
			return nil, fmt.Errorf("read account of request: %w", err)
		}
		want := *now
		want.Name, want.Phone, want.Role = one.Account.Name, one.Account.Phone, one.Account.Role
		want.OrgID, want.HouseholdID, want.HelperID = one.Account.OrgID, one.Account.HouseholdID, one.Account.HelperID
		for _, c := range auth.Changes(now, &want) {
			all[i].Lines = append(all[i].Lines, s.accountLine(r, c, orgs))
		}
	}
	return all, nil
}

// askAccount asks a second administrator, and leads to the list of requests.
func (s *people) askAccount(w http.ResponseWriter, r *http.Request, kind auth.RequestKind, a auth.Account, seen int64) error {
	me := auth.FromContext(r.Context())
	asked, err := s.Accounts.AskAccount(r.Context(), auth.Request{Kind: kind, Account: a, Seen: seen, By: auth.AuthorOf(me)})
	if err != nil {
		return err
	}
	s.Log.InfoContext(r.Context(), "second administrator asked", "request", asked.ID, "kind", kind, "login", a.Login, "by", me.ID)
	s.Flash(r, page.Care, "accounts.request.asked")
	return s.GoTo(w, r, "county.accounts")
}

// accountRequestDecide carries out what another administrator asked for, or refuses it.
func (s *people) accountRequestDecide(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	ctx, id, approve := r.Context(), page.PathInt(r, "id"), f.Text("decision") == "approve"
	asked, err := s.Accounts.AccountRequest(ctx, id)
	if errors.Is(err, auth.ErrNotFound) {
		return link.E(link.NotFound, "accounts.unknown", "")
	}
	if err != nil {
		return err
	}
	password, err := auth.NewOneTimePassword(rand.Reader)
	if err != nil {
		return err
	}
	half := password[:9] // two of its three groups
	hash, err := s.Passwords.Hash(ctx, auth.RequestHalf(s.Digests, id)+"-"+half)
	if err != nil {
		return err
	}
	me := auth.FromContext(ctx)
	a, err := s.Accounts.DecideAccount(ctx, id, auth.AuthorOf(me), approve, hash, s.Now().Add(auth.OneTimeLife))
	if refused := changeError(err, ""); refused != nil && !f.Fail(refused) {
		return refused
	}
	if !f.OK() {
		return s.showAccounts(w, r, f, oneTime{})
	}
	s.Log.InfoContext(ctx, "request about account decided", "request", id, "approve", approve, "login", a.Login, "by", me.ID)
	if approve && (asked.Kind == auth.RequestOpen || asked.Kind == auth.RequestReset) {
		return s.showAccounts(w, r, s.NewForm(page.LangOf(r)), oneTime{Login: a.Login, Password: half, Hours: int(auth.OneTimeLife.Hours()), First: asked.By.Login})
	}
	s.Flash(r, page.Good, "accounts.request.done")
	return s.GoTo(w, r, "county.accounts")
}

// showAccounts shows the list of accounts with a form and, once, a one-time password.
func (s *people) showAccounts(w http.ResponseWriter, r *http.Request, f *page.Form, shown oneTime) error {
	d, err := s.accountsPage(r)
	if err != nil {
		return err
	}
	d.OneTime = shown
	w.Header().Set("Cache-Control", "no-store")
	return s.RenderForm(w, r, "county/accounts", d, f)
}
