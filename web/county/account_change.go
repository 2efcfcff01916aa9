package county

import (
	"errors"
	"fmt"
	"net/http"

	"banmuyuan/internal/link"
	"banmuyuan/web/auth"
	"banmuyuan/web/page"
)

// onAccount returns the account of the path.
func (s *people) onAccount(r *http.Request) (*auth.Account, error) {
	a, err := s.Accounts.ByID(r.Context(), page.PathInt(r, "id"))
	if errors.Is(err, auth.ErrNotFound) {
		return nil, link.E(link.NotFound, "accounts.unknown", "")
	}
	return a, err
}

// changeError turns a refusal of the rules into a message; field is where a form shows it.
func changeError(err error, field string) error {
	switch {
	case errors.Is(err, auth.ErrOwnAccount) && field == "":
		return link.E(link.Conflict, "accounts.self", "")
	case errors.Is(err, auth.ErrOwnAccount):
		return link.E(link.Conflict, "accounts.self.role", field)
	case errors.Is(err, auth.ErrSecondPerson):
		return link.E(link.Forbidden, "accounts.request.second", "")
	case errors.Is(err, auth.ErrDecided):
		return link.E(link.Conflict, auth.RequestMachine.Refused(auth.RequestApprove), "")
	case errors.Is(err, auth.ErrLoginTaken):
		return link.E(link.Conflict, "accounts.login.taken", "")
	case errors.Is(err, auth.ErrAdminStays):
		return link.E(link.Conflict, "accounts.admin_stays", field)
	case errors.Is(err, auth.ErrLastAdmin):
		return link.E(link.Conflict, "accounts.last_admin", field)
	case errors.Is(err, auth.ErrChangedMeanwhile):
		return link.E(link.Conflict, "accounts.changed_meanwhile", "")
	}
	return err
}

// accountChange changes name, phone, role and organisation, household or helper of an account.
func (s *people) accountChange(w http.ResponseWriter, r *http.Request) error {
	f, err := s.PostedForm(r)
	if err != nil {
		return err
	}
	a, err := s.onAccount(r)
	if err != nil {
		return err
	}
	want, me := *a, auth.FromContext(r.Context())
	if err := s.bindAccount(r, f, &want); err != nil {
		return err
	}
	if f.OK() {
		changes, err := s.Accounts.Change(r.Context(), auth.AuthorOf(me), want, f.Int("seen"))
		if errors.Is(err, auth.ErrNeedsTwo) {
			return s.askAccount(w, r, auth.RequestChange, want, f.Int("seen"))
		}
		if errors.Is(err, auth.ErrChangedMeanwhile) {
			f.Values.Del("seen") // the page that is shown has the new history
		}
		if err != nil && !f.Fail(changeError(err, "role")) {
			return fmt.Errorf("change account: %w", err)
		}
		if f.OK() {
			s.Log.InfoContext(r.Context(), "account changed", "login", a.Login, "changes", len(changes), "by", me.ID)
			s.Flash(r, page.Good, "accounts.changed", "login", a.Login)
			return s.GoTo(w, r, "county.accounts.show", "id", a.ID)
		}
	}
	d, err := s.loginPage(r, a)
	if err != nil {
		return err
	}
	return s.RenderForm(w, r, "county/login_account", d, f)
}

// accountPassword sets a one-time password for an account, shown once.
func (s *people) accountPassword(w http.ResponseWriter, r *http.Request) error {
	a, err := s.onAccount(r)
	if err != nil {
		return err
	}
	me := auth.FromContext(r.Context())
	if a.ID == me.ID {
		return link.E(link.Conflict, "accounts.self.password", "")
	}
	shown, hash, until, err := s.oneTimePassword(r, a.Login)
	if err != nil {
		return err
	}
	fresh, err := s.Accounts.ResetPassword(r.Context(), auth.AuthorOf(me), a.ID, hash, until)
	if errors.Is(err, auth.ErrNeedsTwo) {
		return s.askAccount(w, r, auth.RequestReset, *a, -1)
	}
	if a = fresh; err != nil {
		return fmt.Errorf("reset password: %w", err)
	}
	s.Log.InfoContext(r.Context(), "password reset", "login", a.Login, "by", me.ID)
	d, err := s.loginPage(r, a)
	if err != nil {
		return err
	}
	d.OneTime = shown
	return s.RenderForm(w, r, "county/login_account", d, s.accountForm(r, d))
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
	err = s.Accounts.SetDisabled(r.Context(), auth.AuthorOf(me), a.ID, off)
	if errors.Is(err, auth.ErrNeedsTwo) {
		return s.askAccount(w, r, auth.RequestOn, *a, -1)
	}
	if err != nil {
		return changeError(err, "")
	}
	s.Log.InfoContext(r.Context(), "account switched", "login", a.Login, "off", off, "by", me.ID)
	said := "accounts.on"
	if off {
		said = "accounts.off"
	}
	s.Flash(r, page.Good, said, "login", a.Login)
	return s.GoTo(w, r, "county.accounts.show", "id", a.ID)
}
